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

use crate::device::Value;

mod network;
mod number;
mod replicate;
mod study;

pub use network::{Conduit, Failure, Service, Switch};
pub use number::{Distribution, Number};
pub use replicate::Replicate;
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
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
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

/// A device.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its model.
    #[schemars(with = "String")]
    pub model: Spanned<String>,
    /// Whom it is worn by.
    #[schemars(with = "Option<String>")]
    pub patient: Option<Spanned<String>>,
    /// The product's own settings and flaws, equal in all arms.
    #[serde(default)]
    pub config: BTreeMap<String, Value>,
    /// Which device plays which of its model's peers, where the name differs.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub peers: BTreeMap<String, Spanned<String>>,
    /// Insulin at the start [U].
    pub reservoir_u: Option<f64>,
    /// What was prescribed for it, where a patient has several pumps: in the place of the patient's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, f64>")]
    pub prescription: BTreeMap<Spanned<String>, f64>,
    /// When its line is occluded: from, until [min].
    pub occluded_min: Option<[f64; 2]>,
    /// Of an infusion pump: when the tube from its reservoir is occluded: from, until [min].
    pub upstream_occluded_min: Option<[f64; 2]>,
    /// Of an infusion pump: when its door is open: from, until [min].
    pub door_open_min: Option<[f64; 2]>,
    /// Of an infusion pump: when something heats it: from, until [min].
    pub heated_min: Option<[f64; 2]>,
    /// Of an infusion pump: a second bag that somebody hangs above the first.
    pub second_bag: Option<SecondBag>,
    /// Error model of its sensor: `vettoretti`, `breton`, `none`.
    #[schemars(with = "Option<String>")]
    pub sensor_error: Option<Spanned<String>>,
    /// It is too old to protect a frame: it sends in clear, whatever the pack says.
    #[serde(default)]
    pub sends_clear: bool,
    /// The service `ntp` that sets its clock. Without one it has the right time.
    #[schemars(with = "Option<String>")]
    pub time_from: Option<Spanned<String>>,
    /// When it has no power: from, until [min].
    pub power_lost_min: Option<[f64; 2]>,
    /// The version of the firmware that it runs at the start.
    pub firmware_version: Option<u32>,
    /// How many firmware slots it has, if an update processor holds them: 1 or 2; 2 if left out.
    #[schemars(with = "Option<u8>")]
    pub slots: Option<Spanned<u8>>,
    /// Of an update processor: the device of the same patient whose spare slot it holds.
    #[schemars(with = "Option<String>")]
    pub updates: Option<Spanned<String>>,
    /// Of an update server: the image that it holds.
    #[schemars(with = "Option<String>")]
    pub firmware: Option<Spanned<String>>,
    /// What the names of a bed's own devices begin with, if a rule made this one.
    #[serde(skip)]
    pub within: Option<String>,
}

/// A second bag, of a fluid without the drug, that hangs above the first and so runs before it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondBag {
    /// When it is hung there, from the start [min].
    pub at_min: f64,
    /// What it holds [mL].
    pub ml: f64,
}

/// Somebody who may log in. A device that is named by none takes its keys from anybody.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// At which devices.
    #[schemars(with = "Vec<String>")]
    pub devices: Vec<Spanned<String>>,
    /// `wearer`, `clinician`, `service`.
    #[schemars(with = "String")]
    pub role: Spanned<String>,
    /// What they type: 4 to 64 letters, digits or signs.
    #[schemars(with = "String")]
    pub secret: Spanned<String>,
    /// It is the one that the device came with, printed in its manual.
    #[serde(default)]
    pub published: bool,
    /// Many have the same.
    #[serde(default)]
    pub shared: bool,
    /// Of service: when they were asked to come.
    #[serde(default)]
    pub visits: Vec<Visit>,
}

/// A visit of service that somebody ordered.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// When, from the start [h].
    pub at_h: f64,
    /// For how long [min].
    pub for_min: f64,
}

