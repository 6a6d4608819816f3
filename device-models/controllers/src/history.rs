//! Readings of a sensor, and how they change.
//!
//! Changes are in mg/dL per five minutes, as in oref0 0.7.1 (`glucose-get-last`): over one reading, as a mean over
//! about fifteen minutes, and as one over twenty to forty. Left out: smoothing, and calibration.

use crate::rounding;

/// Readings that are kept: 50 min.
const KEPT: usize = 10;

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
    /// Mean change per five minutes against readings 5 to 15 min old.
    pub short: f64,
    /// The same against readings 20 to 40 min old.
    pub long: f64,
}

/// The last readings, the newest last.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<Reading>);

impl History {
    /// Takes a reading.
    pub fn add(&mut self, reading: Reading) {
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(reading);
    }

    /// The newest reading.
    pub fn last(&self) -> Option<Reading> {
        self.0.last().copied()
    }

    /// The readings of the last `minutes` before the newest, and it.
    pub fn recent(&self, minutes: f64) -> &[Reading] {
        let from = self.last().map_or(0.0, |last| last.at_min - minutes);
        let first = self.0.iter().position(|r| r.at_min >= from).unwrap_or(self.0.len());
        &self.0[first..]
    }

    /// How glucose changes; none until there are ten readings.
    pub fn trend(&self) -> Option<Trend> {
        let last = self.last().filter(|_| self.0.len() == KEPT)?;
        let ago = |k: usize| (last.mg_dl - self.0[KEPT - 1 - k].mg_dl) / k as f64;
        let mean = |from: usize, until: usize| {
            let sum = (from..=until).fold(0.0, |sum, k| sum + ago(k));
            rounding::hundredths(sum / (until - from + 1) as f64)
        };
        let delta = rounding::hundredths(ago(1));
        Some(Trend { mg_dl: last.mg_dl, delta, short: mean(1, 3), long: mean(4, 8) })
    }
}
