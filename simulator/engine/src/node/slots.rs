//! A device's slots: what lies in them, what the host measures of it before anything of it runs, and
//! which of them is started.
//!
//! The host is the root of trust: it cannot be replaced by who replaces a component. It measures at
//! every power-on, whatever the policy; what a policy decides is whether what does not verify starts.
//! A slot that is refused is given up for the other one. The last one is kept, and measured again at the
//! next power-on.

use std::sync::Arc;

use super::{Node, Outbox, View};
use crate::device::{Recipe, Setting};
use crate::firmware::{Head, Measured};
use crate::lent::Hand;
use crate::plan::FlashSetup;
use crate::queue::What;
use crate::rules::Own;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, NO_STEP, Origin, Outcome};

/// What lies in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// The component of the device's model.
    Model,
    /// An index into the setup's artefacts.
    Artefact(u32),
    /// What nothing can start, such as half of an image.
    Torn,
}

/// A slot.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) held: Held,
    /// What this version does otherwise than the device's config says.
    pub(super) config: Arc<[Setting]>,
    /// The step that put it here, or [`NO_STEP`].
    pub(super) by: u16,
    pub(super) hostile: bool,
    /// What is written in front of it; none in a device whose slots nobody holds.
    pub(super) head: Option<Head>,
}

/// What a device with slots keeps of its firmware.
pub(super) struct Flash {
    /// How many slots it has: 1 or 2.
    pub(super) slots: u8,
    /// No version below this starts, where a policy minds it: it only ever rises.
    pub(super) floor: u32,
    /// When what runs has run well for long enough [ns]; 0 if nothing waits for that.
    pub(super) confirm_at: u64,
    pub(super) phase: Phase,
    measured: Measured,
}

/// How far an update is.
pub(super) enum Phase {
    Idle,
    /// An image is written until then [ns].
    Writing {
        until: u64,
        slot: Box<Slot>,
    },
    /// It is started until then [ns], for the so many-th time.
    Booting {
        until: u64,
        tries: u8,
    },
}

/// What is due in an update, as the slot of its key.
pub(super) const WRITTEN: u32 = 0;
pub(super) const BOOTED: u32 = 1;
pub(super) const CONFIRMED: u32 = 2;

/// Which slot is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    Active,
    Other,
    None,
}

impl Slot {
    /// As the factory delivers it.
    pub(super) fn of_factory(head: Option<Head>) -> Self {
        Self { held: Held::Model, config: Arc::new([]), by: NO_STEP, hostile: false, head }
    }

    /// Nothing that could be started.
    pub(super) fn torn() -> Self {
        Self { held: Held::Torn, ..Self::of_factory(None) }
    }

    pub(super) fn version(&self) -> u32 {
        self.head.map_or(0, |head| head.version())
    }

    /// The step on whose account it acts, if it is an adversary's.
    pub(super) fn compromised(&self) -> u16 {
        if self.hostile { self.by } else { NO_STEP }
    }

    fn hand(&self) -> Hand {
        let origin = if self.by == NO_STEP { Origin::Device } else { Origin::Adversary };
        Hand { origin, step: self.by, ..Hand::default() }
    }
}

impl Flash {
    pub(super) fn new(setup: &FlashSetup) -> Self {
        Self {
            slots: setup.slots,
            floor: setup.head.version(),
            confirm_at: 0,
            phase: Phase::Idle,
            measured: Measured::default(),
        }
    }

    /// No image can be taken: one is being written or started.
    fn is_busy(&self) -> bool {
        !matches!(self.phase, Phase::Idle)
    }
}

