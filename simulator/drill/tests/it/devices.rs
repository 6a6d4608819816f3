//! A pump, a remote and a monitor in Rust: enough of the models to be played with.

use medtwin_engine::device::{Device, Event, Fault, Lent, Priority, Recipe, Setting, Terms, Value};
use medtwin_frames::{BOLUS_STEP_U, Frame, Kind};

const MINUTE_US: u64 = 60_000_000;

/// Which of them.
#[derive(Clone, Copy)]
pub(crate) enum Native {
    Pump,
    Remote,
    Cgm,
}

impl Recipe for Native {
    fn build(&self, _: &Terms) -> Result<Box<dyn Device>, Fault> {
        Ok(match self {
            Self::Pump => Box::new(Pump { remote: true, stopped: false, basal: 1.0 }),
            Self::Remote => Box::new(Remote),
            Self::Cgm => Box::new(Cgm { low: false }),
        })
    }

    fn digest(&self) -> [u8; 32] {
        [0; 32]
    }

    fn imports(&self) -> &[String] {
        &[]
    }
}

struct Pump {
    remote: bool,
    stopped: bool,
    basal: f64,
}

struct Remote;

struct Cgm {
    low: bool,
}

fn number(config: &[Setting], key: &str, or: f64) -> f64 {
    let found = config.iter().find(|setting| setting.key == key);
    found.map_or(or, |setting| match setting.value {
        Value::Number(number) => number,
        _ => or,
    })
}

impl Pump {
    fn run(&self, lent: &mut Lent) {
        let rate = if self.stopped { 0.0 } else { self.basal };
        let _ = (lent.show(0, rate), lent.set(0, rate));
        let _ = lent.show(5, f64::from(u8::from(self.stopped)));
    }

    fn bolus(&self, lent: &mut Lent, units: f64) {
        let may = !self.stopped && lent.begin("bolus", &[0; 32]).is_ok();
        if may && lent.set(1, units).is_ok() {
            let _ = (lent.raise(0, Priority::Low), lent.show(1, units), lent.show(2, units));
        }
    }

    fn stop(&mut self, lent: &mut Lent, stopped: bool) {
        let _ = lent.begin(if stopped { "suspend" } else { "resume" }, &[0; 32]);
        self.stopped = stopped;
        let _ = if stopped { lent.raise(1, Priority::Low) } else { lent.clear(1) };
        self.run(lent);
    }
}

impl Device for Pump {
    fn start(&mut self, lent: &mut Box<Lent>, config: &[Setting]) -> Result<(), Fault> {
        self.basal = number(config, "basal_u_per_h", 1.0);
        self.run(lent);
        let _ = lent.set_timer(0, 5 * MINUTE_US);
        Ok(())
    }

    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        match event {
            Event::Timer(_) => {
                let left = lent.read(0).ok().flatten().unwrap_or(300.0);
                let _ = (lent.show(3, left.floor()), lent.set_timer(0, 5 * MINUTE_US));
            }
            Event::Frame { body, .. } => {
                if let Some((frame, _)) = Frame::decode(body)
                    && (frame.kind, self.remote) == (Kind::Bolus, true)
                {
                    self.bolus(lent, f64::from(frame.a) * BOLUS_STEP_U);
                }
            }
            Event::Input { input: 0, value } => self.bolus(lent, value),
            Event::Input { input: 1, .. } => self.stop(lent, true),
            Event::Input { input: 2, .. } => self.stop(lent, false),
            Event::Input { input: 6, value } => self.remote = value > 0.0,
            Event::Input { .. } | Event::Sense { .. } => {}
        }
        Ok(())
    }
}

impl Device for Remote {
    fn start(&mut self, _: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        Ok(())
    }

    fn handle(&mut self, _: &mut Box<Lent>, _: Event<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

impl Device for Cgm {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let _ = lent.set_timer(0, 5 * MINUTE_US);
        Ok(())
    }

    fn handle(&mut self, lent: &mut Box<Lent>, _: Event<'_>) -> Result<(), Fault> {
        let _ = lent.set_timer(0, 5 * MINUTE_US);
        if let Ok(Some(glucose)) = lent.read(0) {
            let _ = lent.show(0, glucose.round());
            let low = glucose < 55.0;
            if low != self.low {
                let _ = if low { lent.raise(0, Priority::High) } else { lent.clear(0) };
            }
            self.low = low;
        }
        Ok(())
    }
}
