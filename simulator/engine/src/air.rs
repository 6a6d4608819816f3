//! What is between entities: frames on their way, who overhears them, and who stands in the path.

use bevy_ecs::prelude::Resource;
use medtwin_policy::Segmentation;

use crate::adversary::{Interference, Meddling};
use crate::build;
use crate::link::{Link, Passing};
use crate::node::{Frame, Head, Outbox, Sent, refused};
use crate::plan::Plan;
use crate::queue::{Key, Queue, What};
use crate::tap::OnWire;
use crate::trace::{Entry, Kind, Name, Origin};

/// The links of a running world.
#[derive(Resource, Default)]
pub(crate) struct Air {
    links: Vec<Link>,
    pub(crate) frames: Vec<Frame>,
    free: Vec<u32>,
    /// Some link does otherwise by what it carried before.
    remembers: bool,
    /// By link: the adversaries that hear it.
    listeners: Vec<Vec<u32>>,
    interference: Vec<Interference>,
    /// Those that kept back the frame in hand.
    kept_back: Vec<Interference>,
    /// What was on links since it was last taken, where somebody captures it.
    pub(crate) taps: Option<Vec<OnWire>>,
    words: Words,
}

/// The words for what becomes of a frame.
#[derive(Clone, Copy, Default)]
struct Words {
    sent: Name,
    lost: Name,
    dropped: Name,
    carried: Name,
    delayed: Name,
}

/// What a link did with a frame.
#[derive(Clone, Copy)]
enum Fate {
    Arrives(u64),
    Lost,
    Dropped,
}

impl Air {
    pub(crate) fn new(plan: &Plan) -> Self {
        let links = plan.setup.links.iter().map(|link| Link::new(link.clone(), plan.seed));
        let links: Vec<Link> = links.collect();
        let word = |text| plan.setup.names.find(text).unwrap_or_default();
        Self {
            remembers: links.iter().any(Link::remembers),
            links,
            listeners: build::listeners(plan),
            words: Words {
                sent: word("sent"),
                lost: word("lost"),
                dropped: word("dropped"),
                carried: word("carried"),
                delayed: word("delayed"),
            },
            ..Self::default()
        }
    }

    /// Frames that arrived leave their place to others.
    pub(crate) fn arrived(&mut self, slots: impl Iterator<Item = u32>) {
        self.free.extend(slots);
    }

    /// Carries what was sent and queues what is to come.
    pub(crate) fn post(
        &mut self,
        out: &mut Outbox,
        plan: &Plan,
        queue: &mut Queue,
        recording: bool,
    ) {
        out.keys.drain(..).for_each(|key| queue.push(key));
        self.interference.append(&mut out.interference);
        let mut sent = std::mem::take(&mut out.sent);
        if self.taps.is_some() || self.remembers {
            // A queue takes frames in the order of their time, whoever was stepped first.
            sent.sort_unstable_by_key(|sent| (sent.at, sent.head.from.0, sent.head.ordinal));
        }
        for Sent { at, body, head } in sent.drain(..) {
            if head.handed_over {
                let (device, unit) = named(plan, &head);
                let slot = self.store(head, &out.lent.bytes[body]);
                let at = at + plan.setup.lookahead_ns();
                let key = Key::new(at, What::HandedOver, device, head.from.0, head.ordinal);
                queue.push(key.slot(slot as u32).unit(unit));
                continue;
            }
            let Some(link) = self.links.get_mut(head.link as usize) else { continue };
            let Some(next) = arrives_at(plan, &head) else { continue };
            if is_kept_out(plan, link, &head) {
                let subject = plan.setup.names.find(&link.setup.name).unwrap_or_default();
                let told = refused(head.from.0, at, head, plan).filter(|_| recording);
                out.lent.entries.extend(told.map(|told| Entry { subject, ..told }));
                continue;
            }
            let bytes = &out.lent.bytes[body];
            let (from, to, luck) = (place(head.from), place(head.to), (head.sent, head.nth));
            let has_sessions = link.setup.medium.opening.is_some();
            let named = place(if has_sessions { named(plan, &head) } else { head.from });
            let (sent, to_next) = (luck, place(next));
            let passing = Passing { at, sent, named, to: to_next, bytes: bytes.len() };
            let left = link.leaves(&passing);
            let arrives = left.and_then(|left| link.carry(left, luck, from << 32 | to));
            let is_up = |until: &u64| !plan.setup.network.is_down(head.link, at, *until);
            let arrives = arrives.filter(is_up);
            let slot = self.store(head, bytes);
            if let Some(left) = left.filter(is_up) {
                self.overheard(left, head, slot, queue);
            }
            let fate = match (left, self.interfere(at, arrives, slot)) {
                (None, _) => Fate::Dropped,
                (_, None) => Fate::Lost,
                (_, Some(arrives)) => Fate::Arrives(arrives),
            };
            if let (Some(taps), Some(left)) = (&mut self.taps, left.filter(is_up)) {
                taps.push(OnWire::of(&self.frames[slot], (at, left), &plan.setup));
            }
            if recording {
                out.lent.entries.extend(self.entries(plan, at, fate, slot).into_iter().flatten());
                out.lent.entries.extend(self.told_of_steps(plan, at, slot));
            }
            match fate {
                Fate::Arrives(arrives) => {
                    let key = Key::new(arrives, What::Frame, next.0, head.from.0, head.ordinal);
                    queue.push(key.slot(slot as u32).unit(next.1));
                }
                Fate::Lost | Fate::Dropped => self.free.push(slot as u32),
            }
        }
        out.sent = sent;
        out.lent.bytes.clear();
    }

