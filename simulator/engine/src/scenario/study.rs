//! What differs between the trials of a study.
//!
//! `[study]` has the shape of the scenario: `[study.patient.alex]`, `[study.step.forged-bolus]`. What
//! it says is laid over the scenario when many trials ask how often, and when one of them is run
//! again. Without it a run has the fixed values that its expectations are about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Adversary, Args, Device, Link, Meal, Number, Patient, Population, Repeat, Scenario,
    ScenarioError, Step, Wearer,
};
use crate::device::Value;

/// What differs between the trials of a study, by the names that the scenario and its site use.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// What the trials ask, in a sentence.
    #[serde(default)]
    pub question: String,
    /// Where its distributions come from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// How long a trial lasts [h].
    #[schemars(with = "Option<f64>")]
    pub horizon_h: Option<Spanned<f64>>,
    /// Time of day at the start [h].
    #[schemars(with = "Option<f64>")]
    pub start_clock_h: Option<Spanned<f64>>,
    /// How long after the attack's first effect harm and noticing are looked for [min]; 240 if left
    /// out.
    #[schemars(with = "Option<f64>")]
    pub follow_up_min: Option<Spanned<f64>>,
    /// Patients by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, VariedPatient>")]
    pub patient: BTreeMap<Spanned<String>, VariedPatient>,
    /// Devices by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, VariedDevice>")]
    pub device: BTreeMap<Spanned<String>, VariedDevice>,
    /// Links by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, VariedLink>")]
    pub link: BTreeMap<Spanned<String>, VariedLink>,
    /// Adversaries by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, VariedAdversary>")]
    pub adversary: BTreeMap<Spanned<String>, VariedAdversary>,
    /// Steps by id.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, VariedStep>")]
    pub step: BTreeMap<Spanned<String>, VariedStep>,
    /// What must hold of all trials.
    #[serde(default)]
    pub expect: Vec<StudyExpect>,
}

/// What must hold of all trials of a study.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudyExpect {
    /// Its name.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// About which arm of the study: `PACK/attack` or `PACK/clean`; `*/clean` is every clean one.
    #[schemars(with = "String")]
    pub arm: Spanned<String>,
    /// About what.
    #[schemars(with = "String")]
    pub metric: Spanned<String>,
    /// Whether the bounds are of each trial or of their mean.
    pub of: Of,
    /// At least this.
    pub at_least: Option<f64>,
    /// At most this.
    pub at_most: Option<f64>,
    /// From so many trials on: the mean of a few says little, and is not judged.
    pub from_trials: Option<u64>,
    /// In words, for people.
    #[serde(default)]
    pub why: String,
}

/// What of the trials of a study a bound is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// The value of each: one trial beyond the bound, or without a value, and it does not hold.
    EveryTrial,
    /// The mean of all; a trial without a value, and it does not hold.
    Mean,
}

/// What differs of a patient.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariedPatient {
    /// Another of the model's patients.
    #[schemars(with = "Option<String>")]
    pub id: Option<Spanned<String>>,
    /// Or one drawn in each trial.
    pub population: Option<Population>,
    /// All that they eat.
    pub meals: Option<Vec<Meal>>,
    /// What they notice and do, as far as it differs.
    pub wearer: Option<Wearer>,
}

/// What differs of a device. Its model and its flaws do not.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariedDevice {
    /// Settings, as far as they differ.
    #[serde(default)]
    pub config: BTreeMap<String, Value>,
    /// Insulin at the start [U].
    pub reservoir_u: Option<f64>,
    /// Error model of its sensor.
    #[schemars(with = "Option<String>")]
    pub sensor_error: Option<Spanned<String>>,
}

/// What differs of a link.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariedLink {
    /// Loss probability.
    pub loss: Option<Number>,
    /// How far it is heard [m].
    pub range_m: Option<Number>,
}

/// What differs of an adversary.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariedAdversary {
    /// Distance to the links' members [m].
    pub distance_m: Option<Number>,
}

/// What differs of a step.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariedStep {
    /// All its arguments.
    pub args: Option<Args>,
    /// When, from the start [min].
    pub at_min: Option<Number>,
    /// How long after the step before [min].
    pub delay_min: Option<Number>,
    /// How often.
    pub repeat: Option<Repeat>,
}

impl Scenario {
    /// The scenario (already laid over its site) as its studies run it; the same without `[study]`.
    ///
    /// # Errors
    /// When `[study]` speaks of what the scenario does not have.
    pub fn varied(mut self) -> Result<Self, Vec<ScenarioError>> {
        let Some(study) = self.study.take() else { return Ok(self) };
        self.horizon_h = study.horizon_h.or(self.horizon_h);
        self.start_clock_h = study.start_clock_h.or(self.start_clock_h);
        let mut errors = Vec::new();
        let mut lay = Laying { errors: &mut errors };
        lay.over("patient", study.patient, &mut self.patient, VariedPatient::over);
        lay.over("device", study.device, &mut self.device, VariedDevice::over);
        lay.over("link", study.link, &mut self.link, VariedLink::over);
        lay.over("adversary", study.adversary, &mut self.adversary, VariedAdversary::over);
        let steps = self.step.iter_mut().map(|step| (step.id.get_ref().clone(), step));
        lay.over("step", study.step, &mut steps.collect(), |varied, step| varied.over(step));
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

struct Laying<'a> {
    errors: &'a mut Vec<ScenarioError>,
}

impl Laying<'_> {
    fn over<V, T>(
        &mut self,
        kind: &str,
        varied: BTreeMap<Spanned<String>, V>,
        there: &mut BTreeMap<String, T>,
        lay: impl Fn(V, &mut T),
    ) {
        for (name, varied) in varied {
            match there.get_mut(name.get_ref()) {
                Some(one) => lay(varied, one),
                None => {
                    let message =
                        format!("`[study]` varies {kind} `{}`, which is not there", name.get_ref());
                    let known: Vec<&str> = there.keys().map(String::as_str).collect();
                    let help = format!("the scenario has: {}", known.join(", "));
                    self.errors.push(ScenarioError::at(&name, message, help));
                }
            }
        }
    }
}

