//! The floor: the thread that owns the world, and the only one that touches it.
//!
//! It wakes about ten times a second, lets simulated time pass, does what was asked in between, and
//! shows each seat its view. A stop does not wait for it: a flag is set by whoever hears of it, and
//! the floor looks at the flag before each slice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use medtwin_engine::Run;
use medtwin_engine::input::{Input, Refused};
use medtwin_engine::plan::Setup;
use medtwin_engine::time::{MINUTE, SimTime};
use tokio::sync::{oneshot, watch};

use crate::clock::{Clock, ClockOrder, State};
use crate::error::DrillError;
use crate::exercise::{Exercise, Options};
use crate::feed::Feed;
use crate::journal::{Given, Header, Journal, Mark, Past};
use crate::seat::Seat;
use crate::tasks::Tasks;
use crate::view::Debrief;

mod acting;
mod ending;
mod showing;
mod stop;

pub(crate) use acting::{Done, No};
pub(crate) use ending::Finish;
pub(crate) use stop::Stop;

/// How often the floor wakes.
const WAKE: Duration = Duration::from_millis(100);
/// How often the time reached is kept.
const MARK: Duration = Duration::from_secs(1);

/// What is asked of the floor; the answer goes to the sender.
pub(crate) enum Order {
    /// Somebody acts.
    Act(Asked, oneshot::Sender<Result<Done, No>>),
    /// The instructor turns the clock; the answer is the time reached [s].
    Clock(ClockOrder, oneshot::Sender<Result<u64, No>>),
    /// The instructor ends the exercise.
    End(oneshot::Sender<Result<(), No>>),
    /// Somebody pressed stop: the flag is set, and now it is kept.
    Stop(Seat, oneshot::Sender<Result<&'static str, No>>),
    /// Nobody is served any more.
    Close,
}

/// An act that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) by: Seat,
    pub(crate) key: String,
    pub(crate) action: medtwin_engine::input::Action,
}

/// What the floor has in common with those who serve it.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) stop: Stop,
    /// The after-action page, when there is one, or why there is none.
    pub(crate) debrief: std::sync::OnceLock<Result<String, String>>,
}

/// The newest view of each seat, as JSON.
pub(crate) struct Views {
    pub(crate) instructor: watch::Sender<Arc<str>>,
    pub(crate) player: watch::Sender<Arc<str>>,
}

/// The world, and all that is needed to hold the exercise in it.
pub(crate) struct Floor {
    run: Run,
    feed: Feed,
    journal: Journal,
    clock: Clock,
    tasks: Tasks,
    given: Vec<Given>,
    /// Where among the given an act lies, by who gave it under which key.
    known: BTreeMap<(Seat, String), usize>,
    setup: Arc<Setup>,
    who: String,
    start_clock_h: f64,
    shared: Arc<Shared>,
    views: Views,
    finish: Option<Finish>,
    debrief: Debrief,
    /// When people's time ended [ns].
    ended_ns: Option<u64>,
    resumed: bool,
    stop_is_kept: bool,
    unsaved: bool,
    marked: Instant,
    shown: Option<Instant>,
}

impl Floor {
    /// The world at its start, or where the journal in the state directory left it.
    pub(crate) fn open(
        exercise: &Exercise,
        options: &Options,
        (shared, views): (Arc<Shared>, Views),
        finish: Finish,
    ) -> Result<Self, DrillError> {
        let setup = Arc::clone(&exercise.plan.setup);
        let (journal, past) = Journal::open(&options.state, &Header::of(exercise), &setup)?;
        let state = if past.started { State::Paused } else { State::Ready };
        let mut floor = Self {
            run: Run::new(&exercise.plan, true),
            feed: Feed::new(exercise),
            journal,
            clock: Clock::new(state, options.speed),
            tasks: Tasks::default(),
            given: Vec::new(),
            known: BTreeMap::new(),
            setup,
            who: exercise.wearer(),
            start_clock_h: exercise.start_clock_h,
            shared,
            views,
            finish: Some(finish),
            debrief: Debrief::None,
            ended_ns: None,
            resumed: past.started,
            stop_is_kept: past.stopped_by.is_some(),
            unsaved: false,
            marked: Instant::now(),
            shown: None,
        };
        floor.catch_up(past).map_err(|refused| DrillError::Journal {
            path: options.state.join(crate::journal::FILE),
            line: 1,
            why: format!("one of its inputs cannot be taken: {refused}"),
        })?;
        Ok(floor)
    }

