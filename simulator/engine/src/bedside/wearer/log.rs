//! The pump's log, read by who wears it: doses that they did not give are noticed then.
//!
//! A log is the device's own word: software that somebody put in its place writes what it likes.
//!
//! Left out: a log that somebody clears, a clinic that reads it, and what a wearer misremembers.

use super::Wearer;
use crate::bedside::Bedside;
use crate::node::{Node, Outbox, View};
use crate::people::Doing;
use crate::time::MINUTE;

/// More than this beyond what they dosed is no rounding [U] [E].
const ROUNDING_U: f64 = 0.5;
const DAY: u64 = 24 * 60 * MINUTE;

/// What a wearer knows when they read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Read {
    /// What they dosed since they read last [U].
    dosed_u: f64,
    /// When that was [ns].
    since: u64,
}

impl Read {
    pub(super) fn dosed(&mut self, units: f64) {
        self.dosed_u += units;
    }
}

impl Wearer {
    /// The next time after `now` at which the wearer reads.
    pub(super) fn reads_log_next(
        &self,
        node: &mut Node,
        now: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(hour) = self.setup.habits.reads_log_h else { return };
        let first_h = (hour - self.setup.start_clock_h).rem_euclid(24.0);
        let first = (first_h * 60.0 * MINUTE as f64) as u64;
        let days = (now + 1).saturating_sub(first).div_ceil(DAY);
        self.later(node, first + days * DAY, Doing::ReadLog, view, out);
    }

    /// The wearer compares the boluses that the pump tells of with those that they gave.
    pub(super) fn read_log(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let pump = self.setup.wiring.pump;
        let desk = pump.and_then(|pump| node.units[pump].desk());
        let told_u = desk.map_or(0.0, |desk| desk.lines.boluses_u(self.log.since));
        self.told(node.id, now, "reads-log", view, out);
        if told_u > self.log.dosed_u + ROUNDING_U {
            self.acted(node.id, now, self.words.noticed, told_u - self.log.dosed_u, view, out);
        }
        self.log = Read { dosed_u: 0.0, since: now };
        self.reads_log_next(node, now, view, out);
    }
}
