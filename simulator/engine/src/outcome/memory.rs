//! What came of a device's memory in an adversary's hands.

use super::Outcome;
use crate::adversary::Act;
use crate::plan::Setup;
use crate::trace::{Entry, Name, Outcome as Decided};

/// Counts of one arm.
#[derive(Default)]
pub(super) struct Memory {
    /// How a trace says that a record was asked for, and that one was read by hand.
    get: Name,
    read: Name,
    believed: u64,
    disclosed: u64,
}

impl Memory {
    /// None where no step of an attack has a memory in hand.
    pub(super) fn of(setup: &Setup) -> Option<Self> {
        let is = |act: &Act| matches!(act, Act::ReadStorage { .. } | Act::WriteStorage { .. });
        let find = |word| setup.names.find(word).unwrap_or_default();
        let (get, read) = (find("storage.get"), find("read-storage"));
        setup.steps().any(|(_, step)| is(&step.act)).then_some(Self {
            get,
            read,
            ..Self::default()
        })
    }

    /// Whether a device was given a record as somebody altered it.
    pub(super) fn believed(&mut self, entry: &Entry) -> bool {
        let is_altered = entry.verb == self.get && entry.value > 0.0;
        let is_given = is_altered && entry.outcome == Decided::Permit;
        self.believed += u64::from(is_given);
        is_given
    }

    pub(super) fn disclosed(&mut self, entry: &Entry) {
        self.disclosed += u64::from(entry.verb == self.read);
    }

    pub(super) fn finish(self, out: &mut Outcome) {
        let counts = [("INT-2.believed", self.believed), ("CON-1.at_rest", self.disclosed)];
        out.metrics.extend(counts.map(|(id, count)| (id.to_owned(), count as f64)));
    }
}
