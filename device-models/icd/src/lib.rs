//! An ICD: it looks for rhythms that kill, paces them away or shocks them, and paces when nothing comes.
//!
//! Detection and therapy are in [`detection`]; what it does is a line of its log each, by the words of the
//! reference vectors: `WINDOW_VF`, `DETECT_VT`, `CHARGE`, `ATP1_CI290`, `SHOCK1`,
//! `THERAPY_EXHAUSTED`, `EPISODE_END`. Backup pacing is VVI, at 60 /min and 7.5 V for 30 s after a shock. A
//! magnet suspends detection while it is there. The capacitor is hardware: it is told how far to charge, and a
//! shock gives what is in it.
//!
//! The induction test (eight paced beats of 400 ms and a shock of 1.2 J into the T wave) is what real programmers
//! offer for tests under anaesthesia; config and policy say who may ask for it.
//!
//! Left out: discriminators, atrial leads, electrograms, episodes other than their number, the 50 Hz burst, errors of sensing.
//!
//! Units: ms, 1/min, J, V, mV. Sources: models.md 2.6 (S22, S23: published 8/10 and 6/10 detectors, bursts of eight
//! at 88 %), details [E]; vectors are derived by hand. Domain of validity: the parameter ranges of [`settings`],
//! one ventricular lead, rhythms of 20 to 300 /min; whether a shock or a burst works is the heart's to say.

mod ports;

pub mod detection;
pub mod settings;

use detection::{Detector, Told, Zone};
use medtwin_frames::Kind;
use medtwin_implant::settings as pacing;
use medtwin_implant::telemetry::{Request, Telemetry};
use medtwin_implant::{Marker, Pacer};
use medtwin_sdk::{
    Config, Model, Priority, actuator, alarm, clock, command, display, log, sensor, timer,
};
use settings::{PARAMETERS, Settings};

const PACE: u32 = 0;
const BURST: u32 = 1;
const HOUR: u32 = 2;
const RADIO_TIMER: u32 = 3;
const POST_SHOCK: u32 = 4;
const INDUCTION: u32 = 5;
const US_PER_MS: u64 = 1000;
const US_PER_S: u64 = 1_000_000;
/// After a shock: rate [1/min], amplitude [V], and for how long [µs].
const POST_SHOCK_PPM: i64 = 60;
const STRONG_V: f64 = 7.5;
const POST_SHOCK_US: u64 = 30 * US_PER_S;
/// Of an induction: beats, their interval, and when after the last the shock falls [ms]; its energy [J].
const INDUCES: (u32, u64, u64, f64) = (8, 400, 310, 1.2);
/// Time to charge with a new battery [ms]; its voltage, and what that falls by over its life [V] [E].
const CHARGE_MS: f64 = 8000.0;
const BATTERY_V: (f64, f64) = (3.0, 0.444);
const REPLACE_BELOW_V: f64 = 2.6;

/// The ICD.
pub struct Icd {
    /// When the event in hand began.
    now_us: u64,
    settings: Settings,
    staged: Settings,
    detector: Detector,
    pacer: Pacer,
    telemetry: Telemetry,
    /// Pulses left of a burst, and their interval [ms].
    burst: (u32, i64),
    induction: u32,
    post_shock: bool,
    magnet: bool,
    episodes: u32,
    shocks: u32,
    shown_uv: i64,
}

impl Model for Icd {
    fn start(config: &Config) -> Self {
        let now_us = clock::now().unwrap_or(0);
        let settings = configured(config);
        let mut own = Self {
            now_us,
            settings,
            staged: settings,
            detector: Detector::new(settings.detection(CHARGE_MS as i64)),
            pacer: Pacer::new(backup(&settings, false), ms(now_us), None),
            telemetry: Telemetry::new(config, ports::RADIO, RADIO_TIMER),
            burst: (0, 0),
            induction: 0,
            post_shock: false,
            magnet: false,
            episodes: 0,
            shocks: 0,
            shown_uv: 0,
        };
        own.telemetry.start(now_us);
        own.hour();
        own.after();
        own
    }

    fn on_sense(&mut self, sensor: u32, value: f64) {
        self.wake();
        match sensor {
            ports::SENSE => self.sense(),
            ports::MAGNET => {
                self.magnet = value > 0.5;
                self.put_off_if_told();
            }
            _ => return,
        }
        self.after();
    }

    fn on_timer(&mut self, id: u32) {
        self.wake();
        match id {
            PACE => self.pacer.timeout(self.now_ms()),
            BURST => self.pulse_of_burst(),
            HOUR => self.hour(),
            POST_SHOCK => self.set_post_shock(false),
            INDUCTION => self.induction_goes_on(),
            _ => self.telemetry.on_timer(self.now_us),
        }
        self.after();
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        self.wake();
        let requests = self.telemetry.hear(peer, body, self.now_us);
        if self.telemetry.has_begun() {
            self.staged = self.settings;
        }
        for request in requests {
            self.asked(&request);
            self.after();
        }
    }

    fn save(&self) -> Vec<u8> {
        self.settings.encode()
    }

