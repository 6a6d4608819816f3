//! The programmable parameters, their ranges and steps, and the limits between them.
//!
//! After the PACEMAKER System Specification, Boston Scientific 2007, table 7 (models.md 2.4.1). Each
//! parameter is a whole number in the unit of its name, so that one table says what may be set, by a
//! config, over telemetry and in a record. 0 is off where a parameter can be off.

use crate::mode;

/// A step through a range: from, to, by.
type Range = (i16, i16, i16);

/// One programmable parameter.
pub struct Parameter {
    /// Its key in a config.
    pub key: &'static str,
    ranges: &'static [Range],
    nominal: i16,
}

macro_rules! parameters {
    ($($name:ident $key:literal $nominal:literal [$($range:expr),*];)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "they number the table")]
        enum Number { $($name),* }
        $(
            #[doc = concat!("`", $key, "`.")]
            pub const $name: usize = Number::$name as usize;
        )*
        /// Every parameter; its place is its number on the air.
        pub const PARAMETERS: [Parameter; [$($key),*].len()] = [
            $(Parameter { key: $key, ranges: &[$($range),*], nominal: $nominal }),*
        ];
    };
}

const OFF: Range = (0, 0, 1);
const SWITCH: Range = (0, 1, 1);

parameters! {
    MODE "mode" 1 [(0, mode::PERMANENT - 1, 1)];
    LRL "lower_rate_ppm" 60 [(30, 50, 5), (50, 90, 1), (90, 175, 5)];
    URL "upper_rate_ppm" 120 [(50, 175, 5)];
    MSR "sensor_rate_ppm" 120 [(50, 175, 5)];
    AV "av_delay_ms" 150 [(70, 300, 10)];
    DYNAMIC_AV "dynamic_av" 0 [SWITCH];
    MIN_AV "min_av_delay_ms" 50 [(30, 100, 10)];
    SAV_OFFSET "sensed_av_offset_ms" 0 [OFF, (-100, -10, 10)];
    A_AMPLITUDE "a_amplitude_mv" 3500 [OFF, (500, 3200, 100), (3500, 7000, 500), (1250, 5000, 1250)];
    V_AMPLITUDE "v_amplitude_mv" 3500 [OFF, (500, 3200, 100), (3500, 7000, 500), (1250, 5000, 1250)];
    A_WIDTH "a_width_us" 400 [(50, 50, 1), (100, 1900, 100)];
    V_WIDTH "v_width_us" 400 [(50, 50, 1), (100, 1900, 100)];
    A_SENSITIVITY "a_sensitivity_uv" 750 [(250, 750, 250), (1000, 10000, 500)];
    V_SENSITIVITY "v_sensitivity_uv" 2500 [(250, 750, 250), (1000, 10000, 500)];
    VRP "vrp_ms" 320 [(150, 500, 10)];
    ARP "arp_ms" 250 [(150, 500, 10)];
    PVARP "pvarp_ms" 250 [(150, 500, 10)];
    PVARP_EXTENSION "pvarp_extension_ms" 0 [OFF, (50, 400, 50)];
    HRL "hysteresis_rate_ppm" 0 [OFF, (30, 50, 5), (50, 90, 1), (90, 175, 5)];
    SMOOTH_UP "smoothing_up_pct" 0 [OFF, (3, 21, 3), (25, 25, 1)];
    SMOOTH_DOWN "smoothing_down_pct" 0 [OFF, (3, 21, 3), (25, 25, 1)];
    ATR "atr" 0 [SWITCH];
    ATR_DURATION "atr_duration_cycles" 20 [(10, 10, 1), (20, 80, 20), (100, 2000, 100)];
    ATR_FALLBACK "atr_fallback_min" 1 [(1, 5, 1)];
    BLANKING "v_blanking_ms" 40 [(30, 60, 10)];
    PVAB "pvab_ms" 0 [OFF, (30, 200, 1)];
    ACTIVITY "activity_threshold" 3 [(0, 6, 1)];
    REACTION "reaction_s" 30 [(10, 50, 10)];
    RESPONSE "response_factor" 8 [(1, 16, 1)];
    RECOVERY "recovery_min" 5 [(2, 16, 1)];
    MAGNET "magnet_response" 1 [SWITCH];
}

/// Why settings cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The parameter of this number has no such value, or there is none of this number.
    Value(usize),
    /// The hysteresis rate lies above the lower rate.
    Hysteresis,
    /// The lower rate does not lie below the upper rate.
    Rates,
    /// The upper rate's interval is not longer than the ventricular refractory period.
    Refractory,
    /// Atrial refractory period and AV delay do not fit into the lower rate's interval.
    Atrial,
}

/// A value of every parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings([i16; PARAMETERS.len()]);

impl Default for Settings {
    fn default() -> Self {
        Self(PARAMETERS.map(|parameter| parameter.nominal))
    }
}

impl Settings {
    /// Pace-Now: VVI 65, 5.0 V, 1.0 ms, VRP 320, 1.5 mV.
    pub fn pace_now() -> Self {
        Self::emergency(1000)
    }

