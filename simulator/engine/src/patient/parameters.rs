//! Parameters of the 30 published patients, and patients drawn around them.
//!
//! The generator is an assumption [E]: body weight, absorption, emptying, insulin action and insulin
//! kinetics are multiplied by independent log-normal factors with a coefficient of variation of
//! 15 %; what depends on them follows from the steady state. A draw with no physical steady state,
//! or a basal rate outside 0.1 to 4 U/h, is drawn again.

use std::sync::OnceLock;

use super::Therapy;
use super::quantile::normal_quantile;
use super::s2008::State;

const TABLE: &str = include_str!("data/uvapadova_patients.csv");
/// Standard deviation of the logarithm at a coefficient of variation of 15 %: sqrt(ln(1 + 0.15^2)).
const SIGMA: f64 = 0.149_166_3;
const TRIES: u32 = 100;

/// One patient's constants; names as in the publication.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(from = "std::collections::BTreeMap<String, String>")]
pub(super) struct Parameters {
    pub(super) id: String,
    pub(super) bw: f64,
    pub(super) per_bw: f64,
    gb: f64,
    pub(super) ib: f64,
    egpb: f64,
    pub(super) kabs: f64,
    pub(super) kmax: f64,
    pub(super) kmin: f64,
    pub(super) b: f64,
    pub(super) d: f64,
    pub(super) vg: f64,
    pub(super) vi: f64,
    pub(super) per_vi: f64,
    pub(super) vmx: f64,
    pub(super) km0: f64,
    pub(super) k1: f64,
    pub(super) k2: f64,
    pub(super) p2u: f64,
    pub(super) m1: f64,
    pub(super) m2: f64,
    pub(super) m4: f64,
    pub(super) m30: f64,
    pub(super) ki: f64,
    pub(super) kp1: f64,
    pub(super) kp2: f64,
    pub(super) kp3: f64,
    pub(super) f: f64,
    pub(super) ke1: f64,
    pub(super) ke2: f64,
    pub(super) fsnc: f64,
    pub(super) vm0: f64,
    pub(super) kd: f64,
    pub(super) ka1: f64,
    pub(super) ka2: f64,
    pub(super) ksc: f64,
    pub(super) start: State,
    pub(super) therapy: Therapy,
}

impl Parameters {
    /// How many steps of the integrator a minute takes. The stomach switches its rate where it holds
    /// the share `b` of a meal, over a width of `(1 - b)/5`: it passes `5 kmax b/(1 - b)` widths in a
    /// minute. One step per 2.5 of them keeps glucose within 0.1 mg/dL of the reference (a test).
    pub(super) fn parts(&self) -> u32 {
        let widths = 5.0 * self.kmax * self.b / (1.0 - self.b);
        (widths / 2.5).ceil().clamp(1.0, 4.0) as u32
    }
}

/// The published patients, in the order of the table.
pub(super) fn all() -> &'static [Parameters] {
    static ALL: OnceLock<Vec<Parameters>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut table = csv::Reader::from_reader(TABLE.as_bytes());
        let rows = table.deserialize().collect::<Result<_, _>>();
        rows.unwrap_or_else(|error| unreachable!("the table is part of this crate: {error}"))
    })
}

impl From<std::collections::BTreeMap<String, String>> for Parameters {
    fn from(row: std::collections::BTreeMap<String, String>) -> Self {
        let of = |key: &str| row.get(key).and_then(|v| v.parse().ok()).unwrap_or(f64::NAN);
        Self {
            id: row.get("Name").cloned().unwrap_or_default(),
            bw: of("BW"),
            per_bw: 1.0 / of("BW"),
            gb: of("Gb"),
            ib: of("Ib"),
            egpb: of("EGPb"),
            kabs: of("kabs"),
            kmax: of("kmax"),
            kmin: of("kmin"),
            b: of("b"),
            d: of("d"),
            vg: of("Vg"),
            vi: of("Vi"),
            per_vi: 1.0 / of("Vi"),
            vmx: of("Vmx"),
            km0: of("Km0"),
            k1: of("k1"),
            k2: of("k2"),
            p2u: of("p2u"),
            m1: of("m1"),
            m2: of("m2"),
            m4: of("m4"),
            m30: of("m30"),
            ki: of("ki"),
            kp1: of("kp1"),
            kp2: of("kp2"),
            kp3: of("kp3"),
            f: of("f"),
            ke1: of("ke1"),
            ke2: of("ke2"),
            fsnc: of("Fsnc"),
            vm0: of("Vm0"),
            kd: of("kd"),
            ka1: of("ka1"),
            ka2: of("ka2"),
            ksc: of("ksc"),
            start: std::array::from_fn(|i| of(&format!("x0_{}", i + 1))),
            therapy: Therapy {
                basal_u_per_h: of("basal_U_per_h"),
                carb_ratio_g_per_u: of("CR"),
                correction_mg_dl_per_u: of("CF"),
                total_daily_u: of("TDI"),
            },
        }
    }
}

