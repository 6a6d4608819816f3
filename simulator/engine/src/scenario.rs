//! What an author writes: who is there, what goes wrong, and what is expected of each arm.
//!
//! Reading a scenario opens nothing. A name that stands for a file (a device model, a pack, a site)
//! stays a name here. Units are suffixes of keys. A number may be given as itself or as a
//! distribution: `{ uniform = [5, 15] }`, `{ exponential = 30 }`, `{ lognormal = { median = 2, sigma = 0.8 } }`.
//! What is drawn from one is at most 1e8, however long its tail.
//! What is drawn only when many trials ask how often stands apart, in [`Study`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

mod attack;
mod device;
mod network;
mod number;
mod patient;
mod replicate;
mod staff;
mod study;

pub use attack::{Adversary, Args, Repeat, Step, Technique};
pub use device::{Account, Device, Firmware, SecondBag, Visit};
pub use network::{Conduit, Failure, Service, Switch};
pub use number::{Distribution, Number};
pub use patient::{HeartOf, Keyed, Meal, Patient, Point, Population, Wearer};
pub use replicate::Replicate;
pub use staff::Staff;
pub use study::{
    Of, Study, StudyExpect, VariedAdversary, VariedDevice, VariedLink, VariedPatient, VariedStep,
};

/// A scenario file, or a site that a scenario begins from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line on what it shows.
    #[serde(default)]
    pub title: String,
    /// What it does not show, or that it is composite.
    #[serde(default)]
    pub note: String,
    /// Where its facts come from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// How long it lasts [h].
    #[schemars(with = "Option<f64>")]
    pub horizon_h: Option<Spanned<f64>>,
    /// Time of day at the start [h].
    #[schemars(with = "Option<f64>")]
    pub start_clock_h: Option<Spanned<f64>>,
    /// The pack that stands for today.
    pub reference: Option<String>,
    /// The pack that is proposed.
    pub candidate: Option<String>,
    /// Other packs whose arms are run as well.
    #[serde(default)]
    pub compare: Vec<String>,
    /// The site to begin from.
    pub site: Option<String>,
    /// Beds of which there are many, by the name of the rule.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Replicate>")]
    pub replicate: BTreeMap<Spanned<String>, Replicate>,
    /// Patients by name.
    #[serde(default)]
    pub patient: BTreeMap<String, Patient>,
    /// Devices by name.
    #[serde(default)]
    pub device: BTreeMap<String, Device>,
    /// Links by name.
    #[serde(default)]
    pub link: BTreeMap<String, Link>,
    /// What joins links, by name.
    #[serde(default)]
    pub switch: BTreeMap<String, Switch>,
    /// Services of the network, by name.
    #[serde(default)]
    pub service: BTreeMap<String, Service>,
    /// What may pass between links where a pack lets nothing else pass.
    #[serde(default)]
    pub conduit: Vec<Conduit>,
    /// What fails by itself.
    #[serde(default)]
    pub failure: Vec<Failure>,
    /// Firmware images by name.
    #[serde(default)]
    pub firmware: BTreeMap<String, Firmware>,
    /// Who may log in at devices, by name.
    #[serde(default)]
    pub account: BTreeMap<String, Account>,
    /// Staff by name.
    #[serde(default)]
    pub staff: BTreeMap<String, Staff>,
    /// Adversaries by name.
    #[serde(default)]
    pub adversary: BTreeMap<String, Adversary>,
    /// What adversaries do.
    #[serde(default)]
    pub step: Vec<Step>,
    /// What must come out.
    #[serde(default)]
    pub expect: Vec<Expect>,
    /// What is drawn in each trial of a study instead.
    pub study: Option<Study>,
    #[serde(skip)]
    under: replicate::Under,
}

