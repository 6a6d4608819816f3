//! What people read: acts, alarms and faults in words.

use medtwin_engine::input::Action;

/// The act that the trace calls `word`.
pub(crate) fn action(word: &str, value: f64) -> Option<Action> {
    Some(match word {
        "suspend" => Action::Suspend,
        "resume" => Action::Resume,
        "bolus" => Action::Bolus { units: value },
        "eat" => Action::Eat { carbs_g: value },
        "remote-off" => Action::RemoteOff,
        "replace-pump" => Action::ReplacePump,
        "call-for-help" => Action::CallForHelp,
        _ => return None,
    })
}

/// What the wearer, or somebody beside them, visibly did or felt.
pub(crate) fn of_act(who: &str, word: &str, value: f64) -> String {
    let value = amount(value);
    match word {
        "meal" => format!("{who} eats a meal of {value} g"),
        "bolus-by-remote" => format!("{who} doses {value} U from the remote"),
        "bolus-at-pump" => format!("{who} keys {value} g of carbohydrate into the pump"),
        "noticed" => format!("{who} notices that something is wrong"),
        "suspend" => format!("{who} stops the pump"),
        "resume" => format!("{who} starts the pump again"),
        "rescue-carbs" => format!("{who} eats {value} g of fast carbohydrate"),
        "glucagon" => format!("{who} is given glucagon"),
        "feels-low" => format!("{who} feels low: shaky and sweating"),
        "cannot-swallow" => format!("{who} cannot swallow: not responding"),
        "help-arrives" => "Help arrives".to_owned(),
        other => format!("{who}: {}", other.replace('-', " ")),
    }
}

/// An alarm's name, `low-reservoir`, in words.
pub(crate) fn of_alarm(word: &str) -> String {
    match word {
        "urgent-low" => "Urgent low glucose".to_owned(),
        "low-glucose" => "Low glucose".to_owned(),
        "low-reservoir" => "Reservoir low".to_owned(),
        "empty-reservoir" => "Reservoir empty".to_owned(),
        "occlusion" => "Line blocked".to_owned(),
        "suspended" => "Delivery stopped".to_owned(),
        "rejected" => "Not accepted".to_owned(),
        other => capital(&other.replace('-', " ")),
    }
}

/// Whether an alarm sounds once and does not stand until it is cleared.
pub(crate) fn is_momentary(alarm: &str) -> bool {
    matches!(alarm, "beep" | "rejected")
}

/// With a capital letter.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A number without digits that say nothing: `15`, `1.5`, `0.05`.
pub(crate) fn amount(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_of_people_is_found_by_its_word() {
        for given in [
            Action::Suspend,
            Action::Resume,
            Action::Bolus { units: 1.5 },
            Action::Eat { carbs_g: 15.0 },
            Action::RemoteOff,
            Action::ReplacePump,
            Action::CallForHelp,
        ] {
            assert_eq!(action(given.word(), given.value()), Some(given));
        }
        assert_eq!(action("start-step", 0.0), None);
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([amount(15.0), amount(0.05), amount(4.499_999)], ["15", "0.05", "4.5"]);
    }
}
