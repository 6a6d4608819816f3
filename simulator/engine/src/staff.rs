//! Nurses at work: they hear alarms, go to beds, look, act, and come to the next.
//!
//! An alarm that is heard becomes a call for its bed; a bed has one call at a time. Whoever is free goes to
//! the most urgent call that is due, the oldest of equals. What they find and do at the bed is the
//! bedside's ([`crate::node`]); they learn it a window later, as everybody does, stay as long as somebody is
//! ill, and look again before they leave if it rang meanwhile. A call that was for nothing makes the next alarm
//! of medium priority likelier to be ignored.
//!
//! Left out: see [`StaffSetup`].

use crate::node::{Node, Outbox, View, entry};
use crate::people::StaffSetup;
use crate::queue::{Key, What};
use crate::seed::Keyed;
use crate::trace::{Entry, Kind, Name, Origin};

mod heard;

use heard::{Bell, Ringing};

/// An hour [ns].
const HOUR: u64 = 3_600_000_000_000;
/// Who is ill is looked at again after this time [ns] [E].
const LOOKS_AGAIN_NS: u64 = 60_000_000_000;
/// After so many looks somebody else takes over: out of the model [E].
const LOOKS: u32 = 30;
/// Names of draws, by bed.
const RESPONSE: u64 = 1 << 32;
const IGNORES: u64 = 2 << 32;
const HEARS: u64 = 3 << 32;
const WALK: u64 = 4 << 32;
const HANDLE: u64 = 5 << 32;

/// What a nurse found, in the slot of [`What::Found`].
pub(crate) const WELL: u32 = 0;
pub(crate) const ILL: u32 = 1;
/// And helped to breathe.
pub(crate) const HELPED: u32 = 2;

/// Staff in the world.
pub(crate) struct Staff {
    setup: StaffSetup,
    luck: Keyed,
    nurses: Vec<Nurse>,
    calls: Vec<Call>,
    ringing: Ringing,
    /// When alarms were heard in the last hour [ns].
    recent: Vec<u64>,
    /// The shift, and the false alarms in it.
    tired: (u64, u32),
    words: Words,
}

#[derive(Clone, Copy, Default)]
struct Words {
    heard: Name,
    ignores: Name,
    answers: Name,
    leaves: Name,
}

/// One nurse: at which bed, if at any, how often they looked, and whether it has rung since.
#[derive(Clone, Copy, Default)]
struct Nurse {
    at: Option<u32>,
    looks: u32,
    /// How often they helped to breathe.
    helped: u32,
    rang: bool,
}

/// Somebody is wanted at a bed.
#[derive(Clone, Copy)]
struct Call {
    bed: u32,
    priority: u8,
    raised_at: u64,
    /// When a nurse who is free sets out [ns].
    due_at: u64,
}

impl Staff {
    pub(crate) fn new(setup: &StaffSetup, luck: Keyed, view: View<'_>) -> Self {
        let find = |text| view.plan.setup.names.find(text).unwrap_or_default();
        let most = usize::from(setup.nurses[0].max(setup.nurses[1]));
        Self {
            luck,
            nurses: vec![Nurse::default(); most],
            calls: Vec::new(),
            ringing: Ringing::default(),
            recent: Vec::new(),
            tired: (0, 0),
            words: Words {
                heard: find("heard"),
                ignores: find("ignores"),
                answers: find("answers"),
                leaves: find("leaves"),
            },
            setup: setup.clone(),
        }
    }

    /// A device raised or cleared an alarm.
    pub(crate) fn hear(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(bell) = Bell::of(key, view).filter(|bell| self.setup.beds.contains(&bell.bed))
        else {
            return;
        };
        if !self.ringing.rings(bell) || !self.can_hear(bell, key.at) {
            return;
        }
        self.recent.retain(|at| at + HOUR > key.at);
        self.recent.push(key.at);
        self.say(node.id, key.at, bell.bed, self.words.heard, f64::from(bell.priority), view, out);
        let draw = self.luck.uniform(IGNORES | u64::from(bell.bed), key.at);
        if bell.priority < 3 && draw < self.setup.ignores(self.false_alarms(key.at)) {
            return self.say(node.id, key.at, bell.bed, self.words.ignores, 0.0, view, out);
        }
        self.call(node, bell, key.at, view, out);
    }

    /// The station is heard by all; a bed by who is there, and through the door by luck.
    fn can_hear(&self, bell: Bell, at: u64) -> bool {
        let is_there = self.nurses.iter().any(|nurse| nurse.at == Some(bell.bed));
        let draw = || self.luck.uniform(HEARS | u64::from(bell.bed), at);
        !bell.at_bed || is_there || draw() < self.setup.manner.hears_bedside
    }

    fn false_alarms(&self, at: u64) -> u32 {
        if self.tired.0 == self.setup.shift(at) { self.tired.1 } else { 0 }
    }

