//! What a glucose sensor reads: one reading every 5 minutes, with the sensor's error.
//!
//! Two published error models. Breton and Kovatchev (2008): correlated noise at knots of 15 minutes,
//! a Johnson transform, cubic splines between, as simglucose implements it. Vettoretti et al.
//! (2019), of a factory-calibrated sensor: a calibration error that drifts over the session, and
//! second-order correlated noise; parameters drawn per session from their published means and
//! standard deviations, without their covariances.
//!
//! Left out: warm-up, compression lows, lost samples (those are the link's), the delay beyond the patient model's own.
//! Units: mg/dL, min, days. Sources: as above; models.md 1.6. Domain of validity: readings of 40 to 400 mg/dL, a session of ten days.

/// What a sensor can show [mg/dL].
const RANGE_MG_DL: (f64, f64) = (40.0, 400.0);
/// Minutes between readings.
const PERIOD_MIN: f64 = 5.0;
const KNOTS: usize = 11;
const KNOT_MIN: f64 = 15.0;

type Normals = Box<dyn FnMut() -> f64 + Send + Sync>;

/// A sensor's error.
pub struct SensorNoise(Kind);

enum Kind {
    None,
    Breton(Box<Breton>),
    Vettoretti(Box<Session>),
}

impl SensorNoise {
    /// No error: readings are the truth.
    pub fn none() -> Self {
        Self(Kind::None)
    }

    /// Breton and Kovatchev's, from standard normal draws.
    pub fn breton(normals: impl FnMut() -> f64 + Send + Sync + 'static) -> Self {
        Self(Kind::Breton(Box::new(Breton::new(Box::new(normals)))))
    }

    /// Vettoretti's, for one session, from standard normal draws.
    pub fn vettoretti(
        session: Vettoretti,
        normals: impl FnMut() -> f64 + Send + Sync + 'static,
    ) -> Self {
        let normals: Normals = Box::new(normals);
        Self(Kind::Vettoretti(Box::new(Session { session, normals, e: [0.0; 2], readings: 0 })))
    }

    /// The next reading of `true_mg_dl` [mg/dL].
    pub fn reading(&mut self, true_mg_dl: f64) -> f64 {
        let reading = match &mut self.0 {
            Kind::None => true_mg_dl,
            Kind::Breton(noise) => true_mg_dl + noise.next(PERIOD_MIN),
            Kind::Vettoretti(session) => session.next(true_mg_dl),
        };
        reading.clamp(RANGE_MG_DL.0, RANGE_MG_DL.1)
    }
}

struct Breton {
    normals: Normals,
    e: Option<f64>,
    knots: [f64; KNOTS],
    curvature: [f64; KNOTS],
    at_min: f64,
}

impl Breton {
    fn new(normals: Normals) -> Self {
        let mut noise =
            Self { normals, e: None, knots: [0.0; KNOTS], curvature: [0.0; KNOTS], at_min: 0.0 };
        noise.knots[KNOTS - 1] = noise.knot();
        noise.block();
        noise
    }

    fn knot(&mut self) -> f64 {
        let v = (self.normals)();
        let e = self.e.map_or(v, |e| 0.7 * (e + v));
        self.e = Some(e);
        johnson(e)
    }

    /// Knots for the next 150 minutes; the last one before is the first of them.
    fn block(&mut self) {
        self.knots[0] = self.knots[KNOTS - 1];
        for i in 1..KNOTS {
            self.knots[i] = self.knot();
        }
        self.curvature = not_a_knot(&self.knots);
        self.at_min = 0.0;
    }

    /// The noise `period_min` after the last.
    fn next(&mut self, period_min: f64) -> f64 {
        if self.at_min >= KNOT_MIN * (KNOTS - 1) as f64 - 1e-9 {
            self.block();
        }
        self.at_min += period_min;
        let i = ((self.at_min / KNOT_MIN) as usize).min(KNOTS - 2);
        let b = self.at_min / KNOT_MIN - i as f64;
        let a = 1.0 - b;
        let bend = |share: f64, m: f64| (share * share * share - share) * m / 6.0;
        a * self.knots[i]
            + b * self.knots[i + 1]
            + bend(a, self.curvature[i])
            + bend(b, self.curvature[i + 1])
    }
}

