//! The arms of a run: one policy each, with or without the attack, on the same draws.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::Plan;
use medtwin_engine::outcome::{Measure, Outcome, compare};
use medtwin_engine::resolve::{RuleInfo, rules};
use medtwin_engine::run;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::Fingerprint;
use medtwin_policy::{CONTROLS, Pack};

use crate::case::Case;
use crate::problem::Problems;

/// Which arm: a policy, and whether the adversary acts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ArmName {
    pub(crate) policy: String,
    pub(crate) attack: bool,
}

/// What one arm came to.
pub(crate) struct ArmResult {
    pub(crate) name: ArmName,
    pub(crate) outcome: Outcome,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) rules: Vec<RuleInfo>,
}

impl std::fmt::Display for ArmName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.policy, if self.attack { "attack" } else { "clean" })
    }
}

impl ArmName {
    pub(crate) fn new(policy: &str, attack: bool) -> Self {
        Self { policy: policy.to_owned(), attack }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (policy, kind) = text.rsplit_once('/')?;
        match kind {
            "attack" => Some(Self::new(policy, true)),
            "clean" => Some(Self::new(policy, false)),
            _ => None,
        }
    }
}

/// The pack of an arm's policy: one by name, or one with something taken out or added.
pub(crate) fn pack(case: &Case, policy: &str) -> Result<Pack, Problems> {
    if let Some(pack) = case.packs.get(policy) {
        return Ok(pack.clone());
    }
    let base =
        case.packs.keys().filter(|name| policy.starts_with(*name)).max_by_key(|name| name.len());
    let changed = base.and_then(|name| {
        let (pack, rest) = (&case.packs[name], &policy[name.len()..]);
        if let Some(id) = rest.strip_prefix('-') {
            return without(pack, id);
        }
        let control = rest.strip_prefix('+').filter(|id| CONTROLS.contains(id))?;
        Some(pack.with_control(control, &case.packs[&case.candidate]))
    });
    changed.ok_or_else(|| {
        let help = "PACK, PACK-CONTROL, PACK-RULE or PACK+CONTROL, of the packs of the scenario";
        Problems::one(format!("there is no policy `{policy}`"), help)
    })
}

fn without(pack: &Pack, id: &str) -> Option<Pack> {
    if pack.control_ids().iter().any(|control| control == id) {
        return Some(pack.without_control(id));
    }
    rules(pack).iter().any(|rule| rule.id == id).then(|| pack.without_rule(id))
}

/// The four arms, those of the packs to compare, and those that expectations are about.
pub(crate) fn usual(case: &Case) -> Result<Vec<ArmName>, Problems> {
    let packs = [&case.reference, &case.candidate].into_iter().chain(&case.scenario.compare);
    let mut arms = Vec::new();
    for pack in packs {
        arms.extend([ArmName::new(pack, false), ArmName::new(pack, true)]);
    }
    for expect in &case.scenario.expect {
        for text in std::iter::once(&expect.arm).chain(&expect.within_of) {
            let arm = ArmName::parse(text.get_ref()).ok_or_else(|| {
                let help = "PACK/attack or PACK/clean";
                Problems::one(format!("`{}` is no arm", text.get_ref()), help)
            })?;
            arms.extend([ArmName { attack: false, ..arm.clone() }, arm]);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    arms.retain(|arm| seen.insert(arm.clone()));
    Ok(arms)
}

/// How a world is stepped. It changes no result.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) threads: usize,
    pub(crate) split: u32,
}

/// Runs `arms`, each attacked one compared with the clean one of its policy.
pub(crate) fn run_all(
    case: &Case,
    arms: &[ArmName],
    seed: Seed,
    steps: &Steps,
    detail: bool,
) -> Result<Vec<ArmResult>, Problems> {
    let mut packs = BTreeMap::new();
    for arm in arms {
        if !packs.contains_key(&arm.policy) {
            packs.insert(arm.policy.clone(), pack(case, &arm.policy)?);
        }
    }
    let compiled: BTreeMap<_, _> =
        packs.iter().map(|(name, pack)| (name, Arc::new(case.resolved.arm(pack)))).collect();
    let mut results: Vec<ArmResult> = Vec::new();
    for name in arms {
        let pack = &packs[&name.policy];
        let plan = Plan {
            seed,
            attack: name.attack,
            threads: steps.threads,
            split: steps.split,
            setup: Arc::clone(&case.resolved.setup),
            arm: Arc::clone(&compiled[&name.policy]),
        };
        let steps = case.resolved.steps.clone();
        let measure = Measure::new(
            Arc::clone(&case.resolved.setup),
            Arc::clone(&case.resolved.intent),
            steps,
            detail,
        );
        let mut sink = (measure, Fingerprint::default());
        run(&plan, &mut sink);
        let outcome = sink.0.finish(&case.resolved.grants(pack));
        let fingerprint = sink.1.finish().pop().unwrap_or_default();
        results.push(ArmResult { name: name.clone(), outcome, fingerprint, rules: rules(pack) });
    }
    compare_all(&mut results);
    Ok(results)
}

fn compare_all(results: &mut [ArmResult]) {
    for i in 0..results.len() {
        let clean = ArmName { attack: false, ..results[i].name.clone() };
        let with = results.iter().position(|result| result.name == clean);
        if let Some(with) = with.filter(|_| results[i].name.attack) {
            let clean = std::mem::take(&mut results[with].outcome);
            compare(&clean, &mut results[i].outcome);
            results[with].outcome = clean;
        }
    }
}

/// The arms of an ablation, with what was taken out or added.
pub(crate) fn ablation(case: &Case) -> Vec<(String, String)> {
    let (candidate, reference) = (&case.packs[&case.candidate], &case.packs[&case.reference]);
    let rules =
        rules(candidate).into_iter().filter(|rule| rule.kind != "control").map(|rule| rule.id);
    let controls = candidate.control_ids();
    let less = rules.chain(controls.iter().cloned());
    let less = less.map(|id| (format!("{}-{id}", case.candidate), format!("-{id}")));
    let more = controls.iter().map(|id| (format!("{}+{id}", reference.name()), format!("+{id}")));
    less.chain(more).collect()
}
