//! Whether what the author expected came out.

use medtwin_engine::outcome::METRICS;
use medtwin_engine::scenario::{Expect, ScenarioError};
use toml::Spanned;

use crate::arms::{self, ArmName, ArmResult};
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

/// Expectations that could never hold, or always would: each with its place.
pub(crate) fn mistakes(case: &Case) -> Vec<ScenarioError> {
    case.scenario.expect.iter().flat_map(|expect| mistaken(case, expect)).collect()
}

fn mistaken(case: &Case, expect: &Expect) -> Vec<ScenarioError> {
    let arms = std::iter::once(&expect.arm).chain(&expect.within_of);
    let mut errors: Vec<_> = arms.filter_map(|arm| unknown_arm(case, arm)).collect();
    errors.extend(unknown_metric(case, &expect.metric));
    errors.extend(no_bound(expect));
    errors
}

fn no_bound(expect: &Expect) -> Option<ScenarioError> {
    let bounds = [expect.at_least, expect.at_most, expect.equals, expect.by];
    let id = expect.id.get_ref();
    let message = if expect.within_of.is_some() != expect.by.is_some() {
        format!("expectation `{id}` has only one of `within_of` and `by`")
    } else if bounds.iter().flatten().any(|bound| !bound.is_finite()) {
        format!("a bound of expectation `{id}` is no number")
    } else if bounds.iter().all(Option::is_none) {
        format!("expectation `{id}` has no bound: it would hold whatever came out")
    } else {
        return None;
    };
    let help = "give `at_least`, `at_most`, `equals`, or `within_of` an arm and `by` how much";
    Some(ScenarioError::at(&expect.id, message, help))
}

fn unknown_arm(case: &Case, arm: &Spanned<String>) -> Option<ScenarioError> {
    let text = arm.get_ref();
    let known = ArmName::parse(text).is_some_and(|name| arms::is_possible(case, &name.policy));
    let arms =
        case.packs.keys().flat_map(|p| ["attack", "clean"].map(|kind| format!("{p}/{kind}")));
    let arms: Vec<String> = arms.collect();
    let help = format!(
        "PACK/attack or PACK/clean, where PACK may have `-RULE`, `-CONTROL` or `+CONTROL`: {}",
        arms.join(", ")
    );
    (!known).then(|| {
        ScenarioError::at(arm, format!("there is no arm `{text}`"), nearest(text, &arms, help))
    })
}

fn unknown_metric(case: &Case, metric: &Spanned<String>) -> Option<ScenarioError> {
    let text = metric.get_ref();
    let entities = || case.scenario.patient.keys().chain(case.scenario.device.keys());
    let one = |id: &'static str| {
        std::iter::once(id.to_owned()).chain(entities().map(move |entity| format!("{id}.{entity}")))
    };
    let known: Vec<String> = METRICS.iter().flat_map(|metric| one(metric.id)).collect();
    let help = "`medtwin metrics` lists them; `.NAME` of a patient or device follows".to_owned();
    (!known.contains(text)).then(|| {
        ScenarioError::at(
            metric,
            format!("there is no metric `{text}`"),
            nearest(text, &known, help),
        )
    })
}

/// The help, after the name that is nearest to `text`, if one is near.
fn nearest(text: &str, known: &[String], help: String) -> String {
    let near = known.iter().min_by_key(|name| strsim::damerau_levenshtein(name, text));
    let near = near.filter(|name| strsim::damerau_levenshtein(name, text) <= 1 + text.len() / 4);
    near.map_or(help.clone(), |name| format!("did you mean `{name}`? {help}"))
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
