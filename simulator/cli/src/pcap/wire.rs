//! A frame as packets: Ethernet, IPv4, and TCP or UDP, with numbers and checksums that are right.
//!
//! A payload of ours is what TCP carries. Its connections are there from the start: no handshake is
//! written, since none was simulated, and no acknowledgement of its own. Sequence numbers count what was on this
//! link, so that what was lost elsewhere leaves no gap.

use std::collections::BTreeMap;

use etherparse::PacketBuilder;

/// Payload of a TCP segment over Ethernet at most.
const SEGMENT: usize = 1460;

/// One end: hardware address, address, port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End {
    pub(super) mac: [u8; 6],
    pub(super) ip: [u8; 4],
    pub(super) port: u16,
}

/// What was sent of each connection: by both ends, the next number.
#[derive(Default)]
pub(super) struct Connections(BTreeMap<[([u8; 4], u16); 2], u32>);

/// Services over UDP: names, addresses, time.
const UDP: [u16; 4] = [53, 67, 68, 123];

impl Connections {
    /// The packets that carry `payload`.
    pub(super) fn packets(&mut self, from: End, to: End, payload: &[u8]) -> Vec<Vec<u8>> {
        let ip = PacketBuilder::ethernet2(from.mac, to.mac).ipv4(from.ip, to.ip, 64);
        if UDP.contains(&from.port) || UDP.contains(&to.port) {
            let packet = ip.udp(from.port, to.port);
            let mut out = Vec::with_capacity(packet.size(payload.len()));
            return packet.write(&mut out, payload).map_or_else(|_| Vec::new(), |()| vec![out]);
        }
        let segments = payload.chunks(SEGMENT);
        segments.filter_map(|part| self.segment(from, to, part)).collect()
    }

    fn segment(&mut self, from: End, to: End, part: &[u8]) -> Option<Vec<u8>> {
        let ends = [(from.ip, from.port), (to.ip, to.port)];
        let back = *self.0.get(&[ends[1], ends[0]]).unwrap_or(&FIRST);
        let next = self.0.entry(ends).or_insert(FIRST);
        let packet = PacketBuilder::ethernet2(from.mac, to.mac)
            .ipv4(from.ip, to.ip, 64)
            .tcp(from.port, to.port, *next, u16::MAX)
            .ack(back)
            .psh();
        *next = next.wrapping_add(part.len() as u32);
        let mut out = Vec::with_capacity(packet.size(part.len()));
        packet.write(&mut out, part).ok().map(|()| out)
    }
}

/// The first number of every connection: RFC 9293 leaves it to the sender.
const FIRST: u32 = 1;
