//! Virtual patients with type 1 diabetes: UVA/Padova S2008.
//!
//! Thirteen states, classical Runge-Kutta of order 4 in steps of a minute, or of a part of one for
//! the few patients whose stomach switches its rate within less (Dalla Man, Rizza and
//! Cobelli 2007; Kovatchev et al. 2009; parameters of 30 patients as published with simglucose,
//! MIT licence). Insulin comes as what the hardware delivered in the minute, carbohydrate is announced
//! once and eaten at 5 g/min.
//!
//! Domain of validity: interstitial glucose from 10 to 600 mg/dL. The model has **no
//! counter-regulation**: after a gross overdose glucose falls to a few mg/dL and stays there, which
//! no person survives and no figure below 10 mg/dL describes. Left out: exercise, illness, the
//! menstrual cycle, ketones, and changes of insulin sensitivity over the day.

mod exp;
mod glycaemia;
mod meal;
mod parameters;
mod quantile;
mod s2008;
mod sensor;

pub mod inputs;
pub mod opioid;

pub use glycaemia::{Glycaemia, GlycaemiaSummary, HARM_MODEL, severity_word};
pub use quantile::normal_quantile;
pub use sensor::{SensorNoise, Vettoretti};

use meal::Meal;
use parameters::Parameters;
use s2008::State;

/// The lowest and the highest glucose of which the model says anything [mg/dL].
pub const DOMAIN_MG_DL: (f64, f64) = (10.0, 600.0);

/// A patient in the middle of a day.
#[derive(Clone, Debug)]
pub struct Patient {
    parameters: Parameters,
    state: State,
    meal: Meal,
}

/// How the patient is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Therapy {
    /// Basal rate that keeps the patient at the fasting glucose [U/h].
    pub basal_u_per_h: f64,
    /// Carbohydrate covered by one unit [g/U].
    pub carb_ratio_g_per_u: f64,
    /// Fall of glucose by one unit [mg/dL/U].
    pub correction_mg_dl_per_u: f64,
    /// Insulin of an ordinary day [U].
    pub total_daily_u: f64,
}

impl Default for Patient {
    /// `adult#001`.
    fn default() -> Self {
        Self::of(parameters::all()[10].clone())
    }
}

impl Patient {
    fn of(parameters: Parameters) -> Self {
        let state = parameters.start;
        Self { meal: Meal::new(state[0] + state[1]), parameters, state }
    }

    /// The ids of the 30 published patients: `adolescent#001` to `child#010`.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        parameters::all().iter().map(|p| p.id.as_str())
    }

    /// The published patient `id`.
    pub fn by_id(id: &str) -> Option<Self> {
        parameters::all().iter().find(|p| p.id == id).cloned().map(Self::of)
    }

    /// A patient drawn around one of the group (`adult`, `adolescent`, `child`) or of all, from
    /// uniform draws in (0, 1): log-normal factors on body, absorption and insulin action.
    pub fn drawn(group: Option<&str>, uniform: &mut impl FnMut() -> f64) -> Self {
        Self::of(parameters::drawn(group, uniform))
    }

    /// Lives through one minute: `carbs_announced_g` [g] are announced and eaten from now on,
    /// `insulin_u` [U] were delivered in it, `glucagon` raises plasma glucose [mg/kg/min].
    pub fn step(&mut self, carbs_announced_g: f64, insulin_u: f64, glucagon: f64) {
        self.advance(carbs_announced_g, insulin_u, glucagon, self.parameters.parts());
    }

    /// The same in `parts` steps of the integrator.
    fn advance(&mut self, carbs_announced_g: f64, insulin_u: f64, glucagon: f64, parts: u32) {
        let eaten_g = self.meal.minute(carbs_announced_g, self.state[0] + self.state[1]);
        let inputs = s2008::Inputs {
            carbs_mg: 1000.0 * eaten_g,
            insulin_pmol_kg: 6000.0 * insulin_u / self.parameters.bw,
            glucagon,
        };
        let gut = s2008::Gut::new(&self.parameters, self.meal.size_mg());
        self.state = s2008::minute(&self.parameters, &gut, &self.state, &inputs, parts);
    }

    /// Interstitial glucose, which a sensor sees and the field calls BG [mg/dL].
    pub fn glucose_mg_dl(&self) -> f64 {
        self.state[12] / self.parameters.vg
    }

    /// Plasma insulin [pmol/L].
    pub fn plasma_insulin_pmol_l(&self) -> f64 {
        self.state[5] / self.parameters.vi
    }

    /// Whether glucose is where the model says something: [`DOMAIN_MG_DL`].
    pub fn is_within_domain(&self) -> bool {
        (DOMAIN_MG_DL.0..=DOMAIN_MG_DL.1).contains(&self.glucose_mg_dl())
    }

    /// How the patient is treated.
    pub fn therapy(&self) -> Therapy {
        self.parameters.therapy
    }

    /// Which patient.
    pub fn id(&self) -> &str {
        &self.parameters.id
    }

    /// Body weight [kg].
    pub fn weight_kg(&self) -> f64 {
        self.parameters.bw
    }
}

#[cfg(test)]
mod tests;
