//! AVL-5: what was wrong with patients, when it was told, when somebody came, and what they did.
//!
//! A condition is true while a true vital sign lies outside its usual limit (models.md 4.2). Its times: begun, signalled at
//! the bed, heard by staff, somebody at the bed, treated. What never came is censored at its end and
//! counts as late as that. A condition is missed if nobody heard an alarm of it within the delay that
//! its measurement needs and that its priority allows; a short one cannot be missed. An alarm is false
//! if no condition of its kind is or just was.

use std::collections::BTreeMap;

use super::Outcome;
use crate::plan::Setup;
use crate::trace::{Entry, Kind, Name};

mod conditions;

use conditions::{CONDITIONS, Condition};

/// Truth that ended so long ago still explains an alarm [s] (models.md 4.6), besides its delay.
const JUST_S: f64 = 10.0;
/// Nobody came within this time of a condition that went on [s] [E].
const UNANSWERED_S: f64 = 600.0;

/// Everything about alarms of one arm.
pub(super) struct Alarms {
    words: Words,
    beds: BTreeMap<Name, Bed>,
    /// The bed at which each device is.
    at: BTreeMap<Name, Name>,
    has_staff: bool,
    signals: u64,
    wrong: u64,
    ignored: u64,
    at_beds_s: f64,
    done: Vec<Done>,
}

#[derive(Clone, Copy, Default)]
struct Words {
    heard: Name,
    ignores: Name,
    leaves: Name,
    answers: Name,
    finds: [Name; 2],
    treats: [Name; 4],
}

/// One patient.
struct Bed {
    vitals: Vec<(Name, f64)>,
    open: [Option<Open>; CONDITIONS],
    /// When each condition ended last [s].
    ended_s: [f64; CONDITIONS],
    /// Alarms that ring at the bed, by device and alarm.
    rings: Vec<(Name, Name, usize)>,
    /// When somebody set out for it, of those who are there [s].
    visited_s: Vec<f64>,
}

/// A condition that goes on; times in [s].
#[derive(Clone, Copy, Default)]
struct Open {
    since_s: f64,
    signalled_s: Option<f64>,
    heard_s: Option<f64>,
    seen_s: Option<f64>,
    treated_s: Option<f64>,
}

/// One of the times of a condition.
type Time = fn(&Done) -> Option<f64>;

/// One that is over.
struct Done {
    condition: Condition,
    lasted_s: f64,
    /// From its beginning; what never was, is at its end.
    signalled_s: Option<f64>,
    heard_s: Option<f64>,
    seen_s: Option<f64>,
    treated_s: Option<f64>,
}

impl Alarms {
    /// Of a world in which a device watches over a heart or a breath; none of others.
    pub(super) fn of(setup: &Setup) -> Option<Self> {
        let find = |text| setup.names.find(text).unwrap_or_default();
        let mut at = BTreeMap::new();
        let mut beds = BTreeMap::new();
        for node in setup.nodes.iter().filter(|node| node.patient.is_some()) {
            let watches = |name: &String| Condition::ALL.iter().any(|own| own.vital() == name);
            if node.devices.iter().any(|device| device.manifest.sensors.iter().any(watches)) {
                beds.insert(node.name, Bed::new(setup));
                at.extend(node.devices.iter().map(|device| (device.names.device, node.name)));
            }
        }
        (!beds.is_empty()).then(|| Self {
            words: Words {
                heard: find("heard"),
                ignores: find("ignores"),
                leaves: find("leaves"),
                answers: find("answers"),
                finds: ["finds-ill", "finds-well"].map(find),
                treats: ["stimulates", "gives-oxygen", "stops-pump", "gives-naloxone"].map(find),
            },
            beds,
            at,
            has_staff: setup.nodes.iter().any(|node| node.staff.is_some()),
            signals: 0,
            wrong: 0,
            ignored: 0,
            at_beds_s: 0.0,
            done: Vec::new(),
        })
    }

    /// Takes an entry; `text` are the names of the setup.
    pub(super) fn take(&mut self, entry: &Entry, setup: &Setup) {
        match entry.kind {
            Kind::Vital => self.vital(entry),
            Kind::Alarm => self.alarm(entry, setup),
            Kind::Act => self.act(entry),
            _ => {}
        }
    }

