//! What is between entities: frames on their way, who overhears them, and who stands in the path.

use bevy_ecs::prelude::Resource;

use crate::adversary::Interference;
use crate::build;
use crate::link::Link;
use crate::node::{Frame, Head, Outbox, Sent};
use crate::plan::Plan;
use crate::queue::{Key, Queue, What};
use crate::trace::{Entry, Kind, Name};

/// The links of a running world.
#[derive(Resource, Default)]
pub(crate) struct Air {
    links: Vec<Link>,
    pub(crate) frames: Vec<Frame>,
    free: Vec<u32>,
    /// By link: the adversaries that hear it.
    listeners: Vec<Vec<u32>>,
    interference: Vec<Interference>,
    /// The words for frames that left and that were lost.
    sent: Name,
    lost: Name,
}

impl Air {
    pub(crate) fn new(plan: &Plan) -> Self {
        let links = plan.setup.links.iter().map(|link| Link::new(link.clone(), plan.seed));
        let word = |text| plan.setup.names.find(text).unwrap_or_default();
        Self {
            links: links.collect(),
            listeners: build::listeners(plan),
            sent: word("sent"),
            lost: word("lost"),
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
        for Sent { at, body, ordinal, nth, head } in sent.drain(..) {
            let Some(link) = self.links.get(head.link as usize) else { continue };
            let way = place(head.from) << 32 | place(head.to);
            let arrives = link.carry(at, way, nth);
            let slot = self.store(head, &out.lent.bytes[body]);
            self.overheard(at, (ordinal, nth), head, slot, queue);
            let arrives = self.interfere(at, arrives, slot);
            let verb = if arrives.is_some() { self.sent } else { self.lost };
            if recording && let Some(entry) = sent_entry(plan, at, verb, &self.frames[slot]) {
                out.lent.entries.push(entry);
            }
            match arrives {
                Some(arrives) => {
                    let key = Key::new(arrives, What::Frame, head.to.0, head.from.0, ordinal);
                    queue.push(key.slot(slot as u32).unit(head.to.1));
                }
                None => self.free.push(slot as u32),
            }
        }
        out.sent = sent;
        out.lent.bytes.clear();
    }

    /// Frames as adversaries hear them, each on its own way.
    fn overheard(
        &mut self,
        at: u64,
        (ordinal, nth): (u32, u32),
        head: Head,
        slot: usize,
        queue: &mut Queue,
    ) {
        for i in 0..self.listeners[head.link as usize].len() {
            let eve = self.listeners[head.link as usize][i];
            if eve == head.from.0 {
                continue;
            }
            let link = &self.links[head.link as usize];
            let ear = place(head.from) << 32 | u64::from(eve) | 1 << 62;
            if let Some(arrives) = link.carry(at, ear, nth) {
                let key = Key::new(arrives, What::Overheard, eve, head.from.0, ordinal);
                let body = std::mem::take(&mut self.frames[slot].body);
                let copy = self.store(head, &body);
                self.frames[slot].body = body;
                queue.push(key.slot(copy as u32));
            }
        }
    }

    /// What adversaries in the path do to a frame: nothing, delay, alter, or drop.
    fn interfere(&mut self, at: u64, arrives: Option<u64>, slot: usize) -> Option<u64> {
        let mut arrives = arrives?;
        for act in &self.interference {
            let frame = &mut self.frames[slot];
            if act.touches(at, frame) {
                arrives = act.apply(arrives, frame)?;
            }
        }
        Some(arrives)
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

fn sent_entry(plan: &Plan, at: u64, verb: Name, frame: &Frame) -> Option<Entry> {
    let head = frame.head;
    let names = |(node, unit): (u32, u16)| {
        let node = plan.setup.nodes.get(node as usize)?;
        Some(node.devices.get(unit as usize).map_or(node.name, |device| device.names.device))
    };
    Some(Entry {
        cause: head.cause,
        subject: names(head.from)?,
        object: names(head.to)?,
        verb,
        value: frame.body.len() as f64,
        origin: head.origin,
        step: head.step,
        ..crate::node::entry(head.from.0, at, Kind::Frame)
    })
}
