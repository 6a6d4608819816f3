//! Records: decided, charged to the quota, and not given back when they are not what was kept.

use super::{Hand, Lent, denial_of, outcome_of};
use crate::device::Denial;
use crate::lent::Desk;
use crate::rules::{Own, rule_of};
use crate::storage::Got;
use crate::trace::{Entry, Kind, NO_STEP, Name, Origin, Outcome};

impl Lent {
    /// A record.
    ///
    /// # Errors
    /// The policy's denial; [`Denial::Forbidden`] as well for a record that is not what the device kept
    /// (control `rest_protection`).
    pub fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, Denial> {
        let Some(desk) = self.desk.as_deref() else {
            return if self.open { Ok(None) } else { Err(Denial::NoGrant) };
        };
        let (got, step) = (desk.storage.get(key), desk.storage.altered_by(key));
        let hand = altered(self.hand, step);
        let (outcome, rule) = desk.may_get(&hand, &got)?;
        if self.recording {
            let (verb, entry) =
                (desk.names.words.storage[0], desk.entry(self.now, &hand, Kind::Call));
            let value = f64::from(u8::from(step != NO_STEP));
            self.entries.push(Entry { verb, value, outcome, rule, ..entry });
        }
        denial_of(outcome)?;
        Ok(match got {
            Got::Record(record) => Some(record),
            Got::Nothing | Got::Refused => None,
        })
    }

    /// Keeps a record.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Exhausted`] over the quota.
    pub fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Denial> {
        self.ask(|l| l.storage.get(1), |n| (n.words.storage[1], Name(0)))?;
        self.spend(
            Own::Storage,
            |n| (n.words.storage[1], Name(0)),
            |desk, _| desk.storage.fits(key, value, desk.rules.envelope.storage_bytes as usize),
        )?;
        if let Some(desk) = self.desk.as_deref_mut() {
            desk.storage.put(key, value);
        }
        Ok(())
    }

    /// Drops a record.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn delete(&mut self, key: &str) -> Result<(), Denial> {
        self.ask(|l| l.storage.get(2), |n| (n.words.storage[2], Name(0)))?;
        if let Some(desk) = self.desk.as_deref_mut() {
            desk.storage.delete(key);
        }
        Ok(())
    }
}

impl Desk {
    fn may_get(&self, hand: &Hand, got: &Got) -> Result<(Outcome, u16), Denial> {
        let &request = self.rules.layout.storage.first().ok_or(Denial::Unknown)?;
        let verdict = self.rules.decide(request, hand.facts);
        Ok(match (outcome_of(verdict), got) {
            (Outcome::Permit, Got::Refused) => (Outcome::Forbid, self.rules.own(Own::AtRest)),
            (outcome, _) => (outcome, rule_of(verdict)),
        })
    }
}

/// What is in hand when a record is read that `step` of an attack altered: that is its doing.
fn altered(hand: Hand, step: u16) -> Hand {
    if step == NO_STEP { hand } else { Hand { origin: Origin::Adversary, step, ..hand } }
}
