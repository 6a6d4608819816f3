//! An update: an image is written into a slot and started, and the old slot runs on if that fails.
//!
//! A device with two slots runs on while the spare one is written. One with a single slot is down from
//! then on, and what interrupts the writing leaves nothing to start.
//!
//! Left out: an update that goes on where it broke off. It begins anew with the next offer.

use super::slots::{BOOTED, CONFIRMED, Chosen, Held, Phase, Slot, WRITTEN};
use super::{Node, Outbox, View};
use crate::firmware::{self, FirmwareSetup, Head};
use crate::lent::Hand;
use crate::plan::IMAGE;
use crate::queue::{Key, What};
use crate::trace::{NO_STEP, Origin};

/// What starting another image takes [ns] [E]: nothing is delivered meanwhile.
pub(super) const BOOT_NS: u64 = 30_000_000_000;
/// What writing a byte to a slot takes [ns] [E]: 1 kB/s over the wire between two processors.
const WRITE_NS: u64 = 1_000_000;
/// Slots of reboots from here on are images put in by hand.
pub(crate) const IMAGES: u32 = 1 << 16;

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
        let target = usize::from(updates.unit);
        let slot = Box::new(slot_of(&staged, view));
        let until = at + u64::from(staged.bytes) * WRITE_NS;
        let rest = &mut self.units[target].rest;
        let Some(flash) = &mut rest.flash else { return };
        flash.phase = Phase::Writing { until, slot };
        // Writing begins with erasing.
        if flash.slots == 1 {
            rest.slot = Slot::torn();
            self.goes_down(target, (at, cause), view, out);
        } else {
            rest.other = Some(Box::new(Slot::torn()));
        }
        self.tell_updater(target, view);
        self.wake(until, What::Update, updates.unit, WRITTEN, view, out);
    }

    /// Something of an update is due in a device, unless it was overtaken.
    pub(super) fn update(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = key.unit as usize;
        match key.slot {
            WRITTEN => self.written(index, key, view, out),
            BOOTED => self.booted(index, key, view, out),
            CONFIRMED => self.confirm(index, key.at, view, out),
            _ => {}
        }
    }

    fn written(&mut self, index: usize, key: Key, view: View<'_>, out: &mut Outbox) {
        let rest = &mut self.units[index].rest;
        let Some(flash) = &mut rest.flash else { return };
        let slot = match std::mem::replace(&mut flash.phase, Phase::Idle) {
            Phase::Writing { until, slot } if until == key.at => slot,
            other => return flash.phase = other,
        };
        if flash.slots == 1 {
            rest.slot = *slot;
        } else {
            rest.other = Some(slot);
            self.goes_down(index, (key.at, key.cause()), view, out);
        }
        self.starts_image(index, key.at, 1, view, out);
    }

    /// The written image is being started for the so many-th time.
    pub(super) fn starts_image(
        &mut self,
        index: usize,
        at: u64,
        tries: u8,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let until = at + BOOT_NS;
        if let Some(flash) = &mut self.units[index].rest.flash {
            flash.phase = Phase::Booting { until, tries };
        }
        self.wake(until, What::Update, index as u16, BOOTED, view, out);
    }

    fn booted(&mut self, index: usize, key: Key, view: View<'_>, out: &mut Outbox) {
        let rest = &mut self.units[index].rest;
        let Some(flash) = &mut rest.flash else { return };
        if !matches!(flash.phase, Phase::Booting { until, .. } if until == key.at) {
            return;
        }
        flash.phase = Phase::Idle;
        let mut new = rest.slot.clone();
        if let Some(written) = rest.other.take() {
            rest.other = Some(Box::new(std::mem::replace(&mut new, *written)));
        }
        self.runs_image(index, new, key, view, out);
    }

    /// A component takes the device's place by hand: what is written in front of it stays.
    pub(super) fn put_by_hand(&mut self, index: usize, key: Key, view: View<'_>) {
        let rest = &mut self.units[index].rest;
        let by = view.plan.setup.installing_step(key.slot - 1).unwrap_or(NO_STEP);
        let held = Held::Artefact(key.slot - 1);
        let slot = Slot { held, by, hostile: true, ..rest.slot.clone() };
        rest.faults = 0;
        self.units[index].forget_state();
        self.units[index].holds(slot);
        self.is_opened(index);
    }

    /// Hands are in a device: nothing runs, and no update goes on.
    fn is_opened(&mut self, index: usize) {
        let unit = &mut self.units[index];
        unit.power_off();
        if let Some(flash) = &mut unit.rest.flash {
            flash.phase = Phase::Idle;
        }
    }

    /// An image is put by hand into the slot that runs, or into what an update server holds.
    pub(super) fn write_by_hand(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = key.unit as usize;
        let at = key.slot - IMAGES;
        let Some(image) = view.plan.setup.firmware.get(at as usize) else { return };
        if self.units[index].rest.flash.is_some() {
            self.is_opened(index);
            return self.runs_image(index, slot_with(image, at, view), key, view, out);
        }
        let step = view.plan.setup.flashing_step(at).unwrap_or(NO_STEP);
        let hand = Hand { origin: Origin::Adversary, step, ..Hand::default() };
        if let Some(desk) = self.units[index].desk() {
            desk.storage.overwrite(IMAGE, &image.image, step);
        }
        self.lives(index, "planted", key.at, (hand, f64::from(image.version)), view, out);
    }

    /// A device is started from another image.
    fn runs_image(&mut self, index: usize, slot: Slot, key: Key, view: View<'_>, out: &mut Outbox) {
        let (hostile, version, by) = (slot.hostile, slot.version(), slot.by);
        self.units[index].rest.faults = 0;
        if hostile {
            self.units[index].forget_state();
        }
        self.units[index].holds(slot);
        if self.is_dark(index, key.at) {
            self.units[index].rest.is_new = true;
            return;
        }
        match self.choose_slot(index, key.at, view, out) {
            Chosen::None => {}
            Chosen::Other => self.restart(index, key.at, view, out),
            Chosen::Active => {
                let word = if hostile { "replaced" } else { "updated" };
                let own = self.units[index].own_hand();
                let hand = Hand { cause: key.cause(), step: by, ..own };
                self.lives(index, word, key.at, (hand, f64::from(version)), view, out);
                self.start_up(index, key.at, view, out);
            }
        }
    }

    fn goes_down(
        &mut self,
        index: usize,
        (at, cause): (u64, u64),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        self.units[index].power_off();
        self.units[index].rest.reboot_at = 0;
        let hand = Hand { cause, step: NO_STEP, ..self.units[index].own_hand() };
        self.lives(index, "down", at, (hand, 0.0), view, out);
        self.at_bedside(|bedside, node| bedside.device_down(node, index, at, view, out));
    }
}

