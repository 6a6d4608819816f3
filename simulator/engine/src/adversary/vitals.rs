//! Vital signs that an adversary reads: in clear on a link that they hear, or as the receiver that they
//! hold, for whom a seal is no obstacle.

use medtwin_vitals::{Body, Frame as Vitals};

use super::Adversary;
use crate::build;
use crate::channel;
use crate::node::{Frame, Node, Outbox, View, entry};
use crate::trace::{Entry, Kind};

impl Adversary {
    /// A frame that bears a patient's number and vital signs, if they can read it, is disclosed.
    pub(super) fn reads_vitals(
        &self,
        frame: &Frame,
        at: u64,
        node: &Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if !view.recording || !self.has_vitals(frame, view) {
            return;
        }
        let setup = &view.plan.setup;
        let verb = setup.names.find("reading").unwrap_or_default();
        let object = setup.nodes[frame.head.from.0 as usize].name;
        let own = entry(node.id, at, Kind::Disclosure);
        out.lent.entries.push(Entry { cause: frame.head.cause, object, verb, ..own });
    }

    fn has_vitals(&self, frame: &Frame, view: View<'_>) -> bool {
        let looked = channel::looks(view.plan.arm.protection, &frame.body).body;
        let body = looked.or_else(|| self.opens_as_receiver(frame, view));
        let read = body.as_deref().and_then(Vitals::decode);
        read.is_some_and(|(read, _)| match read.body {
            Body::Numerics { patient, .. } => !patient.is_empty(),
            _ => false,
        })
    }

    /// What a sealed frame carries, to whoever holds its receiver and so its key.
    fn opens_as_receiver(&self, frame: &Frame, view: View<'_>) -> Option<Vec<u8>> {
        let held = self.intention.held(frame.head.to)?;
        let key = build::stolen_key(view.plan, held, frame.head.from);
        let sender = channel::sender(frame.head.from.0, frame.head.from.1);
        channel::open(&key, sender, &frame.body).body
    }
}
