//! A PCA pump (Open PCA requirements 1.0.0, Kansas State; ideas of GPCA): basal rate, doses on the
//! patient's demand with a lockout, a clinician's dose over a time, a limit for the rolling hour, a
//! drug library with soft and hard limits, alarms, tickets of a supervisor.
//!
//! Units: mL, mL/h, min; of the library ug. Sources: those requirements by the numbers of models.md 3.5,
//! the limits of `Library` and `Watch`, Vasicek et al. 2024 for the window that slides; rates of a bolus, the
//! time of the self test [E]. What is shown as given is what the pump meant to give,
//! from its own flows; what the motor gave it reads from a sensor. A dose ends by the motor.
//!
//! Flaws of real products are config. `library_check = "none"`: a library is believed whoever sends
//! it, as of LifeCare PCA (CVE-2015-3459 and CVE-2014-5406); `library_signature`: it carries an HMAC of
//! the pump server. No message starts, programs or speeds the pump: as its vendor said of the product.
//!
//! After power on it tests itself for 5 s [E]: sensors, library, memory. Later it stops, and rings as after a
//! test that failed, while one of its sensors does not answer. `running` has it set up for its
//! patient when the run begins; once it was without power, or rebooted, somebody starts it again, and
//! what its motor had given before counts for the hour as if it were given then.
//!
//! Left out: the scanner of drugs, free flow, voltages, tests of its processor and threads, the audio,
//! a log beyond what its host keeps. Domain of validity: rates up to 100 mL/h, one drug, a clock that
//! nobody sets forward (an hour is one of its own clock).

mod alarms;
mod remote;
mod therapy;

use alarms::Alarms;
use medtwin_infusion::{
    BUILT_IN, Library, Motor, POST_US, Program, Senses, Troubles, Verdict, Watch, milli, self_test,
    senses,
};
use medtwin_sdk::{Config, Model, Priority, actuator, clock, command, display, log, timer};
use therapy::{Refusal, State, Therapy};

const TICK: u32 = 0;
const SECOND_US: u64 = 1_000_000;
/// Between two looks, and with a flow of which a second is a fifth of what a limit is told by.
const LOOK_US: u64 = 10 * SECOND_US;
const FAST_ML_PER_H: f64 = 10.0;
/// Between two looks at least: what changes sooner than this is looked at together.
const SHORTEST_US: u64 = 10_000;
/// A clinician who does nothing for so long has to type the PIN again.
const CLINICIAN_US: u64 = 180 * SECOND_US;
const FLOW: u32 = 0;

/// How many fields it shows.
const FIELDS: usize = 7;

/// The pump.
pub struct Pca {
    therapy: Therapy,
    drug: String,
    library: Library,
    watch: Watch,
    motor: Motor,
    alarms: Alarms,
    /// When the test of its own is over [us].
    tested_us: u64,
    /// A demand was denied that still would pass a limit.
    denied: bool,
    flow: f64,
    shown: [f64; FIELDS],
    /// What it meant to give so far [mL], and until when that was counted.
    meant_ml: f64,
    counted_us: u64,
    pin: Option<f64>,
    clinician_until_us: u64,
    confirmed: bool,
    dose_min: f64,
    demands: (u32, u32),
    checks_library: bool,
    signed_library: bool,
}

impl Model for Pca {
    fn start(config: &Config) -> Self {
        let program = Program {
            ug_per_ml: config.number("concentration_ug_per_ml", 0.0),
            basal_ml_per_h: config.number("flow_ml_per_h", 0.0),
            demand_ml: config.number("demand_ml", 0.0),
            lockout_min: config.number("lockout_min", 6.0),
            hourly_ml: config.number("dose_1h_ml", 5.0),
        };
        let bolus = config.number("bolus_ml_per_h", 99.0);
        let mut therapy = Therapy::new(program, bolus, config.number("kvo_ml_per_h", 1.0));
        if config.is("interlock", "ticket") {
            therapy.wait_for_tickets(now());
        }
        let four_hours_ml = config.number("dose_4h_ml", 0.0);
        if four_hours_ml > 0.0 {
            therapy.limit_four_hours(four_hours_ml);
        }
        let pin = config.number("clinician_pin", -1.0);
        let mut pump = Self {
            therapy,
            drug: drug(config).to_owned(),
            library: Library::parse(BUILT_IN)
                .unwrap_or(Library { version: 0, entries: Vec::new() }),
            watch: Watch::default(),
            motor: Motor::default(),
            alarms: Alarms::default(),
            tested_us: now() + POST_US,
            denied: false,
            flow: -1.0,
            shown: [f64::NAN; FIELDS],
            meant_ml: 0.0,
            counted_us: 0,
            pin: (pin >= 0.0).then_some(pin),
            clinician_until_us: 0,
            confirmed: false,
            dose_min: 0.0,
            demands: (0, 0),
            checks_library: !config.is("library_check", "none"),
            signed_library: config.flag("library_signature"),
        };
        pump.load_library();
        let is_set_up = config.flag("running") && now() == 0;
        if !is_set_up {
            pump.therapy.state = State::Post;
        } else if pump.may_start() {
            pump.therapy.start(0);
        }
        pump.run();
        pump
    }

