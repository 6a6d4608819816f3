//! Automatic delivery: a controller that sets the basal rate from the sensor's readings.
//!
//! Which one is config: `controller = "oref0"`, `"pid"`, `"lgs"` (low-glucose suspend), `"plgs"`
//! (predictive); `"none"` is a pump that doses as it is told. What it decides is
//! [`medtwin_controllers`]'; here are the readings, the doses and the running rate that it decides on.
//!
//! It decides when a reading has come, and every five minutes when none does. A rate beyond the prescribed one is
//! a command that the pump asks leave for, on nobody's behalf; one that it may not run is not run at all: the
//! prescribed rate returns. Every rate ends after its time unless it is renewed. Ages of doses are in whole
//! minutes, as in oref0. With `corrects` the pump adds the correction of a bolus calculator to carbohydrate that
//! somebody keys in. Left out: a state that is saved, so that a reboot forgets readings and doses.

use medtwin_controllers::history::{History, Reading};
use medtwin_controllers::insulin::{Curve, Dose};
use medtwin_controllers::meal::Calculator;
use medtwin_controllers::oref0::{self, Decision, Profile, Status};
use medtwin_controllers::pid::Pid;
use medtwin_controllers::suspend::{Low, predicts_low};
use medtwin_controllers::{Temp, rounding};
use medtwin_sdk::{Config, command, log, timer};

use crate::order::{By, Order};
use crate::{DECIDE, Pump, TEMP_ENDS, US_PER_MIN, now};

/// How long a rate of the simple controllers runs without being renewed [min] [E], as oref0's.
const RENEWED_MIN: f64 = 30.0;
/// A reading older than this is no ground for a rate [min] (oref0).
const FRESH_MIN: f64 = 12.0;

/// The controller, and what it goes by.
pub(crate) struct Automatic {
    controller: Controller,
    profile: Profile,
    curve: Curve,
    believes_flat: bool,
    history: History,
    doses: Vec<Dose>,
    /// What ran since when [U/h], [min].
    ran: (f64, f64),
}

enum Controller {
    Oref0,
    Pid(Pid),
    Low(Low),
    Predictive,
}

/// What a controller wants of the pump.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    Run(Temp),
    /// The scheduled rate.
    Scheduled,
    Keep,
}

impl Automatic {
    /// The controller of the config, if it names one.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let profile = profile(config);
        let daily_u = config.number("total_daily_u", 48.0 * profile.basal_u_per_h);
        let controller = match config.text("controller") {
            "oref0" => Controller::Oref0,
            "pid" => Controller::Pid(Pid::new(profile.basal_u_per_h, daily_u)),
            "lgs" => Controller::Low(Low::default()),
            "plgs" => Controller::Predictive,
            _ => return None,
        };
        Some(Self {
            controller,
            curve: curve(config),
            believes_flat: config.flag("believes_flat"),
            history: History::default(),
            doses: Vec::new(),
            ran: (profile.basal_u_per_h, 0.0),
            profile,
        })
    }

    /// A bolus was given.
    pub(crate) fn given(&mut self, units: f64) {
        self.doses.push(Dose { at_min: whole_minutes(), units });
    }

    /// From now on another rate runs.
    pub(crate) fn runs(&mut self, u_per_h: f64) {
        self.account();
        self.ran.0 = u_per_h;
    }

    /// Writes down what ran beside the scheduled rate until now.
    fn account(&mut self) {
        let now_min = whole_minutes();
        let (rate, since) = self.ran;
        if now_min > since {
            let units = (rate - self.profile.basal_u_per_h) * (now_min - since) / 60.0;
            self.doses.push(Dose { at_min: since, units });
            self.ran.1 = now_min;
        }
        let oldest = now_min - self.curve.duration_min();
        self.doses.retain(|dose| dose.at_min > oldest);
    }

    fn age_min(&self) -> f64 {
        let last = self.history.last().map_or(f64::NEG_INFINITY, |last| last.at_min);
        minutes() - last
    }

    /// What is to run, while `temp` does.
    fn wishes(&mut self, temp: Temp) -> Wish {
        self.account();
        let age_min = self.age_min();
        let Some(last) = self.history.last() else { return Wish::Keep };
        if let Controller::Oref0 = self.controller {
            let Some(trend) = self.history.trend() else { return Wish::Keep };
            let basal = self.profile.basal_u_per_h;
            let on_board = self.curve.on_board(&self.doses, whole_minutes(), basal);
            let believes_flat = self.believes_flat;
            let status = Status { trend, age_min, believes_flat, temp, on_board };
            return oref0::decide(&self.profile, &status).command.map_or(Wish::Keep, Wish::Run);
        }
        if age_min > FRESH_MIN {
            return Wish::Scheduled;
        }
        let suspends = match &mut self.controller {
            Controller::Pid(pid) => {
                let rate_u_per_h = pid.rate_u_per_h(last.mg_dl);
                return Wish::Run(Temp { rate_u_per_h, minutes: RENEWED_MIN });
            }
            Controller::Low(low) => low.suspends(last),
            _ => predicts_low(&self.history),
        };
        let stop = Temp { rate_u_per_h: 0.0, minutes: RENEWED_MIN };
        if suspends { Wish::Run(stop) } else { Wish::Scheduled }
    }
}

