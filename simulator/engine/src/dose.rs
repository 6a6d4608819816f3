//! How much: the envelope's limits on one device's actuators, resolved for its patient.
//!
//! A range binds one port. A dose limit binds what several ports deliver within a sliding window:
//! what the hardware delivered, what it still has to deliver, and what is asked for now may not
//! pass the limit and its credits. The credit `carbs` is what a person at the panel keyed in:
//! carbohydrate [g] over the prescribed carbohydrate ratio [g/U], and bolus units [U]. A
//! remote or a guest cannot earn it.

use std::collections::{BTreeMap, VecDeque};

use medtwin_policy::{Amount, LimitKind, ModelEnvelope};

use crate::manifest::Manifest;
use crate::time::MINUTE;

/// What a clinician prescribed for a patient, by key: `basal_u_per_h`, `max_bolus_u`, …
pub type Prescription = BTreeMap<String, f64>;

/// Rounding slack of a dose [U]: a tenth of the smallest pulse.
const SLACK_U: f64 = 0.005;

struct Range {
    limit: usize,
    port: usize,
    min: f64,
    max: f64,
    step: Option<f64>,
}

struct Dose {
    limit: usize,
    ports: Vec<usize>,
    window_ns: u64,
    max_u: f64,
    carbs: bool,
}

/// The limits of one device, and what was delivered so far.
#[derive(Default)]
pub(crate) struct DoseLimits {
    ranges: Vec<Range>,
    doses: Vec<Dose>,
    prescribed: Vec<f64>,
    delivered: VecDeque<(u64, f64)>,
    credits: VecDeque<(u64, f64)>,
    /// Units that the hardware was told to deliver and has not.
    pub(crate) pending_u: f64,
    longest_ns: u64,
}

impl DoseLimits {
    pub(crate) fn new(
        envelope: &ModelEnvelope,
        manifest: &Manifest,
        prescription: &Prescription,
    ) -> Self {
        let port = |name: &String| manifest.actuators.iter().position(|a| a == name);
        let amount = |amount: &Amount| match amount {
            Amount::Number(number) => *number,
            Amount::Prescription { key, factor } => {
                prescription.get(key).map_or(0.0, |value| value * factor)
            }
        };
        let mut limits = Self::default();
        for (limit, l) in envelope.limits.iter().enumerate() {
            match &l.kind {
                LimitKind::Range { port: name, min, max, step } => {
                    let Some(port) = port(name) else { continue };
                    let min = min.as_ref().map_or(0.0, amount);
                    let max = max.as_ref().map_or(f64::INFINITY, amount);
                    limits.ranges.push(Range { limit, port, min, max, step: *step });
                }
                LimitKind::Dose { ports, window_min, max, credit } => limits.doses.push(Dose {
                    limit,
                    ports: ports.iter().filter_map(port).collect(),
                    window_ns: (window_min * MINUTE as f64) as u64,
                    max_u: amount(max),
                    carbs: credit.iter().any(|c| c == "carbs"),
                }),
            }
        }
        limits.longest_ns = limits.doses.iter().map(|d| d.window_ns).max().unwrap_or(0);
        limits.prescribed =
            manifest
                .actuators
                .iter()
                .map(|name| {
                    if name == "basal" { prescription.get("basal_u_per_h").copied() } else { None }
                })
                .map(Option::unwrap_or_default)
                .collect();
        limits
    }

    /// Whether setting `port` to `value` stays within the running prescription.
    pub(crate) fn is_prescribed(&self, port: usize, value: f64) -> bool {
        self.prescribed.get(port).is_some_and(|&most| (0.0..=most + 1e-9).contains(&value))
    }

    /// Whether `value` may be set now; else the limit that it passes, if it is one's.
    pub(crate) fn check(&self, now: u64, port: usize, value: f64) -> Result<(), Option<usize>> {
        if !value.is_finite() || value < 0.0 {
            return Err(None);
        }
        for range in self.ranges.iter().filter(|r| r.port == port) {
            let stepped = range.step.is_none_or(|step| {
                let steps = value / step;
                (steps - steps.round()).abs() < 1e-6
            });
            if value < range.min || value > range.max + 1e-9 || !stepped {
                return Err(Some(range.limit));
            }
        }
        if self.is_prescribed(port, value) {
            return Ok(());
        }
        for dose in self.doses.iter().filter(|d| d.ports.contains(&port)) {
            let since = now.saturating_sub(dose.window_ns);
            let sum = |list: &VecDeque<(u64, f64)>| -> f64 {
                list.iter().filter(|(at, _)| *at >= since).map(|(_, u)| u).sum()
            };
            let credit = if dose.carbs { sum(&self.credits) } else { 0.0 };
            let asked = sum(&self.delivered) + self.pending_u + value;
            if asked > dose.max_u + credit + SLACK_U {
                return Err(Some(dose.limit));
            }
        }
        Ok(())
    }

    /// Writes down what the hardware delivered [U].
    pub(crate) fn deliver(&mut self, now: u64, units: f64) {
        if self.longest_ns == 0 || units <= 0.0 {
            return;
        }
        self.delivered.push_back((now, units));
        let since = now.saturating_sub(self.longest_ns);
        while self.delivered.front().is_some_and(|(at, _)| *at < since) {
            self.delivered.pop_front();
        }
        while self.credits.front().is_some_and(|(at, _)| *at < since) {
            self.credits.pop_front();
        }
    }

    /// A person at the panel keyed in what is worth `units` [U].
    pub(crate) fn credit(&mut self, now: u64, units: f64) {
        if self.longest_ns > 0 && units.is_finite() && units > 0.0 {
            self.credits.push_back((now, units));
        }
    }
}
