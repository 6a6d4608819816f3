//! A continuous glucose monitor: measures, shows, sends to the pump, warns of an urgent low.
//!
//! Models: a reading every `period_min`, rounded, shown and sent as it is, and a warning once when one falls below
//! `urgent_low_mg_dl`. The error of the reading is the hardware's (`SensorNoise` of the engine), and so is its
//! range of 40 to 400 mg/dL; loss is the link's.
//!
//! Left out: warm-up and end of a sensor's life, calibration by hand, the codes "LOW" and "HIGH", trend arrows,
//! missed readings that are sent again, and whether the pump heard.
//!
//! Units: mg/dL, min. Sources: models.md 1.6; the urgent low of 55 mg/dL is that of common products [E]. Domain of
//! validity: readings of 40 to 400 mg/dL, one sensor session of up to ten days.

use medtwin_frames::{Frame, Kind};
use medtwin_sdk::{Config, Model, Priority, alarm, display, network, sensor, timer};

const PUMP: u32 = 0;
const GLUCOSE: u32 = 0;
const READING: u32 = 0;
const URGENT_LOW: u32 = 0;

/// The monitor.
pub struct Cgm {
    serial: u32,
    period_us: u64,
    urgent_low_mg_dl: f64,
    warned: bool,
}

impl Model for Cgm {
    fn start(config: &Config) -> Self {
        let period_min = config.number("period_min", 5.0).clamp(1.0, 60.0);
        let cgm = Self {
            serial: config.number("serial", 0.0) as u32,
            period_us: (period_min * 60e6) as u64,
            urgent_low_mg_dl: config.number("urgent_low_mg_dl", 55.0),
            warned: false,
        };
        let _ = timer::set(0, cgm.period_us);
        cgm
    }

    fn on_timer(&mut self, _id: u32) {
        let _ = timer::set(0, self.period_us);
        let Ok(Some(glucose)) = sensor::read(GLUCOSE) else { return };
        let shown = glucose.round();
        let _ = display::show(READING, shown);
        let frame =
            Frame { serial: self.serial, kind: Kind::Reading, sequence: 0, a: shown as u16, b: 0 };
        let _ = network::send(PUMP, &frame.encode());
        self.warn(shown < self.urgent_low_mg_dl);
    }
}

impl Cgm {
    fn warn(&mut self, low: bool) {
        if low && !self.warned {
            let _ = alarm::raise(URGENT_LOW, Priority::High);
        } else if !low && self.warned {
            let _ = alarm::clear(URGENT_LOW);
        }
        self.warned = low;
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Cgm);
