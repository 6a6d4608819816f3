//! The same trials in two arms.

use statrs::distribution::{Binomial, DiscreteCDF as _};

use super::{Interval, Z};

/// What happened in a trial's first arm, its second, both or neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// In both arms.
    pub both: u64,
    /// In the first alone.
    pub first_only: u64,
    /// In the second alone.
    pub second_only: u64,
    /// In neither.
    pub neither: u64,
}

impl Paired {
    /// Counts a trial.
    pub fn add(&mut self, first: bool, second: bool) {
        *match (first, second) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.first_only,
            (false, true) => &mut self.second_only,
            (false, false) => &mut self.neither,
        } += 1;
    }

    /// Trials.
    pub fn n(self) -> u64 {
        self.both + self.first_only + self.second_only + self.neither
    }

    /// The share of the first arm less that of the second, from -1 to 1; none without trials.
    pub fn difference(self) -> Option<f64> {
        let more = self.first_only as f64 - self.second_only as f64;
        (self.n() > 0).then(|| more / self.n() as f64)
    }

    /// The interval of that difference by Bonett and Price (2012): Wald's, on counts that have one
    /// trial more of each kind in which the arms differ.
    pub fn bonett_price(self) -> Interval {
        let n = self.n() as f64 + 2.0;
        let (p12, p21) = ((self.first_only + 1) as f64 / n, (self.second_only + 1) as f64 / n);
        let half = Z * ((p12 + p21 - (p12 - p21) * (p12 - p21)) / n).sqrt();
        Interval::around(p12 - p21, half).within(-1.0, 1.0)
    }

    /// The exact two-sided p of McNemar: how likely a split as uneven as this is, of the trials in
    /// which the arms differ, if neither arm is worse. 1 if they never differ.
    pub fn mcnemar_p(self) -> f64 {
        let (fewer, all) =
            (self.first_only.min(self.second_only), self.first_only + self.second_only);
        Binomial::new(0.5, all).map_or(1.0, |split| (2.0 * split.cdf(fewer)).min(1.0))
    }

    /// The variance of one trial's difference.
    pub(super) fn variance(self) -> f64 {
        let n = self.n() as f64 + 2.0;
        let (p12, p21) = ((self.first_only + 1) as f64 / n, (self.second_only + 1) as f64 / n);
        p12 + p21 - (p12 - p21) * (p12 - p21)
    }
}
