//! Links, and who is whose peer on them.

use std::collections::BTreeSet;

use super::*;
use crate::link::{self, MEDIA, Medium};
use crate::network::Network;
use crate::scenario::Link;

/// Links, with the numbers of their medium.
pub(super) fn links(scenario: &Scenario, errors: &mut Vec<ScenarioError>) -> Vec<LinkSetup> {
    let mut links = Vec::new();
    for (name, link) in &scenario.link {
        let mut medium = medium(name, &link.medium, errors);
        if let (Some(line), Some(rate)) = (&mut medium.line, &link.bandwidth_kbit_s) {
            line.bits_per_s = (rate.get_ref() * 1000.0) as u64;
        }
        check_rate(name, link, medium, errors);
        links.push(LinkSetup {
            zone: link.zone.clone(),
            loss: link.loss.map_or(Spread::Fixed(medium.loss), Into::into),
            range_m: link.range_m.map_or(Spread::Fixed(medium.range_m), Into::into),
            ..LinkSetup::new(name, medium)
        });
    }
    links
}

fn check_rate(name: &str, link: &Link, medium: Medium, errors: &mut Vec<ScenarioError>) {
    let Some(rate) = &link.bandwidth_kbit_s else { return };
    if medium.line.is_none() {
        let message = format!("nothing waits on `{}`", link.medium.get_ref());
        errors.push(ScenarioError::at(rate, message, "leave `bandwidth_kbit_s` out"));
    }
    if !(1.0..=1e8).contains(rate.get_ref()) {
        let message = format!("link `{name}` has `bandwidth_kbit_s = {}`", rate.get_ref());
        errors.push(ScenarioError::at(rate, message, "from 1 to 100000000 kbit/s"));
    }
}

pub(super) fn medium(
    link: &str,
    word: &Spanned<String>,
    errors: &mut Vec<ScenarioError>,
) -> Medium {
    let found = link::medium(word.get_ref());
    if found.is_none() {
        let message = format!("link `{link}` has medium `{}`", word.get_ref());
        let media = MEDIA.map(|(word, _)| word).join(", ");
        errors.push(ScenarioError::at(word, message, format!("the media are: {media}")));
    }
    found.unwrap_or(MEDIA[0].1)
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

/// The link by which frames of who is on `own` leave for who is on `theirs`, and that on which they arrive:
/// one that both are on, or two that switches join.
fn way(own: &BTreeSet<u32>, theirs: &BTreeSet<u32>, network: &Network) -> Option<(u32, u32)> {
    let shared = own.intersection(theirs).next().map(|link| (*link, *link));
    // Both ends find the same pair, whoever asks.
    let pairs = own.iter().flat_map(|a| theirs.iter().map(move |b| (*a, *b)));
    let joined = pairs.filter(|(a, b)| network.joins(*a, *b));
    shared.or_else(|| joined.min_by_key(|(a, b)| (*a.min(b), *a.max(b))))
}

/// Connects each device to its peers over the link that both are on, or over links that are joined.
pub(super) fn wire(
    scenario: &Scenario,
    nodes: &mut [NodeSetup],
    (places, network): (&Places, &Network),
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
    let on = on_links(scenario);
    let mut wires = Vec::new();
    for (name, &(node, unit)) in places {
        let me = &nodes[node as usize].devices[unit as usize];
        for (index, role) in me.manifest.peers.iter().enumerate() {
            let peer = scenario.peer(name, role);
            let Some(&to) = places.get(&*peer) else { continue };
            let (Some(mine), Some(its)) = (on.get(&**name), on.get(&*peer)) else { continue };
            let Some((link, far)) = way(mine, its, network) else { continue };
            let other = &nodes[to.0 as usize].devices[to.1 as usize];
            let mut back = other.manifest.peers.iter();
            let Some(back) = back.position(|role| scenario.peer(&peer, role) == **name) else {
                continue;
            };
            let peer = Peer { link, far, node: to.0, unit: to.1, back: back as u32 };
            wires.push(((node, unit), index, peer));
        }
    }
    for ((node, unit), index, peer) in wires {
        nodes[node as usize].devices[unit as usize].peers[index] = Some(peer);
    }
}

/// The links that each device is on, in order.
fn on_links(scenario: &Scenario) -> BTreeMap<&str, BTreeSet<u32>> {
    let mut on: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for (link, at) in scenario.link.values().zip(0..) {
        for node in &link.nodes {
            on.entry(node.get_ref()).or_default().insert(at);
        }
    }
    on
}
