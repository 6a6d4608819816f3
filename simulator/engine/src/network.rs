//! What joins links: switches with their firewalls, the way from link to link, and what may pass.
//!
//! A link is one segment: a VLAN, or the air around a bed. A switch is an entity that joins some; a
//! frame from one to another arrives at it, crosses its backbone (a link of its own, through the firewall) and leaves on
//! the next. How much the firewall keeps is the arm's (models.md 6.3, after NHS England's pattern
//! and NIST SP 1800-8): nothing (flat, or VLANs that are routed openly), tuples of source,
//! destination and port, or besides that the identity of each port's device (802.1X). Denied is what nothing
//! allows.
//!
//! A firewall sees the address that a frame bears, and on which link it comes. It is stateful: an answer passes where
//! its question would. Left out: ranges of ports, rules by time, and flaws of firewalls.

use std::collections::BTreeMap;

use medtwin_policy::Segmentation;

use crate::node::Head;
use crate::plan::Setup;
use crate::trace::Name;

pub(crate) mod message;

/// A device: its node, and which of that node's.
pub type Place = (u32, u16);

/// What joins the links of a setup.
#[derive(Default)]
pub struct Network {
    /// The switches.
    pub switches: Vec<Switch>,
    /// The entity of the first; the others follow.
    pub first: u32,
    /// By the link on which a frame is and the link to which it goes: the entity at which it arrives, and the link
    /// on which that one sends it on.
    pub next: BTreeMap<(u32, u32), (u32, u32)>,
    /// What may pass where not everything does.
    pub conduits: Vec<Conduit>,
    /// By link: when it is down, from, until [ns].
    pub down: Vec<Vec<(u64, u64)>>,
    /// The services, each an entity after the switches.
    pub services: Vec<Server>,
    /// The link on which a device speaks IP.
    pub homes: BTreeMap<Place, u32>,
    /// Where a device gets its time: an index into `services`.
    pub time_of: BTreeMap<Place, usize>,
}

/// A service that devices need before they can talk.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// What it gives.
    pub kind: Kind,
    /// The link on which it is.
    pub link: u32,
    /// When it is down, from, until [ns].
    pub down: Vec<(u64, u64)>,
    /// When its clock is wrong, from, until, and by how much [ns].
    pub wrong: Vec<(u64, u64, i64)>,
}

/// What a service gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Addresses.
    #[default]
    Dhcp = 0,
    /// Addresses of names.
    Dns = 1,
    /// The time.
    Ntp = 2,
}

impl Kind {
    /// Every kind by its word.
    pub const WORDS: [(&'static str, Self); 3] =
        [("dhcp", Self::Dhcp), ("dns", Self::Dns), ("ntp", Self::Ntp)];

    const fn port(self) -> u16 {
        match self {
            Self::Dhcp => 67,
            Self::Dns => 53,
            Self::Ntp => 123,
        }
    }
}

/// As a peer of a frame: the operating system of a device, not its firmware.
pub(crate) const HOST: u32 = u32::MAX;

impl Server {
    pub(crate) fn is_down(&self, at: u64) -> bool {
        self.down.iter().any(|&(from, until)| (from..until).contains(&at))
    }

    pub(crate) fn wrong_ns(&self, at: u64) -> i64 {
        let now = self.wrong.iter().filter(|&&(from, until, _)| (from..until).contains(&at));
        now.map(|&(_, _, by)| by).fold(0, i64::saturating_add)
    }
}

/// The hardware address of a device, locally administered.
pub fn mac((node, unit): Place) -> [u8; 6] {
    let [_, a, b, c] = node.to_be_bytes();
    [2, 0x4d, a, b, c, unit.min(255) as u8]
}

/// The address of a device on a link: each link is a network `10.LINK.0.0/16`.
pub fn address(link: u32, (node, unit): Place) -> [u8; 4] {
    let host = (node.wrapping_mul(8).wrapping_add(u32::from(unit)) % 65_000) as u16 + 10;
    let [high, low] = host.to_be_bytes();
    [10, (link % 254) as u8 + 1, high, low]
}

/// A switch.
pub struct Switch {
    /// Its name.
    pub name: Name,
    /// Its backbone, one of the setup's links.
    pub backbone: u32,
}

/// What may pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conduit {
    /// From these devices, in order.
    pub from: Vec<Place>,
    /// To these, in order.
    pub to: Vec<Place>,
    /// To this port; any, if none.
    pub port: Option<u16>,
}

impl Conduit {
    fn allows(&self, from: Place, to: Place, port: u16) -> bool {
        let has = |places: &[Place], place| places.binary_search(&place).is_ok();
        let either = has(&self.from, from) && has(&self.to, to)
            || has(&self.from, to) && has(&self.to, from);
        either && self.port.is_none_or(|own| own == port)
    }
}

impl Network {
    /// Finds the ways between links; `joined` are, by switch, the links that it joins. The backbone of
    /// each switch is a link of its own.
    pub fn find_ways(&mut self, joined: &[Vec<u32>]) {
        let all: Vec<u32> = joined.iter().flatten().copied().collect();
        for &far in &all {
            let mut reached = vec![far];
            let mut at = 0;
            while let Some(&link) = reached.get(at) {
                at += 1;
                for (switch, links) in joined.iter().enumerate().filter(|(_, l)| l.contains(&link))
                {
                    self.lead(switch, links, (link, far), &mut reached);
                }
            }
        }
    }