/// Johnson's SU transform with the published constants [mg/dL].
fn johnson(e: f64) -> f64 {
    -5.47 + 15.9574 * libm::sinh((e + 0.5444) / 1.6898)
}

/// Second derivatives, times the square of the knot distance, of the cubic spline whose third
/// derivative is continuous at the second and the last but one knot.
fn not_a_knot(y: &[f64; KNOTS]) -> [f64; KNOTS] {
    let last = KNOTS - 1;
    let rhs = |i: usize| 6.0 * (y[i - 1] - 2.0 * y[i] + y[i + 1]);
    let mut m = [0.0; KNOTS];
    m[1] = rhs(1) / 6.0;
    m[last - 1] = rhs(last - 1) / 6.0;
    // Thomas' algorithm for knots 2 to last - 2.
    let (mut c, mut r) = ([0.0; KNOTS], [0.0; KNOTS]);
    r[1] = m[1];
    for i in 2..last - 1 {
        let pivot = 4.0 - c[i - 1];
        c[i] = 1.0 / pivot;
        r[i] = (rhs(i) - r[i - 1]) / pivot;
    }
    for i in (2..last - 1).rev() {
        m[i] = r[i] - c[i] * m[i + 1];
    }
    m[0] = 2.0 * m[1] - m[2];
    m[last] = 2.0 * m[last - 1] - m[last - 2];
    m
}

/// The parameters of one sensor session.
#[derive(Clone, Copy, Debug)]
pub struct Vettoretti {
    a: [f64; 3],
    b0: f64,
    alpha: [f64; 2],
    sigma: f64,
}

const MEANS: [f64; 7] = [0.94229, 4.9399e-3, -5.8487e-4, 6.3826, 1.26041, -0.40222, 3.25164];
const DEVIATIONS: [f64; 7] = [0.1151, 0.04304, 0.003708, 5.3857, 0.1442, 0.1368, 0.8506];

impl Vettoretti {
    /// Draws a session whose noise is stationary, with a standard deviation of at most 10 mg/dL.
    pub fn drawn(normals: &mut impl FnMut() -> f64) -> Self {
        let scale = 0.9_f64.sqrt();
        for _ in 0..1000 {
            let theta = std::array::from_fn(|i| MEANS[i] + scale * DEVIATIONS[i] * normals());
            let session = Self::of(theta);
            if session.is_stationary() && session.deviation() <= 10.0 {
                return session;
            }
        }
        Self::of(MEANS)
    }

    fn of([a0, a1, a2, b0, alpha1, alpha2, sigma]: [f64; 7]) -> Self {
        Self { a: [a0, a1, a2], b0, alpha: [alpha1, alpha2], sigma }
    }

    fn is_stationary(&self) -> bool {
        let [one, two] = self.alpha;
        self.sigma > 0.0 && (-1.0..=1.0 - one.abs() - 0.02).contains(&two)
    }

    /// Standard deviation of the correlated noise [mg/dL].
    fn deviation(&self) -> f64 {
        let [one, two] = self.alpha;
        let below = (1.0 + two) * ((1.0 - two) * (1.0 - two) - one * one);
        self.sigma * ((1.0 - two) / below).sqrt()
    }
}

struct Session {
    session: Vettoretti,
    normals: Normals,
    e: [f64; 2],
    readings: u32,
}

impl Session {
    fn next(&mut self, true_mg_dl: f64) -> f64 {
        let Vettoretti { a, b0, alpha, sigma } = self.session;
        let days = f64::from(self.readings) * PERIOD_MIN / 1440.0;
        self.readings += 1;
        let e = alpha[0] * self.e[0] + alpha[1] * self.e[1] + sigma * (self.normals)();
        self.e = [e, self.e[0]];
        (a[0] + a[1] * days + a[2] * days * days) * true_mg_dl + b0 + e
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str, index: usize) -> Vec<f64> {
        let cell = |line: &str| line.split(',').nth(index).and_then(|c| c.trim().parse().ok());
        text.lines().skip(1).filter_map(cell).collect()
    }

