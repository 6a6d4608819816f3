//! Alarms that staff hear, and a nurse at the bed: what they see, and what they do about it.
//!
//! A nurse looks at the patient and not at the screens: breathing and pulse are counted, colour is seen.
//! Where the patient model shows nothing, what the sensors here measure stands for it, which no
//! software alters. What is done is an estimate of usual practice [E]: who breathes too little is
//! spoken to, gets oxygen, the pumps that infuse are stopped, and naloxone if that was not enough. Where
//! somebody is well, an interlock that had stopped a pump is cleared.
//!
//! Left out: who starts a stopped pump again, mistakes at the bed, other treatment, calls for a doctor that change anything.

use super::{Node, Outbox, Pressed, View, entry};
use crate::lent::Hand;
use crate::people::{Care, Looks};
use crate::queue::{Key, What};
use crate::staff::{HELPED, ILL, WELL};
use crate::trace::{Entry, Kind, Origin};

/// Oxygen by mask at 6 L/min (models.md 3.3).
const MASK_FIO2: f64 = 0.40;
/// A dose of naloxone [mg] (models.md 3.4), again after so many times of help.
const NALOXONE_MG: f64 = 0.4;
const NALOXONE_EVERY: u32 = 3;
/// What a device shows in the field `sound` that nobody hears.
const MUTE: f64 = 0.0;

impl Node {
    /// Something that another entity learns a window later.
    pub(crate) fn tell(
        &mut self,
        (to, unit): (u32, u16),
        at: u64,
        what: What,
        slot: u32,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let at = at + view.plan.setup.lookahead_ns();
        let key = Key::new(at, what, to, self.id, self.next_ordinal());
        out.keys.push(key.unit(unit).slot(slot));
    }

    /// Who looks after this place hears an alarm of one of its devices, unless its sound is off.
    pub(super) fn ring(
        &mut self,
        (unit, alarm, priority): (usize, u32, u8),
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let setup = &view.plan.setup.nodes[self.id as usize];
        if setup.heard_by.is_empty() {
            return;
        }
        let field = setup.devices[unit].manifest.fields.iter().position(|own| own == "sound");
        let shown = field.zip(self.units[unit].desk()).map(|(field, desk)| desk.shown[field]);
        if priority > 0 && shown.is_some_and(|shown| shown.to_bits() == MUTE.to_bits()) {
            return;
        }
        for &staff in &setup.heard_by {
            let slot = alarm | u32::from(priority) << 16;
            self.tell((staff, unit as u16), at, What::Heard, slot, view, out);
        }
    }

    /// A nurse is at the bed, and has helped to breathe so often on this way (`slot`).
    pub(super) fn visit(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let looks = self.looks(view);
        self.at_bedside(|bedside, _| bedside.looked_at());
        let is_ill = looks.is_ill();
        self.does(key, if is_ill { "finds-ill" } else { "finds-well" }, 0.0, view, out);
        if looks.breathes_too_little() {
            self.helps_breathing(looks, key, view, out);
        } else if is_ill {
            self.does(key, "calls-for-help", 0.0, view, out);
        }
        self.press_all("acknowledge", None, key, view, out);
        if !is_ill {
            self.press_all("clear", None, key, view, out);
        }
        let found = match is_ill {
            _ if looks.breathes_too_little() => HELPED,
            true => ILL,
            false => WELL,
        };
        self.tell((key.source(), key.unit), key.at, What::Found, found, view, out);
    }

    fn helps_breathing(&mut self, looks: Looks, key: Key, view: View<'_>, out: &mut Outbox) {
        let is_first = key.slot == 0;
        self.care(Care::Stimulate, "stimulates", key, view, out);
        if is_first {
            self.care(Care::Oxygen { fio2: MASK_FIO2 }, "gives-oxygen", key, view, out);
        }
        if self.press_all("stop", Some("flow"), key, view, out) && is_first {
            self.does(key, "stops-pump", 0.0, view, out);
        }
        let enough = is_first && !looks.is_urgent();
        if !enough && key.slot.is_multiple_of(NALOXONE_EVERY) || key.slot == 1 {
            self.care(Care::Naloxone { mg: NALOXONE_MG }, "gives-naloxone", key, view, out);
        }
    }

    /// The patient as a nurse sees them.
    fn looks(&mut self, view: View<'_>) -> Looks {
        let mut seen = Looks::default();
        self.at_bedside(|bedside, _| seen = bedside.looks());
        let mut or = |own: Option<f64>, sensor: &str| own.or_else(|| self.sensed(sensor, view));
        Looks {
            resp_rate_per_min: or(seen.resp_rate_per_min, "resp-rate"),
            spo2_percent: or(seen.spo2_percent, "spo2"),
            heart_rate_per_min: or(seen.heart_rate_per_min, "heart-rate"),
        }
    }

    /// What a sensor of this name measures here.
    fn sensed(&mut self, name: &str, view: View<'_>) -> Option<f64> {
        let devices = &view.plan.setup.nodes[self.id as usize].devices;
        devices.iter().zip(self.units.iter_mut()).find_map(|(device, unit)| {
            let port = device.manifest.sensors.iter().position(|own| own == name)?;
            unit.desk()?.sensors.get(port).copied().flatten()
        })
    }

    fn care(&mut self, care: Care, word: &str, key: Key, view: View<'_>, out: &mut Outbox) {
        let value = match care {
            Care::Stimulate => 0.0,
            Care::Oxygen { fio2 } => fio2,
            Care::Naloxone { mg } => mg,
        };
        self.does(key, word, value, view, out);
        self.at_bedside(|bedside, node| bedside.care(node, care, key.at, view, out));
        self.run_errands(view, out);
    }

    /// Presses a key wherever a device here has it, of those with `actuator` if that is asked for;
    /// whether there was one.
    fn press_all(
        &mut self,
        input: &str,
        actuator: Option<&str>,
        key: Key,
        view: View<'_>,
        out: &mut Outbox,
    ) -> bool {
        let mut pressed = false;
        for unit in 0..self.units.len() {
            let manifest = &view.plan.setup.nodes[self.id as usize].devices[unit].manifest;
            let has = |name: &str| manifest.actuators.iter().any(|own| own == name);
            let found = manifest.inputs.iter().position(|own| own == input);
            let Some(input) = found.filter(|_| actuator.is_none_or(has)) else { continue };
            let hand = Hand { cause: key.cause(), origin: Origin::Person, ..Hand::default() };
            let press = Pressed { unit, input: input as u32, value: 1.0, at: key.at, hand };
            self.press(press, view, out);
            pressed = true;
        }
        pressed
    }

    /// Staff did something for the patient here.
    fn does(&self, key: Key, word: &str, value: f64, view: View<'_>, out: &mut Outbox) {
        if view.recording {
            let verb = view.plan.setup.names.find(word).unwrap_or_default();
            let (subject, origin) = (view.plan.setup.nodes[self.id as usize].name, Origin::Person);
            let object = view.plan.setup.nodes[key.source() as usize].name;
            let own = entry(self.id, key.at, Kind::Act);
            out.lent.entries.push(Entry {
                cause: key.cause(),
                subject,
                object,
                verb,
                value,
                origin,
                ..own
            });
        }
    }
}
