//! Vital signs over time as a report draws them: in each minute the lowest and the highest.
//!
//! A heart and a breath change within seconds, and a day has many: what a line of some hundred
//! pixels can show is kept, and what a patient was worst at is not smoothed away.

use std::collections::BTreeMap;

use crate::trace::Name;

/// Time [min] and value.
pub type Points = Vec<(f64, f64)>;

#[derive(Clone, Debug, Default)]
struct Trend {
    points: Points,
    /// Of the minute in hand: the first of its lowest and of its highest.
    open: Option<((f64, f64), (f64, f64))>,
}

/// The trends of all patients, by patient and vital sign.
#[derive(Clone, Debug, Default)]
pub(super) struct Trends(BTreeMap<(Name, Name), Trend>);

impl Trends {
    pub(super) fn take(&mut self, of: (Name, Name), at_min: f64, value: f64) {
        self.0.entry(of).or_default().take(at_min, value);
    }

    /// Each with whose and what it is.
    pub(super) fn finish(self) -> impl Iterator<Item = ((Name, Name), Points)> {
        self.0.into_iter().map(|(of, trend)| (of, trend.finish()))
    }
}

impl Trend {
    fn take(&mut self, at: f64, value: f64) {
        let point = (at, value);
        match &mut self.open {
            Some((low, high)) if at < low.0.min(high.0).floor() + 1.0 => {
                if value < low.1 {
                    *low = point;
                }
                if value > high.1 {
                    *high = point;
                }
            }
            _ => {
                self.close();
                self.open = Some((point, point));
            }
        }
    }

    fn close(&mut self) {
        let Some((low, high)) = self.open.take() else { return };
        let (first, last) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        self.points.push(first);
        if first.0 < last.0 {
            self.points.push(last);
        }
    }

    fn finish(mut self) -> Points {
        self.close();
        self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_minute_the_lowest_and_the_highest_are_kept_in_their_order() {
        let mut trend = Trend::default();
        for (second, value) in [(0, 97.0), (10, 80.0), (20, 99.0), (30, 98.0), (61, 95.0)] {
            trend.take(f64::from(second) / 60.0, value);
        }
        let values: Vec<f64> = trend.finish().into_iter().map(|point| point.1).collect();
        assert_eq!(values, [80.0, 99.0, 95.0]);
    }

    #[test]
    fn a_level_is_one_point_a_minute() {
        let mut trend = Trend::default();
        (0..600).for_each(|second| trend.take(f64::from(second) / 60.0, 36.8));
        assert_eq!(trend.finish().len(), 10);
    }
}
