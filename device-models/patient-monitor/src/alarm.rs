//! One condition of alarm: from a value outside its limit to the end of what people hear of it.
//!
//! Inactive; active once the condition held for its validation delay; acknowledged, when somebody took
//! note; latched, where it has to be acknowledged although it is over (models.md 4.3).

/// How far a condition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none.
    #[default]
    Inactive,
    /// There is one, and nobody took note.
    Active,
    /// There is one, and somebody knows.
    Acknowledged,
    /// It is over, and somebody has to know that it was.
    Latched,
}

/// What of it people and peers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It began.
    Began,
    /// It is over.
    Ended,
}

/// One condition.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Condition {
    state: State,
    /// Since when it holds [ms].
    since_ms: Option<u64>,
}

impl Condition {
    /// It `holds` or not at `now_ms`; it counts after `delay_ms`.
    pub(crate) fn judge(
        &mut self,
        holds: bool,
        now_ms: u64,
        delay_ms: u64,
        latches: bool,
    ) -> Option<Change> {
        self.since_ms = holds.then(|| self.since_ms.unwrap_or(now_ms));
        match (self.state, self.since_ms) {
            (State::Inactive, Some(since)) if now_ms.saturating_sub(since) >= delay_ms => {
                self.state = State::Active;
                Some(Change::Began)
            }
            (State::Latched, Some(_)) => {
                self.state = State::Active;
                None
            }
            (State::Active, None) if latches => {
                self.state = State::Latched;
                None
            }
            (State::Active | State::Acknowledged, None) => self.end(),
            _ => None,
        }
    }

    /// Somebody took note.
    pub(crate) fn acknowledge(&mut self) -> Option<Change> {
        match self.state {
            State::Active => {
                self.state = State::Acknowledged;
                None
            }
            State::Latched => self.end(),
            State::Inactive | State::Acknowledged => None,
        }
    }

    fn end(&mut self) -> Option<Change> {
        *self = Self { state: State::Inactive, since_ms: self.since_ms };
        Some(Change::Ended)
    }

    /// How far it is.
    pub(crate) const fn state(&self) -> State {
        self.state
    }

    /// Whether it is shown, acknowledged or not.
    pub(crate) fn is_on(&self) -> bool {
        self.state != State::Inactive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(own: &mut Condition, holds: bool, second: u64, latches: bool) -> Option<Change> {
        own.judge(holds, second * 1000, 6000, latches)
    }

    #[test]
    fn a_condition_counts_after_its_delay_and_not_before() {
        let mut own = Condition::default();
        assert!((0..6).all(|s| judge(&mut own, true, s, false).is_none()));
        assert_eq!(judge(&mut own, true, 6, false), Some(Change::Began));
        assert_eq!(judge(&mut own, true, 7, false), None);
        assert_eq!(judge(&mut own, false, 8, false), Some(Change::Ended));
    }

    #[test]
    fn a_short_one_is_none() {
        let mut own = Condition::default();
        assert!((0..30).all(|s| judge(&mut own, s % 6 != 0, s, false).is_none()));
    }

    #[test]
    fn a_latched_one_stays_until_it_is_acknowledged() {
        let mut own = Condition::default();
        for s in 0..=6 {
            judge(&mut own, true, s, true);
        }
        assert_eq!(judge(&mut own, false, 7, true), None);
        assert_eq!(own.state(), State::Latched);
        assert_eq!(own.acknowledge(), Some(Change::Ended));
        assert!(!own.is_on());
    }

    #[test]
    fn an_acknowledged_one_ends_with_its_condition_and_may_come_again() {
        let mut own = Condition::default();
        for s in 0..=6 {
            judge(&mut own, true, s, true);
        }
        assert_eq!(own.acknowledge(), None);
        assert_eq!(own.state(), State::Acknowledged);
        assert_eq!(judge(&mut own, false, 8, true), Some(Change::Ended));
        (9..15).for_each(|s| assert_eq!(judge(&mut own, true, s, true), None));
        assert_eq!(judge(&mut own, true, 15, true), Some(Change::Began));
    }
}
