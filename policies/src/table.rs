//! Decisions, made before they are asked for.
//!
//! For every question of an inventory and every combination of the facts that some rule about its
//! action reads, Cedar is asked once. A decision is then an index. Devices of one model share their
//! decisions about the same thing where no rule names a device.

use std::collections::BTreeMap;

use crate::bounds::on_a_large_stack;
use crate::cedar::{Rules, Same, Set};
use crate::facts::{ATTRIBUTES, Asked, Facts, Inventory, RequestId};
use crate::pack::RuleId;

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, by this rule.
    Permit(RuleId),
    /// No, by this rule, whatever else permits it.
    Forbid(RuleId),
    /// No: nothing grants it.
    NoGrant,
}

/// The decisions of one pack for one inventory.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Row>,
    verdicts: Vec<Verdict>,
}

/// Where the verdicts of a question lie, and which attributes span them.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: u32,
    attributes: u16,
}

impl Table {
    /// The verdict on question `request` when `facts` hold. A question that the inventory does not
    /// have is not granted.
    pub fn decide(&self, request: RequestId, facts: Facts) -> Verdict {
        let Some(row) = self.rows.get(request.0 as usize) else { return Verdict::NoGrant };
        let at = if row.attributes == 0 { 0 } else { index(row.attributes, &facts) };
        self.verdicts[row.start as usize + at]
    }

    /// Whether some facts would permit question `request`.
    pub fn ever_permits(&self, request: RequestId) -> bool {
        self.verdicts(request).any(|verdict| matches!(verdict, Verdict::Permit(_)))
    }

    /// The verdicts on question `request` under all facts that some rule about it reads.
    pub(crate) fn verdicts(&self, request: RequestId) -> impl Iterator<Item = Verdict> {
        let row = self.rows.get(request.0 as usize);
        let span = row.map_or(0..0, |row| {
            let start = row.start as usize;
            start..start + combinations(row.attributes)
        });
        self.verdicts[span].iter().copied()
    }

    pub(crate) fn compile(rules: &Rules, inventory: &Inventory) -> Self {
        on_a_large_stack(|| Self::compile_here(rules, inventory))
    }

    fn compile_here(rules: &Rules, inventory: &Inventory) -> Self {
        let mut sets: BTreeMap<&str, Set> = BTreeMap::new();
        let mut same: BTreeMap<Same<'_>, Row> = BTreeMap::new();
        let mut table = Self { rows: Vec::with_capacity(inventory.0.len()), verdicts: Vec::new() };
        for asked in &inventory.0 {
            let set = sets.entry(&asked.action).or_insert_with(|| rules.about(&asked.action()));
            let row = *same.entry(set.same(asked)).or_insert_with(|| table.row(asked, set));
            table.rows.push(row);
        }
        table
    }

    /// Asks Cedar all about a question.
    fn row(&mut self, asked: &Asked, set: &Set) -> Row {
        let row = Row { start: self.verdicts.len() as u32, attributes: attributes(set) };
        for combination in 0..combinations(row.attributes) {
            let facts = facts(row.attributes, combination);
            self.verdicts.push(set.ask(asked, facts.pairs()));
        }
        row
    }
}

/// The facts that a set of rules reads, a bit each.
fn attributes(set: &Set) -> u16 {
    let reads = |i: &usize| set.attributes.contains(ATTRIBUTES[*i].name);
    (0..ATTRIBUTES.len()).filter(reads).fold(0, |bits, i| bits | 1 << i)
}

/// How many combinations there are of the facts that a set of rules reads.
pub(crate) fn combinations_of(set: &Set) -> usize {
    combinations(attributes(set))
}

fn chosen(attributes: u16) -> impl Iterator<Item = &'static crate::facts::Attribute> {
    ATTRIBUTES.iter().enumerate().filter(move |(i, _)| attributes & 1 << i != 0).map(|(_, a)| a)
}

fn combinations(attributes: u16) -> usize {
    chosen(attributes).map(|attribute| attribute.values).product()
}

fn index(attributes: u16, facts: &Facts) -> usize {
    chosen(attributes).fold(0, |index, a| index * a.values + (a.of)(facts))
}

fn facts(attributes: u16, mut combination: usize) -> Facts {
    let mut facts = Facts::default();
    let chosen: Vec<_> = chosen(attributes).collect();
    for attribute in chosen.iter().rev() {
        (attribute.set)(&mut facts, combination % attribute.values);
        combination /= attribute.values;
    }
    facts
}
