//! What a pack says in vain: rules that no question of an inventory ever hears from.

use std::collections::BTreeSet;

use crate::facts::{Inventory, RequestId};
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
        let questions = || (0..inventory.0.len() as u32).map(RequestId);
        let heard: BTreeSet<RuleId> =
            questions().flat_map(|q| whole.verdicts(q)).filter_map(rule).collect();
        let numbers = (0..self.rules().len() as u16).map(RuleId);
        let unheard = numbers.filter(|number| !heard.contains(number)).map(|number| {
            let alone = self.only(number).compile(inventory);
            let asked = questions().filter(|q| alone.verdicts(*q).any(|v| rule(v).is_some()));
            let behind: BTreeSet<RuleId> =
                asked.flat_map(|q| whole.verdicts(q)).filter_map(rule).collect();
            Unheard { rule: number, behind: behind.into_iter().collect() }
        });
        unheard.collect()
    }

    /// The questions that rule `number` alone permits under some facts.
    pub fn permitted_by(&self, number: RuleId, inventory: &Inventory) -> Vec<RequestId> {
        let alone = self.only(number).compile(inventory);
        let questions = (0..inventory.0.len() as u32).map(RequestId);
        questions.filter(|question| alone.ever_permits(*question)).collect()
    }

    fn only(&self, number: RuleId) -> Self {
        let id = self.rules().get(usize::from(number.0)).map(|rule| rule.id.clone());
        let mut pack = self.clone();
        pack.keep(|rule| Some(&rule.id) == id.as_ref());
        pack
    }
}

fn rule(verdict: Verdict) -> Option<RuleId> {
    match verdict {
        Verdict::Permit(rule) | Verdict::Forbid(rule) => Some(rule),
        Verdict::NoGrant => None,
    }
}
