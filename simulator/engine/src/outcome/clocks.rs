//! How far clocks were off: INT-6.

use std::collections::BTreeMap;

use super::Outcome;
use crate::plan::Setup;
use crate::trace::{Entry, Name};

/// The most of one arm, by device [s].
#[derive(Default)]
pub(super) struct Clocks(BTreeMap<Name, f64>);

impl Clocks {
    /// Takes what a clock said; whether somebody has set it wrong.
    pub(super) fn take(&mut self, entry: &Entry) -> bool {
        let most = self.0.entry(entry.subject).or_default();
        *most = most.max(entry.value.abs());
        entry.value.abs() >= 1.0
    }

    pub(super) fn finish(self, out: &mut Outcome, setup: &Setup) {
        let of = |(device, most)| (format!("INT-6.offset_s.{}", setup.names.text(device)), most);
        out.metrics.extend(self.0.into_iter().map(of));
    }
}
