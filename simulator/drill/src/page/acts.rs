//! What people can do, with what it takes.

use maud::{Markup, html};
use medtwin_engine::input::Action;

/// One act as it is offered.
struct Offer {
    /// Its word in a request.
    word: &'static str,
    label: &'static str,
    /// Moves to it.
    key: &'static str,
    /// What it costs besides time and keys.
    cost: &'static str,
    seconds: f64,
    presses: f64,
    number: Option<Number>,
}

/// The number that an act needs.
struct Number {
    name: &'static str,
    unit: &'static str,
    label: &'static str,
    start: &'static str,
    range: (&'static str, &'static str, &'static str),
}

fn offer(
    action: Action,
    (label, key, cost): (&'static str, &'static str, &'static str),
    number: Option<Number>,
) -> Offer {
    let (word, seconds, presses) = (action.word(), action.seconds(), action.key_presses());
    Offer { word, label, key, cost, seconds, presses, number }
}

fn offers() -> [Offer; 7] {
    let carbs = Number {
        name: "carbs_g",
        unit: "g",
        label: "Carbohydrate to eat, in grams",
        start: "15",
        range: ("1", "200", "1"),
    };
    let units = Number {
        name: "units",
        unit: "U",
        label: "Bolus, in units",
        start: "1",
        range: ("0.05", "25", "0.05"),
    };
    [
        offer(Action::Suspend, ("Stop the pump", "s", "No insulin until it runs again."), None),
        offer(Action::Resume, ("Start the pump again", "r", "The basal rate runs again."), None),
        offer(
            Action::Eat { carbs_g: 0.0 },
            ("Eat", "e", "Raises glucose after 10 to 20 min."),
            Some(carbs),
        ),
        offer(
            Action::Bolus { units: 0.0 },
            ("Give a bolus", "b", "Acts for about 4 h, for good."),
            Some(units),
        ),
        offer(
            Action::RemoteOff,
            ("Turn the remote off", "m", "Then doses only at the pump."),
            None,
        ),
        offer(Action::ReplacePump, ("Replace the pump", "p", "No insulin meanwhile."), None),
        offer(Action::CallForHelp, ("Call for help", "h", "Comes in about 12 min."), None),
    ]
}

/// The list of acts.
pub(super) fn list() -> Markup {
    html! {
        p #hands .hands role="status" { "Hands are free." }
        p #acts-why .why {}
        ul.acts {
            @for offer in offers() { li { (one(&offer)) } }
        }
    }
}

fn one(offer: &Offer) -> Markup {
    let cost = format!("cost-{}", offer.word);
    html! {
        form.act data-act=(offer.word) {
            button type="submit" aria-describedby=(cost) aria-keyshortcuts=(offer.key) {
                (offer.label) kbd aria-hidden="true" { (offer.key) }
            }
            @if let Some(number) = &offer.number {
                span.number {
                    input type="number" name=(number.name) value=(number.start) required
                        min=(number.range.0) max=(number.range.1) step=(number.range.2)
                        inputmode="decimal" aria-label=(number.label);
                    span aria-hidden="true" { (number.unit) }
                }
            }
            p.cost id=(cost) { strong { (takes(offer)) } " " (offer.cost) }
        }
    }
}

fn takes(offer: &Offer) -> String {
    let time = match offer.seconds {
        s if s >= 120.0 => format!("{} min", s / 60.0),
        s => format!("{s} s"),
    };
    match offer.presses {
        keys if keys > 0.0 => format!("{time}, {keys} keys."),
        _ => format!("{time}."),
    }
}

/// The keys of the page.
pub(super) fn keys(more: &[(&str, &str)]) -> Markup {
    html! {
        details.help {
            summary { "Keys" }
            p { label.switch { input #keys-on type="checkbox" checked; " Single keys work" } }
            dl.keys {
                div { dt { kbd { "x" } } dd { "STOP, at once" } }
                @for (key, what) in more { div { dt { kbd { (key) } } dd { (what) } } }
                @for offer in offers() {
                    div { dt { kbd { (offer.key) } } dd { "go to “" (offer.label) "”; Enter does it" } }
                }
            }
        }
    }
}
