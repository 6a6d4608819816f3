//! What links did with frames of devices and people: AVL-6 of links that have a rate.
//!
//! Frames of adversaries are left out: that a flood is lost harms nobody. Delays are kept as counts
//! in 32 classes an octave, so that a study keeps no list of frames; a quantile is the middle of its
//! class, at most 1.6 % off.

use std::collections::BTreeMap;

use super::{Outcome, ratio};
use crate::plan::Setup;
use crate::trace::{Entry, Name, Origin};

/// Classes of an octave, as a power of two.
const FINE: u32 = 5;

/// Counts of one arm.
#[derive(Default)]
pub(super) struct Network {
    carried: Name,
    dropped: Name,
    refused: Name,
    links: BTreeMap<Name, Counts>,
    /// By switch: what its firewall refused.
    refusals: BTreeMap<Name, u64>,
}

#[derive(Default)]
struct Counts {
    lost: u64,
    dropped: u64,
    carried: u64,
    /// How many took so long, by class.
    delays: BTreeMap<u32, u64>,
}

impl Network {
    pub(super) fn of(setup: &Setup) -> Self {
        let find = |word| setup.names.find(word).unwrap_or_default();
        let switches = setup.network.switches.iter();
        let refusals = switches.map(|switch| (switch.name, 0)).collect();
        let metered = setup.links.iter().filter(|link| link.medium.line.is_some());
        let links = metered.filter_map(|link| setup.names.find(&link.name));
        Self {
            carried: find("carried"),
            dropped: find("dropped"),
            refused: find("refused"),
            links: links.map(|link| (link, Counts::default())).collect(),
            refusals,
        }
    }

    pub(super) fn take(&mut self, entry: &Entry) {
        if matches!(entry.origin, Origin::Adversary | Origin::Replay) {
            return;
        }
        if entry.verb == self.refused {
            self.refusals.entry(entry.subject).and_modify(|count| *count += 1);
            return;
        }
        let Some(counts) = self.links.get_mut(&entry.subject) else { return };
        if entry.verb == self.carried {
            counts.carried += 1;
            *counts.delays.entry(class((entry.value * 1e6) as u64)).or_default() += 1;
        } else if entry.verb == self.dropped {
            counts.dropped += 1;
        } else {
            counts.lost += 1;
        }
    }

    pub(super) fn finish(self, out: &mut Outcome, setup: &Setup) {
        if !self.refusals.is_empty() {
            let all = self.refusals.values().sum::<u64>() as f64;
            out.metrics.insert("AVL-6.refused".to_owned(), all);
        }
        for (name, count) in self.refusals {
            let id = format!("AVL-6.refused.{}", setup.names.text(name));
            out.metrics.insert(id, count as f64);
        }
        if !self.links.is_empty() {
            let sum = |of: fn(&Counts) -> u64| self.links.values().map(of).sum::<u64>() as f64;
            let failed = sum(|counts| counts.lost + counts.dropped);
            let sent = sum(|counts| counts.carried) + failed;
            ratio(out, "AVL-6.loss", failed, sent, "nothing was sent");
            out.metrics.insert("AVL-6.dropped".to_owned(), sum(|counts| counts.dropped));
        }
        for (name, counts) in self.links {
            let link = setup.names.text(name);
            let failed = (counts.lost + counts.dropped) as f64;
            let sent = counts.carried as f64 + failed;
            ratio(out, &format!("AVL-6.loss.{link}"), failed, sent, "nothing was sent");
            out.metrics.insert(format!("AVL-6.dropped.{link}"), counts.dropped as f64);
            for (part, share) in [("p50", 0.5), ("p99", 0.99)] {
                let id = format!("AVL-6.delay_{part}_ms.{link}");
                match counts.quantile_ms(share) {
                    Some(delay) => drop(out.metrics.insert(id, delay)),
                    None => drop(out.undefined.insert(id, "nothing arrived")),
                }
            }
        }
    }
}

impl Counts {
    fn quantile_ms(&self, share: f64) -> Option<f64> {
        let rank = ((share * self.carried as f64) as u64).min(self.carried.checked_sub(1)?);
        let mut below = 0;
        let found = self.delays.iter().find(|(_, count)| {
            below += **count;
            below > rank
        });
        found.map(|(class, _)| middle_ns(*class) / 1e6)
    }
}

/// The class of `ns`: its octave, and which part of that.
fn class(ns: u64) -> u32 {
    let octave = 63 - ns.max(1 << FINE).leading_zeros();
    let part = (ns.max(1 << FINE) >> (octave - FINE)) as u32 & ((1 << FINE) - 1);
    octave << FINE | part
}

fn middle_ns(class: u32) -> f64 {
    let (octave, part) = (class >> FINE, class & ((1 << FINE) - 1));
    let width = (1u64 << (octave - FINE)) as f64;
    (f64::from(part) + f64::from(1u32 << FINE) + 0.5) * width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_class_is_near_to_what_is_in_it() {
        for ns in (5..60).flat_map(|octave| [1u64 << octave, (1 << octave) + (1 << (octave - 2))]) {
            let middle = middle_ns(class(ns));
            assert!((middle / ns as f64 - 1.0).abs() <= 0.016, "{ns}: {middle}");
        }
    }

    #[test]
    fn quantiles_are_those_of_what_was_carried() {
        let mut counts = Counts { carried: 100, ..Counts::default() };
        (1..=100).for_each(|ms| *counts.delays.entry(class(ms * 1_000_000)).or_default() += 1);
        for (share, ms) in [(0.5, 51.0), (0.99, 100.0)] {
            let found = counts.quantile_ms(share).expect("defined");
            assert!((found / ms - 1.0).abs() < 0.03, "{share}: {found}");
        }
        assert_eq!(Counts::default().quantile_ms(0.5), None);
    }
}
