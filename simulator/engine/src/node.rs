//! One entity of the world, stepped in time order.
//!
//! A node holds devices and, where they are wired to one, a patient with their wearer; or an
//! adversary. Within a window nothing else can reach it, so it handles its own events in order and
//! leaves what it sends in an [`Outbox`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use bevy_ecs::prelude::Component;
use medtwin_policy::{Facts, Role};
use smallvec::SmallVec;

use crate::adversary::{Adversary, Interference};
use crate::bedside::Bedside;
use crate::channel::{self, Window};
use crate::device::{Device, Event, Fault, Setting};
use crate::lent::{Effect, Hand, Lent, outcome_of};
use crate::plan::{DeviceSetup, Plan};
use crate::queue::{Key, What};
use crate::rules::rule_of;
use crate::time::SimTime;
use crate::trace::{Entry, Kind, NO_STEP, Name, Origin, Outcome};

/// Faults within which a device is rebooted; one more quarantines it into its fail-safe state.
const REBOOTS: u32 = 3;
/// What a watchdog takes to reboot a device [ns] [E].
const REBOOT_NS: u64 = 10_000_000_000;

/// A frame on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) body: SmallVec<[u8; 96]>,
    pub(crate) cause: u64,
    pub(crate) link: u32,
    pub(crate) from: (u32, u16),
    pub(crate) to: (u32, u16),
    /// Which of the receiver's peers it says it is from.
    pub(crate) peer: u32,
    pub(crate) step: u16,
    pub(crate) origin: Origin,
}

/// What a node leaves for the other phases of the tick.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) keys: Vec<Key>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) interference: Vec<Interference>,
    pub(crate) entries: Vec<Entry>,
    effects: Vec<Effect>,
    bytes: Vec<u8>,
    local: BinaryHeap<Reverse<Key>>,
}

/// A frame that a node sent, with the key under which it will arrive if it does.
pub(crate) struct Sent {
    pub(crate) at: u64,
    pub(crate) ordinal: u32,
    pub(crate) frame: Frame,
}

/// What a node sees of the world while it steps.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) frames: &'a [Frame],
    pub(crate) window_end: u64,
    pub(crate) recording: bool,
}

/// One device of a node.
pub(crate) struct Unit {
    device: Option<Box<dyn Device>>,
    pub(crate) lent: Box<Lent>,
    faults: u32,
    counter: u64,
    windows: SmallVec<[Window; 1]>,
    keys: Vec<[u8; 32]>,
    /// The scenario's config, and the prescription where the model reads it.
    config: Arc<[Setting]>,
    artefact: Option<u32>,
    pub(crate) compromised: Option<u16>,
    /// The policy does not lend it what it imports: it never runs.
    not_lent: bool,
}

/// One entity.
#[derive(Component)]
pub(crate) struct Node {
    pub(crate) id: u32,
    ordinal: u32,
    pub(crate) units: SmallVec<[Unit; 1]>,
    pub(crate) bedside: Option<Box<Bedside>>,
    pub(crate) adversary: Option<Box<Adversary>>,
    /// Keys that the wearer pressed while the bedside was acting: unit, input, value, when, hand.
    pub(crate) pressed: Vec<(usize, u32, f64, u64, Hand)>,
}

impl Node {
    pub(crate) fn new(id: u32, units: SmallVec<[Unit; 1]>) -> Self {
        Self { id, ordinal: 0, units, bedside: None, adversary: None, pressed: Vec::new() }
    }

    /// Powers everything on at the start of the run.
    pub(crate) fn start(&mut self, view: View<'_>, out: &mut Outbox) {
        for unit in 0..self.units.len() {
            self.power_on(view, unit, 0, out);
        }
        if let Some(mut bedside) = self.bedside.take() {
            bedside.start(self, view, out);
            self.bedside = Some(bedside);
        }
        if let Some(mut adversary) = self.adversary.take() {
            adversary.start(self, view, out);
            self.adversary = Some(adversary);
        }
        while let Some(Reverse(key)) = out.local.pop() {
            out.keys.push(key);
        }
    }

