//! What a pack says in vain: rules that no question of an inventory ever hears from.

use std::collections::BTreeSet;

use crate::facts::{Asked, Inventory, RequestId};
use crate::pack::{Pack, RuleId};
use crate::table::Verdict;

/// A rule that never decides anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheard {
    /// Which.
    pub rule: RuleId,
    /// The rules that answer whatever it is about; none if it is about nothing that can be asked.
    pub behind: Vec<RuleId>,
}

impl Pack {
    /// The rules that decide none of the questions of `inventory`, whatever the facts.
    pub fn unheard(&self, inventory: &Inventory) -> Vec<Unheard> {
        let whole = self.compile(inventory);
        let spoken = |q: RequestId| whole.verdicts(q).filter_map(rule);
        let heard: BTreeSet<RuleId> = inventory.questions().flat_map(|(q, _)| spoken(q)).collect();
        let numbered = (0..).map(RuleId).zip(self.rules());
        let unheard =
            numbered.filter(|(number, _)| !heard.contains(number)).map(|(number, own)| {
                let alone = self.with_only(&own.id).compile(inventory);
                let asked = inventory.questions().map(|(q, _)| q);
                let asked = asked.filter(|q| alone.verdicts(*q).any(|v| rule(v).is_some()));
                let behind: BTreeSet<RuleId> = asked.flat_map(spoken).collect();
                Unheard { rule: number, behind: behind.into_iter().collect() }
            });
        unheard.collect()
    }

    /// The questions that the rule `id` alone permits under some facts.
    pub fn permitted_by<'a>(
        &self,
        id: &str,
        inventory: &'a Inventory,
    ) -> impl Iterator<Item = &'a Asked> {
        let alone = self.with_only(id).compile(inventory);
        let permitted = inventory.questions().filter(move |(q, _)| alone.ever_permits(*q));
        permitted.map(|(_, asked)| asked)
    }
}

fn rule(verdict: Verdict) -> Option<RuleId> {
    match verdict {
        Verdict::Permit(rule) | Verdict::Forbid(rule) => Some(rule),
        Verdict::NoGrant => None,
    }
}
