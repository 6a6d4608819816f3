//! How long people waited at locked panels, and what was done behind broken glass.

use std::collections::BTreeMap;

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
    /// Who is kept out of which device since when [s].
    since_s: BTreeMap<Name, f64>,
    broken: u64,
    /// Broken by who will never say why: people do.
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
        let is_in = entry.outcome == Decided::Permit;
        match entry.origin {
            Origin::Person => self.person(entry, is_in),
            _ if is_in && entry.verb == self.break_glass => self.owed += 1,
            _ => {}
        }
        self.broken += u64::from(is_in && entry.verb == self.break_glass);
    }

    /// A person waits from when they wanted a key until they are let in, which may be never.
    fn person(&mut self, entry: &Entry, is_in: bool) {
        self.waited_s = self.waited_s.max(entry.value);
        let at_s = entry.at.as_nanos() as f64 / 1e9;
        if is_in {
            self.since_s.remove(&entry.subject);
        } else {
            self.since_s.entry(entry.subject).or_insert(at_s - entry.value);
        }
    }

    pub(super) fn finish(self, out: &mut Outcome, horizon_s: f64) {
        let open = self.since_s.values().map(|since| horizon_s - since);
        let waited_s = open.fold(self.waited_s, f64::max);
        let all = [
            ("AVL-4.wait_s", waited_s),
            ("INT-1.bg", self.broken as f64),
            ("INT-1.bg_owed", self.owed as f64),
        ];
        let all = all.into_iter().filter(|_| self.any);
        out.metrics.extend(all.map(|(id, value)| (id.to_owned(), value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimTime;
    use crate::trace::Kind;

    fn waited_s(entries: &[(f64, f64, Decided)], horizon_s: f64) -> f64 {
        let mut logins = Logins { any: true, ..Logins::default() };
        for &(at_s, value, outcome) in entries {
            let at = SimTime::from_nanos((at_s * 1e9) as u64);
            let (origin, entry) = (Origin::Person, Entry::new(at, 0, Kind::Login));
            logins.take(&Entry { value, outcome, origin, ..entry });
        }
        let mut out = Outcome::default();
        logins.finish(&mut out, horizon_s);
        out.metrics["AVL-4.wait_s"]
    }

    #[test]
    fn who_is_never_let_in_waits_to_the_end() {
        let (permit, forbid) = (Decided::Permit, Decided::Forbid);
        for (entries, waited) in [
            (&[(105.0, 5.0, permit)][..], 5.0),
            (&[(105.0, 5.0, forbid), (200.0, 100.0, permit)], 100.0),
            (&[(105.0, 5.0, forbid)], 900.0),
            (&[], 0.0),
        ] {
            assert!((waited_s(entries, 1000.0) - waited).abs() < 1e-9, "{entries:?}");
        }
    }
}
