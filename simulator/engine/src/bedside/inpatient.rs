//! A patient in a hospital bed who gets opioids: infusion pumps, sensors, a button in their hand.
//!
//! Each second what the pumps' hardware delivered in it runs in, breathing and drugs go one second
//! on, sensors are refreshed, and the patient presses the button as pain and sedation let them
//! (models.md 3.2). Clinicians key in what the scenario orders; staff's care acts on the body, and what
//! is stuck on comes off ([`super::contact`]). A vital
//! sign is said when it has changed by its step (half a percent of saturation, half a breath, 1 mmHg,
//! 5 of heart rate, a tenth of C50, half a point of pain), and holds until it is said again.
//!
//! Left out: other drugs, other lines into the same vein, visitors who press the button, sleep.

use super::contact::Contact;
use super::{Bedside, Probe, Set};
use crate::lent::Hand;
use crate::node::{Errand, Node, Outbox, Pressed, View, entry};
use crate::patient::opioid::{Capnogram, Capnograph, Drug, OpioidPatient, Oximeter, Vitals};
use crate::people::{Care, InpatientSetup, Looks, Mishap};
use crate::queue::{Key, What};
use crate::seed::Keyed;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Name, Origin};

mod pump;

use pump::Pump;

const SECOND: u64 = 1_000_000_000;
/// Draws: presses of the button, times of orders.
const PRESSES: u64 = 20;
const ORDERS: u64 = 22;
/// Person slots from here on are mishaps, in their order.
const MISHAPS: u32 = 1 << 16;

/// What the bedside says, by name, and the step by which it is said.
const SAID: [(&str, f64); 7] = [
    ("spo2", 0.5),
    ("resp-rate", 0.5),
    ("etco2", 1.0),
    ("heart-rate", 5.0),
    ("effect-ratio", 0.1),
    ("pain", 0.5),
    ("arrest", 1.0),
];

/// Sensors that watch the patient.
struct Probes {
    heart_rate: Probe,
    spo2: Probe,
    resp_rate: Probe,
    etco2: Probe,
    breath: Probe,
    map: Probe,
    temperature: Probe,
}

/// A patient with pumps and people.
pub(crate) struct Inpatient {
    setup: InpatientSetup,
    patient: OpioidPatient,
    vitals: Vitals,
    oximeter: Oximeter,
    capnograph: Capnograph,
    contact: Contact,
    pumps: Vec<Pump>,
    probes: Probes,
    luck: Keyed,
    said: [f64; SAID.len()],
    words: [Name; SAID.len()],
    volume: Name,
    pressed: Name,
    care: [Name; 3],
    drugs: [Name; 3],
    /// Since it was last said, by drug [ug]: in all, and forged.
    unsaid_ug: [(f64, f64); 3],
    temperature_c: f64,
}

impl Inpatient {
    pub(crate) fn new(
        setup: &InpatientSetup,
        mut patient: OpioidPatient,
        luck: Keyed,
        view: View<'_>,
        node: u32,
    ) -> Self {
        let devices = &view.plan.setup.nodes[node as usize].devices;
        let name = |text: &str| view.plan.setup.names.find(text).unwrap_or_default();
        let vitals = patient.vitals();
        let breath = &vitals.breath;
        let probe = |port: &str| Probe::of(devices, port);
        Self {
            oximeter: Oximeter::new(breath.saturation),
            capnograph: Capnograph::new(breath.rate_per_min, breath.etco2_mmhg()),
            contact: Contact::new(setup.unrest, luck),
            pumps: devices.iter().enumerate().filter_map(|(i, d)| Pump::of(i, d)).collect(),
            probes: Probes {
                heart_rate: probe("heart-rate"),
                spo2: probe("spo2"),
                resp_rate: probe("resp-rate"),
                etco2: probe("etco2"),
                breath: probe("breath"),
                map: probe("map"),
                temperature: probe("temperature"),
            },
            luck,
            said: [f64::NAN; SAID.len()],
            words: SAID.map(|(word, _)| name(word)),
            volume: name("volume"),
            pressed: name("button"),
            care: ["stimulate", "oxygen", "naloxone"].map(name),
            drugs: Drug::ALL.map(|drug| name(drug.as_str())),
            unsaid_ug: [(0.0, 0.0); 3],
            temperature_c: 36.8,
            setup: setup.clone(),
            patient,
            vitals,
        }
    }

