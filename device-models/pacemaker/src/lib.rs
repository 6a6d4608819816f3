//! A pacemaker: what it senses makes it wait, what it waits for in vain it paces.
//!
//! All modes and parameters of the PACEMAKER System Specification (Boston Scientific, 2007), with the limits
//! between them: settings that pass one are refused as a whole. What is programmed takes effect at the next
//! event of the heart ([`medtwin_implant::pacer`]). It is woken by senses and by its own timeouts, never by a
//! tick. The sense amplifiers and the output are hardware: it sets their thresholds, amplitudes and widths.
//!
//! With `markers` on it shows each marker that it would write beside an electrogram: field `marker`, 32 times
//! the time [ms] and the number of the marker (1 AS, 2 AP, 3 VS, 4 VP, 5 PVC, 6 AR, 7 VR, 8 TN, 9 ATR-Dur,
//! 10 ATR-FB, 11 ATR-End). Temporary settings end with the session.
//!
//! Left out: electrograms and histograms, threshold tests, ventricular safety pacing, capture control by
//! itself, and diagnostics other than those it reports.
//!
//! Units: ms, 1/min, V, mV, as each parameter says; charge and impedance are the hardware's. Sources: the
//! specification; what it leaves open is models.md 2.4.3 and 2.4.4 [E], tested by 47 vectors. Domain of validity:
//! parameters within the ranges of the specification, timing exact to the millisecond (a product has 8 ms), one
//! lead in each chamber.

mod ports;

use medtwin_frames::Kind;
use medtwin_implant::battery::{Battery, State};
use medtwin_implant::settings::{self as set, PARAMETERS, interval_ms};
use medtwin_implant::telemetry::{Request, Telemetry};
use medtwin_implant::{Marker, Pacer, SensorRate, Settings, mode};
use medtwin_sdk::{
    Config, Model, Priority, actuator, alarm, clock, command, display, sensor, timer,
};

const PACE: u32 = 0;
const SECOND: u32 = 1;
const HOUR: u32 = 2;
const RADIO_TIMER: u32 = 3;
const US_PER_MS: u64 = 1000;
const US_PER_S: u64 = 1_000_000;

/// The pacemaker.
pub struct Pacemaker {
    /// When the event in hand began.
    now_us: u64,
    pacer: Pacer,
    telemetry: Telemetry,
    rate: SensorRate,
    /// What was said of parameters in this session.
    staged: Settings,
    /// What it goes back to when what is temporary ends.
    permanent: Option<Settings>,
    output: Option<[i64; 6]>,
    width_us: i64,
    /// A rate under test instead of the sensor's.
    tests_rate: bool,
    shows_markers: bool,
}

impl Model for Pacemaker {
    fn start(config: &Config) -> Self {
        let settings = configured(config);
        let cycle = config.number("previous_cycle_ms", 0.0) as i64;
        let now_us = clock::now().unwrap_or(0);
        let mut own = Self {
            now_us,
            pacer: Pacer::new(settings, ms(now_us), Some(cycle).filter(|cycle| *cycle > 0)),
            telemetry: Telemetry::new(config, ports::RADIO, RADIO_TIMER),
            rate: SensorRate::default(),
            staged: settings,
            permanent: None,
            output: None,
            width_us: 0,
            tests_rate: false,
            shows_markers: config.flag("markers"),
        };
        own.telemetry.start(now_us);
        own.measure_battery();
        let _ = timer::set(HOUR, 3600 * US_PER_S);
        own.after();
        own
    }

    fn on_sense(&mut self, sensor: u32, value: f64) {
        self.wake();
        match sensor {
            ports::ATRIAL_SENSE => self.pacer.atrial_sense(self.now_ms()),
            ports::VENTRICULAR_SENSE => self.pacer.ventricular_sense(self.now_ms()),
            ports::MAGNET => self.pacer.magnet(value > 0.5, self.now_ms()),
            _ => return,
        }
        self.after();
    }

