//! The arms of a run: one policy each, with or without the attack, on the same draws.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use medtwin_engine::Plan;
use medtwin_engine::input::{Action, Input};
use medtwin_engine::outcome::{Intent, Keep, Measure, Outcome, compare};
use medtwin_engine::plan::{Arm, Setup};
use medtwin_engine::records::{Records, in_memory};
use medtwin_engine::resolve::{RuleInfo, rules};
use medtwin_engine::rules::Capability;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::{Fingerprint, NullSink, Sink};
use medtwin_policy::{CONTROLS, Pack};
use rayon::prelude::*;

use crate::case::Case;
use crate::problem::Problems;
use crate::shelves::Shelves;

/// Which arm: a policy, whether the adversary acts, and whether the people of a drill do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ArmName {
    pub(crate) policy: String,
    pub(crate) attack: bool,
    pub(crate) played: Played,
}

/// Which acts of a drill an attacked arm has. What an instructor started is part of the attack, and
/// of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Played {
    /// None of the team's.
    Nobody,
    /// All.
    All,
    /// All but this input, counted from 1. The wearer's hands stay the team's from when it was given.
    Without(usize),
}

/// What one arm came to.
pub(crate) struct ArmResult {
    pub(crate) name: ArmName,
    pub(crate) outcome: Outcome,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) rules: Arc<[RuleInfo]>,
    /// The world that this arm ran in.
    pub(crate) setup: Arc<Setup>,
}

impl std::fmt::Display for ArmName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let policy = &self.policy;
        match (self.attack, self.played) {
            (false, _) => write!(f, "{policy}/clean"),
            (true, Played::Nobody) => write!(f, "{policy}/attack"),
            (true, Played::All) => write!(f, "{policy}/drill"),
            (true, Played::Without(input)) => write!(f, "{policy}/drill-without-{input}"),
        }
    }
}

impl ArmName {
    pub(crate) fn new(policy: &str, attack: bool) -> Self {
        Self { policy: policy.to_owned(), attack, played: Played::Nobody }
    }

    /// The attacked arm in which people of a drill act.
    pub(crate) fn drill(policy: &str, played: Played) -> Self {
        Self { played, ..Self::new(policy, true) }
    }

    /// Whether its trace is kept: what an act changed is told in numbers alone.
    pub(crate) const fn is_traced(&self) -> bool {
        !matches!(self.played, Played::Without(_))
    }

    /// The clean arm of the same policy.
    pub(crate) fn clean(&self) -> Self {
        Self::new(&self.policy, false)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (policy, kind) = text.rsplit_once('/')?;
        match kind {
            "attack" => Some(Self::new(policy, true)),
            "clean" => Some(Self::new(policy, false)),
            "drill" => Some(Self::drill(policy, Played::All)),
            _ => {
                let input = kind.strip_prefix("drill-without-")?.parse().ok()?;
                Some(Self::drill(policy, Played::Without(input)))
            }
        }
    }
}

/// An arm by its name.
pub(crate) fn named(text: &str) -> Result<ArmName, Problems> {
    ArmName::parse(text)
        .ok_or_else(|| Problems::one(format!("`{text}` is no arm"), "PACK/attack or PACK/clean"))
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
        Some(pack.with_control(control, &case.packs[case.candidate()]))
    });
    changed.ok_or_else(|| {
        let help = "PACK, PACK-CONTROL, PACK-RULE or PACK+CONTROL, of the packs of the scenario";
        Problems::one(format!("there is no policy `{policy}`"), help)
    })
}

/// Whether there is such a policy, or would be with the scenario's own packs.
pub(crate) fn is_possible(case: &Case, policy: &str) -> bool {
    about_other_packs(case, policy) || pack(case, policy).is_ok()
}

fn without(pack: &Pack, id: &str) -> Option<Pack> {
    if pack.control_ids().iter().any(|control| control == id) {
        return Some(pack.without_control(id));
    }
    rules(pack).iter().any(|rule| rule.id == id).then(|| pack.without_rule(id))
}

/// The four arms: reference and candidate, clean and attacked.
pub(crate) fn four(case: &Case) -> Vec<ArmName> {
    let packs = [case.reference(), case.candidate()];
    packs.iter().flat_map(|pack| [false, true].map(|attack| ArmName::new(pack, attack))).collect()
}

