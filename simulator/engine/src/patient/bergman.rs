//! Bergman's minimal model with the parameters of Roy and Parker: seven states, Runge-Kutta of order 4 in steps of a
//! minute.
//!
//! Bergman et al., J Clin Invest 1981;68:1456; parameters as in LoopInsighT1 (MIT licence), with insulin through two
//! compartments under the skin and carbohydrate through two of the gut. One nominal adult. For large crowds: it
//! returns to its fasting glucose by itself, so that **a stopped pump looks too harmless**. Glucose is that of plasma.
//! Left out: the kidneys, counter-regulation, and any difference between people.
//!
//! Units: mg/dL, µU/mL, mg, min. Sources: as above; models.md 1.10. Domain of validity: 10 to 600 mg/dL as for the other models, attacks
//! that give insulin rather than those that withhold it.

use super::Therapy;
use super::integrator::step;
use super::meal::Meal;

const P1: f64 = 0.035;
const P2: f64 = 0.05;
const P3: f64 = 2.8e-5;
/// [1/mL]
const P4: f64 = 0.098e-3;
/// [1/min]
const N: f64 = 0.142;
const VOLUME_DL: f64 = 117.0;
const FASTING_MG_DL: f64 = 120.0;
/// Of an adult with that volume [kg] [E].
const WEIGHT_KG: f64 = 75.0;
const BASAL_U_PER_H: f64 = 1.0;
const T_GUT_MIN: f64 = 40.0;
const T_INSULIN_MIN: f64 = 55.0;
const BIOAVAILABLE: f64 = 0.8;

/// G [mg/dL], X [1/min], I [uU/mL], S1, S2 [uU], D1, D2 [mg].
pub(super) type State = [f64; 7];

/// The patient of the model.
#[derive(Clone, Debug)]
pub(super) struct Bergman {
    pub(super) state: State,
    meal: Meal,
}

struct Inputs {
    carbs_mg: f64,
    insulin_uu: f64,
    /// [mg/dL/min]
    glucagon: f64,
}

/// Plasma insulin on the basal rate [uU/mL].
const BASAL_INSULIN: f64 = P4 * BASAL_U_PER_H * 1e6 / 60.0 / N;

impl Default for Bergman {
    fn default() -> Self {
        let depot = BASAL_U_PER_H * 1e6 / 60.0 * T_INSULIN_MIN;
        let state = [FASTING_MG_DL, 0.0, BASAL_INSULIN, depot, depot, 0.0, 0.0];
        Self { state, meal: Meal::new(0.0) }
    }
}

impl Bergman {
    pub(super) fn step(&mut self, carbs_announced_g: f64, insulin_u: f64, glucagon: f64) {
        let inputs = Inputs {
            carbs_mg: 1000.0 * self.meal.minute(carbs_announced_g, 0.0),
            insulin_uu: 1e6 * insulin_u,
            glucagon: glucagon * WEIGHT_KG / VOLUME_DL,
        };
        self.state = step(&self.state, 1.0, |x| derivative(x, &inputs));
    }

    pub(super) fn glucose_mg_dl(&self) -> f64 {
        self.state[0]
    }

    pub(super) fn plasma_insulin_pmol_l(&self) -> f64 {
        6.0 * self.state[2]
    }

    pub(super) const fn weight_kg() -> f64 {
        WEIGHT_KG
    }

    /// By the rules alone: in this model a unit lowers glucose by some 7 mg/dL, since it returns by itself.
    pub(super) fn therapy() -> Therapy {
        Therapy::by_rule(BASAL_U_PER_H)
    }
}

fn derivative(x: &State, inputs: &Inputs) -> State {
    let [glucose, action, insulin, s1, s2, d1, d2] = *x;
    let appears = d2 / T_GUT_MIN / VOLUME_DL + inputs.glucagon;
    [
        -P1 * (glucose - FASTING_MG_DL) - action * glucose + appears,
        -P2 * action + P3 * (insulin - BASAL_INSULIN),
        -N * insulin + P4 * s2 / T_INSULIN_MIN,
        inputs.insulin_uu - s1 / T_INSULIN_MIN,
        (s1 - s2) / T_INSULIN_MIN,
        BIOAVAILABLE * inputs.carbs_mg - d1 / T_GUT_MIN,
        (d1 - d2) / T_GUT_MIN,
    ]
}
