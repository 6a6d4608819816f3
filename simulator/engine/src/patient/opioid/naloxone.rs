//! Naloxone, the antidote: competes for the receptor, and is gone before morphine is.
//!
//! One compartment of 140 L, cleared at 2.2 L/min [E]; rate to the effect site 0.106/min and the
//! shift of C50 `1 + (Cn/0.19)^0.858` from the receptor constants of FDA's model of rescue from
//! opioid overdose. Concentrations in ng/mL. Left out: absorption from nose and muscle.
//!
//! Units: ng/mL, L, L/min, mg. Sources: as above; models.md 3.2 (S27). Domain of validity: adults, doses into a
//! vein of up to some milligrams.

const VOLUME_L: f64 = 140.0;
const CLEARANCE_L_PER_MIN: f64 = 2.2;
const KE0_PER_MIN: f64 = 0.106;
const SHIFT_NG_PER_ML: f64 = 0.19;
const SHIFT_EXPONENT: f64 = 0.858;

/// How much is in a body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Naloxone {
    plasma_ng_per_ml: f64,
    effect_ng_per_ml: f64,
}

impl Naloxone {
    /// `mg` into a vein.
    pub(super) fn give(&mut self, mg: f64) {
        self.plasma_ng_per_ml += 1000.0 * mg / VOLUME_L;
    }

    /// One second on, exactly: two exponentials.
    pub(super) fn second(&mut self) {
        let is_absent = self.plasma_ng_per_ml <= 0.0 && self.effect_ng_per_ml <= 0.0;
        if is_absent {
            return;
        }
        let k = CLEARANCE_L_PER_MIN / VOLUME_L;
        let (out, to) = (libm::exp(-k / 60.0), libm::exp(-KE0_PER_MIN / 60.0));
        let fed = self.plasma_ng_per_ml * KE0_PER_MIN / (KE0_PER_MIN - k) * (out - to);
        self.effect_ng_per_ml = self.effect_ng_per_ml * to + fed;
        self.plasma_ng_per_ml *= out;
    }

    /// By how much it takes more of an opioid for the same effect.
    pub(super) fn shift(&self) -> f64 {
        if self.effect_ng_per_ml <= 0.0 {
            return 1.0;
        }
        1.0 + libm::pow(self.effect_ng_per_ml / SHIFT_NG_PER_ML, SHIFT_EXPONENT)
    }

    /// At the effect site [ng/mL].
    pub(super) const fn effect_ng_per_ml(&self) -> f64 {
        self.effect_ng_per_ml
    }
}