/// The four arms, those of the packs to compare, and those that expectations are about.
pub(crate) fn usual(case: &Case) -> Result<Vec<ArmName>, Problems> {
    let mut arms = four(case);
    for pack in &case.scenario.compare {
        let pack = crate::library::short(pack);
        arms.extend([ArmName::new(pack, false), ArmName::new(pack, true)]);
    }
    for expect in &case.scenario.expect {
        for text in std::iter::once(&expect.arm).chain(&expect.within_of) {
            let arm = named(text.get_ref())?;
            if !about_other_packs(case, &arm.policy) {
                arms.extend([arm.clean(), arm]);
            }
        }
    }
    let mut seen = BTreeSet::new();
    arms.retain(|arm| seen.insert(arm.clone()));
    Ok(arms)
}

/// Whether a policy is of a pack that the command line put another in the place of.
fn about_other_packs(case: &Case, policy: &str) -> bool {
    let own = [&case.scenario.reference, &case.scenario.candidate];
    let own = own.into_iter().flatten().map(|name| crate::library::short(name));
    own.filter(|name| policy.starts_with(name)).any(|name| !case.packs.contains_key(name))
}

/// The most devices that live at a time, but for a world that has more by itself: each has its mapping of memory, of
/// which a process may have some 65,000 (`vm.max_map_count`).
const MAX_LIVE: usize = 24_000;

/// How a world is stepped. It changes no result.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) threads: usize,
    pub(crate) split: u32,
}

impl Default for Steps {
    fn default() -> Self {
        Self { threads: 1, split: 1 }
    }
}

/// Arms with their policies compiled: what every trial of a case shares.
pub(crate) struct Arms {
    setup: Arc<Setup>,
    intent: Arc<Intent>,
    steps: Vec<String>,
    inputs: Arc<[Input]>,
    ready: Vec<Ready>,
    /// Where devices keep their records; in memory, if not said.
    shelves: Option<Shelves>,
}

struct Ready {
    name: ArmName,
    arm: Arc<Arm>,
    rules: Arc<[RuleInfo]>,
    grants: Arc<BTreeMap<Capability, f64>>,
}

impl Arms {
    /// Compiles the policies of `arms`, each once.
    pub(crate) fn of(case: &Case, arms: &[ArmName]) -> Result<Self, Problems> {
        let mut ready: Vec<Ready> = Vec::new();
        for name in arms {
            let twin = ready.iter().find(|other| other.name.policy == name.policy);
            let (arm, rules, grants) = match twin {
                Some(t) => (Arc::clone(&t.arm), Arc::clone(&t.rules), Arc::clone(&t.grants)),
                None => {
                    let pack = pack(case, &name.policy)?;
                    let arm = case.resolved.arm(&pack);
                    let grants = Arc::new(case.resolved.grants(&arm));
                    (Arc::new(arm), rules(&pack).into(), grants)
                }
            };
            ready.push(Ready { name: name.clone(), arm, rules, grants });
        }
        Ok(Self {
            setup: Arc::clone(&case.resolved.setup),
            intent: Arc::clone(&case.resolved.intent),
            steps: case.resolved.steps.clone(),
            inputs: Arc::clone(&case.inputs),
            ready,
            shelves: None,
        })
    }

    /// The same, with the records of each arm's devices on `shelves`.
    pub(crate) fn keeping(self, shelves: Option<Shelves>) -> Self {
        Self { shelves, ..self }
    }

    /// Whether the records of the last run were all kept.
    pub(crate) fn check_kept(&self) -> Result<(), Problems> {
        self.shelves.as_ref().map_or(Ok(()), Shelves::check)
    }

    /// Runs one trial, each attacked arm compared with the clean one of its policy. With `detail`,
    /// keeps what a report draws.
    pub(crate) fn run(&self, seed: Seed, steps: Steps, detail: bool) -> Vec<ArmResult> {
        self.run_into(seed, steps, detail, |_| NullSink).0
    }

