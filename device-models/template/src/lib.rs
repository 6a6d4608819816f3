//! A continuous glucose monitor of your own, to begin from.
//!
//! It runs in the place of the library's `cgm`: same ports, other logic. Every five minutes it
//! measures, smooths, shows the value and sends it to the pump. What it calls of the SDK is what it
//! imports, and what it imports is what a policy must lend it.
//!
//! Say of yours what this says of itself. Left out: warm-up, calibration, what the pump answers. Units: mg/dL, s.
//! Sources: the urgent low of 55 mg/dL is an estimate [E]. Domain of validity: readings of 40 to 400 mg/dL.

use medtwin_frames::{Frame, Kind};
use medtwin_sdk::{Config, Model, Priority, alarm, display, network, sensor, timer};

// Ports by their place in the device's model.toml.
const GLUCOSE: u32 = 0; // sensor [mg/dL]
const PUMP: u32 = 0; // peer
const READING: u32 = 0; // field of the display [mg/dL]
const URGENT_LOW: u32 = 0; // alarm

/// How often it measures [µs].
const PERIOD_US: u64 = 300_000_000;
/// Below this it warns [mg/dL].
const URGENT_LOW_MG_DL: f64 = 55.0;

/// The monitor: all that it remembers.
pub struct Monitor {
    serial: u32,
    smoothed: Option<f64>,
    warned: bool,
}

impl Model for Monitor {
    /// Power on. The scenario's `config` for the device arrives here.
    fn start(config: &Config) -> Self {
        let _ = timer::set(0, PERIOD_US);
        Self { serial: config.number("serial", 0.0) as u32, smoothed: None, warned: false }
    }

    /// A timer that it set. Nothing else wakes it: a device has no loop of its own.
    fn on_timer(&mut self, _id: u32) {
        let _ = timer::set(0, PERIOD_US);
        // The policy may deny any call; what a device does then is its design.
        let Ok(Some(measured)) = sensor::read(GLUCOSE) else { return };
        let reading = smooth(self.smoothed, measured);
        self.smoothed = Some(reading);
        let shown = reading.round();
        let _ = display::show(READING, shown);
        let frame =
            Frame { serial: self.serial, kind: Kind::Reading, sequence: 0, a: shown as u16, b: 0 };
        let _ = network::send(PUMP, &frame.encode());
        self.warn(shown < URGENT_LOW_MG_DL);
    }
}

impl Monitor {
    fn warn(&mut self, is_low: bool) {
        if is_low && !self.warned {
            let _ = alarm::raise(URGENT_LOW, Priority::High);
        }
        if !is_low && self.warned {
            let _ = alarm::clear(URGENT_LOW);
        }
        self.warned = is_low;
    }
}

/// Half of what was, half of what is: less noise, and a delay of about five minutes [mg/dL].
fn smooth(before: Option<f64>, measured: f64) -> f64 {
    before.map_or(measured, |before| 0.5 * before + 0.5 * measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_stands_and_the_next_moves_it_by_half() {
        assert!((smooth(None, 120.0) - 120.0).abs() < 1e-9);
        assert!((smooth(Some(120.0), 100.0) - 110.0).abs() < 1e-9);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Monitor);
