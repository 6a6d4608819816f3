//! A patient in a hospital bed whose vital signs are given: for monitors, stations and staff.
//!
//! No physiology: an author writes a course, and between its points vital signs change evenly; so it
//! is valid for no question about therapy. Sensors are those of models.md 3.3: a finger 15 s late with a
//! mean of 8 s, a capnograph that counts over half a minute; see [`super::contact`] for what is stuck on.
//! Each breath is noticed where a device notices breaths.
//!
//! Care: naloxone, or oxygen with a voice, brings who `recovers` back to their first signs within three
//! minutes [E]; otherwise nothing does.
//!
//! Left out: everything that a body does, cuffs (the mean pressure is given), children.

use super::contact::Contact;
use super::{Bedside, Probe, Set};
use crate::node::{Node, Outbox, View, entry};
use crate::patient::opioid::{Capnograph, Oximeter};
use crate::people::{Care, CourseSetup, Looks, Signs};
use crate::queue::{Key, What};
use crate::seed::Keyed;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Name};

const SECOND: u64 = 1_000_000_000;
/// How long care takes to work [min] [E].
const RECOVERY_MIN: f64 = 3.0;
/// Body temperature [degC] (models.md 4.1).
const TEMPERATURE_C: f64 = 36.8;

/// What is said of the patient, and by which step it has to change for that.
const SAID: [(&str, f64); 5] =
    [("heart-rate", 1.0), ("spo2", 0.5), ("resp-rate", 0.5), ("etco2", 1.0), ("map", 2.0)];

/// The patient.
pub(crate) struct Course {
    setup: CourseSetup,
    contact: Contact,
    oximeter: Oximeter,
    capnograph: Capnograph,
    probes: [Probe; 7],
    words: [Name; SAID.len()],
    said: [f64; SAID.len()],
    signs: Signs,
    /// Since when care works [min], and how they were then.
    cared: Option<(f64, Signs)>,
    oxygen: bool,
}

impl Course {
    pub(crate) fn new(setup: &CourseSetup, luck: Keyed, view: View<'_>, node: u32) -> Self {
        let devices = &view.plan.setup.nodes[node as usize].devices;
        let signs = setup.at(0.0);
        let names = ["heart-rate", "spo2", "resp-rate", "etco2", "map", "temperature", "breath"];
        Self {
            oximeter: Oximeter::new(signs.spo2 / 100.0),
            capnograph: Capnograph::new(signs.resp_rate, signs.etco2),
            probes: names.map(|name| Probe::of(devices, name)),
            words: SAID.map(|(word, _)| view.plan.setup.names.find(word).unwrap_or_default()),
            said: [f64::NAN; SAID.len()],
            cared: None,
            oxygen: false,
            contact: Contact::new(setup.unrest, luck),
            setup: setup.clone(),
            signs,
        }
    }

    /// The signs at `min`, with care.
    fn signs_at(&self, min: f64) -> Signs {
        let own = self.setup.at(min);
        match self.cared {
            Some((since, then)) if self.setup.recovers => {
                then.towards(self.setup.at(0.0), (min - since) / RECOVERY_MIN)
            }
            _ => own,
        }
    }

    fn second(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        self.signs = self.signs_at(now as f64 / MINUTE as f64);
        self.say(node.id, now, view, out);
        self.contact.second(now);
        let finger = self.oximeter.second(self.signs.spo2 / 100.0);
        let breath = self.capnograph.second(self.signs.resp_rate, self.signs.etco2);
        let beats = self.signs.heart_rate > 0.0;
        let values = [
            self.contact.heart_rate(self.signs.heart_rate),
            self.contact.spo2(now, finger).filter(|_| beats),
            Some(breath.rate_per_min),
            Some(libm::floor(breath.etco2_mmhg + 0.5)),
            Some(self.signs.map),
            Some(TEMPERATURE_C),
        ];
        self.probes.iter().zip(values).for_each(|(probe, value)| probe.reads(node, value));
        if breath.since_breath_s == 0 {
            self.probes[6].notices(node, 1.0, now);
        }
    }

    fn say(&mut self, id: u32, now: u64, view: View<'_>, out: &mut Outbox) {
        let s = self.signs;
        let values = [s.heart_rate, s.spo2, s.resp_rate, s.etco2, s.map];
        for (which, value) in values.into_iter().enumerate() {
            let step = SAID[which].1;
            let value = libm::floor(value / step + 1e-9) * step;
            let is_said = self.said[which].to_bits() == value.to_bits();
            self.said[which] = value;
            if view.recording && !is_said {
                let (subject, object) = (self.setup.name, self.words[which]);
                let vital = entry(id, now, Kind::Vital);
                out.lent.entries.push(Entry { subject, object, value, ..vital });
            }
        }
    }
}

impl Bedside for Course {
    fn start(&mut self, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        self.second(node, 0, view, out);
        node.wake(SECOND, What::Patient, 0, 0, view, out);
    }

    fn due(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        self.second(node, key.at, view, out);
        node.wake(key.at + SECOND, What::Patient, 0, 0, view, out);
    }

    /// Nothing that is infused does anything here.
    fn set(&mut self, _node: &mut Node, _set: Set, _at: u64, _view: View<'_>, _out: &mut Outbox) {}

    fn care(&mut self, _node: &mut Node, care: Care, at: u64, _view: View<'_>, _out: &mut Outbox) {
        let works = match care {
            Care::Stimulate => self.oxygen,
            Care::Oxygen { .. } => !std::mem::replace(&mut self.oxygen, true),
            Care::Naloxone { .. } => true,
        };
        if works && self.cared.is_none() {
            self.cared = Some((at as f64 / MINUTE as f64, self.signs));
        }
    }

    /// Somebody is at the bed: what came off is put on again.
    fn looked_at(&mut self) {
        self.contact.put_on();
    }

    fn looks(&self) -> Looks {
        Looks {
            resp_rate_per_min: Some(self.signs.resp_rate),
            spo2_percent: Some(self.signs.spo2),
            heart_rate_per_min: Some(self.signs.heart_rate),
        }
    }
}
