//! Devices: what they are, how they are set up, who may log in at them, what may be put into them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::device::Value;

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
