//! What opioids do: take the drive to breathe, make sleepy, relieve pain.
//!
//! `E = C^g/(C50^g + C^g)` is the share of the drive to breathe that is gone at the same CO2. Several
//! opioids add as `C/C50`, with the steepness of the strongest. Sedation and relief of pain are [E].
//!
//! Left out: tolerance that grows, other sedatives, itching and nausea. Units: shares of 1. Sources: models.md 3.2
//! (Bouillon 2003, Dahan 2004, Algera 2020). Domain of validity: effect sites up to some ten times C50, beyond
//! which breathing has long stopped.

use super::drug::Potency;

/// Half asleep at so many times the concentration that halves breathing [E].
const SEDATION_C50: f64 = 6.0;

/// What opioids do to breathing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effect {
    /// Share of the drive to breathe that is gone.
    pub depression: f64,
    /// Sedation, 0 to 1.
    pub sedation: f64,
}

/// The effect of `(concentration [ng/mL], potency)` with every C50 multiplied by `shift`.
pub(super) fn effect(opioids: &[(f64, Potency)], shift: f64) -> Effect {
    let ratio = |&(c, p): &(f64, Potency)| c / (p.c50_ng_per_ml * shift);
    let total: f64 = opioids.iter().map(ratio).sum();
    if total <= 0.0 {
        return Effect::default();
    }
    let strongest = |a: &&(f64, Potency), b: &&(f64, Potency)| ratio(a).total_cmp(&ratio(b));
    let gamma = opioids.iter().max_by(strongest).map_or(1.0, |(_, p)| p.gamma);
    let power = libm::pow(total, gamma);
    let square = total * total;
    Effect {
        depression: power / (1.0 + power),
        sedation: square / (SEDATION_C50 * SEDATION_C50 + square),
    }
}

/// What is left of `pain` when opioids fill `ratio` times their half-relieving concentration.
pub(super) fn relieved(pain: f64, ratio: f64) -> f64 {
    pain * (1.0 - ratio / (ratio + 1.0))
}
