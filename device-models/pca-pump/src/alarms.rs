//! Alarms with their priorities (models.md 3.5), each raised once while it holds.

use medtwin_infusion::Trouble;
use medtwin_sdk::{Priority, alarm};

pub(crate) const MAX_DOSE: u32 = 7;
pub(crate) const HARD: u32 = 8;
pub(crate) const SOFT: u32 = 9;
pub(crate) const UNKNOWN: u32 = 10;
pub(crate) const RESTARTED: u32 = 11;
pub(crate) const INTERLOCK: u32 = 12;
pub(crate) const LIBRARY: u32 = 13;

/// Each trouble's alarm and priority.
const TROUBLES: [(Trouble, u32, Priority); 7] = [
    (Trouble::Occluded, 0, Priority::Medium),
    (Trouble::Air, 1, Priority::Medium),
    (Trouble::Empty, 2, Priority::Medium),
    (Trouble::Low, 3, Priority::Low),
    (Trouble::Door, 4, Priority::Medium),
    (Trouble::Over, 5, Priority::High),
    (Trouble::Under, 6, Priority::Low),
];

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

    /// What is wrong with line, reservoir and motor; too much and too little stay until the next look
    /// at the motor, the others as long as they hold.
    pub(crate) fn trouble(&mut self, found: Option<Trouble>) {
        for (trouble, which, priority) in TROUBLES {
            let is_of_motor = matches!(trouble, Trouble::Over | Trouble::Under);
            let holds = found == Some(trouble) || is_of_motor && self.0 & (1 << which) != 0;
            self.holds(which, holds, priority);
        }
    }
}
