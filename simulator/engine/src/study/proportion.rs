//! A share of trials.

use statrs::distribution::{Beta, ContinuousCDF as _};

use super::{Interval, Z};

/// How many of how many trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
    /// So many.
    pub k: u64,
    /// Of so many; never fewer than `k`.
    pub n: u64,
}

impl Proportion {
    /// Counts a trial.
    pub fn add(&mut self, counts: bool) {
        self.k += u64::from(counts);
        self.n += 1;
    }

    /// The share from 0 to 1; none without trials.
    pub fn share(self) -> Option<f64> {
        (self.n > 0).then(|| self.k as f64 / self.n as f64)
    }

    /// The interval of Wilson (1927): all of [0, 1] without trials.
    pub fn wilson(self) -> Interval {
        let Some(p) = self.share() else { return ALL };
        let interval = wilson(p, self.n as f64).within(0.0, 1.0);
        // At its ends the formula is exact, its rounding is not.
        Interval {
            low: if self.k == 0 { 0.0 } else { interval.low },
            high: if self.k == self.n { 1.0 } else { interval.high },
        }
    }

    /// The interval of Clopper and Pearson (1934), which never covers less often than it says.
    pub fn clopper_pearson(self) -> Interval {
        Interval { low: self.lower(0.025), high: self.upper(0.025) }
    }

    /// The bound of Clopper and Pearson that the true share passes at most once in twenty studies:
    /// what a claim of safety may rest on.
    pub fn upper_bound(self) -> f64 {
        self.upper(0.05)
    }

    fn lower(self, tail: f64) -> f64 {
        let (k, n) = (self.k as f64, self.n as f64);
        if self.k == 0 { 0.0 } else { beta_quantile(k, n - k + 1.0, tail) }
    }

    fn upper(self, tail: f64) -> f64 {
        let (k, n) = (self.k as f64, self.n as f64);
        if self.k == self.n { 1.0 } else { beta_quantile(k + 1.0, n - k, 1.0 - tail) }
    }
}

/// The interval of Wilson for a share `p` of `n` trials.
pub(super) fn wilson(p: f64, n: f64) -> Interval {
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Interval::around(centre, half)
}

const ALL: Interval = Interval { low: 0.0, high: 1.0 };

/// Both shapes are at least 1 here, so there is such a distribution.
fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p))
}
