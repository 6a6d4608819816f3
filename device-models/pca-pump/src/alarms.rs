//! Alarms with their priorities (models.md 3.5), each raised once while it holds.

use medtwin_infusion::{TROUBLES, Troubles, Watch};
use medtwin_sdk::{Priority, alarm};

// Those of the sensors are the first, by the number of their trouble.
pub(crate) const SELF_TEST: u32 = 11;
pub(crate) const MAX_DOSE: u32 = 12;
pub(crate) const HARD: u32 = 13;
pub(crate) const SOFT: u32 = 14;
pub(crate) const UNKNOWN: u32 = 15;
pub(crate) const RESTARTED: u32 = 16;
pub(crate) const INTERLOCK: u32 = 17;
pub(crate) const LIBRARY: u32 = 18;

/// What is raised.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alarms(u32);

impl Alarms {
    pub(crate) fn holds(&mut self, which: u32, holds: bool, priority: Priority) {
        let bit = 1 << which;
        if holds && self.0 & bit == 0 {
            self.0 |= bit;
            let _ = alarm::raise(which, priority);
        } else if !holds && self.0 & bit != 0 {
            self.0 &= !bit;
            let _ = alarm::clear(which);
        }
    }

    /// What is wrong with line, reservoir, motor and power.
    pub(crate) fn trouble(&mut self, watch: &Watch, wrong: Troubles) {
        for trouble in TROUBLES {
            self.holds(trouble as u32, watch.holds(trouble, wrong), trouble.priority());
        }
    }
}
