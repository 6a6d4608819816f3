//! The rate that the activity sensor asks for, once a second.
//!
//! Target, slopes and threshold are models.md 2.4.3 [E]: the specification names the parameters and not
//! the curve. Activity is 0 to 1; below the threshold it counts for nothing.

use crate::settings::{self as set, Settings};

/// Activity at the lowest threshold, and from one threshold to the next [E].
const THRESHOLD: (f64, f64) = (0.05, 0.05);

/// The rate as it follows activity.
#[derive(Clone, Copy, Debug, Default)]
pub struct SensorRate(f64);

impl SensorRate {
    /// A second of this activity has passed: the rate now [1/min].
    pub fn second(&mut self, settings: &Settings, activity: f64) -> f64 {
        let get = |at| settings.get(at) as f64;
        let (lower, upper) = (get(set::LRL), get(set::MSR));
        let span = (upper - lower).max(0.0);
        let threshold = THRESHOLD.0 + THRESHOLD.1 * get(set::ACTIVITY);
        let counted = ((activity - threshold) / (1.0 - threshold)).clamp(0.0, 1.0);
        let target = lower + span * get(set::RESPONSE) / 16.0 * counted;
        let up = span / get(set::REACTION).max(1.0);
        let down = span / (60.0 * get(set::RECOVERY).max(1.0));
        self.0 = self.0.max(lower);
        self.0 =
            if target > self.0 { (self.0 + up).min(target) } else { (self.0 - down).max(target) };
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_within_the_reaction_time_and_falls_within_the_recovery_time() {
        let mut settings = Settings::default();
        settings.set(set::RESPONSE, 16).expect("a value of the table");
        let mut rate = SensorRate::default();
        let first = rate.second(&settings, 1.0);
        assert!((first - 62.0).abs() < 1e-9, "60 /min over 30 s is 2 a second: {first}");
        let top = (0..40).map(|_| rate.second(&settings, 1.0)).last();
        assert!(top.is_some_and(|rate| (rate - 120.0).abs() < 1e-9));
        let after_5_min = (0..301).map(|_| rate.second(&settings, 0.0)).last();
        assert!(after_5_min.is_some_and(|rate| (rate - 60.0).abs() < 1e-6));
    }

    #[test]
    fn activity_below_the_threshold_counts_for_nothing() {
        let mut rate = SensorRate::default();
        let last = (0..60).map(|_| rate.second(&Settings::default(), 0.19)).last();
        assert!(last.is_some_and(|rate| (rate - 60.0).abs() < 1e-9));
    }
}