    /// Somebody will be wanted at the bed, or is more urgently than before.
    fn call(&mut self, node: &mut Node, bell: Bell, at: u64, view: View<'_>, out: &mut Outbox) {
        if let Some(there) = self.nurses.iter_mut().find(|nurse| nurse.at == Some(bell.bed)) {
            there.rang = true;
            return;
        }
        let slot = at / 1_000_000_000;
        let draw = self.luck.uniform(RESPONSE | u64::from(bell.bed), slot);
        let patients = self.setup.beds.len().max(1) as f64;
        let load = self.recent.len() as f64 / patients;
        let response_s = self.setup.response_s(bell.priority, draw, load, at);
        let due_at = at + nanos((response_s - self.walk_s(bell.bed, slot)).max(0.0));
        let (bed, priority) = (bell.bed, bell.priority);
        match self.calls.iter_mut().find(|call| call.bed == bed) {
            Some(call) if call.priority >= priority => return,
            Some(call) => {
                (call.priority, call.due_at) = (priority, call.due_at.min(due_at));
            }
            None => self.calls.push(Call { bed, priority, raised_at: at, due_at }),
        }
        node.wake(due_at.max(at + 1000), What::Staff, 0, 0, view, out);
    }

    fn walk_s(&self, bed: u32, slot: u64) -> f64 {
        self.setup.manner.walk_s.at(self.luck.uniform(WALK | u64::from(bed), slot)).max(1.0)
    }

    /// Something is due: a call, or a nurse who is ready for the next, or looks again.
    pub(crate) fn act(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        if let Some(index) = (key.slot as usize).checked_sub(1) {
            match self.nurses.get(index).copied() {
                Some(Nurse { at: Some(bed), looks, helped, rang })
                    if key.unit == AGAIN || rang && looks < LOOKS =>
                {
                    // What they see and do there, the bedside knows.
                    self.nurses[index].rang = false;
                    return node.tell((bed, index as u16), key.at, What::Visit, helped, view, out);
                }
                Some(Nurse { at: Some(bed), .. }) => {
                    self.nurses[index] = Nurse::default();
                    self.say(node.id, key.at, bed, self.words.leaves, 0.0, view, out);
                }
                _ => {}
            }
        }
        while let Some((index, call)) = self.next(key.at) {
            self.go(node, index, call, key.at, view, out);
        }
    }

    /// A nurse who is free, and the call that they go to.
    fn next(&mut self, at: u64) -> Option<(usize, Call)> {
        let on_duty = self.setup.on_duty(at).min(self.nurses.len());
        let index = self.nurses[..on_duty].iter().position(|nurse| nurse.at.is_none())?;
        let due = self.calls.iter().enumerate().filter(|(_, call)| call.due_at <= at);
        let order = |call: &Call| (std::cmp::Reverse(call.priority), call.raised_at, call.bed);
        let (place, _) = due.min_by_key(|(_, call)| order(call))?;
        Some((index, self.calls.remove(place)))
    }

    fn go(
        &mut self,
        node: &mut Node,
        index: usize,
        call: Call,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        self.nurses[index] = Nurse { at: Some(call.bed), ..Nurse::default() };
        let waited_s = (at - call.raised_at) as f64 / 1e9;
        self.say(node.id, at, call.bed, self.words.answers, waited_s, view, out);
        let walk = nanos(self.walk_s(call.bed, call.raised_at / 1_000_000_000));
        node.wake(at + walk, What::Staff, AGAIN, index as u32 + 1, view, out);
    }

    /// What a nurse found: they stay with who is ill, and else are done after a while.
    pub(crate) fn found(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = usize::from(key.unit);
        let Some(Nurse { at: Some(bed), looks, .. }) = self.nurses.get(index).copied() else {
            return;
        };
        self.nurses[index].looks = looks + 1;
        self.nurses[index].helped += u32::from(key.slot == HELPED);
        let is_ill = matches!(key.slot, ILL | HELPED);
        if is_ill && looks < LOOKS {
            let again = key.at + LOOKS_AGAIN_NS;
            return node.wake(again, What::Staff, AGAIN, index as u32 + 1, view, out);
        }
        if looks == 0 && !is_ill {
            self.tired = (self.setup.shift(key.at), self.false_alarms(key.at) + 1);
        }
        let draw = self.luck.uniform(HANDLE | u64::from(bed), key.at / 1_000_000_000);
        let busy = nanos(self.setup.manner.handle_s.at(draw).max(1.0));
        node.wake(key.at + busy, What::Staff, 0, index as u32 + 1, view, out);
    }

    #[expect(clippy::too_many_arguments, reason = "what an entry says, and where it goes")]
    fn say(
        &self,
        id: u32,
        at: u64,
        bed: u32,
        verb: Name,
        value: f64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if view.recording {
            let (subject, origin) = (self.setup.name, Origin::Person);
            let object = view.plan.setup.nodes[bed as usize].name;
            let own = entry(id, at, Kind::Act);
            out.lent.entries.push(Entry { subject, object, verb, value, origin, ..own });
        }
    }
}

/// Marks the wake-up of a nurse who looks, the first time or again.
const AGAIN: u16 = 1;

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}
