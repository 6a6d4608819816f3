//! What a device model says of itself: its ports, peers, keys and verbs, by name.
//!
//! A component asks for a port by its index in these lists; people and policies use the names. A
//! component put in a device's place keeps the device's manifest: the hardware does not change.

use serde::Deserialize;
use std::collections::BTreeMap;

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
    /// Measured values.
    pub sensors: Vec<String>,
    /// What reaches the patient.
    pub actuators: Vec<String>,
    /// Who it exchanges frames with, by role.
    pub peers: Vec<String>,
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
    /// What a key orders: keys that are not here order no command.
    #[serde(default)]
    pub orders: BTreeMap<String, Ordered>,
    /// The actuator that a verb may set beyond the running prescription.
    #[serde(default)]
    pub sets: BTreeMap<String, String>,
    /// What its actuators do when it has failed.
    pub fail_safe: BTreeMap<String, f64>,
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

impl Manifest {
    /// Reads a `model.toml`.
    ///
    /// # Errors
    /// What the TOML reader says, with its place.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}
