//! One device of a node: what it is lent for a call, and how its frames are dressed and opened.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use medtwin_policy::Facts;
use smallvec::SmallVec;

use super::slots::{Flash, Slot};
use super::stack::Stack;
use super::{Frame, Outbox, View, append};
use crate::access::Gate;
use crate::channel::{self, Window};
use crate::device::{Device, Setting, Terms, Value};
use crate::lent::{Desk, Hand, Lent, Timers, outcome_of};
use crate::pairing::LinkKey;
use crate::plan::{FlashSetup, Peer, Plan};
use crate::rules::{Own, rule_of};
use crate::trace::{Entry, Kind, NO_STEP, Origin, Outcome};

/// One device of a node: what every event touches, and the rest apart.
pub(crate) struct Unit {
    pub(super) device: Option<Box<dyn Device>>,
    pub(super) timers: Timers,
    /// The step that put an attacker's component here, or [`NO_STEP`].
    pub(super) compromised: u16,
    /// Nothing is decided: it is lent everything. See [`crate::run::Checks`].
    pub(super) open: bool,
    pub(super) rest: Box<Rest>,
}

/// What of a device most events do not touch.
pub(super) struct Rest {
    pub(super) peers: SmallVec<[Option<Peer>; 2]>,
    pub(super) desk: Option<Box<Desk>>,
    pub(super) faults: u32,
    pub(super) counter: u64,
    pub(super) sent: Moment,
    pub(super) windows: SmallVec<[Window; 1]>,
    pub(super) keys: Vec<LinkKey>,
    /// The scenario's config, and the prescription where the model reads it.
    pub(super) config: Arc<[Setting]>,
    /// Who is logged in, where it has accounts.
    pub(super) gate: Option<Gate>,
    /// What runs, or would.
    pub(super) slot: Slot,
    /// It was put there without power, and has not run yet.
    pub(super) is_new: bool,
    /// The other slot: where a device goes back to that does not run on.
    pub(super) other: Option<Box<Slot>>,
    /// Of a device whose slots an update processor holds.
    pub(super) flash: Option<Flash>,
    /// Its side of an IP network that has services.
    pub(super) stack: Option<Box<Stack>>,
    /// Until when it has no power [ns].
    pub(super) dark_until: u64,
    /// When it is started again after it went down [ns].
    pub(super) reboot_at: u64,
    /// The policy does not lend it what it imports: it never runs.
    pub(super) not_lent: bool,
}

/// A time [ns], and how often something happened at it.
#[derive(Clone, Copy, Default)]
pub(super) struct Moment {
    at: u64,
    count: u32,
}

impl Moment {
    /// How often it had happened at `at`, and once more now.
    pub(super) fn count(&mut self, at: u64) -> u32 {
        self.count = if at == self.at { self.count + 1 } else { 0 };
        self.at = at;
        self.count
    }
}

impl Unit {
    pub(crate) fn new(
        desk: Option<Box<Desk>>,
        peers: &[Option<Peer>],
        keys: Vec<LinkKey>,
        config: Arc<[Setting]>,
        flash: Option<&FlashSetup>,
    ) -> Self {
        let windows = keys.iter().map(|_| Window::default()).collect();
        // The factory fills both slots.
        let slot = Slot::of_factory(flash.map(|flash| flash.head));
        let other = flash.filter(|flash| flash.slots > 1).map(|_| Box::new(slot.clone()));
        let rest = Rest {
            peers: peers.into(),
            desk,
            faults: 0,
            counter: 0,
            sent: Moment::default(),
            windows,
            keys,
            config,
            gate: None,
            slot,
            is_new: false,
            other,
            flash: flash.map(Flash::new),
            stack: None,
            dark_until: 0,
            reboot_at: 0,
            not_lent: false,
        };
        Self {
            device: None,
            timers: Timers::new(),
            compromised: NO_STEP,
            open: false,
            rest: Box::new(rest),
        }
    }

    /// Something else lies in the slot that is started.
    pub(super) fn holds(&mut self, slot: Slot) {
        self.compromised = slot.compromised();
        self.rest.slot = slot;
        self.rest.is_new = false;
    }

