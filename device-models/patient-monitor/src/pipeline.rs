//! From what sensors give to what is shown: averages, peaks, cycles of the cuff (models.md 4.1).
//!
//! An oximeter and a capnograph are modules with averages of their own (models.md 3.3), and so hardware:
//! what they give is shown, saturation averaged further if the monitor is set to. The rate of the heart is the
//! monitor's own to work out, from beats, and so is that of breathing where each breath is noticed.

use medtwin_vitals::{Values, Vital};

use crate::rhythm::Rhythm;

/// After what time without a value it is flagged, and shown no more [ms] (models.md 4.1).
pub(crate) const STALE_MS: u64 = 30_000;
/// Over what time the pulse is taken [samples of 1 s].
const PULSE_S: usize = 8;
/// Over what time a module counts breaths [ms] (models.md 3.3).
const COUNTED_MS: u64 = 30_000;
/// Systolic and diastolic pressure about the mean [mmHg] (models.md 4.1 [E]).
const SYSTOLIC_MMHG: f64 = 27.0;
const DIASTOLIC_MMHG: f64 = -13.0;

/// What the sensors give in one second; none where they give nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) heart_rate: Option<f64>,
    pub(crate) spo2: Option<f64>,
    pub(crate) resp_rate: Option<f64>,
    pub(crate) etco2: Option<f64>,
    pub(crate) temperature: Option<f64>,
}

/// The last so many samples.
#[derive(Clone, Debug, Default)]
struct Last {
    samples: Vec<f64>,
    at_ms: Option<u64>,
}

impl Last {
    fn push(&mut self, value: Option<f64>, most: usize, now_ms: u64) {
        let Some(value) = value.filter(|value| value.is_finite()) else { return };
        self.samples.push(value);
        let over = self.samples.len().saturating_sub(most.max(1));
        self.samples.drain(..over);
        self.at_ms = Some(now_ms);
    }

    fn age_ms(&self, now_ms: u64) -> Option<u64> {
        self.at_ms.map(|at| now_ms.saturating_sub(at))
    }

    fn mean(&self) -> Option<f64> {
        let sum: f64 = self.samples.iter().sum();
        (!self.samples.is_empty()).then(|| sum / self.samples.len() as f64)
    }

    fn peak(&self) -> Option<f64> {
        self.samples.iter().copied().reduce(f64::max)
    }
}

/// How a sensor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Contact {
    /// It never gave anything: it is not put on.
    #[default]
    None,
    /// It gives values.
    Good,
    /// It gave values and gives none now: it came off, or its wire broke.
    Lost,
}

/// The pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) heart: Rhythm,
    pub(crate) breath: Rhythm,
    spo2: Last,
    pulse: Last,
    resp_rate: Last,
    etco2: Last,
    temperature: Last,
    heart_at_ms: Option<u64>,
    breath_at_ms: Option<u64>,
    /// Since when breaths are counted [ms].
    counts_from_ms: u64,
    pressure: Option<f64>,
    spo2_average_s: usize,
}

impl Pipeline {
    /// One that averages what its oximeter gives over so many seconds; 1 as it is.
    pub(crate) fn new(spo2_average_s: usize) -> Self {
        Self {
            heart: Rhythm::default(),
            breath: Rhythm::default(),
            spo2: Last::default(),
            pulse: Last::default(),
            resp_rate: Last::default(),
            etco2: Last::default(),
            temperature: Last::default(),
            heart_at_ms: None,
            breath_at_ms: None,
            counts_from_ms: 0,
            pressure: None,
            spo2_average_s,
        }
    }

    /// Takes what the sensors gave in the second that ends now.
    pub(crate) fn second(&mut self, sample: Sample, now_ms: u64) {
        match sample.heart_rate {
            Some(_) => self.heart_at_ms = Some(now_ms),
            None => self.heart.forget(),
        }
        if sample.resp_rate.is_some() {
            self.breath_at_ms = Some(now_ms);
        } else {
            self.breath.forget();
            self.counts_from_ms = now_ms;
        }
        self.heart.second_of(sample.heart_rate, now_ms);
        self.spo2.push(sample.spo2, self.spo2_average_s, now_ms);
        self.resp_rate.push(sample.resp_rate, 1, now_ms);
        self.etco2.push(sample.etco2, 1, now_ms);
        self.temperature.push(sample.temperature, 1, now_ms);
        self.pulse.push(sample.heart_rate.filter(|_| sample.spo2.is_some()), PULSE_S, now_ms);
    }