    /// Lives through what the journal says once more.
    fn catch_up(&mut self, past: Past) -> Result<(), Refused> {
        for given in past.given {
            self.run.advance(given.input.at(), &mut self.feed);
            self.begin(given)?;
        }
        self.run.advance(SimTime::from_nanos(past.reached_ns), &mut self.feed);
        if self.resumed {
            let text = "The exercise was restarted here: all that was done is kept".to_owned();
            self.feed.seen.log.write(past.reached_ns / 1_000_000_000, "exercise", text);
        }
        if let Some(by) = past.stopped_by {
            self.shared.stop.press(by);
        }
        if past.ended {
            self.clock.state = State::Over;
        }
        self.show();
        Ok(())
    }

    /// Holds the exercise until it is closed.
    pub(crate) fn hold(mut self, orders: &Receiver<Order>) {
        if self.clock.state == State::Over {
            self.finish();
        }
        self.pass(0); // a journal may end where the run does
        let mut last = Instant::now();
        loop {
            match orders.recv_timeout(WAKE) {
                Ok(Order::Close) | Err(RecvTimeoutError::Disconnected) => return self.leave(),
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            let passes = self.clock.passes(now.duration_since(last));
            last = now;
            self.pass(passes);
            self.show();
        }
    }

    /// The next process goes on from here.
    fn leave(mut self) {
        if matches!(self.clock.state, State::Running | State::Paused) {
            let _ = self.keep(Mark::ReachedNs);
        }
    }

    fn obey(&mut self, order: Order) {
        // Whoever asked may be gone: the order counts all the same.
        match order {
            Order::Act(asked, reply) => drop(reply.send(self.act(asked))),
            Order::Clock(order, reply) => drop(reply.send(self.turn(order))),
            Order::Stop(by, reply) => drop(reply.send(self.stop(by))),
            Order::End(reply) => {
                let kept = self.may_end().and_then(|()| self.keep(Mark::EndedNs));
                let ends = kept.is_ok();
                drop(reply.send(kept));
                if ends {
                    self.finish();
                }
            }
            Order::Close => {}
        }
    }

    /// Lets simulated time pass, a minute at most between two looks at the stop.
    fn pass(&mut self, mut ns: u64) {
        while ns > 0 && self.shared.stop.by().is_none() && !self.run.is_over() {
            let slice = ns.min(MINUTE);
            ns -= slice;
            self.run.advance(self.run.now() + slice, &mut self.feed);
        }
        if self.run.is_over() && self.clock.state != State::Over {
            let _ = self.keep(Mark::EndedNs); // nobody asked: it ends also on a disk that is full
            return self.finish();
        }
        if self.clock.state == State::Running && self.marked.elapsed() >= MARK {
            self.marked = Instant::now();
            let _ = self.keep(Mark::ReachedNs); // a disk that is full stops the clock, not the server
        }
    }

    /// Keeps what is no input, at the time reached.
    fn keep(&mut self, mark: impl FnOnce(u64) -> Mark) -> Result<(), No> {
        let kept = self.journal.mark(mark(self.run.now().as_nanos()));
        self.saved(kept.is_ok());
        kept.map_err(|_| No::Unsaved)
    }

    fn saved(&mut self, kept: bool) {
        self.unsaved = !kept;
        if !kept && self.clock.state == State::Running {
            self.clock.state = State::Paused;
        }
    }

    /// Hands an act, which is on disk, to the world.
    fn begin(&mut self, given: Given) -> Result<(), Refused> {
        self.run.act(given.input.clone())?;
        self.tasks.take(&given.input);
        self.known.insert((given.by, given.key.clone()), self.given.len());
        self.given.push(given);
        Ok(())
    }

    fn inputs(&self) -> Vec<Input> {
        self.given.iter().map(|given| given.input.clone()).collect()
    }
}
