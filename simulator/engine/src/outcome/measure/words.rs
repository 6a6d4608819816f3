//! The words of a trace that a measure knows.

use crate::plan::Setup;
use crate::trace::Name;

#[derive(Clone, Copy, Default)]
pub(super) struct Words {
    pub(super) glucose: Name,
    pub(super) plasma_insulin: Name,
    pub(super) set: Name,
    pub(super) silent: Name,
    pub(super) receive: Name,
    pub(super) bolus: Name,
    pub(super) presses: Name,
    pub(super) noticed: Name,
    pub(super) resume: Name,
    pub(super) finds_ill: Name,
    pub(super) attempt: Name,
    pub(super) learned: Name,
    pub(super) down: Name,
    pub(super) fail_safe: Name,
    pub(super) replaced: Name,
    pub(super) rebooted: Name,
    pub(super) updated: Name,
    pub(super) rolled_back: Name,
    pub(super) boot_failed: Name,
    pub(super) power_lost: Name,
    pub(super) planted: Name,
    pub(super) not_lent: Name,
    pub(super) sent: Name,
    pub(super) dropped: Name,
    pub(super) delayed: Name,
}

impl Words {
    pub(super) fn of(setup: &Setup) -> Self {
        let find = |text| setup.names.find(text).unwrap_or_default();
        Self {
            glucose: find("glucose"),
            plasma_insulin: find("plasma-insulin"),
            set: find("actuator.set"),
            silent: find("silent"),
            receive: find("receive"),
            bolus: find("bolus"),
            presses: find("key-presses"),
            noticed: find("noticed"),
            resume: find("resume"),
            finds_ill: find("finds-ill"),
            attempt: find("attempt"),
            learned: find("learned"),
            down: find("down"),
            fail_safe: find("fail-safe"),
            replaced: find("replaced"),
            rebooted: find("rebooted"),
            updated: find("updated"),
            rolled_back: find("rolled-back"),
            boot_failed: find("boot-failed"),
            power_lost: find("power-lost"),
            planted: find("planted"),
            not_lent: find("not-lent"),
            sent: find("sent"),
            dropped: find("dropped"),
            delayed: find("delayed"),
        }
    }

    /// From this moment on nothing runs in a device.
    pub(super) fn stops(&self, verb: Name) -> bool {
        let stops = [self.down, self.power_lost, self.boot_failed, self.rolled_back];
        stops.contains(&verb) || verb == self.fail_safe
    }

    /// From this moment on something does.
    pub(super) fn starts(&self, verb: Name) -> bool {
        [self.rebooted, self.updated, self.replaced].contains(&verb)
    }
}
