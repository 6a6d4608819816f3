//! What is taken from a trial's values by name.

use medtwin_engine::drawn::{Asked, Drawn, asked, drawn, only_daily_dose_u};
use medtwin_engine::plan::Setup;
use medtwin_engine::seed::Seed;

use super::trial::{ArmValues, Trial};
use crate::arms::ArmName;

/// Where the columns of a study are that have a meaning of their own.
pub(crate) struct Columns {
    severity: Vec<usize>,
    lowest: Vec<usize>,
    below_54: Vec<usize>,
    outside: Vec<usize>,
    pub(crate) effect: usize,
    pub(crate) notice: usize,
    pub(crate) harm: usize,
    pub(crate) forged_u: usize,
    pub(crate) uca: usize,
    pub(crate) rejected: usize,
}

impl Columns {
    pub(crate) fn of(ids: &[String]) -> Self {
        let starting = |with: &str| {
            let found = ids.iter().enumerate().filter(|(_, id)| id.starts_with(with));
            found.map(|(at, _)| at).collect()
        };
        let find = |id: &str| ids.iter().position(|other| other == id).unwrap_or(usize::MAX);
        Self {
            severity: starting("SAF.severity."),
            lowest: starting("SAF.min_glucose_mg_dl."),
            below_54: starting("SAF.minutes_below_54."),
            outside: starting("SAF.outside_model."),
            effect: find("DET.effect_min"),
            notice: find("DET-2.notice_min"),
            harm: find("SAF.harm_min"),
            forged_u: find("INT-1.forged_u"),
            uca: find("INT-1.uca"),
            rejected: find("INT-1.rejected"),
        }
    }

    /// The worst severity of anybody.
    pub(crate) fn severity(&self, values: &[f64]) -> f64 {
        self.severity.iter().map(|at| values[*at]).fold(0.0, f64::max)
    }

    /// The lowest glucose of anybody; not a number if somebody left the model's domain.
    pub(crate) fn lowest(&self, values: &[f64]) -> f64 {
        let all = || self.lowest.iter().map(|at| values[*at]);
        if all().any(f64::is_nan) { f64::NAN } else { all().fold(f64::NAN, f64::min) }
    }

    /// Whether somebody left the domain in which the model describes patients.
    pub(crate) fn is_outside(&self, values: &[f64]) -> bool {
        self.outside.iter().any(|at| values[*at] > 0.0)
    }

    /// The most minutes below 54 mg/dL of anybody.
    pub(crate) fn below_54(&self, values: &[f64]) -> f64 {
        self.below_54.iter().map(|at| values[*at]).fold(f64::NAN, f64::max)
    }
}

/// What a dose of a study is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DoseOf {
    /// What the attack asks for in all, whatever became of it.
    Asked,
    /// What the device accepted without authority: the attack asks for no dose of its own.
    Accepted,
}

/// What was drawn for a trial before any arm began.
pub(crate) struct TrialDraws {
    pub(crate) drawn: Vec<(String, Drawn)>,
    asked: Option<Asked>,
    daily_u: Option<f64>,
}

impl TrialDraws {
    pub(crate) fn of(setup: &Setup, seed: Seed) -> Self {
        Self {
            drawn: drawn(setup, seed),
            asked: asked(setup, seed),
            daily_u: only_daily_dose_u(setup, seed),
        }
    }

    pub(crate) fn dose_of(&self) -> DoseOf {
        if self.asked.is_some() { DoseOf::Asked } else { DoseOf::Accepted }
    }

    /// The dose of an arm [U], and as a share of the daily dose; not a number in a clean arm.
    pub(crate) fn dose(&self, arm: &ArmName, values: &ArmValues, at: &Columns) -> (f64, f64) {
        match (arm.attack, self.asked) {
            (false, _) => (f64::NAN, f64::NAN),
            (true, Some(Asked { units, daily_share })) => (units, daily_share),
            (true, None) => {
                let units = values.values[at.forged_u];
                (units, self.daily_u.map_or(f64::NAN, |daily_u| units / daily_u))
            }
        }
    }

    pub(crate) fn doses(&self, arms: &[ArmName], trial: &Trial, at: &Columns) -> Vec<(f64, f64)> {
        arms.iter().zip(&trial.arms).map(|(arm, values)| self.dose(arm, values, at)).collect()
    }
}