    fn on_timer(&mut self, _id: u32) {
        self.run();
    }

    fn on_input(&mut self, input: u32, value: f64) {
        self.pressed(input, value);
        self.run();
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        self.hears(peer, body);
        self.run();
    }
}

fn drug(config: &Config) -> &'static str {
    let known = ["morphine", "fentanyl", "remifentanil"];
    known.into_iter().find(|name| config.is("drug", name)).unwrap_or("")
}

impl Pca {
    /// Looks at the line, goes on with what runs, and sets the motor.
    fn run(&mut self) {
        let now = now();
        let sensed = self.measures(now);
        self.trusts(now, sensed.is_some());
        if let Some(senses) = &sensed {
            self.denied = self.denied && !self.therapy.demand_fits(now);
            let is_full = self.therapy.is_full || self.denied;
            self.alarms.holds(alarms::MAX_DOSE, is_full, Priority::Low);
            let wrong = self.watch.look(now, senses);
            self.troubled(now, wrong);
        }
        if self.therapy.state == State::Post && now >= self.tested_us {
            self.tested(sensed.as_ref());
        }
        let is_interlocked = self.therapy.is_interlocked(now);
        self.alarms.holds(alarms::INTERLOCK, is_interlocked, Priority::High);
        self.apply(now);
        self.show(now);
        let _ = timer::set(TICK, self.next_us(now));
    }

    /// What was given until now.
    fn measures(&mut self, now: u64) -> Option<Senses> {
        let flow = self.flow.max(0.0);
        self.watch.asked(now, flow);
        self.count(now);
        let senses = senses()?;
        let given_ml = self.motor.by_now(now, flow, senses.given_ml);
        self.therapy.gave(now, given_ml);
        Some(senses)
    }

    /// When it looks again, at the latest [us].
    fn next_us(&mut self, now: u64) -> u64 {
        let look = if self.flow > FAST_ML_PER_H { SECOND_US } else { LOOK_US };
        let test = self.tested_us.checked_sub(now).filter(|left| *left > 0).unwrap_or(look);
        // While the encoder does not confirm what was asked for, no end can be told.
        let is_behind = self.motor.is_behind();
        let ends =
            if is_behind { look } else { self.therapy.changes_in_us(now, self.flow.max(0.0)) };
        look.min(test).min(ends).max(SHORTEST_US)
    }

    fn tested(&mut self, senses: Option<&Senses>) {
        let passed = self_test(senses, &self.library);
        self.alarms.holds(alarms::SELF_TEST, !passed, Priority::Low);
        if passed {
            self.therapy.state = State::Idle;
        }
    }

    /// A pump that cannot trust its senses must not keep infusing: no dose would end, and no limit fill. It
    /// stops where one of them does not answer. The first reading may take as long as its own test.
    fn trusts(&mut self, now: u64, answers: bool) {
        if self.therapy.state == State::Post || now < self.tested_us {
            return;
        }
        self.alarms.holds(alarms::SELF_TEST, !answers, Priority::Low);
        if !answers && self.therapy.state.gives() {
            self.therapy.stop(now);
            let _ = log::write("stopped: a sensor does not answer");
        }
    }

    fn troubled(&mut self, now: u64, wrong: Troubles) {
        self.alarms.trouble(&self.watch, wrong);
        let runs = self.therapy.state.gives();
        if runs && wrong.stops() {
            self.therapy.stop(now);
        } else if runs && wrong.keeps_open() {
            self.therapy.keep_open(false);
        }
    }

    fn apply(&mut self, now: u64) {
        let flow = self.therapy.flow_ml_per_h(now);
        if (flow - self.flow).abs() < 1e-12 {
            return;
        }
        if actuator::set(FLOW, flow).is_ok() {
            self.flow = flow;
        } else if matches!(self.therapy.state, State::Patient | State::Clinician) {
            // What the platform does not allow is not given, and not shown as given.
            if self.therapy.state == State::Patient {
                self.demand_denied();
            }
            self.therapy.state = State::Basal;
            let basal = self.therapy.flow_ml_per_h(now);
            if actuator::set(FLOW, basal).is_ok() {
                self.flow = basal;
            }
        }
    }

    fn count(&mut self, now: u64) {
        let hours = now.saturating_sub(self.counted_us) as f64 / 3.6e9;
        self.meant_ml += self.flow.max(0.0) * hours;
        self.counted_us = now;
    }

