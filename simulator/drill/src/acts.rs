//! What a seat asks for, read from a request: hostile until checked.

use medtwin_engine::input::Action;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::floor::Asked;
use crate::seat::Seat;

/// Why a request is not understood. It says nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// No key, or one that we would not write to disk.
    Key,
    /// No act that we know.
    Act,
    /// An act of another seat.
    Seat,
}

impl Wrong {
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::Key => "`Idempotency-Key` is 8 to 64 letters, digits, `-` or `_`",
            Self::Act => "this is no act: a JSON object with `do` and its number",
            Self::Seat => "this seat cannot do that",
        }
    }
}

/// Reads an act. A player has the wearer's hands; an instructor has the adversary's as well.
pub(crate) fn read(seat: Seat, key: Option<&str>, body: &[u8]) -> Result<Asked, Wrong> {
    let key = key.filter(|key| is_key(key)).ok_or(Wrong::Key)?;
    let value = serde_json::from_slice(body).map_err(|_| Wrong::Act)?;
    let action: Action = exactly(value).map_err(|_| Wrong::Act)?;
    if seat == Seat::Player && !action.is_of_team() {
        return Err(Wrong::Seat);
    }
    Ok(Asked { by: seat, key: key.to_owned(), action: rounded(action) })
}

/// Reads an object that has every field of a `T`, and no other.
pub(crate) fn exactly<T: Serialize + DeserializeOwned>(value: Value) -> Result<T, String> {
    if !value.is_object() {
        return Err("it is no object".to_owned());
    }
    let read: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let known = serde_json::to_value(&read).map_err(|error| error.to_string())?;
    let stranger = value.as_object().and_then(|fields| {
        fields.keys().find(|field| known.get(field.as_str()).is_none()).cloned()
    });
    stranger.map_or(Ok(read), |field| Err(format!("unknown field `{field}`")))
}

/// As precise as people key numbers in, so that a number reads back from the journal bit for bit.
fn rounded(action: Action) -> Action {
    let thousandth = |value: f64| (value * 1000.0).round() / 1000.0;
    match action {
        Action::Bolus { units } => Action::Bolus { units: thousandth(units) },
        Action::Eat { carbs_g } => Action::Eat { carbs_g: thousandth(carbs_g) },
        other => other,
    }
}

pub(crate) fn is_key(key: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (8..=64).contains(&key.len()) && key.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Option<&str> = Some("0123456789abcdef");

    #[test]
    fn a_player_has_no_hands_of_an_adversary() {
        let body = br#"{"do":"start-step","step":0}"#;
        assert_eq!(read(Seat::Player, KEY, body).err(), Some(Wrong::Seat));
        assert!(read(Seat::Instructor, KEY, body).is_ok());
    }

    #[test]
    fn a_key_is_short_and_plain() {
        let body = br#"{"do":"suspend"}"#;
        for key in [None, Some(""), Some("short"), Some("with\nline breaks"), Some(&"a".repeat(65))]
        {
            assert_eq!(read(Seat::Player, key, body).err(), Some(Wrong::Key), "{key:?}");
        }
        assert!(read(Seat::Player, KEY, body).is_ok());
    }

    #[test]
    fn what_is_no_act_is_refused() {
        for body in [
            "",
            "{}",
            "[]",
            r#"{"do":"eat"}"#,
            r#"{"do":"fly"}"#,
            r#"{"do":"eat","carbs_g":"x"}"#,
            r#"{"do":"suspend","minutes":5}"#,
            r#"{"do":"eat","carbs_g":5,"unit":"oz"}"#,
            r#"{"do":"watch"}"#,
        ] {
            assert_eq!(read(Seat::Player, KEY, body.as_bytes()).err(), Some(Wrong::Act), "{body}");
        }
    }
}
