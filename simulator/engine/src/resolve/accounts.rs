//! Accounts: who may log in where, by the names of devices.

use std::sync::Arc;

use medtwin_policy::Role;

use super::{Places, known};
use crate::access::Account;
use crate::plan::NodeSetup;
use crate::scenario::{Account as Written, Scenario, ScenarioError};
use crate::time::MINUTE;
use crate::trace::Names;

const ROLES: [(&str, Role); 3] =
    [("wearer", Role::Wearer), ("clinician", Role::Clinician), ("service", Role::Service)];

/// Gives each device its accounts, in the order of their names.
pub(super) fn hold(
    scenario: &Scenario,
    nodes: &mut [NodeSetup],
    places: &Places,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) {
    for (name, written) in &scenario.account {
        let Some(role) = role(name, written, errors) else { continue };
        check(name, written, role, errors);
        check_devices(name, written, errors);
        let account = Account {
            name: names.intern(name),
            text: name.clone(),
            role,
            secret: written.secret.get_ref().clone(),
            is_known: written.published || written.shared,
            visits: written.visits.iter().map(|visit| visit.span_ns()).collect(),
        };
        for device in &written.devices {
            let Some(&(node, unit)) = places.get(device.get_ref()) else {
                let message = format!("account `{name}` is of `{}`", device.get_ref());
                errors.push(ScenarioError::at(device, message, known(scenario.device.keys())));
                continue;
            };
            let accounts = &mut nodes[node as usize].devices[unit as usize].accounts;
            *accounts = accounts.iter().cloned().chain([account.clone()]).collect::<Arc<_>>();
        }
    }
}

fn role(name: &str, written: &Written, errors: &mut Vec<ScenarioError>) -> Option<Role> {
    let found = ROLES.into_iter().find(|(word, _)| word == written.role.get_ref());
    if found.is_none() {
        let message = format!("account `{name}` has the role `{}`", written.role.get_ref());
        let words = ROLES.map(|(word, _)| word).join(", ");
        errors.push(ScenarioError::at(&written.role, message, format!("one of: {words}")));
    }
    found.map(|(_, role)| role)
}

/// An account is somewhere, and nowhere twice.
fn check_devices(name: &str, written: &Written, errors: &mut Vec<ScenarioError>) {
    if written.devices.is_empty() {
        let message = format!("account `{name}` is of no device");
        errors.push(ScenarioError::at(&written.role, message, "name one in `devices`"));
    }
    for (i, device) in written.devices.iter().enumerate() {
        if written.devices[..i].iter().any(|other| other.get_ref() == device.get_ref()) {
            let message = format!("account `{name}` is of `{}` twice", device.get_ref());
            errors.push(ScenarioError::at(device, message, "name each device once"));
        }
    }
}

fn check(name: &str, written: &Written, role: Role, errors: &mut Vec<ScenarioError>) {
    let secret = written.secret.get_ref();
    let is_typed = secret.bytes().all(|byte| byte.is_ascii_graphic());
    if !(4..=64).contains(&secret.len()) || !is_typed {
        let message = format!("account `{name}` has the secret `{}`", secret.escape_debug());
        let help = "4 to 64 letters, digits or signs of ASCII";
        errors.push(ScenarioError::at(&written.secret, message, help));
    }
    let is_sound = |hours: f64, least: f64| (least..=1000.0).contains(&hours);
    let unsound = |visit: &&crate::scenario::Visit| {
        !is_sound(visit.at_h, 0.0) || !is_sound(visit.for_min / 60.0, 1.0 / 60.0)
    };
    if role != Role::Service && !written.visits.is_empty() {
        let message = format!("account `{name}` has visits, and is not of service");
        errors.push(ScenarioError::at(
            &written.role,
            message,
            "`role = \"service\"`, or no visits",
        ));
    } else if written.visits.iter().any(|visit| unsound(&visit)) {
        let message = format!("account `{name}` has a visit at no time");
        let help = "`at_h` from 0 to 1000 h, `for_min` from 1 min";
        errors.push(ScenarioError::at(&written.role, message, help));
    }
}

impl crate::scenario::Visit {
    /// From, until [ns].
    fn span_ns(&self) -> (u64, u64) {
        let at = |min: f64| (min * MINUTE as f64) as u64;
        (at(self.at_h * 60.0), at(self.at_h * 60.0 + self.for_min))
    }
}
