//! How many trials a statement needs.

use statrs::distribution::{Binomial, Discrete as _};

use super::proportion::wilson;
use super::{Interval, Paired, Proportion, Z};

/// 80 % quantile of the standard normal distribution: the power that a plan is made for.
const Z_POWER: f64 = 0.841_621_233_572_914_2;
const POWER: f64 = 0.8;
/// As many trials are counted exactly.
const COUNTED: u64 = 300;
/// Further than this nobody will count.
const MOST: u64 = 1 << 40;

/// Fewer trials than these say too little of how trials vary to plan from.
const FEWEST: u64 = 30;

/// Trials after which the Wilson interval of a share is `half` wide on either side, wherever in the
/// interval of `pilot` the share lies: a pilot without harm is no proof that there is none.
pub fn trials_for_share(pilot: Proportion, half: f64) -> u64 {
    let Interval { low, high } = pilot.wilson();
    trials_for(0.5_f64.clamp(low, high), half)
}

fn trials_for(share: f64, half: f64) -> u64 {
    let is_enough = |n: u64| wilson(share, n as f64).width() <= 2.0 * half;
    let (mut few, mut enough) = (0, MOST);
    while enough - few > 1 {
        let n = few + (enough - few) / 2;
        *(if is_enough(n) { &mut enough } else { &mut few }) = n;
    }
    enough
}

/// Trials after which the interval of a difference is `half` wide on either side, however often the
/// arms differ within the intervals of `paired`; none if it has too few trials to plan from.
pub fn trials_for_difference(paired: Paired, half: f64) -> Option<u64> {
    let differ = Proportion { k: paired.first_only + paired.second_only, n: paired.n() };
    let Interval { low, high } = paired.bonett_price();
    let least = 0.0_f64.clamp(low, high);
    let variance = differ.wilson().high - least * least;
    (paired.n() >= FEWEST).then(|| (Z * Z * variance / (half * half)).ceil() as u64)
}

/// Trials after which the interval of a difference leaves 0 out four times in five, if trials differ
/// as often as those of `paired` did; none if it has no difference, or too few trials to plan from.
/// Counted exactly up to 300 trials, by the normal approximation (Miettinen 1968) beyond.
pub fn trials_to_tell(paired: Paired) -> Option<u64> {
    let difference = paired.difference().filter(|d| d.abs() > 0.0 && paired.n() >= FEWEST)?;
    let n = paired.n() as f64;
    let shares = [paired.first_only as f64 / n, paired.second_only as f64 / n];
    let z = Z + Z_POWER;
    let about = (z * z * paired.variance() / (difference * difference)).ceil() as u64;
    let from = about / 2;
    let enough = |trials: &u64| power(shares, *trials) >= POWER;
    if about > COUNTED { Some(about) } else { (from..).find(enough) }
}

/// How often the interval of a difference leaves 0 out after so many trials, each of which is in the
/// first arm alone, or the second, with these chances.
fn power([first, second]: [f64; 2], trials: u64) -> f64 {
    let (differ, split) = (first + second, first / (first + second));
    let of_differing = |all: u64| -> f64 {
        let Ok(chance) = Binomial::new(split, all) else { return 0.0 };
        let leaves_out = |first_only: &u64| {
            let (first_only, second_only) = (*first_only, all - first_only);
            let neither = trials - all;
            let paired = Paired { first_only, second_only, neither, both: 0 };
            !paired.bonett_price().covers(0.0)
        };
        (0..=all).filter(leaves_out).map(|first_only| chance.pmf(first_only)).sum()
    };
    let Ok(chance) = Binomial::new(differ, trials) else { return 0.0 };
    let likely = (0..=trials).filter(|all| chance.pmf(*all) > 1e-9);
    likely.map(|all| chance.pmf(all) * of_differing(all)).sum()
}
