//! A pump that gives a volume at a rate: the logic of large-volume and syringe pumps.
//!
//! Rate 0.1 mL/h up to the model's, volume to be infused (VTBI), KVO after it, a drug library with
//! soft and hard limits, titration by the same key while it runs, air in line, occlusion. What is shown
//! as given is what the pump meant to give; the motor has a sensor of its own.
//!
//! Flaws of real products are config: `calibration_write = "anyone"` takes a calibration from whoever
//! sends one while the pump does not run, as of Infusomat Space (CVE-2021-33885, -33882, -33883);
//! `flow_check`: what the motor gave is compared with what is shown.
//!
//! Left out: piggyback, the battery, weight-based rates, a bolus key.

use medtwin_sdk::{
    Config, Priority, actuator, alarm, clock, command, display, log, network, sensor, storage,
    timer,
};

use crate::{BUILT_IN, Library, Program, Senses, Trouble, Verdict, Watch, milli, number_of, words};

const TICK: u32 = 0;
const LOOK_US: u64 = 10_000_000;
const FLOW: u32 = 0;
const LEAST_ML_PER_H: f64 = 0.1;
const KVO_ML_PER_H: f64 = 1.0;
const CALIBRATION: &str = "calibration";

/// Alarms, by their place in `model.toml`; the first are those of the sensors.
const TROUBLES: [(Trouble, u32, Priority); 7] = [
    (Trouble::Occluded, 0, Priority::Medium),
    (Trouble::Air, 1, Priority::Medium),
    (Trouble::Empty, 2, Priority::Medium),
    (Trouble::Low, 3, Priority::Low),
    (Trouble::Door, 4, Priority::Medium),
    (Trouble::Over, 5, Priority::High),
    (Trouble::Under, 6, Priority::Low),
];
const HARD: u32 = 7;
const SOFT: u32 = 8;
const DONE: u32 = 9;

/// What the pump does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle = 0,
    Running = 1,
    Kvo = 2,
    Stopped = 3,
}

/// A pump.
pub struct Volumetric {
    most_ml_per_h: f64,
    drug: String,
    ug_per_ml: f64,
    library: Library,
    rate_ml_per_h: f64,
    vtbi_ml: f64,
    state: State,
    calibration: f64,
    anyone_calibrates: bool,
    checks_flow: bool,
    confirmed: bool,
    watch: Watch,
    raised: u32,
    flow: f64,
    meant_ml: f64,
    counted_us: u64,
}

impl Volumetric {
    /// A pump of at most `most_ml_per_h`, set up by `config`.
    pub fn start(config: &Config, most_ml_per_h: f64) -> Self {
        let stored = storage::get(CALIBRATION).ok().flatten();
        let stored = stored.and_then(|bytes| Some(f64::from_le_bytes(bytes.try_into().ok()?)));
        let mut pump = Self {
            most_ml_per_h,
            drug: config.text("drug").to_owned(),
            ug_per_ml: config.number("concentration_ug_per_ml", 0.0),
            library: Library::parse(BUILT_IN)
                .unwrap_or(Library { version: 0, entries: Vec::new() }),
            rate_ml_per_h: config.number("flow_ml_per_h", 0.0),
            vtbi_ml: config.number("vtbi_ml", 1000.0),
            state: State::Idle,
            calibration: stored.filter(|c| (0.1..=10.0).contains(c)).unwrap_or(1.0),
            anyone_calibrates: config.is("calibration_write", "anyone"),
            checks_flow: config.flag("flow_check"),
            confirmed: false,
            watch: Watch::default(),
            raised: 0,
            flow: -1.0,
            meant_ml: 0.0,
            counted_us: 0,
        };
        if config.flag("running") && pump.may_start() {
            pump.state = State::Running;
        }
        pump.run();
        pump
    }

    /// Looks at the line and sets the motor.
    pub fn run(&mut self) {
        let now = clock::now().unwrap_or(0);
        let meant = if self.flow > 0.0 { self.shown_rate() } else { 0.0 };
        self.meant_ml += meant * now.saturating_sub(self.counted_us) as f64 / 3.6e9;
        self.counted_us = now;
        if let Some(senses) = senses() {
            self.watch.asked(now, meant);
            let trouble = self.watch.look(now, &senses);
            let of_motor = matches!(trouble, Some(Trouble::Over | Trouble::Under));
            self.troubled(trouble.filter(|_| self.checks_flow || !of_motor));
        }
        if self.state == State::Running && self.meant_ml >= self.vtbi_ml {
            self.state = State::Kvo;
            self.raise(DONE, true, Priority::Low);
        }
        self.apply();
        self.show();
        let _ = timer::set(TICK, LOOK_US);
    }

    fn shown_rate(&self) -> f64 {
        match self.state {
            State::Idle | State::Stopped => 0.0,
            State::Running => self.rate_ml_per_h,
            State::Kvo => KVO_ML_PER_H.min(self.rate_ml_per_h),
        }
    }

    /// The motor is told what the calibration makes of the rate; the display is not.
    fn apply(&mut self) {
        let flow = (self.shown_rate() * self.calibration).min(self.most_ml_per_h);
        if (flow - self.flow).abs() < 1e-12 {
            return;
        }
        if actuator::set(FLOW, flow).is_ok() {
            self.flow = flow;
        } else if self.state == State::Running {
            self.state = State::Stopped;
            let _ = log::write("the platform does not allow this rate");
            if actuator::set(FLOW, 0.0).is_ok() {
                self.flow = 0.0;
            }
        }
    }

