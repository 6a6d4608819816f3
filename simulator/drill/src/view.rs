//! What is sent to a seat: whole and small, so that a lost connection loses nothing.
//!
//! [`PlayerView`] is made of what can be seen and has no field for anything else. [`InstructorView`]
//! holds the same and what is true beside it.

use std::collections::VecDeque;

use serde::Serialize;

use crate::clock::{Clock, State};
use crate::seat::Seat;
use crate::seen::{Alarm, Dose, Line, Screen, Seen};
use crate::tasks::Task;
use crate::truth::{Tried, Truth};

mod trend;

use trend::Trend;

/// How a drill stands, known to every seat.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Standing {
    pub(crate) state: State,
    /// Who pressed stop, until the instructor goes on.
    pub(crate) stopped_by: Option<Seat>,
    pub(crate) speed: f64,
    /// Simulated time since the start [s].
    pub(crate) now_s: u64,
    /// Time of day at the start [s].
    pub(crate) start_clock_s: u64,
    /// It was begun by an earlier process and goes on.
    pub(crate) resumed: bool,
    /// The journal cannot be written: nothing can be done until it can.
    pub(crate) unsaved: bool,
    /// What hands are at, in order.
    pub(crate) hands: Vec<Task>,
}

/// What a player is sent.
#[derive(Serialize)]
pub(crate) struct PlayerView<'a> {
    notice: &'static str,
    who: &'a str,
    #[serde(flatten)]
    standing: &'a Standing,
    reading: Option<Reading>,
    readings: &'a VecDeque<(u64, f64)>,
    basal: &'a VecDeque<(u64, f64)>,
    doses: &'a VecDeque<Dose>,
    pump: Option<&'a Screen>,
    screens: &'a [Screen],
    alarms: &'a [Alarm],
    log: &'a VecDeque<Line>,
}

/// The reading now.
#[derive(Serialize)]
struct Reading {
    mg_dl: f64,
    at_s: u64,
    #[serde(flatten)]
    trend: Option<Trend>,
}

/// What the instructor is sent.
#[derive(Serialize)]
pub(crate) struct InstructorView<'a> {
    #[serde(flatten)]
    player: PlayerView<'a>,
    truth: TrueView<'a>,
}

#[derive(Serialize)]
struct TrueView<'a> {
    horizon_s: u64,
    glucose: &'a VecDeque<(u64, f64)>,
    insulin: &'a VecDeque<(u64, f64)>,
    steps: &'a [Tried],
    log: &'a VecDeque<Line>,
    disclosed: u64,
    outside_model: bool,
    debrief: &'a Debrief,
}

/// How far the debrief is.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub(crate) enum Debrief {
    /// The exercise goes on.
    #[default]
    None,
    /// It is being written.
    Pending,
    /// It can be read.
    Ready,
    /// It could not be written.
    Failed {
        /// Why.
        why: String,
    },
}

impl<'a> PlayerView<'a> {
    pub(crate) fn of(who: &'a str, standing: &'a Standing, seen: &'a Seen) -> Self {
        let now = seen.cgm().and_then(|screen| screen.value("reading"));
        let last = seen.readings.back().filter(|_| now.is_some());
        let trend = || trend::of(seen.readings.iter().copied());
        let reading = last.map(|&(at_s, mg_dl)| Reading { mg_dl, at_s, trend: trend() });
        Self {
            notice: "EXERCISE: a simulated patient",
            who,
            standing,
            reading,
            readings: &seen.readings,
            basal: &seen.basal,
            doses: &seen.doses,
            pump: seen.pump(),
            screens: &seen.screens,
            alarms: &seen.alarms,
            log: &seen.log.lines,
        }
    }
}

impl<'a> InstructorView<'a> {
    pub(crate) fn of(
        player: PlayerView<'a>,
        truth: &'a Truth,
        horizon_s: u64,
        debrief: &'a Debrief,
    ) -> Self {
        let truth = TrueView {
            horizon_s,
            glucose: &truth.glucose,
            insulin: &truth.insulin,
            steps: &truth.steps,
            log: &truth.log.lines,
            disclosed: truth.disclosed,
            outside_model: truth.outside,
            debrief,
        };
        Self { player, truth }
    }
}

impl Standing {
    pub(crate) fn new(clock: &Clock, start_clock_h: f64) -> Self {
        Self {
            state: clock.state,
            stopped_by: None,
            speed: clock.speed,
            now_s: 0,
            start_clock_s: (start_clock_h.rem_euclid(24.0) * 3600.0) as u64,
            resumed: false,
            unsaved: false,
            hands: Vec::new(),
        }
    }
}
