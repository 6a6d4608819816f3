//! `study.json`: `medtwin.study/1`.

use std::collections::BTreeMap;

use medtwin_engine::outcome::{METRICS, MetricSpec, harm_models};
use medtwin_engine::study::{
    Interval, Mean, Paired, Proportion, Times, Verdict, WIDEST, trials_for_difference,
    trials_for_share, trials_to_tell,
};
use serde_json::{Value, json};

use super::columns::DoseOf;
use super::expect;
use super::fold::{ArmSums, PairSums, Sums, Why};
use super::journal::Header;
use crate::case::Case;
use crate::problem::Problems;
use crate::result::hex;

/// The format of a summary.
pub(crate) const SCHEMA: &str = "medtwin.study/1";
/// The severity that the headline is about: serious, needing professional help.
pub(crate) const SERIOUS: usize = 3;
/// The precision that needs are stated for, on either side.
pub(crate) const PRECISION: f64 = 0.02;
/// A point of a curve every so many minutes.
const CURVE_STEP_MIN: usize = 5;
/// What every share of an attacked arm is conditional on.
const GIVEN: &str = "an attempted attack: in every trial of an attacked arm the adversary tries. \
    A share is no frequency of attacks";
/// The same of a scenario without an attack.
const GIVEN_NONE: &str = "a day like this: nobody attacks in this scenario, and arms that differ in \
    the attack alone are the same";
/// Metrics that are undefined in the trials that went furthest.
const OF_THE_MODEL: [&str; 2] = ["SAF.min_glucose_mg_dl.", "SAF.max_glucose_mg_dl."];

/// The summary of a study.
pub(crate) fn json(
    case: &Case,
    header: &Header,
    sums: &Sums,
    dose_of: Option<DoseOf>,
) -> Result<Value, Problems> {
    let study = case.bundle.study()?;
    let expected = study.as_ref().map_or(&[][..], |study| &study.expect);
    let judged = expect::judge(expected, sums, header);
    let holds = judged.iter().all(|judged| judged.holds != Some(false));
    let follow_up = sums.arms.first().map_or(0, |arm| arm.harm.curve().len() - 1);
    Ok(json!({
        "schema": SCHEMA,
        "scenario": { "key": case.name(), "sha256": hex(&case.sha256), "title": case.scenario.title },
        "plan_sha256": header.plan_sha256,
        "engine": { "version": env!("CARGO_PKG_VERSION"), "wasmtime": medtwin_host::WASMTIME },
        "seed": header.seed,
        "trials": sums.trials,
        "reference": case.reference(),
        "candidate": case.candidate(),
        "varied": case.bundle.varied,
        "question": study.as_ref().map(|study| &study.question),
        "sources": study.as_ref().map(|study| &study.sources),
        "draws": draws(case.bundle.text("scenario/scenario.toml")),
        "attacked": !case.resolved.steps.is_empty(),
        "given": if case.resolved.steps.is_empty() { GIVEN_NONE } else { GIVEN },
        "harm_model": harm_models(&case.resolved.setup),
        "follow_up_min": follow_up,
        "dose_of": dose_of,
        "headline": headline(case, sums),
        "arms": sums.arms.iter().map(|sum| arm(sum, header)).collect::<Vec<_>>(),
        "differences": sums.pairs.iter().map(|pair| difference(pair, sums, header)).collect::<Vec<_>>(),
        "needed": needed(case, sums),
        "expectations": judged,
        "verdict": if holds { "holds" } else { "fails" },
    }))
}

/// The tables of `[study]` as their author wrote them.
fn draws(scenario: &str) -> String {
    let mut is_study = false;
    let mut keep = |line: &&str| {
        let header = line.trim_start();
        if header.starts_with('[') && !header.starts_with("[ ") {
            is_study = header.starts_with("[study]") || header.starts_with("[study.");
        }
        is_study
    };
    let lines: Vec<&str> = scenario.lines().filter(|line| keep(line)).collect();
    lines.join("\n").trim().to_owned()
}

fn interval(interval: Interval) -> Value {
    json!([interval.low, interval.high])
}

fn share(proportion: Proportion) -> Value {
    json!({
        "k": proportion.k,
        "n": proportion.n,
        "share": proportion.share(),
        "wilson_95": interval(proportion.wilson()),
        "upper_95": proportion.upper_bound(),
    })
}

