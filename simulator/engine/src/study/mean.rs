//! A mean over trials.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::{Interval, Proportion};

/// Number, mean, spread and extremes of the values of trials (Welford 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    n: u64,
    mean: f64,
    squares: f64,
    ones: u64,
    zeros: u64,
    extremes: Option<(f64, f64)>,
}

impl Mean {
    /// Adds the value of a trial; what is not finite has none.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.n += 1;
        self.ones += u64::from((value - 1.0).abs() < f64::EPSILON);
        self.zeros += u64::from(value.abs() < f64::EPSILON);
        let (low, high) = self.extremes.unwrap_or((value, value));
        self.extremes = Some((low.min(value), high.max(value)));
        let off = value - self.mean;
        self.mean += off / self.n as f64;
        self.squares += off * (value - self.mean);
    }

    /// How many trials had a value.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Their mean, if there are any.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// The lowest and the highest of them, if there are any.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        self.extremes
    }

    /// Their standard deviation, from two on.
    pub fn deviation(&self) -> Option<f64> {
        (self.n > 1).then(|| (self.squares / (self.n as f64 - 1.0)).max(0.0).sqrt())
    }

    /// The interval of the mean, from two trials on: Student's t, and Wilson's where every value is 0
    /// or 1. None where nothing varied: that says nothing of how a trial might.
    pub fn interval(&self) -> Option<Interval> {
        if self.n > 1 && self.ones + self.zeros == self.n {
            return Some(Proportion { k: self.ones, n: self.n }.wilson());
        }
        self.deviation().filter(|deviation| *deviation > 0.0)?;
        let error = self.deviation()? / (self.n as f64).sqrt();
        let t = StudentsT::new(0.0, 1.0, self.n as f64 - 1.0).ok()?.inverse_cdf(0.975);
        Some(Interval::around(self.mean, t * error))
    }
}
