//! The wearer pairs their devices anew, when the keys of their links end or before.

use super::Wearer;
use crate::bedside::Bedside;
use crate::node::{Node, Outbox, View};
use crate::people::Doing;
use crate::time::MINUTE;

/// After what time somebody who slept or was unconscious when they meant to see to their devices
/// thinks of it again [ns] [E].
const LATER_NS: u64 = 30 * MINUTE;

impl Wearer {
    /// Plans the renewal of keys that were made at `now`, if they are renewed in time at all.
    pub(super) fn plan_renewal(
        &mut self,
        node: &mut Node,
        now: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let after = view.plan.arm.key_life.and_then(|life| life.renewed_after_ns());
        if let Some(after) = after {
            self.renewal_at = now.saturating_add(after);
            self.later(node, self.renewal_at, Doing::Renew, view, out);
        }
    }

    /// It is time to pair anew, unless that was done since it was planned.
    pub(super) fn renew(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        if now != self.renewal_at {
            return;
        }
        if self.is_asleep(now) {
            self.renewal_at = now + LATER_NS;
            return self.later(node, self.renewal_at, Doing::Renew, view, out);
        }
        self.pair(node, now, view, out);
    }

    /// What somebody unconscious meant to do: their devices are seen to later, all else is not done.
    pub(super) fn put_off(
        &mut self,
        node: &mut Node,
        now: u64,
        doing: Doing,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let at = now + LATER_NS;
        match doing {
            Doing::Renew if now == self.renewal_at => self.renewal_at = at,
            Doing::Paired | Doing::ReadLog => {}
            _ => return,
        }
        self.later(node, at, doing, view, out);
    }

    /// The remote failed its wearer: it shows when its key has ended, and is paired anew.
    pub(super) fn see_to_remote(
        &self,
        node: &mut Node,
        now: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let remote = self.setup.wiring.remote;
        if remote.is_some_and(|remote| !node.is_paired(remote, now)) {
            self.pair(node, now, view, out);
        }
    }

    /// Begins to pair, which takes its key presses and its time.
    fn pair(&self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let verb = view.plan.setup.names.find("pairs-anew").unwrap_or_default();
        let (presses, seconds) = view.plan.arm.pairing;
        self.acted(node.id, now, verb, 0.0, view, out);
        self.spend(node.id, now, (presses, seconds), view, out);
        let done = now.saturating_add((seconds * 1e9) as u64);
        self.later(node, done, Doing::Paired, view, out);
    }

    pub(super) fn paired(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        node.pair(now, view.plan);
        self.plan_renewal(node, now, view, out);
    }
}
