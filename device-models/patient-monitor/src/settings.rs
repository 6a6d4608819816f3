//! What a monitor is set to: by the hospital's config at the start, by people and peers later.

use medtwin_hl7::EPOCH_S;
use medtwin_sdk::Config;
use medtwin_vitals::{VITALS, Vital};

use crate::watch::{Limits, Watch};

/// Which limit the keys from `hr-low` to `etco2-high` set, and whether it is the upper one.
pub(crate) const KEYS: [(Vital, bool); 8] = [
    (Vital::HeartRate, false),
    (Vital::HeartRate, true),
    (Vital::SpO2, false),
    (Vital::SpO2, true),
    (Vital::RespRate, false),
    (Vital::RespRate, true),
    (Vital::EtCo2, false),
    (Vital::EtCo2, true),
];

/// The config.
pub(crate) struct Settings {
    pub(crate) bed: u32,
    pub(crate) patient_id: String,
    pub(crate) patient_name: String,
    /// What its clock says at the start of the run [ms since 1970].
    pub(crate) epoch_ms: u64,
    pub(crate) has_central: bool,
    pub(crate) calls_home: bool,
    pub(crate) is_unchecked: bool,
    /// Between two reports [ms].
    pub(crate) report_ms: u64,
    /// Between two measurements of the cuff [us].
    pub(crate) cuff_us: u64,
    pub(crate) spo2_average_s: usize,
    pub(crate) limits: Limits,
}

impl Settings {
    pub(crate) fn of(config: &Config) -> Self {
        let whole = |key, otherwise: f64, most: f64| config.number(key, otherwise).clamp(0.0, most);
        Self {
            bed: whole("bed", 1.0, 1e9) as u32,
            patient_id: config.text("patient_id").to_owned(),
            patient_name: config.text("patient_name").to_owned(),
            epoch_ms: whole("epoch_s", EPOCH_S as f64, 1e11) as u64 * 1000,
            has_central: config.flag("central"),
            calls_home: config.flag("calls_home"),
            is_unchecked: config.flag("unchecked"),
            report_ms: (whole("report_s", 60.0, 86_400.0) * 1000.0) as u64,
            cuff_us: (config.number("cuff_min", 15.0).clamp(1.0, 1440.0) * 60e6) as u64,
            spo2_average_s: config.number("spo2_average_s", 1.0).clamp(1.0, 16.0) as usize,
            limits: limits(config),
        }
    }
}

fn limits(config: &Config) -> Limits {
    let mut limits = Limits::default();
    for (vital, low_key, high_key) in [
        (Vital::HeartRate, "hr_low", "hr_high"),
        (Vital::SpO2, "spo2_low", "spo2_high"),
        (Vital::RespRate, "rr_low", "rr_high"),
        (Vital::EtCo2, "etco2_low", "etco2_high"),
        (Vital::Mean, "map_low", "map_high"),
    ] {
        let (low, high) = limits.of[vital as usize];
        limits.of[vital as usize] = (config.number(low_key, low), config.number(high_key, high));
    }
    limits.desaturation = config.number("desaturation", limits.desaturation);
    limits.apnoea_ms = (config.number("apnoea_s", 20.0).clamp(10.0, 40.0) * 1000.0) as u64;
    limits.delay_ms = (config.number("alarm_delay_s", 0.0).clamp(0.0, 15.0) * 1000.0) as u64;
    limits.by_impedance = config.flag("impedance");
    limits
}

/// What outlives a reboot: the limits, whether alarms are off, and until when sound is paused.
pub(crate) fn save(watch: &Watch, paused_until_ms: u64) -> Vec<u8> {
    let mut state = vec![u8::from(watch.off)];
    state.extend(paused_until_ms.to_le_bytes());
    for (low, high) in watch.limits.of {
        state.extend(low.to_le_bytes());
        state.extend(high.to_le_bytes());
    }
    state
}

/// Takes back what [`save`] gave; until when sound is paused [ms]. What is not of its length is none.
pub(crate) fn load(watch: &mut Watch, state: &[u8]) -> Option<u64> {
    let (&off, rest) = state.split_first()?;
    let (paused, rest) = rest.split_first_chunk::<8>()?;
    if rest.len() != VITALS * 16 {
        return None;
    }
    for (own, pair) in watch.limits.of.iter_mut().zip(rest.chunks_exact(16)) {
        let number = |at: usize| pair[at..at + 8].try_into().map_or(f64::NAN, f64::from_le_bytes);
        *own = (number(0), number(8));
    }
    watch.off = off == 1;
    Some(u64::from_le_bytes(*paused))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_set_outlives_a_reboot() {
        let mut before = Watch::default();
        before.off = true;
        before.limits.of[Vital::SpO2 as usize] = (50.0, 100.0);
        let state = save(&before, 7);
        let mut after = Watch::default();
        assert_eq!(load(&mut after, &state), Some(7));
        assert_eq!((after.off, after.limits), (true, before.limits));
        assert_eq!(load(&mut Watch::default(), &state[1..]), None);
        assert_eq!(load(&mut Watch::default(), &[]), None);
    }
}