/// A link.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The zone (IEC 62443) that it belongs to, as packs name it: `Zone::"ward"`.
    pub zone: Option<String>,
    /// `proprietary-900mhz`, `ble`, `ble-advertising`, `ethernet-100`, `ethernet-1000`, `core`, `data-centre`, `wan`,
    /// `wifi`, `wifi-degraded`, `wmts`, `mics`, `medradio-wings`, `inductive`, `lte`, `usb-serial`.
    #[schemars(with = "String")]
    pub medium: Spanned<String>,
    /// Its nodes.
    #[schemars(with = "Vec<String>")]
    pub nodes: Vec<Spanned<String>>,
    /// Loss probability instead of the medium's.
    pub loss: Option<Number>,
    /// How far it is heard instead of the medium's range [m].
    pub range_m: Option<Number>,
    /// Its rate instead of the medium's [kbit/s].
    #[schemars(with = "Option<f64>")]
    pub bandwidth_kbit_s: Option<Spanned<f64>>,
}

/// What must come out of one arm.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Its name.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// About which arm: `PACK/attack`, `PACK/clean`, `PACK-CONTROL/attack`, `PACK+CONTROL/attack`.
    #[schemars(with = "String")]
    pub arm: Spanned<String>,
    /// About what.
    #[schemars(with = "String")]
    pub metric: Spanned<String>,
    /// At least this.
    pub at_least: Option<f64>,
    /// At most this.
    pub at_most: Option<f64>,
    /// Exactly this.
    pub equals: Option<f64>,
    /// Within `by` of the same metric in this other arm.
    #[schemars(with = "Option<String>")]
    pub within_of: Option<Spanned<String>>,
    /// See `within_of`.
    pub by: Option<f64>,
    /// In words, for people.
    #[serde(default)]
    pub why: String,
}

/// A scenario that cannot be run: what is wrong, where, and what would help.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ScenarioError {
    /// What is wrong, with the author's words in backticks.
    pub message: String,
    /// Where in the text.
    pub at: Option<Range<usize>>,
    /// What would be right.
    pub help: Option<String>,
}

impl ScenarioError {
    /// An error at `words`.
    pub fn at<T>(words: &Spanned<T>, message: impl Into<String>, help: impl Into<String>) -> Self {
        let at = Some(words.span()).filter(|span| !span.is_empty());
        Self { message: message.into(), at, help: Some(help.into()) }
    }
}

impl Scenario {
    /// Reads a scenario or a site.
    ///
    /// # Errors
    /// When `text` is not TOML, has a key or a value that a scenario does not have, or a text that is not to be
    /// printed.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let refused = |error: toml::de::Error| ScenarioError {
            message: error.message().lines().next().unwrap_or("not a scenario").to_owned(),
            at: error.span(),
            help: help(error.message()),
        };
        if let Some((strange, at)) = medtwin_policy::strange_in_toml(text) {
            let (message, help) = medtwin_policy::refusal(strange);
            return Err(ScenarioError { message, at: Some(at), help: Some(help.to_owned()) });
        }
        toml::from_str(text).map_err(refused)
    }

    /// Reads the site under a scenario whose text has `before` bytes. Places in the site come after those
    /// in the scenario, so that a mistake says which of the two texts it is in.
    ///
    /// # Errors
    /// As [`Scenario::parse`].
    pub fn parse_site(text: &str, before: usize) -> Result<Self, ScenarioError> {
        Self::parse(&("\n".repeat(before) + text))
    }

    /// Time of day at the start [h]; midnight if it is left out.
    pub fn clock_h(&self) -> f64 {
        self.start_clock_h.as_ref().map_or(0.0, |hour| *hour.get_ref())
    }

    /// The device that plays the peer `role` of `device`: the one that it names, one of its own bed's, or the one
    /// that is called so.
    pub fn peer<'a>(&'a self, device: &str, role: &'a str) -> Cow<'a, str> {
        let Some(written) = self.device.get(device) else { return role.into() };
        if let Some(peer) = written.peers.get(role) {
            return peer.get_ref().into();
        }
        let near = written.within.as_ref().map(|within| format!("{within}{role}"));
        near.filter(|near| self.device.contains_key(near)).map_or(role.into(), Cow::Owned)
    }

    /// Lays this scenario over the site that it begins from.
    #[must_use]
    pub fn over(mut self, site: Self) -> Self {
        let mut base = site;
        self.lay_rules(&mut base);
        base.patient.append(&mut self.patient);
        base.device.append(&mut self.device);
        base.link.append(&mut self.link);
        base.switch.append(&mut self.switch);
        base.service.append(&mut self.service);
        base.conduit.append(&mut self.conduit);
        base.failure.append(&mut self.failure);
        base.firmware.append(&mut self.firmware);
        base.account.append(&mut self.account);
        base.staff.append(&mut self.staff);
        base.adversary.append(&mut self.adversary);
        Self {
            patient: base.patient,
            device: base.device,
            link: base.link,
            switch: base.switch,
            service: base.service,
            conduit: base.conduit,
            failure: base.failure,
            firmware: base.firmware,
            account: base.account,
            staff: base.staff,
            adversary: base.adversary,
            step: self.step,
            expect: self.expect,
            ..self
        }
    }
}

