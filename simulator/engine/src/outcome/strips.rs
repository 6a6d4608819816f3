//! What a report draws a strip of: events of hearts, and what devices did to them.

use std::collections::BTreeMap;

use crate::patient::heart::Source;
use crate::patient::heart::strip::Strip;
use crate::plan::{PatientSetup, Setup};
use crate::trace::{Entry, Kind, Name, Outcome as Decided};

/// So many events of a run are kept, 24 bytes each: three days of a paced heart with markers. What comes later is not drawn.
const MOST: usize = 2_000_000;
/// Markers by the number that a pacemaker shows, from 1 on.
const MARKERS: [&str; 11] =
    ["AS", "AP", "VS", "VP", "PVC", "AR", "VR", "TN", "ATR-Dur", "ATR-FB", "ATR-End"];
/// A marker is shown as so many times its time [ms], and its number.
const NUMBERS: f64 = 32.0;
const NS_PER_MS: u64 = 1_000_000;
/// What began, as the bedside numbers it.
const FIBRILLATION: f64 = 2.0;

/// The strips of a run.
pub(super) struct Strips {
    by_node: BTreeMap<u32, (String, Strip)>,
    kept: usize,
    words: Words,
}

struct Words {
    atrium: Name,
    ventricle: Name,
    reentry: Name,
    atrial_pace: Name,
    ventricular_pace: Name,
    charge: Name,
    shock: Name,
    marker: Name,
}

impl Strips {
    /// Those of a setup; none if nobody has a heart that is looked at.
    pub(super) fn of(setup: &Setup) -> Option<Self> {
        let heart = |(node, own): (usize, &crate::plan::NodeSetup)| match own.patient.as_deref() {
            Some(PatientSetup::Heart(own)) => {
                Some((node as u32, (own.text.clone(), Strip::default())))
            }
            _ => None,
        };
        let by_node: BTreeMap<_, _> = setup.nodes.iter().enumerate().filter_map(heart).collect();
        let find = |text| setup.names.find(text).unwrap_or_default();
        let words = Words {
            atrium: find("atrium"),
            ventricle: find("ventricle"),
            reentry: find("reentry"),
            atrial_pace: find("atrial-pace"),
            ventricular_pace: find("ventricular-pace"),
            charge: find("charge"),
            shock: find("shock"),
            marker: find("marker"),
        };
        (!by_node.is_empty()).then_some(Self { by_node, kept: 0, words })
    }

    pub(super) fn take(&mut self, entry: &Entry) {
        let Some((_, strip)) = self.by_node.get_mut(&entry.entity) else { return };
        if self.kept > MOST {
            return;
        }
        let before = strip.len();
        let at_ms = (entry.at.as_nanos() / NS_PER_MS) as i64;
        match entry.kind {
            Kind::Vital => vital(strip, at_ms, entry, &self.words),
            Kind::Actuate if entry.outcome == Decided::Permit => {
                given(strip, at_ms, entry, &self.words);
            }
            Kind::Show if entry.object == self.words.marker => shown(strip, at_ms, entry.value),
            _ => {}
        }
        self.kept += strip.len() - before;
    }

    /// By patient.
    pub(super) fn finish(self) -> BTreeMap<String, Strip> {
        self.by_node.into_values().collect()
    }
}

fn vital(strip: &mut Strip, at_ms: i64, entry: &Entry, words: &Words) {
    let object = entry.object;
    if object == words.atrium {
        strip.atrium(at_ms);
    } else if object == words.reentry {
        strip.fibrillates(at_ms, (entry.value - FIBRILLATION).abs() < 0.5);
    } else if object == words.ventricle
        && let Some(source) = Source::of_number(entry.value)
    {
        strip.ventricle(at_ms, source);
    }
}

fn given(strip: &mut Strip, at_ms: i64, entry: &Entry, words: &Words) {
    let object = entry.object;
    let is_some = entry.value > 0.0;
    if is_some && (object == words.atrial_pace || object == words.ventricular_pace) {
        strip.mark(at_ms, if object == words.atrial_pace { "AP" } else { "VP" });
        strip.spike(at_ms, entry.value);
    } else if object == words.charge {
        strip.mark(at_ms, if is_some { "charges" } else { "diverts" });
    } else if object == words.shock && is_some {
        strip.mark(at_ms, "shock");
    }
}

/// A pacemaker's own marker, at the time at which it was shown: a device may say any other.
fn shown(strip: &mut Strip, at_ms: i64, value: f64) {
    let number = (value % NUMBERS) as usize;
    if let Some(marker) = number.checked_sub(1).and_then(|at| MARKERS.get(at)) {
        strip.mark(at_ms, marker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_told_by_its_number_and_a_number_without_one_is_not() {
        let mut strip = Strip::default();
        shown(&mut strip, 61_250, 32.0 * 61_250.0 + 5.0);
        for other in [32.0 * 61_900.0 + 31.0, 32.0 * 61_900.0, -7.0, f64::NAN, f64::INFINITY] {
            shown(&mut strip, 61_900, other);
        }
        assert_eq!(strip.markers(0, 100_000), [(61_250, "PVC")]);
    }
}
