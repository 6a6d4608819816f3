//! Where a drug is in the body: three compartments and the effect site.
//!
//! ```text
//! A1' = u - (k10 + k12 + k13) A1 + k21 A2 + k31 A3     A2' = k12 A1 - k21 A2     A3' = k13 A1 - k31 A3
//! Cp = A1/V1     Ce' = ke0 (Cp - Ce)
//! ```
//!
//! Masses in ug, time in min, concentrations in ug/L, which is ng/mL. The system is linear, so a step
//! with a constant infusion is exact: `x' = Phi x + Gamma u`, from the exponential of the 5x5 matrix
//! once per patient and drug. A bolus adds mass to A1 at the start of a step. Left out: the transit
//! from vein to artery of 30 to 60 s, so effects begin that much too early; metabolites; clearance that falls with
//! the circulation.
//!
//! Units: ug, L, ng/mL, min. Sources: models.md
//! 3.1; rates with each [drug](super::drug). Domain of validity: linear kinetics, any dose that leaves the
//! circulation alone.

use super::exponential::{Matrix, exponential};

/// Volume of the central compartment [L] and rates between compartments [1/min].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Central volume [L].
    pub v1_l: f64,
    /// Elimination [1/min].
    pub k10: f64,
    /// To the second compartment [1/min].
    pub k12: f64,
    /// To the third [1/min].
    pub k13: f64,
    /// Back from the second [1/min].
    pub k21: f64,
    /// Back from the third [1/min].
    pub k31: f64,
    /// To and from the effect site [1/min].
    pub ke0: f64,
}

impl Rates {
    /// The same body with its central volume and its clearance multiplied; what goes between
    /// compartments stays in proportion to the volume.
    #[must_use]
    pub fn varied(self, volume: f64, clearance: f64) -> Self {
        Self { v1_l: self.v1_l * volume, k10: self.k10 * clearance / volume, ..self }
    }
}

/// A1, A2, A3 [ug] and Ce [ng/mL].
pub type Compartments = [f64; 4];

/// The step of one length, made once.
#[derive(Clone, Debug)]
pub struct Step {
    phi: [[f64; 4]; 4],
    gamma: [f64; 4],
}

impl Step {
    /// The step of `h_min` [min].
    pub fn new(rates: &Rates, h_min: f64) -> Self {
        let r = rates;
        let mut a: Matrix<5> = [
            [-(r.k10 + r.k12 + r.k13), r.k21, r.k31, 0.0, 1.0],
            [r.k12, -r.k21, 0.0, 0.0, 0.0],
            [r.k13, 0.0, -r.k31, 0.0, 0.0],
            [r.ke0 / r.v1_l, 0.0, 0.0, -r.ke0, 0.0],
            [0.0; 5],
        ];
        a.iter_mut().flatten().for_each(|cell| *cell *= h_min);
        let e = exponential(&a);
        Self {
            phi: std::array::from_fn(|i| std::array::from_fn(|j| e[i][j])),
            gamma: std::array::from_fn(|i| e[i][4]),
        }
    }

    /// The compartments after the step, with `ug_per_min` infused.
    pub fn from(&self, x: &Compartments, ug_per_min: f64) -> Compartments {
        std::array::from_fn(|i| self.row(i, x, ug_per_min))
    }

    /// The effect site alone.
    pub(super) fn effect_site(&self, x: &Compartments, ug_per_min: f64) -> f64 {
        self.row(3, x, ug_per_min)
    }

    fn row(&self, i: usize, x: &Compartments, ug_per_min: f64) -> f64 {
        let p = &self.phi[i];
        p[0] * x[0] + p[1] * x[1] + p[2] * x[2] + p[3] * x[3] + self.gamma[i] * ug_per_min
    }

    #[cfg(test)]
    pub(super) fn matrices(&self) -> (&[[f64; 4]; 4], &[f64; 4]) {
        (&self.phi, &self.gamma)
    }
}
