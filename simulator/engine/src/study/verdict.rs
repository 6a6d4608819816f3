//! What a difference may be said to be.

use super::{Interval, Paired};

/// The widest interval of a difference of two shares, from end to end, with which anything is said
/// of it.
pub const WIDEST: f64 = 0.10;

/// What the interval of a difference allows to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The first arm has more.
    More,
    /// The first arm has less.
    Less,
    /// The interval covers 0: either may be.
    CoversZero,
    /// The interval is wider than [`WIDEST`].
    TooWide,
}

impl Verdict {
    /// Of the paired difference of two shares.
    pub fn of(paired: Paired) -> Self {
        match paired.bonett_price() {
            interval if interval.width() > WIDEST => Self::TooWide,
            interval if interval.covers(0.0) => Self::CoversZero,
            Interval { low, .. } if low > 0.0 => Self::More,
            _ => Self::Less,
        }
    }

    /// Whether there were enough trials to say.
    pub fn is_enough(self) -> bool {
        matches!(self, Self::More | Self::Less)
    }
}
