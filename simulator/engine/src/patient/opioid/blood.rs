//! How much oxygen blood holds: Severinghaus' curve, with Kelman's shift by CO2 and pH.

use std::f64::consts::LN_10;

/// Haemoglobin's saturation and its slope by the pressure of oxygen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blood {
    /// Share of haemoglobin that holds oxygen.
    pub(super) saturation: f64,
    /// By the arterial pressure of oxygen [1/mmHg].
    pub(super) slope_per_mmhg: f64,
}

/// Blood at these arterial pressures [mmHg], both above zero.
pub(super) fn blood(o2_mmhg: f64, co2_mmhg: f64) -> Blood {
    let ph = 7.40 - 0.008 * (co2_mmhg - 40.0);
    // 10^(0.40 (pH - 7.40) + 0.06 log10(40/PaCO2)), by the exponential, which costs half of a power.
    let shift = libm::exp(LN_10 * 0.40 * (ph - 7.40) + 0.06 * libm::log(40.0 / co2_mmhg));
    let x = o2_mmhg * shift;
    let cubic = x * x * x + 150.0 * x;
    let both = cubic + 23_400.0;
    Blood {
        saturation: 1.0 / (1.0 + 23_400.0 / cubic),
        slope_per_mmhg: shift * 23_400.0 * (3.0 * x * x + 150.0) / (both * both),
    }
}
