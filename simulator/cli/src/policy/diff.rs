//! `policy diff`: who may do more, who may do less, and what comes of it.

use std::collections::BTreeSet;

use clap::Args;
use medtwin_engine::resolve::{RuleInfo, rules};
use medtwin_policy::Pack;
use serde_json::json;

use super::compared::{self, Compared};
use super::learn::{Granted, of_models};
use crate::arms::{ArmName, Arms};
use crate::case::Case;
use crate::components::Components;
use crate::library;
use crate::problem::Problems;
use crate::write::say;

#[derive(Args)]
pub(crate) struct Diff {
    /// A pack of the library, or a directory
    before: String,
    /// Another
    after: String,
}

/// What one pack has and the other has not.
struct Differs {
    more: BTreeSet<Granted>,
    less: BTreeSet<Granted>,
    gone: Vec<RuleInfo>,
    new: Vec<RuleInfo>,
    outcomes: Vec<Compared>,
}

impl Diff {
    pub(crate) fn obey(&self, as_json: bool) -> Result<(), Problems> {
        let differs = self.differs()?;
        if as_json {
            say!("{:#}", self.json(&differs))
        } else {
            self.print(&differs)
        }
        Ok(())
    }

    fn differs(&self) -> Result<Differs, Problems> {
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        let mut ruled = None;
        let components = Components::default();
        for scenario in library::scenario_names() {
            let (reference, candidate) = (Some(&*self.before), Some(&*self.after));
            let case = Case::between(&scenario, reference, candidate, &components)?;
            before.extend(granted(&case, case.reference())?);
            after.extend(granted(&case, case.candidate())?);
            let packs = [case.reference(), case.candidate()];
            ruled = Some(packs.map(|pack| rules_of(&case.packs[pack])));
        }
        let [of_before, of_after] = ruled.unwrap_or_default();
        Ok(Differs {
            more: after.difference(&before).cloned().collect(),
            less: before.difference(&after).cloned().collect(),
            gone: without(&of_before, &of_after),
            new: without(&of_after, &of_before),
            outcomes: compared::over_the_library(None, &self.before, &self.after)?,
        })
    }

    fn print(&self, differs: &Differs) {
        let Differs { more, less, gone, new, outcomes } = differs;
        say!("{} → {}", self.before, self.after);
        for (what, granted) in [("may do more", more), ("may do less", less)] {
            say!("\n{what}: {}", if granted.is_empty() { "nobody" } else { "" });
            lines(granted).iter().for_each(|line| say!("  {line}"));
        }
        for (what, rules) in [("rules that are gone", gone), ("rules that are new", new)] {
            say!("\n{what}: {}", if rules.is_empty() { "none" } else { "" });
            rules.iter().for_each(|r| say!("  {:<7} {:<28} {}", r.kind, r.id, r.reason));
        }
        say!("\nin the scenarios of the library, seed 1");
        outcomes.iter().flat_map(Compared::lines).for_each(|line| say!("{line}"));
    }

    fn json(&self, differs: &Differs) -> serde_json::Value {
        let Differs { more, less, gone, new, outcomes } = differs;
        json!({ "before": self.before, "after": self.after, "more": more, "less": less,
            "rules_gone": gone, "rules_new": new, "outcomes": outcomes })
    }
}

/// What devices of a scenario may do at all under a pack.
fn granted(case: &Case, pack: &str) -> Result<BTreeSet<Granted>, Problems> {
    let arm = ArmName::new(pack, false);
    let arms = Arms::of(case, std::slice::from_ref(&arm))?;
    let all = arms.granted(&arm).into_iter().flat_map(|granted| granted.keys());
    Ok(of_models(&case.resolved.setup, all))
}

/// The rules and limits of a pack, and the controls that it runs.
fn rules_of(pack: &Pack) -> Vec<RuleInfo> {
    let running = pack.control_ids().into_iter().map(|id| RuleInfo {
        reason: "runs".to_owned(),
        kind: "control",
        control: Some(id.clone()),
        id,
    });
    rules(pack).into_iter().filter(RuleInfo::is_of_pack).chain(running).collect()
}

/// The rules of `all` that `other` does not have: by what they are called and why they are there.
fn without(all: &[RuleInfo], other: &[RuleInfo]) -> Vec<RuleInfo> {
    let is_new = |rule: &&RuleInfo| {
        !other.iter().any(|o| (&o.id, o.kind, &o.reason) == (&rule.id, rule.kind, &rule.reason))
    };
    all.iter().filter(is_new).cloned().collect()
}

/// One line for each action of each model.
fn lines(granted: &BTreeSet<Granted>) -> Vec<String> {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for g in granted {
        let head = format!("{:<20} {}", g.model, g.action);
        match lines.last_mut().filter(|(last, _)| *last == head) {
            Some((_, resources)) => resources.push(&g.resource),
            None => lines.push((head, vec![&g.resource])),
        }
    }
    lines.into_iter().map(|(head, resources)| format!("{head}: {}", resources.join(", "))).collect()
}
