//! A journal, read back: every line is hostile until checked.

use std::collections::BTreeSet;
use std::path::Path;

use medtwin_engine::plan::Setup;
use serde_json::Value;

use super::{Given, Header, Mark};
use crate::acts::{exactly, is_key};
use crate::error::DrillError;
use crate::seat::Seat;

/// The longest line that is read [bytes].
const MAX_LINE: usize = 4096;
/// The most inputs of a drill.
pub(crate) const MAX_INPUTS: usize = 10_000;

/// What a journal says of a drill so far.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Past {
    /// In order of time.
    pub(crate) given: Vec<Given>,
    /// How far the world was [ns].
    pub(crate) reached_ns: u64,
    /// Who stopped it, if nobody went on since.
    pub(crate) stopped_by: Option<Seat>,
    /// The instructor ended it, or its time was over.
    pub(crate) ended: bool,
    /// The clock was turned before.
    pub(crate) started: bool,
}

impl Past {
    /// Reads whole lines.
    pub(super) fn read(
        text: &[u8],
        header: &Header,
        setup: &Setup,
        path: &Path,
    ) -> Result<Self, DrillError> {
        let mut past = Self::default();
        let mut keys = BTreeSet::new();
        for (at, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let wrong = |why| DrillError::Journal { path: path.to_owned(), line: at + 1, why };
            if line.len() > MAX_LINE {
                return Err(wrong("the line is longer than any of ours".to_owned()));
            }
            let value: Value =
                serde_json::from_slice(line).map_err(|_| wrong("it is no JSON".to_owned()))?;
            if at == 0 {
                let found: Header = serde_json::from_value(value)
                    .map_err(|error| wrong(format!("it is no header of a drill: {error}")))?;
                header.check(&found, path)?;
            } else {
                past.started = true;
                past.line(value, setup, &mut keys).map_err(wrong)?;
            }
        }
        Ok(past)
    }

    fn line(
        &mut self,
        value: Value,
        setup: &Setup,
        keys: &mut BTreeSet<(Seat, String)>,
    ) -> Result<(), String> {
        if self.ended {
            return Err("it comes after the end".to_owned());
        }
        if value.as_object().is_none_or(|object| object.len() != 1) {
            return self.input(value, setup, keys);
        }
        let mark = serde_json::from_value(value);
        let mark = mark.map_err(|error| format!("it is no line of a drill: {error}"))?;
        let at_ns = match mark {
            Mark::ReachedNs(at_ns) => at_ns,
            Mark::Stopped { at_ns, by } => {
                self.stopped_by.get_or_insert(by);
                at_ns
            }
            Mark::LiftedNs(at_ns) => {
                self.stopped_by = None;
                at_ns
            }
            Mark::EndedNs(at_ns) => {
                self.ended = true;
                at_ns
            }
        };
        self.reach(at_ns, setup)
    }

    fn reach(&mut self, at_ns: u64, setup: &Setup) -> Result<(), String> {
        if at_ns < self.reached_ns {
            return Err("it lies before the line above it".to_owned());
        }
        if at_ns > setup.horizon.as_nanos() + 1 {
            return Err("it lies after the end of the run".to_owned());
        }
        self.reached_ns = at_ns;
        Ok(())
    }

    fn input(
        &mut self,
        value: Value,
        setup: &Setup,
        keys: &mut BTreeSet<(Seat, String)>,
    ) -> Result<(), String> {
        let given: Given = exactly(value).map_err(|why| format!("it is no input: {why}"))?;
        if given.by == Seat::Player && !given.input.action.is_of_team() {
            return Err("a player has no hands of an adversary".to_owned());
        }
        if !is_key(&given.key) {
            return Err("its key is none of ours".to_owned());
        }
        if self.stopped_by.is_some() {
            return Err("the exercise was stopped before it".to_owned());
        }
        given.input.node(setup).map_err(|refused| refused.to_string())?;
        self.reach(given.input.at_ns, setup)?;
        if given.input.at_ns > setup.horizon.as_nanos() {
            return Err("it lies after the end of the run".to_owned());
        }
        if !keys.insert((given.by, given.key.clone())) {
            return Err(format!("the input `{}` was given before", given.key));
        }
        if self.given.len() == MAX_INPUTS {
            return Err(format!("a drill has at most {MAX_INPUTS} inputs"));
        }
        self.given.push(given);
        Ok(())
    }
}