/// A patient around one of `group`, or of all.
pub(super) fn drawn(group: Option<&str>, uniform: &mut impl FnMut() -> f64) -> Parameters {
    let fits = |p: &&Parameters| group.is_none_or(|g| p.id.split('#').next() == Some(g));
    let among: Vec<_> = all().iter().filter(fits).collect();
    let pick = (uniform() * among.len() as f64) as usize;
    let base = among.get(pick).copied().unwrap_or(&all()[10]);
    (0..TRIES).find_map(|_| varied(base, uniform)).unwrap_or_else(|| base.clone())
}

fn varied(base: &Parameters, uniform: &mut impl FnMut() -> f64) -> Option<Parameters> {
    let mut p = base.clone();
    let fields = [
        &mut p.bw,
        &mut p.kabs,
        &mut p.kmax,
        &mut p.kmin,
        &mut p.vmx,
        &mut p.kp3,
        &mut p.p2u,
        &mut p.ka1,
        &mut p.ka2,
        &mut p.kd,
        &mut p.ksc,
    ];
    for field in fields {
        *field *= libm::exp(SIGMA * normal_quantile(uniform()));
    }
    p.per_bw = 1.0 / p.bw;
    p.settle();
    let basal = p.therapy.basal_u_per_h;
    let is_possible = p.start[4] > 10.0 && p.vm0 > 0.0 && (0.1..=4.0).contains(&basal);
    is_possible.then_some(p)
}

impl Parameters {
    /// What follows from the steady state at fasting glucose; the carbohydrate ratio and the
    /// correction scale with one over the daily insulin.
    fn settle(&mut self) {
        let (gp, ip) = (self.gb * self.vg, self.ib * self.vi);
        let gt = (self.fsnc - self.egpb + self.k1 * gp) / self.k2;
        self.vm0 = (self.egpb - self.fsnc) * (self.km0 + gt) / gt;
        self.kp1 = self.egpb + self.kp2 * gp + self.kp3 * self.ib;
        let il = self.m2 * ip / (self.m1 + self.m30);
        let infused = (self.m2 + self.m4) * ip - self.m1 * il;
        let s1 = infused / (self.kd + self.ka1);
        let s2 = self.kd * s1 / self.ka2;
        self.start = [0.0, 0.0, 0.0, gp, gt, ip, 0.0, self.ib, self.ib, il, s1, s2, gp];
        let basal = infused * self.bw / 100.0;
        let scale = basal / self.therapy.basal_u_per_h;
        self.therapy.basal_u_per_h = basal;
        self.therapy.total_daily_u *= scale;
        self.therapy.carb_ratio_g_per_u /= scale;
        self.therapy.correction_mg_dl_per_u /= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_thirty_settled_patients() {
        assert_eq!(all().len(), 30);
        for p in all() {
            let mut settled = p.clone();
            settled.settle();
            for (i, (a, b)) in p.start.iter().zip(settled.start).enumerate() {
                assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{} x{}: {a} {b}", p.id, i + 1);
            }
            assert!((p.vm0 / settled.vm0 - 1.0).abs() < 1e-9, "{}", p.id);
            assert!((p.kp1 / settled.kp1 - 1.0).abs() < 1e-9, "{}", p.id);
            assert!((p.m30 / (1.5 * p.m1) - 1.0).abs() < 1e-9, "{}", p.id);
            assert!((p.m4 / (0.4 * p.m2) - 1.0).abs() < 1e-9, "{}", p.id);
            let basal = p.therapy.basal_u_per_h / settled.therapy.basal_u_per_h;
            assert!((basal - 1.0).abs() < 1e-9, "{}: {basal}", p.id);
        }
    }

    #[test]
    fn drawn_patients_differ_and_are_possible() {
        let mut stream = crate::seed::Seed { seed: 1, trial: 0 }.stream("test");
        let basals: Vec<f64> = (0..200)
            .map(|_| drawn(Some("child"), &mut || stream.uniform()).therapy.basal_u_per_h)
            .collect();
        assert!(basals.iter().all(|basal| (0.1..=4.0).contains(basal)));
        assert!(basals.windows(2).all(|two| two[0].to_bits() != two[1].to_bits()));
    }
}
