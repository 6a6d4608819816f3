//! The end of an exercise: the world lives on to its horizon without people, then the debrief.

use medtwin_engine::input::Input;
use medtwin_engine::time::SimTime;

use super::{Floor, No};
use crate::clock::State;
use crate::view::Debrief;

/// Writes what is left of a drill, and returns the after-action page.
pub(crate) type Finish = Box<dyn FnOnce(&[Input], [u8; 32]) -> Result<String, String> + Send>;

impl Floor {
    pub(super) fn may_end(&self) -> Result<(), No> {
        match self.clock.state {
            State::Over => Err(No::NotNow("the exercise is over")),
            State::Ready => Err(No::NotNow("the exercise has not started")),
            State::Running | State::Paused => Ok(()),
        }
    }

    /// Ends the exercise here: lets the world live on, so that it is the run that a replay makes, and writes the debrief.
    pub(super) fn finish(&mut self) {
        self.clock.state = State::Over;
        self.debrief = Debrief::Pending;
        self.ended_ns = Some(self.run.now().as_nanos());
        self.show_now();
        self.feed.over = true;
        self.run.advance(SimTime::END, &mut self.feed);
        let links = std::mem::take(&mut self.feed.fingerprint).finish();
        let fingerprint = links.last().copied().unwrap_or_default();
        let Some(finish) = self.finish.take() else { return };
        let page = finish(&self.inputs(), fingerprint);
        self.debrief = match &page {
            Ok(_) => Debrief::Ready,
            Err(why) => Debrief::Failed { why: why.clone() },
        };
        let _ = self.shared.debrief.set(page);
        self.show_now();
    }
}
