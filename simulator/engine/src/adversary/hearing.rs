//! What an adversary hears: what it tells them, and whether it answers what they did.

use medtwin_frames::{Frame as Radio, Kind as RadioKind};

use super::{Act, Adversary, MEMORY};
use crate::channel;
use crate::node::{Frame, Node, Outbox, View, entry};
use crate::queue::Key;
use crate::trace::{Entry, Kind};

impl Adversary {
    /// A frame on a link that they hear.
    pub(crate) fn hear(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        if frame.head.sent_for == Some(node.id) {
            return; // what they had a device send tells them nothing
        }
        let opened = channel::looks(view.plan.arm.protection, &frame.body);
        if let Some(counter) = opened.counter {
            match self.counters.iter_mut().find(|(from, _)| *from == frame.head.from) {
                Some((_, highest)) => *highest = counter.max(*highest),
                None => self.counters.push((frame.head.from, counter)),
            }
        }
        if self.recorded.len() == MEMORY {
            self.recorded.remove(0);
        }
        self.recorded.push(frame.clone());
        if let Some(radio) = opened.body.as_deref().and_then(|body| self.read(frame, body)) {
            self.understand(frame, radio, key.at, node, view, out);
            self.check_answered(frame, radio, key.at, node, view, out);
        }
        self.reads_vitals(frame, key.at, node, view, out);
        for step in 0..self.progress.len() {
            if self.progress[step].listening {
                self.check_heard(step, key.at, node, view, out);
            }
        }
    }

    /// A frame that they can read: whose serial it bears, and what it discloses about the wearer.
    pub(super) fn understand(
        &mut self,
        frame: &Frame,
        radio: Radio,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let pump =
            if matches!(radio.kind, RadioKind::Status) { frame.head.from } else { frame.head.to };
        self.knows(pump, radio.serial);
        if view.recording && matches!(radio.kind, RadioKind::Reading | RadioKind::Bolus) {
            let words = &view.plan.setup.names;
            let verb =
                words.find(if radio.kind == RadioKind::Reading { "reading" } else { "bolus" });
            let object = view.plan.setup.nodes[frame.head.from.0 as usize].name;
            let entry = entry(node.id, at, Kind::Disclosure);
            let verb = verb.unwrap_or_default();
            out.lent.entries.push(Entry { cause: frame.head.cause, object, verb, ..entry });
        }
    }

    /// Whether a frame answers a command of ours.
    pub(super) fn check_answered(
        &mut self,
        frame: &Frame,
        radio: Radio,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if radio.kind == RadioKind::Status && radio.b == 1 {
            let answered = (0..self.progress.len()).find(|&step| {
                self.progress[step]
                    .waiting
                    .is_some_and(|(from, until)| from == frame.head.from && at <= until)
            });
            if let Some(step) = answered {
                self.progress[step].waiting = None;
                self.end(step, true, at, node, view, out);
            }
        }
    }

    pub(super) fn check_heard(
        &mut self,
        step: usize,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Act::Listen { record, of, .. } = self.intention.steps[step].act else { return };
        let enough = match (record, of) {
            (None, None) => !self.serials.is_empty(),
            (None, Some(device)) => self.serial_of(device).is_some(),
            (Some((from, to)), _) => {
                self.recorded.iter().any(|f| f.head.from == from && f.head.to == to)
            }
        };
        if enough {
            let plan = self.intention.steps[step].clone();
            self.say(&plan, at, "learned", node.id, view, out);
            self.end(step, true, at, node, view, out);
        }
    }

    /// They have read a device's memory in clear.
    pub(crate) fn has_read(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(step) = self.intention.steps.iter().position(|own| own.number == key.unit) else {
            return;
        };
        let plan = self.intention.steps[step].clone();
        let Act::ReadStorage { device } = plan.act else { return };
        self.opened.push(device);
        if key.slot != 0 {
            let devices = &view.plan.setup.nodes[device.0 as usize].devices;
            let peers = devices[device.1 as usize].peers.iter().flatten();
            let paired = peers.map(|peer| (peer.node, peer.unit)).chain([device]);
            paired.for_each(|device| self.knows(device, key.slot));
        }
        self.say(&plan, key.at, "learned", node.id, view, out);
        self.end(step, true, key.at, node, view, out);
    }

    pub(super) fn knows(&mut self, device: (u32, u16), serial: u32) {
        match self.serials.iter_mut().find(|(of, _)| *of == device) {
            Some((_, known)) => *known = serial, // a spare has another
            None => self.serials.push((device, serial)),
        }
    }

    pub(super) fn serial_of(&self, device: (u32, u16)) -> Option<u32> {
        self.serials.iter().find(|(of, _)| *of == device).map(|(_, serial)| *serial)
    }
}
