//! Published patients against trajectories of an independent implementation (simglucose, dopri5).

use super::*;

mod alternatives;
mod closed_loop;
mod counter;
mod summary;

struct Reference {
    /// The thirteen states, row by row.
    states: Vec<Vec<f64>>,
    carbs_g: Vec<f64>,
    insulin_u: Vec<f64>,
    glucose: Vec<f64>,
    plasma_insulin: Vec<f64>,
}

fn reference(text: &str) -> Reference {
    let column = |index: usize| -> Vec<f64> {
        let cell = |line: &str| line.split(',').nth(index).and_then(|cell| cell.parse().ok());
        text.lines().skip(1).filter_map(cell).collect()
    };
    let states = |line: &str| line.split(',').skip(4).take(13).flat_map(str::parse).collect();
    Reference {
        states: text.lines().skip(1).map(states).collect(),
        carbs_g: column(1),
        insulin_u: column(3),
        glucose: column(17),
        plasma_insulin: column(19),
    }
}

fn padova(patient: &mut Patient) -> &mut Padova {
    match &mut patient.body {
        Body::Padova(body) => body,
        other => panic!("not {other:?}"),
    }
}

/// Steps through a reference in `parts` per minute; glucose within `band_mg_dl`, every state within
/// a thousandth of the largest value that it has there, or of a thousandth of its unit if that is
/// more.
#[track_caller]
fn check_follows(id: &str, text: &str, parts: u32, band_mg_dl: f64) {
    let reference = reference(text);
    assert!(reference.glucose.len() >= 1441);
    let scale: Vec<f64> = (0..13)
        .map(|i| reference.states.iter().fold(1e-3, |m: f64, s| m.max(s[i].abs())))
        .collect();
    let mut patient = Patient::by_id(id).expect("a published patient");
    for minute in 0..reference.glucose.len() {
        let off = (patient.glucose_mg_dl() - reference.glucose[minute]).abs();
        assert!(off <= band_mg_dl, "minute {minute}: {off} mg/dL");
        let insulin = reference.plasma_insulin[minute];
        let off = (patient.plasma_insulin_pmol_l() - insulin).abs() / insulin.max(1.0);
        assert!(off <= 1e-3, "minute {minute}: plasma insulin {off}");
        for (i, state) in reference.states[minute].iter().enumerate() {
            let off = (padova(&mut patient).state[i] - state).abs() / scale[i];
            assert!(off <= 1e-3, "minute {minute}: state {i} is off by {off}");
        }
        let (carbs, insulin) = (reference.carbs_g[minute], reference.insulin_u[minute]);
        padova(&mut patient).advance(carbs, insulin, 0.0, parts);
    }
}

macro_rules! follows {
    ($($name:ident: $id:literal $file:literal,)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!("../../tests/data/glucose_", $file, ".csv"));
            check_follows($id, text, 1, 0.05);
            check_follows($id, text, 4, 0.001);
        }
    )*};
}

follows! {
    an_adolescent_eats_three_meals_with_boluses: "adolescent#001" "G1_adolescent001",
    an_adult_eats_three_meals_with_boluses: "adult#001" "G1_adult001",
    a_child_eats_three_meals_with_boluses: "child#001" "G1_child001",
    an_adolescent_follows_g3: "adolescent#001" "G3_adolescent001",
    an_adult_follows_g3: "adult#001" "G3_adult001",
    an_adult_follows_g4: "adult#001" "G4_adult001",
    an_adult_follows_g5: "adult#001" "G5_adult001",
    a_child_follows_g5: "child#001" "G5_child001",
}

#[test]
fn every_patient_stays_put_on_their_own_basal_rate() {
    for id in Patient::ids() {
        let mut patient = Patient::by_id(id).expect("a published patient");
        let start = patient.glucose_mg_dl();
        for _ in 0..1440 {
            patient.step(0.0, patient.therapy().basal_u_per_h / 60.0, 0.0);
        }
        assert!((patient.glucose_mg_dl() - start).abs() < 1e-6, "{id}");
    }
}

#[test]
fn more_insulin_never_raises_the_lowest_glucose() {
    let lowest = |bolus: f64| {
        let mut patient = Patient::default();
        patient.step(0.0, bolus, 0.0);
        let basal = patient.therapy().basal_u_per_h / 60.0;
        let mut minute = |_| {
            patient.step(0.0, basal, 0.0);
            patient.glucose_mg_dl()
        };
        (0..360).map(&mut minute).fold(f64::INFINITY, f64::min)
    };
    let nadirs: Vec<f64> = (0..10).map(|u| lowest(f64::from(u))).collect();
    assert!(nadirs.windows(2).all(|two| two[1] < two[0]), "{nadirs:?}");
}

#[test]
fn glucagon_raises_glucose() {
    let after = |glucagon: f64| {
        let mut patient = Patient::default();
        (0..40).for_each(|_| patient.step(0.0, 0.02, glucagon));
        patient.glucose_mg_dl()
    };
    let rise = after(3.0) - after(0.0);
    assert!((15.0..70.0).contains(&rise), "{rise}"); // 3 mg/kg/min for 40 min fill 67 mg/dL; the liver makes less meanwhile
}

#[test]
fn a_gross_overdose_leaves_the_domain_of_the_model() {
    let mut patient = Patient::default();
    patient.step(0.0, 60.0, 0.0);
    (0..600).for_each(|_| patient.step(0.0, 0.0, 0.0));
    assert!(!patient.is_within_domain());
    assert!(patient.glucose_mg_dl().is_finite());
}