/// The grammar of a scenario file as JSON Schema.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Scenario).into()
}

/// For an unknown key, the known one that is nearest to it.
fn help(message: &str) -> Option<String> {
    let rest =
        message.strip_prefix("unknown field `").or(message.strip_prefix("unknown variant `"))?;
    let (wrong, known) = rest.split_once('`')?;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let stem = |key: &str| key.split('_').next().unwrap_or_default().to_owned();
    match known.iter().find(|key| stem(key) == stem(wrong)) {
        Some(near) => Some(format!("did you mean `{near}`? The unit is part of the key")),
        None => Some(format!("known keys: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts what an author sees: the message, the help, and the underlined text.
    #[track_caller]
    fn check_refused(text: &str, message: &str, help: &str, underlined: &str) {
        let error = Scenario::parse(text).expect_err("refused");
        assert_eq!(error.message, message);
        assert!(error.help.as_deref().is_some_and(|h| h.contains(help)), "{:?}", error.help);
        assert_eq!(&text[error.at.expect("a place")], underlined);
    }

    #[test]
    fn a_key_with_another_unit() {
        check_refused(
            "horizon_min = 60\n",
            "unknown field `horizon_min`, expected one of `title`, `note`, `sources`, `horizon_h`, `start_clock_h`, `reference`, `candidate`, `compare`, `site`, `replicate`, `patient`, `device`, `link`, `switch`, `service`, `conduit`, `failure`, `firmware`, `account`, `staff`, `adversary`, `step`, `expect`, `study`",
            "did you mean `horizon_h`?",
            "horizon_min",
        );
    }

    #[test]
    fn a_text_that_would_command_a_terminal() {
        let check = |text: &str, code: &str, underlined: &str| {
            let message = format!("a text has the control character {code}");
            check_refused(text, &message, "leave it out", underlined);
        };
        check("title = \"a\\u001b[2Jb\"\n", "U+001B", "\"a\\u001b[2Jb\"");
        check("sources = [\"x\", \"\\u202e\"]\n", "U+202E", "\"\\u202e\"");
        check("[device.\"p\\u0085\"]\nmodel = \"m\"\n", "U+0085", "\"p\\u0085\"");
        assert!(Scenario::parse("note = \"\"\"two\n\tlines, µ and 心\"\"\"\n").is_ok());
    }

    #[test]
    fn a_number_may_be_drawn() {
        let text =
            "[patient.a]\nmodel = \"m\"\nmeals = [{ at_h = { uniform = [1, 2] }, carbs_g = 40 }]\n";
        let scenario = Scenario::parse(text).expect("valid");
        let meal = &scenario.patient["a"].meals[0];
        assert_eq!(meal.at_h, Number::Drawn(Distribution::Uniform([1.0, 2.0])));
        assert_eq!(meal.carbs_g, Some(Number::Fixed(40.0)));
    }

    #[test]
    fn a_distribution_that_there_is_not() {
        check_refused(
            "[patient.a]\nmodel = \"m\"\nmeals = [{ at_h = { normal = [1, 2] }, carbs_g = 40 }]\n",
            "unknown variant `normal`, expected one of `uniform`, `exponential`, `lognormal`",
            "exponential",
            "normal",
        );
    }
}
