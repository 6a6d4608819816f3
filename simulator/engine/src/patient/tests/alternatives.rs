//! Hovorka's and Bergman's models against `glucose_alt_*.csv` (DOP853, 1e-10): every state within a thousandth.

use super::*;

fn rows(text: &str) -> Vec<Vec<f64>> {
    text.lines().skip(1).map(|line| line.split(',').flat_map(str::parse).collect()).collect()
}

/// 50 g at minute 60, and a bolus in that minute [U].
fn inputs(minute: usize, basal_u_per_h: f64, bolus: f64) -> (f64, f64) {
    let basal = basal_u_per_h / 60.0;
    if minute == 60 { (50.0, basal + bolus) } else { (0.0, basal) }
}

/// `states` of the reference's first row onwards, glucose first; amounts that are nothing count from a unit.
#[track_caller]
fn check_within(minute: usize, ours: &[f64], theirs: &[f64], scale: &[f64]) {
    for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let off = (ours - theirs).abs() / scale[i];
        assert!(off <= 1e-3, "minute {minute}, column {i}: {ours}, not {theirs}");
    }
}

/// The largest value of every column, or a thousandth of its unit if that is more.
fn scales(rows: &[Vec<f64>]) -> Vec<f64> {
    let largest = |i: usize| rows.iter().fold(1e-3, |m: f64, row| m.max(row[i].abs()));
    (1..rows[0].len()).map(largest).collect()
}

#[track_caller]
fn check_follows(
    mut patient: Patient,
    text: &str,
    (basal_u_per_h, bolus): (f64, f64),
    state: fn(&Patient) -> Vec<f64>,
) {
    let rows = rows(text);
    assert!(rows.len() > 400);
    let scales = scales(&rows);
    for (minute, row) in rows.iter().enumerate() {
        let off = (patient.glucose_mg_dl() - row[1]).abs() / row[1];
        assert!(off <= 1e-3, "minute {minute}: glucose is off by {off}");
        check_within(minute, &state(&patient), &row[1..], &scales);
        let (carbs, insulin) = inputs(minute, basal_u_per_h, bolus);
        patient.step(carbs, insulin, 0.0);
    }
}

#[test]
fn hovorkas_adult_of_75_kg_eats_as_in_the_reference() {
    let patient = Model::Hovorka.patient("nominal-75kg").expect("a patient");
    let basal = patient.therapy().basal_u_per_h;
    assert!((basal - 0.41169).abs() < 5e-6, "{basal} U/h");
    let text = include_str!("../../../tests/data/glucose_alt_hovorka_75kg.csv");
    check_follows(patient, text, (basal, 2.5), |patient| match &patient.body {
        Body::Hovorka(body) => {
            let glucose = [body.glucose_mg_dl()];
            glucose.into_iter().chain(body.state).collect()
        }
        other => panic!("not {other:?}"),
    });
}

#[test]
fn bergmans_adult_eats_as_in_the_reference() {
    let patient = Model::Bergman.patient("nominal").expect("a patient");
    let text = include_str!("../../../tests/data/glucose_alt_bergman.csv");
    check_follows(patient, text, (1.0, 5.0), |patient| match &patient.body {
        Body::Bergman(body) => body.state.to_vec(),
        other => panic!("not {other:?}"),
    });
}

#[test]
fn everybody_of_every_model_stays_put_on_their_own_basal_rate() {
    for model in Model::ALL {
        for id in model.ids() {
            let mut patient = model.patient(id).expect("a patient of the list");
            let (start, basal) = (patient.glucose_mg_dl(), patient.therapy().basal_u_per_h);
            (0..1440).for_each(|_| patient.step(0.0, basal / 60.0, 0.0));
            let off = (patient.glucose_mg_dl() - start).abs();
            assert!(off < 1e-6, "{} {id}: {off} mg/dL", model.word());
        }
    }
}

#[test]
fn the_therapy_of_every_model_keeps_its_patients_from_harm_on_an_ordinary_day() {
    for (model, id) in [(Model::Hovorka, "nominal-75kg"), (Model::Bergman, "nominal")] {
        let mut patient = model.patient(id).expect("a patient");
        let therapy = patient.therapy();
        let mut glycaemia = Glycaemia::default();
        for minute in 0..1440 {
            let carbs = match minute {
                420 => 45.0,
                720 => 70.0,
                1080 => 80.0,
                _ => 0.0,
            };
            let bolus = carbs / therapy.carb_ratio_g_per_u;
            patient.step(carbs, therapy.basal_u_per_h / 60.0 + bolus, 0.0);
            glycaemia.minute(patient.glucose_mg_dl());
        }
        let summary = glycaemia.summary();
        assert!(summary.min_mg_dl >= 70.0, "{}: {summary:?}", model.word());
        assert!(summary.severity <= 2, "{}: {summary:?}", model.word());
    }
}

#[test]
fn a_nominal_adults_ratios_are_those_of_the_model() {
    for id in Model::Hovorka.ids() {
        let start = Model::Hovorka.patient(id).expect("a patient");
        let (therapy, fasting) = (start.therapy(), start.glucose_mg_dl());
        let run = |carbs: f64, bolus: f64| -> Vec<f64> {
            let mut patient = start.clone();
            let mut minute = |minute: u32| {
                let (carbs, bolus) = if minute == 0 { (carbs, bolus) } else { (0.0, 0.0) };
                patient.step(carbs, therapy.basal_u_per_h / 60.0 + bolus, 0.0);
                patient.glucose_mg_dl()
            };
            (0..360).map(&mut minute).collect()
        };
        let meal = run(60.0, 60.0 / therapy.carb_ratio_g_per_u);
        assert!((meal[359] - fasting).abs() < 3.0, "{id}: {} mg/dL after a meal", meal[359]);
        let lowest = run(0.0, 1.0).into_iter().fold(fasting, f64::min);
        let fall = fasting - lowest;
        assert!(
            (fall - therapy.correction_mg_dl_per_u).abs() < 0.5,
            "{id}: {fall} mg/dL by a unit"
        );
    }
}

#[test]
fn only_models_whose_patients_differ_have_a_population() {
    let mut uniform = || 0.5;
    for model in Model::ALL {
        let drawn = model.drawn(None, &mut uniform);
        assert!(model.patient(drawn.id()).is_some(), "{}", drawn.id());
    }
    assert!(!Model::Hovorka.has_population() && !Model::Bergman.has_population());
    assert_eq!(Model::of("hovorka"), Some(Model::Hovorka));
    assert_eq!(Model::of("simglucose"), None);
}