    fn load(&mut self, state: &[u8]) {
        if let Some(settings) = Settings::decode(state) {
            self.wake();
            self.take(settings);
            self.after();
        }
    }
}

impl Icd {
    fn wake(&mut self) {
        self.now_us = clock::now().unwrap_or(self.now_us);
    }

    fn now_ms(&self) -> i64 {
        ms(self.now_us)
    }

    fn sense(&mut self) {
        let now = self.now_ms();
        if self.burst.0 > 0 || self.induction > 0 || !self.detector.sees(now) {
            return;
        }
        self.pacer.ventricular_sense(now);
        if self.is_put_off() {
            return;
        }
        for told in self.detector.sense(now) {
            let _ = log::write(&line(told));
            self.does(told);
        }
    }

    /// Whether it detects nothing: under a magnet, or as it is programmed.
    fn is_put_off(&self) -> bool {
        self.magnet || self.settings.get(settings::DETECTION) == 0
    }

    /// What was begun before it was put off is not carried on with: no shock, no burst, no induction, and no alarm of an
    /// episode that it sees no more of.
    fn put_off_if_told(&mut self) {
        if !self.is_put_off() {
            return;
        }
        if self.detector.put_off() {
            self.does(Told::Divert);
        }
        if std::mem::take(&mut self.burst).0 > 0 {
            let _ = timer::cancel(BURST);
            self.pace_anew();
        }
        if std::mem::take(&mut self.induction) > 0 {
            let _ = timer::cancel(INDUCTION);
            self.pace_anew();
        }
        let _ = alarm::clear(ports::THERAPY_ALARM);
    }

    /// Backup pacing begins with the next interval.
    fn pace_anew(&mut self) {
        self.pacer = Pacer::new(backup(&self.settings, self.post_shock), self.now_ms(), None);
    }

    fn does(&mut self, told: Told) {
        let energy_j = self.settings.get(settings::SHOCK_ENERGY) as f64 / 10.0;
        match told {
            Told::Charge => {
                let _ = actuator::set(ports::CHARGE, energy_j);
            }
            Told::Divert => {
                let _ = actuator::set(ports::CHARGE, 0.0);
            }
            Told::Shock(_) => {
                self.shocks += 1;
                let _ = actuator::set(ports::SHOCK, energy_j);
                let _ = display::show(ports::SHOCKS, f64::from(self.shocks));
                self.set_post_shock(true);
            }
            Told::Atp(_, interval) => {
                self.burst = (self.settings.get(11) as u32, interval);
                let _ = timer::set(BURST, interval as u64 * US_PER_MS);
            }
            Told::Exhausted => {
                let _ = alarm::raise(ports::THERAPY_ALARM, Priority::High);
            }
            Told::EpisodeEnd => {
                self.episodes += 1;
                let _ = display::show(ports::EPISODES, f64::from(self.episodes));
                let _ = alarm::clear(ports::THERAPY_ALARM);
            }
            Told::Window(_) | Told::Detected(_) => {}
        }
    }

    fn pulse_of_burst(&mut self) {
        if self.burst.0 == 0 {
            return;
        }
        let _ = actuator::set(ports::PACE, STRONG_V);
        self.burst.0 -= 1;
        if self.burst.0 > 0 {
            let _ = timer::set(BURST, self.burst.1 as u64 * US_PER_MS);
        } else {
            self.pace_anew();
        }
    }

    fn set_post_shock(&mut self, on: bool) {
        self.post_shock = on;
        self.pace_anew();
        if on {
            let _ = timer::set(POST_SHOCK, POST_SHOCK_US);
        }
    }

    fn induction_goes_on(&mut self) {
        let (beats, interval_ms, after_ms, energy_j) = INDUCES;
        self.induction += 1;
        if self.induction <= beats {
            let _ = actuator::set(ports::PACE, STRONG_V);
            let wait = if self.induction == beats { after_ms } else { interval_ms };
            let _ = timer::set(INDUCTION, wait * US_PER_MS);
        } else {
            self.induction = 0;
            let _ = actuator::set(ports::SHOCK, energy_j);
        }
    }

    fn hour(&mut self) {
        let volt = self.battery_v();
        let used = ((BATTERY_V.0 - volt) / BATTERY_V.1).clamp(0.0, 0.9);
        let charge_ms = (CHARGE_MS / (1.0 - 0.5 * used)) as i64;
        if charge_ms != self.detector.detection().charge_ms && !self.detector.is_in_episode() {
            self.detector.program(self.settings.detection(charge_ms));
        }
        let _ = display::show(ports::BATTERY_FIELD, (volt * 100.0).round() / 100.0);
        if volt < REPLACE_BELOW_V {
            let _ = alarm::raise(ports::BATTERY_ALARM, Priority::Medium);
        }
        let _ = timer::set(HOUR, 3600 * US_PER_S);
    }

    fn battery_v(&self) -> f64 {
        sensor::read(ports::BATTERY).ok().flatten().unwrap_or(BATTERY_V.0)
    }

