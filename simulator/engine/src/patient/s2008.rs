//! The equations of S2008, in the order and with the units of the published model.

use super::exp::exp;
use super::integrator::step;
use super::parameters::Parameters;

/// Qsto1, Qsto2, Qgut [mg], Gp, Gt [mg/kg], Ip [pmol/kg], X, I1, Id [pmol/L], Il, Isc1, Isc2
/// [pmol/kg], Gs [mg/kg].
pub(super) type State = [f64; 13];

/// What acts during one minute, constant.
pub(super) struct Inputs {
    /// Eaten [mg/min].
    pub(super) carbs_mg: f64,
    /// Infused [pmol/kg/min].
    pub(super) insulin_pmol_kg: f64,
    /// Exogenous rise of plasma glucose [mg/kg/min].
    pub(super) glucagon: f64,
    /// What counter-regulation adds to endogenous production [mg/kg/min].
    pub(super) response: f64,
}

/// Gastric emptying for one meal size.
pub(super) struct Gut {
    two_alpha: f64,
    two_beta: f64,
    b_mg: f64,
    d_mg: f64,
    has_meal: bool,
}

impl Gut {
    pub(super) fn new(p: &Parameters, meal_mg: f64) -> Self {
        Self {
            two_alpha: 5.0 / (meal_mg * (1.0 - p.b)),
            two_beta: 5.0 / (meal_mg * p.d),
            b_mg: p.b * meal_mg,
            d_mg: p.d * meal_mg,
            has_meal: meal_mg > 0.0,
        }
    }

    /// `kmin + (kmax - kmin)/2 (tanh a - tanh b + 2)`, the difference of the two as one fraction.
    fn rate(&self, p: &Parameters, stomach_mg: f64) -> f64 {
        if !self.has_meal {
            return p.kmax;
        }
        let a = exp(self.two_alpha * (stomach_mg - self.b_mg));
        let b = exp(self.two_beta * (stomach_mg - self.d_mg));
        p.kmin + (p.kmax - p.kmin) * ((a - b) / ((a + 1.0) * (b + 1.0)) + 1.0)
    }
}

/// A minute from `x`, in `parts` Runge-Kutta steps.
pub(super) fn minute(p: &Parameters, gut: &Gut, x: &State, inputs: &Inputs, parts: u32) -> State {
    let h = 1.0 / f64::from(parts);
    (0..parts).fold(*x, |x, _| step(&x, h, |x| derivative(p, gut, x, inputs)))
}

fn derivative(p: &Parameters, gut: &Gut, x: &State, inputs: &Inputs) -> State {
    let [q1, q2, qg, gp, gt, ip, action, i1, id, il, s1, s2, gs] = *x;
    let emptied = gut.rate(p, q1 + q2) * q2;
    let appearance = p.f * p.kabs * qg * p.per_bw;
    let produced = (p.kp1 - p.kp2 * gp - p.kp3 * id + inputs.response).max(0.0);
    let renal = if gp > p.ke2 { p.ke1 * (gp - p.ke2) } else { 0.0 };
    let used = (p.vm0 + p.vmx * action) * gt / (p.km0 + gt);
    let insulin = ip * p.per_vi;
    // A negative mass stays where it is until its inflow turns.
    let mass = |state: f64, slope: f64| if state < 0.0 { 0.0 } else { slope };
    [
        inputs.carbs_mg - p.kmax * q1,
        p.kmax * q1 - emptied,
        emptied - p.kabs * qg,
        mass(gp, produced + appearance + inputs.glucagon - p.fsnc - renal - p.k1 * gp + p.k2 * gt),
        mass(gt, p.k1 * gp - p.k2 * gt - used),
        mass(ip, p.m1 * il + p.ka1 * s1 + p.ka2 * s2 - (p.m2 + p.m4) * ip),
        p.p2u * (insulin - p.ib - action),
        p.ki * (insulin - i1),
        p.ki * (i1 - id),
        mass(il, p.m2 * ip - (p.m1 + p.m30) * il),
        mass(s1, inputs.insulin_pmol_kg - (p.kd + p.ka1) * s1),
        mass(s2, p.kd * s1 - p.ka2 * s2),
        mass(gs, p.ksc * (gp - gs)),
    ]
}