/// The means of an arm or of a difference. Trials that left the model's domain have no extremes of
/// glucose, and they are the worst: a mean of the rest has no interval that covers the mean of all.
fn means(means: &[Mean], header: &Header, bound: fn(&str, Interval) -> Interval) -> Value {
    let one = |(id, mean): (&String, &Mean)| {
        let is_of_all = mean.n() == header.trials;
        let is_told = is_of_all || !OF_THE_MODEL.iter().any(|metric| id.starts_with(metric));
        let around = mean.interval().filter(|_| is_told).map(|around| interval(bound(id, around)));
        let value = json!({ "n": mean.n(), "mean": mean.mean(), "deviation": mean.deviation(),
            "t_95": around });
        (id.clone(), value)
    };
    let named = header.columns.iter().zip(means).filter(|(_, mean)| mean.n() > 0);
    named.map(one).collect::<BTreeMap<_, _>>().into_iter().collect::<serde_json::Map<_, _>>().into()
}

/// What a metric can be: none is negative, and a proportion is at most 1.
fn possible(id: &str, around: Interval) -> Interval {
    let of = |spec: &&MetricSpec| {
        id == spec.id || id.strip_prefix(spec.id).is_some_and(|rest| rest.starts_with('.'))
    };
    let is_share = METRICS.iter().find(of).is_some_and(|spec| spec.unit == "proportion");
    let high = if is_share { around.high.min(1.0) } else { around.high };
    Interval { low: around.low.max(0.0), high }
}

fn arm(sum: &ArmSums, header: &Header) -> Value {
    let mut severity = Vec::new();
    for (class, counted) in sum.severity.iter().enumerate() {
        let mut row = share(*counted);
        row["at_least"] = (class + 1).into();
        severity.push(row);
    }
    let mut arm = json!({
        "arm": sum.name.to_string(),
        "policy": sum.name.policy,
        "attack": sum.name.attack,
        "severity": severity,
        "outside_model": share(sum.outside),
        "metrics": means(&sum.means, header, possible),
    });
    if sum.name.attack {
        arm["times"] = times(sum);
        arm["dose"] = dose(sum);
    }
    arm
}

fn times(sum: &ArmSums) -> Value {
    let one = |times: &Times| {
        let share = times.share();
        let mean = times.restricted_mean();
        json!({
            "happened": times.happened(),
            "n": times.n(),
            "ended_early": times.ended_early(),
            "share": share.map(|(share, _)| share),
            "share_95": share.map(|(_, i)| interval(i)),
            "restricted_mean_min": mean.map(|(mean, _)| mean),
            "restricted_mean_95": mean.and_then(|(_, i)| i.map(interval)),
            "curve": times.curve().iter().step_by(CURVE_STEP_MIN).collect::<Vec<_>>(),
        })
    };
    let first = sum.noticed_first;
    json!({
        "effects": sum.effects,
        "harm": one(&sum.harm),
        "notice": one(&sum.notice),
        "noticed_first": share(first.share()),
        "harmed_first": first.second,
        "neither": first.neither,
        "curve_step_min": CURVE_STEP_MIN,
    })
}

fn dose(sum: &ArmSums) -> Value {
    let bins = sum.dose.bins().filter(|(_, _, counted)| counted.n > 0);
    let bin = |(from, until, counted): (f64, Option<f64>, Proportion)| {
        let mut bin = share(counted);
        (bin["from"], bin["until"]) = (from.into(), until.into());
        bin
    };
    bins.map(bin).collect()
}

fn paired(paired: Paired) -> Value {
    let verdict = Verdict::of(paired);
    json!({
        "first_only": paired.first_only,
        "second_only": paired.second_only,
        "both": paired.both,
        "n": paired.n(),
        "difference": paired.difference(),
        "bonett_price_95": interval(paired.bonett_price()),
        "mcnemar_p": paired.mcnemar_p(),
        "direction": direction(paired.bonett_price()),
        "enough": verdict.is_enough(),
        "words": words(paired),
    })
}

/// Which arm has more, as far as an interval says; none where it covers 0.
fn direction(interval: Interval) -> Option<&'static str> {
    match interval {
        Interval { low, .. } if low > 0.0 => Some("more"),
        Interval { high, .. } if high < 0.0 => Some("less"),
        _ => None,
    }
}

