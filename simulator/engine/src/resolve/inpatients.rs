//! Patients in a hospital bed: who they are, what is prescribed, what clinicians key in.

use super::{DeviceSetup, Names, Scenario, ScenarioError, Spanned, Spread, Who, known};
use crate::patient::opioid::Person;
use crate::people::{InpatientSetup, KeyedOrder};
use crate::scenario::{Keyed, Patient};

pub(super) fn inpatient(
    name: &str,
    patient: &Patient,
    devices: &[DeviceSetup],
    scenario: &Scenario,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> InpatientSetup {
    let occluded = |(unit, device): (usize, &DeviceSetup)| {
        let [from, until] = scenario.device[&device.text].occluded_min?;
        Some((unit, from, until))
    };
    let orders = patient.orders.iter();
    let orders = orders.filter_map(|written| order(name, written, devices, names, errors));
    InpatientSetup {
        orders: orders.collect(),
        name: names.intern(name),
        text: name.to_owned(),
        who: who(name, patient, errors),
        prescription: patient.prescription.iter().map(|(k, v)| (k.get_ref().clone(), *v)).collect(),
        pain: patient.pain.as_ref().map(|pain| in_range(pain, errors)),
        occluded: devices.iter().enumerate().filter_map(occluded).collect(),
    }
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
        (None, Some(_)) => Who::Population(None),
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

fn order(
    name: &str,
    written: &Keyed,
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
    let at: Spread = written.at_min.into();
    let word = names.intern(written.key.get_ref());
    Some(KeyedOrder { at, unit, input: input as u32, value: written.value, word })
}
