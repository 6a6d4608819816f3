//! Rates of a flow that people ordered and that are not over.
//!
//! A pump that gives a dose within another, a bolus or a piggyback while a rate runs that was keyed in above the
//! prescription, goes back to what that interrupted by itself. That is no new command, and nobody's silent dose. Which
//! commands interrupt, the model says (`interrupts`): what they ordered is over when the flow falls back within the
//! prescription, and what they interrupted is not. Any other command takes the place of all that was ordered before.

use smallvec::SmallVec;

/// Slack of a rate [mL/h]: what sums of rates differ by.
const SLACK: f64 = 1e-9;
/// So many orders within one another: a rate, a dose, another dose.
const MOST: usize = 3;

/// An order above the prescription.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Order {
    /// [mL/h]
    rate: f64,
    /// It interrupted what was before it.
    interrupts: bool,
}

/// What was ordered, each within the one before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    orders: SmallVec<[Order; MOST]>,
    /// The last of them is what flows.
    flows: bool,
}

impl Standing {
    /// Whether `rate` is what was interrupted, or less.
    pub(super) fn goes_on(&self, rate: f64) -> bool {
        self.interrupted(rate).is_some()
    }

    /// The lowest order, of those that do not flow, that allows `rate`.
    fn interrupted(&self, rate: f64) -> Option<usize> {
        let waiting = self.orders.len() - usize::from(self.flows);
        let allows = |at: &usize| rate <= self.orders[*at].rate + SLACK;
        let rate_of = |at: &usize| self.orders[*at].rate;
        (0..waiting).filter(allows).min_by(|a, b| rate_of(a).total_cmp(&rate_of(b)))
    }

    /// Somebody with a right to it ordered what interrupts: at a rate above the prescription, if at any.
    pub(super) fn interrupted_by(&mut self, rate: Option<f64>) {
        self.flows = rate.is_some();
        if let Some(rate) = rate {
            if self.orders.len() == MOST {
                self.orders.remove(1);
            }
            self.orders.push(Order { rate, interrupts: true });
        }
    }

    /// Somebody with a right to it ordered `rate` in the place of what was ordered before; none, if it is within
    /// the prescription.
    pub(super) fn ordered(&mut self, rate: Option<f64>) {
        self.orders.clear();
        self.orders.extend(rate.map(|rate| Order { rate, interrupts: false }));
        self.flows = rate.is_some();
    }

    /// What was interrupted goes on at `rate`: what interrupted it is over.
    pub(super) fn resumed(&mut self, rate: f64) {
        let Some(at) = self.interrupted(rate) else { return };
        self.orders.truncate(at + 1);
        self.flows = true;
    }

    /// The flow is back within the prescription by itself: what interrupts is over.
    pub(super) fn over(&mut self) {
        self.orders.retain(|order| !order.interrupts);
        self.flows = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_interrupted_goes_on_and_to_no_more() {
        let mut standing = Standing::default();
        assert!(!standing.goes_on(5.0), "nothing was ordered");
        standing.ordered(Some(5.0));
        assert!(!standing.goes_on(5.0), "nothing was interrupted");
        for by in [Some(99.0), Some(3.0), None] {
            standing.interrupted_by(by);
            assert!(standing.goes_on(5.0) && standing.goes_on(4.0) && !standing.goes_on(5.1));
            standing.resumed(5.0);
            assert!(!standing.goes_on(5.0), "it goes on already");
        }
        standing.ordered(Some(3.0));
        assert!(!standing.goes_on(5.0), "another rate took its place");
        standing.ordered(None);
        standing.over();
        assert!(!standing.goes_on(3.0), "nothing is ordered any more");
    }

    #[test]
    fn a_dose_within_a_dose_within_a_rate_goes_back_step_by_step() {
        let mut standing = Standing::default();
        standing.ordered(Some(2.0));
        standing.interrupted_by(Some(22.0));
        standing.interrupted_by(Some(99.0));
        standing.resumed(22.0);
        assert!(standing.goes_on(2.0) && !standing.goes_on(22.0));
        standing.interrupted_by(Some(99.0));
        standing.resumed(2.0);
        assert!(!standing.goes_on(2.0), "the doses are over");
    }

    #[test]
    fn a_pause_ends_a_dose_and_no_rate() {
        let mut standing = Standing::default();
        standing.interrupted_by(Some(99.0));
        standing.over();
        assert!(!standing.goes_on(1.1), "nobody ordered a rate");
        standing.ordered(Some(4.0));
        standing.interrupted_by(Some(99.0));
        standing.over();
        assert!(standing.goes_on(4.0) && !standing.goes_on(99.0));
    }
}
