//! Staff: who looks after whom, and whose alarms they hear.

use super::*;
use crate::people::{Manner, StaffSetup};

/// A node for each staff, after all others; each device whose alarms are theirs knows it.
pub(super) fn staff(
    scenario: &Scenario,
    nodes: &mut Vec<NodeSetup>,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) {
    for (name, staff) in &scenario.staff {
        let beds = beds(name, staff, scenario, nodes, names, errors);
        let setup = StaffSetup {
            name: names.intern(name),
            text: name.clone(),
            nurses: nurses(name, staff, errors),
            start_clock_h: scenario.clock_h(),
            manner: manner(staff),
            beds,
        };
        listen(nodes.len() as u32, &setup.beds, nodes);
        let (name, staff) = (setup.name, Some(Box::new(setup)));
        nodes.push(NodeSetup { name, staff, ..NodeSetup::default() });
    }
}

fn nurses(name: &str, staff: &crate::scenario::Staff, errors: &mut Vec<ScenarioError>) -> [u16; 2] {
    let night = staff.nurses_at_night.as_ref().unwrap_or(&staff.nurses);
    for (key, number) in [("nurses", &staff.nurses), ("nurses_at_night", night)] {
        if !(1..=1000).contains(number.get_ref()) {
            let message = format!("staff `{name}` has {} `{key}`", number.get_ref());
            errors.push(ScenarioError::at(number, message, "from 1 to 1000"));
        }
    }
    [*staff.nurses.get_ref(), *night.get_ref()]
}

/// The patients whom they look after, by entity.
fn beds(
    name: &str,
    staff: &crate::scenario::Staff,
    scenario: &Scenario,
    nodes: &[NodeSetup],
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> Vec<u32> {
    let mut of = |patient: &str| {
        let own = names.intern(patient);
        nodes.iter().position(|node| node.name == own).map(|at| at as u32)
    };
    if staff.beds.is_empty() {
        return scenario.patient.keys().filter_map(|patient| of(patient)).collect();
    }
    let mut beds = Vec::new();
    for patient in &staff.beds {
        if scenario.patient.contains_key(patient.get_ref()) {
            beds.extend(of(patient.get_ref()));
        } else {
            let message = format!(
                "staff `{name}` looks after `{}`, who is not in the scenario",
                patient.get_ref()
            );
            errors.push(ScenarioError::at(patient, message, known(scenario.patient.keys())));
        }
    }
    beds
}

fn manner(staff: &crate::scenario::Staff) -> Manner {
    let usual = Manner::default();
    let or = |own: Option<crate::scenario::Number>, usual: Spread| own.map_or(usual, Into::into);
    Manner {
        response_s: [
            or(staff.response_low_s, usual.response_s[0]),
            or(staff.response_medium_s, usual.response_s[1]),
            or(staff.response_high_s, usual.response_s[2]),
        ],
        walk_s: or(staff.walk_s, usual.walk_s),
        handle_s: or(staff.handle_s, usual.handle_s),
        hears_bedside: staff.hears_bedside.unwrap_or(usual.hears_bedside).clamp(0.0, 1.0),
        fatigue_alarms: staff.fatigue_alarms.unwrap_or(usual.fatigue_alarms).max(1e-3),
    }
}

/// They hear what is at their beds, and what tells of them elsewhere.
fn listen(staff: u32, beds: &[u32], nodes: &mut [NodeSetup]) {
    for (id, node) in nodes.iter_mut().enumerate() {
        let tells_of_them = |device: &DeviceSetup| {
            let mut roles = device.manifest.about.values();
            roles.any(|role| device.peer(role).is_some_and(|peer| beds.contains(&peer.node)))
        };
        if beds.contains(&(id as u32)) || node.devices.iter().any(tells_of_them) {
            node.heard_by.push(staff);
        }
    }
}
