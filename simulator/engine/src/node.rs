//! One entity of the world, stepped in time order.
//!
//! A node holds devices and, where they are wired to one, a patient with their wearer; or an
//! adversary. Within a window nothing else can reach it, so it handles its own events in order and
//! leaves what it sends in an [`Outbox`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use bevy_ecs::prelude::Component;
use smallvec::SmallVec;

use crate::adversary::{Adversary, Interference};
use crate::bedside::{self, Bedside};
use crate::build;
use crate::device::{Event, Fault};
use crate::dose::Prescription;
use crate::input::Input;
use crate::lent::{Effect, Hand, Lent};
use crate::network::HOST;
use crate::pairing::Pairing;
use crate::plan::Plan;
use crate::queue::{Key, What};
use crate::staff::Staff;
use crate::time::SimTime;
use crate::trace::{Entry, Kind, Origin};

mod forward;
mod life;
mod login;
mod memory;
mod panel;
mod power;
mod send;
mod serve;
mod slots;
mod stack;
mod unit;
mod update;
mod visit;

pub(crate) use forward::refused;
use stack::Stack;
pub(crate) use unit::Unit;
use unit::{Moment, sender_id};
pub(crate) use update::IMAGES;

/// A frame on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) head: Head,
    pub(crate) body: SmallVec<[u8; 96]>,
}

/// What a frame is besides its body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub(crate) cause: u64,
    pub(crate) link: u32,
    pub(crate) from: (u32, u16),
    pub(crate) to: (u32, u16),
    /// Which of the receiver's peers it says it is from.
    pub(crate) peer: u32,
    pub(crate) step: u16,
    pub(crate) origin: Origin,
    /// It was sent from the device whose name it bears.
    pub(crate) genuine: bool,
    /// That device has yet to send it, for an adversary who is in it.
    pub(crate) handed_over: bool,
    /// It was sent for this adversary, who learns nothing by hearing it.
    pub(crate) sent_for: Option<u32>,
    /// The link on which it was sent, and that on which its receiver is.
    pub(crate) entry: u32,
    pub(crate) far: u32,
    /// When it was sent [ns], the how-manieth of its sender at that time and in all.
    pub(crate) sent: u64,
    pub(crate) nth: u32,
    pub(crate) ordinal: u32,
}

/// What a node leaves for the other phases of the tick.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) keys: Vec<Key>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) interference: Vec<Interference>,
    /// What the device in hand is lent: one for all devices that are stepped here, so that it is
    /// near at hand.
    pub(crate) lent: Box<Lent>,
    local: BinaryHeap<Reverse<Key>>,
}

/// A frame that a node sent; its body lies in the outbox's bytes.
pub(crate) struct Sent {
    pub(crate) at: u64,
    pub(crate) body: Range<usize>,
    pub(crate) head: Head,
}

/// What a node sees of the world while it steps.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) frames: &'a [Frame],
    pub(crate) inputs: &'a [Input],
    pub(crate) window_end: u64,
    pub(crate) recording: bool,
}

impl View<'_> {
    fn is_ip(&self, frame: &Frame) -> bool {
        let link = self.plan.setup.links.get(frame.head.link as usize);
        link.is_some_and(|link| link.medium.is_ip)
    }
}

/// One entity.
#[derive(Component)]
pub(crate) struct Node {
    pub(crate) id: u32,
    ordinal: u32,
    /// When an adversary here last sent, and how many then.
    sent: Moment,
    pub(crate) units: SmallVec<[Unit; 1]>,
    people: Option<Box<People>>,
}

/// Who is at a node, apart from its devices.
#[derive(Default)]
struct People {
    bedside: Option<Box<dyn Bedside>>,
    adversary: Option<Box<Adversary>>,
    staff: Option<Box<Staff>>,
    errands: Vec<Errand>,
    /// Keys that wait for a login; none once they were taken.
    waiting: Vec<Option<panel::Waiting>>,
    /// How often the wearer paired their devices anew.
    pairings: u32,
}

/// What people, or the patient, at the bedside did to devices. It is carried out when the bedside is back from acting,
/// so that what a device sets in answer reaches the patient.
pub(crate) enum Errand {
    /// A key was pressed.
    Press(Pressed),
    /// A device's hardware noticed something at a sensor.
    Sense { unit: usize, sensor: u32, value: f64, at: u64 },
    /// A device was taken off.
    PowerOff(usize),
    /// New devices were put on, with this serial number.
    Replace { units: Vec<usize>, at: u64, serial: f64, prescription: Prescription },
}

/// A key that somebody pressed at a device.
pub(crate) struct Pressed {
    pub(crate) unit: usize,
    pub(crate) input: u32,
    pub(crate) value: f64,
    pub(crate) at: u64,
    pub(crate) hand: Hand,
}