    const KNOWN: &str = include_str!("../../tests/data/cgm_noise_breton_deterministic.csv");
    const BETWEEN: &str = include_str!("../../tests/data/cgm_noise_breton_interp.csv");

    fn known() -> Breton {
        let mut normals = column(KNOWN, 1).into_iter();
        Breton::new(Box::new(move || normals.next().unwrap_or(0.0)))
    }

    #[test]
    fn knots_follow_the_reference() {
        let (mut noise, expected) = (known(), column(KNOWN, 3));
        for block in 0..4 {
            for i in 0..KNOTS {
                let (knot, expected) = (noise.knots[i], expected[block * 10 + i]);
                assert!((knot - expected).abs() < 1e-9, "{knot} {expected}");
            }
            if block < 3 {
                noise.block();
            }
        }
    }

    #[track_caller]
    fn check_between(period_min: f64, index: usize) {
        let (mut noise, expected) = (known(), column(BETWEEN, index));
        assert!(expected.len() >= 120);
        for (i, expected) in expected.iter().enumerate() {
            let sample = noise.next(period_min);
            // The file has ten digits.
            assert!((sample - expected).abs() < 1e-8, "sample {i}: {sample} {expected}");
        }
    }

    #[test]
    fn samples_between_knots_follow_the_reference() {
        check_between(3.0, 1);
        check_between(5.0, 2);
    }

    fn statistics(model: &str, name: &str) -> f64 {
        let text = include_str!("../../tests/data/cgm_noise_stats.json");
        let file: serde_json::Value = serde_json::from_str(text).expect("JSON");
        file[model][name].as_f64().expect("a number")
    }

    #[test]
    fn the_statistics_of_knots_are_those_of_the_reference() {
        let mut stream = crate::seed::Seed { seed: 1, trial: 0 }.stream("knots");
        let mut noise = Breton::new(Box::new(move || stream.normal()));
        let n = 100_000;
        let mut knots: Vec<f64> = (0..n).map(|_| noise.knot()).collect();
        let mean = knots.iter().sum::<f64>() / f64::from(n);
        let square = |of: &dyn Fn(usize) -> f64, n: usize| (0..n).map(of).sum::<f64>() / n as f64;
        let variance = square(&|i| (knots[i] - mean) * (knots[i] - mean), knots.len());
        let pair = |i: usize| (knots[i] - mean) * (knots[i + 1] - mean);
        let lag = square(&pair, knots.len() - 1) / variance;
        knots.sort_by(f64::total_cmp);
        let percentile = |share: f64| knots[(share * f64::from(n)) as usize];
        for (name, value, band) in [
            ("mean", mean, 0.3),
            ("sd", variance.sqrt(), 0.3),
            ("median", percentile(0.5), 0.3),
            ("p05", percentile(0.05), 0.3),
            ("p95", percentile(0.95), 0.3),
            ("lag1_autocorr_15min", lag, 0.01),
        ] {
            let reference = statistics("breton", name);
            assert!((value - reference).abs() < band, "{name}: {value}, not {reference}");
        }
    }

    #[test]
    fn sessions_of_the_newer_sensor_are_stationary_and_near_the_published_noise() {
        let mean = Vettoretti::of(MEANS);
        let published = statistics("vettoretti_g6_mean_params", "sd_noise");
        // Of parameters with more digits than those published.
        assert!((mean.deviation() - published).abs() < 1e-4, "{}", mean.deviation());
        let mut stream = crate::seed::Seed { seed: 1, trial: 0 }.stream("sessions");
        for _ in 0..1000 {
            let session = Vettoretti::drawn(&mut || stream.normal());
            assert!(session.is_stationary() && session.deviation() <= 10.0);
        }
    }

    #[test]
    fn readings_stay_within_what_a_sensor_can_show() {
        let mut stream = crate::seed::Seed { seed: 1, trial: 0 }.stream("readings");
        let mut noise = SensorNoise::breton(move || stream.normal());
        for true_mg_dl in [0.0, 45.0, 395.0, 900.0] {
            for _ in 0..100 {
                assert!((40.0..=400.0).contains(&noise.reading(true_mg_dl)));
            }
        }
    }
}
