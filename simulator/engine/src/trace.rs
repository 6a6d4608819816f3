//! What happened in a run, in order.
//!
//! An [`Entry`] is fixed-width with interned names. A [`Sink`] takes entries as they happen: a
//! study measures from them and stores none. The [`Fingerprint`] is a SHA-256 chain over the
//! entries, linked every 4,096 of them, so that equal runs are recognised by 32 bytes and a changed
//! file by the first block that differs.

use crate::tap::OnWire;
use crate::time::SimTime;

mod chain;
mod names;
mod record;

pub use chain::{Fingerprint, LINK};
pub use names::{Name, Names};
pub use record::ENTRY_LEN;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Kind {
    /// A device asked to begin `verb` that came by channel `object`; `value` tells its arguments
    /// apart.
    Command = 1,
    /// A device asked for a capability: `verb` on `object`; `value` 1 for a record that somebody altered
    /// by hand.
    Call = 2,
    /// A frame from `subject` to `object` left, was lost, or arrived (`verb`).
    Frame = 3,
    /// A port of a device took `value`.
    Actuate = 4,
    /// Insulin that reached the patient in the last step [U]; with an adversary's origin, the part
    /// of it that nobody with a right to it ordered.
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
    /// The adversary tried a step, learned something, or kept a frame back (`verb`).
    Attack = 12,
    /// A record became known to whom it should not: `object`.
    Disclosure = 13,
    /// A key press count (`value`) or seconds spent by a person on `verb`.
    Effort = 14,
    /// A therapy fell due (`value` in the port's unit).
    Due = 15,
    /// A patient left the model's domain of validity.
    Outside = 16,
    /// Somebody outside the world did `verb` with `value` at the bedside of `subject`.
    Input = 17,
    /// Somebody asked device `subject` to let them in as account `object`, or broke the glass
    /// (`verb`); `value`: how long a person has waited for it [s].
    Login = 18,
    /// What link `subject` did (`verb`) with a frame to `object`; `value`: how long it took [ms]. Of links
    /// that have a rate.
    Link = 30,
    /// What the clock of `subject` is ahead (`value`) [s] when it was set or would have been (`verb`).
    Clock = 31,
}

/// Who made something happen: ground truth, stamped by the world and unknown to devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
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
}

/// Takes the entries of a run as they happen.
pub trait Sink {
    /// Whether entries are wanted at all; a world whose sink wants none builds none.
    const WANTED: bool = true;

    /// Takes the next entry.
    fn take(&mut self, entry: &Entry);

    /// Whether frames on links are wanted too.
    fn taps(&self) -> bool {
        false
    }

    /// Takes a frame as it was on a link; they come in the order in which they came to links.
    fn tap(&mut self, _frame: OnWire) {}
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

    fn taps(&self) -> bool {
        self.0.taps() || self.1.taps()
    }

    fn tap(&mut self, frame: OnWire) {
        match (self.0.taps(), self.1.taps()) {
            (true, true) => {
                self.0.tap(frame.clone());
                self.1.tap(frame);
            }
            (true, false) => self.0.tap(frame),
            (false, _) => self.1.tap(frame),
        }
    }
}

impl<S: Sink> Sink for Option<S> {
    const WANTED: bool = S::WANTED;
    fn take(&mut self, entry: &Entry) {
        if let Some(sink) = self {
            sink.take(entry);
        }
    }

    fn taps(&self) -> bool {
        self.as_ref().is_some_and(Sink::taps)
    }

    fn tap(&mut self, frame: OnWire) {
        if let Some(sink) = self {
            sink.tap(frame);
        }
    }
}

impl<S: Sink> Sink for &mut S {
    const WANTED: bool = S::WANTED;
    fn take(&mut self, entry: &Entry) {
        (**self).take(entry);
    }

    fn taps(&self) -> bool {
        (**self).taps()
    }

    fn tap(&mut self, frame: OnWire) {
        (**self).tap(frame);
    }
}
