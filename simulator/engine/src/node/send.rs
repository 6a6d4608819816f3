//! What leaves a device: protected as the arm has its link, in the name of whom it belongs to.

use std::ops::Range;

use super::{Head, Node, Outbox, Sent, View, append, entry};
use crate::channel;
use crate::lent::Hand;
use crate::plan::Peer;
use crate::queue::{Key, What};
use crate::trace::{Entry, Kind, NO_STEP, Origin};

impl Node {
    /// A device sends to one of its peers.
    pub(super) fn send(
        &mut self,
        index: usize,
        (at, hand): (u64, Hand),
        peer: u32,
        bytes: Range<usize>,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let unit = &mut self.units[index];
        let Some(to) = unit.rest.peers.get(peer as usize).copied().flatten() else { return };
        if unit.rest.stack.is_some() && !self.is_connected(index, (at, hand), to, view, out) {
            return;
        }
        let body = self.protected(index, peer, bytes, view, out);
        let unit = &mut self.units[index];
        // A frame is a person's when it comes of a key press; an answer is the device's own.
        let is_pressed = hand.channel as usize == unit.rest.peers.len();
        let (origin, step) = match hand.origin {
            Origin::Person if is_pressed => (Origin::Person, NO_STEP),
            Origin::Adversary if is_pressed => (Origin::Adversary, hand.step),
            _ => (unit.own_hand().origin, unit.own_hand().step),
        };
        let head = Head {
            cause: 0,
            link: to.link,
            from: (self.id, index as u16),
            to: (to.node, to.unit),
            peer: to.back,
            step,
            origin,
            genuine: true,
            entry: to.link,
            far: to.far,
            ..Head::default()
        };
        self.transmit(at, head, body, out);
    }

    /// What a device sends as the arm protects its link with `peer`; where in the outbox's bytes it lies.
    fn protected(
        &mut self,
        index: usize,
        peer: u32,
        bytes: Range<usize>,
        view: View<'_>,
        out: &mut Outbox,
    ) -> Range<usize> {
        let protection = view.plan.arm.protection;
        let sender = channel::sender(self.id, index as u16);
        let sends_clear = || view.plan.setup.nodes[self.id as usize].devices[index].sends_clear;
        let none = channel::Protection::default();
        let unit = &mut self.units[index];
        match protection {
            _ if protection == none => bytes,
            _ if sends_clear() => unit.wrap(none, sender, peer, bytes, &mut out.lent.bytes),
            _ => unit.wrap(protection, sender, peer, bytes, &mut out.lent.bytes),
        }
    }

    /// An adversary who is in a device sends from there: with its keys, its counter and its address, in its turn.
    pub(super) fn sends_for_adversary(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        let index = usize::from(key.unit);
        let Some(unit) = self.units.get(index).filter(|unit| unit.device.is_some()) else {
            return self.runs_nothing(frame.head, key, view, out);
        };
        let peers = (0..).zip(unit.rest.peers.iter().copied());
        let mut to = peers.filter_map(|(at, peer)| Some((at, peer?)));
        let is_it = |(_, peer): &(u32, Peer)| (peer.node, peer.unit) == frame.head.to;
        let Some((peer, to)) = to.find(is_it) else { return };
        let (origin, step) = (frame.head.origin, frame.head.step);
        let hand = Hand { cause: key.cause(), origin, step, ..Hand::default() };
        if !self.is_connected(index, (key.at, hand), to, view, out) {
            return;
        }
        let bytes = append(&mut out.lent.bytes, &frame.body);
        let body = self.protected(index, peer, bytes, view, out);
        let (from, sent_for) = ((self.id, key.unit), Some(frame.head.from.0));
        let head = Head { handed_over: false, sent_for, from, ..frame.head };
        self.transmit(key.at, head, body, out);
    }

    /// Nothing runs in the device that an adversary would have send.
    fn runs_nothing(&self, head: Head, key: Key, view: View<'_>, out: &mut Outbox) {
        let step = view.plan.setup.step(u32::from(head.step)).filter(|_| view.recording);
        out.lent.entries.extend(step.map(|(_, step)| Entry {
            cause: key.cause(),
            subject: step.name,
            verb: view.plan.setup.names.find("runs-nothing").unwrap_or_default(),
            origin: head.origin,
            step: step.number,
            ..entry(self.id, key.at, Kind::Attack)
        }));
    }

    /// Hands a frame to the network, with the part of the outbox's bytes that is its body.
    pub(crate) fn transmit(&mut self, at: u64, head: Head, body: Range<usize>, out: &mut Outbox) {
        let ordinal = self.next_ordinal();
        let cause = Key::new(at, What::Frame, 0, self.id, ordinal).cause();
        let sender = self.units.get_mut(head.from.1 as usize).map(|unit| &mut unit.rest.sent);
        let nth = sender.unwrap_or(&mut self.sent).count(at);
        let head = Head { cause, sent: at, nth, ordinal, ..head };
        out.sent.push(Sent { at, body, head });
    }
}
