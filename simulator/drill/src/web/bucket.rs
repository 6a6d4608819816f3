//! How many requests a seat may make: a bucket of tokens for each, and one for whoever has no seat.

use std::time::Instant;

use crate::seat::Seat;

/// Requests that may come at once: a page with its assets, twice.
const BURST: f64 = 60.0;
/// Requests per second from then on.
const PER_S: f64 = 20.0;

/// The buckets of a server.
#[derive(Debug)]
pub(crate) struct Buckets([Bucket; 3]);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    filled: Instant,
}

impl Default for Buckets {
    fn default() -> Self {
        Self([Bucket { left: BURST, filled: Instant::now() }; 3])
    }
}

impl Buckets {
    /// Whether one more request of this seat, or of nobody, is served.
    pub(crate) fn take(&mut self, seat: Option<Seat>) -> bool {
        self.0[Seat::place(seat)].take(Instant::now())
    }
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.left = (self.left + passed * PER_S).min(BURST);
        let fits = self.left >= 1.0;
        if fits {
            self.left -= 1.0;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let start = Instant::now();
        let mut bucket = Bucket { left: BURST, filled: start };
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 60);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| bucket.take(later)).count(), 20);
    }

    #[test]
    fn one_seat_does_not_drink_from_another() {
        let mut buckets = Buckets::default();
        while buckets.take(Some(Seat::Player)) {}
        assert!(buckets.take(Some(Seat::Instructor)));
    }
}