/// What may be said of a difference.
fn words(paired: Paired) -> String {
    let interval = paired.bonett_price();
    let most = interval.low.abs().max(interval.high.abs());
    match Verdict::of(paired) {
        Verdict::More => "more".to_owned(),
        Verdict::Less => "less".to_owned(),
        Verdict::TooWide => {
            let wide = format!("the interval is {:.2} wide, more than {WIDEST}", interval.width());
            match direction(interval) {
                Some(which) => format!("{which}; not enough runs to say by how much: {wide}"),
                None => format!("not enough runs to say: {wide}"),
            }
        }
        Verdict::CoversZero if most <= PRECISION => {
            format!("not enough runs to say which is more; they differ by {most:.4} at most")
        }
        Verdict::CoversZero => "not enough runs to say: the interval covers 0".to_owned(),
    }
}

fn difference(pair: &PairSums, sums: &Sums, header: &Header) -> Value {
    let name = |arm: usize| sums.arms[arm].name.to_string();
    let mut severity = Vec::new();
    for (class, counted) in pair.severity.iter().enumerate() {
        let mut row = paired(*counted);
        row["at_least"] = (class + 1).into();
        severity.push(row);
    }
    json!({
        "why": pair.why,
        "first": name(pair.first),
        "second": name(pair.second),
        "severity": severity,
        "metrics": means(&pair.means, header, |_, around| around),
    })
}

/// The attacked candidate against the attacked reference: none if they are the same.
fn main_pair<'a>(case: &Case, sums: &'a Sums) -> Option<&'a PairSums> {
    let is_candidate = |arm: usize| sums.arms[arm].name.policy == case.candidate();
    sums.pairs.iter().find(|pair| pair.why == Why::Benefit && is_candidate(pair.first))
}

/// What one would quote: each arm with what happens there without the attack.
fn headline(case: &Case, sums: &Sums) -> Value {
    let Some(pair) = main_pair(case, sums) else { return Value::Null };
    let arm = |at: usize| {
        let arm = &sums.arms[at];
        let mut row = share(arm.severity[SERIOUS - 1]);
        row["arm"] = arm.name.to_string().into();
        row["outside_model"] = arm.outside.k.into();
        let clean = sums.pairs.iter().find(|pair| pair.why == Why::Attack && pair.first == at);
        if let Some(clean) = clean {
            row["clean"] = share(sums.arms[clean.second].severity[SERIOUS - 1]);
            row["attacked_less_clean"] = paired(clean.severity[SERIOUS - 1]);
        }
        row
    };
    json!({
        "at_least": SERIOUS,
        "candidate": arm(pair.first),
        "reference": arm(pair.second),
        "difference": paired(pair.severity[SERIOUS - 1]),
    })
}

fn needed(case: &Case, sums: &Sums) -> Value {
    let Some(pair) = main_pair(case, sums) else { return Value::Null };
    let counted = pair.severity[SERIOUS - 1];
    let share = |arm: usize| trials_for_share(sums.arms[arm].severity[SERIOUS - 1], PRECISION);
    json!({
        "at_least": SERIOUS,
        "precision": PRECISION,
        "for_reference_share": share(pair.second),
        "for_candidate_share": share(pair.first),
        "for_difference": trials_for_difference(counted, PRECISION),
        "to_tell_difference": trials_to_tell(counted),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_are_the_authors_words_and_no_others() {
        let text = "title = \"x\"\n[study]\nquestion = \"q\"\n\n[study.link.rf]\nloss = 0.1 # why\n\
            \n[[expect]]\nid = \"e\"\n[study.step.a]\nat_min = 1\n";
        let kept = "[study]\nquestion = \"q\"\n\n[study.link.rf]\nloss = 0.1 # why\n\n\
            [study.step.a]\nat_min = 1";
        assert_eq!(draws(text), kept);
    }

    #[test]
    fn what_cannot_be_said_is_not_said() {
        let none = Paired { neither: 10_000, ..Paired::default() };
        assert!(
            words(none).starts_with("not enough runs to say which is more; they differ by 0.000")
        );
        let few = Paired { first_only: 3, second_only: 5, neither: 12, both: 0 };
        assert!(words(few).starts_with("not enough runs to say: the interval is 0."));
        let wide = Paired { first_only: 66, second_only: 0, neither: 34, both: 0 };
        assert!(words(wide).starts_with("more; not enough runs to say by how much: the interval"));
        let many = Paired { first_only: 300, second_only: 310, neither: 4390, both: 0 };
        assert!(words(many).starts_with("not enough runs to say"));
        let clear = Paired { first_only: 0, second_only: 500, neither: 4500, both: 0 };
        assert_eq!(words(clear), "less");
    }
}
