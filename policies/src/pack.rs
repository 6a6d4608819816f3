//! A pack: its three files, read together.

use sha2::{Digest as _, Sha256};

use crate::bounds::on_a_large_stack;
use crate::cedar::{self, Rules};
use crate::controls::Controls;
use crate::envelope::{Envelope, Place};
use crate::error::PackError;
use crate::facts::{Asked, Facts, Inventory};
use crate::table::{Table, Verdict};
use crate::vocabulary::Vocabulary;

/// The files of a pack.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The pack's name, that of its directory.
    pub name: &'a str,
    /// `policy.cedar`.
    pub cedar: &'a str,
    /// `envelope.toml`.
    pub envelope: &'a str,
    /// `controls.toml`.
    pub controls: &'a str,
}

/// The number of a rule in [`Pack::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId(pub u16);

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Grants.
    Permit,
    /// Denies, whatever grants.
    Forbid,
}

/// A rule of `policy.cedar`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its `@id`.
    pub id: String,
    /// Its `@reason`.
    pub reason: String,
    /// What it does.
    pub effect: Effect,
    /// Its `@control`, of a forbid that enforces one.
    pub control: Option<String>,
}

impl Rule {
    /// Whether it grants something.
    pub fn is_permit(&self) -> bool {
        self.effect == Effect::Permit
    }
}

/// A checked policy pack.
#[derive(Clone)]
pub struct Pack {
    name: String,
    sha256: [u8; 32],
    rules: Rules,
    envelope: Envelope,
    controls: Controls,
}

const SCHEMA: &str = include_str!("schema.cedarschema");

impl Pack {
    /// Reads and checks a pack.
    ///
    /// # Errors
    /// Every mistake of its author at once, with file, place and help.
    pub fn parse(source: Source<'_>) -> Result<Self, Vec<PackError>> {
        let mut errors = Vec::new();
        let mut keep = |mut found: Vec<PackError>| errors.append(&mut found);
        let rules = cedar::read("policy.cedar", source.cedar, SCHEMA).map_err(&mut keep).ok();
        let envelope = Envelope::read(source.envelope).map_err(&mut keep).ok();
        let controls = Controls::read(source.controls).map_err(&mut keep).ok();
        let (Some(rules), Some(envelope), Some(controls)) = (rules, envelope, controls) else {
            return Err(errors);
        };
        let pack = Self {
            name: source.name.to_owned(),
            sha256: digest(source),
            rules,
            envelope,
            controls,
        };
        pack.check_limit_ids()?;
        Ok(pack)
    }

    fn check_limit_ids(&self) -> Result<(), Vec<PackError>> {
        let mut seen: Vec<&str> = self.rules().iter().map(|rule| rule.id.as_str()).collect();
        let mut errors = Vec::new();
        for Place { id, at, .. } in &self.envelope.places {
            if seen.contains(&id.as_str()) {
                let message = format!("two rules or limits are called `{id}`");
                let (at, help) = (at.clone(), "give each its own id");
                errors.push(PackError::new("envelope.toml", at, message, help));
            }
            seen.push(id);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Names in this pack that no device has: rules about them would decide nothing.
    pub fn strangers(&self, vocabulary: &Vocabulary) -> Vec<PackError> {
        let of_rules = vocabulary.strangers(&self.rules.named);
        of_rules.into_iter().chain(vocabulary.strangers(&self.envelope.named)).collect()
    }

    /// Its name; a pack that was taken apart has the name of its arm: `hardened-auth`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the files, each after its length.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The rules of `policy.cedar`, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules.rules
    }

    /// How much.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// How the place is run.
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// The controls that this pack enforces in any way: runs, tags rules or limits with.
    pub fn control_ids(&self) -> Vec<String> {
        let running = self.controls.running().into_iter().map(str::to_owned);
        let rules = self.rules().iter().filter_map(|rule| rule.control.clone());
        let limits = self.envelope.limits().filter_map(|(_, limit)| limit.control.clone());
        let mut all: Vec<_> = running.chain(rules).chain(limits).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The pack without the rule or limit `id`.
    #[must_use]
    pub fn without_rule(&self, id: &str) -> Self {
        let mut pack = Self { name: format!("{}-{id}", self.name), ..self.clone() };
        pack.rules.retain(|rule| rule.id != id);
        pack.envelope.retain(|limit| limit.id != id);
        pack
    }

    /// The pack with no rule but `id`.
    pub(crate) fn with_only(&self, id: &str) -> Self {
        let mut pack = self.clone();
        pack.rules.retain(|rule| rule.id == id);
        pack
    }

    /// The pack with `control` off: neither its mechanism, nor its forbids, nor its limits.
    #[must_use]
    pub fn without_control(&self, control: &str) -> Self {
        let mut pack = Self { name: format!("{}-{control}", self.name), ..self.clone() };
        pack.rules.retain(|rule| rule.control.as_deref() != Some(control));
        pack.envelope.retain(|limit| limit.control.as_deref() != Some(control));
        pack.controls = pack.controls.without(control);
        pack
    }

    /// The pack with `control` as `from` has it: its mechanism, its forbids, its limits.
    #[must_use]
    pub fn with_control(&self, control: &str, from: &Self) -> Self {
        let mut pack = Self { name: format!("{}+{control}", self.name), ..self.clone() };
        pack.rules.take_over(&from.rules, |rule| rule.control.as_deref() == Some(control));
        pack.envelope.take_over(&from.envelope, |limit| limit.control.as_deref() == Some(control));
        pack.controls = pack.controls.with(control, &from.controls);
        pack
    }

    /// Decides every question of `inventory` in advance.
    pub fn compile(&self, inventory: &Inventory) -> Table {
        Table::compile(&self.rules, inventory)
    }

    #[cfg(test)]
    pub(crate) const fn cedar_rules(&self) -> &Rules {
        &self.rules
    }

    /// Asks Cedar itself: the truth that a [`Table`] is tested against.
    pub fn decide_slow(&self, asked: &Asked, facts: Facts) -> Verdict {
        on_a_large_stack(|| self.rules.about(&asked.action()).ask(asked, facts.pairs()))
    }
}

fn digest(source: Source<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in [source.cedar, source.envelope, source.controls] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}