    /// How far its clock is ahead [ns].
    fn ahead_ns(&self, at: u64) -> i64 {
        self.rest.stack.as_ref().map_or(0, |stack| stack.offset(at))
    }

    /// What its clock says [ns].
    pub(super) fn local(&self, at: u64) -> u64 {
        at.saturating_add_signed(self.ahead_ns(at))
    }

    /// Nothing runs in it any more.
    pub(super) fn power_off(&mut self) {
        self.device = None;
        if let Some(gate) = &mut self.rest.gate {
            gate.close();
        }
        self.timers.clear();
    }

    /// It is lent everything.
    pub(crate) fn undecided(mut self) -> Self {
        self.open = true;
        self
    }

    /// Its keys are taken from whoever is logged in.
    pub(crate) fn guarded(mut self, gate: Option<Gate>) -> Self {
        self.rest.gate = gate;
        self
    }

    /// Takes the keys of a new pairing with the peers at node `id`.
    pub(super) fn pair(&mut self, id: u32, keys: Vec<LinkKey>) {
        let rest = &mut self.rest;
        for ((peer, key), new) in rest.peers.iter().zip(&mut rest.keys).zip(keys) {
            if peer.is_some_and(|peer| peer.node == id) {
                *key = new;
            }
        }
    }

    /// Whether no key with a peer at node `id` has ended.
    pub(super) fn has_valid_keys(&self, id: u32, at: u64) -> bool {
        let mut keys = self.rest.peers.iter().zip(&self.rest.keys);
        keys.all(|(peer, key)| peer.is_none_or(|peer| peer.node != id) || key.is_valid(at))
    }

    /// Goes on counting frames, and what the vault sealed, where the device before it stopped: a nonce
    /// must never come twice with a key that both have.
    pub(super) fn counts_on(&mut self, before: &Self) {
        self.rest.counter = before.rest.counter;
        if let (Some(desk), Some(before)) = (&mut self.rest.desk, &before.rest.desk) {
            desk.sealed = before.sealed;
        }
    }

    /// What it kept is not given to what runs in it next.
    pub(super) fn forget_state(&mut self) {
        if let Some(desk) = self.desk() {
            desk.storage.forget_state();
        }
    }

    /// Gives it another serial number, where its model has one.
    pub(crate) fn label(&mut self, serial: f64) {
        let relabel = |setting: &Setting| match setting.key.as_str() {
            "serial" => Setting { value: Value::Number(serial), ..setting.clone() },
            _ => setting.clone(),
        };
        self.rest.config = self.rest.config.iter().map(relabel).collect();
    }

    /// The terms on which it is built: without rules nothing is linked.
    pub(super) fn terms(&self) -> Terms {
        match &self.rest.desk {
            Some(desk) => desk.rules.terms(),
            None if self.open => Terms::default(),
            None => Terms { interfaces: BTreeSet::new(), ..Terms::default() },
        }
    }

    /// Puts into `lent` what is this device's own, for one call.
    pub(super) fn lend(&mut self, (now, hand): (u64, Hand), view: View<'_>, lent: &mut Lent) {
        lent.now = now;
        lent.ahead_ns = self.ahead_ns(now);
        lent.hand = hand;
        lent.own = self.own_hand();
        lent.recording = view.recording;
        lent.open = self.open;
        std::mem::swap(&mut lent.timers, &mut self.timers);
        if !self.open {
            std::mem::swap(&mut lent.desk, &mut self.rest.desk);
        }
    }

    pub(super) fn take_back(&mut self, lent: &mut Lent) {
        std::mem::swap(&mut lent.timers, &mut self.timers);
        if !self.open {
            std::mem::swap(&mut lent.desk, &mut self.rest.desk);
        }
        if let Some(desk) = self.desk() {
            (desk.begun, desk.asked) = (None, false);
        }
    }

    /// The desk of a device under a policy.
    pub(crate) fn desk(&mut self) -> Option<&mut Desk> {
        if self.open { None } else { self.rest.desk.as_deref_mut() }
    }

