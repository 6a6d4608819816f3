//! What happened in a run, in order.
//!
//! An [`Entry`] is fixed-width with interned names. A [`Sink`] takes entries as they happen: a
//! study measures from them and stores none. The [`Fingerprint`] is a SHA-256 chain over the
//! entries, linked every 4,096 of them, so that equal runs are recognised by 32 bytes and a changed
//! file by the first block that differs.

use sha2::{Digest as _, Sha256};

use crate::time::SimTime;

/// An interned name: an index into [`Names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Name(pub u32);

/// The names of a plan, in the order in which it first uses them. Name 0 is `-`: nothing.
#[derive(Clone, Debug)]
pub struct Names {
    list: Vec<String>,
    index: std::collections::BTreeMap<String, u32>,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A device asked to begin `verb` that came by channel `object`.
    Command = 1,
    /// A device asked for a capability: `verb` on `object`.
    Call = 2,
    /// A frame from `subject` to `object` left, was lost, or arrived (`verb`).
    Frame = 3,
    /// A port of a device took `value`.
    Actuate = 4,
    /// Insulin that reached the patient in the last step [U], by actuator.
    Deliver = 5,
    /// A true value of the patient: `object` = which, `value`.
    Vital = 6,
    /// What a device shows: `object` = which field, `value`.
    Show = 7,
    /// An alarm was raised (`value` = priority 1–3) or cleared (0).
    Alarm = 8,
    /// A device fault; `verb` = what kind, `object` = the import it was not lent, if that was it.
    Fault = 9,
    /// A device started, rebooted, stopped or was replaced (`verb`).
    Life = 10,
    /// A person did `verb` at `object` with `value`.
    Act = 11,
    /// The adversary tried a step, or learned something (`verb`).
    Attack = 12,
    /// A record became known to whom it should not: `object`.
    Disclosure = 13,
    /// A key press count (`value`) or seconds spent by a person on `verb`.
    Effort = 14,
    /// A therapy fell due (`value` in the port's unit).
    Due = 15,
    /// A patient left the model's domain of validity.
    Outside = 16,
}

/// Who made something happen: ground truth, stamped by the world and unknown to devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// A device on its own.
    #[default]
    Device = 0,
    /// A person.
    Person = 1,
    /// An adversary's own frame, or an adversary's component.
    Adversary = 2,
    /// A frame that an adversary repeats.
    Replay = 3,
}

/// What was decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Nothing had to be.
    #[default]
    None = 0,
    /// Permitted, by `rule`.
    Permit = 1,
    /// Forbidden, by `rule`.
    Forbid = 2,
    /// No grant names it.
    NoGrant = 3,
    /// Outside a limit of the envelope, `rule`.
    Limit = 4,
    /// A budget was spent.
    Exhausted = 5,
    /// The device has no such port.
    Unknown = 6,
}

/// No rule spoke.
pub const NO_RULE: u16 = u16::MAX;
/// Not part of an attack.
pub const NO_STEP: u16 = u16::MAX;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// The frame, key press or timer that it came of: unique in a run, 0 when nothing.
    pub cause: u64,
    /// In the unit that the kind or the port states.
    pub value: f64,
    /// The node at which it happened, in plan order.
    pub entity: u32,
    /// Who or what did it.
    pub subject: Name,
    /// To what.
    pub object: Name,
    /// What was done.
    pub verb: Name,
    /// The rule that decided, an index into the arm's rules, or [`NO_RULE`].
    pub rule: u16,
    /// The attack step that it belongs to, or [`NO_STEP`].
    pub step: u16,
    /// What kind.
    pub kind: Kind,
    /// What was decided.
    pub outcome: Outcome,
    /// Who made it happen.
    pub origin: Origin,
}

/// Bytes of an encoded entry.
pub const ENTRY_LEN: usize = 48;

impl Entry {
    /// An entry of `kind` with nothing else said.
    pub fn new(at: SimTime, entity: u32, kind: Kind) -> Self {
        Self {
            at,
            cause: 0,
            value: 0.0,
            entity,
            subject: Name(0),
            object: Name(0),
            verb: Name(0),
            rule: NO_RULE,
            step: NO_STEP,
            kind,
            outcome: Outcome::None,
            origin: Origin::Device,
        }
    }

