//! A PCA interlock: a supervisor of the integrated clinical environment that samples the patient each
//! second and lets the pump go on, or stops it until a nurse clears it.
//!
//! With tickets the pump may give only while it holds one: 15 s for a dose, 60 s for the basal rate
//! (models.md 3.6), so a network that fails stops it too. Without, it orders KVO.
//!
//! Units: %, breaths/min, mmHg, s. Sources: Pajic et al. 2014 (the simple rule), Arney et al. 2010
//! (tickets), models.md 3.6 (the full rule, its times [E]). Left out: tickets computed from a model of the
//! patient, samples that monitors publish (it has sensors of its own), several pumps. Domain of validity:
//! one adult, one pump, a network that delivers within 2 s.

mod rules;

use medtwin_sdk::{Config, Model, Priority, alarm, command, display, network, sensor, timer};
use rules::{Rules, Said, Sample};

const SECOND_US: u64 = 1_000_000;
/// A ticket every so many seconds: a third of what the shortest lasts.
const TICKET_EVERY_S: u32 = 5;
const TICK: u32 = 0;
const PUMP: u32 = 0;

/// The supervisor.
pub struct Interlock {
    rules: Rules,
    gives_tickets: bool,
    is_stopped: bool,
    stops: u32,
    seconds: u32,
}

impl Model for Interlock {
    fn start(config: &Config) -> Self {
        let mut new = Self {
            rules: Rules::new(config.is("rule", "full")),
            gives_tickets: config.flag("ticket"),
            is_stopped: false,
            stops: 0,
            seconds: 0,
        };
        new.lets_go_on();
        let _ = timer::set(TICK, SECOND_US);
        new
    }

    fn on_timer(&mut self, _id: u32) {
        let said = self.rules.second(&sample());
        match said {
            Said::Stop if !self.is_stopped => self.stops_it(0),
            Said::Blind if !self.is_stopped => self.stops_it(1),
            _ if !self.is_stopped => self.lets_go_on(),
            _ => {}
        }
        let _ = timer::set(TICK, SECOND_US);
    }

    fn on_input(&mut self, _input: u32, _value: f64) {
        if self.is_stopped && command::begin("clear", b"").is_ok() {
            self.is_stopped = false;
            self.seconds = 0;
            (0..2).for_each(|which| {
                let _ = alarm::clear(which);
            });
            if !self.gives_tickets {
                let _ = network::send(PUMP, b"RESUME");
            }
            let _ = display::show(0, 0.0);
        }
    }
}

impl Interlock {
    fn lets_go_on(&mut self) {
        if self.gives_tickets && self.seconds.is_multiple_of(TICKET_EVERY_S) {
            let _ = network::send(PUMP, b"TICKET bolus=15 basal=60");
        }
        self.seconds += 1;
    }

    fn stops_it(&mut self, which: u32) {
        self.is_stopped = true;
        self.stops += 1;
        let order: &[u8] = if self.gives_tickets { b"TICKET bolus=0 basal=0" } else { b"KVO" };
        let _ = network::send(PUMP, order);
        let _ = alarm::raise(which, Priority::High);
        let _ = display::show(0, 1.0);
        let _ = display::show(1, f64::from(self.stops));
    }
}

fn sample() -> Sample {
    let read = |port| sensor::read(port).ok().flatten();
    Sample { spo2: read(0), rate: read(1), etco2: read(2) }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Interlock);