    fn on_timer(&mut self, id: u32) {
        self.wake();
        match id {
            PACE => self.pacer.timeout(self.now_ms()),
            SECOND => self.second(),
            HOUR => {
                self.measure_battery();
                let _ = timer::set(HOUR, 3600 * US_PER_S);
            }
            _ => {
                self.telemetry.on_timer(self.now_us);
                self.end_temporary();
            }
        }
        self.after();
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        self.wake();
        let requests = self.telemetry.hear(peer, body, self.now_us);
        if self.telemetry.has_begun() {
            self.staged = *self.pacer.programmed();
        }
        for request in requests {
            self.asked(&request);
            self.after();
        }
    }

    fn save(&self) -> Vec<u8> {
        self.permanent.as_ref().unwrap_or(self.pacer.programmed()).encode()
    }

    fn load(&mut self, state: &[u8]) {
        if let Some(settings) = Settings::decode(state) {
            self.wake();
            (self.pacer, self.staged) = (Pacer::new(settings, self.now_ms(), None), settings);
            self.measure_battery();
            self.after();
        }
    }
}

impl Pacemaker {
    fn wake(&mut self) {
        self.now_us = clock::now().unwrap_or(self.now_us);
    }

    fn now_ms(&self) -> i64 {
        ms(self.now_us)
    }

    fn asked(&mut self, request: &Request) {
        let done = match request.kind {
            Kind::KeepAlive => true,
            Kind::CloseSession => {
                self.telemetry.close(self.now_us);
                self.end_temporary();
                true
            }
            Kind::Parameter => self.stage(request),
            Kind::Program => self.program("program"),
            Kind::Temporary => self.program_for_now(),
            Kind::PaceNow => self.pace_now(),
            Kind::SensorTest => self.test_rate(request),
            Kind::Interrogate => return self.interrogate(request),
            Kind::Cancel => self.end_temporary(),
            _ => return,
        };
        self.telemetry.answer(request, u16::from(done));
    }

    fn stage(&mut self, request: &Request) -> bool {
        self.staged.set(usize::from(request.a), request.b as i16).is_ok()
    }

    fn program(&mut self, verb: &str) -> bool {
        let fits = self.staged.check().is_ok();
        if !fits || command::begin(verb, &self.staged.encode()).is_err() {
            self.staged = *self.pacer.programmed();
            return false;
        }
        self.pacer.program(self.staged, self.now_ms());
        if verb == "program" {
            self.permanent = None;
        }
        true
    }

    fn program_for_now(&mut self) -> bool {
        let before = *self.pacer.programmed();
        let done = !self.battery().is_restricted() && self.program("temporary");
        if done {
            self.permanent.get_or_insert(before);
        }
        done
    }

    fn end_temporary(&mut self) -> bool {
        self.tests_rate = false;
        let Some(settings) = self.permanent.take() else { return false };
        self.pacer.program(settings, self.now_ms());
        self.staged = settings;
        true
    }

    fn pace_now(&mut self) -> bool {
        if command::begin("pace-now", &[]).is_err() {
            return false;
        }
        self.permanent = None;
        self.pacer.pace_now(self.now_ms());
        self.staged = *self.pacer.programmed();
        true
    }

    fn test_rate(&mut self, request: &Request) -> bool {
        let done = command::begin("sensor-test", &request.a.to_le_bytes()).is_ok();
        if done {
            self.tests_rate = true;
            self.pacer.sensor_rate(f64::from(request.a));
        }
        done
    }

    fn interrogate(&mut self, request: &Request) {
        if command::begin("interrogate", &[]).is_err() {
            return self.telemetry.answer(request, 0);
        }
        let settings = *self.pacer.programmed();
        let value = |at: usize| (at as u16, settings.get(at) as i16 as u16);
        let mut values: Vec<(u16, u16)> = (0..PARAMETERS.len()).map(value).collect();
        let measured = |port, scale: f64| {
            let read = sensor::read(port).ok().flatten().unwrap_or(0.0);
            (read * scale).round().clamp(0.0, 65_535.0) as u16
        };
        values.push((ports::SAYS_BATTERY, measured(ports::BATTERY, 100.0)));
        values.push((ports::SAYS_IMPEDANCE, measured(ports::LEAD_IMPEDANCE, 1.0)));
        self.telemetry.report(request, &values);
    }

    fn battery(&self) -> Battery {
        sensor::read(ports::BATTERY).ok().flatten().map_or_else(Battery::default, Battery::of)
    }

