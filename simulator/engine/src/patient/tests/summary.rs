//! Five scenarios, 21 patients: what a day came to, against `glucose_summary.csv`.

use super::*;

/// Carbohydrate and insulin of a minute; `None` where the pump is stopped.
fn inputs(scenario: &str, patient: &Patient, minute: usize) -> (f64, f64) {
    let therapy = patient.therapy();
    let basal = therapy.basal_u_per_h / 60.0;
    let meal = match minute {
        420 => 45.0,
        720 => 70.0,
        1080 => 80.0,
        _ => 0.0,
    };
    let bolus = meal / therapy.carb_ratio_g_per_u;
    match scenario {
        "G1" => (meal, basal + bolus),
        "G2" => (0.0, basal),
        "G3" if minute == 540 => (0.0, basal + 0.25 * therapy.total_daily_u),
        "G3" => (0.0, basal),
        "G4" => (meal, 0.0),
        "G5" => (meal, basal),
        other => panic!("no scenario {other}"),
    }
}

/// Glucose at minutes 0 to 1440.
fn day(scenario: &str, id: &str) -> Vec<f64> {
    let mut patient = Patient::by_id(id).expect("a published patient");
    let mut glucose = vec![patient.glucose_mg_dl()];
    for minute in 0..1440 {
        let (carbs, insulin) = inputs(scenario, &patient, minute);
        patient.step(carbs, insulin, 0.0);
        glucose.push(patient.glucose_mg_dl());
    }
    glucose
}

/// The risk of a glucose value (Kovatchev et al. 1997), negative when low.
fn risk(mg_dl: f64) -> f64 {
    1.509 * (libm::pow(libm::log(mg_dl.max(1.0)), 1.084) - 5.381)
}

/// 0.1 mg/dL, or above 600 mg/dL, where the model says nothing, 0.1 %.
#[track_caller]
fn check_glucose(what: &str, value: f64, reference: f64) {
    let band = if reference > 600.0 { 0.001 * reference } else { 0.1 };
    assert!((value - reference).abs() <= band, "{what}: {value}, not {reference}");
}

#[track_caller]
fn check_within(what: &str, value: f64, reference: f64, band: f64) {
    assert!((value - reference).abs() <= band, "{what}: {value}, not {reference}");
}

fn check_day(row: &[&str]) {
    let number = |at: usize| row[at].parse::<f64>().expect("a number");
    let what = format!("{} {}", row[0], row[1]);
    let glucose = day(row[0], row[1]);
    let samples = &glucose[1..];
    let n = samples.len() as f64;
    let share = |of: &dyn Fn(f64) -> bool| {
        100.0 * samples.iter().filter(|value| of(**value)).count() as f64 / n
    };
    let mean = |of: &dyn Fn(f64) -> f64| samples.iter().map(|value| of(*value)).sum::<f64>() / n;
    check_glucose(&what, samples.iter().copied().fold(f64::INFINITY, f64::min), number(2));
    check_glucose(&what, samples.iter().copied().fold(0.0, f64::max), number(4));
    check_glucose(&what, glucose[number(3) as usize], number(2));
    check_glucose(&what, glucose[number(5) as usize], number(4));
    check_glucose(&what, mean(&|value| value), number(6));
    check_within(&what, share(&|v| (70.0..=180.0).contains(&v)), number(7), 0.1);
    check_within(&what, share(&|v| v < 70.0), number(8), 0.1);
    check_within(&what, share(&|v| v < 54.0), number(9), 0.1);
    check_within(&what, share(&|v| v > 180.0), number(10), 0.1);
    let low = mean(&|v| 10.0 * risk(v).min(0.0) * risk(v).min(0.0));
    let high = mean(&|v| 10.0 * risk(v).max(0.0) * risk(v).max(0.0));
    check_within(&what, low, number(11), 1e-3 * number(11).max(1.0));
    check_within(&what, high, number(12), 1e-3 * number(12).max(1.0));
    for hour in 0..=24 {
        check_glucose(&what, glucose[hour * 60], number(13 + hour));
    }
}

#[test]
fn twenty_one_patients_live_five_days_as_in_the_reference() {
    let text = include_str!("../../../tests/data/glucose_summary.csv");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 5 * 21);
    rows.iter().for_each(|row| check_day(row));
}
