//! Whether all trials came to what the author expected of them.
//!
//! An expectation of a scenario is about one trial; one of its `[study]` is about each of many, or about their mean.
//! What a trial has no value for nobody can vouch for: then neither holds.

use medtwin_engine::scenario::{Of, ScenarioError, StudyExpect};
use medtwin_engine::study::Mean;

use super::fold::Sums;
use super::journal::Header;
use crate::arms::{self, ArmName};
use crate::case::Case;
use crate::expect::{Judged, is_one, unknown_metric};
use crate::problem::Problems;

/// Judges every expectation of the trials.
pub(super) fn judge(expected: &[StudyExpect], sums: &Sums, header: &Header) -> Vec<Judged> {
    expected.iter().map(|expect| judged(expect, sums, header)).collect()
}

fn judged(expect: &StudyExpect, sums: &Sums, header: &Header) -> Judged {
    let (arm, metric) = (expect.arm.get_ref(), expect.metric.get_ref());
    let of_arm = sums.arms.iter().filter(|sum| is_arm(arm, &sum.name));
    let means = of_arm.flat_map(|sum| header.columns.iter().zip(&sum.means));
    let asked = means.filter(|(id, _)| is_one(metric, id));
    let ends: Option<Vec<_>> = asked.map(|(_, mean)| ends(mean, expect.of, sums.trials)).collect();
    let ends = ends.unwrap_or_default();
    let least = ends.iter().map(|(low, _)| *low).reduce(f64::min);
    let most = ends.iter().map(|(_, high)| *high).reduce(f64::max);
    let at_least = expect.at_least.is_none_or(|bound| least.is_some_and(|v| v >= bound));
    let at_most = expect.at_most.is_none_or(|bound| most.is_some_and(|v| v <= bound));
    // The trial by which a bound fails first.
    let value = if at_least && expect.at_most.is_some() { most } else { least };
    let is_enough = expect.from_trials.is_none_or(|from| sums.trials >= from);
    Judged {
        id: expect.id.get_ref().clone(),
        arm: arm.clone(),
        text: text(expect, sums.trials),
        value,
        holds: is_enough.then_some(value.is_some() && at_least && at_most),
    }
}

/// Whether an arm is the one that the author wrote; `*` there is every policy.
fn is_arm(written: &str, arm: &ArmName) -> bool {
    let kind = if arm.attack { "attack" } else { "clean" };
    written == arm.to_string() || written.strip_prefix("*/") == Some(kind)
}

/// The lowest and the highest of what is asked about; none if a trial has no value.
fn ends(mean: &Mean, of: Of, trials: u64) -> Option<(f64, f64)> {
    if mean.n() != trials {
        return None;
    }
    match of {
        Of::EveryTrial => mean.extremes(),
        Of::Mean => mean.mean().map(|mean| (mean, mean)),
    }
}

fn text(expect: &StudyExpect, trials: u64) -> String {
    let mut text = expect.metric.get_ref().clone();
    for (word, bound) in [("at least", expect.at_least), ("at most", expect.at_most)] {
        if let Some(bound) = bound {
            text += &format!(" {word} {bound}");
        }
    }
    text += &match expect.of {
        Of::EveryTrial => format!(" in each of {trials} trials"),
        Of::Mean => format!(" as the mean of {trials} trials"),
    };
    if !expect.why.is_empty() {
        text += &format!(": {}", expect.why);
    }
    text
}

/// Expectations of a study that could never hold, or always would: each with its place.
pub(super) fn mistakes(case: &Case) -> Result<Vec<ScenarioError>, Problems> {
    let Some(study) = case.bundle.study()? else { return Ok(Vec::new()) };
    let arms = arms::usual(case)?;
    let told = || arms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let of = |expect: &StudyExpect| {
        let id = expect.id.get_ref();
        let (arm, bounds) = (expect.arm.get_ref(), [expect.at_least, expect.at_most]);
        let strange = (!arms.iter().any(|name| is_arm(arm, name))).then(|| {
            let message = format!("the study has no arm `{arm}`");
            let help = format!("it has: {}; `*/clean` is every clean one", told());
            ScenarioError::at(&expect.arm, message, help)
        });
        let open = bounds.iter().all(Option::is_none).then(|| {
            let message =
                format!("expectation `{id}` has no bound: it would hold whatever came out");
            ScenarioError::at(&expect.id, message, "give `at_least` or `at_most`")
        });
        let is_none = bounds.iter().flatten().any(|bound| !bound.is_finite());
        let endless = is_none.then(|| {
            let message = format!("a bound of expectation `{id}` is no number");
            ScenarioError::at(&expect.id, message, "give `at_least` or `at_most` a number")
        });
        let errors = [strange, unknown_metric(case, &expect.metric), open, endless];
        errors.into_iter().flatten().collect::<Vec<_>>()
    };
    Ok(study.expect.iter().flat_map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> Mean {
        let mut mean = Mean::default();
        values.iter().for_each(|value| mean.add(*value));
        mean
    }

    #[test]
    fn a_star_is_every_policy_and_no_other_kind_of_arm() {
        let arm = |attack| ArmName::new("hardened", attack);
        assert!(is_arm("*/clean", &arm(false)) && is_arm("hardened/clean", &arm(false)));
        for other in ["*/attack", "as-sold/clean", "*", "hardened"] {
            assert!(!is_arm(other, &arm(false)), "{other}");
        }
    }

    #[test]
    fn a_mean_hides_the_one_trial_that_every_trial_asks_for() {
        let one_of_four = mean(&[0.0, 0.0, 0.0, 2.0]);
        assert_eq!(ends(&one_of_four, Of::Mean, 4), Some((0.5, 0.5)));
        assert_eq!(ends(&one_of_four, Of::EveryTrial, 4), Some((0.0, 2.0)));
    }

    #[test]
    fn a_trial_without_a_value_vouches_for_nothing() {
        let three_of_four = mean(&[0.0, f64::NAN, 0.0, 0.0]);
        assert_eq!(ends(&three_of_four, Of::Mean, 4), None);
        assert_eq!(ends(&three_of_four, Of::EveryTrial, 4), None);
    }
}