    /// Whatever is on a link of `switch` and does not know a way to `far` goes by it, over `link`.
    fn lead(
        &mut self,
        switch: usize,
        links: &[u32],
        (link, far): (u32, u32),
        reached: &mut Vec<u32>,
    ) {
        let Some(Switch { backbone, .. }) = self.switches.get(switch) else { return };
        let (backbone, entity) = (*backbone, self.first + switch as u32);
        self.next.entry((backbone, far)).or_insert((entity, link));
        for &from in links {
            if !reached.contains(&from) {
                reached.push(from);
                self.next.insert((from, far), (entity, backbone));
            }
        }
    }

    /// Whether there is a way from `link` to `far`.
    pub fn joins(&self, link: u32, far: u32) -> bool {
        link == far || self.next.contains_key(&(link, far))
    }

    /// The switch that is `entity`.
    pub(crate) fn switch(&self, entity: u32) -> Option<&Switch> {
        self.switches.get(entity.checked_sub(self.first)? as usize)
    }

    /// The service that is `entity`.
    pub(crate) fn service(&self, entity: u32) -> Option<&Server> {
        let at = entity.checked_sub(self.first)? as usize;
        self.services.get(at.checked_sub(self.switches.len())?)
    }

    /// The entity of service `index`.
    pub(crate) fn entity_of(&self, index: usize) -> u32 {
        self.first + (self.switches.len() + index) as u32
    }

    /// The first service of a kind that a device on `home` can reach by wire.
    pub(crate) fn serving(&self, kind: Kind, home: u32) -> Option<usize> {
        self.services.iter().position(|own| own.kind == kind && self.joins(home, own.link))
    }

    /// The name that a device looks up: that of its first peer.
    pub(crate) fn name_for(&self, setup: &Setup, place: Place) -> String {
        let peer = first_peer(setup, place);
        let text = peer.map_or("gateway", |(_, peer)| peer);
        format!("{text}.hospital.example")
    }

    /// What that name stands for.
    pub(crate) fn address_for(&self, setup: &Setup, place: Place) -> [u8; 4] {
        let peer = first_peer(setup, place);
        peer.map_or([10, 0, 0, 1], |(peer, _)| {
            address(self.homes.get(&peer).copied().unwrap_or_default(), peer)
        })
    }

    /// Whether `link` is down at any time from `from` until `until` [ns].
    pub(crate) fn is_down(&self, link: u32, from: u64, until: u64) -> bool {
        let down = self.down.get(link as usize).map_or(&[][..], Vec::as_slice);
        down.iter().any(|&(start, end)| start <= until && from < end)
    }
}

impl Setup {
    /// Whether a firewall that keeps `kept` lets a frame through.
    pub(crate) fn passes(&self, kept: Option<Segmentation>, head: &Head) -> bool {
        let is_service = head.peer == HOST && self.served(head).is_some();
        let is_open = is_service || matches!(kept, None | Some(Segmentation::Vlan));
        is_open || self.is_allowed(head) && (kept != Some(Segmentation::Micro) || head.genuine)
    }

    /// The service between whom a frame of operating systems goes.
    fn served(&self, head: &Head) -> Option<&Server> {
        self.network.service(head.to.0).or_else(|| self.network.service(head.from.0))
    }

    /// Whether a conduit allows a frame by the address that it bears, which must belong on the link where it came from.
    fn is_allowed(&self, head: &Head) -> bool {
        let device = self.nodes.get(head.to.0 as usize);
        let device = device.and_then(|node| node.devices.get(usize::from(head.to.1)));
        let peer = device.and_then(|device| device.peers.get(head.peer as usize)?.as_ref());
        let Some(peer) = peer else { return false };
        let claimed = (peer.node, peer.unit);
        let port = self.service_of(head.to, head.peer, head.from).port;
        let allowed = |conduit: &Conduit| conduit.allows(claimed, head.to, port);
        peer.far == head.entry && self.network.conduits.iter().any(allowed)
    }

