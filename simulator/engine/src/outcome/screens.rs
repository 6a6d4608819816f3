//! What screens show, beside what is true: a monitor and its patient, a central station and the monitor.
//!
//! Two values of one vital sign are apart when they differ by more than a tolerance (models.md 4.6) for
//! longer than a station may be late. What is shown as no value is not believed, and not counted.

use std::collections::BTreeMap;

use super::Outcome;
use crate::plan::{DeviceSetup, Setup};
use crate::trace::{Entry, Kind, Name, Origin};

/// Vital signs, with how far two values of one may be apart (models.md 4.6).
const TOLERATED: [(&str, f64); 3] = [("heart-rate", 5.0), ("spo2", 3.0), ("resp-rate", 2.0)];
/// A station shows a value at most so much later than the bed [s] (models.md 4.4).
const LATE_S: f64 = 2.0;

/// All screens of one arm.
pub(super) struct Screens {
    /// Where values come from, by who says them and their name: which pairs, and which end of each.
    ends: BTreeMap<(Name, Name), Vec<(usize, usize)>>,
    pairs: Vec<Pair>,
    forged: u64,
}

struct Pair {
    is_station: bool,
    tolerated: f64,
    values: [f64; 2],
    apart_since_s: Option<f64>,
    apart_s: f64,
}

impl Screens {
    /// Of a world in which a monitor is at a bed; none of others.
    pub(super) fn of(setup: &Setup) -> Option<Self> {
        let mut own = Self { ends: BTreeMap::new(), pairs: Vec::new(), forged: 0 };
        for node in &setup.nodes {
            for device in &node.devices {
                own.at_bed(node.name, device, setup);
                own.elsewhere(device, setup);
            }
        }
        (!own.pairs.is_empty()).then_some(own)
    }

    /// A monitor shows what it measures of the patient.
    fn at_bed(&mut self, patient: Name, device: &DeviceSetup, setup: &Setup) {
        for (vital, tolerated) in TOLERATED {
            let has = |list: &[String]| list.iter().any(|own| own == vital);
            let Some(name) = setup.names.find(vital) else { continue };
            if has(&device.manifest.sensors) && has(&device.manifest.fields) {
                let ends = [(patient, name), (device.names.device, name)];
                self.pair(ends, tolerated, false);
            }
        }
    }

    /// A station shows what a monitor tells it.
    fn elsewhere(&mut self, device: &DeviceSetup, setup: &Setup) {
        let mut roles: Vec<&String> = device.manifest.about.values().collect();
        roles.dedup();
        for role in roles {
            let Some(peer) = device.peer(role).and_then(|peer| setup.device(peer)) else {
                continue;
            };
            for (vital, tolerated) in TOLERATED {
                let shown = format!("{vital}{}", number(role));
                let is_shown = device.manifest.fields.contains(&shown);
                let names = setup.names.find(vital).zip(setup.names.find(&shown));
                if let (true, Some((at_bed, here))) = (is_shown, names) {
                    let ends = [(peer.names.device, at_bed), (device.names.device, here)];
                    self.pair(ends, tolerated, true);
                }
            }
        }
    }

    fn pair(&mut self, ends: [(Name, Name); 2], tolerated: f64, is_station: bool) {
        for (end, of) in ends.into_iter().enumerate() {
            self.ends.entry(of).or_default().push((self.pairs.len(), end));
        }
        let values = [f64::NAN; 2];
        self.pairs.push(Pair { is_station, tolerated, values, apart_since_s: None, apart_s: 0.0 });
    }

    /// Takes an entry; whether a screen shows what an adversary sent.
    pub(super) fn takes_forged(&mut self, entry: &Entry) -> bool {
        if !matches!(entry.kind, Kind::Vital | Kind::Show) {
            return false;
        }
        let Some(ends) = self.ends.get(&(entry.subject, entry.object)) else { return false };
        let is_forged = matches!(entry.origin, Origin::Adversary | Origin::Replay);
        let is_forged = entry.kind == Kind::Show && is_forged;
        self.forged += u64::from(is_forged);
        for &(pair, end) in ends {
            self.pairs[pair].says(end, entry.value, entry.at.as_minutes() * 60.0);
        }
        is_forged
    }

    pub(super) fn finish(mut self, out: &mut Outcome, horizon_s: f64) {
        self.pairs.iter_mut().for_each(|pair| pair.until(horizon_s));
        let sum = |is_station| {
            let of = self.pairs.iter().filter(|pair| pair.is_station == is_station);
            of.map(|pair| pair.apart_s).sum::<f64>()
        };
        out.metrics.insert("INT-7.forged_shown".to_owned(), self.forged as f64);
        out.metrics.insert("INT-7.diverged_s".to_owned(), sum(true));
        out.metrics.insert("INT-7.shown_wrong_s".to_owned(), sum(false));
    }
}

impl Pair {
    fn says(&mut self, end: usize, value: f64, now_s: f64) {
        self.values[end] = value;
        let [one, other] = self.values;
        let is_apart = one >= 0.0 && other >= 0.0 && (one - other).abs() > self.tolerated;
        match (self.apart_since_s, is_apart) {
            (None, true) => self.apart_since_s = Some(now_s),
            (Some(_), false) => self.until(now_s),
            _ => {}
        }
    }

    fn until(&mut self, now_s: f64) {
        if let Some(since) = self.apart_since_s.take() {
            let lasted = now_s - since;
            self.apart_s += if lasted > LATE_S { lasted } else { 0.0 };
        }
    }
}

/// The number at the end of a role: `-3` of `monitor-3`, nothing of `monitor`.
fn number(role: &str) -> &str {
    let digits = role.bytes().rev().take_while(u8::is_ascii_digit).count();
    match role.len() - digits {
        at if digits > 0 && role[..at].ends_with('-') => &role[at - 1..],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_role_is_that_of_its_fields() {
        assert_eq!(
            (number("monitor"), number("monitor-3"), number("monitor-12")),
            ("", "-3", "-12")
        );
        assert_eq!((number("x9"), number("-"), number("")), ("", "", ""));
    }

    #[test]
    fn values_are_apart_when_they_differ_for_longer_than_a_station_may_be_late() {
        let mut pair = Pair {
            is_station: true,
            tolerated: 5.0,
            values: [f64::NAN; 2],
            apart_since_s: None,
            apart_s: 0.0,
        };
        pair.says(0, 80.0, 0.0);
        pair.says(1, 80.0, 1.0);
        pair.says(0, 100.0, 10.0);
        pair.says(1, 100.0, 11.0);
        assert_eq!(pair.apart_s.to_bits(), 0f64.to_bits(), "it was late");
        pair.says(1, 0.0, 20.0);
        pair.says(1, -1.0, 50.0);
        assert_eq!(pair.apart_s.to_bits(), 30f64.to_bits(), "no value is none that is believed");
        pair.until(60.0);
        assert_eq!(pair.apart_s.to_bits(), 30f64.to_bits());
    }
}
