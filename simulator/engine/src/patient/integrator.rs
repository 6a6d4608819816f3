//! Classical Runge-Kutta of order 4, with inputs constant over a step.

/// The state a step of `h` after `x`.
pub(super) fn step<const N: usize>(
    x: &[f64; N],
    h: f64,
    slope: impl Fn(&[f64; N]) -> [f64; N],
) -> [f64; N] {
    let ahead = |k: &[f64; N], by: f64| -> [f64; N] { std::array::from_fn(|i| x[i] + by * k[i]) };
    let k1 = slope(x);
    let k2 = slope(&ahead(&k1, 0.5 * h));
    let k3 = slope(&ahead(&k2, 0.5 * h));
    let k4 = slope(&ahead(&k3, h));
    std::array::from_fn(|i| x[i] + h / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]))
}
