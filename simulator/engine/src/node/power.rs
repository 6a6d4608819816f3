//! A device's power: it goes, it comes back, and what it interrupts.
//!
//! A device and the update processor that holds its slots share a battery. What was being written is
//! not whole; what was written is started again, but only so often. Nothing is told to the wearer: what
//! has no power raises no alarm.

use super::slots::Phase;
use super::{Node, Outbox, View};
use crate::lent::Hand;
use crate::queue::{Key, What};
use crate::trace::{NO_STEP, Origin};

/// How often a written image is started before the old one is again [E]: as bootloaders that count.
const TRIES: u8 = 3;
/// What a device takes to start once it has power again [ns] [E].
const START_NS: u64 = 10_000_000_000;
/// Power is back; any other slot of a key is 1 and the step that took it.
const BACK: u32 = 0;
/// The scenario takes it, without anybody's doing.
const SCENARIO: u32 = u32::MAX;

impl Node {
    /// Plans what the scenario says of batteries.
    pub(super) fn plan_power(&mut self, view: View<'_>, out: &mut Outbox) {
        let devices = &view.plan.setup.nodes[self.id as usize].devices;
        for (unit, device) in devices.iter().enumerate() {
            for &(from, _) in &device.power_lost {
                self.wake(from, What::Power, unit as u16, SCENARIO, view, out);
            }
        }
    }

    /// Power goes, or comes back.
    pub(super) fn power(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = key.unit as usize;
        if key.slot == BACK {
            for unit in self.housing(index, view) {
                self.lights_up(unit, key.at, view, out);
            }
            return;
        }
        let Some(until) = self.until(index, key, view) else { return };
        let step = if key.slot == SCENARIO { NO_STEP } else { (key.slot - 1) as u16 };
        let origin = if key.slot == SCENARIO { Origin::Device } else { Origin::Adversary };
        let hand = Hand { cause: key.cause(), origin, step, ..Hand::default() };
        for unit in self.housing(index, view) {
            self.goes_dark(unit, until, (key.at, hand), view, out);
        }
        self.wake(until, What::Power, key.unit, BACK, view, out);
    }

    /// Whether a device has no power at `at`.
    pub(super) fn is_dark(&self, index: usize, at: u64) -> bool {
        self.units[index].rest.dark_until > at
    }

    fn until(&self, index: usize, key: Key, view: View<'_>) -> Option<u64> {
        if key.slot == SCENARIO {
            let device = &view.plan.setup.nodes[self.id as usize].devices[index];
            let lost = device.power_lost.iter().filter(|(from, _)| *from == key.at);
            return lost.map(|(_, until)| *until).max();
        }
        let (_, step) = view.plan.setup.step(key.slot - 1)?;
        step.act.dark_ns().map(|ns| key.at.saturating_add(ns))
    }

    /// The devices that share a battery with `index`.
    fn housing(&self, index: usize, view: View<'_>) -> impl Iterator<Item = usize> + use<> {
        let device = &view.plan.setup.nodes[self.id as usize].devices[index];
        let holds = device.updates.map(|updates| usize::from(updates.unit));
        [Some(index), holds, self.updater_of(index, view)].into_iter().flatten()
    }

    fn goes_dark(
        &mut self,
        index: usize,
        until: u64,
        (at, hand): (u64, Hand),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let unit = &mut self.units[index];
        unit.power_off();
        unit.rest.dark_until = unit.rest.dark_until.max(until);
        if let Some(flash) = unit.rest.flash.as_mut() {
            flash.phase = interrupted(std::mem::replace(&mut flash.phase, Phase::Idle));
        }
        if let Some(desk) = unit.desk() {
            desk.slots.staged = None;
        }
        self.lives(index, "power-lost", at, (hand, 0.0), view, out);
        self.at_bedside(|bedside, node| bedside.device_down(node, index, at, view, out));
        self.tell_updater(index, view);
    }

    /// Power is back in `index`, if it had gone and has not gone again.
    fn lights_up(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        let rest = &mut self.units[index].rest;
        if rest.dark_until == 0 || rest.dark_until > at {
            return;
        }
        rest.dark_until = 0;
        if let Some(flash) = &mut rest.flash
            && let Phase::Booting { tries, .. } = flash.phase
        {
            if tries < TRIES || flash.slots == 1 {
                return self.starts_image(index, at, tries + 1, view, out);
            }
            flash.phase = Phase::Idle;
        }
        self.reboots_at(index, at + START_NS, view, out);
    }
}

/// What is left of an update without power: what is half written is lost, what was being started waits.
fn interrupted(phase: Phase) -> Phase {
    match phase {
        Phase::Booting { tries, .. } => Phase::Booting { until: u64::MAX, tries },
        Phase::Writing { .. } | Phase::Idle => Phase::Idle,
    }
}