/// Nurses of a ward; what is left out is as in `people`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// How many are on duty by day.
    #[schemars(with = "u16")]
    pub nurses: Spanned<u16>,
    /// How many at night, from 21 to 7 h; as by day, if left out.
    #[schemars(with = "Option<u16>")]
    pub nurses_at_night: Option<Spanned<u16>>,
    /// The patients whom they look after; all, if left out.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub beds: Vec<Spanned<String>>,
    /// From an alarm of high priority to somebody at the bed [s].
    pub response_high_s: Option<Number>,
    /// The same of medium priority [s].
    pub response_medium_s: Option<Number>,
    /// The same of low priority [s].
    pub response_low_s: Option<Number>,
    /// Of that, the way to the bed [s].
    pub walk_s: Option<Number>,
    /// How long they are at the bed of who is well [s].
    pub handle_s: Option<Number>,
    /// Probability that an alarm at a bed is heard outside of its room.
    pub hears_bedside: Option<f64>,
    /// So many false alarms in a shift, and 63 % of those below high priority are ignored.
    pub fatigue_alarms: Option<f64>,
}

/// A firmware image that somebody may send.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Firmware {
    /// The component in it: a model of the library, or an adversary's.
    #[schemars(with = "String")]
    pub component: Spanned<String>,
    /// What it is newer than.
    pub version: u32,
    /// `vendor` (or who stole that key), `stranger`, `nobody`; `vendor` if left out.
    #[schemars(with = "Option<String>")]
    pub signed_by: Option<Spanned<String>>,
    /// Another image whose head, signature and all, lies in front of the component in place of its own.
    #[schemars(with = "Option<String>")]
    pub head_of: Option<Spanned<String>>,
    /// How many of its bytes arrive, if not all do.
    pub arriving_bytes: Option<usize>,
    /// What this version does otherwise than the device's config says.
    #[serde(default)]
    pub config: BTreeMap<String, Value>,
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

/// An adversary.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adversary {
    /// `adjacent-radio`, `physical`, `insider`, `supply-chain`, `hospital-network`, `internet`: who
    /// is not near has no radio, and only the middle three put components in a device's place.
    #[schemars(with = "String")]
    pub position: Spanned<String>,
    /// Devices that they hold from the start, and whose keys they use.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub foothold: Vec<Spanned<String>>,
    /// Links in reach.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub links: Vec<Spanned<String>>,
    /// Of whoever is on a network: the link on which their port is. Other links they reach by what joins
    /// them; without it they have a port on each of `links`.
    #[schemars(with = "Option<String>")]
    pub segment: Option<Spanned<String>>,
    /// Distance to the links' members [m].
    pub distance_m: Option<Number>,
    /// What they know: `pump.serial`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub knows: Vec<Spanned<String>>,
}

/// A catalogue id, with its ATT&CK version.
#[derive(Clone, Debug, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Technique {
    /// Such as `T1692.001`.
    pub id: String,
    /// ATT&CK version.
    pub attack: String,
    /// Its id before that version.
    pub was: Option<String>,
}

