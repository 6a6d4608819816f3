//! What is out of its limits, how urgent that is, and after what delay it counts (models.md 4.1, 4.2).

use medtwin_vitals::{ALARMS, Alarm, VITALS, Values, Vital};

use crate::alarm::{Change, Condition, State};
use crate::pipeline::{Contact, Pipeline};

/// Whether it has to be acknowledged although it is over.
const fn latches(alarm: Alarm) -> bool {
    matches!(alarm, Alarm::Asystole | Alarm::Fibrillation)
}

/// For how long it has to hold [ms]; `low` of two limits.
const fn validation_ms(alarm: Alarm, low: bool, by_impedance: bool) -> u64 {
    match alarm {
        Alarm::HeartRate => 6000,
        Alarm::SpO2 if low => 10_000,
        Alarm::SpO2 => 6000,
        Alarm::RespRate if by_impedance => 14_000,
        Alarm::RespRate => 9000,
        Alarm::EtCo2 => 10_000,
        Alarm::LeadsOff | Alarm::ProbeOff | Alarm::NoCentral => 5000,
        _ => 0,
    }
}

/// The limits in force, and the other settings of alarms.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limits {
    /// Low and high by vital, in its unit.
    pub(crate) of: [(f64, f64); VITALS],
    /// [%]
    pub(crate) desaturation: f64,
    /// [ms]
    pub(crate) apnoea_ms: u64,
    /// [ms]
    pub(crate) asystole_ms: u64,
    /// Breaths are counted by the electrodes, not by a capnograph.
    pub(crate) by_impedance: bool,
    /// What the user adds to every validation delay of a limit [ms].
    pub(crate) delay_ms: u64,
}

impl Default for Limits {
    /// For adults (models.md 4.2).
    fn default() -> Self {
        let mut of = [(f64::NEG_INFINITY, f64::INFINITY); VITALS];
        for (vital, limits) in [
            (Vital::HeartRate, (50.0, 120.0)),
            (Vital::PulseRate, (50.0, 120.0)),
            (Vital::SpO2, (90.0, 100.0)),
            (Vital::RespRate, (8.0, 30.0)),
            (Vital::EtCo2, (25.0, 50.0)),
            (Vital::Systolic, (90.0, 160.0)),
            (Vital::Diastolic, (50.0, 90.0)),
            (Vital::Mean, (60.0, 110.0)),
        ] {
            of[vital as usize] = limits;
        }
        Self {
            of,
            desaturation: 80.0,
            apnoea_ms: 20_000,
            asystole_ms: 4000,
            by_impedance: false,
            delay_ms: 0,
        }
    }
}

impl Limits {
    fn outside(&self, values: &Values, vital: Vital) -> Option<bool> {
        let (low, high) = self.of[vital as usize];
        let value = values.get(vital)?;
        (value < low || value > high).then_some(value < low)
    }
}

/// Every condition of one monitor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    conditions: [Condition; ALARMS],
    pub(crate) limits: Limits,
    /// No alarm counts: somebody switched them off.
    pub(crate) off: bool,
}

impl Watch {
    /// One that nothing has happened to yet.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Judges all conditions, and says which began or ended.
    pub(crate) fn judge(
        &mut self,
        pipeline: &Pipeline,
        values: &Values,
        hears_central: bool,
        now_ms: u64,
    ) -> Vec<(Alarm, Change)> {
        let mut changes = Vec::new();
        for alarm in Alarm::ALL {
            let held = self.holds(alarm, pipeline, values, hears_central, now_ms);
            let low = held.unwrap_or(false);
            let mut delay = validation_ms(alarm, low, self.limits.by_impedance);
            if alarm.vital().is_some() && delay > 0 {
                delay += self.limits.delay_ms;
            }
            let holds = held.is_some() && !self.off;
            let own = &mut self.conditions[alarm as usize];
            let change = own.judge(holds, now_ms, delay, latches(alarm));
            changes.extend(change.map(|change| (alarm, change)));
        }
        changes
    }

