//! A switch: it sends frames on, if its firewall lets them pass.

use super::{Head, Node, Outbox, Sent, View, append, entry};
use crate::queue::Key;
use crate::trace::{Entry, Kind, Outcome};

impl Node {
    /// A frame is at a switch: from a link it goes to the backbone, from there to the next link.
    pub(super) fn forwards(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let network = &view.plan.setup.network;
        let Some(switch) = network.switch(self.id) else { return self.serves(key, view, out) };
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        let head = frame.head;
        let comes_in = head.link != switch.backbone;
        if comes_in && !view.plan.setup.passes(view.plan.arm.segmentation, &head) {
            return self.refuses(key.at, head, view, out);
        }
        let Some(&(_, link)) = network.next.get(&(head.link, head.far)) else { return };
        let body = append(&mut out.lent.bytes, &frame.body);
        out.sent.push(Sent { at: key.at, body, head: Head { link, ..head } });
    }

    fn refuses(&self, at: u64, head: Head, view: View<'_>, out: &mut Outbox) {
        let node = &view.plan.setup.nodes[self.id as usize];
        let told = refused(self.id, at, head, view.plan);
        let told = told.filter(|_| view.recording);
        out.lent.entries.extend(told.map(|told| Entry { subject: node.name, ..told }));
    }
}

/// That a firewall refused a frame.
pub(crate) fn refused(id: u32, at: u64, head: Head, plan: &crate::Plan) -> Option<Entry> {
    let (node, unit) = (plan.setup.nodes.get(head.to.0 as usize)?, usize::from(head.to.1));
    let object = node.devices.get(unit).map_or(node.name, |device| device.names.device);
    Some(Entry {
        cause: head.cause,
        object,
        verb: plan.setup.names.find("refused").unwrap_or_default(),
        rule: plan.arm.segmentation_rule,
        outcome: Outcome::Forbid,
        origin: head.origin,
        step: head.step,
        ..entry(id, at, Kind::Link)
    })
}
