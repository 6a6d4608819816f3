//! The exponential of a small matrix, by scaling and squaring.
//!
//! Scaled until the largest row sum is below one half, then twelve terms of Taylor's series: the
//! remainder is below 2e-14, and the squarings keep it there for the stable systems of
//! pharmacokinetics (tested against `pk_presets.json` to 1e-12).

pub(super) type Matrix<const N: usize> = [[f64; N]; N];

const TERMS: u32 = 12;

/// e^m.
pub(super) fn exponential<const N: usize>(m: &Matrix<N>) -> Matrix<N> {
    let row_sum = |row: &[f64; N]| row.iter().map(|x| x.abs()).sum::<f64>();
    let mut norm = m.iter().map(row_sum).fold(0.0, f64::max);
    let (mut scale, mut squarings) = (1.0, 0);
    while norm >= 0.5 && squarings < 64 {
        (norm, scale, squarings) = (norm * 0.5, scale * 0.5, squarings + 1);
    }
    let small = m.map(|row| row.map(|x| x * scale));
    (0..squarings).fold(taylor(&small), |power, _| product(&power, &power))
}

/// 1 + m(1 + m/2 (1 + m/3 (…))).
fn taylor<const N: usize>(m: &Matrix<N>) -> Matrix<N> {
    (1..=TERMS).rev().fold(identity(), |inner, k| {
        let mut next = product(m, &inner).map(|row| row.map(|x| x / f64::from(k)));
        next.iter_mut().enumerate().for_each(|(i, row)| row[i] += 1.0);
        next
    })
}

fn identity<const N: usize>() -> Matrix<N> {
    std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))))
}

fn product<const N: usize>(a: &Matrix<N>, b: &Matrix<N>) -> Matrix<N> {
    let cell = |i: usize, j: usize| (0..N).map(|k| a[i][k] * b[k][j]).sum();
    std::array::from_fn(|i| std::array::from_fn(|j| cell(i, j)))
}
