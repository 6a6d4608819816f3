//! A bedside patient monitor: what its sensors give is averaged, shown, held against limits, and told.
//!
//! Models: the measurement pipeline of models.md 4.1 ([`pipeline`], [`rhythm`]), limits, priorities and
//! validation delays of 4.2 ([`watch`]), the state machine of a condition of 4.3 ([`alarm`]), numerics
//! each second to a central station in clear (4.4), and `ORU^R01` over MLLP to an interface engine each
//! minute. An alarm is sent again every two seconds until the central station has it. Sound may be
//! paused for two minutes; a new alarm of high priority ends a pause.
//!
//! Flaws of products, switched by config and off otherwise: `calls_home` streams what is measured and
//! whose it is to a fixed address (CVE-2025-0626 and -0683), `unchecked` writes where a frame says without
//! a look at the bounds (CVE-2024-12248): the component breaks off as the firmware did.
//!
//! Left out: waveforms (drawn where somebody looks), ST and arrhythmia analysis beyond asystole,
//! fibrillation and pauses, invasive pressures, cuff artefacts, profiles by age, printing, battery.
//!
//! Units: 1/min, %, mmHg, degC, as each port says. Sources: models.md 4 and the manuals that it lists (S41 to S46).
//! Domain of validity: adults at rest, values within what each sensor can show.

mod alarm;
mod pipeline;
mod rhythm;
mod settings;
mod told;
mod watch;

use alarm::Change;
use medtwin_sdk::{Config, Model, Priority, alarm as bell, clock, command, display, sensor, timer};
use medtwin_vitals::{Alarm, Frame, VITALS, Values, Vital};
use pipeline::{Pipeline, Sample};
use settings::Settings;
use told::Told;
use watch::Watch;

const TICK: u32 = 0;
const CUFF: u32 = 1;
const SECOND_US: u64 = 1_000_000;
/// A cuff takes so long [us] (models.md 4.1: 25 to 40 s).
const CUFF_US: u64 = 30 * SECOND_US;
/// The first measurement of the cuff, after the patient was put on [us] [E].
const FIRST_CUFF_US: u64 = 60 * SECOND_US;
/// Sensors, by the model's list.
const SENSORS: [u32; 6] = [0, 1, 2, 3, 4, 5];
const MAP: u32 = 4;
const ECG: u32 = 6;
const BREATH: u32 = 7;
/// Fields behind the vitals.
const SHOWN_ALARM: u32 = VITALS as u32;
const SHOWN_SOUND: u32 = SHOWN_ALARM + 1;
/// What a field shows that has no value.
const NOTHING: f64 = -1.0;

/// The monitor.
pub struct PatientMonitor {
    settings: Settings,
    pipeline: Pipeline,
    watch: Watch,
    told: Told,
    /// Until when its sound is paused [ms].
    paused_until_ms: u64,
    shown: [f64; VITALS + 2],
    cuff_runs: bool,
}

impl Model for PatientMonitor {
    fn start(config: &Config) -> Self {
        let settings = Settings::of(config);
        let watch = Watch::new(settings.limits.clone());
        let _ = timer::set(TICK, SECOND_US);
        let _ = timer::set(CUFF, FIRST_CUFF_US);
        let _ = display::show(SHOWN_SOUND, 1.0);
        let mut shown = [0.0; VITALS + 2];
        shown[SHOWN_SOUND as usize] = 1.0;
        Self {
            pipeline: Pipeline::new(settings.spo2_average_s),
            told: Told::new(&settings),
            settings,
            watch,
            paused_until_ms: 0,
            shown,
            cuff_runs: false,
        }
    }

    fn on_timer(&mut self, id: u32) {
        let now_ms = now_ms();
        match id {
            TICK => self.second(now_ms),
            _ => self.cuff(),
        }
    }

    fn on_sense(&mut self, sensor: u32, _value: f64) {
        match sensor {
            ECG => self.pipeline.heart.sensed(now_ms()),
            BREATH => self.pipeline.breath.sensed(now_ms()),
            _ => {}
        }
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        match peer {
            told::CENTRAL => {
                if let Some((frame, _)) = Frame::decode(body) {
                    self.hear(&frame);
                }
            }
            told::ENGINE => self.told.answered(body),
            _ => {}
        }
    }

    fn on_input(&mut self, input: u32, value: f64) {
        let now_ms = now_ms();
        match input {
            0 => self.pause(value, now_ms),
            1 => self.acknowledge(now_ms),
            2 => self.cuff(),
            3..=10 => {
                let (vital, is_high) = settings::KEYS[input as usize - 3];
                let (low, high) = self.watch.limits.of[vital as usize];
                let limits = if is_high { (low, value) } else { (value, high) };
                self.set_limits(vital, limits);
            }
            11 if command::begin("alarms-off", &[u8::from(value > 0.0)]).is_ok() => {
                self.watch.off = value > 0.0;
            }
            _ => {}
        }
    }

    fn save(&self) -> Vec<u8> {
        settings::save(&self.watch, self.paused_until_ms)
    }

    fn load(&mut self, state: &[u8]) {
        if let Some(until) = settings::load(&mut self.watch, state) {
            self.paused_until_ms = until;
        }
    }
}

