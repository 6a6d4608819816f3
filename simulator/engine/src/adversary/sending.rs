//! What an adversary sends: from where, in whose name, and how genuine it looks.

use smallvec::SmallVec;

use super::{Adversary, Step, Target};
use crate::build;
use crate::channel::{self, Protection};
use crate::node::{Head, Node, Outbox, View, append};
use crate::trace::Origin;

/// By what a frame that they send is to look genuine.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// The device whose link keys were stolen.
    pub(super) stolen_from: Option<(u32, u16)>,
    /// By nothing: as a peer sends that knows no protection.
    pub(super) strip: bool,
}

impl Adversary {
    /// The link on which their frames to a target begin, and whether the device whose name they bear is
    /// in their hands: then it is that device's own.
    pub(super) fn way_in(&self, target: &Target, view: View<'_>) -> Option<(u32, bool)> {
        if self.is_in(target.from) {
            return Some((target.far, true));
        }
        let joins = |link: &&u32| view.plan.setup.network.joins(**link, target.link);
        let near = Some(target.link).filter(|link| self.reaches(*link, view));
        let far =
            || self.intention.segment.iter().chain(&self.intention.foothold_links).find(joins);
        near.or_else(|| far().copied()).map(|link| (link, false))
    }

    /// Whether they are in `device`: they hold it, or are logged in at it.
    pub(super) fn is_in(&self, device: (u32, u16)) -> bool {
        let logged_in = || self.consoles.iter().any(|console| console.device == device);
        self.intention.held(device).is_some() || logged_in()
    }

    /// The device whose link keys they use in the name of `from`: one that they hold, or have read.
    pub(super) fn keys_of(&self, from: (u32, u16)) -> Option<(u32, u16)> {
        let read = || self.opened.iter().copied().find(|opened| *opened == from);
        let logged_in = || self.consoles.iter().map(|own| own.device).find(|own| *own == from);
        self.intention.held(from).or_else(read).or_else(logged_in)
    }

    /// Sends `body` in the name of a peer. Who is in that device has it send, with its own keys and counter.
    #[expect(clippy::too_many_arguments, reason = "as of `send`")]
    pub(super) fn send_as(
        &mut self,
        body: &[u8],
        target: &Target,
        keys: Keys,
        step: &Step,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let is_handed_over = keys == Keys::default() && self.is_in(target.from);
        let body = match keys.strip {
            _ if is_handed_over => SmallVec::from_slice(body),
            true => bare(body, view),
            false => {
                let holds = keys.stolen_from.or_else(|| self.keys_of(target.from));
                let key = holds.map(|device| build::stolen_key(view.plan, device, target.to));
                self.dressed(body, target, key.as_ref(), view)
            }
        };
        self.send(body, target, (Origin::Adversary, is_handed_over), step, at, node, view, out);
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site each; a struct would only rename them"
    )]
    pub(super) fn send(
        &mut self,
        body: SmallVec<[u8; 96]>,
        target: &Target,
        (origin, handed_over): (Origin, bool),
        step: &Step,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let (link, genuine) = self.way_in(target, view).unwrap_or((target.link, false));
        let head = Head {
            cause: 0,
            link,
            from: (node.id, u16::MAX),
            to: target.to,
            peer: target.peer,
            step: step.number,
            origin,
            genuine,
            handed_over,
            entry: link,
            far: target.link,
            ..Head::default()
        };
        let body = append(&mut out.lent.bytes, &body);
        node.transmit(at, head, body, out);
    }

    /// Dresses a body as the link's frames look: a counter ahead of the last one heard, a tag that
    /// verifies only with a stolen key.
    pub(super) fn dressed(
        &mut self,
        body: &[u8],
        target: &Target,
        key: Option<&[u8; 32]>,
        view: View<'_>,
    ) -> SmallVec<[u8; 96]> {
        let protection = view.plan.arm.protection;
        if protection == Protection::default() {
            return SmallVec::from_slice(body);
        }
        let heard = self.counters.iter().find(|(from, _)| *from == target.from);
        let counter = heard.map_or(1, |(_, counter)| *counter).max(self.sent) + 1;
        self.sent = counter;
        let sender = channel::sender(target.from.0, target.from.1);
        let guess = [0; 32];
        // Without the key, sealing would only hide the command from its receiver.
        let as_seen =
            Protection { encryption: protection.encryption && key.is_some(), ..protection };
        SmallVec::from_vec(channel::wrap(as_seen, key.unwrap_or(&guess), sender, counter, body))
    }
}

/// A body as a peer sends it that knows no protection, on a link that has some.
pub(super) fn bare(body: &[u8], view: View<'_>) -> SmallVec<[u8; 96]> {
    match view.plan.arm.protection == Protection::default() {
        true => SmallVec::from_slice(body),
        false => SmallVec::from_vec(channel::in_clear(body)),
    }
}
