//! What a heart went through: beats and pauses, what was paced, what was shocked, what a battery gave.
//!
//! A fold over the beats of each patient (models.md 2.7). The heart is measured from its true
//! activations, never from what a device believes.
//!
//! Severity follows the rules of the specification (metrics A5.2), cut-offs of this project [D], illustrative
//! until clinicians have reviewed them:
//!
//! | class | rule |
//! |---|---|
//! | 2 | a pause over 3 s |
//! | 3 | no effective beat for 6 s (syncope), or a shock without VT or VF in the last 10 s |
//! | 4 | VF for 60 s, or no effective beat for 60 s |
//! | 5 | either for 300 s |

use std::collections::BTreeMap;

use super::Outcome;
use crate::plan::{PatientSetup, Setup};
use crate::trace::{Entry, Kind, Name, Origin, Outcome as Decided};

mod loops;

use loops::Loops;

/// Sources of activations as the bedside numbers them.
const PACED: f64 = 3.0;
const RETROGRADE: f64 = 4.0;
const TACHYCARDIA: f64 = 9.0;
const FIBRILLATION: f64 = 10.0;
/// A pause, and one that is counted as such [s].
const PAUSE_S: f64 = 3.0;
const SYNCOPE_S: f64 = 6.0;
/// VF that is not treated, or no beat: severe and deadly [s].
const SEVERE_S: f64 = 60.0;
const DEADLY_S: f64 = 300.0;
/// A shock is for what went on within this time [s].
const SHOCK_FOR_S: f64 = 10.0;
/// A pace within this time of a beat of the heart's own is none that anybody wants [s].
const TOO_SOON_S: f64 = 0.3;
/// VF that was not shocked for so long was missed [s].
const MISSED_S: f64 = 30.0;
/// Tolerance of a cycle that is as intended.
const SLACK: f64 = 1.05;
/// Harm of this class and more is serious.
const SERIOUS: u8 = 3;
/// Rates outside these are counted [1/min].
const RATES_PPM: (f64, f64) = (40.0, 150.0);

#[derive(Clone, Debug, Default)]
struct Heart {
    text: String,
    prescribed_ppm: (f64, f64),
    last_beat: Option<f64>,
    last_own: Option<f64>,
    beats: u64,
    paced: u64,
    atrial: (u64, u64),
    /// Time in cycles, and of it in such as were prescribed [s].
    intended_s: (f64, f64),
    pauses: u64,
    longest_s: f64,
    slow_s: f64,
    fast_s: f64,
    reentry: Option<(f64, f64)>,
    last_reentry: Option<f64>,
    vf_s: f64,
    longest_vf_s: f64,
    shocks: u64,
    inappropriate: u64,
    missed: u64,
    shocked_in_vf: bool,
    /// From the beginning of VF to the first shock of a device [s].
    to_therapy_s: Option<f64>,
    loops: Loops,
    soon: u64,
    not_captured: u64,
    map_min: Option<f64>,
    severity: u8,
}

/// The hearts of a run, and the batteries of their implants.
pub(super) struct Hearts {
    by_node: BTreeMap<u32, Heart>,
    batteries: BTreeMap<Name, (f64, f64)>,
    words: Words,
}

struct Words {
    atrium: Name,
    ventricle: Name,
    reentry: Name,
    map: Name,
    not_captured: Name,
    battery: Name,
    pace: Name,
    shock: Name,
}

impl Hearts {
    /// Those of a setup; none if nobody has one that is looked at.
    pub(super) fn of(setup: &Setup) -> Option<Self> {
        let heart = |(node, own): (usize, &crate::plan::NodeSetup)| match own.patient.as_deref() {
            Some(PatientSetup::Heart(heart)) => {
                let (text, prescribed_ppm) = (heart.text.clone(), heart.prescribed_ppm);
                Some((node as u32, Heart { text, prescribed_ppm, ..Heart::default() }))
            }
            _ => None,
        };
        let by_node: BTreeMap<u32, Heart> =
            setup.nodes.iter().enumerate().filter_map(heart).collect();
        let find = |text| setup.names.find(text).unwrap_or_default();
        let words = Words {
            atrium: find("atrium"),
            ventricle: find("ventricle"),
            reentry: find("reentry"),
            map: find("map"),
            not_captured: find("not-captured"),
            battery: find("battery-used"),
            pace: find("ventricular-pace"),
            shock: find("shock"),
        };
        (!by_node.is_empty()).then(|| Self { by_node, batteries: BTreeMap::new(), words })
    }

