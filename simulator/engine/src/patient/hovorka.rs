//! Hovorka 2004: ten states, Runge-Kutta of order 4 in steps of a minute.
//!
//! Hovorka et al., Physiol Meas 2004;25:905, with the nominal parameters of an adult, which scale with body weight
//! (as in LoopInsighT1, MIT licence; the renal term in its original form). Amounts in mmol and mU. Glucose is that of
//! plasma: there is no delay to a sensor under the skin. Left out: differences between people but their weight,
//! counter-regulation, and gastric emptying that depends on the meal.
//!
//! Units: mmol, mU, mU/L, min; glucose outside in mg/dL. Sources: as above; models.md 1.10.
//!
//! Domain of validity: 10 to 600 mg/dL as for the other models; below 81 mg/dL the brain's use falls with glucose, so
//! that an overdose leads less far down than in UVA/Padova S2008.

use super::Therapy;
use super::integrator::step;
use super::meal::Meal;

/// mg/dL in a mmol/L.
const MG_DL: f64 = 18.016;
/// mg in a mmol of glucose, per g.
const MMOL_PER_G: f64 = 1000.0 / 180.16;
/// Fasting glucose of every patient [mg/dL].
const FASTING_MG_DL: f64 = 110.0;
const K12: f64 = 0.066;
const KA: [f64; 3] = [0.006, 0.06, 0.03];
/// Sensitivities of transport, disposal and production [per mU/L].
const SENSITIVITY: [f64; 3] = [51.2e-4, 8.2e-4, 520e-4];
const KE: f64 = 0.138;
const T_GUT_MIN: f64 = 40.0;
const T_INSULIN_MIN: f64 = 55.0;
const BIOAVAILABLE: f64 = 0.8;

/// Q1, Q2 [mmol], S1, S2 [mU], I [mU/L], x1, x2 [1/min], x3, D1, D2 [mmol].
pub(super) type State = [f64; 10];

/// A nominal adult: weight [kg], and a carbohydrate ratio [g/U] and a correction [mg/dL/U] that follow from the
/// model: 60 g with its bolus are back at fasting glucose after six hours, and one unit lowers it by so much at most (a
/// test).
#[derive(Clone, Copy, Debug)]
pub(super) struct Nominal {
    pub(super) id: &'static str,
    weight_kg: f64,
    carb_ratio_g_per_u: f64,
    correction_mg_dl_per_u: f64,
}

/// The patients of the model.
pub(super) const NOMINAL: [Nominal; 3] = [
    nominal("nominal-50kg", 50.0, 31.5, 61.0),
    nominal("nominal-75kg", 75.0, 28.0, 48.0),
    nominal("nominal-100kg", 100.0, 26.0, 40.5),
];

const fn nominal(
    id: &'static str,
    weight_kg: f64,
    carb_ratio_g_per_u: f64,
    correction_mg_dl_per_u: f64,
) -> Nominal {
    Nominal { id, weight_kg, carb_ratio_g_per_u, correction_mg_dl_per_u }
}

/// A patient of the model.
#[derive(Clone, Debug)]
pub(super) struct Hovorka {
    who: Nominal,
    weight_kg: f64,
    basal_mu_per_min: f64,
    pub(super) state: State,
    meal: Meal,
}

struct Inputs {
    carbs_mmol: f64,
    insulin_mu: f64,
    glucagon_mmol: f64,
}

impl Hovorka {
    /// Fasting, on their own basal rate.
    pub(super) fn of(who: Nominal) -> Self {
        let weight_kg = who.weight_kg;
        let insulin = steady_insulin(weight_kg);
        let basal_mu_per_min = insulin * KE * 0.12 * weight_kg;
        let depot = basal_mu_per_min * T_INSULIN_MIN;
        let [x1, x2, x3] = SENSITIVITY.map(|s| s * insulin);
        let q1 = FASTING_MG_DL / MG_DL * 0.16 * weight_kg;
        let state = [q1, x1 * q1 / (K12 + x2), depot, depot, insulin, x1, x2, x3, 0.0, 0.0];
        Self { who, weight_kg, basal_mu_per_min, state, meal: Meal::new(0.0) }
    }

