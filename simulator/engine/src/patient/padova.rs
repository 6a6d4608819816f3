//! UVA/Padova S2008: what meals and insulin under the skin do to glucose, in thirteen states. Classical
//! Runge-Kutta of order 4 in steps of a minute, or of a part of one for the few patients whose stomach switches its rate within less (Dalla Man, Rizza and Cobelli 2007; Kovatchev et
//! al. 2009; parameters of 30 patients as published with simglucose, MIT licence).
//!
//! It has **no counter-regulation**: after a gross overdose glucose falls to a few mg/dL and stays there, which no
//! person survives and no figure below 10 mg/dL describes. With [counter-regulation](super::counter) that is ours to
//! add, the liver answers.
//!
//! Left out: counter-regulation (see above), the dawn phenomenon, exercise, illness, sites that differ, and any
//! change of a person over the days. Units: mg/kg, pmol/kg, pmol/L, mg/dL, min, as the publication has them.
//! Sources: as above; models.md 1.1 to 1.4. It is an independent implementation: agreement with simglucose is none
//! with the simulator that the FDA accepted.
//!
//! Domain of validity: type 1 diabetes, the thirty published patients and those drawn around them, 10 to 600 mg/dL.

use super::counter::{Counter, Response};
use super::meal::Meal;
use super::parameters::Parameters;
use super::s2008::{self, State};

/// A patient of the model.
#[derive(Clone, Debug)]
pub(super) struct Padova {
    pub(super) parameters: Parameters,
    pub(super) state: State,
    meal: Meal,
    counter: Option<Counter>,
}

impl Padova {
    pub(super) fn of(parameters: Parameters) -> Self {
        let state = parameters.start;
        Self { meal: Meal::new(state[0] + state[1]), parameters, state, counter: None }
    }

    /// The same, whose liver answers to a low.
    pub(super) fn counter_regulated(self) -> Self {
        Self { counter: Some(Counter::default()), ..self }
    }

    pub(super) fn step(&mut self, carbs_announced_g: f64, insulin_u: f64, glucagon: f64) {
        self.advance(carbs_announced_g, insulin_u, glucagon, self.parameters.parts());
    }

    /// A minute in `parts` steps of the integrator.
    pub(super) fn advance(
        &mut self,
        carbs_announced_g: f64,
        insulin_u: f64,
        glucagon: f64,
        parts: u32,
    ) {
        let eaten_g = self.meal.minute(carbs_announced_g, self.state[0] + self.state[1]);
        let plasma_mg_dl = self.state[3] / self.parameters.vg;
        let response = self.counter.as_mut().map_or(Response(0.0), |c| c.minute(plasma_mg_dl));
        let inputs = s2008::Inputs {
            carbs_mg: 1000.0 * eaten_g,
            insulin_pmol_kg: 6000.0 * insulin_u / self.parameters.bw,
            glucagon,
            response: response.0,
        };
        let gut = s2008::Gut::new(&self.parameters, self.meal.size_mg());
        self.state = s2008::minute(&self.parameters, &gut, &self.state, &inputs, parts);
    }

    /// Interstitial.
    pub(super) fn glucose_mg_dl(&self) -> f64 {
        self.state[12] / self.parameters.vg
    }

    pub(super) fn plasma_insulin_pmol_l(&self) -> f64 {
        self.state[5] / self.parameters.vi
    }
}