    /// After a power-on reset: VVI 65, 5.0 V, 0.5 ms, VRP 320, 1.5 mV.
    pub fn power_on_reset() -> Self {
        Self::emergency(500)
    }

    fn emergency(width_us: i16) -> Self {
        let mut own = Self::default();
        let fixed = [(MODE, 8), (LRL, 65), (V_AMPLITUDE, 5000), (V_WIDTH, width_us)];
        for (at, value) in fixed.into_iter().chain([(VRP, 320), (V_SENSITIVITY, 1500)]) {
            own.0[at] = value;
        }
        own
    }

    /// The value of a parameter.
    pub fn get(&self, parameter: usize) -> i64 {
        self.0.get(parameter).copied().map_or(0, i64::from)
    }

    /// Sets a parameter to one of its values.
    ///
    /// # Errors
    /// When it has no such value.
    pub fn set(&mut self, parameter: usize, value: i16) -> Result<(), Refusal> {
        let (own, slot) = PARAMETERS
            .get(parameter)
            .zip(self.0.get_mut(parameter))
            .ok_or(Refusal::Value(parameter))?;
        let fits =
            |&(from, to, by): &Range| (from..=to).contains(&value) && (value - from) % by == 0;
        if !own.ranges.iter().any(fits) {
            return Err(Refusal::Value(parameter));
        }
        *slot = value;
        Ok(())
    }

    /// Tries a temporary mode, which only senses, besides the permanent ones.
    pub fn set_temporary_mode(&mut self, number: i16) {
        if (0..mode::NAMES.len() as i16).contains(&number) {
            self.0[MODE] = number;
        }
    }

    /// The limits between parameters: what each allows, all together may not.
    ///
    /// # Errors
    /// The first that is passed.
    pub fn check(&self) -> Result<(), Refusal> {
        let [lower, upper, hysteresis] = [LRL, URL, HRL].map(|at| self.get(at));
        if hysteresis > lower {
            return Err(Refusal::Hysteresis);
        }
        if lower >= upper {
            return Err(Refusal::Rates);
        }
        if interval_ms(upper as f64) <= self.get(VRP) {
            return Err(Refusal::Refractory);
        }
        if self.get(PVARP) + self.get(AV) >= interval_ms(lower as f64) {
            return Err(Refusal::Atrial);
        }
        Ok(())
    }

    /// The rate above which an atrium is tracked two to one [1/min].
    pub fn two_to_one_ppm(&self) -> f64 {
        60_000.0 / (self.get(AV) + self.get(PVARP)) as f64
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
            own.set(at, i16::from_le_bytes([pair[0], pair[1]])).ok()?;
        }
        own.check().ok().map(|()| own)
    }
}

/// The interval of a rate [1/min], to the millisecond.
pub fn interval_ms(ppm: f64) -> i64 {
    (60_000.0 / ppm + 0.5) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[(usize, i16)]) -> Settings {
        let mut settings = Settings::default();
        for &(at, value) in values {
            settings.set(at, value).expect("a value of the table");
        }
        settings
    }

    #[test]
    fn a_parameter_takes_the_values_of_its_table_and_no_other() {
        let mut settings = Settings::default();
        for (at, good, bad) in [
            (LRL, 85, 47),
            (LRL, 175, 178),
            (URL, 50, 52),
            (A_AMPLITUDE, 3200, 3300),
            (V_AMPLITUDE, 1250, 1350),
            (V_SENSITIVITY, 10_000, 1250),
            (SAV_OFFSET, -100, -5),
            (ATR_DURATION, 2000, 30),
            (SMOOTH_UP, 25, 24),
            (MODE, 18, 19),
        ] {
            assert_eq!(settings.set(at, good), Ok(()), "{at} {good}");
            assert_eq!(settings.set(at, bad), Err(Refusal::Value(at)), "{at} {bad}");
        }
        assert_eq!(settings.set(99, 0), Err(Refusal::Value(99)));
    }

    #[test]
    fn what_each_parameter_allows_all_together_may_not() {
        for (values, refusal) in [
            (&[(HRL, 61)][..], Refusal::Hysteresis),
            (&[(LRL, 120)], Refusal::Rates),
            (&[(URL, 175), (VRP, 350)], Refusal::Refractory),
            (&[(LRL, 110), (PVARP, 400), (AV, 200)], Refusal::Atrial),
        ] {
            assert_eq!(with(values).check(), Err(refusal));
        }
        assert_eq!(with(&[(HRL, 50)]).check(), Ok(()));
    }

    #[test]
    fn settings_read_back_and_nothing_else_is_any() {
        let settings = with(&[(MODE, 7), (LRL, 90), (SAV_OFFSET, -50)]);
        let bytes = settings.encode();
        assert_eq!(Settings::decode(&bytes), Some(settings));
        assert_eq!(Settings::decode(&bytes[1..]), None);
        let unsound = with(&[(HRL, 90)]).encode();
        assert_eq!(Settings::decode(&unsound), None);
    }

    #[test]
    fn an_atrium_is_tracked_two_to_one_above_the_total_refractory_period() {
        assert!((Settings::default().two_to_one_ppm() - 150.0).abs() < 1e-9);
    }
}
