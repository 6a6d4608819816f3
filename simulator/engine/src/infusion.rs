//! The hardware of an insulin pump: motor, reservoir, line.
//!
//! Rates are integrated exactly between changes; insulin leaves in pulses of 0.05 U (models.md
//! 1.5). The bolus runs at 1.5 U/min beside the basal rate. Hardware limits, which no guest can
//! pass: basal 35 U/h, one bolus 25 U. In an occluded line, insulin gathers and is missed; it is
//! delivered within a minute when the line clears.
//!
//! Left out: delivery error of the motor, air in the line, the patch pump's own limits.

/// Hardware limit of the basal rate [U/h].
const BASAL_MAX_U_PER_H: f64 = 35.0;
/// Hardware limit of a single bolus [U].
const BOLUS_MAX_U: f64 = 25.0;
/// Speed of a bolus [U/min].
const BOLUS_U_PER_MIN: f64 = 1.5;
/// Smallest amount that leaves the pump [U].
const PULSE_U: f64 = 0.05;
const NS_PER_MIN: f64 = 60e9;

/// The state of the hardware.
#[derive(Clone, Debug)]
pub(crate) struct Infusion {
    basal_u_per_h: f64,
    bolus_u: f64,
    /// Of these, what nobody with a right to it ordered [U/h], [U].
    forged_u_per_h: f64,
    forged_bolus_u: f64,
    /// Of what was pushed or held back, the same [U].
    forged_u: f64,
    since: u64,
    pushed_u: f64,
    pub(crate) reservoir_u: f64,
    pub(crate) occluded: bool,
    pub(crate) missed_u: f64,
}

impl Infusion {
    pub(crate) fn new(reservoir_u: f64) -> Self {
        Self {
            basal_u_per_h: 0.0,
            bolus_u: 0.0,
            forged_u_per_h: 0.0,
            forged_bolus_u: 0.0,
            forged_u: 0.0,
            since: 0,
            pushed_u: 0.0,
            reservoir_u,
            occluded: false,
            missed_u: 0.0,
        }
    }

    /// One that is put on at `now` [ns].
    pub(crate) fn starting(now: u64, reservoir_u: f64) -> Self {
        Self { since: now, ..Self::new(reservoir_u) }
    }

    /// Runs the basal rate at `u_per_h`, of which `forged` nobody with a right to it ordered.
    pub(crate) fn set_basal(&mut self, now: u64, u_per_h: f64, forged: f64) {
        self.run(now);
        self.basal_u_per_h = u_per_h.clamp(0.0, BASAL_MAX_U_PER_H);
        self.forged_u_per_h = forged.clamp(0.0, self.basal_u_per_h);
    }

    /// Adds a bolus to what is running; 0 stops what is.
    pub(crate) fn set_bolus(&mut self, now: u64, units: f64, forged: bool) {
        self.run(now);
        if units > 0.0 {
            let units = units.min(BOLUS_MAX_U);
            self.bolus_u += units;
            self.forged_bolus_u += if forged { units } else { 0.0 };
        } else {
            (self.bolus_u, self.forged_bolus_u) = (0.0, 0.0);
        }
    }

    /// The running basal rate [U/h].
    pub(crate) fn basal_u_per_h(&self) -> f64 {
        self.basal_u_per_h
    }

    pub(crate) fn pending_u(&self) -> f64 {
        self.bolus_u
    }

    fn run(&mut self, now: u64) {
        let minutes = now.saturating_sub(self.since) as f64 / NS_PER_MIN;
        self.since = now;
        let bolus = (BOLUS_U_PER_MIN * minutes).min(self.bolus_u);
        // What runs beside one another is mixed.
        let share = if self.bolus_u > 0.0 { self.forged_bolus_u / self.bolus_u } else { 0.0 };
        self.bolus_u -= bolus;
        self.forged_bolus_u -= bolus * share;
        self.pushed_u += bolus + self.basal_u_per_h / 60.0 * minutes;
        self.forged_u += bolus * share + self.forged_u_per_h / 60.0 * minutes;
    }

    /// Of `units` that reached the patient just now, what nobody with a right to it ordered [U].
    pub(crate) fn forged_of(&mut self, units: f64) -> f64 {
        let forged = self.forged_u.min(units);
        self.forged_u -= forged;
        forged
    }

    /// Runs the motor until `now` and says what reached the patient since the last call [U].
    pub(crate) fn deliver(&mut self, now: u64) -> f64 {
        self.run(now);
        // The slack keeps a pulse that is due by the last bit of a sum from waiting a minute.
        let pulses = (self.pushed_u / PULSE_U + 1e-9).floor();
        let units = (pulses * PULSE_U).min(self.reservoir_u);
        self.pushed_u = (self.pushed_u - pulses * PULSE_U).max(0.0);
        self.reservoir_u -= units;
        if self.occluded {
            self.missed_u += units;
            return 0.0;
        }
        units + std::mem::take(&mut self.missed_u)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: u64 = 60_000_000_000;

    fn delivered(pump: &mut Infusion, from: u64, to: u64) -> f64 {
        (from + 1..=to).map(|m| pump.deliver(m * MIN)).sum()
    }

    #[test]
    fn a_basal_rate_arrives_in_pulses_that_add_up() {
        let mut pump = Infusion::new(300.0);
        pump.set_basal(0, 1.2, 0.0);
        assert!((delivered(&mut pump, 0, 600) - 12.0).abs() < PULSE_U);
    }

    #[test]
    fn a_bolus_runs_at_its_speed_and_stops_when_told() {
        let mut pump = Infusion::new(300.0);
        pump.set_bolus(0, 6.0, false);
        assert!((delivered(&mut pump, 0, 2) - 3.0).abs() < 1e-9);
        pump.set_bolus(2 * MIN, 0.0, false);
        assert!(delivered(&mut pump, 2, 10) < PULSE_U);
    }

    #[test]
    fn what_an_occluded_line_held_back_arrives_when_it_clears() {
        let mut pump = Infusion::new(300.0);
        pump.set_bolus(0, 3.0, false);
        pump.occluded = true;
        assert_eq!(delivered(&mut pump, 0, 5).to_bits(), 0.0_f64.to_bits());
        pump.occluded = false;
        assert!((pump.deliver(6 * MIN) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_forged_is_told_apart_when_it_arrives() {
        let mut pump = Infusion::new(300.0);
        pump.set_bolus(0, 4.0, true);
        pump.set_bolus(0, 2.0, false);
        let arrived: f64 = (1..=5).map(|m| pump.deliver(m * MIN)).sum();
        assert!((pump.forged_of(arrived) - 4.0).abs() < 1e-9);
        assert_eq!(pump.forged_of(1.0).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn an_empty_reservoir_gives_nothing() {
        let mut pump = Infusion::new(1.0);
        pump.set_bolus(0, 5.0, false);
        assert!((delivered(&mut pump, 0, 10) - 1.0).abs() < 1e-9);
    }
}