    /// What the second brought that is over.
    fn second(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let now = key.at;
        let ug = self.infused(node, now);
        self.patient.second(&self.vitals, ug);
        self.vitals = self.patient.vitals();
        if now.is_multiple_of(MINUTE) {
            self.say_delivered(node, now, view, out);
        }
        self.say_vitals(node.id, now, view, out);
        self.refresh(node, now);
        self.hold_to_limits(node, now, view, out);
        self.presses(node, key, view, out);
    }

    /// Runs the pumps until now: what of each drug reached the patient [ug].
    fn infused(&mut self, node: &mut Node, now: u64) -> [f64; 3] {
        let mut ug = [0.0; 3];
        for pump in &mut self.pumps {
            let given = pump.fluidics.deliver(now);
            pump.unsaid_ml += given.pumped_ml;
            if let Some(desk) = node.units[pump.unit].desk() {
                desk.dose.deliver(now, given.pumped_ml);
            }
            if let Some(drug) = pump.drug {
                ug[drug as usize] += given.drug_ml * pump.ug_per_ml;
                let unsaid = &mut self.unsaid_ug[drug as usize];
                unsaid.0 += given.drug_ml * pump.ug_per_ml;
                unsaid.1 += given.forged_ml * pump.ug_per_ml;
            }
        }
        ug
    }

    /// Each minute: what left each pump, and what of each drug ran in.
    fn say_delivered(&mut self, node: &Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let devices = &view.plan.setup.nodes[node.id as usize].devices;
        let delivered = entry(node.id, now, Kind::Deliver);
        let mut say = |entry: Entry| {
            if view.recording && entry.value > 0.0 {
                out.lent.entries.push(entry);
            }
        };
        for pump in &mut self.pumps {
            let value = std::mem::take(&mut pump.unsaid_ml);
            let (subject, object) = (devices[pump.unit].names.device, self.volume);
            say(Entry { subject, object, value, ..delivered });
        }
        let subject = self.setup.name;
        for (object, unsaid) in self.drugs.into_iter().zip(&mut self.unsaid_ug) {
            let (value, forged) = std::mem::take(unsaid);
            say(Entry { subject, object, value, ..delivered });
            let origin = Origin::Adversary;
            say(Entry { subject, object, value: forged, origin, ..delivered });
        }
    }

    fn say_vitals(&mut self, id: u32, now: u64, view: View<'_>, out: &mut Outbox) {
        let v = &self.vitals;
        let values = [
            100.0 * v.breath.saturation,
            v.breath.rate_per_min,
            v.breath.etco2_mmhg(),
            v.heart_rate_per_min,
            v.ratio_to_c50,
            v.pain,
            f64::from(u8::from(v.is_arrested)),
        ];
        for (i, value) in values.into_iter().enumerate() {
            let step = SAID[i].1;
            let value = libm::floor(value / step + 1e-9) * step;
            let is_said = self.said[i].to_bits() == value.to_bits();
            self.said[i] = value;
            if view.recording && !is_said {
                let (subject, object) = (self.setup.name, self.words[i]);
                let vital = entry(id, now, Kind::Vital);
                out.lent.entries.push(Entry { subject, object, value, ..vital });
            }
        }
    }

    fn refresh(&mut self, node: &mut Node, now: u64) {
        let (breath, arrested) = (&self.vitals.breath, self.vitals.is_arrested);
        let finger = self.oximeter.second(breath.saturation);
        let Capnogram { rate_per_min, etco2_mmhg, since_breath_s } =
            self.capnograph.second(breath.rate_per_min, breath.etco2_mmhg());
        self.contact.second(now);
        let probes = &self.probes;
        let heart_rate = libm::floor(self.vitals.heart_rate_per_min + 0.5);
        probes.heart_rate.reads(node, self.contact.heart_rate(heart_rate));
        // Without a pulse the oximeter finds nothing.
        probes.spo2.reads(node, self.contact.spo2(now, finger).filter(|_| !arrested));
        if since_breath_s == 0 {
            probes.breath.notices(node, 1.0, now);
        }
        probes.resp_rate.reads(node, Some(rate_per_min));
        probes.etco2.reads(node, Some(libm::floor(etco2_mmhg + 0.5)));
        probes.map.reads(node, Some(libm::floor(self.vitals.map_mmhg + 0.5)));
        probes.temperature.reads(node, Some(self.temperature_c));
        for pump in &mut self.pumps {
            pump.warms();
            pump.senses(node, now);
        }
    }

