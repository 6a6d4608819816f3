//! What the motor gave by now [mL].
//!
//! Its encoder counts whole steps of the plunger and is read once a second: at 100 mL/h that is up to
//! 33 uL late, more than a limit may be passed by. Between two readings the volume goes on with the
//! flow that was asked for, never below the encoder and never further ahead of it than a step and a
//! second. So a dose, or the room of an hour, ends within a step, and a motor that stands is not
//! taken to turn.

/// One turn of the screw [mL].
const STEP_ML: f64 = 0.005;
const SECOND_H: f64 = 1.0 / 3600.0;
const US_PER_H: f64 = 3.6e9;

/// The volume between two readings.
#[derive(Clone, Debug, Default)]
pub struct Motor {
    ml: f64,
    at_us: u64,
    is_behind: bool,
}

impl Motor {
    /// What it gave until now, of which the encoder says `encoder_ml`, when it was asked for
    /// `flow_ml_per_h` since the last call.
    pub fn by_now(&mut self, now_us: u64, flow_ml_per_h: f64, encoder_ml: f64) -> f64 {
        let hours = now_us.saturating_sub(self.at_us) as f64 / US_PER_H;
        let turned_ml = self.ml + flow_ml_per_h * hours;
        let most_ml = encoder_ml + STEP_ML + flow_ml_per_h * SECOND_H;
        self.is_behind = turned_ml > most_ml + 1e-9;
        self.ml = turned_ml.min(most_ml).max(encoder_ml).max(self.ml);
        self.at_us = now_us;
        self.ml
    }

    /// The encoder did not confirm what was asked for: the motor starts, or stands.
    pub const fn is_behind(&self) -> bool {
        self.is_behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;

    #[test]
    fn between_two_readings_it_goes_on() {
        let mut motor = Motor::default();
        let half_second_ml = 36.0 * SECOND_H / 2.0;
        assert!((motor.by_now(S / 2, 36.0, 0.0) - half_second_ml).abs() < 1e-12);
        assert!((motor.by_now(S, 36.0, 0.01) - 0.01).abs() < 1e-12);
        assert!(!motor.is_behind());
    }

    #[test]
    fn a_motor_that_stands_is_not_taken_to_turn() {
        let mut motor = Motor::default();
        let ml = motor.by_now(60 * S, 36.0, 0.0);
        assert!((ml - 0.015).abs() < 1e-12 && motor.is_behind(), "{ml}");
        assert!(motor.by_now(61 * S, 0.0, 0.0) >= ml, "nothing that was given is taken back");
    }
}
