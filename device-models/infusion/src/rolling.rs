//! What was delivered within a window that slides, in slots.
//!
//! It slides: a window that begins anew lets twice its limit through around the turn (Vasicek et al.
//! 2024). A slot counts until it has left the window as a whole, so what is said is never less than
//! what was delivered, and never more than that of a window longer by one slot. Volumes in mL.

/// A ring of slots: what had been delivered in all when each began.
#[derive(Clone, Debug)]
pub struct Rolling {
    slot_us: u64,
    before_ml: Vec<f64>,
    slot: u64,
    total_ml: f64,
}

impl Rolling {
    /// A quarter of an hour in slots of 10 s.
    pub fn quarter_hour() -> Self {
        Self::new(10_000_000, 91)
    }

    /// An hour in slots of 10 s.
    pub fn hour() -> Self {
        Self::new(10_000_000, 361)
    }

    /// Four hours in slots of a minute.
    pub fn four_hours() -> Self {
        Self::new(60_000_000, 241)
    }

    fn new(slot_us: u64, slots: usize) -> Self {
        Self { slot_us, before_ml: vec![0.0; slots], slot: 0, total_ml: 0.0 }
    }

    /// Writes down that `ml` were delivered until now.
    pub fn delivered(&mut self, now_us: u64, ml: f64) {
        self.turn(now_us);
        self.total_ml += ml.max(0.0);
    }

    /// What was delivered within the window that ends now [mL].
    pub fn within_ml(&mut self, now_us: u64) -> f64 {
        self.turn(now_us);
        let oldest = (self.slot + 1) % self.slots();
        self.total_ml - self.before_ml[oldest as usize]
    }

    fn slots(&self) -> u64 {
        self.before_ml.len() as u64
    }

    fn turn(&mut self, now_us: u64) {
        let (slot, slots) = (now_us / self.slot_us, self.slots());
        let passed = slot.saturating_sub(self.slot).min(slots);
        for i in 0..passed {
            self.before_ml[((slot - i) % slots) as usize] = self.total_ml;
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
        let mut hour = Rolling::hour();
        hour.delivered(0, 3.0);
        hour.delivered(55 * MIN, 2.0);
        assert!((hour.within_ml(59 * MIN) - 5.0).abs() < 1e-12);
        assert!((hour.within_ml(61 * MIN) - 2.0).abs() < 1e-12, "not a new hour");
        assert!((hour.within_ml(114 * MIN) - 2.0).abs() < 1e-12);
        assert!(hour.within_ml(116 * MIN) < 1e-12);
    }

    #[test]
    fn a_slot_counts_until_it_has_left_as_a_whole() {
        let mut hour = Rolling::hour();
        hour.delivered(MIN + 9_999_999, 1.0);
        assert!((hour.within_ml(61 * MIN + 9_999_999) - 1.0).abs() < 1e-12);
        assert!(hour.within_ml(61 * MIN + 10_000_000) < 1e-12);
        let mut four = Rolling::four_hours();
        four.delivered(MIN, 1.0);
        assert!((four.within_ml(241 * MIN) - 1.0).abs() < 1e-12);
        assert!(four.within_ml(242 * MIN) < 1e-12);
    }

    #[test]
    fn a_day_without_a_call_forgets_everything() {
        let mut hour = Rolling::hour();
        hour.delivered(MIN, 3.0);
        assert!(hour.within_ml(1500 * MIN) < 1e-12);
    }
}
