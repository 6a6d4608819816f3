//! The clock of a drill: how fast simulated time passes for people.
//!
//! The clock is outside the world. The same inputs at the same simulated times give the same trace,
//! however often it was paused.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The slowest and the fastest pace, as multiples of life.
pub const SPEEDS: (f64, f64) = (0.25, 600.0);
/// The longest stretch of life that counts at once: a machine that slept does not jump ahead.
const SLICE_MAX: Duration = Duration::from_millis(250);
/// The longest step of a paused clock [min].
const STEP_MAX_MIN: f64 = 1440.0;

/// Whether time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Not started yet.
    Ready,
    /// Time passes.
    Running,
    /// It does not.
    Paused,
    /// The exercise is over.
    Over,
}

/// What an instructor does to the clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum ClockOrder {
    /// Stand still.
    Pause,
    /// Start, or go on; also after a stop.
    Resume,
    /// Another pace.
    Speed {
        /// As a multiple of life.
        x: f64,
    },
    /// Let so much pass at once, while paused.
    Step {
        /// [min]
        minutes: f64,
    },
}

/// The clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) state: State,
    pub(crate) speed: f64,
    /// What has passed and is not yet a whole nanosecond [ns].
    rest: f64,
}

impl Clock {
    pub(crate) const fn new(state: State, speed: f64) -> Self {
        Self { state, speed, rest: 0.0 }
    }

    /// Simulated time that passes while `life` does [ns].
    pub(crate) fn passes(&mut self, life: Duration) -> u64 {
        if self.state != State::Running {
            return 0;
        }
        let passed = life.min(SLICE_MAX).as_secs_f64() * 1e9 * self.speed + self.rest;
        self.rest = passed.fract();
        passed as u64
    }

    /// Follows an order; simulated time to let pass at once [ns].
    pub(crate) fn follow(&mut self, order: ClockOrder) -> Result<u64, &'static str> {
        match (order, self.state) {
            (_, State::Over) => Err("the exercise is over"),
            (ClockOrder::Speed { x }, _) if is_speed(x) => {
                self.speed = x;
                Ok(0)
            }
            (ClockOrder::Speed { .. }, _) => Err("the pace is 0.25 to 600"),
            (ClockOrder::Pause, State::Ready) => Err("it has not started"),
            (ClockOrder::Pause, _) => {
                self.state = State::Paused;
                Ok(0)
            }
            (ClockOrder::Resume, _) => {
                self.state = State::Running;
                Ok(0)
            }
            (ClockOrder::Step { .. }, State::Running) => Err("pause first, then step"),
            (ClockOrder::Step { minutes }, _) if minutes > 0.0 && minutes <= STEP_MAX_MIN => {
                self.state = State::Paused;
                Ok((minutes * 60e9) as u64)
            }
            (ClockOrder::Step { .. }, _) => Err("a step is more than 0 and at most 1440 min"),
        }
    }
}

/// Whether a drill can run at this pace.
pub(crate) fn is_speed(x: f64) -> bool {
    (SPEEDS.0..=SPEEDS.1).contains(&x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_while_it_runs_and_at_its_pace() {
        let mut clock = Clock::new(State::Ready, 60.0);
        assert_eq!(clock.passes(Duration::from_millis(100)), 0);
        assert_eq!(clock.follow(ClockOrder::Resume), Ok(0));
        assert_eq!(clock.passes(Duration::from_millis(100)), 6_000_000_000);
        assert_eq!(clock.follow(ClockOrder::Pause), Ok(0));
        assert_eq!(clock.passes(Duration::from_millis(100)), 0);
    }

    #[test]
    fn a_machine_that_slept_does_not_jump_ahead() {
        let mut clock = Clock::new(State::Running, 1.0);
        assert_eq!(clock.passes(Duration::from_secs(3600)), 250_000_000);
    }

    #[test]
    fn a_pace_that_is_none_is_refused() {
        for x in [0.0, -1.0, 601.0, f64::NAN, f64::INFINITY] {
            let mut clock = Clock::new(State::Paused, 1.0);
            assert!(clock.follow(ClockOrder::Speed { x }).is_err(), "{x}");
            assert!(clock.follow(ClockOrder::Step { minutes: -x.abs() }).is_err(), "{x}");
        }
    }

    #[test]
    fn a_clock_that_is_over_follows_nobody() {
        let mut clock = Clock::new(State::Over, 1.0);
        assert!(clock.follow(ClockOrder::Resume).is_err());
    }
}
