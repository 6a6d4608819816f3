//! Frames as they pass on links, for whoever captures them.
//!
//! What a tap sees is the frame as it goes to its receiver: changed, if somebody in the path changed it. A frame that is lost in the
//! air or swallowed in the path was there; one for which a queue had no room, that a firewall kept out or that was sent
//! into a link that is down was not.

use crate::network::Place;
use crate::node::Frame;
use crate::plan::Setup;
use crate::time::SimTime;

/// A frame on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnWire {
    /// When it came to the link.
    pub came: SimTime,
    /// When it had left.
    pub at: SimTime,
    /// The link.
    pub link: u32,
    /// Where it was sent: the link on which it began, and that on which its receiver is.
    pub entry: u32,
    /// See `entry`.
    pub far: u32,
    /// Who sent it; an adversary has no device.
    pub from: Place,
    /// The device whose name it bears.
    pub claimed: Place,
    /// The device that it is for.
    pub to: Place,
    /// Which of the receiver's peers it says it is from.
    pub peer: u32,
    /// It comes from the device whose name it bears.
    pub genuine: bool,
    /// The attack step that it belongs to, or [`NO_STEP`](crate::trace::NO_STEP).
    pub step: u16,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl OnWire {
    pub(crate) fn of(frame: &Frame, (came, at): (u64, u64), setup: &Setup) -> Self {
        let head = frame.head;
        let device = setup.nodes.get(head.to.0 as usize);
        let device = device.and_then(|node| node.devices.get(usize::from(head.to.1)));
        let peer = device.and_then(|device| device.peers.get(head.peer as usize)?.as_ref());
        Self {
            came: SimTime::from_nanos(came),
            at: SimTime::from_nanos(at),
            link: head.link,
            entry: head.entry,
            far: head.far,
            from: head.from,
            claimed: peer.map_or(head.from, |peer| (peer.node, peer.unit)),
            to: head.to,
            peer: head.peer,
            genuine: head.genuine,
            step: head.step,
            body: frame.body.to_vec(),
        }
    }
}
