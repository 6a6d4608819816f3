//! A service of a network: it answers what devices ask, as long as it is up.
//!
//! It has no firmware of a guest's: nothing of it is under a device's policy. Its clock is right, unless a failure of
//! the scenario says by how much it is wrong: a receiver of satellites that was jammed or deceived.

use super::stack::time_key;
use super::{Head, Node, Outbox, View, append};
use crate::network::{HOST, Kind, address, message};
use crate::queue::Key;

/// For how long an answer to a query may be kept [s].
const TTL_S: u32 = 300;

impl Node {
    /// A request is at a service.
    pub(super) fn serves(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let setup = &view.plan.setup;
        let Some(service) = setup.network.service(self.id) else { return };
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        if service.is_down(key.at) {
            return;
        }
        let (head, asked) = (frame.head, &frame.body);
        let own = address(service.link, (self.id, 0));
        let answer = match service.kind {
            Kind::Dhcp => message::dhcp_ack(asked, address(head.entry, head.from), own),
            Kind::Dns => {
                message::dns_answer(asked, setup.network.address_for(setup, head.from), TTL_S)
            }
            Kind::Ntp => {
                let local = (key.at as i64).saturating_add(service.wrong_ns(key.at));
                message::ntp_reply(asked, local, time_key(view.plan, self.id).as_ref())
            }
        };
        let Some(answer) = answer else { return };
        let body = append(&mut out.lent.bytes, &answer);
        let head = Head {
            link: service.link,
            entry: service.link,
            far: head.entry,
            from: (self.id, 0),
            to: head.from,
            peer: HOST,
            genuine: true,
            step: crate::trace::NO_STEP,
            ..Head::default()
        };
        self.transmit(key.at, head, body, out);
    }
}