    pub(super) fn step(&mut self, carbs_announced_g: f64, insulin_u: f64, glucagon: f64) {
        let inputs = Inputs {
            carbs_mmol: self.meal.minute(carbs_announced_g, 0.0) * MMOL_PER_G,
            insulin_mu: 1000.0 * insulin_u,
            glucagon_mmol: glucagon * self.weight_kg / 1000.0 * MMOL_PER_G,
        };
        let weight = self.weight_kg;
        self.state = step(&self.state, 1.0, |x| derivative(weight, x, &inputs));
    }

    pub(super) fn glucose_mg_dl(&self) -> f64 {
        self.state[0] / (0.16 * self.weight_kg) * MG_DL
    }

    pub(super) fn plasma_insulin_pmol_l(&self) -> f64 {
        6.0 * self.state[4]
    }

    pub(super) fn weight_kg(&self) -> f64 {
        self.weight_kg
    }

    pub(super) fn therapy(&self) -> Therapy {
        Therapy {
            carb_ratio_g_per_u: self.who.carb_ratio_g_per_u,
            correction_mg_dl_per_u: self.who.correction_mg_dl_per_u,
            ..Therapy::by_rule(self.basal_mu_per_min * 0.06)
        }
    }
}

/// Use that no insulin steers, and what kidneys let through [mmol/min].
fn losses(weight_kg: f64, q1: f64) -> f64 {
    let volume = 0.16 * weight_kg;
    let glucose = q1 / volume;
    let renal = if glucose >= 9.0 { 0.003 * (glucose - 9.0) * volume } else { 0.0 };
    0.0097 * weight_kg * (glucose / 4.5).min(1.0) + renal
}

fn derivative(weight_kg: f64, x: &State, inputs: &Inputs) -> State {
    let [q1, q2, s1, s2, insulin, x1, x2, x3, d1, d2] = *x;
    let produced = 0.0161 * weight_kg * (1.0 - x3).max(0.0);
    let appears = d2 / T_GUT_MIN + inputs.glucagon_mmol;
    [
        -losses(weight_kg, q1) - x1 * q1 + K12 * q2 + appears + produced,
        x1 * q1 - (K12 + x2) * q2,
        inputs.insulin_mu - s1 / T_INSULIN_MIN,
        (s1 - s2) / T_INSULIN_MIN,
        s2 / (T_INSULIN_MIN * 0.12 * weight_kg) - KE * insulin,
        KA[0] * (SENSITIVITY[0] * insulin - x1),
        KA[1] * (SENSITIVITY[1] * insulin - x2),
        KA[2] * (SENSITIVITY[2] * insulin - x3),
        BIOAVAILABLE * inputs.carbs_mmol - d1 / T_GUT_MIN,
        (d1 - d2) / T_GUT_MIN,
    ]
}

/// Plasma insulin that holds fasting glucose where it is [mU/L], by bisection.
fn steady_insulin(weight_kg: f64) -> f64 {
    let q1 = FASTING_MG_DL / MG_DL * 0.16 * weight_kg;
    let falls = |insulin: f64| {
        let [x1, x2, x3] = SENSITIVITY.map(|s| s * insulin);
        let back = K12 * x1 * q1 / (K12 + x2);
        0.0161 * weight_kg * (1.0 - x3).max(0.0) - losses(weight_kg, q1) - x1 * q1 + back < 0.0
    };
    let halve = |(low, high): (f64, f64), _| {
        let middle = 0.5 * (low + high);
        if falls(middle) { (low, middle) } else { (middle, high) }
    };
    (0..80).fold((0.0, 100.0), halve).0
}