    /// Handles `due` (this node's, in order) and whatever falls due for it within the window.
    pub(crate) fn step(&mut self, due: &[Key], view: View<'_>, out: &mut Outbox) {
        let mut due = due.iter().copied().peekable();
        loop {
            let own = out.local.peek().map(|key| key.0);
            let key = match (due.peek().copied(), own) {
                (Some(key), Some(own)) if own < key => own,
                (Some(key), _) => key,
                (None, Some(own)) => own,
                (None, None) => break,
            };
            if due.peek() == Some(&key) {
                due.next();
            } else {
                out.local.pop();
            }
            self.handle(key, view, out);
        }
    }

    fn handle(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        match key.what {
            What::Timer => self.timer(key, view, out),
            What::Frame if self.adversary.is_some() => {
                self.as_adversary(view, out, |eve, node, out| eve.hear(node, key, view, out));
            }
            What::Frame => self.frame(key, view, out),
            What::Reboot => self.reboot(key, view, out),
            What::Patient => self.at_bedside(|bedside, node| bedside.minute(node, key, view, out)),
            What::Person => {
                self.at_bedside(|bedside, node| bedside.act(node, key, view, out));
                for (unit, input, value, at, hand) in std::mem::take(&mut self.pressed) {
                    self.press((unit, input, value), (at, hand), view, out);
                }
            }
            What::Adversary => {
                self.as_adversary(view, out, |eve, node, out| eve.act(node, key, view, out));
            }
        }
    }

    fn at_bedside(&mut self, act: impl FnOnce(&mut Bedside, &mut Self)) {
        if let Some(mut bedside) = self.bedside.take() {
            act(&mut bedside, self);
            self.bedside = Some(bedside);
        }
    }

    fn as_adversary(
        &mut self,
        _view: View<'_>,
        out: &mut Outbox,
        act: impl FnOnce(&mut Adversary, &mut Self, &mut Outbox),
    ) {
        if let Some(mut adversary) = self.adversary.take() {
            act(&mut adversary, self, out);
            self.adversary = Some(adversary);
        }
    }

    fn next_ordinal(&mut self) -> u32 {
        self.ordinal += 1;
        self.ordinal
    }

    /// Queues an event of this node's own.
    pub(crate) fn wake(
        &mut self,
        at: u64,
        what: What,
        unit: u16,
        slot: u32,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let key = Key::new(at, what, self.id, self.id, self.next_ordinal()).unit(unit).slot(slot);
        if at < view.window_end {
            out.local.push(Reverse(key));
        } else {
            out.keys.push(key);
        }
    }

    /// Hands a frame to the network.
    pub(crate) fn transmit(&mut self, at: u64, frame: Frame, out: &mut Outbox) {
        let ordinal = self.next_ordinal();
        let cause = Key::new(at, What::Frame, 0, self.id, ordinal).cause();
        out.sent.push(Sent { at, ordinal, frame: Frame { cause, ..frame } });
    }

    fn timer(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(unit) = self.units.get_mut(key.unit as usize) else { return };
        let timers = &mut unit.lent.timers;
        let Some(at) = timers.iter().position(|&(id, at)| id == key.slot && at == key.at) else {
            return; // cancelled, or moved
        };
        timers.swap_remove(at);
        let hand = Hand { cause: key.cause(), ..unit.own_hand() };
        self.call(key.unit as usize, key.at, hand, Event::Timer(key.slot), view, out);
    }

