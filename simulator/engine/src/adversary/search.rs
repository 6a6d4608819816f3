//! Sessions of a product's own protocol: recorded, their key searched for, and spoken.
//!
//! The search is real: every key there is, tried on every frame that was recorded, until one verifies
//! them all. What it takes in the world is the number of keys tried at the adversary's pace. Frames that
//! the link seals are noise to it.

use medtwin_frames::{Frame as Radio, Kind as RadioKind};
use medtwin_session::Session;

use super::{Adversary, Pair, SEARCH_OVER, Target};
use crate::channel;
use crate::node::{Frame, Node, Outbox, View};
use crate::queue::What;

/// How many keys a session has.
const KEYS: u32 = 1 << 16;

/// The first key that opens all of `recorded`, and how many were tried for it.
fn first_that_fits(recorded: &[Vec<u8>]) -> (Option<Session>, u32) {
    let fits =
        |key: &u16| recorded.iter().all(|body| Session::new(*key).open(first(body)).is_some());
    match (0..=u16::MAX).find(fits) {
        Some(key) => (Some(Session::new(key)), u32::from(key) + 1),
        None => (None, KEYS),
    }
}

impl Adversary {
    /// Begins to try out keys on what was recorded of two devices.
    pub(super) fn search(
        &mut self,
        step: usize,
        (pair, tries_per_s): (Pair, f64),
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let recorded: Vec<_> = self.of(pair).map(|frame| seen(frame, view)).collect();
        if recorded.is_empty() {
            let plan = self.intention.steps[step].clone();
            self.say(&plan, at, "nothing-recorded", node.id, view, out);
            return self.end(step, false, at, node, view, out);
        }
        let (found, tried) = first_that_fits(&recorded);
        self.progress[step].found = found;
        let takes = (f64::from(tried) / tries_per_s * 1e9) as u64;
        let over = at.saturating_add(takes.max(1000));
        node.wake(over, What::Adversary, SEARCH_OVER, step as u32, view, out);
    }

    /// Its time is over: what was recorded can be read now, or no key fits.
    pub(super) fn search_over(
        &mut self,
        step: usize,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let plan = self.intention.steps[step].clone();
        let super::Act::Crack { pair, .. } = plan.act else { return };
        let Some(found) = self.progress[step].found else {
            self.say(&plan, at, "no-key-fits", node.id, view, out);
            return self.end(step, false, at, node, view, out);
        };
        self.sessions.push((pair, found));
        let recorded: Vec<Frame> = self.of(pair).cloned().collect();
        for frame in &recorded {
            if let Some(radio) = self.read(frame, &seen(frame, view)) {
                self.understand(frame, radio, at, node, view, out);
            }
        }
        self.say(&plan, at, "learned", node.id, view, out);
        self.end(step, true, at, node, view, out);
    }

    fn of(&self, pair: Pair) -> impl Iterator<Item = &Frame> {
        let is_of = move |frame: &&Frame| Pair::of(frame.head.from, frame.head.to) == pair;
        self.recorded.iter().filter(is_of)
    }

    fn session(&self, pair: Pair) -> Option<Session> {
        self.sessions.iter().rev().find(|(of, _)| *of == pair).map(|(_, session)| *session)
    }

    /// What a body says that is in clear, or of a session that they can speak.
    pub(super) fn read(&self, frame: &Frame, body: &[u8]) -> Option<Radio> {
        let session = self.session(Pair::of(frame.head.from, frame.head.to));
        let opened = session.and_then(|session| session.open(first(body)));
        Radio::decode(opened.as_ref().map_or(body, |opened| opened)).map(|(radio, _)| radio)
    }

    /// Whether a recorded frame begins with such a command, as far as they can read it.
    pub(super) fn begins_with(&self, frame: &Frame, kind: RadioKind, view: View<'_>) -> bool {
        self.read(frame, &seen(frame, view)).is_some_and(|radio| radio.kind == kind)
    }

    /// A command as the target understands it, as far as they know how.
    pub(super) fn spoken(&self, radio: &Radio, target: &Target) -> Vec<u8> {
        match self.session(Pair::of(target.from, target.to)) {
            Some(session) => session.wrap(radio.sequence, radio.encode()).to_vec(),
            None => radio.encode().to_vec(),
        }
    }
}

/// The first of the frames of a session that a body holds; all of what holds none.
fn first(body: &[u8]) -> &[u8] {
    let holds = !body.is_empty() && body.len().is_multiple_of(medtwin_session::LEN);
    if holds { &body[..medtwin_session::LEN] } else { body }
}

/// A frame as somebody without the link's key sees it: its body, or sealed bytes.
fn seen(frame: &Frame, view: View<'_>) -> Vec<u8> {
    let looked = channel::looks(view.plan.arm.protection, &frame.body);
    looked.body.unwrap_or_else(|| frame.body.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Protection;

    fn said(session: Session, sequence: u16) -> Vec<u8> {
        let kind = medtwin_frames::Kind::Bolus;
        let bolus = Radio { serial: 508_042, kind, sequence, a: 40, b: 0 };
        session.wrap(sequence, bolus.encode()).to_vec()
    }

    #[test]
    fn the_key_is_the_one_that_opens_all_and_costs_its_place_among_the_keys() {
        let session = Session::new(0xa11c);
        let recorded = [said(session, 0), said(session, 1)];
        assert_eq!(first_that_fits(&recorded), (Some(session), 0xa11d));
    }

    #[test]
    fn no_key_fits_what_two_sessions_said_or_a_link_sealed() {
        let two = [said(Session::new(1), 0), said(Session::new(2), 0)];
        assert_eq!(first_that_fits(&two), (None, KEYS));
        let protection = Protection { encryption: true, ..Protection::default() };
        let sealed = channel::wrap(protection, &[7; 32], 3, 1, &said(Session::new(1), 0));
        assert_eq!(first_that_fits(&[sealed]), (None, KEYS));
    }
}