impl PatientMonitor {
    fn second(&mut self, now_ms: u64) {
        let _ = timer::set(TICK, SECOND_US);
        self.pipeline.second(self.sample(), now_ms);
        let values = self.pipeline.values(now_ms);
        let hears = !self.settings.has_central || self.told.hears_central(now_ms);
        for (alarm, change) in self.watch.judge(&self.pipeline, &values, hears, now_ms) {
            self.tell(alarm, change, now_ms);
        }
        self.end_pause(now_ms);
        self.show(&values);
        self.told.second(&values, self.watch.priority(), &self.watch.limits, now_ms);
    }

    /// What the sensors give: none where nothing is measured, or nothing is lent.
    fn sample(&self) -> Sample {
        let [heart_rate, spo2, resp_rate, etco2, _, temperature] =
            SENSORS.map(|port| if port == MAP { None } else { sensor::read(port).ok().flatten() });
        Sample { heart_rate, spo2, resp_rate, etco2, temperature }
    }

    /// The cuff begins to measure, or has.
    fn cuff(&mut self) {
        self.cuff_runs = !self.cuff_runs;
        if !self.cuff_runs {
            self.pipeline.cuff(sensor::read(MAP).ok().flatten());
            let _ = timer::set(CUFF, self.settings.cuff_us.saturating_sub(CUFF_US));
        } else {
            let _ = timer::set(CUFF, CUFF_US);
        }
    }

    /// People and the central station are told of an alarm.
    fn tell(&mut self, alarm: Alarm, change: Change, now_ms: u64) {
        let on = change == Change::Began;
        if on {
            let _ = bell::raise(alarm as u32, priority(alarm.priority()));
            // What is urgent is heard in spite of a pause.
            if alarm.priority() == 3 {
                self.paused_until_ms = 0;
            }
        } else {
            let _ = bell::clear(alarm as u32);
        }
        self.told.alarm(alarm, on, now_ms);
    }

    /// A pause that is over lets what nobody took note of be heard again.
    fn end_pause(&mut self, now_ms: u64) {
        if self.paused_until_ms == 0 || now_ms < self.paused_until_ms {
            return;
        }
        self.paused_until_ms = 0;
        for (alarm, condition) in self.watch.on() {
            if condition.state() == alarm::State::Active {
                let _ = bell::raise(alarm as u32, priority(alarm.priority()));
            }
        }
    }

    fn show(&mut self, values: &Values) {
        for vital in Vital::ALL {
            self.show_one(vital as u32, values.get(vital).unwrap_or(NOTHING));
        }
        self.show_one(SHOWN_ALARM, f64::from(self.watch.priority()));
        let sounds = self.paused_until_ms == 0 && !self.watch.off;
        self.show_one(SHOWN_SOUND, f64::from(u8::from(sounds)));
    }

    fn show_one(&mut self, field: u32, value: f64) {
        let shown = &mut self.shown[field as usize];
        if shown.to_bits() != value.to_bits() && display::show(field, value).is_ok() {
            *shown = value;
        }
    }

    fn pause(&mut self, seconds: f64, now_ms: u64) {
        let seconds = (seconds.clamp(0.0, 600.0)) as u64;
        if command::begin("audio-pause", &seconds.to_le_bytes()).is_ok() {
            self.paused_until_ms = if seconds > 0 { now_ms + seconds * 1000 } else { 0 };
        }
    }

    fn acknowledge(&mut self, now_ms: u64) {
        for (alarm, change) in self.watch.acknowledge() {
            self.tell(alarm, change, now_ms);
        }
    }

    fn set_limits(&mut self, vital: Vital, (low, high): (f64, f64)) {
        let arguments = [&[vital as u8][..], &low.to_le_bytes(), &high.to_le_bytes()].concat();
        if command::begin("set-limits", &arguments).is_ok() {
            self.watch.limits.of[vital as usize] = (low, high);
        }
    }

    /// A frame of the central station, if it is for this bed.
    fn hear(&mut self, frame: &Frame) {
        let now_ms = now_ms();
        if frame.bed != self.settings.bed {
            return;
        }
        self.told.heard(frame, now_ms);
        match frame.body {
            medtwin_vitals::Body::Pause { seconds } => self.pause(f64::from(seconds), now_ms),
            medtwin_vitals::Body::SetLimit { vital, low, high } => {
                let limits = (f64::from(low) / 10.0, f64::from(high) / 10.0);
                let vital = if self.settings.is_unchecked {
                    Some(Vital::ALL[usize::from(vital)]) // the flaw: no look at the bounds
                } else {
                    Vital::ALL.get(usize::from(vital)).copied()
                };
                if let Some(vital) = vital {
                    self.set_limits(vital, limits);
                }
            }
            _ => {}
        }
    }
}

/// Time since the start of the run [ms]; 0 without a clock.
fn now_ms() -> u64 {
    clock::now().map_or(0, |us| us / 1000)
}

const fn priority(number: u8) -> Priority {
    match number {
        3 => Priority::High,
        2 => Priority::Medium,
        _ => Priority::Low,
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(PatientMonitor);