/// One step of an attack.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// Whose.
    #[schemars(with = "String")]
    pub by: Spanned<String>,
    /// `listen`, `crack`, `inject`, `replay`, `drop`, `jam`, `delay`, `alter`, `use-credential`, `press`, `install`, `flash`,
    /// `log-in`, `break-glass`, `read-storage`, `write-storage`, `cut-power`, `flood`,
    /// `spoof-time`.
    #[serde(rename = "do")]
    #[schemars(with = "String")]
    pub act: Spanned<String>,
    /// On which link.
    #[schemars(with = "Option<String>")]
    pub on: Option<Spanned<String>>,
    /// To which device.
    #[schemars(with = "Option<String>")]
    pub to: Option<Spanned<String>>,
    /// In whose name; for `listen`, whose frames to `to` to record: without it, listening is for the
    /// serial number of `to`, or any; for `crack`, with whom `to` has the session.
    #[serde(rename = "from")]
    #[schemars(with = "Option<String>")]
    pub sender: Option<Spanned<String>>,
    /// Which command; of `replay`, the one that the recorded frame begins with.
    #[schemars(with = "Option<String>")]
    pub verb: Option<Spanned<String>>,
    /// With what arguments.
    #[serde(default)]
    pub args: Args,
    /// For `press`: which key of the device.
    #[schemars(with = "Option<String>")]
    pub key: Option<Spanned<String>>,
    /// Which component to install.
    #[schemars(with = "Option<String>")]
    pub artefact: Option<Spanned<String>>,
    /// For `flash`: which image to send; for `install`, which to put by hand into a slot, or into what
    /// an update server holds.
    #[schemars(with = "Option<String>")]
    pub firmware: Option<Spanned<String>>,
    /// For `log-in`: as whom.
    #[schemars(with = "Option<String>")]
    pub account: Option<Spanned<String>>,
    /// For `log-in`: `known` (printed, shared or seen) or `guessed`, at each try the next of the
    /// secrets that people choose most; `known` if it is left out.
    #[schemars(with = "Option<String>")]
    pub secret: Option<Spanned<String>>,
    /// For `log-in`: how old the one-time code is that they got from its owner [s]; they have none, if
    /// it is left out.
    pub code_age_s: Option<f64>,
    /// For `write-storage`: which record of the device to write over.
    #[schemars(with = "Option<String>")]
    pub record: Option<Spanned<String>>,
    /// For `write-storage`: what the record says then; for `inject`: what is sent, in place of a command
    /// of the radio.
    #[schemars(with = "Option<String>")]
    pub text: Option<Spanned<String>>,
    /// For `inject`: the bytes that are sent, in hexadecimal, in place of a text.
    #[schemars(with = "Option<String>")]
    pub hex: Option<Spanned<String>>,
    /// For `use-credential`: the device whose link keys were stolen.
    #[schemars(with = "Option<String>")]
    pub credential: Option<Spanned<String>>,
    /// When, from the start [min].
    pub at_min: Option<Number>,
    /// After which other step.
    #[schemars(with = "Option<String>")]
    pub after: Option<Spanned<String>>,
    /// Only if that one `succeeded` or `failed`.
    #[serde(rename = "if")]
    #[schemars(with = "Option<String>")]
    pub only_if: Option<Spanned<String>>,
    /// How long after [min].
    pub delay_min: Option<Number>,
    /// How long it lasts, for what stands in the path, a cut of power and a flood; for `listen`, after what time it has failed
    /// [min].
    pub for_min: Option<f64>,
    /// By how much frames are delayed, or the time of a server is moved [s].
    pub by_s: Option<f64>,
    /// For `crack`: how many keys are tried in a second; 300 if left out.
    pub tries_per_s: Option<f64>,
    /// For `flood`: how many frames in a second; 100 if left out.
    pub rate_per_s: Option<f64>,
    /// For `flood`: how long a frame is [bytes]; 1000 if left out.
    pub bytes: Option<u32>,
    /// For `inject`: send without any protection of the link, as a peer that knows none.
    #[serde(default)]
    pub strip: bool,
    /// Which byte is altered, and the mask it is changed by.
    pub byte: Option<[u8; 2]>,
    /// How often.
    pub repeat: Option<Repeat>,
    /// What the catalogue calls it.
    pub technique: Option<Technique>,
    /// Its name in the file, if it is one of many that a `*` made.
    #[serde(skip)]
    pub written: Option<String>,
}

/// The arguments of a command. What is drawn is drawn once for all repeats.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// A dose, or a limit of doses [U].
    pub units: Option<Number>,
    /// A dose as a share of what the target's wearer takes in a day. The same units are nothing to
    /// an adult and an overdose to a child, whose pump would refuse them.
    pub daily_dose_share: Option<Number>,
    /// A basal rate [U/h].
    pub rate_u_per_h: Option<Number>,
    /// For how long [min].
    pub minutes: Option<Number>,
    /// Carbohydrate that is keyed in, and perhaps never eaten [g].
    pub carbs_g: Option<Number>,
    /// The number of an implant's parameter.
    pub parameter: Option<Number>,
    /// What it is to be, or a rate that is tested, in its own unit.
    pub value: Option<Number>,
}

/// How often.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How many times in all.
    pub times: u32,
    /// How far apart [min].
    pub every_min: Number,
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
    /// When `text` is not TOML, or has a key or a value that a scenario does not have.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        toml::from_str(text).map_err(|error| ScenarioError {
            message: error.message().lines().next().unwrap_or("not a scenario").to_owned(),
            at: error.span(),
            help: help(error.message()),
        })
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