    /// The cuff measured a mean pressure [mmHg].
    pub(crate) fn cuff(&mut self, mean_mmhg: Option<f64>) {
        self.pressure = mean_mmhg;
    }

    /// The electrodes.
    pub(crate) fn ecg_contact(&self, now_ms: u64) -> Contact {
        contact(self.heart_at_ms, now_ms)
    }

    /// The finger's probe.
    pub(crate) fn probe_contact(&self, now_ms: u64) -> Contact {
        contact(self.spo2.at_ms, now_ms)
    }

    /// Whether breaths have been counted for long enough to judge their rate.
    pub(crate) fn counts_breaths(&self, now_ms: u64) -> bool {
        self.breath_at_ms.is_some() && now_ms.saturating_sub(self.counts_from_ms) >= 30_000
    }

    /// How long there was no breath [ms]: since the last that was noticed, or, where breaths are only
    /// counted by a module, as long as it counts when it finds none.
    pub(crate) fn breathless_ms(&self, now_ms: u64) -> Option<u64> {
        let counts_none = || self.resp_rate.mean().is_some_and(|rate| rate <= 0.0);
        let by_module = || counts_none().then_some(COUNTED_MS);
        self.breath.silent_ms(now_ms).or_else(by_module)
    }

    /// What is shown.
    pub(crate) fn values(&self, now_ms: u64) -> Values {
        let mut values = Values::default();
        let fresh = |last: &Last, value: Option<f64>| {
            value.filter(|_| last.age_ms(now_ms).is_some_and(|age| age <= STALE_MS))
        };
        let has_ecg = self.heart_at_ms.is_some_and(|at| now_ms.saturating_sub(at) <= STALE_MS);
        let beats = self.heart.silent_ms(now_ms).is_some_and(|ms| ms < 4000);
        let rate = if beats { self.heart.heart_rate() } else { Some(0.0) };
        values.set(Vital::HeartRate, rate.filter(|_| has_ecg).map(round));
        let counted = self.breath.resp_rate(now_ms, self.counts_from_ms);
        let counted = counted.filter(|_| self.counts_breaths(now_ms)).or(self.resp_rate.mean());
        values.set(Vital::RespRate, fresh(&self.resp_rate, counted).map(round));
        values.set(Vital::SpO2, fresh(&self.spo2, self.spo2.mean()).map(round));
        values.set(Vital::PulseRate, fresh(&self.pulse, self.pulse.mean()).map(round));
        values.set(Vital::EtCo2, fresh(&self.etco2, self.etco2.peak()).map(round));
        values.set(Vital::Temperature, fresh(&self.temperature, self.temperature.peak()));
        if let Some(mean) = self.pressure {
            values.set(Vital::Mean, Some(round(mean)));
            values.set(Vital::Systolic, Some(round(mean + SYSTOLIC_MMHG)));
            values.set(Vital::Diastolic, Some(round(mean + DIASTOLIC_MMHG)));
        }
        values
    }
}

fn contact(last_ms: Option<u64>, now_ms: u64) -> Contact {
    match last_ms {
        None => Contact::None,
        Some(at) if at >= now_ms => Contact::Good,
        Some(_) => Contact::Lost,
    }
}

