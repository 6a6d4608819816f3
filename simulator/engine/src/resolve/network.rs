//! Switches, conduits and failures: names to indices.

use std::collections::BTreeSet;

use super::links::medium;
use super::*;
use crate::network::{Conduit, Kind, Network, Place, Server, Switch};
use crate::scenario::{Failure, Switch as Written};

/// The most that is joined, allowed and failing: a hospital has some dozen of each. Links that no switch
/// joins do not count.
const MOST: usize = 1000;

/// Appends a link for the backbone of each switch; says which links each joins.
pub(super) fn backbones(
    scenario: &Scenario,
    links: &mut Vec<LinkSetup>,
    errors: &mut Vec<ScenarioError>,
) -> Vec<Vec<u32>> {
    let mut joined = Vec::new();
    for (name, switch) in &scenario.switch {
        joined.push(joins(name, switch, scenario, errors));
        let core = Spanned::new(0..0, "core".to_owned());
        let medium = medium(name, switch.medium.as_ref().unwrap_or(&core), errors);
        links.push(LinkSetup::new(name, medium));
    }
    joined
}

fn joins(
    name: &str,
    switch: &Written,
    scenario: &Scenario,
    errors: &mut Vec<ScenarioError>,
) -> Vec<u32> {
    let mut joined = BTreeSet::new();
    for link in &switch.links {
        match scenario.link.keys().position(|known| known == link.get_ref()) {
            Some(at) => drop(joined.insert(at as u32)),
            None => {
                let message =
                    format!("switch `{name}` joins `{}`, which is no link", link.get_ref());
                errors.push(ScenarioError::at(link, message, known(scenario.link.keys())));
            }
        }
    }
    if joined.len() != switch.links.len() || joined.len() < 2 {
        let message = format!("switch `{name}` does not join two links or more, each once");
        let at = switch.links.first().map(Spanned::span);
        let help = Some("`links = [\"pumps\", \"servers\"]`".to_owned());
        errors.push(ScenarioError { message, at, help });
    }
    if scenario.link.contains_key(name) || scenario.device.contains_key(name) {
        let message = format!("switch `{name}` has the name of a link or a device");
        errors.push(ScenarioError { message, at: None, help: Some("give it its own".to_owned()) });
    }
    joined.into_iter().collect()
}

/// The ways between links. Backbones come after the links of the scenario.
pub(super) fn ways(scenario: &Scenario, joined: &[Vec<u32>]) -> Network {
    let first = scenario.link.len() as u32;
    let switch = |at| Switch { name: Name::default(), backbone: first + at };
    let mut network = Network {
        switches: (0..joined.len() as u32).map(switch).collect(),
        first: 0,
        ..Network::default()
    };
    network.find_ways(joined);
    network
}

/// Appends the entities of switches, and says what passes and what fails.
pub(super) fn complete(
    scenario: &Scenario,
    network: &mut Network,
    nodes: &mut Vec<NodeSetup>,
    places: &Places,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) {
    network.first = nodes.len() as u32;
    network.next.values_mut().for_each(|(entity, _)| *entity += network.first);
    for (switch, name) in network.switches.iter_mut().zip(scenario.switch.keys()) {
        switch.name = names.intern(name);
        nodes.push(NodeSetup { name: switch.name, ..NodeSetup::default() });
    }
    serve(scenario, network, nodes, places, names, errors);
    few("conduit", scenario.conduit.first().map(|own| &own.from), scenario.conduit.len(), errors);
    few("failure", scenario.failure.first().map(|own| &own.of), scenario.failure.len(), errors);
    few("service", None, scenario.service.len(), errors);
    let joined = scenario.switch.values().map(|switch| switch.links.len()).sum();
    few("links of switches", None, joined, errors);
    for conduit in scenario.conduit.iter().take(MOST) {
        let from = devices(scenario, places, &conduit.from, errors);
        let to = devices(scenario, places, &conduit.to, errors);
        network.conduits.push(Conduit { from, to, port: conduit.port });
    }
    network.down = vec![Vec::new(); scenario.link.len() + scenario.switch.len()];
    for failure in scenario.failure.iter().take(MOST) {
        fails(scenario, failure, network, nodes, places, errors);
    }
}

