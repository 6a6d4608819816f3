//! The player's page. It says nothing that the devices do not.

use maud::{Markup, html};

use super::{acts, bedside, frame};
use crate::exercise::Exercise;
use crate::seat::Seat;
use crate::words::capital;

/// The page.
pub(super) fn page(exercise: &Exercise) -> Markup {
    let who = capital(&exercise.wearer());
    let body = html! {
        (bedside::alarms())
        main #main .player {
            (bedside::reading(html! {}))
            (bedside::pump())
            (bedside::charts("What the devices showed", "Glucose readings over time"))
            section #acts-card .card aria-labelledby="acts-title" {
                h2 #acts-title { "What you can do" }
                (acts::list())
            }
            (bedside::log("Messages"))
            section #help-card .card aria-labelledby="help-title" {
                h2 #help-title { "Who you are" }
                (help(&who))
                (acts::keys(&[]))
            }
        }
    };
    frame(Seat::Player, &format!("Looking after {who}"), body)
}

fn help(who: &str) -> Markup {
    html! {
        p {
            "You look after " (who) ", who wears an insulin pump, a remote for it and a glucose \
             monitor. You see what the devices show, which need not be all there is. Keep " (who)
            " safe: notice, decide, act."
        }
        details.help {
            summary { "How it works" }
            ul {
                li { "Each act takes the time that stands beside it. Acts wait for free hands." }
                li { "From your first act on, " (who) "’s hands are yours. Planned meals go on." }
                li { "A reading lags and errs: the device measures under the skin." }
                li { "Your instructor sets the pace. Anybody may press STOP, at any time, for any \
                      reason; the exercise then stands still." }
            }
        }
    }
}