    /// The same, with each arm's entries handed to a sink of its own besides. Arms run side by side.
    pub(crate) fn run_into<S: Sink + Send>(
        &self,
        seed: Seed,
        steps: Steps,
        detail: bool,
        sink: impl Fn(&ArmName) -> S + Sync,
    ) -> (Vec<ArmResult>, Vec<S>) {
        let one = |ready: &Ready| {
            let plan = self.plan(ready, seed, steps);
            let measure = self.measure(Keep { detail, used: !ready.name.attack });
            let mut sinks = ((measure, Fingerprint::default()), sink(&ready.name));
            medtwin_engine::run_on(&plan, &mut sinks, &|device| self.store(&ready.name, device));
            let ((measure, fingerprint), own) = sinks;
            (ready.result(measure, fingerprint, plan.setup), own)
        };
        let at_a_time = self.ready.chunks(self.side_by_side());
        let done = at_a_time.flat_map(|few| few.par_iter().map(one).collect::<Vec<_>>());
        let (mut results, sinks): (Vec<_>, Vec<_>) = done.unzip();
        compare_all(&mut results);
        (results, sinks)
    }

    /// How many worlds this process has room for at a time.
    pub(crate) fn side_by_side(&self) -> usize {
        let devices: usize = self.setup.nodes.iter().map(|node| node.devices.len()).sum();
        (MAX_LIVE / devices.max(1)).max(1)
    }

    fn store(&self, arm: &ArmName, device: &str) -> Box<dyn Records> {
        let shelves = self.shelves.as_ref();
        shelves.map_or_else(|| in_memory(device), |shelves| shelves.store(arm, device))
    }

    fn measure(&self, keep: Keep) -> Measure {
        let (setup, intent) = (Arc::clone(&self.setup), Arc::clone(&self.intent));
        Measure::new(setup, intent, self.steps.clone(), keep)
    }

    fn plan(&self, ready: &Ready, seed: Seed, steps: Steps) -> Plan {
        Plan {
            seed,
            attack: ready.name.attack,
            threads: steps.threads,
            split: steps.split,
            inputs: if ready.name.attack { self.played(ready.name.played) } else { Arc::default() },
            setup: Arc::clone(&self.setup),
            arm: Arc::clone(&ready.arm),
        }
    }

    /// The inputs of an attacked arm.
    fn played(&self, played: Played) -> Arc<[Input]> {
        match played {
            Played::Nobody => {
                self.inputs.iter().filter(|input| !input.action.is_of_team()).cloned().collect()
            }
            Played::All => Arc::clone(&self.inputs),
            Played::Without(left_out) => {
                let mut inputs = self.inputs.to_vec();
                if let Some(input) = left_out.checked_sub(1).and_then(|at| inputs.get_mut(at)) {
                    input.action = Action::Watch;
                }
                inputs.into()
            }
        }
    }

    /// What devices may do in an arm, weighted.
    pub(crate) fn granted(&self, name: &ArmName) -> Option<&BTreeMap<Capability, f64>> {
        self.ready.iter().find(|ready| ready.name == *name).map(|ready| &*ready.grants)
    }

    /// The plan of an arm, by its name.
    pub(crate) fn plan_of(&self, name: &ArmName, seed: Seed) -> Option<Plan> {
        let ready = self.ready.iter().find(|ready| ready.name == *name)?;
        Some(self.plan(ready, seed, Steps::default()))
    }

    /// The names of the arms, in order, each with its rules.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&ArmName, &[RuleInfo])> {
        self.ready.iter().map(|ready| (&ready.name, &*ready.rules))
    }
}

impl Ready {
    fn result(&self, measure: Measure, fingerprint: Fingerprint, setup: Arc<Setup>) -> ArmResult {
        ArmResult {
            name: self.name.clone(),
            outcome: measure.finish(&self.grants),
            fingerprint: fingerprint.finish().pop().unwrap_or_default(),
            rules: Arc::clone(&self.rules),
            setup,
        }
    }
}

fn compare_all(results: &mut [ArmResult]) {
    for i in 0..results.len() {
        let clean = results[i].name.clean();
        let with = results.iter().position(|result| result.name == clean);
        if let Some(with) = with.filter(|_| results[i].name.attack) {
            let clean = std::mem::take(&mut results[with].outcome);
            compare(&clean, &mut results[i].outcome);
            results[with].outcome = clean;
        }
    }
}
