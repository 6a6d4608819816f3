//! How many trials a statement needs.

use super::proportion::wilson;
use super::{Paired, Z};

/// 80 % quantile of the standard normal distribution: the power that a plan is made for.
const Z_POWER: f64 = 0.841_621_233_572_914_2;
/// Further than this nobody will count.
const MOST: u64 = 1 << 40;

/// Trials after which the Wilson interval of a share near `share` is `half` wide on either side.
pub fn trials_for_share(share: f64, half: f64) -> u64 {
    let is_enough = |n: u64| wilson(share, n as f64).width() <= 2.0 * half;
    let (mut few, mut enough) = (0, MOST);
    while enough - few > 1 {
        let n = few + (enough - few) / 2;
        *(if is_enough(n) { &mut enough } else { &mut few }) = n;
    }
    enough
}

/// Trials after which the interval of a difference like that of `paired` is `half` wide on either
/// side.
pub fn trials_for_difference(paired: Paired, half: f64) -> u64 {
    (Z * Z * paired.variance() / (half * half)).ceil() as u64
}

/// Trials that would tell the observed difference from none four times in five (Miettinen 1968, by
/// the normal approximation); none if none was observed.
pub fn trials_to_tell(paired: Paired) -> Option<u64> {
    let difference = paired.difference().filter(|d| d.abs() > 0.0)?;
    let z = Z + Z_POWER;
    Some((z * z * paired.variance() / (difference * difference)).ceil() as u64)
}
