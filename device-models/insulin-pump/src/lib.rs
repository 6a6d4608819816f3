//! An insulin pump: basal rate, bolus, the user's limits, reservoir, occlusion, alarms, local stop.
//!
//! Insulin on board falls linearly over 4 h. The occlusion alarm comes at 1.5 U commanded and not
//! delivered, the reservoir's at 20 U, that of low glucose below `low_alert_mg_dl` (0: none). Left out: basal profiles over the day,
//! extended boluses, errors of delivery, menus, the battery, priming and a change of the reservoir.
//!
//! A [controller](automatic) may set its basal rate by the sensor's readings; on a [bench](bench) it shows what it
//! would decide.
//!
//! Each order that it carried out is a line of its log, with who gave it.
//!
//! The flaws of real products are config: `authentication = "none"` checks a frame's serial number
//! alone, `"static-mac"` a MAC that says nothing of freshness, `"short-key"` runs a session with the
//! remote under a `pairing_key` of 16 bits; `replay_check` is the product's own. It asks no remote for a
//! PIN: whoever speaks its protocol commands it.
//! After `lockout_rejects` frames in a row that it does not believe (0: never) it hears no remote for
//! `lockout_min`; its panel works all the while.
//!
//! Models: rates and boluses within the user's limits, in steps of `bolus_step_u`; temporary rates of 1 min to 24
//! h; suspending and resuming from the panel and by radio. Pulses of 0.05 U, 1.5 U/min, 35 U/h, 25 U and an
//! occlusion are hardware, which the component cannot exceed (`infusion` of the engine).
//!
//! Units: U, U/h, mg/dL, g, min. Sources: models.md 1.5 (manuals of MiniMed and Omnipod, S4 to S7) and 1.7; the
//! flaws ICSMA-19-178-01, ICSMA-18-219-02, ICSMA-20-079-01, ICSMA-16-279-01 and ICSMA-21-012-01; steps of alarms
//! and insulin on board are estimates [E]. Domain of validity: rapid-acting insulin, basal rates up to 35 U/h,
//! boluses up to 25 U, days rather than months.

mod automatic;
mod bench;
mod order;
mod ports;
mod radio;

use automatic::Automatic;
use medtwin_controllers::meal::Calculator;
use medtwin_sdk::{
    Config, Model, Priority, actuator, alarm, clock, command, display, log, sensor, timer,
};
use medtwin_session::Session;
use order::{By, Order};
use radio::Lockout;

const US_PER_MIN: u64 = 60_000_000;
const TICK: u32 = 0;
const TEMP_ENDS: u32 = 1;
const DECIDE: u32 = 2;
const CORRECT: u32 = 3;
/// The key for carbohydrate, by its place in `model.toml`.
const CARBS: u32 = 3;
/// Time over which insulin acts [min].
const ACTION_MIN: f64 = 240.0;

/// The pump.
pub struct Pump {
    serial: u32,
    static_mac: bool,
    session: Option<Session>,
    replay_check: bool,
    remote: bool,
    basal_u_per_h: f64,
    max_basal_u_per_h: f64,
    max_bolus_u: f64,
    carb_ratio_g_per_u: f64,
    bolus_step_u: f64,
    low_alert_mg_dl: f64,
    suspended: bool,
    temp_u_per_h: Option<f64>,
    temp_ends_us: u64,
    automatic: Option<Automatic>,
    calculator: Option<Calculator>,
    last_reading: Option<f64>,
    last_sequence: u16,
    lockout: Lockout,
    doses: Vec<(u64, f64)>,
    raised: u8,
}

