//! Proportional, integral and derivative control of the basal rate (models.md 1.7 [E]).
//!
//! The gain follows from the insulin of an ordinary day; the integral begins at the scheduled rate and stays
//! between nothing and three times it; the rate between nothing and four times. Left out: insulin feedback, and
//! meals, which are dosed by hand.

use crate::rounding;

/// What it aims at [mg/dL].
const TARGET_MG_DL: f64 = 120.0;
/// Integral and derivative times [min].
const INTEGRAL_MIN: f64 = 450.0;
const DERIVATIVE_MIN: f64 = 90.0;
/// Minutes between two readings.
const STEP_MIN: f64 = 5.0;

/// A controller and its memory.
#[derive(Clone, Debug)]
pub struct Pid {
    gain: f64,
    basal_u_per_h: f64,
    integral_u_per_h: f64,
    previous_mg_dl: Option<f64>,
}

impl Pid {
    /// For a wearer with this scheduled rate and daily insulin.
    pub fn new(basal_u_per_h: f64, total_daily_u: f64) -> Self {
        Self {
            gain: total_daily_u / 1800.0,
            basal_u_per_h,
            integral_u_per_h: basal_u_per_h,
            previous_mg_dl: None,
        }
    }

    /// The rate after a reading [U/h]; to be asked once for each, every five minutes.
    pub fn rate_u_per_h(&mut self, mg_dl: f64) -> f64 {
        let error = mg_dl - TARGET_MG_DL;
        let integral = self.integral_u_per_h + self.gain / INTEGRAL_MIN * error * STEP_MIN;
        self.integral_u_per_h = rounding::within(integral, 0.0, 3.0 * self.basal_u_per_h);
        let slope = (mg_dl - self.previous_mg_dl.unwrap_or(mg_dl)) / STEP_MIN;
        self.previous_mg_dl = Some(mg_dl);
        let rate = self.gain * error + self.integral_u_per_h + self.gain * DERIVATIVE_MIN * slope;
        rounding::to(rounding::within(rate, 0.0, 4.0 * self.basal_u_per_h), 40.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_its_target_it_runs_the_scheduled_rate() {
        let mut pid = Pid::new(1.0, 45.0);
        assert!((pid.rate_u_per_h(120.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn it_never_leaves_its_bounds() {
        let mut pid = Pid::new(1.0, 45.0);
        let mut high = 0.0_f64;
        (0..500).for_each(|_| high = high.max(pid.rate_u_per_h(400.0)));
        assert!((high - 4.0).abs() < 1e-9);
        assert!((0..500).all(|_| pid.rate_u_per_h(40.0) >= 0.0));
    }
}
