//! How much: the envelope's limits on one device's actuators, resolved for its patient.
//!
//! A range binds one port. A dose limit binds what several ports deliver within a sliding window:
//! what the hardware delivered, what it still has to deliver, and what is asked for now may not
//! pass the limit and its credits. The credit `carbs` is what a person at the panel keyed in:
//! carbohydrate [g] over the prescribed carbohydrate ratio [g/U]. A remote or a guest cannot earn
//! it; whoever is at the panel can, eaten or not.

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

/// Amounts over time, asked each second for what came since when.
#[derive(Default)]
struct Ledger {
    /// When each came, and what had come before it.
    entries: VecDeque<(u64, f64)>,
    all: f64,
}

impl Ledger {
    fn add(&mut self, at: u64, amount: f64) {
        self.entries.push_back((at, self.all));
        self.all += amount;
    }

    /// What came at `since` or later.
    fn since(&self, since: u64) -> f64 {
        let first = self.entries.partition_point(|(at, _)| *at < since);
        self.entries.get(first).map_or(0.0, |(_, before)| self.all - before)
    }

    /// Nobody will ask for what came before `since`.
    fn forget(&mut self, since: u64) {
        while self.entries.front().is_some_and(|(at, _)| *at < since) {
            self.entries.pop_front();
        }
    }
}

/// The limits of one device, and what was delivered so far.
#[derive(Default)]
pub(crate) struct DoseLimits {
    ranges: Vec<Range>,
    doses: Vec<Dose>,
    prescribed: Vec<f64>,
    /// Ports whose value adds to what is still to be delivered.
    adding: Vec<bool>,
    /// Ports that are a flow: what they deliver counts when it was delivered.
    flowing: Vec<bool>,
    delivered: Ledger,
    credits: Ledger,
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
        limits.prescribed = manifest
            .actuators
            .iter()
            .map(|name| {
                // Of a port that delivers by itself, a prescription may say the most.
                let key = match name.as_str() {
                    "basal" => "basal_u_per_h",
                    "flow" => "flow_ml_per_h",
                    other => other,
                };
                prescription.get(key).copied()
            })
            .map(Option::unwrap_or_default)
            .collect();
        limits.flowing = manifest.actuators.iter().map(|name| name == "flow").collect();
        limits.adding = manifest.actuators.iter().map(|name| name == "bolus").collect();
        limits
    }

    /// What `port` [U/h] may run at without a limit.
    pub(crate) fn prescribed(&self, port: usize) -> f64 {
        self.prescribed.get(port).copied().unwrap_or(0.0)
    }

    /// Whether `port` is a flow, which goes on until it is set again.
    pub(crate) fn is_flow(&self, port: usize) -> bool {
        self.flowing.get(port) == Some(&true)
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
        let mut doses = self.doses.iter().filter(|dose| dose.ports.contains(&port));
        let asked = if self.is_flow(port) { 0.0 } else { value };
        match doses.find(|dose| self.left_u(dose, now) < self.pending_u + asked) {
            Some(dose) => Err(Some(dose.limit)),
            None => Ok(()),
        }
    }

    /// What may still be delivered within the window that ends now [U]. Before the run, the
    /// prescribed basal rate was delivered.
    fn left_u(&self, dose: &Dose, now: u64) -> f64 {
        let since = now.saturating_sub(dose.window_ns);
        let credit = if dose.carbs { self.credits.since(since) } else { 0.0 };
        let before_h = dose.window_ns.saturating_sub(now) as f64 / (60.0 * MINUTE as f64);
        let rates = dose.ports.iter().map(|&port| self.prescribed(port));
        let before = before_h * rates.sum::<f64>();
        dose.max_u + credit + SLACK_U - before - self.delivered.since(since)
    }

    /// The limit that what `port` delivered so far has used up, if it is one's: a rate that was
    /// within it when it was set must not run on for ever.
    pub(crate) fn used_up(&self, now: u64, port: usize) -> Option<usize> {
        let mut doses = self.doses.iter().filter(|dose| dose.ports.contains(&port));
        doses.find(|dose| self.left_u(dose, now) <= 0.0).map(|dose| dose.limit)
    }

    /// `port` was set: what it adds counts from now on, not only when the hardware has it, so that
    /// a device that asks twice within one event is asked for both.
    pub(crate) fn asked(&mut self, port: usize, value: f64) {
        if self.adding.get(port) == Some(&true) {
            self.pending_u = if value > 0.0 { self.pending_u + value } else { 0.0 };
        }
    }

    /// Writes down what the hardware delivered [U].
    pub(crate) fn deliver(&mut self, now: u64, units: f64) {
        if self.longest_ns == 0 || units <= 0.0 {
            return;
        }
        self.delivered.add(now, units);
        let since = now.saturating_sub(self.longest_ns);
        self.delivered.forget(since);
        self.credits.forget(since);
    }

    /// A person at the panel keyed in what is worth `units` [U].
    pub(crate) fn credit(&mut self, now: u64, units: f64) {
        if self.longest_ns > 0 && units.is_finite() && units > 0.0 {
            self.credits.add(now, units);
        }
    }
}