/// Appends the entities of services, and says which devices need them.
fn serve(
    scenario: &Scenario,
    network: &mut Network,
    nodes: &mut Vec<NodeSetup>,
    places: &Places,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) {
    let is_ip = |link: &crate::scenario::Link| {
        crate::link::medium(link.medium.get_ref()).is_some_and(|medium| medium.is_ip)
    };
    for (name, service) in &scenario.service {
        let kind = Kind::WORDS.into_iter().find(|(word, _)| word == service.kind.get_ref());
        let link = scenario
            .link
            .iter()
            .position(|(known, link)| known == service.link.get_ref() && is_ip(link));
        if kind.is_none() {
            let message = format!("service `{name}` is `{}`", service.kind.get_ref());
            errors.push(ScenarioError::at(&service.kind, message, "one of: dhcp, dns, ntp"));
        }
        if link.is_none() {
            let message = format!("service `{name}` is on `{}`", service.link.get_ref());
            let all = scenario.link.iter().filter(|(_, link)| is_ip(link)).map(|(name, _)| name);
            errors.push(ScenarioError::at(
                &service.link,
                message,
                format!("a link on which IP is spoken; {}", known(all)),
            ));
        }
        let (kind, link) = (kind.map_or(Kind::Dhcp, |(_, kind)| kind), link.unwrap_or(0) as u32);
        network.services.push(Server { kind, link, ..Server::default() });
        nodes.push(NodeSetup { name: names.intern(name), ..NodeSetup::default() });
    }
    for (link, at) in scenario.link.values().zip(0..).filter(|(link, _)| is_ip(link)) {
        for place in link.nodes.iter().filter_map(|node| places.get(node.get_ref())) {
            network.homes.entry(*place).or_insert(at);
        }
    }
    for (name, device) in &scenario.device {
        let Some(from) = &device.time_from else { continue };
        let at = scenario.service.keys().position(|service| service == from.get_ref());
        let is_ntp = |at: &usize| network.services[*at].kind == Kind::Ntp;
        match (at.filter(is_ntp), places.get(name)) {
            (Some(at), Some(place)) if network.homes.contains_key(place) => {
                network.time_of.insert(*place, at);
            }
            _ => {
                let message = format!("device `{name}` has its time from `{}`", from.get_ref());
                let help = "a service of kind `ntp`, for a device on a link on which IP is spoken";
                errors.push(ScenarioError::at(from, message, help));
            }
        }
    }
}

fn few(what: &str, first: Option<&Spanned<String>>, count: usize, errors: &mut Vec<ScenarioError>) {
    if count > MOST {
        let message = format!("the scenario has {count} of `{what}`");
        let help = format!("at most {MOST}");
        errors.push(match first {
            Some(first) => ScenarioError::at(first, message, help),
            None => ScenarioError { message, at: None, help: Some(help) },
        });
    }
}

/// A device, the devices of a link, or those of a zone, in order.
fn devices(
    scenario: &Scenario,
    places: &Places,
    of: &Spanned<String>,
    errors: &mut Vec<ScenarioError>,
) -> Vec<Place> {
    let word = of.get_ref();
    if let Some(place) = places.get(word) {
        return vec![*place];
    }
    let is_it = |(name, link): &(&String, &crate::scenario::Link)| {
        *name == word || link.zone.as_ref() == Some(word)
    };
    let links: Vec<_> = scenario.link.iter().filter(is_it).map(|(_, link)| link).collect();
    if links.is_empty() {
        let message = format!("there is no device, link or zone `{word}`");
        let zones = scenario.link.values().filter_map(|link| link.zone.as_ref());
        let all = scenario.device.keys().chain(scenario.link.keys()).chain(zones);
        errors.push(ScenarioError::at(of, message, known(all)));
    }
    let named = links.iter().flat_map(|link| &link.nodes);
    let found: BTreeSet<_> = named.filter_map(|n| places.get(n.get_ref()).copied()).collect();
    found.into_iter().collect()
}

