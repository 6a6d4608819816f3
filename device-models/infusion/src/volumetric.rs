//! The logic of large-volume and syringe pumps: what runs, how long, and what the motor is told. Their
//! keys and their network are its modules; what it models stands in [`VolumePump`].

mod keys;
mod network;

use std::marker::PhantomData;

use medtwin_sdk::{Config, Model, Priority, actuator, alarm, clock, display, log, storage, timer};

use crate::{
    BUILT_IN, Library, POST_US, Senses, TROUBLES, Trouble, Troubles, Watch, self_test, senses,
};

const TICK: u32 = 0;
/// Between two looks at most [us], and given between them at most [mL]: a fifth of the least that a limit
/// is told by (0.5 mL left; a shut line stops the pump at 0.78 mL).
const LOOK_US: u64 = 10_000_000;
const LOOK_ML: f64 = 0.1;
/// Between two looks at least [us].
const SHORTEST_US: u64 = 10_000;
const US_PER_H: f64 = 3.6e9;
/// Less than this is no volume [mL].
const NOTHING_ML: f64 = 1e-6;
const FLOW: u32 = 0;
const LEAST_ML_PER_H: f64 = 0.1;
const KVO_ML_PER_H: f64 = 1.0;
const CALIBRATION: &str = "calibration";
const FIELDS: usize = 3;

// Alarms by their place in `model.toml`; those of the sensors are the first, by the number of their
// trouble.
const SELF_TEST: u32 = 11;
const HARD: u32 = 12;
const SOFT: u32 = 13;
const DONE: u32 = 14;
const SECOND_DONE: u32 = 15;

/// What the pump does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle = 0,
    Running = 1,
    Kvo = 2,
    Stopped = 3,
    Bolus = 4,
    Piggyback = 5,
    Post = 6,
}

impl State {
    /// Whether it gives what is programmed.
    const fn is_running(self) -> bool {
        matches!(self, Self::Running | Self::Bolus | Self::Piggyback)
    }
}

/// What is a product's own.
pub trait Product: 'static {
    /// What its motor gives at most [mL/h].
    const MOST_ML_PER_H: f64;
    /// Whether a second bag may hang beside its reservoir. Where none may, the keys of a piggyback and the
    /// alarm of its end, which are the last, are not in its `model.toml`.
    const HAS_SECOND_LINE: bool;
}

/// A pump that gives a volume at a rate: the component of product `P`.
///
/// Rate 0.1 mL/h up to the model's, volume to be infused (VTBI), KVO after it, a drug library with
/// soft and hard limits, titration by the same key while it runs, a bolus, a piggyback where there is a
/// second line, the alarms of [`Watch`]. Units: mL, mL/h. What is shown as given is what the pump meant to
/// give; the motor has a sensor of its own.
///
/// A bolus is given at a rate of its own and counts for the volume to be infused; the library's limit
/// of a single dose holds for it.
///
/// A piggyback, of products with a second line, is a second rate and volume after which the first goes on.
/// The fluid comes from whichever bag hangs higher, which the pump cannot know: a second bag that holds
/// more than was keyed in runs on at the first rate; one that holds less, or does not hang at all, is
/// followed by the first fluid at the second rate. The library, which knows the first drug alone, has no
/// say in that rate: its limit would refuse every antibiotic. So with a drug in the pump a piggyback is
/// confirmed first (alarm `soft-limit`), each one anew: two acts of somebody who looks at the bags. That
/// the first drug may come beyond its hard limit where they look badly is a flaw that products are known
/// for (models.md 6.9 would have it rejected).
///
/// After power on it tests itself for 5 s [E], and later it stops, and rings as after a test that failed,
/// while one of its sensors does not answer. `running` has it set up for its patient when the run
/// begins; once it was without power, or rebooted, somebody starts it again.
///
/// Flaws of real products are config: `calibration_write = "anyone"` takes a calibration from whoever
/// sends one while the pump does not run, as of Infusomat Space (CVE-2021-33885, -33882, -33883);
/// `flow_check`: what the motor gave is compared with what is shown. A newer library is taken from whoever
/// sends it, unsigned, and forgotten at a reboot.
///
/// Left out: weight-based rates, the drug in a second bag, ramps, a limit for what is given within an
/// hour, free flow; of products with a second line, a check that its bag hangs. Sources: models.md 3.5 (ranges, KVO, alarms), alarms' thresholds those of `Watch`,
/// the rate of a bolus [E]. Domain of validity: rates within the model's range, one drug.
pub struct VolumePump<P>(Volumetric, PhantomData<P>);