    /// A flow beyond the prescription ends when what it delivered has used up a dose limit: the
    /// envelope is held where the drug leaves, whatever the device believes.
    fn hold_to_limits(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        for pump in &mut self.pumps {
            let hand = node.units[pump.unit].own_hand();
            let Some(desk) = node.units[pump.unit].desk() else { continue };
            let prescribed = desk.dose.prescribed(pump.flow_port as usize);
            if pump.fluidics.flow_ml_per_h() <= prescribed {
                continue;
            }
            let Some(limit) = desk.dose.used_up(now, pump.flow_port as usize) else { continue };
            pump.fluidics.set_flow(now, prescribed, 0.0);
            if view.recording {
                let limited = desk.limited(now, &hand, (pump.flow_port, prescribed), limit);
                out.lent.entries.push(limited);
            }
        }
    }

    /// The patient presses the button, as often as pain makes them.
    fn presses(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let (now, cause) = (key.at, key.cause());
        let chance = self.patient.presses_per_min(&self.vitals) / 60.0;
        if self.luck.uniform(PRESSES, now / SECOND) >= chance {
            return;
        }
        let button = self.pumps.iter().find_map(|pump| Some((pump.unit, pump.button?)));
        let Some((unit, input)) = button else { return };
        self.says(node.id, now, self.pressed, 1.0, view, out);
        press(node, (unit, input, 1.0), (now, cause));
    }

    fn says(&self, id: u32, now: u64, verb: Name, value: f64, view: View<'_>, out: &mut Outbox) {
        if view.recording {
            let (subject, origin) = (self.setup.name, Origin::Person);
            let act = entry(id, now, Kind::Act);
            out.lent.entries.push(Entry { subject, verb, value, origin, ..act });
        }
    }
}

fn press(node: &mut Node, (unit, input, value): (usize, u32, f64), (at, cause): (u64, u64)) {
    let hand = Hand { cause, origin: Origin::Person, ..Hand::default() };
    node.runs(Errand::Press(Pressed { unit, input, value, at, hand }));
}

impl Bedside for Inpatient {
    fn start(&mut self, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        self.say_vitals(node.id, 0, view, out);
        self.refresh(node, 0);
        node.wake(SECOND, What::Patient, 0, 0, view, out);
        for (slot, order) in self.setup.orders.iter().enumerate() {
            let first = order.at.at(self.luck.uniform(ORDERS, u64::from(order.first))).max(0.0);
            let at = (first * MINUTE as f64 + order.after_s * SECOND as f64) as u64;
            node.wake(at, What::Person, 0, slot as u32, view, out);
        }
        for (mishap, slot) in self.setup.mishaps.iter().zip(MISHAPS..) {
            let at = (mishap.at_min.max(0.0) * MINUTE as f64) as u64;
            node.wake(at, What::Person, mishap.unit as u16, slot, view, out);
        }
    }

    fn due(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        self.second(node, key, view, out);
        node.wake(key.at + SECOND, What::Patient, 0, 0, view, out);
    }

    fn act(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        match key.slot {
            MISHAPS.. => {
                let mishap = self.setup.mishaps.get((key.slot - MISHAPS) as usize).copied();
                let Some(Mishap { unit, what, .. }) = mishap else { return };
                self.pumps.iter_mut().filter(|pump| pump.unit == unit).for_each(|p| p.meets(what));
            }
            slot => {
                let Some(order) = self.setup.orders.get(slot as usize).cloned() else { return };
                self.says(node.id, key.at, order.word, order.value, view, out);
                press(node, (order.unit, order.input, order.value), (key.at, key.cause()));
            }
        }
    }

    fn set(&mut self, node: &mut Node, set: Set, at: u64, _view: View<'_>, _out: &mut Outbox) {
        let at_port = |pump: &&mut Pump| pump.unit == set.unit && pump.flow_port == set.port;
        if let Some(pump) = self.pumps.iter_mut().find(at_port) {
            pump.set(node, set, at);
        }
    }

    fn care(&mut self, node: &mut Node, care: Care, at: u64, view: View<'_>, out: &mut Outbox) {
        let (word, value) = match care {
            Care::Stimulate => {
                self.patient.stimulate();
                (0, 1.0)
            }
            Care::Oxygen { fio2 } => {
                self.patient.breathe(fio2.clamp(0.21, 1.0));
                (1, fio2)
            }
            Care::Naloxone { mg } => {
                self.patient.naloxone(mg.clamp(0.0, 10.0));
                (2, mg)
            }
        };
        self.says(node.id, at, self.care[word], value, view, out);
    }

    fn looked_at(&mut self) {
        self.contact.put_on();
    }

    fn looks(&self) -> Looks {
        Looks {
            resp_rate_per_min: Some(self.vitals.breath.rate_per_min),
            spo2_percent: Some(100.0 * self.vitals.breath.saturation),
            heart_rate_per_min: Some(self.vitals.heart_rate_per_min),
        }
    }
}
