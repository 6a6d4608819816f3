//! Stopping basal insulin when glucose is low, or will be (models.md 1.7).
//!
//! Low: at or below 70 mg/dL, until two hours have passed, or half an hour and glucose is back at 90. Predictive:
//! when a straight line through the last 20 min reaches 80 within 30 min and glucose is below 180 [E]; basal
//! insulin returns as soon as that is no longer so. Left out: the products' own patterns of resuming.

use crate::history::{History, Reading};

/// Suspends at or below this [mg/dL], resumes at or above that.
const LOW_MG_DL: f64 = 70.0;
const RECOVERED_MG_DL: f64 = 90.0;
/// Longest, and shortest [min].
const LONGEST_MIN: f64 = 120.0;
const SHORTEST_MIN: f64 = 30.0;
/// Looks back and ahead so far [min], for a glucose so low, if it is below that now [mg/dL].
const BACK_MIN: f64 = 20.0;
const AHEAD_MIN: f64 = 30.0;
const PREDICTED_MG_DL: f64 = 80.0;
const PREDICTS_BELOW_MG_DL: f64 = 180.0;

/// Low-glucose suspend.
#[derive(Clone, Debug, Default)]
pub struct Low {
    since_min: Option<f64>,
}

impl Low {
    /// Whether basal insulin is stopped after `reading`.
    pub fn suspends(&mut self, reading: Reading) -> bool {
        if let Some(since) = self.since_min {
            let for_min = reading.at_min - since;
            let recovered = for_min >= SHORTEST_MIN && reading.mg_dl >= RECOVERED_MG_DL;
            if for_min >= LONGEST_MIN || recovered {
                self.since_min = None;
            }
        } else if reading.mg_dl <= LOW_MG_DL {
            self.since_min = Some(reading.at_min);
        }
        self.since_min.is_some()
    }
}

/// Whether predictive suspend stops basal insulin now; never on fewer than three readings.
pub fn predicts_low(history: &History) -> bool {
    let readings = history.recent(BACK_MIN);
    let Some(last) = history.last().filter(|_| readings.len() >= 3) else { return false };
    let predicted = ahead(readings, last.at_min + AHEAD_MIN);
    predicted <= PREDICTED_MG_DL && last.mg_dl < PREDICTS_BELOW_MG_DL
}

/// The regression line through `readings`, at `at_min` [mg/dL].
fn ahead(readings: &[Reading], at_min: f64) -> f64 {
    let n = readings.len() as f64;
    let mean = |of: &dyn Fn(&Reading) -> f64| readings.iter().fold(0.0, |sum, r| sum + of(r)) / n;
    let (t, g) = (mean(&|r| r.at_min), mean(&|r| r.mg_dl));
    let covariance = mean(&|r| (r.at_min - t) * (r.mg_dl - g));
    let variance = mean(&|r| (r.at_min - t) * (r.at_min - t));
    if variance > 0.0 { g + covariance / variance * (at_min - t) } else { g }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u32, mg_dl: f64) -> Reading {
        Reading { at_min: f64::from(minute), mg_dl }
    }

    #[test]
    fn a_low_stops_insulin_for_half_an_hour_at_least_and_two_hours_at_most() {
        let mut low = Low::default();
        assert!(!low.suspends(at(0, 71.0)));
        assert!(low.suspends(at(5, 70.0)));
        assert!(low.suspends(at(30, 95.0)), "too early");
        assert!(!low.suspends(at(35, 95.0)));
        assert!(low.suspends(at(40, 60.0)));
        assert!(low.suspends(at(155, 60.0)));
        assert!(!low.suspends(at(160, 60.0)));
        assert!(low.suspends(at(165, 60.0)), "and stops again");
    }

    #[track_caller]
    fn check_predicts(glucose: &[f64], low: bool) {
        let mut history = History::default();
        for (k, mg_dl) in glucose.iter().enumerate() {
            history.add(at(5 * k as u32, *mg_dl));
        }
        assert_eq!(predicts_low(&history), low);
    }

    #[test]
    fn a_fall_that_leads_below_80_within_half_an_hour_is_seen() {
        check_predicts(&[140.0, 130.0, 120.0, 110.0, 100.0], true);
        check_predicts(&[140.0, 138.0, 136.0, 134.0, 132.0], false);
        check_predicts(&[260.0, 240.0, 220.0, 200.0, 181.0], false);
        check_predicts(&[100.0, 60.0], false);
    }
}