impl Node {
    /// What the active slot of `index` holds; none of what is torn.
    pub(super) fn recipe<'v>(&self, index: usize, view: View<'v>) -> Option<&'v Arc<dyn Recipe>> {
        let setup = &view.plan.setup;
        match self.units[index].rest.slot.held {
            Held::Model => Some(&setup.nodes[self.id as usize].devices[index].recipe),
            Held::Artefact(artefact) => setup.artefacts.get(artefact as usize),
            Held::Torn => None,
        }
    }

    fn measure(&self, index: usize, view: View<'_>) -> Measured {
        let head = self.units[index].rest.slot.head;
        let digest = self.recipe(index, view).map(|recipe| recipe.digest());
        let Some((head, digest)) = head.zip(digest) else { return Measured::default() };
        let signed = head.vouches_for(&digest);
        Measured { version: head.version(), digest, signed, runs: false }
    }

    /// Finds the slot to start from: the active one, else the other. With neither the device stays in
    /// its fail-safe state.
    pub(super) fn choose_slot(
        &mut self,
        index: usize,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) -> Chosen {
        let mut chosen = Chosen::Active;
        while self.is_refused(index, at, view, out) {
            let hand = self.units[index].rest.slot.hand();
            let Some(other) = self.units[index].rest.other.take() else {
                self.lives(index, "fail-safe", at, (hand, 0.0), view, out);
                self.at_bedside(|bedside, node| bedside.device_down(node, index, at, view, out));
                self.tell_updater(index, view);
                return Chosen::None;
            };
            self.lives(index, "rolled-back", at, (hand, f64::from(other.version())), view, out);
            self.units[index].holds(*other);
            chosen = Chosen::Other;
        }
        chosen
    }

    /// Measures the active slot, and says so where it is not to be started.
    fn is_refused(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) -> bool {
        let rest = &self.units[index].rest;
        if rest.flash.is_none() {
            return false;
        }
        let is_torn = rest.slot.held == Held::Torn;
        let measured = self.measure(index, view);
        if let Some(flash) = &mut self.units[index].rest.flash {
            flash.measured = measured;
        }
        let rule = self.refusal(index, &measured).filter(|_| !is_torn);
        let hand = self.units[index].rest.slot.hand();
        if is_torn || rule.is_some() {
            self.lives(index, "boot-failed", at, (hand, 0.0), view, out);
        }
        if let (Some(rule), true, Some(desk)) =
            (rule, view.recording, self.units[index].rest.desk.as_deref())
        {
            let verb = view.plan.setup.names.find("update.boot").unwrap_or_default();
            let (outcome, rule) = (Outcome::Forbid, desk.rules.own(rule));
            let entry = desk.entry(at, &hand, Kind::Call);
            out.lent.entries.push(Entry { verb, outcome, rule, ..entry });
        }
        is_torn || rule.is_some()
    }

    /// The rule that keeps what was measured from starting.
    fn refusal(&self, index: usize, measured: &Measured) -> Option<Own> {
        let rest = &self.units[index].rest;
        let (flash, desk) = (rest.flash.as_ref()?, rest.desk.as_deref()?);
        let firmware = desk.rules.controls.firmware();
        if firmware.secure_boot && !measured.signed {
            return Some(Own::SecureBoot);
        }
        let is_old = measured.version < flash.floor;
        (firmware.rollback_floor && is_old).then_some(Own::RollbackFloor)
    }

    /// What `index` is started from has still to run well for a while before older versions are shut
    /// out. A version that nobody vouches for shuts out none.
    pub(super) fn await_confirmation(
        &mut self,
        index: usize,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let rest = &mut self.units[index].rest;
        let Some((flash, desk)) = rest.flash.as_mut().zip(rest.desk.as_deref()) else { return };
        let firmware = desk.rules.controls.firmware();
        flash.confirm_at = 0;
        let is_newer = flash.measured.signed && flash.measured.version > flash.floor;
        if firmware.rollback_floor && is_newer {
            flash.confirm_at = at + (firmware.confirm_min * MINUTE as f64) as u64;
            let when = flash.confirm_at;
            self.wake(when, What::Update, index as u16, CONFIRMED, view, out);
        }
    }

    /// What runs has run for long enough, unless it was started anew meanwhile.
    pub(super) fn confirm(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        let unit = &mut self.units[index];
        let Some(flash) = unit.rest.flash.as_mut() else { return };
        if flash.confirm_at != at || unit.device.is_none() {
            return;
        }
        flash.floor = flash.floor.max(flash.measured.version);
        let version = f64::from(flash.floor);
        let hand = self.units[index].own_hand();
        self.lives(index, "confirmed", at, (hand, version), view, out);
        self.tell_updater(index, view);
    }

    /// Tells the update processor of `index` what its host may know of the slots.
    pub(super) fn tell_updater(&mut self, index: usize, view: View<'_>) {
        let unit = &self.units[index];
        let Some(flash) = &unit.rest.flash else { return };
        let measured = Measured { runs: unit.device.is_some(), ..flash.measured };
        // The loader of a device with one slot lies in it.
        let is_lost = flash.slots == 1 && unit.rest.slot.held == Held::Torn;
        let (floor, closed) = (flash.floor, flash.is_busy() || is_lost);
        let updater = self.updater_of(index, view).and_then(|updater| self.units[updater].desk());
        if let Some(desk) = updater {
            let slots = &mut desk.slots;
            (slots.measured, slots.floor, slots.closed) = (Some(measured), floor, closed);
        }
    }

    /// The update processor that holds the slots of `index`.
    pub(super) fn updater_of(&self, index: usize, view: View<'_>) -> Option<usize> {
        let devices = &view.plan.setup.nodes[self.id as usize].devices;
        devices.iter().position(|d| d.updates.is_some_and(|u| usize::from(u.unit) == index))
    }
}
