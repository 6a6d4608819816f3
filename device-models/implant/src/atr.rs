//! Atrial tachycardia response: an atrium faster than the upper rate is counted, and after a while no
//! longer followed.
//!
//! The specification leaves the detector open; this one is models.md 2.4.3 [E]: each atrial cycle shorter
//! than the upper rate's interval counts one up, each other one down, from 0 to 8. A ventricular cycle
//! without any atrial sense counts down as well, so that an atrium that stopped ends it.

use crate::pacer::Marker;
use crate::settings::interval_ms;

const FULL: u8 = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Sinus,
    /// Fast for so many ventricular events.
    Duration(i64),
    /// Not followed since, at a rate that falls from this, over this time.
    Fallback { since: i64, from_ppm: f64, over_ms: i64 },
}

/// The detector, and what it led to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Atr {
    count: u8,
    last: Option<i64>,
    sensed: bool,
    state: State,
}

impl Atr {
    pub(crate) fn falls_back(&self) -> bool {
        matches!(self.state, State::Fallback { .. })
    }

    /// An atrial sense that was not blanked.
    pub(crate) fn sense(&mut self, now: i64, upper_ms: i64) -> Option<Marker> {
        let cycle = self.last.replace(now).map(|last| now - last);
        self.sensed = true;
        self.count = match cycle {
            None => self.count,
            Some(cycle) if cycle < upper_ms => (self.count + 1).min(FULL),
            Some(_) => self.count.saturating_sub(1),
        };
        let begins = self.count == FULL && self.state == State::Sinus;
        begins.then(|| {
            self.state = State::Duration(0);
            Marker::AtrDur
        })
    }

    /// A ventricular event after `cycle` ms.
    pub(crate) fn event(
        &mut self,
        now: i64,
        cycle: i64,
        duration: i64,
        over_ms: i64,
    ) -> Option<Marker> {
        if !std::mem::take(&mut self.sensed) {
            self.count = self.count.saturating_sub(1);
        }
        if self.count == 0 && self.state != State::Sinus {
            self.state = State::Sinus;
            return Some(Marker::AtrEnd);
        }
        let State::Duration(events) = self.state else { return None };
        if events + 1 < duration {
            self.state = State::Duration(events + 1);
            return None;
        }
        let from_ppm = 60_000.0 / cycle.max(1) as f64;
        self.state = State::Fallback { since: now, from_ppm, over_ms };
        Some(Marker::AtrFb)
    }

    /// The rate of the ventricle while the atrium is not followed [1/min].
    pub(crate) fn fallback_ppm(&self, now: i64, lower_ppm: f64) -> Option<f64> {
        let State::Fallback { since, from_ppm, over_ms } = self.state else { return None };
        let share = ((now - since) as f64 / over_ms.max(1) as f64).min(1.0);
        let rate = from_ppm + (lower_ppm - from_ppm) * share;
        Some(rate.max(lower_ppm).min(60_000.0 / interval_ms(175.0) as f64))
    }
}