    fn vital(&mut self, entry: &Entry) {
        let now_s = seconds(entry);
        let Some(bed) = self.beds.get_mut(&entry.subject) else { return };
        for condition in bed.changed(entry.object, entry.value) {
            match bed.open[condition as usize].take() {
                None => bed.begins(condition, now_s, self.has_staff),
                Some(open) => {
                    bed.ended_s[condition as usize] = now_s;
                    self.done.push(open.end(condition, now_s));
                }
            }
        }
    }

    fn alarm(&mut self, entry: &Entry, setup: &Setup) {
        let Some(bed) = self.at.get(&entry.subject).and_then(|at| self.beds.get_mut(at)) else {
            return;
        };
        let now_s = seconds(entry);
        let kinds = Condition::told_by(setup.names.text(entry.object));
        bed.rings.retain(|own| (own.0, own.1) != (entry.subject, entry.object));
        if entry.value <= 0.0 {
            return;
        }
        self.signals += 1;
        let is_true = |&condition: &Condition| bed.is_or_just_was(condition, now_s);
        self.wrong += u64::from(!kinds.is_empty() && !kinds.iter().any(is_true));
        for &condition in kinds {
            bed.rings.push((entry.subject, entry.object, condition as usize));
            if let Some(open) = &mut bed.open[condition as usize] {
                open.signalled_s.get_or_insert(now_s);
                if !self.has_staff {
                    open.heard_s.get_or_insert(now_s);
                }
            }
        }
    }

    fn act(&mut self, entry: &Entry) {
        let now_s = seconds(entry);
        let words = self.words;
        if let Some(bed) = self.beds.get_mut(&entry.object) {
            match entry.verb {
                verb if verb == words.heard => {
                    bed.each(|open| &mut open.heard_s, now_s);
                }
                verb if verb == words.ignores => self.ignored += 1,
                verb if verb == words.answers => bed.visited_s.push(now_s),
                verb if verb == words.leaves && !bed.visited_s.is_empty() => {
                    self.at_beds_s += now_s - bed.visited_s.remove(0);
                }
                _ => {}
            }
        } else if let Some(bed) = self.beds.get_mut(&entry.subject) {
            if words.finds.contains(&entry.verb) {
                bed.each(|open| &mut open.seen_s, now_s);
            } else if words.treats.contains(&entry.verb) {
                bed.each(|open| &mut open.treated_s, now_s);
            }
        }
    }

    /// What it came to in a run of so many seconds.
    pub(super) fn finish(mut self, out: &mut Outcome, horizon_s: f64) {
        for bed in self.beds.values_mut() {
            for condition in Condition::ALL {
                let open = bed.open[condition as usize].take();
                self.done.extend(open.map(|open| open.end(condition, horizon_s)));
            }
            self.at_beds_s += bed.visited_s.iter().map(|since| horizon_s - since).sum::<f64>();
        }
        let bed_days = self.beds.len() as f64 * horizon_s / 86_400.0;
        let mut set = |id: &str, value: f64| {
            out.metrics.insert(format!("AVL-5.{id}"), value);
        };
        set("alarms_per_bed_day", self.signals as f64 / bed_days);
        set("false_per_patient_h", self.wrong as f64 / (bed_days * 24.0));
        set("conditions", self.done.iter().filter(|own| own.counts()).count() as f64);
        set("missed", self.done.iter().filter(|own| own.is_missed()).count() as f64);
        set("ignored", self.ignored as f64);
        set("unanswered", self.done.iter().filter(|own| own.is_unanswered()).count() as f64);
        out.metrics.insert("AVL-9.nurse_min".to_owned(), self.at_beds_s / 60.0);
        self.latencies(out);
    }

    /// Medians and 95 % quantiles of the conditions that count, what never came censored at their end.
    fn latencies(&self, out: &mut Outcome) {
        let times: [(&str, Time); 4] = [
            ("signal", |own| own.signalled_s),
            ("heard", |own| own.heard_s),
            ("bedside", |own| own.seen_s),
            ("action", |own| own.treated_s),
        ];
        for (what, of) in times {
            let counting = self.done.iter().filter(|own| own.counts());
            let mut all: Vec<f64> = counting.map(|own| of(own).unwrap_or(own.lasted_s)).collect();
            all.sort_by(f64::total_cmp);
            for (part, share) in [("p50", 0.5), ("p95", 0.95)] {
                let id = format!("AVL-5.{what}_{part}_s");
                match quantile(&all, share) {
                    Some(value) => drop(out.metrics.insert(id, value)),
                    None => drop(out.undefined.insert(id, "nothing was wrong with any patient")),
                }
            }
        }
    }
}

