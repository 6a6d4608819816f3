//! Rates of a flow that people ordered and that are not over.
//!
//! A pump that gives a dose within another, a bolus or a piggyback while a rate runs that was keyed in above the
//! prescription, goes back to what that interrupted by itself. That is no new command, and nobody's silent dose. Which
//! commands interrupt, the model says (`interrupts`); any other takes the place of what was ordered before. One order
//! is remembered.

/// Slack of a rate [mL/h]: what sums of rates differ by.
const SLACK: f64 = 1e-9;

/// What is in force above the prescription, and what an order interrupted [mL/h].
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

    /// Somebody with a right to it ordered what interrupts: at a rate above the prescription, if at any.
    pub(super) fn interrupted_by(&mut self, rate: Option<f64>) {
        self.interrupted = self.in_force.or(self.interrupted);
        self.in_force = rate;
    }

    /// Somebody with a right to it ordered `rate` in the place of what was ordered before.
    pub(super) fn ordered(&mut self, rate: f64) {
        *self = Self { in_force: Some(rate), interrupted: None };
    }

    /// What was interrupted goes on.
    pub(super) fn resumed(&mut self) {
        *self = Self { in_force: self.interrupted, interrupted: None };
    }

    /// The flow is back within the prescription by itself: what was ordered is over.
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
        for by in [Some(99.0), Some(3.0), None] {
            standing.interrupted_by(by);
            assert!(standing.goes_on(5.0) && standing.goes_on(4.0) && !standing.goes_on(5.1));
            standing.resumed();
            assert!(!standing.goes_on(5.0), "it goes on already");
        }
        standing.ordered(3.0);
        assert!(!standing.goes_on(5.0), "another rate took its place");
        standing.interrupted_by(Some(99.0));
        standing.over();
        assert!(!standing.goes_on(3.0), "what is over does not come back");
    }
}
