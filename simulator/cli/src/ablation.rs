//! What each rule and control of a policy is worth: taken out of the candidate, or added to the
//! reference, one at a time, on the same draws.

use std::collections::BTreeSet;

use medtwin_engine::resolve::{RuleInfo, rules};
use medtwin_engine::seed::Seed;

use crate::arms::{ArmName, ArmResult, Arms, Steps};
use crate::case::Case;
use crate::problem::Problems;

/// One change of a policy, with its arms clean and attacked.
pub(crate) struct Ablation {
    /// `-id` or `+id`.
    pub(crate) change: String,
    pub(crate) clean: ArmResult,
    pub(crate) attacked: ArmResult,
}

/// The policies of an ablation, with what was taken out or added.
fn policies(case: &Case) -> Vec<(String, String)> {
    let (candidate, reference) = (&case.packs[case.candidate()], case.reference());
    let of_rules = rules(candidate).into_iter().filter(RuleInfo::is_of_pack);
    let controls = candidate.control_ids();
    let less = of_rules.map(|rule| rule.id).chain(controls.iter().cloned());
    let less = less.map(|id| (format!("{}-{id}", case.candidate()), format!("-{id}")));
    let more = controls.iter().map(|id| (format!("{reference}+{id}"), format!("+{id}")));
    less.chain(more).collect()
}

/// Runs every change.
pub(crate) fn run(case: &Case, seed: Seed, steps: Steps) -> Result<Vec<Ablation>, Problems> {
    let policies = policies(case);
    let both = |(policy, _): &(String, String)| [false, true].map(|a| ArmName::new(policy, a));
    let names: Vec<ArmName> = policies.iter().flat_map(both).collect();
    let mut results = Arms::of(case, &names)?.run(seed, steps, false).into_iter();
    let one = |(_, change): (String, String)| {
        let (clean, attacked) = (results.next()?, results.next()?);
        Some(Ablation { change, clean, attacked })
    };
    Ok(policies.into_iter().filter_map(one).collect())
}

/// What was taken out, and by how much the attack then did more harm than under the whole candidate.
pub(crate) struct Bound {
    pub(crate) id: String,
    pub(crate) uca: f64,
    pub(crate) forged_u: f64,
    /// Insulin that reached patients [U].
    pub(crate) over_u: f64,
    pub(crate) severity: f64,
    /// Rules and limits that stopped the attack in its place.
    pub(crate) then_stopped_by: Vec<String>,
}

/// More insulin than this is of the attack, not of a pulse that came earlier [U].
const OVER_U: f64 = 0.5;

/// The rules and limits that bound the harm: taking one out lets more unauthorised commands, more
/// forged insulin, more insulin or a worse severity through. A severity that the clean arm has as well is of the
/// therapy that the rule is needed for, not of the attack.
pub(crate) fn bounds(case: &Case, all: &[ArmResult], ablation: &[Ablation]) -> Vec<Bound> {
    let whole = ArmName::new(case.candidate(), true);
    let Some(whole) = all.iter().find(|result| result.name == whole) else { return Vec::new() };
    let bound = |change: &Ablation| {
        let id = change.change.strip_prefix('-')?.to_owned();
        let more = |metric: fn(&ArmResult) -> f64| metric(&change.attacked) - metric(whole);
        let (uca, forged_u, severity) = (more(uca), more(forged_u), more(worst_severity));
        let over_u = more(insulin_u);
        let then_stopped_by = newly_stopped(&change.attacked, whole);
        let attributable = worst_severity(&change.attacked) > worst_severity(&change.clean);
        let more_insulin = forged_u > 1e-9 || over_u > OVER_U;
        (uca > 0.0 || more_insulin || severity > 0.0 && attributable).then_some(Bound {
            id,
            uca,
            forged_u,
            over_u,
            severity,
            then_stopped_by,
        })
    };
    ablation.iter().filter_map(bound).collect()
}

fn uca(result: &ArmResult) -> f64 {
    result.outcome.metrics.get("INT-1.uca").copied().unwrap_or(0.0)
}

fn forged_u(result: &ArmResult) -> f64 {
    result.outcome.metrics.get("INT-1.forged_u").copied().unwrap_or(0.0)
}

/// What reached everybody.
fn insulin_u(result: &ArmResult) -> f64 {
    let all = result.outcome.metrics.iter().filter(|(id, _)| id.starts_with("SAF.insulin_u."));
    all.map(|(_, units)| units).sum()
}

/// The worst severity of anybody.
pub(crate) fn worst_severity(result: &ArmResult) -> f64 {
    let all = result.outcome.metrics.iter().filter(|(id, _)| id.starts_with("SAF.severity."));
    all.fold(0.0, |worst, (_, severity)| severity.max(worst))
}

/// The ids of the rules that stopped steps of an attack.
pub(crate) fn stopped_by(result: &ArmResult) -> BTreeSet<String> {
    let numbers = result.outcome.steps.iter().flat_map(|step| &step.stopped_by);
    let id = |number: &u16| {
        let rule = result.rules.get(usize::from(*number));
        rule.map_or("no-grant".to_owned(), |rule| rule.id.clone())
    };
    numbers.map(id).collect()
}

fn newly_stopped(changed: &ArmResult, whole: &ArmResult) -> Vec<String> {
    stopped_by(changed).difference(&stopped_by(whole)).cloned().collect()
}
