//! Patients with hearts: which preset, what differs from it, and what the implant was prescribed to keep.

use toml::Spanned;

use super::{DeviceSetup, Names, ScenarioError};
use crate::device::Value;
use crate::patient::heart::parameters::{Conduction, PRESETS};
use crate::patient::heart::{Parameters, setup::HeartSetup};
use crate::scenario::{HeartOf, Patient};

pub(super) fn heart(
    name: &str,
    patient: &Patient,
    devices: &[DeviceSetup],
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> HeartSetup {
    let own = patient.heart.clone().unwrap_or_default();
    let mut parameters = preset(name, patient, errors);
    change(&mut parameters, &own, errors);
    check(patient, &own, errors);
    for word in ["atrium", "ventricle", "reentry", "map", "not-captured", "battery-used"] {
        names.intern(word);
    }
    let number = |key: &str| {
        devices.iter().find_map(|device| {
            let setting = device.config.iter().find(|setting| setting.key == key)?;
            match setting.value {
                Value::Number(number) => Some(number),
                _ => None,
            }
        })
    };
    let is_icd = devices.iter().any(|device| device.manifest.name == "icd");
    let lower = number("lower_rate_ppm").or(number("pacing_ppm"));
    let lower = lower.unwrap_or(if is_icd { 40.0 } else { 60.0 });
    let span = |span: Option<[f64; 2]>| span.map(|[from, until]| (from, until));
    HeartSetup {
        name: names.intern(name),
        text: name.to_owned(),
        parameters,
        threshold_factor: own.threshold_factor.unwrap_or(1.0),
        magnet_min: span(own.magnet_min),
        exercise_min: span(own.exercise_min),
        tachycardia_at_min: own.vt_at_min.clone(),
        fibrillation_at_min: own.vf_at_min.clone(),
        rescued_after_min: own.rescued_after_min,
        battery_used: own.battery_used.unwrap_or(0.0),
        lead_ohm: own.lead_ohm.unwrap_or(500.0),
        prescribed_ppm: (lower.clamp(20.0, 200.0), number("upper_rate_ppm").unwrap_or(120.0)),
    }
}

fn preset(name: &str, patient: &Patient, errors: &mut Vec<ScenarioError>) -> Parameters {
    let listed = || PRESETS.map(|(preset, _)| preset).join(", ");
    let Some(id) = &patient.id else {
        let message = format!("patient `{name}` needs an `id`");
        errors.push(ScenarioError::at(&patient.model, message, format!("one of: {}", listed())));
        return Parameters::default();
    };
    Parameters::preset(id.get_ref()).unwrap_or_else(|| {
        let message = format!("patient `{name}` is `{}`, a rhythm that there is not", id.get_ref());
        errors.push(ScenarioError::at(id, message, format!("one of: {}", listed())));
        Parameters::default()
    })
}

fn change(parameters: &mut Parameters, own: &HeartOf, errors: &mut Vec<ScenarioError>) {
    let set = |slot: &mut i64, value: Option<u32>| {
        if let Some(value) = value {
            *slot = i64::from(value);
        }
    };
    set(&mut parameters.sinus_ms, own.sinus_ms);
    set(&mut parameters.a_erp_ms, own.a_erp_ms);
    set(&mut parameters.av_erp_ms, own.av_erp_ms);
    set(&mut parameters.av_least_ms, own.av_least_ms);
    set(&mut parameters.v_erp_ms, own.v_erp_ms);
    set(&mut parameters.v_vulnerable_ms, own.v_vulnerable_ms);
    set(&mut parameters.junction_ms, own.junction_ms);
    set(&mut parameters.escape_ms, own.escape_ms);
    set(&mut parameters.fibrillation_ms, own.fibrillation_ms);
    set(&mut parameters.fibrillation_jitter_ms, own.fibrillation_jitter_ms);
    parameters.varies = own.varies.unwrap_or(parameters.varies);
    parameters.p_fibrillation = own.p_fibrillation.unwrap_or(parameters.p_fibrillation);
    parameters.av_slowing_ms = own.av_slowing_ms.unwrap_or(parameters.av_slowing_ms);
    parameters.av_recovery_ms = own.av_recovery_ms.unwrap_or(parameters.av_recovery_ms);
    parameters.first_sinus_ms = own.first_sinus_ms.map(i64::from);
    parameters.retrograde_ms = own.retrograde_ms.map(i64::from).or(parameters.retrograde_ms);
    parameters.premature_ms = own.premature_ms.iter().map(|&at| i64::from(at)).collect();
    parameters.premature_ms.sort_unstable();
    match own.conduction.as_ref().map(Spanned::get_ref).map(String::as_str) {
        None => {}
        Some("normal") => parameters.conduction = Conduction::Normal,
        Some("second") => parameters.conduction = Conduction::Second2(own.drops_every.unwrap_or(3)),
        Some("third") => parameters.conduction = Conduction::Third,
        Some(other) => {
            let message = format!("a heart conducts `{other}`");
            let help = "one of: normal, second, third";
            errors.extend(own.conduction.as_ref().map(|at| ScenarioError::at(at, message, help)));
        }
    }
}

/// Numbers that no heart has.
fn check(patient: &Patient, own: &HeartOf, errors: &mut Vec<ScenarioError>) {
    let cycles = [own.sinus_ms, own.fibrillation_ms];
    let most = [own.junction_ms, own.escape_ms, own.retrograde_ms, own.first_sinus_ms];
    let shares = [own.p_fibrillation, own.battery_used];
    let minutes = own.vt_at_min.iter().chain(&own.vf_at_min).copied().chain(own.rescued_after_min);
    let mut spans = [own.magnet_min, own.exercise_min].into_iter().flatten();
    let positive = [own.threshold_factor, own.lead_ohm, own.av_recovery_ms];
    let is_wrong = cycles.into_iter().flatten().any(|ms| !(100..=60_000).contains(&ms))
        || most.into_iter().flatten().any(|ms| ms > 600_000)
        || own.fibrillation_jitter_ms.is_some_and(|ms| ms > 90)
        || shares.into_iter().flatten().any(|share| !(0.0..=1.0).contains(&share))
        || minutes.into_iter().any(|min| !(0.0..=1e6).contains(&min))
        || positive.into_iter().flatten().any(|number| !(0.01..=1e5).contains(&number))
        || own.av_slowing_ms.is_some_and(|ms| !(0.0..=10_000.0).contains(&ms))
        || spans.any(|[from, until]| !(0.0 <= from && from <= until && until <= 1e6));
    if is_wrong {
        let help = "cycles from 100 ms to a minute, shares from 0 to 1, times from 0 in order";
        let message = "a heart with such numbers is none".to_owned();
        errors.push(ScenarioError::at(&patient.model, message, help));
    }
}
