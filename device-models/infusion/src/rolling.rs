//! What was delivered within the last hour, in slots of 10 s.
//!
//! It slides: an hour that begins anew lets twice its limit through around the turn (Vasicek et al.
//! 2024). A slot counts until it has left the hour as a whole.

const SLOT_US: u64 = 10_000_000;
const SLOTS: usize = 361;

/// A ring of slots.
#[derive(Clone, Debug)]
pub struct Rolling {
    ml: [f64; SLOTS],
    slot: u64,
}

impl Default for Rolling {
    fn default() -> Self {
        Self { ml: [0.0; SLOTS], slot: 0 }
    }
}

impl Rolling {
    /// Writes down that `ml` were delivered until now.
    pub fn delivered(&mut self, now_us: u64, ml: f64) {
        self.turn(now_us);
        self.ml[(self.slot % SLOTS as u64) as usize] += ml.max(0.0);
    }

    /// What was delivered within the hour that ends now [mL].
    pub fn within_hour_ml(&mut self, now_us: u64) -> f64 {
        self.turn(now_us);
        self.ml.iter().fold(0.0, |sum, ml| sum + ml)
    }

    fn turn(&mut self, now_us: u64) {
        let slot = now_us / SLOT_US;
        let passed = slot.saturating_sub(self.slot).min(SLOTS as u64);
        for i in 1..=passed {
            self.ml[((slot - passed + i) % SLOTS as u64) as usize] = 0.0;
        }
        self.slot = self.slot.max(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: u64 = 60_000_000;

    #[test]
    fn an_hour_slides() {
        let mut hour = Rolling::default();
        hour.delivered(0, 3.0);
        hour.delivered(55 * MIN, 2.0);
        assert!((hour.within_hour_ml(59 * MIN) - 5.0).abs() < 1e-12);
        assert!((hour.within_hour_ml(61 * MIN) - 2.0).abs() < 1e-12, "not a new hour");
        assert!((hour.within_hour_ml(114 * MIN) - 2.0).abs() < 1e-12);
        assert!(hour.within_hour_ml(116 * MIN) < 1e-12);
    }

    #[test]
    fn a_day_without_a_call_forgets_everything() {
        let mut hour = Rolling::default();
        hour.delivered(MIN, 3.0);
        assert!(hour.within_hour_ml(1500 * MIN) < 1e-12);
    }
}
