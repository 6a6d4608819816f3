//! What counter-regulation changes, and what it must not.

use super::*;

/// Glucose of a day: meals with their boluses, or none and one bolus of a share of the daily insulin at nine.
fn day(model: Model, id: &str, overdose: Option<f64>) -> Vec<f64> {
    let mut patient = model.patient(id).expect("a published patient");
    let therapy = patient.therapy();
    let mut minute = |minute: u32| {
        let carbs = match minute {
            420 if overdose.is_none() => 45.0,
            720 if overdose.is_none() => 70.0,
            1080 if overdose.is_none() => 80.0,
            _ => 0.0,
        };
        let extra = overdose.filter(|_| minute == 540).unwrap_or(0.0) * therapy.total_daily_u;
        let bolus = carbs / therapy.carb_ratio_g_per_u + extra;
        patient.step(carbs, therapy.basal_u_per_h / 60.0 + bolus, 0.0);
        patient.glucose_mg_dl()
    };
    (0..1440).map(&mut minute).collect()
}

fn lowest(glucose: &[f64]) -> f64 {
    glucose.iter().copied().fold(f64::INFINITY, f64::min)
}

fn minutes_below(glucose: &[f64], mg_dl: f64) -> usize {
    glucose.iter().filter(|value| **value < mg_dl).count()
}

#[test]
fn a_day_that_stays_above_75_is_the_same_bit_for_bit() {
    let mut days = 0;
    for id in Patient::ids() {
        let without = day(Model::UvaPadova, id, None);
        if lowest(&without) > 75.0 {
            let with = day(Model::UvaPadovaCounter, id, None);
            let is_same = without.iter().zip(&with).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(is_same, "{id}");
            days += 1;
        }
    }
    assert!(days >= 20, "{days} of 30 ordinary days stay above 75 mg/dL");
}

#[test]
fn it_never_makes_a_day_lower() {
    for id in Patient::ids() {
        for overdose in [None, Some(0.25), Some(0.5)] {
            let without = lowest(&day(Model::UvaPadova, id, overdose));
            let with = lowest(&day(Model::UvaPadovaCounter, id, overdose));
            assert!(with >= without, "{id} {overdose:?}: {with}, not {without}");
        }
    }
}

#[test]
fn a_fasting_overdose_recovers_with_it_and_not_without() {
    // G3 of the reference: a quarter of the daily insulin at nine, and nothing to eat.
    let without = day(Model::UvaPadova, "adult#003", Some(0.25));
    assert!(without[1439] < 1.0, "{} mg/dL after 15 h", without[1439]);
    assert!(minutes_below(&without, DOMAIN_MG_DL.0) > 600, "outside of what the model describes");
    let with = day(Model::UvaPadovaCounter, "adult#003", Some(0.25));
    assert!((40.0..54.0).contains(&lowest(&with)), "{} mg/dL", lowest(&with));
    assert!(with[960..].iter().all(|glucose| *glucose > 70.0), "back within seven hours");
}

#[test]
fn how_low_depends_on_it_and_not_whether() {
    let (mut lows, mut serious) = (0, [0, 0]);
    for id in Patient::ids() {
        let both = [Model::UvaPadova, Model::UvaPadovaCounter];
        let days = both.map(|model| day(model, id, Some(0.25)));
        lows += usize::from(days.iter().all(|day| lowest(day) < 70.0));
        for (count, day) in serious.iter_mut().zip(&days) {
            *count += usize::from(lowest(day) < 30.0);
        }
    }
    assert!(lows >= 29, "{lows} of 30 have a low in both");
    assert!(serious[0] >= 12 && serious[1] == 0, "{serious:?} fall below 30 mg/dL");
}
