//! Patients: who they are, what they do, what happens to them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::Number;

/// A patient.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    /// The patient model.
    #[schemars(with = "String")]
    pub model: Spanned<String>,
    /// One of its patients.
    #[schemars(with = "Option<String>")]
    pub id: Option<Spanned<String>>,
    /// Or one drawn in each trial.
    pub population: Option<Population>,
    /// What was prescribed, where it differs from what follows from the patient.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, f64>")]
    pub prescription: BTreeMap<Spanned<String>, f64>,
    /// Of the model `course`: their vital signs by time.
    #[serde(default)]
    pub course: Vec<Point>,
    /// Of it: whether care brings them back to their first signs; it does, if left out.
    pub recovers: Option<bool>,
    /// Of `course` and `opioid-respiration`: how often the finger with the clip moves [1/h].
    pub motion_per_h: Option<f64>,
    /// Of them: how often the electrodes, and the clip, come off [1/h].
    pub loose_per_h: Option<f64>,
    /// What they eat.
    #[serde(default)]
    pub meals: Vec<Meal>,
    /// What they notice and do.
    #[serde(default)]
    pub wearer: Wearer,
    /// Of a heart: what differs from its preset, and what happens to it.
    pub heart: Option<HeartOf>,
    /// Of `opioid-respiration`: pain before relief, 0 to 10; as the patient has it, if left out.
    #[schemars(with = "Option<f64>")]
    pub pain: Option<Spanned<f64>>,
    /// Of `opioid-respiration`: what clinicians key in at devices of the bed.
    #[serde(default)]
    pub orders: Vec<Keyed>,
}

/// What a heart is made of besides its preset; times in ms or, of what happens, in min from the start.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named as in models.md 2.1, with units")]
pub struct HeartOf {
    pub sinus_ms: Option<u32>,
    pub first_sinus_ms: Option<u32>,
    /// Whether its cycle follows the breath.
    pub varies: Option<bool>,
    pub a_erp_ms: Option<u32>,
    pub av_erp_ms: Option<u32>,
    pub av_least_ms: Option<u32>,
    pub av_slowing_ms: Option<f64>,
    pub av_recovery_ms: Option<f64>,
    /// `normal`, `second`, `third`.
    #[schemars(with = "Option<String>")]
    pub conduction: Option<Spanned<String>>,
    /// Of `second`: each so-manieth impulse is dropped.
    pub drops_every: Option<u32>,
    pub retrograde_ms: Option<u32>,
    pub v_erp_ms: Option<u32>,
    pub v_vulnerable_ms: Option<u32>,
    /// 0: none.
    pub junction_ms: Option<u32>,
    /// 0: none.
    pub escape_ms: Option<u32>,
    /// Probability that an early stimulus starts VF.
    pub p_fibrillation: Option<f64>,
    pub fibrillation_ms: Option<u32>,
    pub fibrillation_jitter_ms: Option<u32>,
    /// Premature ventricular beats, from the start [ms].
    #[serde(default)]
    pub premature_ms: Vec<u32>,
    /// How much higher than usual the threshold of capture is.
    pub threshold_factor: Option<f64>,
    /// Impedance of the lead [ohm].
    pub lead_ohm: Option<f64>,
    /// Share of the implant's battery that is used up.
    pub battery_used: Option<f64>,
    /// When a magnet lies over the implant.
    pub magnet_min: Option<[f64; 2]>,
    /// When they exercise.
    pub exercise_min: Option<[f64; 2]>,
    /// When VT begins.
    #[serde(default)]
    pub vt_at_min: Vec<f64>,
    /// When VF begins.
    #[serde(default)]
    pub vf_at_min: Vec<f64>,
    /// How long after VF began somebody shocks them from outside.
    pub rescued_after_min: Option<f64>,
}

/// A key that a clinician presses.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keyed {
    /// When, from the start [min].
    pub at_min: Option<Number>,
    /// Or so long after the key before it [s].
    pub after_s: Option<f64>,
    /// At which device.
    #[schemars(with = "String")]
    pub device: Spanned<String>,
    /// Which key.
    #[schemars(with = "String")]
    pub key: Spanned<String>,
    /// What is keyed in; 1 if it is left out.
    #[serde(default = "one")]
    pub value: f64,
}

const fn one() -> f64 {
    1.0
}

/// Vital signs at a time, between which they change evenly; those of a well adult where one is left out.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// When, from the start [min].
    pub at_min: f64,
    /// [1/min]
    pub heart_rate: Option<f64>,
    /// [%]
    pub spo2: Option<f64>,
    /// [1/min]
    pub resp_rate: Option<f64>,
    /// [mmHg]
    pub etco2: Option<f64>,
    /// [mmHg]
    pub map: Option<f64>,
}

/// Whom to draw.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// `adult`, `adolescent`, `child`; all if left out.
    #[schemars(with = "Option<String>")]
    pub group: Option<Spanned<String>>,
}

/// A meal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meal {
    /// When, from the start [h].
    pub at_h: Number,
    /// How much [g].
    pub carbs_g: Option<Number>,
    /// Or how much by body weight [g/kg].
    pub carbs_g_per_kg: Option<Number>,
    /// `remote`, `panel` or `none`.
    #[serde(default = "panel")]
    #[schemars(with = "String")]
    pub dose: Spanned<String>,
}

fn panel() -> Spanned<String> {
    Spanned::new(0..0, "panel".to_owned())
}

/// What a wearer notices and does; what is left out is as in `people`. What is drawn is drawn once
/// for a trial: it is what this wearer is like.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wearer {
    /// Probability of noticing a beep that they did not cause.
    pub notices_beep: Option<Number>,
    /// Probability of noticing a device's warning of low glucose.
    pub notices_alarm: Option<Number>,
    /// How long noticing takes [min].
    pub notice_delay_min: Option<Number>,
    /// Probability of feeling a low.
    pub feels_low: Option<Number>,
    /// After what time a suspended pump is resumed [min].
    pub resume_after_min: Option<f64>,
    /// Probability that somebody helps once they are unconscious.
    pub companion: Option<Number>,
    /// At which hour of the day they read what the pump logged [h]; never, if left out.
    pub reads_log_h: Option<f64>,
    /// Asleep from this hour of the day to that [h]; 24.5 is half past midnight.
    pub asleep_h: Option<[Number; 2]>,
}
