//! How sure a study is: what its trials add up to, and the intervals of that.
//!
//! The trial is the unit of inference: what happens within one is never counted as several. Every
//! sum here is a fold over trials in their order and keeps none of them, so that a study of a
//! million needs the memory of one of a hundred.
//!
//! A proportion of an attacked arm is conditional on an attempted attack. It is no frequency, and
//! nothing here turns it into one.
//!
//! Intervals are of 95 %, each by itself: none is widened for there being others.

mod dose;
mod mean;
mod needed;
mod paired;
mod proportion;
mod times;
mod verdict;

pub use dose::{DOSE_EDGES, DoseBins};
pub use mean::Mean;
pub use needed::{trials_for_difference, trials_for_share, trials_to_tell};
pub use paired::Paired;
pub use proportion::Proportion;
pub use times::{FEWEST_EVENTS, First, Seen, Times};
pub use verdict::{Verdict, WIDEST};

/// 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// An interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// From its middle and half of its width.
    fn around(middle: f64, half: f64) -> Self {
        Self { low: middle - half, high: middle + half }
    }

    /// The part of it from `low` to `high`.
    fn within(self, low: f64, high: f64) -> Self {
        Self { low: self.low.max(low), high: self.high.min(high) }
    }

    /// Whether `value` lies in it.
    pub fn covers(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// From end to end.
    pub fn width(self) -> f64 {
        self.high - self.low
    }
}

#[cfg(test)]
mod tests;