    /// The entry as bytes, little endian, in the order of the fields.
    pub fn encode(&self) -> [u8; ENTRY_LEN] {
        let mut out = [0; ENTRY_LEN];
        out[0..8].copy_from_slice(&self.at.as_nanos().to_le_bytes());
        out[8..16].copy_from_slice(&self.cause.to_le_bytes());
        out[16..24].copy_from_slice(&self.value.to_bits().to_le_bytes());
        out[24..28].copy_from_slice(&self.entity.to_le_bytes());
        out[28..32].copy_from_slice(&self.subject.0.to_le_bytes());
        out[32..36].copy_from_slice(&self.object.0.to_le_bytes());
        out[36..40].copy_from_slice(&self.verb.0.to_le_bytes());
        out[40..42].copy_from_slice(&self.rule.to_le_bytes());
        out[42..44].copy_from_slice(&self.step.to_le_bytes());
        out[44..48].copy_from_slice(&[self.kind as u8, self.outcome as u8, self.origin as u8, 0]);
        out
    }
}

/// Takes the entries of a run as they happen.
pub trait Sink {
    /// Whether entries are wanted at all; a world whose sink wants none builds none.
    const WANTED: bool = true;

    /// Takes the next entry.
    fn take(&mut self, entry: &Entry);
}

/// Wants nothing.
#[derive(Debug, Default)]
pub struct NullSink;

impl Sink for NullSink {
    const WANTED: bool = false;
    fn take(&mut self, _: &Entry) {}
}

/// Keeps everything.
impl Sink for Vec<Entry> {
    fn take(&mut self, entry: &Entry) {
        self.push(*entry);
    }
}

impl<A: Sink, B: Sink> Sink for (A, B) {
    const WANTED: bool = A::WANTED || B::WANTED;
    fn take(&mut self, entry: &Entry) {
        self.0.take(entry);
        self.1.take(entry);
    }
}

impl<S: Sink> Sink for &mut S {
    const WANTED: bool = S::WANTED;
    fn take(&mut self, entry: &Entry) {
        (**self).take(entry);
    }
}

/// Entries in one link of the chain.
pub const LINK: usize = 4096;

/// The SHA-256 chain over the entries of a run.
#[derive(Clone)]
pub struct Fingerprint {
    block: Sha256,
    in_block: usize,
    links: Vec<[u8; 32]>,
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self { block: Sha256::new(), in_block: 0, links: Vec::new() }
    }
}

impl Sink for Fingerprint {
    fn take(&mut self, entry: &Entry) {
        self.block.update(entry.encode());
        self.in_block += 1;
        if self.in_block == LINK {
            self.close();
        }
    }
}

impl Fingerprint {
    fn close(&mut self) {
        let link: [u8; 32] = std::mem::take(&mut self.block).finalize().into();
        self.block.update(link);
        self.links.push(link);
        self.in_block = 0;
    }

    /// The links of the chain; the last one is the fingerprint.
    pub fn finish(mut self) -> Vec<[u8; 32]> {
        if self.in_block > 0 || self.links.is_empty() {
            self.close();
        }
        self.links
    }
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { list: Vec::new(), index: std::collections::BTreeMap::new() };
        names.intern("-");
        names
    }
}

impl Names {
    /// The name for `text`, new if it was not there.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&at) = self.index.get(text) {
            return Name(at);
        }
        let at = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(text.to_owned());
        self.index.insert(text.to_owned(), at);
        Name(at)
    }

    /// The name for `text`, if the plan uses it.
    pub fn find(&self, text: &str) -> Option<Name> {
        self.index.get(text).copied().map(Name)
    }

    /// What a name stands for; `?` if it is no name of this plan.
    pub fn text(&self, name: Name) -> &str {
        self.list.get(name.0 as usize).map_or("?", String::as_str)
    }

    /// All names, in order.
    pub fn list(&self) -> &[String] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(n: u64) -> Vec<Entry> {
        (0..n).map(|i| Entry::new(SimTime::from_nanos(i), 0, Kind::Vital)).collect()
    }

    fn links(entries: &[Entry]) -> Vec<[u8; 32]> {
        let mut sink = Fingerprint::default();
        entries.iter().for_each(|e| sink.take(e));
        sink.finish()
    }

    #[test]
    fn one_changed_bit_changes_the_fingerprint() {
        let mut changed = entries(10);
        changed[3].value = -0.0;
        assert_ne!(links(&changed), links(&entries(10)));
    }

    #[test]
    fn a_change_shows_from_its_own_link_on() {
        let mut changed = entries(10_000);
        changed[5000].value = 1.0;
        let (a, b) = (links(&entries(10_000)), links(&changed));
        assert_eq!(a[0], b[0]);
        assert_ne!(a[1], b[1]);
        assert_ne!(a[2], b[2]);
    }

    #[test]
    fn a_name_is_interned_once() {
        let mut names = Names::default();
        assert_eq!(names.intern("pump"), names.intern("pump"));
        assert_eq!(names.text(Name(0)), "-");
    }
}