    /// The service for which a device and its peer talk: what either serves the other, or our own.
    pub fn service_of(&self, (node, unit): Place, peer: u32, from: Place) -> Service {
        for place in [(node, unit), from].into_iter().filter(|_| peer == HOST) {
            if let Some(server) = self.network.service(place.0) {
                return Service { port: server.kind.port(), server: place };
            }
        }
        let device =
            |(node, unit): Place| self.nodes.get(node as usize)?.devices.get(usize::from(unit));
        let served = |place: Place, peer: u32| {
            let manifest = &device(place)?.manifest;
            let own = manifest.serves.get(manifest.peers.get(peer as usize)?);
            own.or_else(|| manifest.serves.get("*")).copied()
        };
        let other = device((node, unit)).and_then(|own| own.peers.get(peer as usize)?.as_ref());
        if let Some(port) = served((node, unit), peer) {
            return Service { port, server: (node, unit) };
        }
        let there = other.and_then(|other| {
            let place = (other.node, other.unit);
            Some(Service { port: served(place, other.back)?, server: place })
        });
        there.unwrap_or(Service { port: OWN_PORT, server: (node, unit) })
    }
}

/// The port of what has none of its own: the first of those that anybody may use (RFC 6335).
pub const OWN_PORT: u16 = 49152;

/// What two devices talk about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its port.
    pub port: u16,
    /// Who listens there.
    pub server: Place,
}

/// The first peer of a device, with its name.
fn first_peer(setup: &Setup, (node, unit): Place) -> Option<(Place, &str)> {
    let device = setup.nodes.get(node as usize)?.devices.get(usize::from(unit))?;
    let peer = device.peers.iter().flatten().next()?;
    let there = setup.nodes.get(peer.node as usize)?.devices.get(usize::from(peer.unit))?;
    Some(((peer.node, peer.unit), &there.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(switches: usize, links: u32) -> Network {
        let switch = |at: usize| Switch { name: Name::default(), backbone: links + at as u32 };
        Network { switches: (0..switches).map(switch).collect(), first: 100, ..Network::default() }
    }

    /// The links that a frame passes on its way.
    fn way(network: &Network, from: u32, far: u32) -> Vec<u32> {
        let mut on = vec![from];
        while let Some(&(_, next)) = on.last().and_then(|link| network.next.get(&(*link, far))) {
            on.push(next);
            if next == far || on.len() > 20 {
                break;
            }
        }
        on
    }

    #[test]
    fn a_frame_crosses_a_switch_by_its_backbone() {
        let mut network = network(1, 3);
        network.find_ways(&[vec![0, 1, 2]]);
        assert_eq!(way(&network, 0, 2), [0, 3, 2]);
        assert_eq!(network.next[&(0, 2)], (100, 3), "and the switch is where it arrives");
        assert!(network.joins(1, 1) && network.joins(1, 2));
    }

    #[test]
    fn two_switches_are_joined_by_the_link_that_both_have_and_a_ring_has_an_end() {
        let mut chain = network(2, 3);
        chain.find_ways(&[vec![0, 1], vec![1, 2]]);
        assert_eq!(way(&chain, 0, 2), [0, 3, 1, 4, 2]);
        assert_eq!(way(&chain, 2, 0), [2, 4, 1, 3, 0]);
        let mut ring = network(3, 3);
        ring.find_ways(&[vec![0, 1], vec![1, 2], vec![2, 0]]);
        assert_eq!(way(&ring, 0, 2), [0, 5, 2]);
        let mut apart = network(2, 4);
        apart.find_ways(&[vec![0, 1], vec![2, 3]]);
        assert!(!apart.joins(0, 2), "there is no way");
    }

    #[test]
    fn a_conduit_lets_answers_through_and_nothing_for_another_port() {
        let conduit = Conduit { from: vec![(1, 0)], to: vec![(2, 0), (3, 0)], port: Some(2575) };
        assert!(conduit.allows((1, 0), (3, 0), 2575));
        assert!(conduit.allows((3, 0), (1, 0), 2575), "the answer");
        assert!(!conduit.allows((1, 0), (3, 0), 23));
        assert!(!conduit.allows((2, 0), (3, 0), 2575), "between servers nothing is allowed");
    }

    #[test]
    fn a_link_is_down_for_whatever_is_on_its_way_then() {
        let network = Network { down: vec![vec![], vec![(100, 200)]], ..Network::default() };
        assert!(network.is_down(1, 90, 100), "it was cut while the frame travelled");
        assert!(network.is_down(1, 150, 160) && network.is_down(1, 199, 250));
        assert!(!network.is_down(1, 200, 250) && !network.is_down(0, 150, 160));
    }
}
