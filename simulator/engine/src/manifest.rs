//! What a device model says of itself: its ports, peers, keys and verbs, by name.
//!
//! A component asks for a port by its index in these lists; people and policies use the names. A
//! component put in a device's place keeps the device's manifest: the hardware does not change.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::value::Datetime;

use crate::device::Value;

/// A model's `model.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The model's name.
    pub name: String,
    /// One line on what it is.
    pub summary: String,
    /// Who makes it.
    pub supplier: String,
    /// Which version of it this is, as its supplier counts.
    pub version: Option<String>,
    /// The last day on which its supplier mends it.
    pub support_end: Option<Day>,
    /// Measured values.
    pub sensors: Vec<String>,
    /// What reaches the patient.
    pub actuators: Vec<String>,
    /// Who it exchanges frames with, by role.
    pub peers: Vec<String>,
    /// The TCP port at which it listens for a peer, or for each that is not named: `"*"`; UDP, where it is that
    /// of a service over UDP.
    #[serde(default)]
    pub serves: BTreeMap<String, u16>,
    /// Alarms it can raise.
    pub alarms: Vec<String>,
    /// What it shows.
    pub fields: Vec<String>,
    /// Keys a person can press.
    pub inputs: Vec<String>,
    /// Keys in its vault.
    pub keys: Vec<String>,
    /// Commands it acts on.
    pub verbs: Vec<String>,
    /// Config keys it reads.
    pub config: Vec<String>,
    /// What each of them may be; anything, where a key is left out.
    #[serde(default)]
    pub takes: BTreeMap<String, Takes>,
    /// What a key orders: keys that are not here order no command.
    #[serde(default)]
    pub orders: BTreeMap<String, Ordered>,
    /// The actuator that a verb may set beyond the running prescription.
    #[serde(default)]
    pub sets: BTreeMap<String, String>,
    /// Commands that interrupt what a flow was ordered to: it goes on after them by itself.
    #[serde(default)]
    pub interrupts: Vec<String>,
    /// Keys that anybody may press, logged in or not: what stops it.
    #[serde(default)]
    pub unlocked: Vec<String>,
    /// People log in at it over the network too.
    #[serde(default)]
    pub console: bool,
    /// What becomes of its state when it reboots; its records stay in any case.
    #[serde(default)]
    pub on_reboot: OnReboot,
    /// Of an update server: how it checks what each peer says that it runs, and where it shows that.
    #[serde(default)]
    pub attests: BTreeMap<String, Attested>,
    /// About which peer an alarm is, where it is not about the device's own patient.
    #[serde(default)]
    pub about: BTreeMap<String, String>,
    /// What its actuators do when it has failed.
    pub fail_safe: BTreeMap<String, f64>,
}

/// What a config key may be.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged, expecting = "expected [least, most], a list of words, \"flag\" or \"text\"")]
pub enum Takes {
    /// A whole number from the one to the other.
    Whole([i64; 2]),
    /// A number from the one to the other.
    Range([f64; 2]),
    /// One of these words.
    Words(Vec<String>),
    /// Anything of a kind.
    Any(ValueKind),
}

/// A kind of value.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// On or off.
    Flag,
    /// Words that are nobody's list.
    Text,
}

impl Takes {
    /// Whether `value` is one of them.
    pub fn is_met(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Whole([least, most]), Value::Number(number)) => {
                (*least as f64..=*most as f64).contains(number) && number.fract() == 0.0
            }
            (Self::Range([least, most]), Value::Number(number)) => {
                (*least..=*most).contains(number)
            }
            (Self::Words(words), Value::Text(text)) => words.contains(text),
            (Self::Any(ValueKind::Flag), Value::Flag(_))
            | (Self::Any(ValueKind::Text), Value::Text(_)) => true,
            _ => false,
        }
    }
}

impl std::fmt::Display for Takes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole([least, most]) => write!(f, "a whole number from {least} to {most}"),
            Self::Range([least, most]) => write!(f, "a number from {least} to {most}"),
            Self::Words(words) => write!(f, "one of: {}", words.join(", ")),
            Self::Any(ValueKind::Flag) => f.write_str("true or false"),
            Self::Any(ValueKind::Text) => f.write_str("a text"),
        }
    }
}