#[cfg(test)]
mod tests {
    use medtwin_policy::Limit;

    use super::*;

    const BASAL: usize = 0;
    const BOLUS: usize = 1;

    fn limit(kind: LimitKind) -> Limit {
        Limit { id: String::new(), reason: String::new(), control: None, kind }
    }

    /// A pump prescribed 1 U/h: basal at most 2 U/h in steps of 0.5, and 6 U in three hours.
    fn pump() -> DoseLimits {
        let range = LimitKind::Range {
            port: "basal".to_owned(),
            min: None,
            max: Some(Amount::Prescription { key: "basal_u_per_h".to_owned(), factor: 2.0 }),
            step: Some(0.5),
        };
        let dose = LimitKind::Dose {
            ports: vec!["basal".to_owned(), "bolus".to_owned()],
            window_min: 180.0,
            max: Amount::Number(6.0),
            credit: vec!["carbs".to_owned()],
        };
        let limits = vec![limit(range), limit(dose)];
        let envelope = ModelEnvelope { limits, ..ModelEnvelope::default() };
        let text = "name = 'p'\nsummary = ''\nsupplier = ''\nsensors = []\n\
            actuators = ['basal', 'bolus']\npeers = []\nalarms = []\nfields = []\ninputs = []\n\
            keys = []\nverbs = []\nconfig = []\nfail_safe = {}\n";
        let manifest = Manifest::parse(text).expect("a manifest");
        let prescription = [("basal_u_per_h".to_owned(), 1.0)].into();
        DoseLimits::new(&envelope, &manifest, &prescription)
    }

    #[test]
    fn a_range_is_met_exactly_and_not_passed_by_a_step() {
        let pump = pump();
        assert_eq!(pump.check(LATER, BASAL, 2.0), Ok(()));
        assert_eq!(pump.check(LATER, BASAL, 2.5), Err(Some(0)));
        assert_eq!(pump.check(LATER, BASAL, 1.75), Err(Some(0)), "between two steps");
        for no_rate in [f64::NAN, f64::INFINITY, -0.5] {
            assert_eq!(pump.check(LATER, BASAL, no_rate), Err(None), "{no_rate}");
        }
    }

    /// When what was delivered before the run counts no more.
    const LATER: u64 = 180 * MINUTE;

    #[test]
    fn a_dose_is_met_exactly_and_not_passed() {
        let mut pump = pump();
        pump.deliver(LATER, 4.0);
        assert_eq!(pump.check(LATER + MINUTE, BOLUS, 2.0), Ok(()));
        assert_eq!(pump.check(LATER + MINUTE, BOLUS, 2.05), Err(Some(1)));
    }

    #[test]
    fn before_the_run_the_prescribed_rate_was_delivered() {
        let pump = pump();
        assert_eq!(pump.check(0, BOLUS, 3.0), Ok(()));
        assert_eq!(pump.check(0, BOLUS, 3.05), Err(Some(1)));
        assert_eq!(pump.check(60 * MINUTE, BOLUS, 4.0), Ok(()));
    }

    #[test]
    fn what_was_given_counts_for_the_window_and_no_longer() {
        let mut pump = pump();
        pump.deliver(LATER, 6.0);
        assert_eq!(pump.check(LATER + 180 * MINUTE, BOLUS, 0.5), Err(Some(1)));
        assert_eq!(pump.check(LATER + 181 * MINUTE, BOLUS, 6.0), Ok(()));
    }

    #[test]
    fn carbohydrate_keyed_in_counts_for_its_dose() {
        let mut pump = pump();
        pump.credit(LATER, 3.0);
        assert_eq!(pump.check(LATER, BOLUS, 9.0), Ok(()));
        assert_eq!(pump.check(LATER, BOLUS, 9.05), Err(Some(1)));
    }

    #[test]
    fn a_device_that_asks_twice_in_one_event_is_asked_for_both() {
        let mut pump = pump();
        assert_eq!(pump.check(LATER, BOLUS, 4.0), Ok(()));
        pump.asked(BOLUS, 4.0);
        assert_eq!(pump.check(LATER, BOLUS, 4.0), Err(Some(1)));
        pump.asked(BOLUS, 0.0);
        assert_eq!(pump.check(LATER, BOLUS, 6.0), Ok(()), "it stopped the first");
    }

    #[test]
    fn a_rate_within_the_limit_uses_it_up_in_time() {
        let mut pump = pump();
        pump.deliver(LATER, 5.9);
        assert_eq!(pump.used_up(LATER, BASAL), None);
        pump.deliver(LATER + MINUTE, 0.15);
        assert_eq!(pump.used_up(LATER + MINUTE, BASAL), Some(1));
        assert_eq!(pump.check(LATER + MINUTE, BASAL, 1.0), Ok(()), "the prescription goes on");
    }
}
