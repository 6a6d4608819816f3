//! Whether what the author expected came out.

use std::collections::BTreeMap;

use medtwin_engine::outcome::{METRICS, MetricSpec, Whose};
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

pub(crate) fn unknown_metric(case: &Case, metric: &Spanned<String>) -> Option<ScenarioError> {
    let text = metric.get_ref();
    let is = |metric: &MetricSpec| {
        let entity = text.strip_prefix(metric.id).and_then(|rest| rest.strip_prefix('.'));
        let has = |entity| entities(case, metric.whose).any(|name| is_one(entity, name));
        text == metric.id && metric.is_told_of_all() || entity.is_some_and(has)
    };
    if METRICS.iter().any(is) {
        return None;
    }
    let one = |metric: &'static MetricSpec| {
        let (id, entities) = (metric.id, entities(case, metric.whose));
        let of = entities.take(MOST_NEAR).map(move |entity| format!("{id}.{entity}"));
        metric.is_told_of_all().then(|| id.to_owned()).into_iter().chain(of)
    };
    let known: Vec<String> = METRICS.iter().flat_map(one).collect();
    let help = "`medtwin metrics` lists them; `.NAME` of a patient, device, link or switch follows"
        .to_owned();
    let message = format!("there is no metric `{text}`");
    Some(ScenarioError::at(metric, message, nearest(text, &known, help)))
}

/// Of whom a metric may be by name.
fn entities(case: &Case, whose: Whose) -> Box<dyn Iterator<Item = &String> + '_> {
    let scenario = &case.scenario;
    match whose {
        Whose::Run => Box::new(std::iter::empty()),
        Whose::Patient => Box::new(scenario.patient.keys()),
        Whose::Device => Box::new(scenario.device.keys()),
        Whose::Link => Box::new(scenario.link.keys().chain(scenario.switch.keys())),
        Whose::Switch => Box::new(scenario.switch.keys()),
    }
}

/// The help, after the name that is nearest to `text`, if one is near.
fn nearest(text: &str, known: &[String], help: String) -> String {
    let near = known.iter().min_by_key(|name| strsim::damerau_levenshtein(name, text));
    let near = near.filter(|name| strsim::damerau_levenshtein(name, text) <= 1 + text.len() / 4);
    near.map_or(help.clone(), |name| format!("did you mean `{name}`? {help}"))
}

fn judged(case: &Case, expect: &Expect, arms: &[ArmResult]) -> Judged {
    let metric = expect.metric.get_ref();
    let values = values(arms, expect.arm.get_ref(), metric);
    let other = expect.within_of.as_ref().map(|arm| self::values(arms, arm.get_ref(), metric));
    let least = values.values().copied().reduce(f64::min);
    let most = values.values().copied().reduce(f64::max);
    let own = |own: &Option<String>, used: &str| {
        own.as_ref().is_none_or(|own| crate::library::short(own) == used)
    };
    let is_own = own(&case.scenario.candidate, case.candidate())
        && own(&case.scenario.reference, case.reference());
    let at_least = expect.at_least.is_none_or(|bound| least.is_some_and(|v| v >= bound));
    let at_most = expect.at_most.is_none_or(|bound| most.is_some_and(|v| v <= bound));
    let is = |value: Option<f64>, that: f64| value.is_some_and(|v| (v - that).abs() < 1e-9);
    let equals = expect.equals.is_none_or(|that| is(least, that) && is(most, that));
    let by = expect.by.unwrap_or(0.0);
    let near = |(id, a): (&&str, &f64), there: &Values<'_>| {
        there.get(*id).is_some_and(|b| (a - b).abs() <= by)
    };
    let within = other.is_none_or(|there| values.iter().all(|one| near(one, &there)));
    // Of several beds, the one by which a bound fails first.
    let value = if at_least && expect.at_most.is_some() { most } else { least };
    Judged {
        id: expect.id.get_ref().clone(),
        arm: expect.arm.get_ref().clone(),
        text: text(expect),
        value,
        holds: is_own.then_some(value.is_some() && at_least && at_most && equals && within),
    }
}

/// Names that are looked at for one that the author may have meant.
const MOST_NEAR: usize = 2000;

/// Whether a metric is the one that the author wrote; `*` there is the number of any bed.
pub(crate) fn is_one(written: &str, metric: &str) -> bool {
    let Some((before, after)) = written.split_once('*') else { return written == metric };
    let number = metric.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Values by the id of their metric.
type Values<'a> = BTreeMap<&'a str, f64>;

/// The value of a metric, or those of several beds; none if one of them has none.
fn values<'a>(arms: &'a [ArmResult], arm: &str, metric: &str) -> Values<'a> {
    let name = ArmName::parse(arm);
    let Some(result) = arms.iter().find(|result| Some(&result.name) == name.as_ref()) else {
        return Values::new();
    };
    let outcome = &result.outcome;
    if outcome.undefined.keys().any(|id| is_one(metric, id)) {
        return Values::new();
    }
    let all = outcome.metrics.iter().filter(|(id, _)| is_one(metric, id));
    all.map(|(id, value)| (id.as_str(), *value)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_the_number_of_a_bed_and_nothing_else() {
        assert!(is_one("SAF.severity.bed-*", "SAF.severity.bed-07"));
        assert!(is_one("AVL-1.bed-*-pump", "AVL-1.bed-0007-pump"));
        for other in ["AVL-1.bed-07-syringe-pump", "AVL-1.bed--pump", "AVL-1.bed-x-pump", "AVL-1"] {
            assert!(!is_one("AVL-1.bed-*-pump", other), "{other}");
        }
        assert!(!is_one("SAF.severity.alex", "SAF.severity.alexa"));
    }
}
