//! What seats ask of the floor.

use medtwin_engine::input::{Action, Input};

use super::{Asked, Floor};
use crate::clock::{ClockOrder, State};
use crate::journal::{Given, MAX_INPUTS, Mark};
use crate::seat::Seat;

/// An act was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Done {
    /// When [s].
    pub(crate) at_s: u64,
    /// It was taken before, under the same key.
    pub(crate) again: bool,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum No {
    /// Not as things stand.
    NotNow(&'static str),
    /// Not at all.
    Never(String),
    /// It could not be kept on disk, so it was not done.
    Unsaved,
    /// It was done, and could not be kept on disk.
    Unkept,
}

impl Floor {
    /// Takes an act: once for each key, and only when it is on disk.
    pub(super) fn act(&mut self, asked: Asked) -> Result<Done, No> {
        if let Some(done) = self.before(&asked) {
            return done;
        }
        self.may_act(asked.by)?;
        let input = self.input(asked.action)?;
        let given = Given { key: asked.key, by: asked.by, input };
        let kept = self.journal.give(&given);
        self.saved(kept.is_ok());
        if kept.is_err() {
            return Err(No::Unsaved);
        }
        let at_s = given.input.at_ns / 1_000_000_000;
        self.begin(given).map_err(|refused| No::Never(refused.to_string()))?;
        Ok(Done { at_s, again: false })
    }

    /// What became of an act that was asked for under the same key.
    fn before(&self, asked: &Asked) -> Option<Result<Done, No>> {
        let at = *self.known.get(&(asked.by, asked.key.clone()))?;
        let input = &self.given[at].input;
        Some(if input.action == asked.action {
            Ok(Done { at_s: input.at_ns / 1_000_000_000, again: true })
        } else {
            Err(No::Never("this key was used for another act".to_owned()))
        })
    }

    fn may_act(&self, by: Seat) -> Result<(), No> {
        match self.clock.state {
            State::Over => Err(No::NotNow("the exercise is over")),
            State::Ready => Err(No::NotNow("the exercise has not started")),
            _ if self.shared.stop.by().is_some() => Err(No::NotNow("the exercise is stopped")),
            _ if self.given.iter().filter(|given| given.by == by).count() >= MAX_INPUTS / 2 => {
                Err(No::NotNow("this seat did too much already"))
            }
            State::Running | State::Paused => Ok(()),
        }
    }

    /// The input for an act now, checked.
    fn input(&self, action: Action) -> Result<Input, No> {
        let who = match action {
            Action::StartStep { step } => self.adversary_of(step),
            _ => Some(self.who.clone()),
        };
        let who = who.ok_or_else(|| No::Never("there is no such step".to_owned()))?;
        let input = Input { at_ns: self.run.now().as_nanos(), who, action };
        if input.at_ns > self.setup.horizon.as_nanos() {
            return Err(No::NotNow("it is too late for that"));
        }
        input.node(&self.setup).map_err(|refused| No::Never(refused.to_string()))?;
        Ok(input)
    }

    fn adversary_of(&self, step: u16) -> Option<String> {
        self.setup.step(u32::from(step)).map(|(who, _)| who.to_owned())
    }

    /// Turns the clock. To go on lifts a stop.
    pub(super) fn turn(&mut self, order: ClockOrder) -> Result<u64, No> {
        let is_stopped = self.shared.stop.by().is_some();
        if matches!(order, ClockOrder::Step { .. }) && is_stopped {
            return Err(No::NotNow("the exercise is stopped: resume first"));
        }
        let mut clock = self.clock;
        let at_once = clock.follow(order).map_err(No::NotNow)?;
        if order == ClockOrder::Resume {
            self.keep(if is_stopped { Mark::LiftedNs } else { Mark::ReachedNs })?;
            self.shared.stop.lift();
            self.stop_is_kept = false;
            self.resumed = false; // that was told
        }
        self.clock = clock;
        self.pass(at_once);
        if matches!(order, ClockOrder::Pause | ClockOrder::Step { .. }) {
            if self.clock.state == State::Paused {
                let _ = self.keep(Mark::ReachedNs);
            }
            if self.unsaved {
                return Err(No::Unkept);
            }
        }
        Ok(self.run.now().as_nanos() / 1_000_000_000)
    }

    /// Stops, whatever the state. The flag may be set already; what is new is that it is kept.
    pub(super) fn stop(&mut self, by: Seat) -> Result<&'static str, No> {
        self.shared.stop.press(by);
        if self.clock.state != State::Over && !self.stop_is_kept {
            let by = self.shared.stop.by().unwrap_or(by);
            self.keep(|at_ns| Mark::Stopped { at_ns, by }).map_err(|_| No::Unkept)?;
            self.stop_is_kept = true;
        }
        Ok("stopped")
    }
}
