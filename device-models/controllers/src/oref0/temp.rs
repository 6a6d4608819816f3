//! Which command a wanted rate takes, given what runs already.

use super::Profile;
use crate::Temp;
use crate::rounding::basal as pump_rate;

/// The command for `wanted`; none when what runs is near enough and long enough.
pub(super) fn set(profile: &Profile, runs: Temp, wanted: Temp) -> Option<Temp> {
    let most = profile.max_safe_u_per_h();
    let rate = pump_rate(wanted.rate_u_per_h.max(0.0).min(most));
    let is_near = (0.8 * runs.rate_u_per_h..=1.2 * runs.rate_u_per_h).contains(&rate);
    let is_long = runs.minutes > wanted.minutes - 10.0 && runs.minutes <= 120.0;
    let is_enough = is_near && is_long && wanted.minutes > 0.0;
    (!is_enough).then_some(Temp { rate_u_per_h: rate, minutes: wanted.minutes })
}

/// The command for the scheduled rate.
pub(super) fn neutral(profile: &Profile, runs: Temp) -> Option<Temp> {
    let basal = pump_rate(profile.basal_u_per_h);
    let is_same = (basal - pump_rate(runs.rate_u_per_h)).abs() < 1e-9;
    if runs.minutes > 15.0 && is_same {
        return None;
    }
    set(profile, runs, Temp { rate_u_per_h: basal, minutes: 30.0 })
}

/// The command when readings cannot be dosed on: nothing high, and nothing stopped for long.
pub(super) fn without_data(profile: &Profile, runs: Temp) -> Option<Temp> {
    let basal = pump_rate(profile.basal_u_per_h);
    if runs.minutes > 0.0 && runs.rate_u_per_h > basal {
        return Some(Temp { rate_u_per_h: basal, minutes: 30.0 });
    }
    let is_zero = runs.rate_u_per_h <= 0.0 && runs.minutes > 30.0;
    is_zero.then_some(Temp { rate_u_per_h: 0.0, minutes: 30.0 })
}
