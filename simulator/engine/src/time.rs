//! Simulated time: nanoseconds since the start of the run.

use std::fmt;
use std::ops::{Add, Sub};

/// A point in simulated time [ns since the start of the run].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct SimTime(u64);

/// One minute [ns].
pub const MINUTE: u64 = 60_000_000_000;

impl SimTime {
    /// The start of the run.
    pub const START: Self = Self(0);
    /// After everything.
    pub const END: Self = Self(u64::MAX);

    /// `ns` nanoseconds into the run.
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// `min` minutes into the run, rounded to the nanosecond; not a number and what is negative
    /// count as the start.
    pub fn from_minutes(min: f64) -> Self {
        Self((min * MINUTE as f64).round() as u64)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Microseconds since the start, rounded down.
    pub const fn as_micros(self) -> u64 {
        self.0 / 1000
    }

    /// Minutes since the start.
    pub fn as_minutes(self) -> f64 {
        self.0 as f64 / MINUTE as f64
    }
}

impl Add<u64> for SimTime {
    type Output = Self;
    fn add(self, ns: u64) -> Self {
        Self(self.0.saturating_add(ns))
    }
}

impl Sub for SimTime {
    type Output = u64;
    fn sub(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for SimTime {
    /// Hours, minutes, seconds: `02:30:00.000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 / 1_000_000;
        let (s, m, h) = (ms / 1000 % 60, ms / 60_000 % 60, ms / 3_600_000);
        write!(f, "{h:02}:{m:02}:{s:02}.{:03}", ms % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_as_a_clock() {
        assert_eq!(SimTime::from_minutes(150.5).to_string(), "02:30:30.000");
    }

    #[test]
    fn what_is_no_time_is_the_start() {
        assert_eq!(SimTime::from_minutes(f64::NAN), SimTime::START);
        assert_eq!(SimTime::from_minutes(-1.0), SimTime::START);
    }
}
