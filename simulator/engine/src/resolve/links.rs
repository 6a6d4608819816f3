//! Links, and who is whose peer on them.

use super::*;

/// Links, with the numbers of their medium (models.md 6.1; the pump's own band by [E]).
pub(super) fn links(scenario: &Scenario, errors: &mut Vec<ScenarioError>) -> Vec<LinkSetup> {
    let mut links = Vec::new();
    for (name, link) in &scenario.link {
        if link.medium.get_ref() != "proprietary-900mhz" {
            let message = format!("link `{name}` has medium `{}`", link.medium.get_ref());
            errors.push(ScenarioError::at(
                &link.medium,
                message,
                "the media are: proprietary-900mhz",
            ));
        }
        links.push(LinkSetup {
            name: name.clone(),
            base_ns: 20_000_000,
            jitter: Jitter::LogNormal(10e6, 0.8),
            loss: link.loss.map_or(Spread::Fixed(0.01), Into::into),
            burst: Some(Burst { slot_ns: 10_000_000_000, probability: 0.01, loss: 0.5 }),
            range_m: link.range_m.map_or(Spread::Fixed(3.0), Into::into),
        });
    }
    links
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