    /// Whether an entry is of a heart alone, and no curve of a patient.
    pub(super) fn is_event(&self, entry: &Entry) -> bool {
        let words = &self.words;
        let events = [words.atrium, words.ventricle, words.reentry, words.not_captured];
        events.contains(&entry.object) || entry.object == words.battery
    }

    /// Takes an entry; whether somebody is in serious harm from now on.
    pub(super) fn take(&mut self, entry: &Entry) -> bool {
        let at_s = entry.at.as_minutes() * 60.0;
        let words = &self.words;
        if entry.kind == Kind::Vital && entry.object == words.battery {
            let used = self.batteries.entry(entry.subject).or_insert((entry.value, 0.0));
            used.1 = entry.value;
            return false;
        }
        let Some(heart) = self.by_node.get_mut(&entry.entity) else { return false };
        let before = heart.severity;
        match entry.kind {
            Kind::Vital if entry.object == words.ventricle => heart.beat(at_s, entry.value),
            Kind::Vital if entry.object == words.atrium => {
                heart.atrial.0 += 1;
                heart.atrial.1 += u64::from(is(entry.value, PACED));
                let came_back = heart.last_beat.filter(|_| is(entry.value, RETROGRADE));
                heart.loops.atrium(came_back.map(|beat| at_s - beat));
            }
            Kind::Vital if entry.object == words.reentry => heart.reentry(at_s, entry.value),
            Kind::Vital if entry.object == words.not_captured => heart.not_captured += 1,
            Kind::Vital if entry.object == words.map => {
                let lowest = heart.map_min.unwrap_or(f64::INFINITY).min(entry.value);
                heart.map_min = Some(lowest);
            }
            Kind::Actuate if entry.outcome == Decided::Permit => {
                if entry.object == words.pace {
                    let since = heart.last_own.map(|own| at_s - own);
                    heart.soon += u64::from(since.is_some_and(|s| (0.0..TOO_SOON_S).contains(&s)));
                } else if entry.object == words.shock && entry.origin != Origin::Person {
                    heart.shock(at_s);
                }
            }
            _ => {}
        }
        before < SERIOUS && heart.severity >= SERIOUS
    }

    pub(super) fn finish(self, out: &mut Outcome, setup: &Setup) {
        let horizon_s = setup.horizon.as_minutes() * 60.0;
        for (_, mut heart) in self.by_node {
            heart.finish(horizon_s);
            heart.tell(out);
        }
        for (device, (first, last)) in self.batteries {
            let id = format!("AVL-1.battery_c.{}", setup.names.text(device));
            out.metrics.insert(id, last - first);
        }
    }
}

impl Heart {
    fn beat(&mut self, at_s: f64, source: f64) {
        let fibrillates = is(source, FIBRILLATION);
        if is(source, TACHYCARDIA) || fibrillates {
            self.last_reentry = Some(at_s);
        }
        if fibrillates {
            return; // it moves no blood
        }
        if let Some(last) = self.last_beat.replace(at_s) {
            self.cycle(at_s - last);
            self.loops.beat(at_s - last, is(source, PACED), self.prescribed_ppm.1);
        }
        self.beats += 1;
        if is(source, PACED) {
            self.paced += 1;
        } else {
            self.last_own = Some(at_s);
        }
    }

    fn cycle(&mut self, seconds: f64) {
        self.gap(seconds);
        self.pauses += u64::from(seconds > PAUSE_S);
        let (lower, upper) = self.prescribed_ppm;
        let longest = self.longest_intended_s();
        let shortest = 60.0 / upper.max(lower) / SLACK;
        self.intended_s.0 += seconds;
        self.intended_s.1 += if (shortest..=longest).contains(&seconds) { seconds } else { 0.0 };
        let rate = 60.0 / seconds.max(1e-3);
        self.slow_s += if rate < RATES_PPM.0 { seconds } else { 0.0 };
        self.fast_s += if rate > RATES_PPM.1 { seconds } else { 0.0 };
    }

