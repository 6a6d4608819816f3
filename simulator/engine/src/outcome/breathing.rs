//! What opioids did to patients in hospital beds: how they breathed, what they got.
//!
//! Severity follows metrics.md A5.2 for opioid infusion, over consecutive seconds [D], illustrative
//! until clinicians have reviewed it:
//!
//! | class | rule |
//! |---|---|
//! | 1 | saturation below 90 % for 10 s, or at twice C50 for 60 s |
//! | 2 | below 90 % for 60 s |
//! | 3 | for 3 min: 5 breaths a minute or fewer, saturation at most 85 %, or CO2 of 60 mmHg; or apnoea over 30 s |
//! | 4 | below 80 % for 5 min, or apnoea over 2 min |
//! | 5 | below 60 % for 5 min, or the heart stops |

use std::collections::BTreeMap;

use super::Outcome;
use crate::plan::{NodeSetup, Setup};
use crate::trace::{Entry, Name, Outcome as Decided};

/// Which vital sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Saturation,
    Rate,
    Co2,
    Ratio,
    Pain,
    Arrest,
}

const SIGNS: [(&str, Sign); 6] = [
    ("spo2", Sign::Saturation),
    ("resp-rate", Sign::Rate),
    ("etco2", Sign::Co2),
    ("effect-ratio", Sign::Ratio),
    ("pain", Sign::Pain),
    ("arrest", Sign::Arrest),
];