    fn frame(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        let Some(unit) = self.units.get_mut(key.unit as usize) else { return };
        let setup = &view.plan.setup.nodes[self.id as usize].devices[key.unit as usize];
        if unit.lent.desk.is_none() {
            let hand = Hand { cause: frame.cause, ..Hand::default() };
            let event = Event::Frame { peer: frame.peer, body: &frame.body };
            return self.call(key.unit as usize, key.at, hand, event, view, out);
        }
        let sender = sender_id(setup, frame.peer);
        let (facts, body) = unit.open(view.plan, sender, frame);
        let hand = Hand {
            cause: frame.cause,
            facts,
            channel: frame.peer,
            origin: frame.origin,
            step: frame.step,
        };
        let received = unit.receives(key.at, &hand, body.is_some(), view, out);
        if let Some(body) = body.filter(|_| received) {
            let event = Event::Frame { peer: frame.peer, body: &body };
            self.call(key.unit as usize, key.at, hand, event, view, out);
        }
    }

    /// A person presses a key at one of this node's devices.
    fn press(
        &mut self,
        (unit, input, value): (usize, u32, f64),
        (at, hand): (u64, Hand),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let panel = view.plan.setup.nodes[self.id as usize].devices[unit].manifest.peers.len();
        let facts = Facts {
            authenticated: true,
            encrypted: true,
            fresh: true,
            role: Role::Wearer,
            ..Facts::default()
        };
        let hand = Hand { facts, channel: panel as u32, ..hand };
        self.pressed_in_vain(unit, at, &hand, view, out);
        self.call(unit, at, hand, Event::Input { input, value }, view, out);
    }

    /// What a person asks of a device that its policy keeps down is denied by that policy.
    fn pressed_in_vain(&self, unit: usize, at: u64, hand: &Hand, view: View<'_>, out: &mut Outbox) {
        let unit = &self.units[unit];
        if let (true, true, Some(desk)) = (view.recording, unit.not_lent, &unit.lent.desk) {
            let verb = view.plan.setup.names.find("not-lent").unwrap_or_default();
            let outcome = Outcome::NoGrant;
            out.entries.push(Entry { verb, outcome, ..desk.entry(at, hand, Kind::Command) });
        }
    }

    fn call(
        &mut self,
        index: usize,
        at: u64,
        hand: Hand,
        event: Event<'_>,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let unit = &mut self.units[index];
        let Some(device) = unit.device.as_mut() else { return };
        unit.lent.now = at;
        unit.lent.hand = hand;
        std::mem::swap(&mut unit.lent.out, &mut out.effects);
        std::mem::swap(&mut unit.lent.bytes, &mut out.bytes);
        std::mem::swap(&mut unit.lent.entries, &mut out.entries);
        let done = device.handle(&mut unit.lent, event);
        self.finish(index, at, hand, done, view, out);
    }

    fn power_on(&mut self, view: View<'_>, index: usize, at: u64, out: &mut Outbox) {
        let setup = &view.plan.setup.nodes[self.id as usize].devices[index];
        let unit = &mut self.units[index];
        let recipe = match unit.artefact {
            Some(artefact) => &view.plan.setup.artefacts[artefact as usize],
            None => &setup.recipe,
        };
        let terms = unit.lent.desk.as_ref().map(|desk| desk.rules.terms()).unwrap_or_default();
        let hand = unit.own_hand();
        let built = recipe.build(&terms);
        unit.lent.now = at;
        unit.lent.hand = hand;
        std::mem::swap(&mut unit.lent.out, &mut out.effects);
        std::mem::swap(&mut unit.lent.bytes, &mut out.bytes);
        std::mem::swap(&mut unit.lent.entries, &mut out.entries);
        let done = built.and_then(|mut device| {
            let started = device.start(&mut unit.lent, &unit.config);
            unit.device = Some(device);
            started
        });
        self.finish(index, at, hand, done, view, out);
    }

    /// Takes back what a call left, and carries it out.
    fn finish(
        &mut self,
        index: usize,
        at: u64,
        hand: Hand,
        done: Result<(), Fault>,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let unit = &mut self.units[index];
        std::mem::swap(&mut unit.lent.out, &mut out.effects);
        std::mem::swap(&mut unit.lent.bytes, &mut out.bytes);
        std::mem::swap(&mut unit.lent.entries, &mut out.entries);
        if let Some(desk) = unit.lent.desk.as_deref_mut() {
            desk.begun = None;
        }
        if !out.effects.is_empty() {
            self.carry_out(index, at, hand, view, out);
        }
        if let Err(fault) = done {
            self.fault(index, at, &fault, view, out);
        }
    }