    /// The longest cycle that the prescription leaves [s].
    fn longest_intended_s(&self) -> f64 {
        60.0 / self.prescribed_ppm.0 * SLACK
    }

    /// So long without an effective beat.
    fn gap(&mut self, seconds: f64) {
        self.longest_s = self.longest_s.max(seconds);
        self.class(match seconds {
            s if s > DEADLY_S => 5,
            s if s > SEVERE_S => 4,
            s if s > SYNCOPE_S => 3,
            s if s > PAUSE_S => 2,
            _ => 0,
        });
    }

    fn class(&mut self, class: u8) {
        self.severity = self.severity.max(class);
    }

    fn reentry(&mut self, at_s: f64, what: f64) {
        self.end_reentry(at_s);
        self.reentry = (what > 0.5).then_some((what, at_s));
        self.last_reentry = Some(at_s);
        self.shocked_in_vf = false;
    }

    fn end_reentry(&mut self, at_s: f64) {
        let Some((_, since)) = self.reentry.take().filter(|(what, _)| is(*what, 2.0)) else {
            return;
        };
        let seconds = at_s - since;
        self.vf_s += seconds;
        self.longest_vf_s = self.longest_vf_s.max(seconds);
        self.missed += u64::from(seconds > MISSED_S && !self.shocked_in_vf);
        self.class(match seconds {
            s if s > DEADLY_S => 5,
            s if s > SEVERE_S => 4,
            _ => 0,
        });
    }

    fn shock(&mut self, at_s: f64) {
        self.shocks += 1;
        let in_vf = self.reentry.filter(|(what, _)| is(*what, 2.0) && !self.shocked_in_vf);
        if let Some((_, since)) = in_vf {
            self.to_therapy_s = Some(self.to_therapy_s.unwrap_or(0.0).max(at_s - since));
        }
        self.shocked_in_vf = true;
        let is_for = self.reentry.is_some()
            || self.last_reentry.is_some_and(|last| at_s - last <= SHOCK_FOR_S);
        if !is_for {
            self.inappropriate += 1;
            self.class(3);
        }
    }

    fn finish(&mut self, horizon_s: f64) {
        let last = self.last_beat.unwrap_or(0.0);
        let silent_s = horizon_s - last;
        self.gap(silent_s);
        if silent_s > self.longest_intended_s() {
            self.intended_s.0 += silent_s;
        }
        self.end_reentry(horizon_s);
    }

    fn tell(self, out: &mut Outcome) {
        let who = &self.text;
        let mut set = |part: &str, value: f64| {
            out.metrics.insert(format!("SAF.{part}.{who}"), value);
        };
        set("severity", f64::from(self.severity));
        set("pauses_over_3s", self.pauses as f64);
        set("longest_pause_s", self.longest_s);
        set("seconds_below_40_ppm", self.slow_s);
        set("seconds_above_150_ppm", self.fast_s);
        set("time_in_vf_s", self.vf_s);
        set("shocks", self.shocks as f64);
        set("inappropriate_shocks", self.inappropriate as f64);
        set("missed_therapy", self.missed as f64);
        set("paces_too_soon", self.soon as f64);
        set("not_captured", self.not_captured as f64);
        set("pmt_s", self.loops.seconds());
        let mut share = |part: &str, (whole, part_of): (f64, f64), why: &'static str| {
            super::ratio(out, &format!("SAF.{part}.{who}"), part_of, whole, why);
        };
        let (atrial, of_them_paced) = (self.atrial.0 as f64, self.atrial.1 as f64);
        share("paced_as_intended", self.intended_s, "the heart did not beat twice");
        share("paced_v", (self.beats as f64, self.paced as f64), "the heart did not beat");
        share("paced_a", (atrial, of_them_paced), "the atrium did not beat");
        let to_therapy = format!("SAF.time_to_therapy_s.{who}");
        if let Some(seconds) = self.to_therapy_s {
            out.metrics.insert(to_therapy, seconds);
        } else {
            out.undefined.insert(to_therapy, "no device shocked VF");
        }
        if let Some(lowest) = self.map_min {
            out.metrics.insert(format!("SAF.min_map_mmhg.{who}"), lowest);
        }
    }
}

fn is(value: f64, number: f64) -> bool {
    (value - number).abs() < 0.5
}
