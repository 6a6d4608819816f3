//! An update: the spare slot is started, and the old one runs on if that fails.

use std::sync::Arc;

use super::unit::{Slot, Unit};
use super::{Node, Outbox, View};
use crate::device::Setting;
use crate::firmware::FirmwareSetup;
use crate::lent::Hand;
use crate::queue::{Key, What};
use crate::trace::NO_STEP;

/// What starting another image takes [ns] [E]: nothing is delivered meanwhile.
const BOOT_NS: u64 = 30_000_000_000;
/// Slots of reboots from here on are images; the last is one that cannot be started.
pub(super) const IMAGES: u32 = 1 << 16;
const UNBOOTABLE: u32 = u32::MAX;

impl Node {
    /// The update processor `index` starts what it staged, in the device whose slots it holds.
    pub(super) fn activate(
        &mut self,
        index: usize,
        (at, cause): (u64, u64),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let setup = &view.plan.setup;
        let Some(updates) = setup.nodes[self.id as usize].devices[index].updates else { return };
        let staged = self.units[index].desk().and_then(|desk| desk.slots.staged.take());
        let Some(staged) = staged else { return };
        let is_it = |f: &FirmwareSetup| (f.digest, f.version) == (staged.digest, staged.version);
        let image = setup.firmware.iter().position(is_it).filter(|_| staged.whole);
        let slot = image.map_or(UNBOOTABLE, |image| IMAGES + image as u32);
        let target = updates.unit as usize;
        self.units[target].power_off();
        let hand = Hand { cause, step: NO_STEP, ..self.units[target].own_hand() };
        self.lives(target, "down", at, (hand, 0.0), view, out);
        self.at_bedside(|bedside, node| bedside.device_down(node, target, at, view));
        self.wake(at + BOOT_NS, What::Reboot, updates.unit, slot, view, out);
    }

    /// The time to start an image is over.
    pub(super) fn boot(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = key.unit as usize;
        let hand = |unit: &Unit, step| Hand { cause: key.cause(), step, ..unit.own_hand() };
        let image = key.slot.wrapping_sub(IMAGES);
        let Some(firmware) = view.plan.setup.firmware.get(image as usize) else {
            let hand = hand(&self.units[index], NO_STEP);
            self.lives(index, "boot-failed", key.at, (hand, 0.0), view, out);
            return self.reboot(key.slot(0), view, out);
        };
        let step = view.plan.setup.flashing_step(image).unwrap_or(NO_STEP);
        let before = self.version(index, view);
        let unit = &mut self.units[index];
        let previous = Slot {
            artefact: unit.rest.artefact,
            config: Arc::clone(&unit.rest.config),
            compromised: unit.compromised,
            version: before,
        };
        unit.rest.config = overlaid(&unit.rest.config, &firmware.config);
        unit.rest.artefact = Some(firmware.artefact);
        unit.rest.faults = 0;
        unit.rest.previous = Some(Box::new(previous));
        unit.compromised = if firmware.hostile { step } else { NO_STEP };
        if firmware.hostile {
            unit.forget_state();
        }
        self.runs_version(index, firmware.version, view);
        let word = if firmware.hostile { "replaced" } else { "updated" };
        let hand = hand(&self.units[index], step);
        self.lives(index, word, key.at, (hand, f64::from(firmware.version)), view, out);
        self.power_on(view, index, key.at, out);
    }

    /// What ran before the last update runs again.
    pub(super) fn go_back(&mut self, index: usize, slot: Slot, view: View<'_>) {
        let unit = &mut self.units[index];
        (unit.rest.artefact, unit.rest.config) = (slot.artefact, slot.config);
        (unit.compromised, unit.rest.faults) = (slot.compromised, 0);
        self.runs_version(index, slot.version, view);
    }

    /// The update processor that holds the slots of `index`.
    fn updater_of(&self, index: usize, view: View<'_>) -> Option<usize> {
        let devices = &view.plan.setup.nodes[self.id as usize].devices;
        devices.iter().position(|d| d.updates.is_some_and(|u| usize::from(u.unit) == index))
    }

    fn version(&mut self, index: usize, view: View<'_>) -> u32 {
        let updater = self.updater_of(index, view);
        let desk = updater.and_then(|updater| self.units[updater].desk());
        desk.and_then(|desk| desk.slots.version).unwrap_or(0)
    }

    fn runs_version(&mut self, index: usize, version: u32, view: View<'_>) {
        let updater = self.updater_of(index, view);
        if let Some(desk) = updater.and_then(|updater| self.units[updater].desk()) {
            desk.slots.version = Some(version);
        }
    }
}

/// A device's config with what an image does otherwise.
fn overlaid(config: &[Setting], other: &[Setting]) -> Arc<[Setting]> {
    let is_kept = |own: &&Setting| other.iter().all(|setting| setting.key != own.key);
    config.iter().filter(is_kept).chain(other).cloned().collect()
}
