//! Adversaries and what they do.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::Number;

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
