//! How many trials a statement needs.

use super::proportion::wilson;
use super::{Interval, Paired, Proportion, Z};

/// 80 % quantile of the standard normal distribution: the power that a plan is made for.
const Z_POWER: f64 = 0.841_621_233_572_914_2;
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

/// Trials after which the interval of a difference like that of `paired` is `half` wide on either
/// side; none if `paired` has too few trials to plan from.
pub fn trials_for_difference(paired: Paired, half: f64) -> Option<u64> {
    let trials = || (Z * Z * paired.variance() / (half * half)).ceil() as u64;
    (paired.n() >= FEWEST).then(trials)
}

/// Trials that would tell the observed difference from none four times in five (Miettinen 1968, by
/// the normal approximation); none if none was observed, or in too few trials to plan from.
pub fn trials_to_tell(paired: Paired) -> Option<u64> {
    let difference = paired.difference().filter(|d| d.abs() > 0.0 && paired.n() >= FEWEST)?;
    let z = Z + Z_POWER;
    Some((z * z * paired.variance() / (difference * difference)).ceil() as u64)
}
