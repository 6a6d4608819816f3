//! Patients in a hospital bed: who they are, what is prescribed, what clinicians key in.

use super::patients::unrest;
use super::{DeviceSetup, Names, Scenario, ScenarioError, Spanned, Spread, Who, known, prescribed};
use crate::patient::opioid::Person;
use crate::people::{InpatientSetup, KeyedOrder, Mishap, MishapKind};
use crate::scenario::{Keyed, Patient};

pub(super) fn inpatient(
    name: &str,
    patient: &Patient,
    devices: &[DeviceSetup],
    scenario: &Scenario,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> InpatientSetup {
    InpatientSetup {
        orders: orders(name, patient, devices, names, errors),
        name: names.intern(name),
        text: name.to_owned(),
        who: who(name, patient, errors),
        prescription: prescribed(&patient.prescription),
        unrest: unrest(name, patient, errors),
        pain: patient.pain.as_ref().map(|pain| in_range(pain, errors)),
        mishaps: mishaps(devices, scenario),
    }
}

fn mishaps(devices: &[DeviceSetup], scenario: &Scenario) -> Vec<Mishap> {
    let mut all = Vec::new();
    for (unit, device) in devices.iter().enumerate() {
        let written = &scenario.device[&device.text];
        let mut lasts = |span: Option<[f64; 2]>, what: fn(bool) -> MishapKind| {
            let ends = span.into_iter().flat_map(|[from, until]| [(from, true), (until, false)]);
            all.extend(ends.map(|(at_min, on)| Mishap { at_min, unit, what: what(on) }));
        };
        lasts(written.occluded_min, MishapKind::Line);
        lasts(written.upstream_occluded_min, MishapKind::Above);
        lasts(written.door_open_min, MishapKind::Door);
        lasts(written.heated_min, MishapKind::Heat);
        let bag = written.second_bag.map(|bag| (bag.at_min, MishapKind::SecondBag(bag.ml)));
        all.extend(bag.map(|(at_min, what)| Mishap { at_min, unit, what }));
    }
    all
}

fn who(name: &str, patient: &Patient, errors: &mut Vec<ScenarioError>) -> Who {
    match (&patient.id, &patient.population) {
        (Some(id), None) => {
            if Person::by_id(id.get_ref()).is_none() {
                let message =
                    format!("patient `{name}` is `{}`, whom the model does not have", id.get_ref());
                let help = "`medtwin patient list` lists them, such as `adult-70kg-naive`";
                errors.push(ScenarioError::at(id, message, help));
            }
            Who::Id(id.get_ref().clone())
        }
        (None, Some(population)) => {
            if let Some(group) = &population.group {
                let message = format!("patient `{name}` is of the group `{}`", group.get_ref());
                let help = "patients on opioids are adults: `population = {}`";
                errors.push(ScenarioError::at(group, message, help));
            }
            Who::Population(None)
        }
        _ => {
            let message = format!("patient `{name}` needs either `id` or `population`");
            let help = "`id = \"adult-70kg-naive\"` or `population = {}`";
            errors.push(ScenarioError::at(&patient.model, message, help));
            Who::Population(None)
        }
    }
}

fn in_range(pain: &Spanned<f64>, errors: &mut Vec<ScenarioError>) -> f64 {
    if !(0.0..=10.0).contains(pain.get_ref()) {
        let message = format!("`pain` is {}", pain.get_ref());
        errors.push(ScenarioError::at(pain, message, "from 0, none, to 10, the worst"));
    }
    pain.get_ref().clamp(0.0, 10.0)
}

fn orders(
    name: &str,
    patient: &Patient,
    devices: &[DeviceSetup],
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> Vec<KeyedOrder> {
    let mut orders = Vec::new();
    let mut row = None;
    for (own, which) in patient.orders.iter().zip(0..) {
        row = when(own, which, row, errors).or(row);
        let Some(when) = row else { continue };
        orders.extend(order(name, own, when, devices, names, errors));
    }
    orders
}

/// When a key is pressed: the first of its row, which order that is, and how long after it [s].
type When = (Spread, u32, f64);

fn when(
    own: &Keyed,
    which: u32,
    row: Option<When>,
    errors: &mut Vec<ScenarioError>,
) -> Option<When> {
    let waits = |after_s: f64| (0.0..=86_400.0).contains(&after_s);
    match (own.at_min, own.after_s, row) {
        (Some(at), None, _) => Some((at.into(), which, 0.0)),
        (None, Some(after_s), Some((at, first, so_far))) if waits(after_s) => {
            Some((at, first, so_far + after_s))
        }
        _ => {
            let message = format!("it is not said when `{}` is pressed", own.key.get_ref());
            let help = "either `at_min`, or `after_s`, from 0 to 86400, after the key before it";
            errors.push(ScenarioError::at(&own.key, message, help));
            None
        }
    }
}

fn order(
    name: &str,
    written: &Keyed,
    (at, first, after_s): When,
    devices: &[DeviceSetup],
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> Option<KeyedOrder> {
    let at_device = |device: &DeviceSetup| device.text == *written.device.get_ref();
    let Some(unit) = devices.iter().position(at_device) else {
        let message = format!("`{}` is no device of `{name}`", written.device.get_ref());
        let help = known(devices.iter().map(|device| &device.text));
        errors.push(ScenarioError::at(&written.device, message, help));
        return None;
    };
    let inputs = &devices[unit].manifest.inputs;
    let Some(input) = inputs.iter().position(|key| key == written.key.get_ref()) else {
        let message =
            format!("device `{}` has no key `{}`", devices[unit].text, written.key.get_ref());
        errors.push(ScenarioError::at(&written.key, message, known(inputs.iter())));
        return None;
    };
    let word = names.intern(written.key.get_ref());
    let (input, value) = (input as u32, written.value);
    Some(KeyedOrder { at, first, after_s, unit, input, value, word })
}
