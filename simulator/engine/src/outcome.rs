//! What a run means: measured from the trace alone, entry by entry, so that a study keeps none.
//!
//! [`Measure`] is a [`Sink`](crate::trace::Sink). [`Measure::finish`] gives the [`Outcome`] of one arm; [`compare`] adds
//! what needs two arms of the same trial. Metric ids and definitions are listed by [`METRICS`].

use std::collections::{BTreeMap, BTreeSet};

use medtwin_policy::{IntentTable, RequestId};

use crate::patient::heart::strip::Strip;
use crate::rules::Capability;
use crate::trace::Name;

mod alarms;
mod breathing;
mod cardiac;
mod catalogue;
mod clocks;
mod compare;
mod decisions;
mod denied;
mod firmware;
mod harm;
mod logins;
mod many;
mod measure;
mod memory;
mod moments;
mod network;
mod screens;
mod strips;
mod trends;

pub use catalogue::{METRICS, MetricSpec, Whose, metrics_page};
pub use compare::compare;
pub use decisions::{Decision, Decisions};
pub use harm::harm_models;
pub use many::Together;
pub use measure::{Keep, Measure};
pub use trends::Points;

/// What one arm came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// By id.
    pub metrics: BTreeMap<String, f64>,
    /// What has no value, and why.
    pub undefined: BTreeMap<String, &'static str>,
    /// How long the run lasted [min].
    pub horizon_min: f64,
    /// How each step fared.
    pub steps: Vec<StepOutcome>,
    /// What devices used of what they may do, where that was asked for.
    pub used: BTreeSet<Capability>,
    /// Devices that broke off.
    pub faults: Vec<FaultOutcome>,
    /// Decisions to permit and to deny.
    pub permits: u64,
    /// See `permits`.
    pub denials: u64,
    /// Delivered insulin by patient and minute [U].
    pub insulin: BTreeMap<String, Vec<f64>>,
    /// True glucose by patient and minute [mg/dL].
    pub glucose: BTreeMap<String, Vec<f64>>,
    /// Other vital signs by patient and name, as a report draws them.
    pub vitals: BTreeMap<String, BTreeMap<String, Points>>,
    /// Events of hearts by patient, as a report draws a strip of them.
    pub strips: BTreeMap<String, Strip>,
    /// When a device first did what the intent denies or the adversary's component took its place,
    /// and when last [min].
    pub effect_min: Option<(f64, f64)>,
    /// Things to mark on a timeline.
    pub marks: Vec<Mark>,
    /// What a device showed, by `device/field`: minute and value.
    pub shown: BTreeMap<String, Vec<(f64, f64)>>,
}

/// How one step of the attack fared.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct StepOutcome {
    /// Its name.
    pub id: String,
    /// How often it was tried.
    pub attempts: u64,
    /// How often the mechanism let it.
    pub succeeded: u64,
    /// Frames of others that it dropped or delayed; of a flood, its own that got onto a link.
    pub frames: u64,
    /// The rules that stopped it.
    pub stopped_by: BTreeSet<u16>,
    /// Why it was not stopped by a rule and yet did not succeed.
    pub notes: BTreeSet<String>,
}

/// How one device broke off.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct FaultOutcome {
    /// Its name.
    pub device: String,
    /// How often, by the word of the fault; an interface that it was not lent stands behind it.
    pub faults: BTreeMap<String, u64>,
    /// How long it was down [min].
    pub down_min: f64,
}

/// Something to mark on a timeline.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Mark {
    /// When [min].
    pub at_min: f64,
    /// `attack`, `act`, `fault` or `alarm`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

/// The intent, with the numbers of its questions.
pub struct Intent {
    /// What it says.
    pub table: IntentTable,
    /// By device, verb and channel.
    pub requests: BTreeMap<(Name, Name, Name), RequestId>,
}

fn ratio(out: &mut Outcome, id: &str, part: f64, whole: f64, why: &'static str) {
    if whole > 0.0 {
        out.metrics.insert(id.to_owned(), part / whole);
    } else {
        out.undefined.insert(id.to_owned(), why);
    }
}