    /// Whether a condition holds, and if so whether it is about a value that is too low.
    fn holds(
        &self,
        alarm: Alarm,
        pipeline: &Pipeline,
        values: &Values,
        hears_central: bool,
        now_ms: u64,
    ) -> Option<bool> {
        let (limits, heart) = (&self.limits, &pipeline.heart);
        let has_ecg = pipeline.ecg_contact(now_ms) == Contact::Good;
        let when = |holds: bool| holds.then_some(true);
        let rate = values.get(Vital::HeartRate).filter(|rate| has_ecg && *rate > 0.0);
        let (low, high) = limits.of[Vital::HeartRate as usize];
        match alarm {
            Alarm::HeartRate => limits.outside(values, Vital::HeartRate).filter(|_| has_ecg),
            Alarm::SpO2 => limits.outside(values, Vital::SpO2),
            Alarm::Desaturation => {
                when(values.get(Vital::SpO2).is_some_and(|own| own < limits.desaturation))
            }
            Alarm::RespRate => {
                limits.outside(values, Vital::RespRate).filter(|_| pipeline.counts_breaths(now_ms))
            }
            Alarm::Apnoea => when(
                values.get(Vital::RespRate).is_some()
                    && pipeline.breathless_ms(now_ms).is_some_and(|ms| ms >= limits.apnoea_ms),
            ),
            Alarm::EtCo2 => limits.outside(values, Vital::EtCo2).filter(|_| {
                values.get(Vital::RespRate).is_none_or(|_| pipeline.counts_breaths(now_ms))
            }),
            Alarm::Pressure => [Vital::Systolic, Vital::Diastolic, Vital::Mean]
                .into_iter()
                .find_map(|vital| limits.outside(values, vital)),
            Alarm::Asystole => {
                when(has_ecg && heart.silent_ms(now_ms).is_some_and(|ms| ms >= limits.asystole_ms))
            }
            Alarm::Fibrillation => when(has_ecg && heart.fibrillates()),
            Alarm::ExtremeRate => when(rate.is_some_and(|rate| {
                rate > (high + 20.0).min(200.0) || rate < (low - 20.0).max(30.0)
            })),
            Alarm::Pause => when(has_ecg && heart.pauses(now_ms)),
            Alarm::LeadsOff => when(pipeline.ecg_contact(now_ms) == Contact::Lost),
            Alarm::ProbeOff => when(pipeline.probe_contact(now_ms) == Contact::Lost),
            Alarm::NoCentral => when(!hears_central),
        }
    }

    /// Somebody took note of everything; what ended by that.
    pub(crate) fn acknowledge(&mut self) -> Vec<(Alarm, Change)> {
        let all = Alarm::ALL.into_iter();
        all.filter_map(|alarm| Some((alarm, self.conditions[alarm as usize].acknowledge()?)))
            .collect()
    }

    /// The conditions that are on.
    pub(crate) fn on(&self) -> impl Iterator<Item = (Alarm, &Condition)> {
        Alarm::ALL
            .into_iter()
            .map(|alarm| (alarm, &self.conditions[alarm as usize]))
            .filter(|(_, own)| own.is_on())
    }