    /// Frames as adversaries hear them, each on its own way.
    fn overheard(&mut self, left: u64, head: Head, slot: usize, queue: &mut Queue) {
        for i in 0..self.listeners[head.link as usize].len() {
            let eve = self.listeners[head.link as usize][i];
            if eve == head.from.0 {
                continue;
            }
            let link = &self.links[head.link as usize];
            let ear = place(head.from) << 32 | u64::from(eve) | 1 << 62;
            if let Some(arrives) = link.carry(left, (head.sent, head.nth), ear) {
                let key = Key::new(arrives, What::Overheard, eve, head.from.0, head.ordinal);
                let body = std::mem::take(&mut self.frames[slot].body);
                let copy = self.store(head, &body);
                self.frames[slot].body = body;
                queue.push(key.slot(copy as u32));
            }
        }
    }

    /// What adversaries in the path do to a frame: nothing, delay, alter, or drop.
    fn interfere(&mut self, at: u64, arrives: Option<u64>, slot: usize) -> Option<u64> {
        self.kept_back.clear();
        let mut arrives = arrives?;
        for act in &self.interference {
            let frame = &mut self.frames[slot];
            if act.touches(at, frame) {
                self.kept_back.extend(act.keeps_back().then_some(*act));
                arrives = act.apply(arrives, frame)?;
            }
        }
        Some(arrives)
    }

    /// What the steps that kept a frame back did to it.
    fn told_of_steps(&self, plan: &Plan, at: u64, slot: usize) -> impl Iterator<Item = Entry> {
        let head = self.frames[slot].head;
        let told = move |act: &Interference| {
            let object = name(plan, head.to).unwrap_or_default();
            let drops = act.how == Meddling::Drop;
            let verb = if drops { self.words.dropped } else { self.words.delayed };
            let entry = crate::node::entry(head.from.0, at, Kind::Attack);
            let (subject, step, cause) = (act.name, act.step, head.cause);
            Entry { cause, subject, object, verb, origin: Origin::Adversary, step, ..entry }
        };
        self.kept_back.iter().map(told)
    }

    /// That a frame left or did not, and what a link that has a rate did with it.
    fn entries(&self, plan: &Plan, at: u64, fate: Fate, slot: usize) -> [Option<Entry>; 2] {
        let Frame { head, ref body } = self.frames[slot];
        let (verb, done, delay_ms) = match fate {
            Fate::Arrives(arrives) => {
                (self.words.sent, self.words.carried, (arrives - at) as f64 / 1e6)
            }
            Fate::Lost => (self.words.lost, self.words.lost, 0.0),
            Fate::Dropped => (self.words.dropped, self.words.dropped, 0.0),
        };
        let told = |kind, subject, verb, value| {
            let object = name(plan, head.to)?;
            let (cause, origin, step) = (head.cause, head.origin, head.step);
            let entry = crate::node::entry(head.from.0, at, kind);
            Some(Entry { cause, subject, object, verb, value, origin, step, ..entry })
        };
        // A frame is told of when it leaves its sender, and when it gets no further.
        let is_news = head.link == head.entry || !matches!(fate, Fate::Arrives(_));
        let link = &self.links[head.link as usize].setup;
        let sent = name(plan, head.from)
            .filter(|_| is_news)
            .and_then(|from| told(Kind::Frame, from, verb, body.len() as f64));
        let metered = link.medium.line.and(plan.setup.names.find(&link.name));
        [sent, metered.and_then(|link| told(Kind::Link, link, done, delay_ms))]
    }

    /// Keeps a frame while it travels, where a past one was if there is room.
    fn store(&mut self, head: Head, body: &[u8]) -> usize {
        let slot = match self.free.pop() {
            Some(slot) => slot as usize,
            None => {
                self.frames.push(Frame::default());
                self.frames.len() - 1
            }
        };
        let frame = &mut self.frames[slot];
        frame.head = head;
        frame.body.clear();
        frame.body.extend_from_slice(body);
        slot
    }
}

/// A device as a number: its node, and which of the node's devices.
fn place((node, unit): (u32, u16)) -> u64 {
    u64::from(node) << 8 | u64::from(unit & 0xff)
}

/// In whose name a frame is: its receiver knows no other.
fn named(plan: &Plan, head: &Head) -> (u32, u16) {
    let (node, unit) = head.to;
    let device = plan.setup.nodes.get(node as usize).and_then(|n| n.devices.get(unit as usize));
    let peer = device.and_then(|device| device.peers.get(head.peer as usize)?.as_ref());
    peer.map_or(head.from, |peer| (peer.node, peer.unit))
}

/// Where a frame on a link arrives next: at its receiver, or at a switch.
fn arrives_at(plan: &Plan, head: &Head) -> Option<(u32, u16)> {
    if head.link == head.far {
        return Some(head.to);
    }
    plan.setup.network.next.get(&(head.link, head.far)).map(|(switch, _)| (*switch, 0))
}

/// Whether the port on which a frame would enter the network knows its sender for another.
fn is_kept_out(plan: &Plan, link: &Link, head: &Head) -> bool {
    plan.arm.segmentation == Some(Segmentation::Micro)
        && link.setup.medium.is_ip
        && !head.genuine
        && head.link == head.entry
}

/// The name of a device, or of the node where there is none.
fn name(plan: &Plan, (node, unit): (u32, u16)) -> Option<Name> {
    let node = plan.setup.nodes.get(node as usize)?;
    Some(node.devices.get(unit as usize).map_or(node.name, |device| device.names.device))
}