/// A slot with what was staged, behind the head that came with it. What is cut off is no component that
/// anybody knows, and cannot be started; what lies behind another's head is, and can.
fn slot_of(staged: &firmware::Read, view: View<'_>) -> Slot {
    let images = &view.plan.setup.firmware;
    let Some(at) = sent(staged, images) else { return Slot::torn() };
    Slot {
        held: Held::Artefact(images[at].artefact),
        head: Some(staged.head),
        ..slot_with(&images[at], at as u32, view)
    }
}

/// Which image of the scenario was staged: the same byte for byte, else one of the same component and
/// version.
fn sent(staged: &firmware::Read, images: &[FirmwareSetup]) -> Option<usize> {
    let is_like = |f: &FirmwareSetup| (f.digest, f.version) == (staged.digest, staged.version);
    let is_it = |f: &FirmwareSetup| {
        let is_whole = f.image.len() == staged.bytes as usize;
        is_like(f) && is_whole && Head::of(&f.image) == Some(staged.head)
    };
    images.iter().position(is_it).or_else(|| images.iter().position(is_like))
}

fn slot_with(image: &FirmwareSetup, at: u32, view: View<'_>) -> Slot {
    let by = view.plan.setup.flashing_step(at).unwrap_or(NO_STEP);
    Slot {
        held: if image.arrives { Held::Artefact(image.artefact) } else { Held::Torn },
        config: image.config.clone(),
        by,
        hostile: image.hostile,
        head: Head::of(&image.image),
    }
}
