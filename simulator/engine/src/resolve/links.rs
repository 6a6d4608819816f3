//! Links, and who is whose peer on them.

use super::*;

/// The media by name, with their numbers.
const MEDIA: [(&str, Medium); 2] = [("proprietary-900mhz", PUMP_RADIO), ("ble", BLE)];

/// How a kind of link delays and loses frames, unless a link says otherwise.
#[derive(Clone, Copy)]
struct Medium {
    base_ns: u64,
    jitter: Jitter,
    loss: f64,
    burst: Option<Burst>,
    range_m: f64,
}

/// The pump's own band [E].
const PUMP_RADIO: Medium = Medium {
    base_ns: 20_000_000,
    jitter: Jitter::LogNormal(10e6, 0.8),
    loss: 0.01,
    burst: Some(Burst { slot_ns: 10_000_000_000, probability: 0.01, loss: 0.5 }),
    range_m: 3.0,
};

/// Bluetooth Low Energy, 1M PHY (models.md 6.1): connection events 40 ms apart, of which a medical
/// device has 30 to 50; a packet in 30 is lost and sent again, so that a frame is late and hardly ever
/// gone: 0.001 [E] for connections that drop. Heard from 30 m (models.md 6.1, from 30 to 100 [E]).
const BLE: Medium = Medium {
    base_ns: 20_000_000,
    jitter: Jitter::Retries(40_000_000, 0.03),
    loss: 0.001,
    burst: None,
    range_m: 30.0,
};

/// Links, with the numbers of their medium.
pub(super) fn links(scenario: &Scenario, errors: &mut Vec<ScenarioError>) -> Vec<LinkSetup> {
    let mut links = Vec::new();
    for (name, link) in &scenario.link {
        let medium = medium(name, &link.medium, errors);
        links.push(LinkSetup {
            name: name.clone(),
            zone: link.zone.clone(),
            base_ns: medium.base_ns,
            jitter: medium.jitter,
            loss: link.loss.map_or(Spread::Fixed(medium.loss), Into::into),
            burst: medium.burst,
            range_m: link.range_m.map_or(Spread::Fixed(medium.range_m), Into::into),
        });
    }
    links
}

fn medium(link: &str, word: &Spanned<String>, errors: &mut Vec<ScenarioError>) -> Medium {
    let found = MEDIA.into_iter().find(|(known, _)| known == word.get_ref());
    if found.is_none() {
        let message = format!("link `{link}` has medium `{}`", word.get_ref());
        let media = MEDIA.map(|(word, _)| word).join(", ");
        errors.push(ScenarioError::at(word, message, format!("the media are: {media}")));
    }
    found.map_or(PUMP_RADIO, |(_, medium)| medium)
}

/// Where each device is: node and unit.
pub(super) type Places = BTreeMap<String, (u32, u16)>;

pub(super) fn places(nodes: &[NodeSetup]) -> Places {
    let mut places = Places::new();
    for (node, setup) in nodes.iter().enumerate() {
        for (unit, device) in setup.devices.iter().enumerate() {
            places.insert(device.text.clone(), (node as u32, unit as u16));
        }
    }
    places
}

/// Connects each device to its peers over the link that both are on.
pub(super) fn wire(
    scenario: &Scenario,
    nodes: &mut [NodeSetup],
    places: &Places,
    errors: &mut Vec<ScenarioError>,
) {
    for (name, link) in &scenario.link {
        for node in link.nodes.iter().filter(|n| !scenario.device.contains_key(n.get_ref())) {
            let message = format!(
                "link `{name}` has node `{}`, which is no device of the scenario",
                node.get_ref()
            );
            errors.push(ScenarioError::at(node, message, known(scenario.device.keys())));
        }
    }
    let mut wires = Vec::new();
    for (name, &(node, unit)) in places {
        let me = &nodes[node as usize].devices[unit as usize];
        for (index, role) in me.manifest.peers.iter().enumerate() {
            let peer = scenario.device[name].peers.get(role).map_or(role, Spanned::get_ref);
            let Some(&to) = places.get(peer) else { continue };
            let on = |link: &crate::scenario::Link| {
                let has = |n: &str| link.nodes.iter().any(|node| node.get_ref() == n);
                has(name) && has(peer)
            };
            let Some(link) = scenario.link.values().position(on) else { continue };
            let other = &nodes[to.0 as usize].devices[to.1 as usize];
            let back = other.manifest.peers.iter().position(|r| {
                scenario.device[peer].peers.get(r).map_or(r, Spanned::get_ref) == name
            });
            let Some(back) = back else { continue };
            let peer = Peer { link: link as u32, node: to.0, unit: to.1, back: back as u32 };
            wires.push(((node, unit), index, peer));
        }
    }
    for ((node, unit), index, peer) in wires {
        nodes[node as usize].devices[unit as usize].peers[index] = Some(peer);
    }
}
