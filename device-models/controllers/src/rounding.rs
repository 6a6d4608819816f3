//! Rounding as controllers do it: half up, also below zero.

/// To a whole number.
pub fn whole(x: f64) -> f64 {
    // The sum turns a negative zero into zero.
    libm::floor(x + 0.5) + 0.0
}

/// Within bounds. Unlike `f64::clamp` it cannot panic, and so a component need not know how to print numbers.
pub fn within(x: f64, low: f64, high: f64) -> f64 {
    x.max(low).min(high)
}

/// To two decimals.
pub fn hundredths(x: f64) -> f64 {
    whole(x * 100.0) / 100.0
}

/// To a number of decimals, as a power of ten.
pub fn to(x: f64, per_unit: f64) -> f64 {
    whole(x * per_unit) / per_unit
}

/// A rate as pumps run it: 0.025 U/h below 1, 0.05 below 10, 0.1 above (oref0 `round-basal`, models.md 1.5).
pub fn basal(u_per_h: f64) -> f64 {
    let per_unit = match u_per_h {
        rate if rate < 1.0 => 40.0,
        rate if rate < 10.0 => 20.0,
        _ => 10.0,
    };
    to(u_per_h, per_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_goes_up_also_below_zero() {
        let rounded = [2.5, -2.5, -0.4, 1.49].map(|x| whole(x).to_bits());
        assert_eq!(rounded, [3.0, -2.0, 0.0, 1.0].map(f64::to_bits));
    }

    #[test]
    fn a_rate_has_the_steps_of_a_pump() {
        let rounded = [0.031, 0.99, 1.23, 10.26].map(|rate| basal(rate).to_bits());
        assert_eq!(rounded, [0.025, 1.0, 1.25, 10.3].map(f64::to_bits));
    }
}