    fn carry_out(&mut self, index: usize, at: u64, hand: Hand, view: View<'_>, out: &mut Outbox) {
        let mut effects = std::mem::take(&mut out.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Timer { id, at } => {
                    self.wake(at, What::Timer, index as u16, id, view, out);
                }
                Effect::Send { peer, start, len } => {
                    self.send(
                        index,
                        (at, hand),
                        peer,
                        start as usize..(start + len) as usize,
                        view,
                        out,
                    );
                }
                Effect::Set { port, value } => {
                    self.at_bedside(|bedside, node| bedside.set(node, index, port, value, at));
                }
                Effect::Alarm { alarm, priority } => self.at_bedside(|bedside, node| {
                    bedside.alarm(node, (index, alarm, priority), (at, hand), view, out);
                }),
            }
        }
        out.bytes.clear();
        out.effects = effects;
    }

    fn send(
        &mut self,
        index: usize,
        (at, hand): (u64, Hand),
        peer: u32,
        bytes: std::ops::Range<usize>,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let setup = &view.plan.setup.nodes[self.id as usize].devices[index];
        let Some(to) = setup.peers.get(peer as usize).copied().flatten() else { return };
        let unit = &mut self.units[index];
        let body = &out.bytes[bytes];
        let body = match unit.keys.get(peer as usize) {
            Some(key) if view.plan.arm.protection != channel::Protection::default() => {
                unit.counter += 1;
                let sender = self.id << 8 | index as u32;
                SmallVec::from_vec(channel::wrap(
                    view.plan.arm.protection,
                    key,
                    sender,
                    unit.counter,
                    body,
                ))
            }
            _ => SmallVec::from_slice(body),
        };
        // A frame is a person's when it comes of a key press; an answer is the device's own.
        let is_pressed = hand.channel as usize == setup.peers.len();
        let (origin, step) = match hand.origin {
            Origin::Person if is_pressed => (Origin::Person, NO_STEP),
            _ => (unit.own_hand().origin, unit.own_hand().step),
        };
        let frame = Frame {
            body,
            cause: 0,
            link: to.link,
            from: (self.id, index as u16),
            to: (to.node, to.unit),
            peer: to.back,
            step,
            origin,
        };
        self.transmit(at, frame, out);
    }

    fn fault(&mut self, index: usize, at: u64, fault: &Fault, view: View<'_>, out: &mut Outbox) {
        let unit = &mut self.units[index];
        unit.device = None;
        unit.faults += 1;
        unit.lent.timers.clear();
        unit.not_lent = matches!(fault, Fault::NotLent { .. }) && unit.artefact.is_none();
        let lasting = matches!(fault, Fault::NotLent { .. }) || unit.faults > REBOOTS;
        if view.recording
            && let Some(desk) = unit.lent.desk.as_deref()
        {
            let names = &view.plan.setup.names;
            let find = |text: &str| names.find(text).unwrap_or_default();
            let hand = unit.own_hand();
            let object = match fault {
                Fault::NotLent { import } => find(import),
                _ => Name(0),
            };
            let entry = desk.entry(at, &hand, Kind::Fault);
            out.entries.push(Entry { verb: find(fault.word()), object, ..entry });
            let verb = find(if lasting { "fail-safe" } else { "down" });
            out.entries.push(Entry { verb, ..desk.entry(at, &hand, Kind::Life) });
        }
        self.at_bedside(|bedside, node| bedside.device_down(node, index, at, view));
        if !lasting {
            self.wake(at + REBOOT_NS, What::Reboot, index as u16, 0, view, out);
        }
    }

    fn reboot(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = key.unit as usize;
        if key.slot > 0 {
            // An artefact takes the device's place: slot is its index + 1.
            let unit = &mut self.units[index];
            unit.artefact = Some(key.slot - 1);
            unit.compromised = view.plan.setup.installing_step(key.slot - 1);
            unit.device = None;
            unit.faults = 0;
            unit.lent.timers.clear();
        }
        self.power_on(view, index, key.at, out);
        let unit = &self.units[index];
        if view.recording
            && unit.device.is_some()
            && let Some(desk) = unit.lent.desk.as_deref()
        {
            let word = if unit.artefact.is_some() { "replaced" } else { "rebooted" };
            let verb = view.plan.setup.names.find(word).unwrap_or_default();
            out.entries.push(Entry { verb, ..desk.entry(key.at, &unit.own_hand(), Kind::Life) });
        }
    }
}