/// Half up, by whole numbers alone: a component has no `floor` of its own.
fn round(value: f64) -> f64 {
    f64::from((value + 0.5 + 1000.0) as i32 - 1000)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Somebody who is well.
    pub(crate) const WELL: Sample = Sample {
        heart_rate: Some(75.0),
        spo2: Some(97.0),
        resp_rate: Some(14.0),
        etco2: Some(38.0),
        temperature: Some(36.8),
    };

    fn after(seconds: u64) -> Pipeline {
        let mut pipeline = Pipeline::new(1);
        (1..=seconds).for_each(|s| pipeline.second(WELL, s * 1000));
        pipeline
    }

    #[test]
    fn a_well_patient_is_shown_as_they_are() {
        let shown = after(60).values(60_000);
        let get = |vital| shown.get(vital);
        assert_eq!(get(Vital::HeartRate), Some(75.0));
        assert_eq!(get(Vital::SpO2), Some(97.0));
        assert_eq!(get(Vital::RespRate), Some(14.0));
        assert_eq!(get(Vital::EtCo2), Some(38.0));
        assert_eq!(get(Vital::PulseRate), Some(75.0));
        assert_eq!(get(Vital::Temperature), Some(36.8));
        assert_eq!(get(Vital::Systolic), None, "the cuff has not measured yet");
    }

    #[test]
    fn saturation_is_the_mean_of_eight_seconds_where_that_is_set() {
        let mut pipeline = Pipeline::new(8);
        (1..=60).for_each(|s| pipeline.second(WELL, s * 1000));
        (61..=64).for_each(|s| pipeline.second(Sample { spo2: Some(89.0), ..WELL }, s * 1000));
        assert_eq!(pipeline.values(64_000).get(Vital::SpO2), Some(93.0));
        (65..=68).for_each(|s| pipeline.second(Sample { spo2: Some(89.0), ..WELL }, s * 1000));
        assert_eq!(pipeline.values(68_000).get(Vital::SpO2), Some(89.0));
    }

    #[test]
    fn breaths_that_are_noticed_are_counted_and_the_module_is_not_asked() {
        let mut pipeline = Pipeline::new(1);
        for s in 1..=60 {
            if s % 5 == 0 {
                pipeline.breath.sensed(s * 1000);
            }
            pipeline.second(WELL, s * 1000);
        }
        assert_eq!(pipeline.values(60_000).get(Vital::RespRate), Some(12.0));
        assert_eq!(pipeline.breathless_ms(72_000), Some(12_000));
    }

    #[test]
    fn a_module_that_counts_no_breath_has_counted_for_half_a_minute() {
        let mut pipeline = after(60);
        assert_eq!(pipeline.breathless_ms(60_000), None);
        pipeline.second(Sample { resp_rate: Some(0.0), ..WELL }, 61_000);
        assert_eq!(pipeline.breathless_ms(61_000), Some(30_000));
    }

    #[test]
    fn what_is_older_than_half_a_minute_is_shown_no_more() {
        let mut pipeline = after(60);
        let off = Sample { spo2: None, ..WELL };
        (61..=90).for_each(|s| pipeline.second(off, s * 1000));
        assert_eq!(pipeline.probe_contact(90_000), Contact::Lost);
        assert_eq!(pipeline.values(90_000).get(Vital::SpO2), Some(97.0));
        pipeline.second(off, 91_000);
        assert_eq!(pipeline.values(91_000).get(Vital::SpO2), None);
    }

    #[test]
    fn a_sensor_that_was_never_put_on_is_not_lost() {
        let mut pipeline = Pipeline::new(8);
        pipeline.second(Sample { heart_rate: None, ..WELL }, 1000);
        assert_eq!(pipeline.ecg_contact(1000), Contact::None);
        assert_eq!(pipeline.probe_contact(1000), Contact::Good);
    }

    #[test]
    fn electrodes_that_are_put_on_again_begin_anew() {
        let mut pipeline = after(60);
        let off = Sample { heart_rate: None, resp_rate: None, ..WELL };
        (61..=75).for_each(|s| pipeline.second(off, s * 1000));
        pipeline.second(WELL, 76_000);
        assert!(pipeline.heart.silent_ms(76_000).is_some_and(|ms| ms < 1000), "no asystole");
        assert!(!pipeline.counts_breaths(76_000));
    }

    #[test]
    fn the_cuff_gives_three_pressures() {
        let mut pipeline = after(10);
        pipeline.cuff(Some(93.0));
        let values = pipeline.values(10_000);
        let got = [Vital::Systolic, Vital::Diastolic, Vital::Mean].map(|vital| values.get(vital));
        assert_eq!(got, [Some(120.0), Some(80.0), Some(93.0)]);
    }
}
