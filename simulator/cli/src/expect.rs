//! Whether what the author expected came out.

use medtwin_engine::scenario::Expect;

use crate::arms::{ArmName, ArmResult};
use crate::case::Case;

/// An expectation, judged.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Judged {
    pub(crate) id: String,
    pub(crate) arm: String,
    pub(crate) text: String,
    pub(crate) value: Option<f64>,
    /// None when it is about a pack that this run does not judge.
    pub(crate) holds: Option<bool>,
}

/// Judges every expectation. With another candidate, those about the scenario's own are reported.
pub(crate) fn judge(case: &Case, arms: &[ArmResult]) -> Vec<Judged> {
    case.scenario.expect.iter().map(|expect| judged(case, expect, arms)).collect()
}

fn judged(case: &Case, expect: &Expect, arms: &[ArmResult]) -> Judged {
    let metric = expect.metric.get_ref();
    let value = value(arms, expect.arm.get_ref(), metric);
    let other = expect.within_of.as_ref().map(|arm| self::value(arms, arm.get_ref(), metric));
    let own = |own: &Option<String>, used: &str| {
        own.as_ref().is_none_or(|own| crate::library::short(own) == used)
    };
    let is_own = own(&case.scenario.candidate, case.candidate())
        && own(&case.scenario.reference, case.reference());
    let at_least = expect.at_least.is_none_or(|least| value.is_some_and(|v| v >= least));
    let at_most = expect.at_most.is_none_or(|most| value.is_some_and(|v| v <= most));
    let equals = expect.equals.is_none_or(|that| value.is_some_and(|v| (v - that).abs() < 1e-9));
    let within = other.is_none_or(|other| {
        value.zip(other).is_some_and(|(a, b)| (a - b).abs() <= expect.by.unwrap_or(0.0))
    });
    Judged {
        id: expect.id.get_ref().clone(),
        arm: expect.arm.get_ref().clone(),
        text: text(expect),
        value,
        holds: is_own.then_some(value.is_some() && at_least && at_most && equals && within),
    }
}

fn value(arms: &[ArmResult], arm: &str, metric: &str) -> Option<f64> {
    let name = ArmName::parse(arm)?;
    let result = arms.iter().find(|result| result.name == name)?;
    result.outcome.metrics.get(metric).copied()
}

fn text(expect: &Expect) -> String {
    let mut text = expect.metric.get_ref().clone();
    for (word, bound) in
        [("at least", expect.at_least), ("at most", expect.at_most), ("equal to", expect.equals)]
    {
        if let Some(bound) = bound {
            text += &format!(" {word} {bound}");
        }
    }
    if let (Some(arm), Some(by)) = (&expect.within_of, expect.by) {
        text += &format!(" within {by} of {}", arm.get_ref());
    }
    if !expect.why.is_empty() {
        text += &format!(": {}", expect.why);
    }
    text
}
