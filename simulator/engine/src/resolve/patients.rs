//! Which kind of patient a patient model is.

use super::wearers::wearer;
use super::{DeviceSetup, Names, Scenario, ScenarioError};
use crate::plan::PatientSetup;

/// The patient models there are.
const MODELS: &[&str] = &["uva-padova"];

pub(super) fn patient(
    name: &str,
    patient: &crate::scenario::Patient,
    devices: &[DeviceSetup],
    scenario: &Scenario,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> Option<PatientSetup> {
    match patient.model.get_ref().as_str() {
        "uva-padova" => {
            let wearer = wearer(name, patient, devices, scenario, names, errors);
            Some(PatientSetup::Wearer(wearer))
        }
        other => {
            let message = format!("patient `{name}` has model `{other}`");
            let help = format!("the patient models are: {}", MODELS.join(", "));
            errors.push(ScenarioError::at(&patient.model, message, help));
            None
        }
    }
}
