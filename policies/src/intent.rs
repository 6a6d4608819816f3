//! What should be allowed, whoever is in the way: decided on the truth of who is behind a command.

use std::collections::BTreeMap;

use crate::bounds::on_a_large_stack;
use crate::cedar::{self, Rules, Same, Set};
use crate::error::PackError;
use crate::facts::{Asked, Inventory, RequestId, entity};
use crate::table::Verdict;
use crate::vocabulary::Vocabulary;

const SCHEMA: &str = include_str!("intent.cedarschema");

/// Who made something happen, in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person.
    Person,
    /// A device on its own.
    Device,
    /// An adversary.
    Adversary,
    /// A frame that an adversary repeats.
    Replay,
}

const ORIGINS: [&str; 4] = ["person", "device", "adversary", "replay"];

/// What a clinician or owner meant.
#[derive(Clone)]
pub struct Intent(Rules);

/// An intent, decided in advance.
#[derive(Clone, Debug)]
pub struct IntentTable(Vec<u8>);

impl Intent {
    /// Reads and checks an `intent.cedar`.
    ///
    /// # Errors
    /// Every mistake of its author at once.
    pub fn parse(cedar: &str) -> Result<Self, Vec<PackError>> {
        cedar::read("intent.cedar", cedar, SCHEMA).map(Self)
    }

    /// Names in this intent that no device has.
    pub fn strangers(&self, vocabulary: &Vocabulary) -> Vec<PackError> {
        vocabulary.strangers(&self.0.named)
    }

    /// Decides every command of `inventory` in advance.
    pub fn compile(&self, inventory: &Inventory) -> IntentTable {
        IntentTable(on_a_large_stack(|| self.rows(inventory)))
    }

    fn rows(&self, inventory: &Inventory) -> Vec<u8> {
        let mut sets: BTreeMap<&str, Set> = BTreeMap::new();
        let mut same: BTreeMap<Same<'_>, u8> = BTreeMap::new();
        let mut rows = Vec::with_capacity(inventory.0.len());
        for asked in &inventory.0 {
            if !asked.action.starts_with("command.") {
                rows.push(0);
                continue;
            }
            let about = || self.0.about(&asked.action());
            let set = sets.entry(&asked.action).or_insert_with(about);
            let row = same.entry(set.same(asked)).or_insert_with(|| Self::row(asked, set));
            rows.push(*row);
        }
        rows
    }

    /// One bit for each combination of origin and order.
    fn row(asked: &Asked, set: &Set) -> u8 {
        let allows = |bit: &u8| {
            let context = vec![
                ("origin".to_owned(), entity("Origin", ORIGINS[usize::from(bit / 2)])),
                ("ordered".to_owned(), cedar_policy::RestrictedExpression::new_bool(bit % 2 == 1)),
            ];
            matches!(set.ask(asked, context), Verdict::Permit(_))
        };
        (0..8).filter(allows).fold(0, |row, bit| row | 1 << bit)
    }
}

impl IntentTable {
    /// Whether the command is meant to be carried out.
    pub fn allows(&self, request: RequestId, origin: Origin, ordered: bool) -> bool {
        let row = self.0.get(request.0 as usize).copied().unwrap_or(0);
        row & 1 << (origin as u8 * 2 + u8::from(ordered)) != 0
    }
}
