//! What a device under a policy has besides the effects of an event: its ports, records, keys,
//! budgets, and the names by which they appear in the trace.

use std::collections::VecDeque;
use std::sync::Arc;

use super::command::Begun;
use super::{Hand, Standing, pick};
use crate::dose::{DoseLimits, Prescription};
use crate::firmware;
use crate::manifest::Manifest;
use crate::rules::DeviceRules;
use crate::seed::Stream;
use crate::storage::Storage;
use crate::time::SimTime;
use crate::trace::{Entry, Kind, NO_RULE, Name, Outcome};

/// The names by which a device's ports appear in the trace.
#[derive(Clone, Debug, Default)]
pub struct PortNames {
    pub(crate) device: Name,
    pub(crate) sensors: Vec<Name>,
    pub(crate) actuators: Vec<Name>,
    pub(crate) peers: Vec<Name>,
    pub(crate) alarms: Vec<Name>,
    pub(crate) fields: Vec<Name>,
    pub(crate) keys: Vec<Name>,
    pub(crate) verbs: Vec<Name>,
    pub(crate) channels: Vec<Name>,
    pub(crate) words: Words,
}

/// The verbs of capabilities, as names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words {
    pub(crate) clock: Name,
    pub(crate) timer: Name,
    pub(crate) send: Name,
    pub(crate) receive: Name,
    pub(crate) read: Name,
    pub(crate) set: Name,
    pub(crate) silent: Name,
    pub(crate) raise: Name,
    pub(crate) show: Name,
    /// get, put, delete
    pub(crate) storage: [Name; 3],
    /// sign, verify, seal, open
    pub(crate) vault: [Name; 4],
    /// stage, activate
    pub(crate) update: [Name; 2],
    pub(crate) random: Name,
    pub(crate) log: Name,
}

/// What a device under a policy has besides its effects. Boxed: a native device of a bench has none.
pub(crate) struct Desk {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) names: Arc<PortNames>,
    pub(crate) rules: Arc<DeviceRules>,
    pub(crate) entity: u32,
    pub(crate) sensors: Vec<Option<f64>>,
    pub(crate) shown: Vec<f64>,
    pub(crate) dose: DoseLimits,
    pub(crate) keys: Vec<VaultKey>,
    /// Tells what it seals from what others seal with the same key.
    pub(crate) sealer: u32,
    /// How often it sealed.
    pub(crate) sealed: u64,
    pub(crate) storage: Storage,
    pub(crate) random: Option<Stream>,
    /// What was prescribed for the patient.
    pub(crate) prescription: Prescription,
    pub(crate) begun: Option<Begun>,
    pub(crate) standing: Standing,
    /// A command was asked for in this event.
    pub(crate) asked: bool,
    /// Commands by peers within the hour: whose, and when.
    pub(crate) commands: Vec<(usize, u64)>,
    pub(crate) wakes: Budget,
    pub(crate) frames: Budget,
    pub(crate) log: Budget,
    /// What it logged last, for people who read it.
    pub(crate) lines: LogLines,
    pub(crate) slots: Slots,
}

/// What an update processor has in hand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slots {
    /// What its host measured when it last started the device; none if it holds no slots.
    pub(crate) measured: Option<firmware::Measured>,
    /// The lowest version that may be started.
    pub(crate) floor: u32,
    /// No image can be taken.
    pub(crate) closed: bool,
    pub(crate) staged: Option<firmware::Read>,
}

/// A key of a device's vault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VaultKey {
    pub(crate) secret: [u8; 32],
    pub(crate) what_for: KeyUse,
}

/// What a key is for: one key, one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// What the product does with it.
    Product,
    /// To quote what was measured.
    Quoting,
    /// To check the quotes of a peer.
    Checking,
}

/// The last lines of a device's log, each with when it was written [ns]. Older ones are gone, as in a
/// pump's history.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogLines(VecDeque<(u64, String)>);

impl LogLines {
    const MOST: usize = 256;

    pub(super) fn push(&mut self, now: u64, line: &str) {
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((now, line.to_owned()));
    }

    /// The units of the boluses that it tells of since `since` [U], by lines that begin with `bolus`
    /// and a number.
    pub(crate) fn boluses_u(&self, since: u64) -> f64 {
        let units =
            |line: &str| line.strip_prefix("bolus ")?.split(' ').next()?.parse::<f64>().ok();
        let new = self.0.iter().filter(|(at, _)| *at >= since);
        let told =
            new.filter_map(|(_, line)| units(line)).filter(|units| (0.0..=1e6).contains(units));
        told.fold(0.0, |sum, units| sum + units)
    }
}

/// A budget that refills at the start of each window.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    window: u64,
    spent: u64,
}

impl Budget {
    pub(super) fn spend(&mut self, now: u64, window_ns: u64, amount: u64, most: u64) -> bool {
        let window = now / window_ns;
        if window != self.window {
            *self = Self { window, spent: 0 };
        }
        let fits = self.spent.saturating_add(amount) <= most;
        if fits {
            self.spent += amount;
        }
        fits
    }
}

impl Desk {
    /// The oldest version that is not older than what was started, or than the rollback floor.
    pub(super) fn oldest_version(&self) -> u32 {
        let runs = self.slots.measured.map_or(0, |measured| measured.version);
        let minds_floor = self.rules.controls.firmware().rollback_floor;
        if minds_floor { runs.max(self.slots.floor) } else { runs }
    }

    pub(crate) fn entry(&self, now: u64, hand: &Hand, kind: Kind) -> Entry {
        Entry {
            cause: hand.cause,
            subject: self.names.device,
            origin: hand.origin,
            step: hand.step,
            ..Entry::new(SimTime::from_nanos(now), self.entity, kind)
        }
    }

    /// The entry that says that a limit brought `port` to `value`.
    pub(crate) fn limited(
        &self,
        now: u64,
        hand: &Hand,
        (port, value): (u32, f64),
        limit: usize,
    ) -> Entry {
        Entry {
            object: pick(&self.names.actuators, port as usize),
            verb: self.names.words.set,
            value,
            outcome: Outcome::Limit,
            rule: self.rules.limit_rules.get(limit).copied().unwrap_or(NO_RULE),
            ..self.entry(now, hand, Kind::Actuate)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_boluses_since_it_was_read_and_nothing_that_is_no_amount() {
        let mut lines = LogLines::default();
        for (at, line) in [(1, "bolus 4.50 U at the panel"), (2, "suspend"), (3, "bolus 1.00 U")] {
            lines.push(at, line);
        }
        assert_eq!(lines.boluses_u(0).to_bits(), 5.5_f64.to_bits());
        assert_eq!(lines.boluses_u(2).to_bits(), 1.0_f64.to_bits());
        for line in ["bolus -9 U", "bolus NaN", "bolus inf U", "bolus", "bolus  3", "\u{0}bolus 3"]
        {
            lines.push(4, line);
        }
        assert_eq!(lines.boluses_u(2).to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn the_oldest_of_257_lines_is_gone() {
        let mut lines = LogLines::default();
        (0..257).for_each(|at| lines.push(at, "bolus 1 U"));
        assert_eq!(lines.boluses_u(0).to_bits(), 256.0_f64.to_bits());
    }
}
