//! Whose hands are busy with what, until when.
//!
//! The world makes an act wait for free hands; this says the same to people as soon as the act was
//! given, also while the clock stands.

use medtwin_engine::input::{Hands, Input};

use crate::words;

/// Tasks that are shown.
const SHOWN: usize = 20;

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

/// What the hands at the bedside have to do.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    hands: Hands,
    tasks: Vec<Task>,
}

impl Tasks {
    /// Takes an act, in the order of the journal.
    pub(crate) fn take(&mut self, input: &Input) {
        if !input.action.is_of_team() {
            return;
        }
        let (begins, ends) = self.hands.take(input.at_ns, &input.action);
        self.tasks.push(Task {
            text: words::capital(&input.action.to_string()),
            from_s: begins / 1_000_000_000,
            until_s: ends.div_ceil(1_000_000_000),
        });
    }

    /// What is still to do at `now_ns`, in order; the next twenty of it.
    pub(crate) fn at(&self, now_ns: u64) -> Vec<Task> {
        let now_s = now_ns / 1_000_000_000;
        self.tasks.iter().filter(|task| task.until_s > now_s).take(SHOWN).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use medtwin_engine::input::Action;

    use super::*;

    fn given(at_s: u64, action: Action) -> Input {
        Input { at_ns: at_s * 1_000_000_000, who: "alex".to_owned(), action }
    }

    #[test]
    fn an_act_waits_for_free_hands() {
        let mut tasks = Tasks::default();
        tasks.take(&given(10, Action::Suspend));
        tasks.take(&given(12, Action::Eat { carbs_g: 15.0 }));
        let given = tasks.at(11_000_000_000);
        assert_eq!((given[0].from_s, given[0].until_s), (10, 15));
        assert_eq!((given[1].from_s, given[1].until_s), (15, 75));
        assert!(tasks.at(75_000_000_000).is_empty());
    }

    #[test]
    fn an_adversary_has_hands_of_their_own() {
        let mut tasks = Tasks::default();
        tasks.take(&given(10, Action::StartStep { step: 0 }));
        assert!(tasks.at(0).is_empty());
    }
}
