//! What a pump's sensors say of its line, its reservoir and its motor.
//!
//! | alarm | rule |
//! |---|---|
//! | occlusion | 517 mmHg (10 psi) |
//! | air in line | a bubble of 50 uL, or 1 mL within 15 min [E] |
//! | empty | less than 0.5 mL; low: less than 1 mL |
//! | free flow, over-infusion | more than was asked for by 0.5 mL/h over 5 min, in a bolus by 10 % over 1 min |
//! | under-infusion | less by as much; not while the plunger begins |
//!
//! Left out: the upstream sensor, voltages, overheating, the self tests of memory.

const OCCLUDED_MMHG: f64 = 517.0;
const BUBBLE_UL: f64 = 50.0;
const AIR_UL: f64 = 1000.0;
const AIR_WINDOW_US: u64 = 900_000_000;
const EMPTY_ML: f64 = 0.5;
const LOW_ML: f64 = 1.0;
const BASAL_TOLERANCE_ML_PER_H: f64 = 0.5;
const BASAL_WINDOW_US: u64 = 300_000_000;

/// What sensors read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Senses {
    /// Pressure in the line [mmHg].
    pub pressure_mmhg: f64,
    /// Air that passed so far [uL].
    pub air_ul: f64,
    /// What is left [mL].
    pub left_ml: f64,
    /// What the motor gave so far [mL].
    pub given_ml: f64,
    /// The door is open.
    pub is_open: bool,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The line is shut: stop.
    Occluded,
    /// Air in the line: stop.
    Air,
    /// Nothing is left: stop.
    Empty,
    /// The door is open: stop.
    Door,
    /// Too much was given: keep the vein open.
    Over,
    /// Little is left: keep the vein open.
    Low,
    /// Too little was given: go on.
    Under,
}

impl Trouble {
    /// Whether the pump must not turn.
    pub const fn stops(self) -> bool {
        matches!(self, Self::Occluded | Self::Air | Self::Empty | Self::Door)
    }
}

/// Watches over time.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    bubble_ul: f64,
    air_ul: f64,
    window: (u64, f64),
    /// When the check of the motor began, with what was given and what had been asked for [mL].
    motor: Option<(u64, f64, f64)>,
    asked_ml: f64,
    since_us: u64,
}

impl Watch {
    /// What was asked for since the last look [mL/h].
    pub fn asked(&mut self, now_us: u64, ml_per_h: f64) {
        let hours = now_us.saturating_sub(self.since_us) as f64 / 3.6e9;
        self.asked_ml += ml_per_h * hours;
        self.since_us = now_us;
    }

    /// What is wrong, the worst first.
    pub fn look(&mut self, now_us: u64, s: &Senses) -> Option<Trouble> {
        let new_ul = (s.air_ul - self.air_ul).max(0.0);
        self.air_ul = s.air_ul;
        self.bubble_ul = if new_ul > 0.0 { self.bubble_ul + new_ul } else { 0.0 };
        if now_us.saturating_sub(self.window.0) >= AIR_WINDOW_US {
            self.window = (now_us, 0.0);
        }
        self.window.1 += new_ul;
        let motor = self.motor(now_us, s);
        let stops = [
            (s.is_open, Trouble::Door),
            (s.pressure_mmhg >= OCCLUDED_MMHG, Trouble::Occluded),
            (self.bubble_ul >= BUBBLE_UL || self.window.1 >= AIR_UL, Trouble::Air),
            (s.left_ml < EMPTY_ML, Trouble::Empty),
            (motor == Some(Trouble::Over), Trouble::Over),
            (s.left_ml < LOW_ML, Trouble::Low),
            (motor == Some(Trouble::Under), Trouble::Under),
        ];
        stops.into_iter().find(|(holds, _)| *holds).map(|(_, trouble)| trouble)
    }

    /// Compares what the motor gave with what it was asked for, over five minutes.
    fn motor(&mut self, now_us: u64, s: &Senses) -> Option<Trouble> {
        let (from, given, asked) = *self.motor.get_or_insert((now_us, s.given_ml, self.asked_ml));
        let past_us = now_us.saturating_sub(from);
        if past_us < BASAL_WINDOW_US {
            return None;
        }
        self.motor = Some((now_us, s.given_ml, self.asked_ml));
        let hours = past_us as f64 / 3.6e9;
        let more_ml = (s.given_ml - given) - (self.asked_ml - asked);
        // A step of the plunger, and a tenth of what was asked for, are no error.
        let slack_ml = BASAL_TOLERANCE_ML_PER_H * hours + 0.006 + 0.1 * (self.asked_ml - asked);
        match more_ml {
            more if more > slack_ml => Some(Trouble::Over),
            more if more < -slack_ml - 0.6 => Some(Trouble::Under),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;
    const FULL: Senses =
        Senses { pressure_mmhg: 10.0, air_ul: 0.0, left_ml: 30.0, given_ml: 0.0, is_open: false };

    #[test]
    fn each_sensor_has_its_threshold() {
        let look = |change: fn(&mut Senses)| {
            let mut senses = FULL;
            change(&mut senses);
            Watch::default().look(S, &senses)
        };
        assert_eq!(look(|_| {}), None);
        assert_eq!(look(|s| s.pressure_mmhg = 516.0), None);
        assert_eq!(look(|s| s.pressure_mmhg = 517.0), Some(Trouble::Occluded));
        assert_eq!(look(|s| s.air_ul = 49.0), None);
        assert_eq!(look(|s| s.air_ul = 50.0), Some(Trouble::Air));
        assert_eq!(look(|s| s.left_ml = 0.9), Some(Trouble::Low));
        assert_eq!(look(|s| s.left_ml = 0.4), Some(Trouble::Empty));
        assert_eq!(look(|s| s.is_open = true), Some(Trouble::Door));
    }

    #[test]
    fn small_bubbles_add_up_to_an_alarm() {
        let mut watch = Watch::default();
        let mut air_ul = 0.0;
        let at = (1..200).find(|i| {
            let bubble = if i % 2 == 0 { 40.0 } else { 0.0 };
            air_ul += bubble;
            watch.look(i * S, &Senses { air_ul, ..FULL }) == Some(Trouble::Air)
        });
        assert_eq!(at, Some(50), "25 bubbles of 40 uL");
    }

    #[test]
    fn a_motor_that_gives_twice_what_is_asked_is_noticed_within_five_minutes() {
        let mut watch = Watch::default();
        let mut given_ml = 0.0;
        let at = (0..600).step_by(10).find(|s| {
            watch.asked(s * S, 10.0);
            given_ml += 20.0 / 360.0;
            watch.look(s * S, &Senses { given_ml, ..FULL }) == Some(Trouble::Over)
        });
        assert_eq!(at, Some(300));
    }

    #[test]
    fn a_motor_that_does_as_asked_is_let_alone() {
        let mut watch = Watch::default();
        for s in (0..36_000).step_by(10) {
            watch.asked(s * S, 1.0);
            let steps = (s as f64 / 3600.0 / 0.005).floor();
            assert_eq!(watch.look(s * S, &Senses { given_ml: steps * 0.005, ..FULL }), None);
        }
    }
}