impl<P: Product> Model for VolumePump<P> {
    fn start(config: &Config) -> Self {
        Self(Volumetric::start::<P>(config), PhantomData)
    }

    fn on_timer(&mut self, _id: u32) {
        self.0.run();
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        self.0.hears(peer, body);
    }

    fn on_input(&mut self, input: u32, value: f64) {
        self.0.pressed(input, value);
    }
}

/// A pump.
struct Volumetric {
    most_ml_per_h: f64,
    has_second_line: bool,
    drug: String,
    ug_per_ml: f64,
    library: Library,
    rate_ml_per_h: f64,
    vtbi_ml: f64,
    bolus_ml_per_h: f64,
    /// Rate [mL/h] and volume [mL] of a piggyback.
    second: (f64, f64),
    /// A bolus or a piggyback ends when so much was meant in all [mL].
    until_ml: f64,
    state: State,
    tested_us: u64,
    calibration: f64,
    anyone_calibrates: bool,
    checks_flow: bool,
    confirmed: bool,
    watch: Watch,
    raised: u32,
    flow: f64,
    /// The rate that is meant since the motor was told [mL/h].
    in_force: f64,
    shown: [f64; FIELDS],
    meant_ml: f64,
    counted_us: u64,
}

impl Volumetric {
    /// The pump of a product, set up by `config`.
    fn start<P: Product>(config: &Config) -> Self {
        let most_ml_per_h = P::MOST_ML_PER_H;
        let stored = storage::get(CALIBRATION).ok().flatten();
        let stored = stored.and_then(|bytes| Some(f64::from_le_bytes(bytes.try_into().ok()?)));
        let mut pump = Self {
            most_ml_per_h,
            has_second_line: P::HAS_SECOND_LINE,
            drug: config.text("drug").to_owned(),
            ug_per_ml: config.number("concentration_ug_per_ml", 0.0),
            library: Library::parse(BUILT_IN)
                .unwrap_or(Library { version: 0, entries: Vec::new() }),
            rate_ml_per_h: config.number("flow_ml_per_h", 0.0),
            vtbi_ml: config.number("vtbi_ml", 1000.0),
            bolus_ml_per_h: config.number("bolus_ml_per_h", most_ml_per_h).min(most_ml_per_h),
            second: (0.0, 0.0),
            until_ml: 0.0,
            state: State::Post,
            tested_us: now() + POST_US,
            calibration: stored.filter(|c| (0.1..=10.0).contains(c)).unwrap_or(1.0),
            anyone_calibrates: config.is("calibration_write", "anyone"),
            checks_flow: config.flag("flow_check"),
            confirmed: false,
            watch: Watch::default(),
            raised: 0,
            flow: -1.0,
            in_force: 0.0,
            shown: [f64::NAN; FIELDS],
            meant_ml: 0.0,
            counted_us: 0,
        };
        if config.flag("running") && now() == 0 {
            pump.state =
                if pump.may_start(pump.rate_ml_per_h) { State::Running } else { State::Idle };
        }
        pump.run();
        pump
    }

    /// Looks at the line and sets the motor.
    fn run(&mut self) {
        let now = now();
        self.count(now);
        let sensed = senses();
        self.trusts(now, sensed.is_some());
        if let Some(senses) = &sensed {
            let wrong = self.watch.look(now, senses);
            self.troubled(wrong);
        }
        if self.state == State::Post && now >= self.tested_us {
            self.tested(sensed.as_ref());
        }
        self.goes_on();
        self.apply();
        self.show();
        let _ = timer::set(TICK, self.next_us(now));
    }

    /// What was meant to be given until now, at the rate that was in force.
    fn count(&mut self, now: u64) {
        self.watch.asked(now, self.in_force);
        let ml = self.in_force * now.saturating_sub(self.counted_us) as f64 / US_PER_H;
        self.meant_ml += ml;
        self.counted_us = now;
        if self.state == State::Piggyback {
            self.vtbi_ml += ml; // it is of the other bag
        }
    }

    /// What is over makes room for what comes after it.
    fn goes_on(&mut self) {
        let has_given = |ml: f64| self.meant_ml >= ml - NOTHING_ML;
        match self.state {
            State::Running | State::Bolus if has_given(self.vtbi_ml) => {
                self.state = State::Kvo;
                self.raise(DONE, true, Priority::Low);
            }
            State::Bolus if has_given(self.until_ml) => self.state = State::Running,
            State::Piggyback if has_given(self.until_ml) => {
                self.state = State::Running;
                self.raise(SECOND_DONE, true, Priority::Low);
            }
            _ => {}
        }
    }