impl Node {
    pub(crate) fn new(
        id: u32,
        units: SmallVec<[Unit; 1]>,
        bedside: Option<Box<dyn Bedside>>,
        adversary: Option<Box<Adversary>>,
        staff: Option<Box<Staff>>,
    ) -> Self {
        let anybody = bedside.is_some() || adversary.is_some() || staff.is_some();
        let people = People { bedside, adversary, staff, ..People::default() };
        Self {
            id,
            ordinal: 0,
            sent: Moment::default(),
            units,
            people: anybody.then(|| Box::new(people)),
        }
    }

    /// Powers everything on at the start of the run.
    pub(crate) fn start(&mut self, view: View<'_>, out: &mut Outbox) {
        for unit in 0..self.units.len() {
            self.power_on(view, unit, 0, out);
        }
        self.plan_power(view, out);
        self.connect(view, out);
        self.at_bedside(|bedside, node| bedside.start(node, view, out));
        self.as_adversary(|eve, node| eve.start(node, view, out));
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
            What::Overheard => {
                self.as_adversary(|eve, node| eve.hear(node, key, view, out));
            }
            What::Frame => self.frame(key, view, out),
            What::HandedOver => self.sends_for_adversary(key, view, out),
            What::Reboot => self.reboot(key, view, out),
            What::Update => self.update(key, view, out),
            What::Power => self.power(key, view, out),
            What::Network => self.on_network(key, view, out),
            What::Patient => {
                self.at_bedside(|bedside, node| bedside.due(node, key, view, out));
                self.run_errands(view, out);
            }
            What::Pressed => self.pressed_by_adversary(key, view, out),
            What::LoggedIn => self.logged_in(key, view, out),
            What::LogIn => self.adversary_enters(key, view, out),
            What::Storage => self.memory_in_hand(key, view, out),
            What::Read => self.as_adversary(|eve, node| eve.has_read(node, key, view, out)),
            What::Person => {
                self.at_bedside(|bedside, node| bedside.act(node, key, view, out));
                self.run_errands(view, out);
            }
            What::Heard => self.as_staff(|staff, node| staff.hear(node, key, view, out)),
            What::Staff => self.as_staff(|staff, node| staff.act(node, key, view, out)),
            What::Found => self.as_staff(|staff, node| staff.found(node, key, view, out)),
            What::Visit => self.visit(key, view, out),
            What::Adversary => {
                self.as_adversary(|eve, node| eve.act(node, key, view, out));
            }
            What::Input => {
                self.as_adversary(|eve, node| eve.told(node, key, view, out));
                self.at_bedside(|bedside, node| bedside.in_hand(node, key, view, out));
                self.run_errands(view, out);
            }
        }
    }

    fn run_errands(&mut self, view: View<'_>, out: &mut Outbox) {
        let errands = self.people.as_mut().map(|people| std::mem::take(&mut people.errands));
        for errand in errands.into_iter().flatten() {
            match errand {
                Errand::Press(pressed) => self.press(pressed, view, out),
                Errand::Sense { unit, sensor, value, at } => {
                    let hand = self.units[unit].own_hand();
                    self.call(unit, at, hand, Event::Sense { sensor, value }, view, out);
                }
                Errand::PowerOff(unit) => self.units[unit].power_off(),
                Errand::Replace { units, at, serial, prescription } => {
                    for &unit in &units {
                        let place = (self.id as usize, unit);
                        let mut spare = build::spare(view.plan, place, &prescription, serial);
                        spare.counts_on(&self.units[unit]);
                        self.units[unit] = spare;
                    }
                    self.pair(at, view.plan);
                    units.iter().for_each(|&unit| self.power_on(view, unit, at, out));
                }
            }
        }
    }

    /// The devices here are paired with one another anew, where a key protects their links.
    pub(crate) fn pair(&mut self, at: u64, plan: &Plan) {
        let link = plan.arm.protection;
        let has_key = link.authentication || link.encryption;
        let Some(people) = self.people.as_mut().filter(|_| has_key) else { return };
        people.pairings += 1;
        let pairing = Pairing { number: people.pairings, at };
        for (index, unit) in self.units.iter_mut().enumerate() {
            unit.pair(self.id, build::link_keys(plan, (self.id as usize, index), pairing));
        }
    }

    /// Whether the keys that `unit` has with devices here are valid.
    pub(crate) fn is_paired(&self, unit: usize, at: u64) -> bool {
        self.units[unit].has_valid_keys(self.id, at)
    }

    fn at_bedside(&mut self, act: impl FnOnce(&mut dyn Bedside, &mut Self)) {
        let Some(mut bedside) = self.people.as_mut().and_then(|p| p.bedside.take()) else { return };
        act(&mut *bedside, self);
        if let Some(people) = &mut self.people {
            people.bedside = Some(bedside);
        }
    }

    fn as_adversary(&mut self, act: impl FnOnce(&mut Adversary, &mut Self)) {
        let Some(mut eve) = self.people.as_mut().and_then(|p| p.adversary.take()) else { return };
        act(&mut eve, self);
        if let Some(people) = &mut self.people {
            people.adversary = Some(eve);
        }
    }

    fn as_staff(&mut self, act: impl FnOnce(&mut Staff, &mut Self)) {
        let Some(mut staff) = self.people.as_mut().and_then(|p| p.staff.take()) else { return };
        act(&mut staff, self);
        if let Some(people) = &mut self.people {
            people.staff = Some(staff);
        }
    }

    /// Keeps what people did to a device until the bedside is back.
    pub(crate) fn runs(&mut self, errand: Errand) {
        if let Some(people) = &mut self.people {
            people.errands.push(errand);
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

    fn timer(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(unit) = self.units.get_mut(key.unit as usize) else { return };
        let timers = &mut unit.timers;
        let Some(at) = timers.iter().position(|&(id, at)| id == key.slot && at == key.at) else {
            return; // cancelled, or moved
        };
        timers.swap_remove(at);
        let hand = Hand { cause: key.cause(), ..unit.own_hand() };
        self.call(key.unit as usize, key.at, hand, Event::Timer(key.slot), view, out);
    }

    fn frame(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        let Some(unit) = self.units.get_mut(key.unit as usize) else {
            return self.forwards(key, view, out);
        };
        if frame.head.peer == HOST {
            return self.answered(key, view, out);
        }
        if unit.rest.stack.as_deref().is_some_and(Stack::has_no_address) && view.is_ip(frame) {
            return;
        }
        let head = frame.head;
        if unit.open {
            let hand = Hand { cause: head.cause, ..Hand::default() };
            let event = Event::Frame { peer: head.peer, body: &frame.body };
            return self.call(key.unit as usize, key.at, hand, event, view, out);
        }
        let sender = sender_id(&unit.rest.peers, head.peer);
        let (facts, body) = unit.open((view.plan, key.at), sender, frame);
        let hand = Hand {
            cause: head.cause,
            facts,
            channel: head.peer,
            origin: head.origin,
            step: head.step,
            order: None,
        };
        let refused = body.as_ref().err().copied();
        let received = unit.receives(key.at, &hand, refused, view, out);
        if let (Ok(body), true) = (body, received) {
            let event = Event::Frame { peer: head.peer, body: &body };
            self.call(key.unit as usize, key.at, hand, event, view, out);
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
        let Some(mut device) = unit.device.take() else { return };
        unit.lend((at, hand), view, &mut out.lent);
        let mut done = device.handle(&mut out.lent, event);
        if done.is_ok() && out.lent.has_state_to_keep() {
            done = device.save(&mut out.lent).map(|state| out.lent.keep_state(&state));
        }
        unit.take_back(&mut out.lent);
        unit.device = Some(device);
        self.finish(index, at, hand, done, view, out);
    }

    /// Carries out what a call left.
    fn finish(
        &mut self,
        index: usize,
        at: u64,
        hand: Hand,
        done: Result<(), Fault>,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if !out.lent.out.is_empty() {
            self.carry_out(index, at, hand, view, out);
        }
        if let Err(fault) = done {
            self.fault(index, at, &fault, view, out);
        }
    }

    fn carry_out(&mut self, index: usize, at: u64, hand: Hand, view: View<'_>, out: &mut Outbox) {
        let mut effects = std::mem::take(&mut out.lent.out);
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
                Effect::Set { port, value, forged } => {
                    let set = bedside::Set { unit: index, port, value, forged };
                    self.at_bedside(|bedside, node| bedside.set(node, set, at, view, out));
                    self.run_errands(view, out);
                }
                Effect::Activate => self.activate(index, (at, hand.cause), view, out),
                Effect::Alarm { alarm, priority } => {
                    let alarm = bedside::Alarm { unit: index, alarm, priority };
                    self.alarm(alarm, (at, hand), view, out);
                }
            }
        }
        out.lent.out = effects;
    }

    /// A device raised or cleared an alarm: it is said, and whoever is at the bedside may hear it.
    fn alarm(
        &mut self,
        alarm: bedside::Alarm,
        (at, hand): (u64, Hand),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(desk) = self.units[alarm.unit].desk() else { return };
        if view.recording {
            let object = desk.names.alarms.get(alarm.alarm as usize).copied().unwrap_or_default();
            let value = f64::from(alarm.priority);
            out.lent.entries.push(Entry { object, value, ..desk.entry(at, &hand, Kind::Alarm) });
        }
        let bedside::Alarm { unit, alarm: which, priority } = alarm;
        self.ring((unit, which, priority), at, view, out);
        self.at_bedside(|bedside, node| bedside.alarm(node, alarm, (at, hand), view, out));
    }
}

/// Puts `body` at the end of `bytes`; where it lies.
pub(crate) fn append(bytes: &mut Vec<u8>, body: &[u8]) -> Range<usize> {
    let start = bytes.len();
    bytes.extend_from_slice(body);
    start..bytes.len()
}

/// The entry for something at `at` in node `id`.
pub(crate) fn entry(id: u32, at: u64, kind: Kind) -> Entry {
    Entry::new(SimTime::from_nanos(at), id, kind)
}
