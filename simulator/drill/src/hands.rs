//! Whose hands are busy with what, until when.
//!
//! The world makes an act wait for free hands; this says the same to people as soon as the act was
//! given, also while the clock stands.

use medtwin_engine::input::{Action, Input};

use crate::words;

/// An act that was given.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Task {
    /// In words.
    pub(crate) text: String,
    /// When hands begin with it [s].
    pub(crate) from_s: u64,
    /// When it takes effect [s].
    pub(crate) until_s: u64,
}

/// The hands at the bedside.
#[derive(Debug, Default)]
pub(crate) struct Hands {
    busy_until_ns: u64,
    tasks: Vec<Task>,
}

impl Hands {
    /// Takes an act, in the order of the journal.
    pub(crate) fn take(&mut self, input: &Input) {
        if matches!(input.action, Action::StartStep { .. }) {
            return; // an adversary's hands
        }
        let from_ns = input.at_ns.max(self.busy_until_ns);
        self.busy_until_ns = from_ns + nanos(input.action.seconds());
        self.tasks.push(Task {
            text: words::of_action(&input.action),
            from_s: from_ns / 1_000_000_000,
            until_s: self.busy_until_ns.div_ceil(1_000_000_000),
        });
    }

    /// What is still to do at `now_ns`, in order.
    pub(crate) fn at(&self, now_ns: u64) -> Vec<Task> {
        let now_s = now_ns / 1_000_000_000;
        self.tasks.iter().filter(|task| task.until_s > now_s).cloned().collect()
    }
}

/// Seconds as the world counts them.
pub(crate) fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(at_s: u64, action: Action) -> Input {
        Input { at_ns: at_s * 1_000_000_000, who: "alex".to_owned(), action }
    }

    #[test]
    fn an_act_waits_for_free_hands() {
        let mut hands = Hands::default();
        hands.take(&given(10, Action::Suspend));
        hands.take(&given(12, Action::Eat { carbs_g: 15.0 }));
        let tasks = hands.at(11_000_000_000);
        assert_eq!((tasks[0].from_s, tasks[0].until_s), (10, 15));
        assert_eq!((tasks[1].from_s, tasks[1].until_s), (15, 75));
        assert!(hands.at(75_000_000_000).is_empty());
    }

    #[test]
    fn an_adversary_has_hands_of_their_own() {
        let mut hands = Hands::default();
        hands.take(&given(10, Action::StartStep { step: 0 }));
        assert!(hands.at(0).is_empty());
    }
}