impl Unit {
    pub(crate) fn new(lent: Box<Lent>, keys: Vec<[u8; 32]>, config: Arc<[Setting]>) -> Self {
        let windows = keys.iter().map(|_| Window::default()).collect();
        Self {
            device: None,
            lent,
            faults: 0,
            counter: 0,
            windows,
            keys,
            config,
            artefact: None,
            compromised: None,
            not_lent: false,
        }
    }

    /// What is in hand when the device acts on its own: an attacker's component acts for its
    /// master.
    fn own_hand(&self) -> Hand {
        match self.compromised {
            Some(step) => Hand { origin: Origin::Adversary, step, ..Hand::default() },
            None => Hand { step: NO_STEP, ..Hand::default() },
        }
    }

    /// Opens a frame: what is known of it, and what it carries.
    fn open(
        &mut self,
        plan: &Plan,
        sender: u32,
        frame: &Frame,
    ) -> (Facts, Option<SmallVec<[u8; 96]>>) {
        let plain = plan.arm.protection == channel::Protection::default();
        let (Some(key), false) = (self.keys.get(frame.peer as usize), plain) else {
            return (Facts::default(), Some(frame.body.clone()));
        };
        let opened = channel::open(key, sender, &frame.body);
        let mut fresh = false;
        let trusted = opened.authenticated || !plan.arm.protection.authentication;
        if let Some((counter, window)) =
            opened.counter.zip(self.windows.get_mut(frame.peer as usize))
        {
            fresh = window.is_fresh(counter, plan.arm.nonce_window);
            if fresh && trusted {
                window.accept(counter);
            }
        }
        let facts = Facts {
            authenticated: opened.authenticated,
            encrypted: opened.encrypted,
            fresh,
            ..Facts::default()
        };
        (facts, opened.body.map(SmallVec::from_vec))
    }

    /// Whether the policy lets a frame in; says so in the trace.
    fn receives(
        &self,
        at: u64,
        hand: &Hand,
        opened: bool,
        view: View<'_>,
        out: &mut Outbox,
    ) -> bool {
        let Some(desk) = self.lent.desk.as_deref() else { return true };
        let Some(&request) = desk.rules.layout.receive.get(hand.channel as usize) else {
            return false;
        };
        let verdict = desk.rules.decide(request, hand.facts);
        let outcome = if opened { outcome_of(verdict) } else { Outcome::Unknown };
        if view.recording {
            let entry = Entry {
                object: desk.names.peers[hand.channel as usize],
                verb: desk.names.words.receive,
                outcome,
                rule: rule_of(verdict),
                ..desk.entry(at, hand, Kind::Frame)
            };
            out.entries.push(entry);
        }
        outcome == Outcome::Permit
    }
}

/// The number by which both ends know the sender that a frame names.
fn sender_id(setup: &DeviceSetup, peer: u32) -> u32 {
    let to = setup.peers.get(peer as usize).copied().flatten();
    to.map_or(u32::MAX, |peer| peer.node << 8 | u32::from(peer.unit))
}

/// The entry for something at `at` in node `id`.
pub(crate) fn entry(id: u32, at: u64, kind: Kind) -> Entry {
    Entry::new(SimTime::from_nanos(at), id, kind)
}
