//! Which kind of patient a patient model is.

use super::hearts::heart;
use super::inpatients::inpatient;
use super::wearers::wearer;
use super::{DeviceSetup, Names, Scenario, ScenarioError};
use crate::patient::Model;
use crate::people::{CourseSetup, Signs, Unrest};
use crate::plan::PatientSetup;

/// The patient models there are.
const MODELS: &[&str] = &[
    "uva-padova",
    "uva-padova-counter",
    "hovorka",
    "bergman",
    "heart",
    "opioid-respiration",
    "course",
];

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
    if word == "heart" {
        return Some(PatientSetup::Heart(heart(name, patient, devices, names, errors)));
    }
    if word == "opioid-respiration" {
        let inpatient = inpatient(name, patient, devices, scenario, names, errors);
        return Some(PatientSetup::Inpatient(inpatient));
    }
    if word == "course" {
        return Some(PatientSetup::Course(course(name, patient, names, errors)));
    }
    let message = format!("patient `{name}` has model `{word}`");
    let help = format!("the patient models are: {}", MODELS.join(", "));
    errors.push(ScenarioError::at(&patient.model, message, help));
    None
}

/// Somebody whose vital signs the scenario gives.
fn course(
    name: &str,
    patient: &crate::scenario::Patient,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> CourseSetup {
    let usual = Signs::default();
    let signs = |point: &crate::scenario::Point| Signs {
        heart_rate: point.heart_rate.unwrap_or(usual.heart_rate),
        spo2: point.spo2.unwrap_or(usual.spo2),
        resp_rate: point.resp_rate.unwrap_or(usual.resp_rate),
        etco2: point.etco2.unwrap_or(usual.etco2),
        map: point.map.unwrap_or(usual.map),
    };
    let points = &patient.course;
    let is_sound = |signs: Signs| {
        (0.0..=300.0).contains(&signs.heart_rate)
            && (0.0..=100.0).contains(&signs.spo2)
            && (0.0..=80.0).contains(&signs.resp_rate)
            && (0.0..=150.0).contains(&signs.etco2)
            && (0.0..=250.0).contains(&signs.map)
    };
    let ascends = points.windows(2).all(|pair| pair[0].at_min < pair[1].at_min);
    let begins = points.first().is_none_or(|point| point.at_min >= 0.0);
    if !ascends || !begins || !points.iter().all(|point| is_sound(signs(point))) {
        let message = format!("the course of patient `{name}` cannot be");
        let help = "times that rise from 0; heart_rate to 300, spo2 to 100, resp_rate to 80, etco2 to 150, map to 250";
        errors.push(ScenarioError::at(&patient.model, message, help));
    }
    for sign in ["heart-rate", "spo2", "resp-rate", "etco2", "map"] {
        names.intern(sign);
    }
    CourseSetup {
        name: names.intern(name),
        text: name.to_owned(),
        course: points.iter().map(|point| (point.at_min, signs(point))).collect(),
        recovers: patient.recovers.unwrap_or(true),
        unrest: unrest(name, patient, errors),
    }
}

/// What becomes of what is stuck on somebody.
pub(super) fn unrest(
    name: &str,
    patient: &crate::scenario::Patient,
    errors: &mut Vec<ScenarioError>,
) -> Unrest {
    let rates = [("motion_per_h", patient.motion_per_h), ("loose_per_h", patient.loose_per_h)];
    for (key, rate) in rates {
        if let Some(rate) = rate.filter(|rate| !(0.0..=1000.0).contains(rate)) {
            let message = format!("`{key}` of patient `{name}` is {rate}");
            errors.push(ScenarioError::at(&patient.model, message, "from 0 to 1000 in an hour"));
        }
    }
    Unrest {
        motion_per_h: patient.motion_per_h.unwrap_or(0.0),
        loose_per_h: patient.loose_per_h.unwrap_or(0.0),
    }
}