    /// What is in hand when the device acts on its own: an attacker's component acts for its
    /// master.
    pub(crate) fn own_hand(&self) -> Hand {
        let is_own = self.compromised == NO_STEP;
        let origin = if is_own { Origin::Device } else { Origin::Adversary };
        Hand { origin, step: self.compromised, ..Hand::default() }
    }

    /// Dresses a body as the arm protects the link; where in `bytes` it then lies.
    pub(super) fn wrap(
        &mut self,
        protection: channel::Protection,
        sender: u32,
        peer: u32,
        body: Range<usize>,
        bytes: &mut Vec<u8>,
    ) -> Range<usize> {
        let rest = &mut self.rest;
        let Some(key) = rest.keys.get(peer as usize) else { return body };
        rest.counter += 1;
        let wrapped = channel::wrap(protection, &key.secret, sender, rest.counter, &bytes[body]);
        append(bytes, &wrapped)
    }

    /// Opens a frame at `at`: what is known of it, and what it carries, or the host's rule that
    /// refuses it.
    pub(super) fn open<'f>(
        &mut self,
        (plan, at): (&Plan, u64),
        sender: u32,
        frame: &'f Frame,
    ) -> (Facts, Result<Cow<'f, [u8]>, Own>) {
        let local = self.local(at);
        let protection = plan.arm.protection;
        let plain = protection == channel::Protection::default();
        let (Some(key), false) = (self.rest.keys.get(frame.head.peer as usize), plain) else {
            return (Facts::default(), Ok(Cow::Borrowed(&frame.body[..])));
        };
        if channel::needs_key(&frame.body) && !key.is_valid(local) {
            return (Facts::default(), Err(Own::KeyExpired));
        }
        let opened = channel::open(&key.secret, sender, &frame.body);
        let mut fresh = false;
        // Where the link vouches for counters, one that nothing vouches for proves nothing.
        let is_vouched = opened.authenticated || opened.encrypted;
        let trusted = is_vouched || !(protection.authentication || protection.encryption);
        if let Some((counter, window)) =
            opened.counter.zip(self.rest.windows.get_mut(frame.head.peer as usize))
        {
            fresh = trusted && window.is_fresh(counter, plan.arm.nonce_window);
            if fresh {
                window.accept(counter);
            }
        }
        // A link that seals takes nothing in clear, unless the pack says so: that is a downgrade.
        let takes_clear = !protection.encryption || plan.arm.accepts_clear;
        let body = opened.body.filter(|_| opened.encrypted || takes_clear);
        let facts = Facts {
            authenticated: opened.authenticated,
            encrypted: opened.encrypted,
            fresh,
            ..Facts::default()
        };
        (facts, body.map(Cow::Owned).ok_or(Own::Sealed))
    }

    /// Whether the policy lets a frame in; says so in the trace.
    pub(super) fn receives(
        &self,
        at: u64,
        hand: &Hand,
        refused: Option<Own>,
        view: View<'_>,
        out: &mut Outbox,
    ) -> bool {
        let Some(desk) = self.rest.desk.as_deref() else { return false };
        let Some(&request) = desk.rules.layout.receive.get(hand.channel as usize) else {
            return false;
        };
        let verdict = desk.rules.decide(request, hand.facts);
        let (outcome, rule) = match refused {
            None => (outcome_of(verdict), rule_of(verdict)),
            Some(own) => (Outcome::Forbid, desk.rules.own(own)),
        };
        if view.recording {
            let entry = Entry {
                object: desk.names.peers[hand.channel as usize],
                verb: desk.names.words.receive,
                outcome,
                rule,
                ..desk.entry(at, hand, Kind::Frame)
            };
            out.lent.entries.push(entry);
        }
        outcome == Outcome::Permit
    }
}

/// The number by which both ends know the sender that a frame names.
pub(super) fn sender_id(peers: &[Option<Peer>], peer: u32) -> u32 {
    let to = peers.get(peer as usize).copied().flatten();
    to.map_or(u32::MAX, |peer| channel::sender(peer.node, peer.unit))
}

#[cfg(test)]
mod tests;
