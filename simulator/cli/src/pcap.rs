//! `run --pcap`: what was on each link, as files that network tools read.
//!
//! One pcapng file for each link and arm, named after both, with times in nanoseconds and the step of an attack as
//! a packet's comment. Where IP is spoken a frame is what TCP or UDP carries between the two devices, with
//! addresses of ours: each link is a network `10.LINK.0.0/16`, and a frame from another link comes
//! from its switch. An adversary's frame bears the address of the device that it claims to be from, its own hardware address, and a
//! port of its own. Radios have no packets of a known kind: there a frame is as it was, under the link type that is
//! for users to define.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use medtwin_engine::network::{Place, address, mac};
use medtwin_engine::plan::Setup;
use medtwin_engine::tap::OnWire;
use medtwin_engine::trace::{Entry, NO_STEP, Sink};

use crate::arms::ArmName;
use crate::problem::Problems;
use crate::write::{Out, Pending};

mod blocks;
mod wire;

use wire::{Connections, End};

/// A capture of every link of an arm.
pub(crate) struct Capture {
    out: Out,
    arm: String,
    setup: Arc<Setup>,
    links: BTreeMap<u32, Link>,
    failed: Option<Problems>,
}

struct Link {
    file: Pending,
    connections: Connections,
    /// What had left when, and is not written yet: what came later may have left before.
    waiting: BinaryHeap<Reverse<Packet>>,
    count: u64,
}

/// A packet that is not written yet; in order of time, and then of coming.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    at_ns: u64,
    number: u64,
    bytes: Vec<u8>,
    comment: Option<String>,
}

impl Capture {
    pub(crate) fn new(out: &Out, arm: &ArmName, setup: &Arc<Setup>) -> Self {
        let (out, setup) = (out.clone(), Arc::clone(setup));
        let arm = arm.to_string().replace('/', ".");
        Self { out, arm, setup, links: BTreeMap::new(), failed: None }
    }

    /// Writes what is left, and says whether everything could be written.
    pub(crate) fn finish(mut self) -> Result<(), Problems> {
        for (link, mut open) in std::mem::take(&mut self.links) {
            let written = open.write_until(u64::MAX).and_then(|()| open.file.finish());
            written.map_err(|error| self.out.problem(self.file(link), &error))?;
        }
        self.failed.map_or(Ok(()), Err)
    }

    /// The file of a link. Names of links are an author's: what may be no name of a file is left out of them.
    fn file(&self, link: u32) -> PathBuf {
        let name = self.setup.links.get(link as usize).map_or("", |link| &link.name);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let name: String =
            name.chars().map(|c| if is_plain(c) { c } else { '_' }).take(60).collect();
        PathBuf::from(format!("pcap/{}.{link}-{name}.pcapng", self.arm))
    }

    fn take(&mut self, frame: &OnWire) -> std::io::Result<()> {
        if !self.links.contains_key(&frame.link) {
            let file = self.open(frame.link)?;
            self.links.insert(frame.link, file);
        }
        let packets = match self.ends(frame) {
            Some((from, to)) => {
                let Some(link) = self.links.get_mut(&frame.link) else { return Ok(()) };
                link.connections.packets(from, to, &frame.body)
            }
            None => vec![frame.body.clone()],
        };
        let comment = self.comment(frame);
        let Some(link) = self.links.get_mut(&frame.link) else { return Ok(()) };
        for bytes in packets {
            link.count += 1;
            let (at_ns, number) = (frame.at.as_nanos(), link.count);
            link.waiting.push(Reverse(Packet { at_ns, number, bytes, comment: comment.clone() }));
        }
        link.write_until(frame.came.as_nanos())
    }

    fn open(&self, link: u32) -> std::io::Result<Link> {
        let setup = self.setup.links.get(link as usize);
        let (is_ip, name) =
            setup.map_or((false, ""), |link| (link.medium.is_ip, link.name.as_str()));
        let mut head = Vec::new();
        blocks::section(&mut head);
        let kind = if is_ip { blocks::ETHERNET } else { blocks::USER0 };
        blocks::interface(&mut head, kind, name);
        let mut file = self.out.begin(&self.file(link))?;
        file.write_all(&head)?;
        let (connections, waiting) = (Connections::default(), BinaryHeap::new());
        Ok(Link { file, connections, waiting, count: 0 })
    }

    fn comment(&self, frame: &OnWire) -> Option<String> {
        let step = self.setup.step(u32::from(frame.step)).filter(|_| frame.step != NO_STEP)?;
        Some(format!("attack step {} by {}", step.1.text, step.0))
    }

    /// The two ends of a frame where IP is spoken.
    fn ends(&self, frame: &OnWire) -> Option<(End, End)> {
        if !self.setup.links.get(frame.link as usize)?.medium.is_ip {
            return None;
        }
        let service = self.setup.service_of(frame.to, frame.peer, frame.from);
        let port = |place: Place, stranger: bool| match (place == service.server, stranger) {
            (true, false) => service.port,
            _ if service.port == DHCP && !stranger => DHCP + 1,
            _ => client_port(place, stranger),
        };
        let switch = [2, 0x53, 0, 0, 0, 1];
        let begins = frame.link == frame.entry;
        let claims = self.far_of(frame).unwrap_or(frame.entry);
        let from = End {
            mac: if begins { mac(frame.from) } else { switch },
            ip: address(claims, frame.claimed),
            port: port(frame.claimed, !frame.genuine),
        };
        let to = End {
            mac: if frame.link == frame.far { mac(frame.to) } else { switch },
            ip: address(frame.far, frame.to),
            port: port(frame.to, false),
        };
        Some((from, to))
    }

    /// The link on which the device is whose name a frame bears.
    fn far_of(&self, frame: &OnWire) -> Option<u32> {
        let node = self.setup.nodes.get(frame.to.0 as usize)?;
        let device = node.devices.get(usize::from(frame.to.1))?;
        device.peers.get(frame.peer as usize)?.as_ref().map(|peer| peer.far)
    }
}

impl Link {
    /// Writes everything that had left by `until` [ns].
    fn write_until(&mut self, until: u64) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        while self.waiting.peek().is_some_and(|Reverse(packet)| packet.at_ns <= until) {
            let Some(Reverse(packet)) = self.waiting.pop() else { break };
            let comment = packet.comment.as_deref();
            blocks::packet(&mut bytes, packet.at_ns, &packet.bytes, comment);
        }
        self.file.write_all(&bytes)
    }
}

impl Sink for Capture {
    const WANTED: bool = false;

    fn take(&mut self, _: &Entry) {}

    fn taps(&self) -> bool {
        true
    }

    fn tap(&mut self, frame: OnWire) {
        if self.failed.is_none()
            && let Err(error) = Self::take(self, &frame)
        {
            self.failed = Some(self.out.problem(self.file(frame.link), &error));
        }
    }
}

/// The port of a DHCP server; its clients are at the next (RFC 2131).
const DHCP: u16 = 67;

/// The port from which a device asks, and a stranger in its name (RFC 6335: 49152 and above).
fn client_port((node, unit): Place, stranger: bool) -> u16 {
    let own = (node.wrapping_mul(8).wrapping_add(u32::from(unit)) % 8000) as u16;
    if stranger { 60_000 + own % 5000 } else { 50_000 + own }
}

#[cfg(test)]
mod tests;
