//! A device's life: power on, a fault and the fail-safe state, the watchdog's reboot, replacement.

use std::sync::Arc;

use super::slots::{Chosen, Held};
use super::{Node, Outbox, View, update};
use crate::device::{Fault, Setting};
use crate::lent::Hand;
use crate::queue::{Key, What};
use crate::trace::{Entry, Kind, Name};

/// Faults within which a device is rebooted; one more quarantines it into its fail-safe state.
const REBOOTS: u32 = 3;
/// What a watchdog takes to reboot a device [ns] [E].
const REBOOT_NS: u64 = 10_000_000_000;

impl Node {
    /// Starts a device from whichever of its slots may be.
    pub(super) fn power_on(&mut self, view: View<'_>, index: usize, at: u64, out: &mut Outbox) {
        if at > 0 && !self.is_dark(index, at) {
            self.reconnect(index, at, view, out);
        }
        if !self.is_dark(index, at) && self.choose_slot(index, at, view, out) != Chosen::None {
            self.start_up(index, at, view, out);
        }
    }

    /// Starts what lies in the active slot.
    pub(super) fn start_up(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        let Some(recipe) = self.recipe(index, view) else { return };
        let unit = &mut self.units[index];
        // Whatever was to start it is overtaken.
        unit.power_off();
        unit.rest.reboot_at = 0;
        let terms = unit.terms();
        let hand = unit.own_hand();
        let built = recipe.build(&terms);
        let config = overlaid(&unit.rest.config, &unit.rest.slot.config);
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
        self.tell_updater(index, view);
        self.await_confirmation(index, at, view, out);
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
        let is_own = rest.slot.held == Held::Model;
        rest.not_lent = matches!(fault, Fault::NotLent { .. }) && is_own;
        let spent = matches!(fault, Fault::NotLent { .. }) || rest.faults > REBOOTS;
        let back = rest.other.take_if(|other| spent && other.held != Held::Torn);
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
        let value = back.as_ref().map_or(0.0, |slot| f64::from(slot.version()));
        let hand = self.units[index].own_hand();
        self.lives(index, word, at, (hand, value), view, out);
        if let Some(slot) = back {
            self.units[index].rest.faults = 0;
            self.units[index].holds(*slot);
        }
        self.at_bedside(|bedside, node| bedside.device_down(node, index, at, view, out));
        self.tell_updater(index, view);
        if !lasting {
            self.reboots_at(index, at + REBOOT_NS, view, out);
        }
    }

    /// It will be started again, unless something else does that before.
    pub(super) fn reboots_at(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        self.units[index].rest.reboot_at = at;
        self.wake(at, What::Reboot, index as u16, 0, view, out);
    }

    /// A device is started again, or started with what somebody put into it by hand.
    pub(super) fn reboot(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = key.unit as usize;
        match key.slot {
            update::IMAGES.. => return self.write_by_hand(key, view, out),
            1.. => self.put_by_hand(index, key, view),
            0 if self.units[index].rest.reboot_at != key.at => return,
            0 => {}
        }
        self.power_on(view, index, key.at, out);
        self.is_back(index, key.at, view, out);
    }

    /// A device is started from the slot that was chosen instead of another.
    pub(super) fn restart(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        self.start_up(index, at, view, out);
        self.is_back(index, at, view, out);
    }

    /// Says what runs again: what ran before, or what was put there meanwhile and by which step.
    fn is_back(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        let unit = &mut self.units[index];
        if unit.device.is_none() {
            return;
        }
        let is_new = std::mem::take(&mut unit.rest.is_new);
        let (slot, own) = (&unit.rest.slot, unit.own_hand());
        let word = match (slot.hostile, is_new) {
            (true, _) => "replaced",
            (false, true) => "updated",
            (false, false) => "rebooted",
        };
        let hand = if is_new { Hand { step: slot.by, ..own } } else { own };
        let version = f64::from(slot.version());
        self.lives(index, word, at, (hand, version), view, out);
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

/// A device's config with what an image does otherwise.
fn overlaid(config: &Arc<[Setting]>, other: &[Setting]) -> Arc<[Setting]> {
    if other.is_empty() {
        return Arc::clone(config);
    }
    let is_kept = |own: &&Setting| other.iter().all(|setting| setting.key != own.key);
    config.iter().filter(is_kept).chain(other).cloned().collect()
}
