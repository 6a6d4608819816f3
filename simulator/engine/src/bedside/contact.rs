//! What is stuck on a patient, and what becomes of it: a clip at the finger, electrodes on the chest.
//!
//! A finger that moves reads low for some seconds; electrodes and clip come off until somebody at the bed
//! puts them on again. Rates are the scenario's, lengths are estimates [E]. False and technical alarms
//! come of that. The clip's error is one of 1 % (models.md 3.3 [E]).
//!
//! Left out: low perfusion, cuffs that are moved, a cannula at the mouth that slips.

use crate::patient::normal_quantile;
use crate::people::Unrest;
use crate::seed::Keyed;

const SECOND: u64 = 1_000_000_000;
/// Names of draws.
const ERROR: u64 = 1;
const MOTION: u64 = 2;
const MOVED: u64 = 3;
const LOOSE: u64 = 4;
/// Standard deviation of the clip's error [%].
const ERROR_SD: f64 = 1.0;
/// How long a finger moves [s], and what the clip then reads [%] [E].
const MOTION_S: (f64, f64) = (5.0, 35.0);
const MOTION_SPO2: (f64, f64) = (70.0, 94.0);

/// Clip and electrodes of one patient.
pub(super) struct Contact {
    unrest: Unrest,
    luck: Keyed,
    /// Until when the finger moves [ns], and what is read of it [%].
    motion: (u64, f64),
    /// What came off: electrodes, or the clip.
    loose: [bool; 2],
}

impl Contact {
    pub(super) fn new(unrest: Unrest, luck: Keyed) -> Self {
        Self { unrest, luck, motion: (0, 0.0), loose: [false; 2] }
    }

    /// The second that ends `now` [ns]: fingers move, and what is stuck on comes off.
    pub(super) fn second(&mut self, now: u64) {
        let ordinal = now / SECOND;
        let draw = |which| self.luck.uniform(which, ordinal);
        if draw(MOTION) < self.unrest.motion_per_h / 3600.0 {
            let (shortest, longest) = MOTION_S;
            let seconds = shortest + (longest - shortest) * draw(MOVED);
            let (lowest, highest) = MOTION_SPO2;
            let read = lowest + (highest - lowest) * self.luck.uniform(MOVED, ordinal ^ 1 << 40);
            self.motion = (now + (seconds * 1e9) as u64, read);
        }
        for (which, loose) in self.loose.iter_mut().enumerate() {
            let draw = self.luck.uniform(LOOSE + which as u64, ordinal);
            *loose |= draw < self.unrest.loose_per_h / 3600.0;
        }
    }

    /// What the clip reads of a finger of this saturation [%]; nothing when it is off.
    pub(super) fn spo2(&self, now: u64, finger: f64) -> Option<f64> {
        let error = normal_quantile(self.luck.uniform(ERROR, now / SECOND)) * ERROR_SD;
        let read = if now < self.motion.0 { self.motion.1 } else { finger + error };
        let [_, is_off] = self.loose;
        (!is_off).then_some(libm::floor(read.clamp(0.0, 100.0) + 0.5))
    }

    /// What electrodes read of a heart at this rate [1/min]; nothing when they are off.
    pub(super) fn heart_rate(&self, rate_per_min: f64) -> Option<f64> {
        let [are_off, _] = self.loose;
        (!are_off).then_some(rate_per_min)
    }

    /// Somebody at the bed puts on again what came off.
    pub(super) fn put_on(&mut self) {
        self.loose = [false; 2];
    }
}
