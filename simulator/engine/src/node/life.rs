//! A device's life: power on, a fault and the fail-safe state, the watchdog's reboot, replacement.

use std::sync::Arc;

use super::{Node, Outbox, View, update};
use crate::device::Fault;
use crate::lent::Hand;
use crate::queue::{Key, What};
use crate::trace::{Entry, Kind, NO_STEP, Name};

/// Faults within which a device is rebooted; one more quarantines it into its fail-safe state.
const REBOOTS: u32 = 3;
/// What a watchdog takes to reboot a device [ns] [E].
const REBOOT_NS: u64 = 10_000_000_000;

impl Node {
    pub(super) fn power_on(&mut self, view: View<'_>, index: usize, at: u64, out: &mut Outbox) {
        let setup = &view.plan.setup.nodes[self.id as usize].devices[index];
        let unit = &mut self.units[index];
        let recipe = match unit.rest.artefact {
            Some(artefact) => &view.plan.setup.artefacts[artefact as usize],
            None => &setup.recipe,
        };
        let terms = unit.terms();
        let hand = unit.own_hand();
        let built = recipe.build(&terms);
        let config = Arc::clone(&unit.rest.config);
        unit.lend((at, hand), view, &mut out.lent);
        let done = built.and_then(|mut device| {
            let mut started = device.start(&mut out.lent, &config);
            if let (Ok(()), Some(kept)) = (&started, out.lent.kept_state()) {
                started = device.load(&mut out.lent, &kept);
            }
            unit.device = Some(device);
            started
        });
        unit.take_back(&mut out.lent);
        self.finish(index, at, hand, done, view, out);
    }

    pub(super) fn fault(
        &mut self,
        index: usize,
        at: u64,
        fault: &Fault,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let unit = &mut self.units[index];
        unit.power_off();
        let rest = &mut unit.rest;
        rest.faults += 1;
        rest.not_lent = matches!(fault, Fault::NotLent { .. }) && rest.artefact.is_none();
        let spent = matches!(fault, Fault::NotLent { .. }) || rest.faults > REBOOTS;
        let back = rest.previous.take_if(|_| spent);
        let lasting = spent && back.is_none();
        if view.recording
            && let Some(desk) = unit.rest.desk.as_deref()
        {
            let names = &view.plan.setup.names;
            let find = |text: &str| names.find(text).unwrap_or_default();
            let hand = unit.own_hand();
            let object = match fault {
                Fault::NotLent { import } => find(import),
                _ => Name(0),
            };
            let entry = desk.entry(at, &hand, Kind::Fault);
            out.lent.entries.push(Entry { verb: find(fault.word()), object, ..entry });
        }
        let word = match (lasting, &back) {
            (true, _) => "fail-safe",
            (false, Some(_)) => "rolled-back",
            (false, None) => "down",
        };
        let value = back.as_ref().map_or(0.0, |slot| f64::from(slot.version));
        let hand = self.units[index].own_hand();
        self.lives(index, word, at, (hand, value), view, out);
        if let Some(slot) = back {
            self.go_back(index, *slot, view);
        }
        self.at_bedside(|bedside, node| bedside.device_down(node, index, at, view));
        if !lasting {
            self.wake(at + REBOOT_NS, What::Reboot, index as u16, 0, view, out);
        }
    }

    pub(super) fn reboot(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = key.unit as usize;
        if key.slot >= update::IMAGES {
            return self.boot(key, view, out);
        }
        if key.slot > 0 {
            // An artefact takes the device's place: slot is its index + 1.
            let unit = &mut self.units[index];
            unit.rest.artefact = Some(key.slot - 1);
            unit.rest.faults = 0;
            unit.forget_state();
            let step = view.plan.setup.installing_step(key.slot - 1);
            unit.compromised = step.unwrap_or(NO_STEP);
            unit.power_off();
        }
        self.power_on(view, index, key.at, out);
        let unit = &self.units[index];
        if unit.device.is_some() {
            let word = if unit.compromised == NO_STEP { "rebooted" } else { "replaced" };
            self.lives(index, word, key.at, (unit.own_hand(), 0.0), view, out);
        }
    }

    /// Writes a moment of a device's life to the trace.
    pub(super) fn lives(
        &self,
        index: usize,
        word: &str,
        at: u64,
        (hand, value): (Hand, f64),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if let (true, Some(desk)) = (view.recording, self.units[index].rest.desk.as_deref()) {
            let verb = view.plan.setup.names.find(word).unwrap_or_default();
            let entry = desk.entry(at, &hand, Kind::Life);
            out.lent.entries.push(Entry { verb, value, ..entry });
        }
    }
}
