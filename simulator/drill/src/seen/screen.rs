//! A device's display.

use std::collections::BTreeMap;

use medtwin_engine::plan::DeviceSetup;
use serde::Serialize;

/// Whether a device runs, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Power {
    /// It runs.
    On,
    /// Its display is dark.
    Off,
    /// It says that it has failed.
    Failed,
}

/// What a device shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Screen {
    pub(crate) device: String,
    pub(crate) model: String,
    pub(crate) power: Power,
    /// By field; none until it was shown.
    pub(crate) fields: BTreeMap<String, Option<f64>>,
}

impl Screen {
    pub(crate) fn of(device: &DeviceSetup) -> Self {
        let field = |field: &String| (field.clone(), at_start(field));
        Self {
            device: device.text.clone(),
            model: device.manifest.name.clone(),
            power: Power::On,
            fields: device.manifest.fields.iter().map(field).collect(),
        }
    }

    /// Another device of the same kind, just switched on.
    pub(crate) fn renew(&mut self) {
        self.power = Power::On;
        self.fields.iter_mut().for_each(|(field, value)| *value = at_start(field));
    }

    pub(crate) fn show(&mut self, field: &str, value: f64) {
        if let Some(shown) = self.fields.get_mut(field) {
            *shown = Some(value);
        }
    }

    /// The value of a field, if the display is on and shows it.
    pub(crate) fn value(&self, field: &str) -> Option<f64> {
        self.fields.get(field).copied().flatten().filter(|_| self.power == Power::On)
    }
}

/// Counters and states show 0 before anything was; a measured value shows nothing.
fn at_start(field: &str) -> Option<f64> {
    matches!(field, "state" | "insulin-on-board").then_some(0.0)
}