    fn asked(&mut self, request: &Request) {
        let done = match request.kind {
            Kind::KeepAlive => true,
            Kind::CloseSession => {
                self.telemetry.close(self.now_us);
                true
            }
            Kind::Parameter => self.staged.set(usize::from(request.a), request.b as i16),
            Kind::Program => self.program(),
            Kind::Induce => self.induce(),
            Kind::Interrogate => return self.interrogate(request),
            _ => return,
        };
        self.telemetry.answer(request, u16::from(done));
    }

    fn program(&mut self) -> bool {
        let done =
            self.staged.is_sound() && command::begin("program", &self.staged.encode()).is_ok();
        if done {
            self.take(self.staged);
        } else {
            self.staged = self.settings;
        }
        done
    }

    fn take(&mut self, settings: Settings) {
        (self.settings, self.staged) = (settings, settings);
        let charge_ms = self.detector.detection().charge_ms;
        self.detector.program(settings.detection(charge_ms));
        self.pacer.program(backup(&settings, self.post_shock), self.now_ms());
        self.put_off_if_told();
    }

    fn induce(&mut self) -> bool {
        let done = command::begin("induce", &[]).is_ok();
        if done {
            let _ = actuator::set(ports::CHARGE, INDUCES.3);
            let _ = timer::set(INDUCTION, INDUCES.1 * US_PER_MS);
        }
        done
    }

    fn interrogate(&mut self, request: &Request) {
        if command::begin("interrogate", &[]).is_err() {
            return self.telemetry.answer(request, 0);
        }
        let value = |at: usize| (at as u16, self.settings.get(at) as i16 as u16);
        let mut values: Vec<(u16, u16)> = (0..PARAMETERS.len()).map(value).collect();
        let impedance = sensor::read(ports::LEAD_IMPEDANCE).ok().flatten().unwrap_or(0.0);
        values.push((ports::SAYS_BATTERY, (self.battery_v() * 100.0).clamp(0.0, 65_535.0) as u16));
        values.push((ports::SAYS_IMPEDANCE, impedance.clamp(0.0, 65_535.0) as u16));
        values.push((ports::SAYS_EPISODES, self.episodes.min(65_535) as u16));
        self.telemetry.report(request, &values);
    }

    /// Carries out what backup pacing came to, and waits for its next timeout.
    fn after(&mut self) {
        self.set_hardware();
        for marker in self.pacer.take_markers() {
            if marker == Marker::Vp && self.burst.0 == 0 && self.induction == 0 {
                let own = self.settings.get(settings::AMPLITUDE) as f64 / 1000.0;
                let _ = actuator::set(ports::PACE, if self.post_shock { STRONG_V } else { own });
            }
        }
        if let Some(due) = self.pacer.due() {
            let wait = (due.max(0) as u64 * US_PER_MS).saturating_sub(self.now_us);
            let _ = timer::set(PACE, wait);
        }
    }

    fn set_hardware(&mut self) {
        let uv = self.settings.get(settings::SENSITIVITY);
        if std::mem::replace(&mut self.shown_uv, uv) == uv {
            return;
        }
        let _ = actuator::set(ports::SENSITIVITY, uv as f64 / 1000.0);
        let width_ms = self.settings.get(settings::WIDTH) as f64 / 1000.0;
        let _ = actuator::set(ports::PULSE_WIDTH, width_ms);
        let _ = display::show(ports::SETTINGS, self.settings.get(settings::DETECTION) as f64);
    }
}

/// Backup pacing: VVI at the programmed rate, or as after a shock.
fn backup(own: &Settings, post_shock: bool) -> medtwin_implant::Settings {
    let mut settings = medtwin_implant::Settings::pace_now();
    let rate = if post_shock { POST_SHOCK_PPM } else { own.get(settings::PACING) };
    if settings.set(pacing::LRL, rate as i16).is_err() {
        let _ = settings.set(pacing::LRL, 40);
    }
    settings
}

fn line(told: Told) -> String {
    let name = |zone| if zone == Zone::Vf { "VF" } else { "VT" };
    match told {
        Told::Window(zone) => format!("WINDOW_{}", name(zone)),
        Told::Detected(zone) => format!("DETECT_{}", name(zone)),
        Told::Charge => "CHARGE".to_owned(),
        Told::Atp(burst, interval) => format!("ATP{burst}_CI{interval}"),
        Told::Shock(number) => format!("SHOCK{number}"),
        Told::Divert => "diverted: the rhythm is slow".to_owned(),
        Told::Exhausted => "THERAPY_EXHAUSTED".to_owned(),
        Told::EpisodeEnd => "EPISODE_END".to_owned(),
    }
}

/// The settings of a config: nominal where it says nothing, or what cannot be.
fn configured(config: &Config) -> Settings {
    let mut settings = Settings::default();
    for (at, parameter) in PARAMETERS.iter().enumerate() {
        let value = config.number(parameter.key, f64::NAN);
        if value.is_finite() {
            settings.set(at, value.clamp(-32_768.0, 32_767.0) as i16);
        }
    }
    if settings.is_sound() { settings } else { Settings::default() }
}

fn ms(us: u64) -> i64 {
    (us / US_PER_MS) as i64
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Icd);