/// What becomes of a device's state when a watchdog reboots it, or an image is started in it.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OnReboot {
    /// It goes on as it was when it last carried out a command.
    #[default]
    Restore,
    /// It begins anew, as set up: what it knew and did not put into a record is gone.
    Lose,
}

/// What a key of a device orders.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Ordered {
    /// The command.
    pub verb: String,
    /// Whether the value keyed in is the most that the command may set.
    #[serde(default)]
    pub amount: bool,
    /// A key of the prescription by which that value is divided first.
    pub per: Option<String>,
}

/// How an update server comes to know what runs in a peer.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// The key by which it checks the peer's quotes.
    pub key: String,
    /// The field that shows the version it believes; 0 and below is none.
    pub field: String,
}

/// A day of the calendar: in TOML a local date, `2027-12-31`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day(toml::value::Date);

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Datetime::deserialize(deserializer)? {
            Datetime { date: Some(date), time: None, offset: None } => Ok(Self(date)),
            other => Err(D::Error::custom(format!("`{other}` is no day, such as 2027-12-31"))),
        }
    }
}

impl Manifest {
    /// Reads a `model.toml`.
    ///
    /// # Errors
    /// What the TOML reader says, with its place.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(more: &str) -> Result<Manifest, toml::de::Error> {
        let lists = ["sensors", "actuators", "peers", "alarms", "fields", "inputs", "keys"];
        let lists = lists.iter().chain(&["verbs", "config"]).map(|list| format!("{list} = []\n"));
        let head = format!("name = 'p'\nsummary = ''\nsupplier = 'maker'\n{more}\n");
        Manifest::parse(&(head + &lists.collect::<String>() + "fail_safe = {}\n"))
    }

    #[track_caller]
    fn check_refused(line: &str, why: &str) {
        let error = parse(line).expect_err("it is wrong");
        assert!(error.message().contains(why), "{}", error.message());
        assert!(error.to_string().contains("line 4"), "{error}");
    }

    #[test]
    fn a_model_may_say_its_version_and_how_long_it_is_supported() {
        let manifest = parse("version = '1.2'\nsupport_end = 2028-02-29").expect("a manifest");
        assert_eq!(manifest.version.as_deref(), Some("1.2"));
        assert_eq!(manifest.support_end.map(|day| day.to_string()).as_deref(), Some("2028-02-29"));
        let manifest = parse("").expect("a manifest");
        assert_eq!((manifest.version, manifest.support_end), (None, None));
    }

    #[test]
    fn a_model_may_lose_its_state_and_keeps_it_if_it_does_not_say() {
        let of = |line| parse(line).expect("a manifest").on_reboot;
        assert_eq!((of(""), of("on_reboot = 'restore'")), (OnReboot::Restore, OnReboot::Restore));
        assert_eq!(of("on_reboot = 'lose'"), OnReboot::Lose);
        check_refused("on_reboot = 'forget'", "unknown variant `forget`");
        check_refused("on_reboot = true", "");
    }

    #[test]
    fn what_a_key_may_be_is_a_range_a_list_or_a_kind() {
        let manifest = parse("takes = { a = [0.0, 1.0], w = [0, 2], b = ['x', 'y'], c = 'flag' }")
            .expect("takes");
        let meets = |key: &str, value: Value| manifest.takes[key].is_met(&value);
        assert!(meets("a", Value::Number(1.0)) && !meets("a", Value::Number(1.1)));
        assert!(meets("w", Value::Number(2.0)) && !meets("w", Value::Number(0.5)));
        assert!(!meets("a", Value::Number(f64::NAN)) && !meets("a", Value::Flag(true)));
        assert!(meets("b", Value::Text("y".into())) && !meets("b", Value::Text("z".into())));
        assert!(meets("c", Value::Flag(false)) && !meets("c", Value::Number(1.0)));
        check_refused("takes = { a = 'word' }", "expected [least, most]");
    }

    #[test]
    fn an_end_of_support_that_is_no_day_is_refused() {
        check_refused("support_end = 2027-02-29", "");
        check_refused("support_end = 2027-13-01", "");
        check_refused("support_end = '2027-12-31'", "expected");
        check_refused("support_end = 2027-12-31T10:00:00Z", "is no day");
        check_refused("support_end = 10:00:00", "is no day");
        check_refused("support_ends = 2027-12-31", "unknown field `support_ends`");
        check_refused("version = 1.2", "expected a string");
    }
}