    /// When it looks again, at the latest [us].
    fn next_us(&self, now: u64) -> u64 {
        let left_ml = match self.state {
            State::Running => self.vtbi_ml - self.meant_ml,
            State::Bolus => self.vtbi_ml.min(self.until_ml) - self.meant_ml,
            State::Piggyback => self.until_ml - self.meant_ml,
            _ => f64::INFINITY,
        };
        let rate = self.in_force;
        let flows = rate > 0.0;
        let ends = if flows { (left_ml.max(0.0) / rate * US_PER_H).ceil() } else { f64::MAX };
        let test = self.tested_us.checked_sub(now).filter(|left| *left > 0).unwrap_or(LOOK_US);
        look_us(self.flow).min(test).min(ends as u64).max(SHORTEST_US)
    }

    fn tested(&mut self, senses: Option<&Senses>) {
        let passed = self_test(senses, &self.library);
        self.raise(SELF_TEST, !passed, Priority::Low);
        if passed {
            self.state = State::Idle;
        }
    }

    fn shown_rate(&self) -> f64 {
        match self.state {
            State::Idle | State::Stopped | State::Post => 0.0,
            State::Running => self.rate_ml_per_h,
            State::Kvo => KVO_ML_PER_H.min(self.rate_ml_per_h),
            State::Bolus => self.bolus_ml_per_h,
            State::Piggyback => self.second.0,
        }
    }

    /// The motor is told what the calibration makes of the rate; the display is not.
    fn apply(&mut self) {
        let flow = (self.shown_rate() * self.calibration).min(self.most_ml_per_h);
        if (flow - self.flow).abs() < 1e-12 {
            return;
        }
        if actuator::set(FLOW, flow).is_ok() {
            (self.flow, self.in_force) = (flow, self.shown_rate());
        } else if self.state.is_running() {
            self.state = State::Stopped;
            let _ = log::write("the platform does not allow this rate");
            if actuator::set(FLOW, 0.0).is_ok() {
                (self.flow, self.in_force) = (0.0, 0.0);
            }
        }
    }

    fn show(&mut self) {
        let given = (self.meant_ml * 100.0).round() / 100.0;
        let values = [self.shown_rate(), given, f64::from(self.state as u8)];
        for ((field, value), shown) in (0..).zip(values).zip(&mut self.shown) {
            if shown.to_bits() != value.to_bits() && display::show(field, value).is_ok() {
                *shown = value;
            }
        }
    }

    /// A pump that cannot trust its senses must not keep infusing: it stops where one of them does not
    /// answer. The first reading may take as long as its own test.
    fn trusts(&mut self, now: u64, answers: bool) {
        if self.state == State::Post || now < self.tested_us {
            return;
        }
        self.raise(SELF_TEST, !answers, Priority::Low);
        if !answers && self.gives() {
            self.state = State::Stopped;
            let _ = log::write("stopped: a sensor does not answer");
        }
    }

    /// Whether it is started, and nothing stopped it.
    fn gives(&self) -> bool {
        self.state.is_running() || self.state == State::Kvo
    }

    fn troubled(&mut self, wrong: Troubles) {
        let of_motor = [Trouble::Over, Trouble::Under];
        for trouble in TROUBLES {
            let is_looked_at = self.checks_flow || !of_motor.contains(&trouble);
            let holds = is_looked_at && self.watch.holds(trouble, wrong);
            self.raise(trouble as u32, holds, trouble.priority());
        }
        let wrong = if self.checks_flow { wrong } else { wrong.without(Trouble::Over) };
        if self.gives() && (wrong.stops() || wrong.has(Trouble::Over)) {
            self.state = State::Stopped;
        } else if self.gives() && wrong.keeps_open() {
            self.state = State::Kvo;
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
}

/// How long until the next look at what the motor gives `flow_ml_per_h` to [us].
fn look_us(flow_ml_per_h: f64) -> u64 {
    let us = LOOK_ML / flow_ml_per_h.max(0.0) * US_PER_H;
    (us as u64).min(LOOK_US)
}

fn now() -> u64 {
    clock::now().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::look_us;

    #[test]
    fn the_faster_it_runs_the_sooner_it_looks_again() {
        for (ml_per_h, us) in [(-1.0, 10_000_000), (0.0, 10_000_000), (36.0, 10_000_000)] {
            assert_eq!(look_us(ml_per_h), us, "{ml_per_h}");
        }
        assert_eq!(look_us(120.0), 3_000_000);
        assert_eq!(look_us(999.0), 360_360);
    }
}