/// The smallest value that so large a share does not exceed.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

fn seconds(entry: &Entry) -> f64 {
    entry.at.as_minutes() * 60.0
}

impl Bed {
    fn new(setup: &Setup) -> Self {
        let name = |condition: Condition| setup.names.find(condition.vital()).unwrap_or_default();
        Self {
            vitals: Condition::ALL.map(|own| (name(own), f64::NAN)).to_vec(),
            open: [None; CONDITIONS],
            ended_s: [f64::NEG_INFINITY; CONDITIONS],
            rings: Vec::new(),
            visited_s: Vec::new(),
        }
    }

    /// The conditions that begin or end with this value.
    fn changed(&mut self, vital: Name, value: f64) -> Vec<Condition> {
        let mut changed = Vec::new();
        for condition in Condition::ALL {
            let own = &mut self.vitals[condition as usize];
            if own.0 != vital || vital == Name::default() {
                continue;
            }
            own.1 = value;
            if condition.holds(value) != self.open[condition as usize].is_some() {
                changed.push(condition);
            }
        }
        changed
    }

    fn begins(&mut self, condition: Condition, now_s: f64, has_staff: bool) {
        // What rings already rings for this too.
        let rings = self.rings.iter().any(|own| own.2 == condition as usize);
        let signalled_s = rings.then_some(now_s);
        let heard_s = signalled_s.filter(|_| !has_staff);
        self.open[condition as usize] =
            Some(Open { since_s: now_s, signalled_s, heard_s, ..Open::default() });
    }

    fn is_or_just_was(&self, condition: Condition, now_s: f64) -> bool {
        let since_s = now_s - self.ended_s[condition as usize];
        self.open[condition as usize].is_some() || since_s <= condition.delay_s() + JUST_S
    }

    /// Something happened that counts for all that is wrong, if it is the first of its kind.
    fn each(&mut self, time: fn(&mut Open) -> &mut Option<f64>, now_s: f64) {
        for open in self.open.iter_mut().flatten() {
            time(open).get_or_insert(now_s);
        }
    }
}

impl Open {
    fn end(self, condition: Condition, now_s: f64) -> Done {
        let after = |at: Option<f64>| at.map(|at| at - self.since_s);
        Done {
            condition,
            lasted_s: now_s - self.since_s,
            signalled_s: after(self.signalled_s),
            heard_s: after(self.heard_s),
            seen_s: after(self.seen_s),
            treated_s: after(self.treated_s),
        }
    }
}

impl Done {
    /// It lasted long enough to be measured and told.
    fn counts(&self) -> bool {
        self.lasted_s >= self.condition.delay_s() + JUST_S
    }

    fn is_missed(&self) -> bool {
        let due_s = self.condition.delay_s() + self.condition.allowed_s();
        self.lasted_s >= due_s && self.heard_s.is_none_or(|heard| heard > due_s)
    }

    fn is_unanswered(&self) -> bool {
        self.lasted_s >= UNANSWERED_S && self.seen_s.is_none_or(|seen| seen > UNANSWERED_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(lasted_s: f64, heard_s: Option<f64>) -> Done {
        let condition = Condition::Desaturation;
        Done { condition, lasted_s, signalled_s: None, heard_s, seen_s: None, treated_s: None }
    }

    #[test]
    fn what_is_short_is_not_missed_and_what_is_told_too_late_is() {
        let due = Condition::Desaturation.delay_s() + Condition::Desaturation.allowed_s();
        assert!(!done(due - 1.0, None).is_missed());
        assert!(done(due + 1.0, None).is_missed());
        assert!(!done(due + 100.0, Some(due)).is_missed());
        assert!(done(due + 100.0, Some(due + 1.0)).is_missed());
    }

    #[test]
    fn nobody_within_ten_minutes_is_unanswered() {
        assert!(done(900.0, Some(10.0)).is_unanswered());
        assert!(!Done { seen_s: Some(300.0), ..done(900.0, Some(10.0)) }.is_unanswered());
        assert!(!done(300.0, None).is_unanswered());
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(quantile(&values, 0.5), Some(10.0));
        assert_eq!(quantile(&values, 0.95), Some(19.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
