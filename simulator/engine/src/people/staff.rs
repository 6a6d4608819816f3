//! Staff of a ward: how many, whom they look after, how soon they come, and how alarms tire them.
//!
//! Sources: models.md 4.5 [E] for response times, load, fatigue and night. Response times include the way
//! to the bed. What a nurse draws is keyed by bed and minute, so that an attack that adds alarms
//! shifts no other draw.
//!
//! Left out: breaks, hand-over, who is whose nurse (anybody free comes), doctors, experience.

use crate::adversary::Spread;
use crate::trace::Name;

/// Who is on duty, and what they are like.
#[derive(Clone, Debug)]
pub struct StaffSetup {
    /// Their name in traces.
    pub name: Name,
    /// Their name as words, for streams.
    pub text: String,
    /// How many by day, and at night.
    pub nurses: [u16; 2],
    /// Time of day at the start [h].
    pub start_clock_h: f64,
    /// The bedsides that they look after, by entity.
    pub beds: Vec<u32>,
    /// What they are like.
    pub manner: Manner,
}

/// How staff answer alarms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// From an alarm to somebody at the bed [s], by priority: low, medium, high.
    pub response_s: [Spread; 3],
    /// Of that, the way to the bed [s].
    pub walk_s: Spread,
    /// How long they are at the bed of who is well [s].
    pub handle_s: Spread,
    /// Probability that an alarm at a bed is heard outside of its room.
    pub hears_bedside: f64,
    /// So many false alarms in a shift, and 63 % of alarms of medium priority are ignored.
    pub fatigue_alarms: f64,
}

impl Default for Manner {
    /// models.md 4.5; way, handling and what is heard through a door are estimates [E].
    fn default() -> Self {
        let response = |median| Spread::LogNormal(median, 0.8);
        Self {
            response_s: [response(600.0), response(180.0), response(60.0)],
            walk_s: Spread::LogNormal(20.0, 0.5),
            handle_s: Spread::LogNormal(60.0, 0.6),
            hears_bedside: 0.5,
            fatigue_alarms: 40.0,
        }
    }
}

/// At night everything takes longer (models.md 4.5).
const NIGHT: f64 = 1.3;
/// Night, by the hour of the day [E].
const NIGHT_H: (f64, f64) = (21.0, 7.0);
/// Each alarm per patient and hour makes answers slower by this part (models.md 4.5).
const LOAD: f64 = 0.02;
/// The most that is ignored (models.md 4.5).
const MOST_IGNORED: f64 = 0.95;
/// A shift [h] [E].
const SHIFT_H: f64 = 8.0;

impl StaffSetup {
    fn hour(&self, at_ns: u64) -> f64 {
        self.start_clock_h + at_ns as f64 / 3.6e12
    }

    /// Whether it is night.
    pub fn is_night(&self, at_ns: u64) -> bool {
        let hour = self.hour(at_ns) % 24.0;
        hour >= NIGHT_H.0 || hour < NIGHT_H.1
    }

    /// How many are on duty.
    pub fn on_duty(&self, at_ns: u64) -> usize {
        usize::from(self.nurses[usize::from(self.is_night(at_ns))])
    }

    /// Which shift it is, counted from midnight before the start.
    pub fn shift(&self, at_ns: u64) -> u64 {
        ((self.hour(at_ns) + 24.0 - NIGHT_H.1) / SHIFT_H) as u64
    }

    /// From an alarm of `priority` (1 to 3) to somebody at the bed [s], at quantile `u`, with so many
    /// alarms per patient in the last hour.
    pub fn response_s(&self, priority: u8, u: f64, alarms_per_h: f64, at_ns: u64) -> f64 {
        let which = usize::from(priority.clamp(1, 3)) - 1;
        let night = if self.is_night(at_ns) { NIGHT } else { 1.0 };
        self.manner.response_s[which].at(u) * (1.0 + LOAD * alarms_per_h) * night
    }

    /// Probability that an alarm of medium priority is ignored after so many false ones in the shift.
    pub fn ignores(&self, false_alarms: u32) -> f64 {
        let tired = 1.0 - libm::exp(-f64::from(false_alarms) / self.manner.fatigue_alarms);
        tired.min(MOST_IGNORED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff() -> StaffSetup {
        StaffSetup {
            name: Name(0),
            text: "ward".to_owned(),
            nurses: [3, 2],
            start_clock_h: 20.0,
            beds: vec![0, 1],
            manner: Manner::default(),
        }
    }

    const HOUR: u64 = 3_600_000_000_000;

    #[test]
    fn nights_have_fewer_nurses_who_take_longer() {
        let staff = staff();
        assert_eq!((staff.on_duty(0), staff.on_duty(HOUR), staff.on_duty(11 * HOUR)), (3, 2, 3));
        assert!((staff.response_s(3, 0.5, 0.0, 0) - 60.0).abs() < 1e-6);
        assert!((staff.response_s(3, 0.5, 0.0, HOUR) - 78.0).abs() < 1e-6);
    }

    #[test]
    fn many_alarms_make_answers_slower() {
        assert!((staff().response_s(2, 0.5, 10.0, 0) - 216.0).abs() < 1e-6);
    }

    #[test]
    fn false_alarms_tire_until_hardly_any_is_answered() {
        let staff = staff();
        assert_eq!(staff.ignores(0).to_bits(), 0f64.to_bits());
        assert!((staff.ignores(40) - 0.632).abs() < 0.001);
        assert_eq!(staff.ignores(1000).to_bits(), 0.95f64.to_bits());
    }

    #[test]
    fn a_shift_ends_at_seven_fifteen_and_twenty_three() {
        let staff = staff();
        assert_eq!(staff.shift(0), staff.shift(2 * HOUR));
        assert_ne!(staff.shift(2 * HOUR), staff.shift(3 * HOUR + 1));
    }
}
