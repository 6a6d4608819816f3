//! Glucose over the next four hours: by the insulin on board, and if no basal insulin were given.

use crate::insulin::{OnBoard, STEPS};
use crate::rounding::{hundredths, whole, within};

/// Steps after which the effect of what is dosed now is near its peak: 90 min.
const PEAK_STEPS: usize = 18;
/// Steps over which an unexplained change fades: an hour.
const FADE_STEPS: f64 = 12.0;
/// Where the curve is cut, as on a sensor [mg/dL].
const SHOWN_MG_DL: (f64, f64) = (39.0, 401.0);

/// What predictions come to [mg/dL].
pub(super) struct Predicted {
    /// The least of all.
    pub(super) least: f64,
    /// The least after the peak, but not above what glucose comes to.
    pub(super) least_later: f64,
    curve: Vec<f64>,
}

impl Predicted {
    pub(super) fn of(on_board: &OnBoard, mg_dl: f64, sens: f64, carb_impact: f64) -> Self {
        let fades = |len: usize| carb_impact * (1.0 - (len as f64 / FADE_STEPS).min(1.0));
        let (all, curve) = along(&on_board.activity, mg_dl, sens, fades);
        let (at_zero, _) = along(&on_board.activity_at_zero, mg_dl, sens, |_| 0.0);
        let least = |of: &[f64]| of.iter().fold(999.0_f64, |least, value| least.min(whole(*value)));
        let comes_to = all.last().map_or(mg_dl, |last| whole(*last)).max(least(&at_zero));
        // The step at which a curve of 18 values becomes one of 19.
        let later = least(&all[PEAK_STEPS - 1..]).max(SHOWN_MG_DL.0);
        Self { least: least(&all), least_later: later.min(comes_to), curve: shown(&curve) }
    }

    /// Minutes until the curve falls below `threshold`; 240 if it does not.
    pub(super) fn minutes_above(&self, threshold: f64) -> f64 {
        self.curve.iter().position(|value| *value < threshold).map_or(240.0, |at| 5.0 * at as f64)
    }
}

/// Every step's value, and the curve from now on, one value shorter than the steps would make it.
fn along(
    activity: &[f64; STEPS],
    mg_dl: f64,
    sens: f64,
    rest: impl Fn(usize) -> f64,
) -> (Vec<f64>, Vec<f64>) {
    let mut curve = vec![mg_dl];
    let mut all = Vec::with_capacity(STEPS);
    for step in activity {
        let last = curve.last().copied().unwrap_or(mg_dl);
        let value = last + hundredths(-step * sens * 5.0) + rest(curve.len());
        if curve.len() < STEPS {
            curve.push(value);
        }
        all.push(value);
    }
    (all, curve)
}

/// The curve as oref0 shows it: cut, rounded, and without a level end.
fn shown(curve: &[f64]) -> Vec<f64> {
    let (low, high) = SHOWN_MG_DL;
    let mut shown: Vec<f64> = curve.iter().map(|value| whole(within(*value, low, high))).collect();
    while shown.len() > 13 && is_level(&shown) {
        shown.pop();
    }
    shown
}

fn is_level(curve: &[f64]) -> bool {
    matches!(curve, [.., a, b] if (a - b).abs() < 0.5)
}