/// A state of a patient that is timed.
struct Spell {
    /// Its metric: all of its time, or its longest.
    metric: Option<(&'static str, Told)>,
    sign: Sign,
    holds: fn(f64) -> bool,
    /// After so long it is a harm of this class [s].
    harms: &'static [(f64, u8)],
}

#[derive(Clone, Copy, PartialEq)]
enum Told {
    All,
    Longest,
    Minutes,
}

const fn spell(
    metric: Option<(&'static str, Told)>,
    sign: Sign,
    holds: fn(f64) -> bool,
    harms: &'static [(f64, u8)],
) -> Spell {
    Spell { metric, sign, holds, harms }
}

const SPELLS: [Spell; 12] = [
    spell(
        Some(("spo2_below_90_s", Told::All)),
        Sign::Saturation,
        |v| v < 90.0,
        &[(10.0, 1), (60.0, 2)],
    ),
    spell(Some(("spo2_below_85_s", Told::All)), Sign::Saturation, |v| v < 85.0, &[]),
    spell(Some(("spo2_below_80_s", Told::All)), Sign::Saturation, |v| v < 80.0, &[(300.0, 4)]),
    spell(None, Sign::Saturation, |v| v <= 85.0, &[(180.0, 3)]),
    spell(None, Sign::Saturation, |v| v < 60.0, &[(300.0, 5)]),
    spell(Some(("slow_breathing_s", Told::All)), Sign::Rate, |v| v < 8.0, &[]),
    spell(None, Sign::Rate, |v| v <= 5.0, &[(180.0, 3)]),
    spell(
        Some(("apnoea_longest_s", Told::Longest)),
        Sign::Rate,
        |v| v <= 0.0,
        &[(30.0, 3), (120.0, 4)],
    ),
    spell(Some(("etco2_above_50_s", Told::All)), Sign::Co2, |v| v >= 50.0, &[]),
    spell(Some(("etco2_above_60_s", Told::All)), Sign::Co2, |v| v >= 60.0, &[(180.0, 3)]),
    spell(Some(("above_2_c50_s", Told::All)), Sign::Ratio, |v| v >= 2.0, &[(60.0, 1)]),
    spell(Some(("pain_above_6_min", Told::Minutes)), Sign::Pain, |v| v >= 6.5, &[]),
];

#[derive(Clone, Copy, Debug, Default)]
struct Timed {
    since: Option<f64>,
    all_s: f64,
    longest_s: f64,
}

#[derive(Clone, Debug, Default)]
struct Bed {
    timed: [Timed; SPELLS.len()],
    arrest: bool,
    lowest: Option<f64>,
    /// Of each pump and each minute in which it moved: when [min], how much [mL].
    pumped: BTreeMap<Name, Vec<(f64, f64)>>,
    given_ug: BTreeMap<Name, f64>,
    forged_ug: f64,
    /// Flow of each pump, as it was set last [mL/h].
    flows: BTreeMap<Name, f64>,
    last_bolus: BTreeMap<Name, f64>,
    /// The bolus that was begun last: by which cause, and what stood before it.
    begun: Option<Begun>,
    boluses: u32,
    in_lockout: u32,
}

/// What is measured at hospital beds.
pub(super) struct Breathing {
    signs: [Name; SIGNS.len()],
    volume: Name,
    flow: Name,
    beds: BTreeMap<u32, Bed>,
    /// The field `given` of pumps: what it shows, and by how much it rose in all [mL].
    shown: BTreeMap<Name, (f64, f64)>,
    pumped: BTreeMap<Name, f64>,
    given_field: Name,
    /// Commands that begin a bolus: on demand, and a clinician's.
    doses: [Name; 2],
    silent: Name,
}

/// A bolus that may still be refused.
#[derive(Clone, Copy, Debug)]
struct Begun {
    pump: Name,
    cause: u64,
    /// When the one before it was begun [min].
    last: Option<f64>,
    is_early: bool,
}

impl Breathing {
    /// None where nobody gets opioids.
    pub(super) fn of(setup: &Setup) -> Option<Self> {
        let beds: BTreeMap<u32, Bed> = (0..)
            .zip(&setup.nodes)
            .filter(|(_, node)| node.inpatient().is_some())
            .map(|(id, _)| (id, Bed::default()))
            .collect();
        let find = |word: &str| setup.names.find(word).unwrap_or_default();
        (!beds.is_empty()).then(|| Self {
            signs: SIGNS.map(|(word, _)| find(word)),
            volume: find("volume"),
            flow: find("flow"),
            beds,
            shown: BTreeMap::new(),
            pumped: BTreeMap::new(),
            given_field: find("given-ml"),
            doses: [find("bolus"), find("clinician-bolus")],
            silent: find("silent"),
        })
    }

    /// A vital sign; whether a serious harm began with it.
    pub(super) fn vital(&mut self, entry: &Entry) -> bool {
        let Some(bed) = self.beds.get_mut(&entry.entity) else { return false };
        let Some(at) = self.signs.iter().position(|sign| *sign == entry.object) else {
            return false;
        };
        let before = bed.severity();
        bed.takes(SIGNS[at].1, entry.value, entry.at.as_minutes() * 60.0);
        bed.severity() >= 3 && before < 3
    }

    /// Whether it was of a hospital bed.
    pub(super) fn delivered(&mut self, entry: &Entry, is_forged: bool) -> bool {
        let Some(bed) = self.beds.get_mut(&entry.entity) else { return false };
        if entry.object == self.volume {
            let pumped = bed.pumped.entry(entry.subject).or_default();
            pumped.push((entry.at.as_minutes(), entry.value));
            *self.pumped.entry(entry.subject).or_default() += entry.value;
        } else if is_forged {
            bed.forged_ug += entry.value;
        } else {
            *bed.given_ug.entry(entry.object).or_default() += entry.value;
        }
        true
    }

    /// A bolus was begun: on demand, or by a clinician, for whom there is no lockout.
    pub(super) fn commanded(&mut self, entry: &Entry, setup: &Setup) {
        let Some(at) = self.doses.iter().position(|verb| *verb == entry.verb) else { return };
        let Some(bed) = self.beds.get_mut(&entry.entity) else { return };
        let lockout = prescribed(&setup.nodes[entry.entity as usize], entry.subject, "lockout_min");
        let lockout = lockout.filter(|_| at == 0);
        bed.begins(entry, lockout, at == 0);
    }

    /// A pump's flow was set. A bolus that nobody began is a rise to above the prescription; one that was begun and
    /// is refused then is none.
    pub(super) fn set(&mut self, entry: &Entry, setup: &Setup) {
        let Some(bed) = self.beds.get_mut(&entry.entity).filter(|_| entry.object == self.flow)
        else {
            return;
        };
        if entry.outcome != Decided::Permit {
            return bed.takes_back(entry);
        }
        let node = &setup.nodes[entry.entity as usize];
        let basal = prescribed(node, entry.subject, "flow_ml_per_h").unwrap_or(0.0) + 1e-9;
        let before = bed.flows.insert(entry.subject, entry.value).unwrap_or(0.0);
        if entry.verb == self.silent && entry.value > basal && before < entry.value - 1e-9 {
            bed.begins(entry, prescribed(node, entry.subject, "lockout_min"), true);
        }
    }

    /// A pump that was without power counts from nothing again.
    pub(super) fn shown(&mut self, entry: &Entry) {
        if entry.object == self.given_field && self.beds.contains_key(&entry.entity) {
            let (last, all) = self.shown.entry(entry.subject).or_default();
            *all += if entry.value < *last { entry.value } else { entry.value - *last };
            *last = entry.value;
        }
    }

    pub(super) fn finish(mut self, out: &mut Outcome, setup: &Setup, horizon_min: f64) {
        for (id, bed) in &mut self.beds {
            let node = &setup.nodes[*id as usize];
            bed.ends(horizon_min * 60.0);
            bed.finish(out, setup.names.text(node.name), node);
        }
        for (pump, pumped) in &self.pumped {
            let shown = self.shown.get(pump).map_or(0.0, |(_, all)| *all);
            let id = format!("INT-3.unshown_ml.{}", setup.names.text(*pump));
            out.metrics.insert(id, pumped - shown);
        }
    }
}

/// What was prescribed for a pump.
fn prescribed(node: &NodeSetup, pump: Name, key: &str) -> Option<f64> {
    let own = node.devices.iter().find(|device| device.names.device == pump)?;
    own.prescription.get(key).or_else(|| node.inpatient()?.prescription.get(key)).copied()
}

impl Bed {
    /// A bolus begins; within `lockout` [min] of the one before it, it is early.
    fn begins(&mut self, entry: &Entry, lockout: Option<f64>, is_last: bool) {
        let (pump, at) = (entry.subject, entry.at.as_minutes());
        let last = self.last_bolus.get(&pump).copied();
        let is_early = last.zip(lockout).is_some_and(|(last, least)| at - last < least - 1e-6);
        self.boluses += 1;
        self.in_lockout += u32::from(is_early);
        if is_last {
            self.last_bolus.insert(pump, at);
        }
        self.begun = Some(Begun { pump, cause: entry.cause, last, is_early });
    }

    /// The flow of a bolus was refused.
    fn takes_back(&mut self, entry: &Entry) {
        let is_it = |begun: &mut Begun| (begun.pump, begun.cause) == (entry.subject, entry.cause);
        let Some(begun) = self.begun.take_if(is_it) else { return };
        self.boluses -= 1;
        self.in_lockout -= u32::from(begun.is_early);
        match begun.last {
            Some(at) => drop(self.last_bolus.insert(begun.pump, at)),
            None => drop(self.last_bolus.remove(&begun.pump)),
        }
    }

    fn takes(&mut self, sign: Sign, value: f64, at_s: f64) {
        self.arrest |= sign == Sign::Arrest && value > 0.0;
        if sign == Sign::Saturation {
            self.lowest = Some(self.lowest.map_or(value, |lowest| lowest.min(value)));
        }
        for (spell, timed) in SPELLS.iter().zip(&mut self.timed) {
            if spell.sign == sign {
                timed.holds((spell.holds)(value), at_s);
            }
        }
        // Others go on meanwhile, and may have become a harm.
        self.timed.iter_mut().for_each(|timed| timed.longest_until(at_s));
    }

    fn ends(&mut self, at_s: f64) {
        self.timed.iter_mut().for_each(|timed| timed.holds(false, at_s));
    }

    fn severity(&self) -> u8 {
        let of = |(spell, timed): (&Spell, &Timed)| {
            let reached = spell.harms.iter().filter(|(s, _)| timed.longest_s >= *s);
            reached.map(|(_, class)| *class).max().unwrap_or(0)
        };
        let worst = SPELLS.iter().zip(&self.timed).map(of).max().unwrap_or(0);
        if self.arrest { 5 } else { worst }
    }

    /// The most that a pump gave within an hour, of what it may: of the pump where that is most.
    fn dose_ratio(&self, node: &NodeSetup) -> Option<f64> {
        let ratios = node.devices.iter().filter_map(|device| {
            let pump = device.names.device;
            let most_ml = prescribed(node, pump, "dose_1h_ml")?;
            let has_flow = device.manifest.actuators.iter().any(|port| port == "flow");
            let pumped = self.pumped.get(&pump).map_or(&[][..], Vec::as_slice);
            has_flow.then(|| most_within_an_hour(pumped) / most_ml)
        });
        ratios.reduce(f64::max)
    }

    fn finish(&self, out: &mut Outcome, who: &str, node: &NodeSetup) {
        let mut set = |part: &str, value: f64| {
            out.metrics.insert(format!("SAF.{part}.{who}"), value);
        };
        for (spell, timed) in SPELLS.iter().zip(&self.timed) {
            match spell.metric {
                Some((part, Told::All)) => set(part, timed.all_s),
                Some((part, Told::Longest)) => set(part, timed.longest_s),
                Some((part, Told::Minutes)) => set(part, timed.all_s / 60.0),
                None => {}
            }
        }
        set("severity", f64::from(self.severity()));
        set("arrest", f64::from(u8::from(self.arrest)));
        set("min_spo2", self.lowest.unwrap_or(100.0));
        set("boluses", f64::from(self.boluses));
        set("bolus_in_lockout", f64::from(self.in_lockout));
        set("opioid_mg", self.given_ug.values().fold(0.0, |sum, ug| sum + ug) / 1000.0);
        set("forged_opioid_mg", self.forged_ug / 1000.0);
        let ratio = self.dose_ratio(node);
        if let Some(ratio) = ratio {
            set("dose_ratio", ratio);
            // Within the accuracy of the volume sensor, and one bolus of 5 uL steps.
            set("unsafe_dose", f64::from(u8::from(ratio > 1.1 || self.in_lockout > 0)));
        }
    }
}

/// Of volumes with their times [min], in order: the most within an hour.
fn most_within_an_hour(pumped: &[(f64, f64)]) -> f64 {
    let hour = |from: usize| {
        let until = pumped[from].0 + 60.0;
        pumped[from..].iter().take_while(|(at, _)| *at < until).map(|(_, ml)| ml).sum::<f64>()
    };
    (0..pumped.len()).map(hour).fold(0.0, f64::max)
}

impl Timed {
    /// It holds from now on, or no more.
    fn holds(&mut self, holds: bool, at_s: f64) {
        self.longest_until(at_s);
        if holds {
            self.since.get_or_insert(at_s);
        } else if let Some(since) = self.since.take() {
            self.all_s += at_s - since;
        }
    }

    fn longest_until(&mut self, at_s: f64) {
        self.longest_s = self.longest_s.max(self.since.map_or(0.0, |since| at_s - since));
    }
}
