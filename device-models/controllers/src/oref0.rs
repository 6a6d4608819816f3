//! The OpenAPS reference design, oref0 0.7.1 `determine-basal`, restricted: no carbohydrate on board, no
//! micro-boluses, no unannounced meals, autosens 1.
//!
//! It reproduces oref0 on 40 decisions that oref0 itself made (a test). Every five minutes it predicts glucose over
//! four hours from the insulin on board, and what it would be without basal insulin from now on, and asks for a
//! temporary rate. One that is not renewed ends, and the scheduled rate resumes: that is what bounds a loop that
//! somebody silenced. Left out besides: everything that the restriction names, and the safety checks of a rig.

mod predict;
mod temp;

use crate::Temp;
use crate::history::Trend;
use crate::insulin::OnBoard;
use crate::rounding::{basal as pump_rate, hundredths, to, whole, within};
use predict::Predicted;

/// The settings of a wearer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// The scheduled rate [U/h].
    pub basal_u_per_h: f64,
    /// Fall of glucose by one unit [mg/dL/U].
    pub sens_mg_dl_per_u: f64,
    /// Carbohydrate covered by one unit [g/U].
    pub carb_ratio_g_per_u: f64,
    /// What it aims at [mg/dL].
    pub target_mg_dl: f64,
    /// The most insulin on board that it adds to [U].
    pub max_iob_u: f64,
    /// The highest rate [U/h].
    pub max_basal_u_per_h: f64,
    /// The highest scheduled rate of the day [U/h].
    pub max_daily_basal_u_per_h: f64,
}

impl Profile {
    /// As oref0 uses it: to a tenth.
    fn sens(&self) -> f64 {
        to(self.sens_mg_dl_per_u, 10.0)
    }

    fn max_safe_u_per_h(&self) -> f64 {
        let daily = 3.0 * self.max_daily_basal_u_per_h;
        self.max_basal_u_per_h.min(daily).min(4.0 * self.basal_u_per_h)
    }

    /// Below this glucose it gives no insulin [mg/dL].
    fn threshold_mg_dl(&self) -> f64 {
        self.target_mg_dl - 0.5 * (self.target_mg_dl - 40.0)
    }
}

/// What it decides on.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Glucose and its changes.
    pub trend: Trend,
    /// Age of the last reading [min].
    pub age_min: f64,
    /// Whether a flat line is believed, as oref0 does of a simulator's sensor without noise (`fakecgm`).
    pub believes_flat: bool,
    /// The temporary rate that runs.
    pub temp: Temp,
    /// Insulin on board.
    pub on_board: OnBoard,
}

/// What it decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// A temporary rate to set; none leaves what runs.
    pub command: Option<Temp>,
    /// What it believes of the data.
    pub outlook: Option<Outlook>,
}

/// Where glucose leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Once all insulin on board has acted [mg/dL].
    pub eventual_mg_dl: f64,
    /// More insulin that would be needed [U].
    pub insulin_required_u: f64,
    /// Carbohydrate that would be needed soon [g].
    pub carbs_required_g: Option<f64>,
}

/// Decides.
pub fn decide(profile: &Profile, status: &Status) -> Decision {
    if !is_plausible(status) {
        return Decision { command: temp::without_data(profile, status.temp), outlook: None };
    }
    let seen = Seen::of(profile, status);
    let (command, required) = seen.rate();
    let outlook = Outlook {
        eventual_mg_dl: seen.eventual,
        insulin_required_u: required,
        carbs_required_g: seen.carbs_advised(),
    };
    Decision { command, outlook: Some(outlook) }
}

/// Whether readings can be dosed on: present, fresh, and neither an error code nor a flat line.
fn is_plausible(status: &Status) -> bool {
    let Trend { mg_dl, delta, short, long } = status.trend;
    let is_code = mg_dl <= 10.0 || (mg_dl - 38.0).abs() < 0.5;
    let is_flat = mg_dl > 60.0 && delta.abs() < 1e-9 && short.abs() < 1.0 && long.abs() < 1.0;
    let is_fresh = (-5.0..=12.0).contains(&status.age_min);
    !is_code && is_fresh && (status.believes_flat || !is_flat)
}

/// What follows from the data, before a rate is chosen.
struct Seen<'a> {
    profile: &'a Profile,
    status: &'a Status,
    min_delta: f64,
    expected_delta: f64,
    naive: f64,
    eventual: f64,
    predicted: Predicted,
    carbs_required: f64,
}

impl<'a> Seen<'a> {
    fn of(profile: &'a Profile, status: &'a Status) -> Self {
        let Trend { mg_dl, delta, short, long } = status.trend;
        let sens = profile.sens();
        let min_delta = delta.min(short);
        let impact = hundredths(-status.on_board.activity[0] * sens * 5.0);
        let deviation = [min_delta, short.min(long), long]
            .map(|change| whole(6.0 * (change - impact)))
            .into_iter()
            .reduce(|found, next| if found < 0.0 { next } else { found })
            .unwrap_or(0.0);
        let naive = whole(mg_dl - status.on_board.units * sens);
        let eventual = naive + deviation;
        let expected_delta = to(impact + (profile.target_mg_dl - eventual) / 24.0, 10.0);
        let per_gram = sens / profile.carb_ratio_g_per_u;
        let carb_impact = to(min_delta - impact, 10.0).min(to(30.0 * per_gram * 5.0 / 60.0, 10.0));
        let predicted = Predicted::of(&status.on_board, mg_dl, sens, carb_impact);
        let mut seen = Self {
            profile,
            status,
            min_delta,
            expected_delta,
            naive,
            eventual,
            predicted,
            carbs_required: 0.0,
        };
        seen.carbs_required = seen.carbs(per_gram);
        seen
    }