impl Model for Pump {
    fn start(config: &Config) -> Self {
        let basal = config.number("basal_u_per_h", 1.0);
        let max_bolus_u = config.number("max_bolus_u", 10.0);
        let mut pump = Self {
            serial: config.number("serial", 0.0) as u32,
            static_mac: config.is("authentication", "static-mac"),
            session: config
                .is("authentication", "short-key")
                .then(|| Session::new(config.number("pairing_key", 0.0) as u16)),
            replay_check: config.flag("replay_check"),
            remote: config.flag("remote_enabled"),
            basal_u_per_h: basal,
            max_basal_u_per_h: config.number("max_basal_u_per_h", 2.0 * basal),
            max_bolus_u,
            carb_ratio_g_per_u: config.number("carb_ratio_g_per_u", 10.0),
            bolus_step_u: config.number("bolus_step_u", 0.05),
            low_alert_mg_dl: config.number("low_alert_mg_dl", 0.0),
            suspended: false,
            temp_u_per_h: None,
            temp_ends_us: 0,
            automatic: Automatic::of(config),
            calculator: automatic::calculator(config, max_bolus_u),
            last_reading: None,
            last_sequence: 0,
            lockout: Lockout::of(config),
            doses: Vec::new(),
            raised: 0,
        };
        if !config.text("bench_status").is_empty() {
            bench::decides(config);
            return pump;
        }
        pump.run_basal();
        pump.refresh();
        let _ = timer::set(TICK, 5 * US_PER_MIN);
        pump
    }

    fn on_timer(&mut self, id: u32) {
        match id {
            TEMP_ENDS => {
                self.temp_u_per_h = None;
                self.run_basal();
                return;
            }
            DECIDE => return self.decides(),
            CORRECT => return self.corrects(),
            _ => {}
        }
        self.watch();
        self.goes_on_without_readings();
        self.refresh();
        let _ = timer::set(TICK, 5 * US_PER_MIN);
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        self.hear(peer, body);
    }

    fn on_input(&mut self, input: u32, value: f64) {
        if let Some(order) = self.order_of_key(input, value) {
            let done = self.carry_out(&order, By::Panel);
            if done && input == CARBS && self.calculator.is_some() {
                let _ = timer::set(CORRECT, 0);
            }
        }
    }

    fn save(&self) -> Vec<u8> {
        let mut state = vec![u8::from(self.suspended) | u8::from(self.remote) << 1];
        state.extend(self.last_sequence.to_le_bytes());
        state.extend(self.max_bolus_u.to_le_bytes());
        state
    }

    fn load(&mut self, state: &[u8]) {
        let Ok([flags, s0, s1, limit @ ..]) = <[u8; 11]>::try_from(state) else { return };
        let limit = f64::from_le_bytes(limit);
        if (0.0..=25.0).contains(&limit) {
            self.max_bolus_u = limit;
        }
        self.last_sequence = u16::from_le_bytes([s0, s1]);
        self.suspended = flags & 1 == 1;
        self.remote = flags & 2 == 2;
        self.run_basal();
    }
}

impl Pump {
    fn order_of_key(&self, input: u32, value: f64) -> Option<Order> {
        let stepped = |units: f64| (units / self.bolus_step_u).round() * self.bolus_step_u;
        Some(match input {
            0 => Order::Bolus(stepped(value)),
            1 => Order::Suspend,
            2 => Order::Resume,
            CARBS => Order::Bolus(stepped(value / self.carb_ratio_g_per_u)),
            4 => Order::TempBasal(value, 60.0),
            5 => Order::SetLimit(value),
            6 => Order::SetRemote(value > 0.0),
            _ => return None,
        })
    }

    fn carry_out(&mut self, order: &Order, by: By) -> bool {
        let local = by == By::Panel;
        let begun = command::begin(order.verb(), &order.arguments()).is_ok();
        // A person at the pump can always stop it.
        if !(begun || local && *order == Order::Suspend) {
            Self::refuse(local);
            return false;
        }
        let done = self.obey(order);
        if !done {
            Self::refuse(local);
        }
        if done {
            let _ = log::write(&order.line(by));
        }
        self.refresh();
        done
    }

    /// Tells whoever asked at the pump. What a peer asked is answered by radio: an alarm for each of
    /// an attacker's frames would make the wearer stop their own therapy.
    fn refuse(local: bool) {
        if local {
            let _ = alarm::raise(ports::REJECTED, Priority::Low);
        }
    }

