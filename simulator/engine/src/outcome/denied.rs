//! Which commands are the one before, tried again.

use crate::trace::{Entry, Outcome};

/// Within this time [ns] a command with the same arguments is the same attempt (metrics.md INT-1).
const AGAIN_NS: u64 = 1_000_000_000;

/// The last command that was denied.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Denied(Option<Entry>);

impl Denied {
    /// Whether `command` is denied as the one before it was, with the same arguments, just now.
    pub(super) fn is_again(&mut self, command: &Entry) -> bool {
        let is_denied = command.outcome != Outcome::Permit;
        let last = std::mem::replace(&mut self.0, is_denied.then_some(*command));
        is_denied && last.is_some_and(|last| is_same(&last, command))
    }
}

fn is_same(last: &Entry, command: &Entry) -> bool {
    let what = |e: &Entry| (e.subject, e.verb, e.object, e.value.to_bits());
    what(last) == what(command) && command.at.as_nanos() - last.at.as_nanos() <= AGAIN_NS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimTime;
    use crate::trace::Kind;

    fn check_again(expected: bool, first: (Outcome, f64), then: (Outcome, f64), after_ns: u64) {
        let command = |(outcome, value), at| Entry {
            outcome,
            value,
            ..Entry::new(SimTime::from_nanos(at), 0, Kind::Command)
        };
        let mut denied = Denied::default();
        assert!(!denied.is_again(&command(first, 5)));
        assert_eq!(denied.is_again(&command(then, 5 + after_ns)), expected);
    }

    #[test]
    fn a_denied_command_tried_again_within_a_second_is_one_attempt() {
        let (forbid, permit) = (Outcome::Forbid, Outcome::Permit);
        check_again(true, (forbid, 1.0), (forbid, 1.0), AGAIN_NS);
        check_again(false, (forbid, 1.0), (forbid, 1.0), AGAIN_NS + 1);
        check_again(false, (forbid, 1.0), (forbid, 2.0), 0);
        check_again(false, (permit, 1.0), (permit, 1.0), 0);
        check_again(false, (forbid, 1.0), (permit, 1.0), 0);
    }
}
