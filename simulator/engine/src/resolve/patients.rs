//! Which kind of patient a patient model is.

use super::wearers::wearer;
use super::{DeviceSetup, Names, Scenario, ScenarioError};
use crate::patient::Model;
use crate::plan::PatientSetup;

/// The patient models there are.
const MODELS: &[&str] = &["uva-padova", "uva-padova-counter", "hovorka", "bergman"];

pub(super) fn patient(
    name: &str,
    patient: &crate::scenario::Patient,
    devices: &[DeviceSetup],
    scenario: &Scenario,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> Option<PatientSetup> {
    let word = patient.model.get_ref().as_str();
    if let Some(model) = Model::of(word) {
        let wearer = wearer((name, model), patient, devices, scenario, names, errors);
        return Some(PatientSetup::Wearer(wearer));
    }
    let message = format!("patient `{name}` has model `{word}`");
    let help = format!("the patient models are: {}", MODELS.join(", "));
    errors.push(ScenarioError::at(&patient.model, message, help));
    None
}
