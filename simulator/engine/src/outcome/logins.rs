//! How long people waited at locked panels, and what was done behind broken glass.

use super::Outcome;
use crate::plan::Setup;
use crate::trace::{Entry, Name, Origin, Outcome as Decided};

/// Logins of a run.
#[derive(Default)]
pub(super) struct Logins {
    break_glass: Name,
    /// Some device has accounts.
    any: bool,
    waited_s: f64,
    broken: u64,
    owed: u64,
}

impl Logins {
    pub(super) fn of(setup: &Setup) -> Self {
        let mut devices = setup.nodes.iter().flat_map(|node| &node.devices);
        let any = devices.any(|device| !device.accounts.is_empty());
        let break_glass = setup.names.find("break-glass").unwrap_or_default();
        Self { any, break_glass, ..Self::default() }
    }

    /// Somebody asked to be let in.
    pub(super) fn take(&mut self, entry: &Entry) {
        if entry.outcome != Decided::Permit {
            return;
        }
        if entry.origin == Origin::Person {
            self.waited_s = self.waited_s.max(entry.value);
        }
        if entry.verb == self.break_glass {
            self.broken += 1;
            self.owed += 1;
        }
    }

    /// Somebody wrote down why.
    pub(super) fn justified(&mut self) {
        self.owed = self.owed.saturating_sub(1);
    }

    pub(super) fn finish(self, out: &mut Outcome) {
        let all = [
            ("AVL-4.wait_s", self.waited_s),
            ("INT-1.bg", self.broken as f64),
            ("INT-1.bg_owed", self.owed as f64),
        ];
        let all = all.into_iter().filter(|_| self.any);
        out.metrics.extend(all.map(|(id, value)| (id.to_owned(), value)));
    }
}