    /// Carbohydrate that keeps glucose above the threshold [g].
    fn carbs(&self, per_gram: f64) -> f64 {
        let threshold = self.profile.threshold_mg_dl();
        let least =
            if self.naive >= 40.0 { self.naive } else { self.predicted.least.min(self.naive) };
        let above_min = self.predicted.minutes_above(threshold);
        let spared = self.profile.basal_u_per_h * self.profile.sens() * above_min / 60.0;
        whole((threshold - least - spared) / per_gram)
    }

    fn carbs_advised(&self) -> Option<f64> {
        let soon = self.predicted.minutes_above(self.profile.threshold_mg_dl()) <= 45.0;
        Some(self.carbs_required).filter(|carbs| *carbs >= 1.0 && soon)
    }

    /// The command, and the insulin that is required.
    fn rate(&self) -> (Option<Temp>, f64) {
        if self.is_low_soon() {
            return (self.zero(self.predicted.least, 30.0), 0.0);
        }
        if self.eventual < self.profile.target_mg_dl {
            return (self.lowered(), 0.0);
        }
        let least = self.eventual.min(self.predicted.least_later);
        let falls = self.min_delta < self.expected_delta;
        let is_full = self.status.on_board.units > self.profile.max_iob_u;
        if falls || least < self.profile.target_mg_dl || is_full {
            return (self.neutral(), 0.0);
        }
        self.raised(least)
    }

    /// Low now or soon, and not rising against all expectation.
    fn is_low_soon(&self) -> bool {
        let threshold = self.profile.threshold_mg_dl();
        let is_low = self.status.trend.mg_dl < threshold;
        let rises = self.min_delta > 0.0 && self.min_delta > self.expected_delta;
        let is_short = self.status.on_board.units < -self.profile.basal_u_per_h / 3.0;
        let recovers = is_low && is_short && rises;
        !recovers && (is_low || self.predicted.least < threshold)
    }

    /// No insulin for as long as it takes to make up for a glucose of `mg_dl`.
    fn zero(&self, mg_dl: f64, shortest_min: f64) -> Option<Temp> {
        self.set(0.0, within(self.zero_min(mg_dl), shortest_min, 120.0))
    }

    fn zero_min(&self, mg_dl: f64) -> f64 {
        let short_u = (self.profile.target_mg_dl - mg_dl) / self.profile.sens();
        30.0 * whole(whole(60.0 * short_u / self.profile.basal_u_per_h) / 30.0)
    }

    /// Glucose leads below the target.
    fn lowered(&self) -> Option<Temp> {
        let rises = self.min_delta > self.expected_delta && self.min_delta > 0.0;
        if rises && self.carbs_required.abs() < 0.5 {
            return if self.naive < 40.0 { self.set(0.0, 30.0) } else { self.neutral() };
        }
        let (target, sens) = (self.profile.target_mg_dl, self.profile.sens());
        let mut required = hundredths(2.0 * ((self.eventual - target) / sens).min(0.0));
        let naive_required = hundredths(((self.naive - target) / sens).min(0.0));
        if self.min_delta < 0.0 && self.min_delta > self.expected_delta {
            required = hundredths(required * self.min_delta / self.expected_delta);
        }
        let rate = pump_rate(self.basal() + 2.0 * required);
        if self.scheduled_u() < required.min(naive_required) - 0.3 * self.basal() {
            return self.set(rate, 30.0);
        }
        let temp = self.status.temp;
        if temp.minutes > 5.0 && rate >= 0.8 * temp.rate_u_per_h {
            return None;
        }
        let minutes = within(self.zero_min(self.naive), 0.0, 120.0);
        if rate <= 0.0 && minutes > 0.0 {
            return self.set(rate, minutes);
        }
        self.set(rate, 30.0)
    }

    /// Glucose stays above the target, and leads to `least_mg_dl` at the least.
    fn raised(&self, least_mg_dl: f64) -> (Option<Temp>, f64) {
        let profile = self.profile;
        let room = profile.max_iob_u - self.status.on_board.units;
        let short_u = (least_mg_dl - profile.target_mg_dl) / profile.sens();
        let required = hundredths(short_u).min(room);
        let most = pump_rate(profile.max_safe_u_per_h());
        let rate = pump_rate(self.basal() + 2.0 * required).min(most);
        let temp = self.status.temp;
        let runs = temp.minutes > 5.0 && pump_rate(rate) <= pump_rate(temp.rate_u_per_h);
        let is_enough = self.scheduled_u() < 2.0 * required && temp.minutes > 0.0 && runs;
        (if is_enough { None } else { self.set(rate, 30.0) }, required)
    }

    fn basal(&self) -> f64 {
        pump_rate(self.profile.basal_u_per_h)
    }

    /// What the running rate still gives beyond the scheduled one [U].
    fn scheduled_u(&self) -> f64 {
        self.status.temp.minutes * (self.status.temp.rate_u_per_h - self.basal()) / 60.0
    }

    fn neutral(&self) -> Option<Temp> {
        temp::neutral(self.profile, self.status.temp)
    }

    fn set(&self, rate_u_per_h: f64, minutes: f64) -> Option<Temp> {
        temp::set(self.profile, self.status.temp, Temp { rate_u_per_h, minutes })
    }
}

#[cfg(test)]
mod tests;