    fn measure_battery(&mut self) {
        let battery = self.battery();
        self.pacer.battery(battery, self.now_ms());
        let _ = display::show(ports::BATTERY_FIELD, battery.state() as u8 as f64);
        if battery.state() >= State::Ert {
            let _ = alarm::raise(ports::BATTERY_ALARM, Priority::Low);
        }
    }

    fn second(&mut self) {
        let activity = sensor::read(ports::ACTIVITY).ok().flatten().unwrap_or(0.0);
        let rate = self.rate.second(self.pacer.settings(), activity);
        if !self.tests_rate {
            self.pacer.sensor_rate(rate);
        }
        let _ = timer::set(SECOND, US_PER_S);
    }

    /// Carries out what the timing came to, and waits for its next timeout.
    fn after(&mut self) {
        self.set_hardware();
        for marker in self.pacer.take_markers() {
            match marker {
                Marker::Ap => self.pulse(ports::ATRIAL_PACE, set::A_AMPLITUDE, set::A_WIDTH),
                Marker::Vp => self.pulse(ports::VENTRICULAR_PACE, set::V_AMPLITUDE, set::V_WIDTH),
                _ => {}
            }
            if self.shows_markers {
                let shown = 32.0 * self.now_ms() as f64 + f64::from(marker as u8);
                let _ = display::show(ports::MARKER, shown);
            }
        }
        match self.pacer.due() {
            Some(due) => {
                let wait = (due.max(0) as u64 * US_PER_MS).saturating_sub(self.now_us);
                let _ = timer::set(PACE, wait);
            }
            None => {
                let _ = timer::cancel(PACE);
            }
        }
    }

    /// Thresholds of the sense amplifiers, and what is shown, follow the settings in effect.
    fn set_hardware(&mut self) {
        let settings = *self.pacer.settings();
        let [mode, lower] = [set::MODE, set::LRL].map(|at| settings.get(at));
        let [a, v] = [set::A_SENSITIVITY, set::V_SENSITIVITY].map(|at| settings.get(at));
        let senses = self.pacer.mode();
        let now = [mode, lower, a, v, i64::from(senses.senses_a), i64::from(senses.senses_v)];
        if self.output.replace(now) == Some(now) {
            return;
        }
        // A channel that is not sensed is switched off.
        let threshold = |uv: i64, on| if on { uv as f64 / 1000.0 } else { ports::DEAF_MV };
        let _ = actuator::set(ports::ATRIAL_SENSITIVITY, threshold(a, senses.senses_a));
        let _ = actuator::set(ports::VENTRICULAR_SENSITIVITY, threshold(v, senses.senses_v));
        let _ = display::show(ports::MODE, mode as f64);
        let _ = display::show(ports::RATE, 60_000.0 / interval_ms(lower as f64) as f64);
        if senses.adapts {
            let _ = timer::set(SECOND, US_PER_S);
        } else {
            let _ = timer::cancel(SECOND);
        }
    }

    fn pulse(&mut self, port: u32, amplitude: usize, width: usize) {
        let settings = self.pacer.settings();
        let [amplitude_mv, width_us] = [amplitude, width].map(|at| settings.get(at));
        if amplitude_mv == 0 {
            return;
        }
        if std::mem::replace(&mut self.width_us, width_us) != width_us {
            let _ = actuator::set(ports::PULSE_WIDTH, width_us as f64 / 1000.0);
        }
        let _ = actuator::set(port, amplitude_mv as f64 / 1000.0);
    }
}

/// The settings of a config: nominal where it says nothing, or what cannot be.
fn configured(config: &Config) -> Settings {
    if config.flag("power_on_reset") {
        return Settings::power_on_reset();
    }
    let mut settings = Settings::default();
    if let Some(number) = (0..mode::PERMANENT).find(|n| config.is("mode", mode::NAMES[*n as usize]))
    {
        let _ = settings.set(set::MODE, number);
    }
    for (at, parameter) in PARAMETERS.iter().enumerate().filter(|(at, _)| *at != set::MODE) {
        let value = config.number(parameter.key, f64::NAN);
        if value.is_finite() {
            let _ = settings.set(at, value.clamp(-32_768.0, 32_767.0) as i16);
        }
    }
    if settings.check().is_ok() { settings } else { Settings::default() }
}

fn ms(us: u64) -> i64 {
    (us / US_PER_MS) as i64
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Pacemaker);
