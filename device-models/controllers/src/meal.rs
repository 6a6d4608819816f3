//! A bolus calculator: carbohydrate, and a correction of what is too high.
//!
//! `C/CR`, and above 150 mg/dL `(glucose - target)/CF` (simglucose's basal-bolus controller; models.md 1.7), in
//! steps of 0.05 U and never above the user's limit. Left out: insulin on board, so that corrections stack.

use crate::rounding;

/// Above this glucose a correction is added [mg/dL].
const CORRECTED_ABOVE_MG_DL: f64 = 150.0;

/// How a wearer's meals are dosed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calculator {
    /// Carbohydrate covered by one unit [g/U].
    pub carb_ratio_g_per_u: f64,
    /// Fall of glucose by one unit [mg/dL/U].
    pub sens_mg_dl_per_u: f64,
    /// What a correction aims at [mg/dL].
    pub target_mg_dl: f64,
    /// The largest bolus [U].
    pub max_bolus_u: f64,
}

impl Calculator {
    /// The bolus for `carbs_g`, with a correction if glucose is known [U].
    pub fn bolus_u(&self, carbs_g: f64, mg_dl: Option<f64>) -> f64 {
        let above = mg_dl.filter(|glucose| *glucose > CORRECTED_ABOVE_MG_DL);
        let correction = above.map_or(0.0, |g| (g - self.target_mg_dl) / self.sens_mg_dl_per_u);
        let units = carbs_g / self.carb_ratio_g_per_u + correction;
        rounding::within(rounding::to(units, 20.0), 0.0, self.max_bolus_u)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEARER: Calculator = Calculator {
        carb_ratio_g_per_u: 10.0,
        sens_mg_dl_per_u: 40.0,
        target_mg_dl: 110.0,
        max_bolus_u: 10.0,
    };

    #[test]
    fn a_correction_comes_on_top_of_a_meal_only_when_glucose_is_high() {
        assert!((WEARER.bolus_u(45.0, None) - 4.5).abs() < 1e-9);
        assert!((WEARER.bolus_u(45.0, Some(150.0)) - 4.5).abs() < 1e-9);
        assert!((WEARER.bolus_u(45.0, Some(190.0)) - 6.5).abs() < 1e-9);
        assert!((WEARER.bolus_u(0.0, Some(190.0)) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn no_meal_is_dosed_beyond_the_users_limit() {
        assert!((WEARER.bolus_u(500.0, Some(300.0)) - 10.0).abs() < 1e-9);
    }
}
