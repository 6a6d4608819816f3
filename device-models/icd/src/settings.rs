//! What is programmed in an ICD: each parameter a whole number in the unit of its key, within a range.
//!
//! Ranges and nominal values are models.md 2.6, after published detectors [S22, S23]; where those leave
//! a range open it is ours [E].

use crate::detection::Detection;

/// One programmable parameter.
pub struct Parameter {
    /// Its key in a config.
    pub key: &'static str,
    range: (i16, i16),
    nominal: i16,
}

const fn parameter(key: &'static str, nominal: i16, from: i16, to: i16) -> Parameter {
    Parameter { key, range: (from, to), nominal }
}

/// Every parameter; its place is its number on the air.
pub const PARAMETERS: [Parameter; 22] = [
    parameter("detection", 1, 0, 1),
    parameter("vf_rate_ppm", 200, 110, 250),
    parameter("vt_rate_ppm", 170, 90, 220),
    parameter("vt_zone", 1, 0, 1),
    parameter("window", 10, 5, 32),
    parameter("window_in", 8, 4, 32),
    parameter("window_keep", 6, 3, 32),
    parameter("vf_duration_ms", 1000, 1000, 15_000),
    parameter("vt_duration_ms", 2500, 1000, 30_000),
    parameter("redetection_ms", 1000, 1000, 15_000),
    parameter("atp_bursts", 2, 0, 6),
    parameter("atp_pulses", 8, 1, 15),
    parameter("atp_pct", 88, 50, 97),
    parameter("atp_step_ms", 10, 0, 30),
    parameter("atp_least_ms", 220, 200, 350),
    parameter("max_shocks", 6, 0, 8),
    parameter("shock_energy_dj", 410, 1, 410),
    parameter("end_slow", 10, 5, 20),
    parameter("pacing_ppm", 40, 30, 150),
    parameter("v_amplitude_mv", 3500, 500, 7500),
    parameter("v_width_us", 400, 50, 1900),
    parameter("v_sensitivity_uv", 1500, 250, 10_000),
];

pub(crate) const DETECTION: usize = 0;
pub(crate) const SHOCK_ENERGY: usize = 16;
pub(crate) const PACING: usize = 18;
pub(crate) const AMPLITUDE: usize = 19;
pub(crate) const WIDTH: usize = 20;
pub(crate) const SENSITIVITY: usize = 21;

/// A value of every parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings([i16; PARAMETERS.len()]);

impl Default for Settings {
    fn default() -> Self {
        Self(PARAMETERS.map(|parameter| parameter.nominal))
    }
}

impl Settings {
    /// The value of a parameter.
    pub fn get(&self, parameter: usize) -> i64 {
        self.0.get(parameter).copied().map_or(0, i64::from)
    }

    /// Sets a parameter; says whether it has that value.
    pub fn set(&mut self, parameter: usize, value: i16) -> bool {
        let Some((own, slot)) = PARAMETERS.get(parameter).zip(self.0.get_mut(parameter)) else {
            return false;
        };
        let fits = (own.range.0..=own.range.1).contains(&value);
        if fits {
            *slot = value;
        }
        fits
    }

    /// The zones lie in order, and a window can be filled.
    pub fn is_sound(&self) -> bool {
        let [vf, vt, window, enough, keep] = [1, 2, 4, 5, 6].map(|at| self.get(at));
        vt < vf && keep <= enough && enough <= window
    }

    /// What the detector needs of it, with the time that a charge takes [ms].
    pub fn detection(&self, charge_ms: i64) -> Detection {
        let get = |at| self.get(at);
        Detection {
            vf_ppm: get(1) as f64,
            vt_ppm: get(2) as f64,
            vt_on: get(3) == 1,
            window: get(4) as usize,
            window_in: get(5) as usize,
            window_keep: get(6) as usize,
            vf_duration_ms: get(7),
            vt_duration_ms: get(8),
            redetection_ms: get(9),
            charge_ms,
            atp_bursts: get(10) as u32,
            atp_pulses: get(11) as u32,
            atp_pct: get(12),
            atp_step_ms: get(13),
            atp_least_ms: get(14),
            max_shocks: get(15) as u32,
            shock_blank_ms: 500,
            end_slow: get(17) as u32,
        }
    }

    /// All values in the order of their numbers, little-endian.
    pub fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// Reads what [`Settings::encode`] wrote; none of what holds no allowed settings.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut own = Self::default();
        if bytes.len() != 2 * PARAMETERS.len() {
            return None;
        }
        for (at, pair) in bytes.chunks_exact(2).enumerate() {
            if !own.set(at, i16::from_le_bytes([pair[0], pair[1]])) {
                return None;
            }
        }
        own.is_sound().then_some(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_back_and_what_is_out_of_range_does_not() {
        let mut settings = Settings::default();
        assert!(settings.set(15, 0));
        assert_eq!(Settings::decode(&settings.encode()), Some(settings));
        assert!(!settings.set(SHOCK_ENERGY, 411), "no more than 41 J");
        assert!(!settings.set(99, 1));
        assert_eq!(Settings::decode(&settings.encode()[2..]), None);
    }

    #[test]
    fn a_tachycardia_zone_above_that_of_fibrillation_is_not_sound() {
        let mut settings = Settings::default();
        settings.set(2, 210);
        assert!(!settings.is_sound());
        assert_eq!(Settings::decode(&settings.encode()), None);
    }
}
