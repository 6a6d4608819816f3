//! How long until something, where some trials end before it.

use super::{Interval, Proportion, Z};

/// When something was seen in a trial, from the trial's own origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// After so long [min].
    After(f64),
    /// Not within so long [min], after which nobody looked.
    NotWithin(f64),
}

/// Times of trials, counted by minute up to a follow-up: the product-limit estimate (Kaplan and
/// Meier 1958), exact at that resolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    events: Vec<u64>,
    ended: Vec<u64>,
}

/// One minute of the estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Minute {
    at_risk: u64,
    events: u64,
    /// Share of trials in which it has not yet happened at the end of the minute.
    survival: f64,
}

impl Times {
    /// Nothing yet, to be followed for `follow_up_min` [min].
    pub fn new(follow_up_min: u32) -> Self {
        let minutes = follow_up_min as usize + 1;
        Self { events: vec![0; minutes], ended: vec![0; minutes] }
    }

    /// Counts a trial, its time rounded to the minute. What happens after the follow-up has not
    /// happened within it.
    pub fn add(&mut self, seen: Seen) {
        let last = self.events.len() - 1;
        let minute = |min: f64| min.max(0.0).round() as usize;
        match seen {
            Seen::After(min) if minute(min) <= last => self.events[minute(min)] += 1,
            Seen::NotWithin(min) => self.ended[minute(min).min(last)] += 1,
            Seen::After(_) => self.ended[last] += 1,
        }
    }

    /// Trials.
    pub fn n(&self) -> u64 {
        self.events.iter().chain(&self.ended).sum()
    }

    /// Trials in which it happened within the follow-up.
    pub fn happened(&self) -> u64 {
        self.events.iter().sum()
    }

    /// Trials that ended before the follow-up, without it.
    pub fn ended_early(&self) -> u64 {
        self.ended[..self.ended.len() - 1].iter().sum()
    }

    fn minutes(&self) -> Vec<Minute> {
        let (mut at_risk, mut survival) = (self.n(), 1.0);
        let minute = |(&events, &ended): (&u64, &u64)| {
            survival *= if at_risk > 0 { 1.0 - events as f64 / at_risk as f64 } else { 1.0 };
            let minute = Minute { at_risk, events, survival };
            at_risk -= events + ended;
            minute
        };
        self.events.iter().zip(&self.ended).map(minute).collect()
    }

    /// The share of trials in which it has happened by the end of each minute, from minute 0.
    pub fn curve(&self) -> Vec<f64> {
        self.minutes().iter().map(|minute| 1.0 - minute.survival).collect()
    }

    /// The share in which it happens within the follow-up, with the log-log interval on
    /// Greenwood's variance; Wilson's where it happens in none or in all.
    pub fn share(&self) -> Option<(f64, Interval)> {
        let minutes = self.minutes();
        let survival = minutes.last().filter(|_| self.n() > 0)?.survival;
        let error = minutes.iter().map(Minute::greenwood).sum::<f64>().sqrt();
        if survival <= 0.0 || survival >= 1.0 || !error.is_finite() {
            let counted = Proportion { k: self.happened(), n: self.n() };
            return Some((1.0 - survival, counted.wilson()));
        }
        let spread = libm::exp(Z * error / -libm::log(survival));
        let (low, high) = (libm::pow(survival, 1.0 / spread), libm::pow(survival, spread));
        Some((1.0 - survival, Interval { low: 1.0 - low, high: 1.0 - high }))
    }

    /// The restricted mean: how long until it happens, or the follow-up if it has not [min]. It is
    /// for all trials, where a mean of those in which it happens would be for the fast ones.
    ///
    /// The interval is taken of the logarithm of the time that it costs, the follow-up less the
    /// mean: that time is skewed while events are rare, and an interval around the mean itself covers
    /// less often than it says. With fewer than [`FEWEST_EVENTS`] there is none.
    pub fn restricted_mean(&self) -> Option<(f64, Option<Interval>)> {
        let minutes = self.minutes();
        let last = minutes.len() - 1;
        let (mut area, mut variance) = (0.0, 0.0);
        for (at, minute) in minutes.iter().enumerate().rev() {
            area += if at < last { minute.survival } else { 0.0 };
            variance += if minute.events > 0 { area * area * minute.greenwood() } else { 0.0 };
        }
        let (whole, lost) = (last as f64, last as f64 - area);
        let spread = libm::exp(Z * variance.sqrt() / lost);
        let interval = Interval { low: whole - lost * spread, high: whole - lost / spread };
        let is_told = self.happened() >= FEWEST_EVENTS && lost > 0.0;
        (self.n() > 0).then(|| (area, is_told.then_some(interval.within(0.0, whole))))
    }
}

/// With fewer events, an interval of a restricted mean covers less often than it says.
pub const FEWEST_EVENTS: u64 = 5;

impl Minute {
    /// Its term of Greenwood's sum; none once nobody is left, when the estimate is 0 anyway.
    fn greenwood(&self) -> f64 {
        let left = self.at_risk - self.events;
        if left == 0 { 0.0 } else { self.events as f64 / (self.at_risk as f64 * left as f64) }
    }
}

/// Of two things, which came first, of trials in which either could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct First {
    /// The first came first, or alone.
    pub first: u64,
    /// The second came first, or alone, or both in the same minute.
    pub second: u64,
    /// Neither came.
    pub neither: u64,
}

impl First {
    /// Counts a trial.
    pub fn add(&mut self, first: Option<f64>, second: Option<f64>) {
        match (first, second) {
            (None, None) => self.neither += 1,
            (Some(_), None) => self.first += 1,
            (Some(a), Some(b)) if a < b => self.first += 1,
            _ => self.second += 1,
        }
    }

    /// The share in which the first came first.
    pub fn share(self) -> Proportion {
        Proportion { k: self.first, n: self.first + self.second + self.neither }
    }
}
