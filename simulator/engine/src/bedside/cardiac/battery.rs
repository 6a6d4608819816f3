//! The battery of an implant: every microcoulomb that pacing, sensing, its radio and shocks take.
//!
//! models.md 2.4.4 and 2.6, numbers [E]: a lithium cell of 1.0 Ah, of an ICD 1.5 Ah, whose voltage falls with what was
//! taken. Left out: temperature, self-discharge, a voltage that recovers after a load; the radio and the software of an
//! implant go on when its battery is empty.

/// Capacity [C], of a pacemaker and of an ICD.
const CAPACITY_C: (f64, f64) = (3600.0, 5400.0);
/// Housekeeping [A].
const IDLE_A: f64 = 8e-6;
/// The radio: off, listening, on, by a wand [A].
const RADIO_A: [f64; 4] = [0.0, 0.4e-6, 5e-3, 1e-3];
/// Load of a pulse times efficiency of the multiplier [ohm].
const PULSE_OHM: f64 = 750.0 * 0.7;
/// Efficiency of charging.
const CHARGE_EFFICIENCY: f64 = 0.65;
/// What an ICD's cell has more than a pacemaker's [V].
const ICD_V: f64 = 0.2;

/// A battery, and what is drawn from it now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Battery {
    capacity_c: f64,
    extra_v: f64,
    used_c: f64,
    radio: usize,
    at_ms: i64,
}

impl Battery {
    pub(super) fn new(is_icd: bool, used_share: f64) -> Self {
        let capacity_c = if is_icd { CAPACITY_C.1 } else { CAPACITY_C.0 };
        let extra_v = if is_icd { ICD_V } else { 0.0 };
        let used_c = capacity_c * used_share.clamp(0.0, 1.0);
        Self { capacity_c, extra_v, used_c, radio: 0, at_ms: 0 }
    }

    /// What was taken since the implant was new [C].
    pub(super) fn used_c(&self) -> f64 {
        self.used_c
    }

    /// Depth of discharge, 0 to 1.
    pub(super) fn depth(&self) -> f64 {
        (self.used_c / self.capacity_c).clamp(0.0, 1.0)
    }

    /// Its voltage [V]; none once it is empty: then nothing is paced or charged.
    pub(super) fn volt(&self) -> f64 {
        if self.used_c >= self.capacity_c {
            return 0.0;
        }
        let x = self.depth();
        let beyond = (x - 0.9) / 0.1;
        let own = if x <= 0.9 { 2.8 - 0.444 * x } else { 2.4 - 0.6 * beyond * beyond };
        own + self.extra_v
    }

    /// Time passes.
    pub(super) fn advance(&mut self, now: i64) {
        let passed_s = (now - self.at_ms).max(0) as f64 / 1000.0;
        self.at_ms = self.at_ms.max(now);
        self.take(passed_s * (IDLE_A + RADIO_A[self.radio]));
    }

    /// The radio is set to one of its states.
    pub(super) fn radio(&mut self, state: f64, now: i64) {
        self.advance(now);
        self.radio = (state.clamp(0.0, 3.0) as usize).min(RADIO_A.len() - 1);
    }

    /// A pulse of so many volts and ms.
    pub(super) fn pulse(&mut self, volt: f64, width_ms: f64) {
        let own = self.volt().max(1.0);
        self.take(volt / own * volt * width_ms / 1000.0 / PULSE_OHM);
    }

    /// So many joules more in the capacitor.
    pub(super) fn charge(&mut self, energy_j: f64) {
        self.take(energy_j / (CHARGE_EFFICIENCY * self.volt().max(1.0)));
    }

    /// No more can be taken than it holds.
    fn take(&mut self, charge_c: f64) {
        self.used_c = (self.used_c + charge_c).min(self.capacity_c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn a_pacemaker_at_60_in_both_chambers_lasts_seven_to_ten_years() {
        let mut battery = Battery::new(false, 0.0);
        battery.advance(DAY_MS);
        (0..2 * 86_400).for_each(|_| battery.pulse(3.5, 0.4));
        let years = 3600.0 / battery.used_c() / 365.25;
        assert!((7.0..10.0).contains(&years), "{years}");
    }

    #[test]
    fn a_session_without_end_empties_it_in_about_eight_days() {
        let mut battery = Battery::new(false, 0.0);
        battery.radio(2.0, 0);
        battery.advance(83 * DAY_MS / 10);
        assert!((0.98..=1.0).contains(&battery.depth()), "{}", battery.depth());
    }

    #[test]
    fn an_empty_one_has_no_voltage() {
        let mut battery = Battery::new(true, 0.999);
        assert!(battery.volt() > 1.5);
        battery.radio(2.0, 0);
        battery.advance(DAY_MS);
        assert!(battery.volt() <= 0.0, "not even an ICD's cell");
        assert!(battery.used_c() <= CAPACITY_C.1, "nobody takes more than there was");
    }

    #[test]
    fn a_full_charge_costs_an_icd_a_250th() {
        let mut battery = Battery::new(true, 0.0);
        battery.charge(41.0);
        assert!((20.0..22.0).contains(&battery.used_c()), "{}", battery.used_c());
    }

    #[test]
    fn the_voltage_falls_to_the_states_of_the_specification() {
        let volt = |used| Battery::new(false, used).volt();
        assert!((volt(0.0) - 2.8).abs() < 1e-9 && (volt(0.9) - 2.4004).abs() < 1e-9);
        assert!(volt(0.96) < 2.25 && volt(1.0) <= 1.8 + 1e-9);
    }
}
