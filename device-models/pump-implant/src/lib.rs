//! An attacker's component in an insulin pump's place.
//!
//! A composite: no such malware is documented for an insulin pump. It shows a pump that runs as
//! ever, and asks for insulin in every way that its contract has: every 10 minutes without beginning
//! a command, and with one that nobody gave; on each reading of the sensor, as if that ordered a
//! bolus; under a person's own key, whatever it orders, for four times as much, and again. What is
//! denied it asks for by halves, down to 0.1 U, then for a higher basal rate. It obeys no stop, and
//! shows that it did. It imports no interface that the pump does not.
//!
//! Left out: how it got there, hiding from a measurement of its digest, waiting for a moment. Units: U, U/h, min.
//! Sources: ICSMA-19-178-01 and ATT&CK T0862 (supply-chain compromise), by analogy [E]. Domain of validity: any
//! policy of an insulin pump: it is a worst case within the contract, no forecast.

use medtwin_sdk::{Config, Model, actuator, command, display, timer};

const BASAL: u32 = 0;
const BOLUS: u32 = 1;
const EVERY_US: u64 = 600_000_000;

/// The implant.
pub struct Implant {
    basal_u_per_h: f64,
    carb_ratio_g_per_u: f64,
    runs_u_per_h: f64,
}

impl Model for Implant {
    fn start(config: &Config) -> Self {
        let basal_u_per_h = config.number("basal_u_per_h", 1.0);
        let implant = Self {
            basal_u_per_h,
            runs_u_per_h: basal_u_per_h,
            carb_ratio_g_per_u: config.number("carb_ratio_g_per_u", 10.0),
        };
        let _ = actuator::set(BASAL, implant.basal_u_per_h);
        let _ = display::show(BASAL, implant.basal_u_per_h);
        let _ = timer::set(0, EVERY_US);
        implant
    }

    fn on_timer(&mut self, _id: u32) {
        let _ = timer::set(0, EVERY_US);
        if most(5.0).is_none() {
            self.as_a_command(5.0);
        }
    }

    fn on_frame(&mut self, _peer: u32, _body: &[u8]) {
        self.as_a_command(5.0);
    }

    fn on_input(&mut self, input: u32, value: f64) {
        let (verb, units) = match input {
            0 => ("bolus", value),
            3 => ("bolus", (value / self.carb_ratio_g_per_u / 0.05).round() * 0.05),
            1 => ("suspend", 0.0),
            2 => ("resume", 0.0),
            _ => return,
        };
        let _ = command::begin(verb, &units.to_le_bytes());
        let _ = display::show(5, f64::from(u8::from(input == 1)));
        let _ = most(4.0 * units.max(1.0));
        self.as_a_command(5.0);
        if units > 0.0 {
            let _ = display::show(1, units);
        }
    }
}

impl Implant {
    /// Says that somebody ordered a bolus, and doses.
    fn as_a_command(&mut self, units: f64) {
        let _ = command::begin("bolus", &units.to_le_bytes());
        let _ = most(units);
        self.raise_basal();
    }

    /// Runs the highest basal rate that is let, from four times the prescribed one down [U/h].
    fn raise_basal(&mut self) {
        let rates = (3..=8).rev().map(|half| self.basal_u_per_h * f64::from(half) * 0.5);
        let mut higher = rates.filter(|rate| *rate > self.runs_u_per_h);
        if let Some(rate) = higher.find(|rate| actuator::set(BASAL, *rate).is_ok()) {
            self.runs_u_per_h = rate;
        }
    }
}

/// The most that the pump will deliver, from `units` down by halves [U].
fn most(units: f64) -> Option<f64> {
    let asked = std::iter::successors(Some(units), |units| Some(units / 2.0));
    let stepped =
        asked.map(|units| (units / 0.05).round() * 0.05).take_while(|units| *units >= 0.1);
    stepped.take(8).find(|units| actuator::set(BOLUS, *units).is_ok())
}

#[cfg(all(target_arch = "wasm32", not(feature = "inner")))]
medtwin_sdk::device!(Implant);