/// The wearer's settings.
pub(crate) fn profile(config: &Config) -> Profile {
    let scheduled = config.number("basal_u_per_h", 1.0);
    Profile {
        basal_u_per_h: scheduled,
        sens_mg_dl_per_u: config.number("correction_mg_dl_per_u", 40.0),
        carb_ratio_g_per_u: config.number("carb_ratio_g_per_u", 10.0),
        target_mg_dl: config.number("target_mg_dl", 110.0),
        max_iob_u: config.number("max_iob_u", 5.0),
        max_basal_u_per_h: config.number("loop_max_basal_u_per_h", 4.0 * scheduled),
        max_daily_basal_u_per_h: scheduled,
    }
}

/// How the wearer's insulin acts.
pub(crate) fn curve(config: &Config) -> Curve {
    let peak_min = rounding::within(config.number("insulin_peak_min", 75.0), 35.0, 120.0);
    Curve::new(rounding::within(config.number("insulin_action_h", 5.0), 5.0, 10.0), peak_min)
}

impl Pump {
    /// A reading came: it is decided on in an event of the pump's own, since no sensor orders insulin.
    pub(crate) fn reads(&mut self, mg_dl: f64) {
        self.last_reading = Some(mg_dl);
        if let Some(automatic) = &mut self.automatic {
            automatic.history.add(Reading { at_min: minutes(), mg_dl });
            let _ = timer::set(DECIDE, 0);
        }
    }

    /// Decides, if readings stopped.
    pub(crate) fn goes_on_without_readings(&mut self) {
        if self.automatic.as_ref().is_some_and(|automatic| automatic.age_min() > FRESH_MIN) {
            self.decides();
        }
    }

    pub(crate) fn decides(&mut self) {
        let temp = self.running();
        let Some(automatic) = self.automatic.as_mut().filter(|_| !self.suspended) else { return };
        match automatic.wishes(temp) {
            Wish::Run(temp) => self.run_for(temp),
            Wish::Scheduled if self.temp_u_per_h.is_some() => self.end_temp(),
            Wish::Scheduled | Wish::Keep => {}
        }
        self.refresh();
    }

    /// The temporary rate that runs.
    fn running(&self) -> Temp {
        let left_us = self.temp_ends_us.saturating_sub(now()) as f64;
        let minutes = rounding::whole(left_us / US_PER_MIN as f64);
        match self.temp_u_per_h {
            Some(rate_u_per_h) => Temp { rate_u_per_h, minutes },
            None => Temp { rate_u_per_h: 0.0, minutes: 0.0 },
        }
    }

    fn run_for(&mut self, temp: Temp) {
        let order = Order::TempBasal(temp.rate_u_per_h, temp.minutes);
        let is_prescribed = temp.rate_u_per_h <= self.basal_u_per_h;
        let may = is_prescribed || command::begin(order.verb(), &order.arguments()).is_ok();
        if may && self.set_temp(temp.rate_u_per_h, temp.minutes) {
            let _ = log::write(&order.line(By::Controller));
        } else {
            self.end_temp();
        }
    }

    pub(crate) fn end_temp(&mut self) {
        self.temp_u_per_h = None;
        let _ = timer::cancel(TEMP_ENDS);
        self.run_basal();
    }

    /// The correction of carbohydrate that was keyed in, in an event of the pump's own.
    pub(crate) fn corrects(&mut self) {
        let Some(calculator) = self.calculator else { return };
        let units = calculator.bolus_u(0.0, self.last_reading);
        let order = Order::Bolus(units);
        if units > 0.0
            && !self.suspended
            && command::begin(order.verb(), &order.arguments()).is_ok()
            && self.bolus(units)
        {
            let _ = log::write(&order.line(By::Controller));
        }
        self.refresh();
    }
}

/// The bolus calculator's correction, for a pump that has it.
pub(crate) fn calculator(config: &Config, max_bolus_u: f64) -> Option<Calculator> {
    let profile = profile(config);
    config.flag("corrects").then_some(Calculator {
        carb_ratio_g_per_u: profile.carb_ratio_g_per_u,
        sens_mg_dl_per_u: profile.sens_mg_dl_per_u,
        target_mg_dl: profile.target_mg_dl,
        max_bolus_u,
    })
}

/// What oref0 decides for these settings.
pub(crate) fn decision(config: &Config, status: &Status) -> Decision {
    oref0::decide(&profile(config), status)
}

fn minutes() -> f64 {
    now() as f64 / US_PER_MIN as f64
}

fn whole_minutes() -> f64 {
    rounding::whole(minutes())
}