/// Puts what is given in the place of what was there.
fn put<T>(there: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *there = given;
    }
}

impl VariedPatient {
    fn over(self, patient: &mut Patient) {
        if self.id.is_some() || self.population.is_some() {
            (patient.id, patient.population) = (self.id, self.population);
        }
        patient.meals = self.meals.unwrap_or(std::mem::take(&mut patient.meals));
        let Some(wearer) = self.wearer else { return };
        let there = &mut patient.wearer;
        put(&mut there.notices_beep, wearer.notices_beep);
        put(&mut there.notices_alarm, wearer.notices_alarm);
        put(&mut there.notice_delay_min, wearer.notice_delay_min);
        put(&mut there.feels_low, wearer.feels_low);
        put(&mut there.resume_after_min, wearer.resume_after_min);
        put(&mut there.companion, wearer.companion);
        put(&mut there.asleep_h, wearer.asleep_h);
    }
}

impl VariedDevice {
    fn over(self, device: &mut Device) {
        device.config.extend(self.config);
        put(&mut device.reservoir_u, self.reservoir_u);
        put(&mut device.sensor_error, self.sensor_error);
    }
}

impl VariedLink {
    fn over(self, link: &mut Link) {
        put(&mut link.loss, self.loss);
        put(&mut link.range_m, self.range_m);
    }
}

impl VariedAdversary {
    fn over(self, adversary: &mut Adversary) {
        put(&mut adversary.distance_m, self.distance_m);
    }
}

impl VariedStep {
    fn over(self, step: &mut Step) {
        step.args = self.args.unwrap_or(step.args);
        put(&mut step.at_min, self.at_min);
        put(&mut step.delay_min, self.delay_min);
        put(&mut step.repeat, self.repeat);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Distribution;
    use super::*;

    const BASE: &str = "horizon_h = 6\n[patient.alex]\nmodel = \"m\"\nid = \"adult#001\"\n\
        wearer = { feels_low = 0.8 }\n[[step]]\nid = \"bolus\"\nby = \"eve\"\ndo = \"inject\"\n\
        args = { units = 10 }\nat_min = 5\n";

    fn varied(study: &str) -> Result<Scenario, Vec<ScenarioError>> {
        Scenario::parse(&format!("{BASE}{study}")).expect("a scenario").varied()
    }

    #[test]
    fn what_a_study_does_not_name_stays() {
        let study = "[study]\nhorizon_h = 28\n[study.patient.alex]\npopulation = {}\n\
            wearer = { notices_beep = { uniform = [0.2, 0.8] } }\n\
            [study.step.bolus]\nargs = { daily_dose_share = 0.1 }\n";
        let scenario = varied(study).expect("it fits");
        let alex = &scenario.patient["alex"];
        assert!(alex.id.is_none() && alex.population.is_some(), "drawn, and no longer one");
        assert_eq!(alex.wearer.feels_low, Some(Number::Fixed(0.8)));
        let beep = Number::Drawn(Distribution::Uniform([0.2, 0.8]));
        assert_eq!(alex.wearer.notices_beep, Some(beep));
        let step = &scenario.step[0];
        assert_eq!((step.args.units, step.at_min), (None, Some(Number::Fixed(5.0))));
        assert_eq!(scenario.horizon_h.map(Spanned::into_inner), Some(28.0));
    }

    #[test]
    fn without_a_study_nothing_changes() {
        let scenario = varied("").expect("it fits");
        assert_eq!(scenario.step[0].args.units, Some(Number::Fixed(10.0)));
    }

    #[test]
    fn a_study_of_what_is_not_there() {
        let errors = varied("[study.step.bolos]\nat_min = 1\n[study.link.fr]\nloss = 0\n");
        let errors = errors.expect_err("refused");
        let said: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "`[study]` varies link `fr`, which is not there",
                "`[study]` varies step `bolos`, which is not there"
            ]
        );
        let text = format!("{BASE}[study.step.bolos]\nat_min = 1\n");
        let alone = varied("[study.step.bolos]\nat_min = 1\n").expect_err("refused");
        assert_eq!(&text[alone[0].at.clone().expect("a place")], "bolos");
        assert_eq!(alone[0].help.as_deref(), Some("the scenario has: bolus"));
    }

    #[test]
    fn a_key_that_a_study_does_not_have() {
        let text = format!("{BASE}[study.step.bolus]\nverb = \"suspend\"\n");
        let error = Scenario::parse(&text).expect_err("refused");
        assert!(error.message.starts_with("unknown field `verb`"), "{}", error.message);
        assert_eq!(&text[error.at.expect("a place")], "verb");
    }
}
