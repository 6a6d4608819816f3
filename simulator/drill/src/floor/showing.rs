//! What the floor shows: each seat its view, at most four times a second and only when it changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

use super::Floor;
use crate::clock::State;
use crate::view::{InstructorView, PlayerView, Standing};

/// The shortest time between two views.
const PAUSE: Duration = Duration::from_millis(250);

impl Floor {
    /// Shows each seat its view, if the last one was shown long enough ago.
    pub(super) fn show(&mut self) {
        if self.shown.is_none_or(|at| at.elapsed() >= PAUSE) {
            self.show_now();
        }
    }

    pub(super) fn show_now(&mut self) {
        let now_ns = self.ended_ns.unwrap_or_else(|| self.run.now().as_nanos());
        self.feed.seen.pass(now_ns);
        let standing = self.standing(now_ns);
        let who = crate::words::capital(&self.who);
        let player = || PlayerView::of(&who, &standing, &self.feed.seen);
        let horizon_s = self.setup.horizon.as_nanos() / 1_000_000_000;
        let truth = &self.feed.truth;
        let instructor = InstructorView::of(player(), truth, horizon_s, &self.debrief);
        let told = [tell(&self.views.player, &player()), tell(&self.views.instructor, &instructor)];
        if told.contains(&true) {
            self.shown = Some(Instant::now());
        }
    }

    fn standing(&self, now_ns: u64) -> Standing {
        let goes_on = self.clock.state != State::Over;
        let stopped_by = self.shared.stop.by().filter(|_| goes_on);
        let hands = if goes_on { self.tasks.at(now_ns) } else { Vec::new() };
        Standing {
            stopped_by,
            now_s: now_ns / 1_000_000_000,
            resumed: self.resumed,
            unsaved: self.unsaved,
            hands,
            ..Standing::new(&self.clock, self.start_clock_h)
        }
    }
}

/// Sends a view if it differs from the last one; whether it did.
fn tell(to: &watch::Sender<Arc<str>>, view: &impl Serialize) -> bool {
    let text: Arc<str> = serde_json::to_string(view).unwrap_or_default().into();
    to.send_if_modified(|last| {
        let differs = *last != text;
        if differs {
            *last = text;
        }
        differs
    })
}