    /// The most urgent that nobody took note of; 0 if there is none.
    pub(crate) fn priority(&self) -> u8 {
        let unknown = self.on().filter(|(_, own)| own.state() != State::Acknowledged);
        unknown.map(|(alarm, _)| alarm.priority()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Sample;
    use crate::pipeline::tests::WELL;

    /// A well patient for a minute, who then is as `ill`; the second in which `alarm` begins.
    fn begins_after(alarm: Alarm, ill: Sample) -> Option<u64> {
        let (mut pipeline, mut watch) = (Pipeline::new(1), Watch::default());
        let mut begun = None;
        for s in 1..=180u64 {
            pipeline.second(if s <= 60 { WELL } else { ill }, s * 1000);
            let values = pipeline.values(s * 1000);
            for (own, change) in watch.judge(&pipeline, &values, true, s * 1000) {
                assert!(s > 60, "{own:?} of a well patient");
                if own == alarm && change == Change::Began && begun.is_none() {
                    begun = Some(s - 60);
                }
            }
        }
        begun
    }

    #[track_caller]
    fn check(alarm: Alarm, ill: Sample, within: core::ops::RangeInclusive<u64>) {
        let after = begins_after(alarm, ill);
        assert!(after.is_some_and(|s| within.contains(&s)), "{alarm:?} after {after:?}");
    }

    #[test]
    fn limits_of_the_heart_rate_are_told_within_eleven_seconds() {
        check(Alarm::HeartRate, Sample { heart_rate: Some(160.0), ..WELL }, 6..=11);
        check(Alarm::HeartRate, Sample { heart_rate: Some(40.0), ..WELL }, 6..=11);
    }

    #[test]
    fn low_saturation_counts_after_ten_seconds() {
        check(Alarm::SpO2, Sample { spo2: Some(88.0), ..WELL }, 10..=11);
    }

    #[test]
    fn desaturation_is_told_at_once() {
        check(Alarm::Desaturation, Sample { spo2: Some(70.0), ..WELL }, 1..=1);
    }

    #[test]
    fn apnoea_is_told_twenty_seconds_after_the_last_breath() {
        let (mut pipeline, mut watch) = (Pipeline::new(1), Watch::default());
        for s in 1..=100u64 {
            if s <= 60 && s.is_multiple_of(4) {
                pipeline.breath.sensed(s * 1000);
            }
            pipeline.second(WELL, s * 1000);
            let values = pipeline.values(s * 1000);
            let told = watch.judge(&pipeline, &values, true, s * 1000);
            assert_eq!(told.contains(&(Alarm::Apnoea, Change::Began)), s == 80, "second {s}");
        }
    }

    #[test]
    fn slow_breathing_is_told_after_its_delay() {
        check(Alarm::RespRate, Sample { resp_rate: Some(5.0), ..WELL }, 9..=10);
    }

    #[test]
    fn asystole_is_told_after_four_seconds_and_fibrillation_within_ten() {
        check(Alarm::Asystole, Sample { heart_rate: Some(0.0), ..WELL }, 4..=5);
        check(Alarm::Fibrillation, Sample { heart_rate: Some(300.0), ..WELL }, 1..=10);
    }

    #[test]
    fn an_extreme_rate_is_of_high_priority() {
        check(Alarm::ExtremeRate, Sample { heart_rate: Some(180.0), ..WELL }, 1..=8);
        assert_eq!(Alarm::ExtremeRate.priority(), 3);
        assert_eq!(
            begins_after(Alarm::ExtremeRate, Sample { heart_rate: Some(130.0), ..WELL }),
            None
        );
    }

    #[test]
    fn a_probe_that_came_off_is_told_and_no_saturation_is() {
        let off = Sample { spo2: None, ..WELL };
        check(Alarm::ProbeOff, off, 5..=7);
        assert_eq!(begins_after(Alarm::SpO2, off), None);
        check(Alarm::LeadsOff, Sample { heart_rate: None, ..WELL }, 5..=7);
        assert_eq!(begins_after(Alarm::Asystole, Sample { heart_rate: None, ..WELL }), None);
    }

    #[test]
    fn limits_that_were_widened_tell_of_nothing() {
        let (mut pipeline, mut watch) = (Pipeline::new(1), Watch::default());
        watch.limits.of[Vital::SpO2 as usize] = (50.0, 100.0);
        watch.limits.desaturation = 50.0;
        for s in 1..=120 {
            pipeline.second(Sample { spo2: Some(75.0), ..WELL }, s * 1000);
            let values = pipeline.values(s * 1000);
            assert_eq!(watch.judge(&pipeline, &values, true, s * 1000), []);
        }
    }

    #[test]
    fn a_central_station_that_is_silent_is_a_low_priority() {
        let (pipeline, mut watch) = (Pipeline::new(1), Watch::default());
        let values = pipeline.values(0);
        let told: Vec<_> =
            (0..10).flat_map(|s| watch.judge(&pipeline, &values, false, s * 1000)).collect();
        assert_eq!(told, [(Alarm::NoCentral, Change::Began)]);
        assert_eq!(watch.priority(), 1);
    }
}