    fn obey(&mut self, order: &Order) -> bool {
        match *order {
            Order::Bolus(units) => self.bolus(units),
            Order::Suspend => {
                self.suspended = true;
                let stopped = actuator::set(ports::BOLUS, 0.0).is_ok();
                let _ = alarm::raise(ports::SUSPENDED, Priority::Low);
                self.run_basal() && stopped
            }
            Order::Resume => {
                self.suspended = false;
                let _ = alarm::clear(ports::SUSPENDED);
                self.run_basal()
            }
            Order::TempBasal(rate, minutes) => self.temp_basal(rate, minutes),
            Order::SetLimit(units) => {
                let fits = (0.0..=25.0).contains(&units);
                if fits {
                    self.max_bolus_u = units;
                }
                fits
            }
            Order::SetRemote(on) => {
                self.remote = on;
                true
            }
        }
    }

    fn bolus(&mut self, units: f64) -> bool {
        if self.suspended || units <= 0.0 || units > self.max_bolus_u {
            return false;
        }
        if actuator::set(ports::BOLUS, units).is_err() {
            return false;
        }
        self.doses.push((now(), units));
        if let Some(automatic) = &mut self.automatic {
            automatic.given(units);
        }
        let _ = alarm::raise(ports::BEEP, Priority::Low);
        let _ = display::show(ports::LAST_BOLUS, units);
        true
    }

    fn temp_basal(&mut self, rate: f64, minutes: f64) -> bool {
        let fits =
            (0.0..=self.max_basal_u_per_h).contains(&rate) && (1.0..=1440.0).contains(&minutes);
        fits && self.set_temp(rate, minutes)
    }

    fn set_temp(&mut self, rate: f64, minutes: f64) -> bool {
        let lasts_us = minutes as u64 * US_PER_MIN;
        self.temp_u_per_h = Some(rate);
        if self.automatic.is_some() {
            self.temp_ends_us = now() + lasts_us;
        }
        timer::set(TEMP_ENDS, lasts_us).is_ok() && self.run_basal()
    }

    fn run_basal(&mut self) -> bool {
        let rate =
            if self.suspended { 0.0 } else { self.temp_u_per_h.unwrap_or(self.basal_u_per_h) };
        let _ = display::show(ports::BASAL, rate);
        let runs = actuator::set(ports::BASAL_PORT, rate).is_ok();
        if let Some(automatic) = self.automatic.as_mut().filter(|_| runs) {
            automatic.runs(rate);
        }
        runs
    }

    fn watch(&mut self) {
        let reservoir = sensor::read(ports::RESERVOIR).ok().flatten().unwrap_or(300.0);
        let held_back = sensor::read(ports::OCCLUSION).ok().flatten().unwrap_or(0.0);
        let _ = display::show(ports::RESERVOIR_FIELD, reservoir.floor());
        self.alarm_when(reservoir < 20.0, ports::LOW_RESERVOIR, Priority::Low);
        self.alarm_when(reservoir < 0.5, ports::EMPTY, Priority::High);
        self.alarm_when(held_back >= 1.5, ports::OCCLUDED, Priority::High);
    }

    fn alarm_when(&mut self, on: bool, which: u32, priority: Priority) {
        let bit = 1 << which;
        if on && self.raised & bit == 0 {
            self.raised |= bit;
            let _ = alarm::raise(which, priority);
        } else if !on && self.raised & bit != 0 {
            self.raised &= !bit;
            let _ = alarm::clear(which);
        }
    }

    fn refresh(&mut self) {
        let now = now();
        let share = |at: u64| 1.0 - (now - at) as f64 / US_PER_MIN as f64 / ACTION_MIN;
        self.doses.retain(|(at, _)| share(*at) > 0.0);
        let on_board: f64 = self
            .doses
            .iter()
            .map(|(at, units)| units * share(*at))
            .fold(0.0, |sum, units| sum + units);
        let _ = display::show(ports::ON_BOARD, (on_board * 10.0).round() / 10.0);
        let state = if self.suspended {
            1.0
        } else if self.temp_u_per_h.is_some() {
            2.0
        } else {
            0.0
        };
        let _ = display::show(ports::STATE, state);
    }
}

fn now() -> u64 {
    clock::now().unwrap_or(0)
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Pump);
