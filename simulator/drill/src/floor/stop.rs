//! The stop: pressed by anybody at any time, lifted by the instructor.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::seat::Seat;

/// Whether the exercise is stopped, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Stop(AtomicU8);

const NOBODY: u8 = 0;
const INSTRUCTOR: u8 = 1;
const PLAYER: u8 = 2;

impl Stop {
    /// Stops. Who pressed first is remembered.
    pub(crate) fn press(&self, by: Seat) {
        let by = match by {
            Seat::Instructor => INSTRUCTOR,
            Seat::Player => PLAYER,
        };
        let _ = self.0.compare_exchange(NOBODY, by, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Who stopped it.
    pub(crate) fn by(&self) -> Option<Seat> {
        match self.0.load(Ordering::SeqCst) {
            INSTRUCTOR => Some(Seat::Instructor),
            PLAYER => Some(Seat::Player),
            _ => None,
        }
    }

    /// The instructor goes on.
    pub(crate) fn lift(&self) {
        self.0.store(NOBODY, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pressed_first_is_remembered_until_it_is_lifted() {
        let stop = Stop::default();
        assert_eq!(stop.by(), None);
        stop.press(Seat::Player);
        stop.press(Seat::Instructor);
        assert_eq!(stop.by(), Some(Seat::Player));
        stop.lift();
        assert_eq!(stop.by(), None);
    }
}
