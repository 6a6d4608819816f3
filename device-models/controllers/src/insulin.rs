//! How insulin under the skin acts: the exponential curves of oref0 0.7.1 (`iob/calculate`).
//!
//! The share that acts is a function of a dose's age alone: an action time (5 h) and a peak (75 min; 55 for
//! ultra-rapid insulin). Left out: differences between sites, and between small doses and large ones.

use crate::rounding;

/// Five-minute steps that a prediction looks ahead.
pub const STEPS: usize = 48;
/// Minutes in one of them.
pub const STEP_MIN: f64 = 5.0;

/// A dose [U] at a time [min]; below zero, basal insulin that was not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dose {
    /// When [min].
    pub at_min: f64,
    /// How much [U].
    pub units: f64,
}

/// The curve of an insulin.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    duration_min: f64,
    tau: f64,
    a: f64,
    s: f64,
}

/// Insulin on board and what it does from now on, as a controller is told.
#[derive(Clone, Debug, PartialEq)]
pub struct OnBoard {
    /// Insulin on board, against what is scheduled [U].
    pub units: f64,
    /// Activity now and every five minutes from now [U/min].
    pub activity: [f64; STEPS],
    /// The same if no basal insulin were given from now on [U/min].
    pub activity_at_zero: [f64; STEPS],
}

impl Curve {
    /// Of an insulin that acts for `duration_h` and most at `peak_min`.
    pub fn new(duration_h: f64, peak_min: f64) -> Self {
        let duration_min = 60.0 * duration_h;
        let share = peak_min / duration_min;
        let tau = peak_min * (1.0 - share) / (1.0 - 2.0 * share);
        let a = 2.0 * tau / duration_min;
        let s = 1.0 / (1.0 - a + (1.0 + a) * libm::exp(-duration_min / tau));
        Self { duration_min, tau, a, s }
    }

    /// Minutes after which a dose has acted.
    pub fn duration_min(&self) -> f64 {
        self.duration_min
    }

    fn acts(&self, age_min: f64) -> bool {
        (0.0..self.duration_min).contains(&age_min)
    }

    /// What one unit of this age does [U/min].
    pub fn activity(&self, age_min: f64) -> f64 {
        if !self.acts(age_min) {
            return 0.0;
        }
        self.s / (self.tau * self.tau)
            * age_min
            * (1.0 - age_min / self.duration_min)
            * libm::exp(-age_min / self.tau)
    }

    /// What is left of one unit of this age [U].
    pub fn left(&self, age_min: f64) -> f64 {
        if !self.acts(age_min) {
            return 0.0;
        }
        let Self { duration_min, tau, a, s } = *self;
        let bracket = age_min * age_min / (tau * duration_min * (1.0 - a)) - age_min / tau - 1.0;
        1.0 - s * (1.0 - a) * (bracket * libm::exp(-age_min / tau) + 1.0)
    }

    /// What `doses` come to at `now_min`, beside a scheduled rate [U/h].
    pub fn on_board(&self, doses: &[Dose], now_min: f64, scheduled_u_per_h: f64) -> OnBoard {
        let mut given = [0.0; STEPS];
        let fade: [f64; STEPS] = std::array::from_fn(|step| libm::exp(-ahead(step) / self.tau));
        for dose in doses.iter().filter(|dose| self.acts(now_min - dose.at_min)) {
            let age = now_min - dose.at_min;
            let scale = dose.units * self.s / (self.tau * self.tau) * libm::exp(-age / self.tau);
            for (step, sum) in given.iter_mut().enumerate() {
                let then = age + ahead(step);
                let share = (1.0 - then / self.duration_min).max(0.0);
                *sum += scale * then * share * fade[step];
            }
        }
        let slice_u = scheduled_u_per_h * STEP_MIN / 60.0;
        let mut missing = 0.0;
        let activity_at_zero = std::array::from_fn(|step| {
            missing += slice_u * self.activity(ahead(step));
            rounding::to(given[step] - missing, 1e4)
        });
        let left = |sum, dose: &Dose| sum + dose.units * self.left(now_min - dose.at_min);
        OnBoard {
            units: rounding::to(doses.iter().fold(0.0, left), 1e3),
            activity: given.map(|sum| rounding::to(sum, 1e4)),
            activity_at_zero,
        }
    }
}

/// Minutes from now to a step.
fn ahead(step: usize) -> f64 {
    STEP_MIN * step as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_is_all_there_at_first_and_gone_after_its_time() {
        let curve = Curve::new(5.0, 75.0);
        assert!((curve.left(0.0) - 1.0).abs() < 1e-9);
        assert!(curve.left(299.9) < 1e-3);
        assert_eq!(curve.left(300.0).to_bits(), 0.0_f64.to_bits());
        assert_eq!(curve.left(-1.0).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn what_is_left_falls_by_what_acts() {
        let curve = Curve::new(5.0, 55.0);
        for minute in 1..299 {
            let age = f64::from(minute);
            let slope = (curve.left(age - 0.5) - curve.left(age + 0.5)) - curve.activity(age);
            assert!(slope.abs() < 1e-4, "{minute}: {slope}");
        }
    }

    #[test]
    fn it_acts_most_at_its_peak() {
        let curve = Curve::new(5.0, 75.0);
        let peak = (0..300)
            .max_by(|a, b| curve.activity(f64::from(*a)).total_cmp(&curve.activity(f64::from(*b))));
        assert_eq!(peak, Some(75));
    }
}