    fn show(&self) {
        let given = (self.meant_ml * 100.0).round() / 100.0;
        let values = [self.shown_rate(), given, f64::from(self.state as u8)];
        for (field, value) in (0..).zip(values) {
            let _ = display::show(field, value);
        }
    }

    fn troubled(&mut self, found: Option<Trouble>) {
        for (trouble, which, priority) in TROUBLES {
            let of_motor = matches!(trouble, Trouble::Over | Trouble::Under);
            let stays = of_motor && self.raised & (1 << which) != 0;
            self.raise(which, found == Some(trouble) || stays, priority);
        }
        let runs = matches!(self.state, State::Running | State::Kvo);
        match found {
            Some(trouble) if runs && trouble.stops() => self.state = State::Stopped,
            Some(Trouble::Over) if runs => self.state = State::Stopped,
            Some(Trouble::Low) if runs => self.state = State::Kvo,
            _ => {}
        }
    }

    fn raise(&mut self, which: u32, holds: bool, priority: Priority) {
        let bit = 1 << which;
        if holds && self.raised & bit == 0 {
            self.raised |= bit;
            let _ = alarm::raise(which, priority);
        } else if !holds && self.raised & bit != 0 {
            self.raised &= !bit;
            let _ = alarm::clear(which);
        }
    }

    /// A key: rate, VTBI, start, stop, confirm.
    pub fn pressed(&mut self, input: u32, value: f64) {
        match input {
            0 | 1 => self.programmed(input, value),
            2 => self.started(),
            3 => {
                let _ = command::begin("stop", b"");
                self.state = State::Idle;
            }
            4 => self.confirmed = true,
            _ => {}
        }
        self.run();
    }

    fn programmed(&mut self, input: u32, value: f64) {
        let fits = match input {
            0 => (LEAST_ML_PER_H..=self.most_ml_per_h).contains(&value),
            _ => (0.0..=10_000.0).contains(&value),
        };
        if !fits {
            return;
        }
        let before = (self.rate_ml_per_h, self.vtbi_ml);
        if input == 0 {
            self.rate_ml_per_h = value;
        } else {
            self.vtbi_ml = self.meant_ml + value;
        }
        let is_titrated = input == 0 && self.state == State::Running;
        let may = !is_titrated || self.may_start();
        if !may || command::begin("program", &value.to_le_bytes()).is_err() {
            (self.rate_ml_per_h, self.vtbi_ml) = before;
        }
    }

    fn started(&mut self) {
        if self.may_start() && command::begin("start", &self.rate_ml_per_h.to_le_bytes()).is_ok() {
            self.state = State::Running;
            let _ = log::write(&format!("started {} mL/h", milli(self.rate_ml_per_h)));
        }
    }

    /// A drug that the library knows has limits; a fluid without a drug has none.
    fn may_start(&mut self) -> bool {
        let program = Program {
            ug_per_ml: self.ug_per_ml,
            basal_ml_per_h: self.rate_ml_per_h,
            demand_ml: 0.0,
            lockout_min: 0.0,
            hourly_ml: self.rate_ml_per_h,
        };
        let is_fluid = self.drug.is_empty();
        let verdict =
            if is_fluid { Verdict::Fine } else { self.library.check(&self.drug, &program) };
        self.raise(HARD, verdict >= Verdict::Hard, Priority::Low);
        self.raise(SOFT, verdict == Verdict::Soft && !self.confirmed, Priority::Low);
        verdict == Verdict::Fine || verdict == Verdict::Soft && self.confirmed
    }

    /// What comes through the gateway: `STATUS?`, `CONFIG calibration=…`, `LIBRARY …`.
    pub fn hears(&mut self, peer: u32, body: &[u8]) {
        match words(body).as_deref().and_then(|words| words.first().copied()) {
            Some("CONFIG") => self.configured(body),
            Some("LIBRARY") => self.library_comes(body),
            Some("STATUS?") => {
                let text = format!(
                    "STATUS rate={} given={} state={} library={}",
                    milli(self.shown_rate()),
                    milli(self.meant_ml),
                    self.state as u8,
                    self.library.version
                );
                let _ = network::send(peer, text.as_bytes());
            }
            _ => {}
        }
    }

    /// A calibration is written while nothing runs.
    fn configured(&mut self, body: &[u8]) {
        let factor = number_of(body, CALIBRATION).filter(|factor| (0.1..=10.0).contains(factor));
        let is_idle = self.state == State::Idle;
        let Some(factor) = factor.filter(|_| is_idle && self.anyone_calibrates) else { return };
        if command::begin("set-calibration", body).is_ok() {
            self.calibration = factor;
            let _ = storage::put(CALIBRATION, &factor.to_le_bytes());
        }
    }

    fn library_comes(&mut self, body: &[u8]) {
        let text = std::str::from_utf8(body).unwrap_or("");
        let text = text.split("SIGNED ").next().unwrap_or("");
        let library = Library::parse(text).filter(|new| new.version > self.library.version);
        if let Some(library) = library
            && command::begin("set-library", text.as_bytes()).is_ok()
        {
            self.library = library;
        }
    }
}

fn senses() -> Option<Senses> {
    let read = |port| sensor::read(port).ok().flatten();
    Some(Senses {
        pressure_mmhg: read(0)?,
        air_ul: read(1)?,
        left_ml: read(2)?,
        given_ml: read(3)?,
        is_open: read(4)? > 0.5,
    })
}