    fn show(&mut self, now: u64) {
        let values = [
            self.flow.max(0.0),
            (self.meant_ml * 100.0).round() / 100.0,
            f64::from(self.therapy.state as u8),
            f64::from(self.library.version),
            (self.therapy.within_hour_ml(now) * 10.0).round() / 10.0,
            f64::from(self.demands.0),
            f64::from(self.demands.1),
        ];
        for ((field, value), shown) in (0..).zip(values).zip(&mut self.shown) {
            if shown.to_bits() != value.to_bits() && display::show(field, value).is_ok() {
                *shown = value;
            }
        }
    }

    fn pressed(&mut self, input: u32, value: f64) {
        let now = now();
        let _ = self.measures(now);
        match input {
            0 => self.demanded(now),
            1 => self.started(now),
            2 => self.stopped(now),
            3 => {
                let is_one = self.pin.is_none_or(|pin| (pin - value).abs() < 0.5);
                self.clinician_until_us = if is_one { now + CLINICIAN_US } else { 0 };
            }
            4 if self.is_clinician(now) => self.confirmed = true,
            5..=8 if self.is_clinician(now) => self.programmed(input, value),
            9 if self.is_clinician(now) => self.clinicians_dose(now, value),
            10 if self.is_clinician(now) => self.dose_min = value,
            _ => {}
        }
    }

    fn is_clinician(&mut self, now: u64) -> bool {
        let is = self.pin.is_none() || now < self.clinician_until_us;
        if is && self.pin.is_some() {
            self.clinician_until_us = now + CLINICIAN_US;
        }
        is
    }

    fn demanded(&mut self, now: u64) {
        self.demands.0 += 1;
        let may = self.therapy.may_demand(now);
        self.denied |= may == Err(Refusal::MaxDose);
        // What the platform refuses begins no lockout.
        let begins = may.is_ok() && command::begin("bolus", b"demand").is_ok();
        if begins && self.therapy.demand(now).is_ok() {
            let _ = log::write("demand begun");
        } else {
            self.demand_denied();
        }
    }

    fn demand_denied(&mut self) {
        self.demands.1 += 1;
        let _ = log::write("demand denied");
    }

    fn clinicians_dose(&mut self, now: u64, ml: f64) {
        let ug = ml * self.therapy.program.ug_per_ml;
        let verdict = self.library.check_dose(&self.drug, ug);
        let may = self.judge(verdict) && self.therapy.may_square(now, ml, self.dose_min).is_ok();
        if may && command::begin("clinician-bolus", &ml.to_le_bytes()).is_ok() {
            let _ = self.therapy.square(now, ml, self.dose_min);
        }
    }

    fn started(&mut self, now: u64) {
        let stands = matches!(self.therapy.state, State::Idle | State::Stopped | State::Kvo);
        if !stands || !self.is_clinician(now) || !self.may_start() {
            return;
        }
        if command::begin("start", &self.therapy.program.basal_ml_per_h.to_le_bytes()).is_ok() {
            let started = self.therapy.start(now);
            self.watch.seen_to();
            self.alarms.holds(alarms::RESTARTED, !started, Priority::Medium);
            let _ = log::write(if started { "started" } else { "stays stopped" });
        }
    }

    fn stopped(&mut self, _now: u64) {
        let _ = command::begin("stop", b"");
        if self.therapy.state != State::Post {
            self.therapy.state = State::Idle;
        }
        let _ = log::write("stopped at the panel");
    }

    /// One number of the program; only while nothing runs.
    fn programmed(&mut self, input: u32, value: f64) {
        let is_idle = matches!(self.therapy.state, State::Idle | State::Stopped);
        if !is_idle || !(0.0..=1000.0).contains(&value) {
            return;
        }
        if command::begin("program", &value.to_le_bytes()).is_err() {
            return;
        }
        let program = &mut self.therapy.program;
        match input {
            5 => program.basal_ml_per_h = value,
            6 => program.demand_ml = value,
            7 => program.lockout_min = value,
            _ => program.hourly_ml = value,
        }
        self.confirmed = false;
        let _ = log::write(&format!("program {input} {}", milli(value)));
    }

    /// Whether the library lets the program start.
    fn may_start(&mut self) -> bool {
        let verdict = self.library.check(&self.drug, &self.therapy.program);
        self.judge(verdict)
    }

    fn judge(&mut self, verdict: Verdict) -> bool {
        self.alarms.holds(alarms::HARD, verdict == Verdict::Hard, Priority::Low);
        self.alarms.holds(alarms::SOFT, verdict == Verdict::Soft && !self.confirmed, Priority::Low);
        self.alarms.holds(alarms::UNKNOWN, verdict == Verdict::Unknown, Priority::Low);
        match verdict {
            Verdict::Fine => true,
            Verdict::Soft => self.confirmed,
            Verdict::Hard | Verdict::Unknown => {
                let _ = log::write("refused by the drug library");
                false
            }
        }
    }
}

fn now() -> u64 {
    clock::now().unwrap_or(0)
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Pca);
