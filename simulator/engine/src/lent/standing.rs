//! Rates of a flow that people ordered and that are not over.
//!
//! A pump that gives a dose within another, or a bolus while a rate runs that was keyed in above the
//! prescription, goes back to what it interrupted by itself. That is no new command, and nobody's silent dose. One order
//! is remembered: what interrupts a second time takes the place of the first.

/// Slack of a rate [mL/h]: what sums of rates differ by.
const SLACK: f64 = 1e-9;

/// What is in force above the prescription, and what that interrupted [mL/h].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    in_force: Option<f64>,
    interrupted: Option<f64>,
}

impl Standing {
    /// Whether `rate` is what was interrupted, or less.
    pub(super) fn goes_on(&self, rate: f64) -> bool {
        self.interrupted.is_some_and(|most| rate <= most + SLACK)
    }

    /// Somebody with a right to it ordered `rate`. A higher one interrupts, a lower one takes the place.
    pub(super) fn ordered(&mut self, rate: f64) {
        let lower = |own: &f64| *own < rate;
        let interrupted = self.interrupted.filter(lower);
        self.interrupted = self.in_force.replace(rate).filter(lower).or(interrupted);
    }

    /// What was interrupted goes on.
    pub(super) fn resumed(&mut self) {
        *self = Self { in_force: self.interrupted, interrupted: None };
    }

    /// The flow is back within the prescription: what was ordered is over.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_interrupted_goes_on_once_and_to_no_more() {
        let mut standing = Standing::default();
        assert!(!standing.goes_on(5.0), "nothing was ordered");
        standing.ordered(5.0);
        assert!(!standing.goes_on(5.0), "nothing was interrupted");
        standing.ordered(99.0);
        assert!(standing.goes_on(5.0) && standing.goes_on(4.0) && !standing.goes_on(5.1));
        standing.resumed();
        assert!(!standing.goes_on(5.0), "it goes on already");
        standing.ordered(99.0);
        standing.ordered(3.0);
        assert!(!standing.goes_on(5.0) && !standing.goes_on(3.0), "a lower rate took its place");
        standing.ordered(99.0);
        standing.over();
        assert!(!standing.goes_on(3.0), "what is over does not come back");
    }
}