fn fails(
    scenario: &Scenario,
    failure: &Failure,
    network: &mut Network,
    nodes: &mut [NodeSetup],
    places: &Places,
    errors: &mut Vec<ScenarioError>,
) {
    let (at, of) = (&failure.of, failure.of.get_ref());
    let is_time = |min: f64| (0.0..=1e6).contains(&min);
    if !(is_time(failure.at_min) && is_time(failure.for_min) && failure.for_min > 0.0) {
        let message = format!("`{of}` fails at {} min for {} min", failure.at_min, failure.for_min);
        return errors.push(ScenarioError::at(
            at,
            message,
            "`at_min` from 0 and `for_min` above 0, to 1000000",
        ));
    }
    let ns = |min: f64| (min * crate::time::MINUTE as f64) as u64;
    let span = (ns(failure.at_min), ns(failure.at_min + failure.for_min));
    let link = scenario.link.keys().position(|known| known == of);
    let switch = scenario.switch.keys().position(|known| known == of);
    let service = scenario.service.keys().position(|known| known == of);
    let by_s = failure.by_s.unwrap_or(0.0);
    if !(-1e6..=1e6).contains(&by_s) || (by_s != 0.0) != (failure.what.get_ref() == "clock") {
        let message = format!("`{of}` fails by {by_s} s");
        return errors.push(ScenarioError::at(
            at,
            message,
            "`by_s` is for `clock`, from -1000000 to 1000000 and not 0",
        ));
    }
    let mut cut = |link: usize| network.down[link].push(span);
    match (failure.what.get_ref().as_str(), link, switch) {
        ("link", Some(link), _) => cut(link),
        ("switch", _, Some(switch)) => cut(scenario.link.len() + switch),
        ("power", Some(link), _) => {
            cut(link);
            let named = scenario.link[of].nodes.iter().filter_map(|n| places.get(n.get_ref()));
            named.for_each(|place| goes_dark(nodes, *place, span));
        }
        ("service", ..) if service.is_some() => {
            service.into_iter().for_each(|at| network.services[at].down.push(span));
        }
        ("clock", ..) if service.is_some_and(|at| network.services[at].kind == Kind::Ntp) => {
            let wrong = (span.0, span.1, (by_s * 1e9) as i64);
            service.into_iter().for_each(|at| network.services[at].wrong.push(wrong));
        }
        ("power", None, _) if places.contains_key(of) => goes_dark(nodes, places[of], span),
        (what @ ("link" | "switch" | "power" | "service" | "clock"), ..) => {
            let all: Vec<&String> = match what {
                "switch" => scenario.switch.keys().collect(),
                "link" => scenario.link.keys().collect(),
                "service" | "clock" => scenario.service.keys().collect(),
                _ => scenario.device.keys().chain(scenario.link.keys()).collect(),
            };
            let message = format!(
                "there is no {} `{of}` that could fail",
                if what == "power" { "power of" } else { what }
            );
            errors.push(ScenarioError::at(at, message, known(all.into_iter())));
        }
        (other, ..) => {
            let message = format!("`what = \"{other}\"`");
            errors.push(ScenarioError::at(
                &failure.what,
                message,
                "one of: link, switch, power, service, clock",
            ));
        }
    }
}

fn goes_dark(nodes: &mut [NodeSetup], (node, unit): Place, span: (u64, u64)) {
    let device = nodes[node as usize].devices.get_mut(usize::from(unit));
    device.into_iter().for_each(|device| device.loses_mains(span));
}
