//! Readings of a sensor, and how they change.
//!
//! Changes are in mg/dL per five minutes, by the age of readings in whole minutes, as in oref0 0.7.1
//! (`glucose-get-last`): against readings 3 to 7 min old, 3 to 17, and 18 to 42; nothing where there is none.
//! Left out: smoothing, calibration, and the mean over readings of the same moment.

use crate::rounding;

/// Readings are kept, and needed, for so long [min].
const SPAN_MIN: f64 = 45.0;
/// What the clock of readings may be off by [min].
const SLACK_MIN: f64 = 2.5;

/// A reading of a sensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When it came [min].
    pub at_min: f64,
    /// Glucose [mg/dL].
    pub mg_dl: f64,
}

/// Where glucose is and how it changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// The last reading [mg/dL].
    pub mg_dl: f64,
    /// Change over the last five minutes [mg/dL].
    pub delta: f64,
    /// Mean change per five minutes against readings 3 to 17 min old.
    pub short: f64,
    /// The same against readings 18 to 42 min old.
    pub long: f64,
}

/// The last readings, the newest last.
#[derive(Clone, Debug, Default)]
pub struct History {
    readings: Vec<Reading>,
    since_min: f64,
}

impl History {
    /// Takes a reading.
    pub fn add(&mut self, reading: Reading) {
        let oldest = reading.at_min - SPAN_MIN - SLACK_MIN;
        self.readings.retain(|kept| kept.at_min > oldest);
        if self.readings.is_empty() {
            self.since_min = reading.at_min;
        }
        self.readings.push(reading);
    }

    /// The newest reading.
    pub fn last(&self) -> Option<Reading> {
        self.readings.last().copied()
    }

    /// The readings of the last `minutes` before the newest, and it.
    pub fn recent(&self, minutes: f64) -> &[Reading] {
        let from = self.last().map_or(0.0, |last| last.at_min - minutes - SLACK_MIN);
        let first = self.readings.iter().position(|r| r.at_min >= from);
        &self.readings[first.unwrap_or(self.readings.len())..]
    }

    /// How glucose changes; none until readings have come for three quarters of an hour.
    pub fn trend(&self) -> Option<Trend> {
        let last = self.last()?;
        (last.at_min - self.since_min >= SPAN_MIN - SLACK_MIN).then(|| Trend {
            mg_dl: last.mg_dl,
            delta: self.change(last, 2.5, 7.5),
            short: self.change(last, 2.5, 17.5),
            long: self.change(last, 17.5, 42.5),
        })
    }

    /// The mean change against readings of these ages [min].
    fn change(&self, last: Reading, from: f64, until: f64) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for reading in self.readings.iter().rev() {
            let age = rounding::whole(last.at_min - reading.at_min);
            if age > from && age < until {
                sum += (last.mg_dl - reading.mg_dl) / age * 5.0;
                count += 1.0;
            }
        }
        if count > 0.0 { rounding::hundredths(sum / count) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(readings: &[(f64, f64)]) -> History {
        let mut history = History::default();
        readings.iter().for_each(|&(at_min, mg_dl)| history.add(Reading { at_min, mg_dl }));
        history
    }

    #[test]
    fn there_is_no_trend_before_three_quarters_of_an_hour() {
        let until = |minute: u32| {
            let rows: Vec<_> = (0..=minute / 5).map(|k| (f64::from(5 * k), 100.0)).collect();
            of(&rows).trend()
        };
        assert_eq!(until(40), None);
        assert!(until(45).is_some());
    }

    #[test]
    fn a_steady_fall_is_the_same_over_any_time_also_with_a_reading_lost() {
        let mut rows: Vec<_> =
            (0..10).map(|k| (f64::from(5 * k), f64::from(200 - 4 * k))).collect();
        rows.remove(8);
        let trend = of(&rows).trend().expect("a trend");
        let changes = [trend.delta, trend.short, trend.long];
        assert_eq!(changes.map(f64::to_bits), [0.0, -4.0, -4.0].map(f64::to_bits));
    }

    #[test]
    fn after_a_long_silence_it_begins_anew() {
        let mut rows: Vec<_> = (0..10).map(|k| (f64::from(5 * k), 100.0)).collect();
        rows.push((120.0, 100.0));
        assert_eq!(of(&rows).trend(), None);
    }
}
