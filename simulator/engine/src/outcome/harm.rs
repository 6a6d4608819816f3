//! By which harm models the patients of a scenario are judged.

use crate::plan::{PatientSetup, Setup};

/// The names and versions of the harm models of `setup`'s patients, and how far to trust them.
pub fn harm_models(setup: &Setup) -> String {
    let mut models: Vec<&str> = Vec::new();
    for patient in setup.nodes.iter().filter_map(|node| node.patient.as_deref()) {
        let model = match patient {
            PatientSetup::Wearer(_) => "glycaemia/1",
            PatientSetup::Heart(_) => "rhythm/1",
            PatientSetup::Inpatient(_) => "breathing/1",
            PatientSetup::Course(_) => continue, // no physiology, no harm
        };
        if !models.contains(&model) {
            models.push(model);
        }
    }
    match &models[..] {
        [] => "no harm model: no patient here is one of physiology".to_owned(),
        models => format!("{} (illustrative: not reviewed by clinicians)", models.join(", ")),
    }
}
