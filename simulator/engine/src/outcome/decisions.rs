//! What was decided about an attack: for each step, which device was asked what, and which rule
//! answered.

use crate::rules::action_of;
use crate::trace::{Entry, Kind, NO_STEP, Name, Names, Origin, Outcome, Sink};

/// One decision about what a step of an attack did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The step, by number.
    pub step: u16,
    /// The device whose policy was asked, or the switch.
    pub device: Name,
    kind: Kind,
    verb: Name,
    /// The peer, channel, port, field or account that it was about.
    pub object: Name,
    /// What was decided.
    pub outcome: Outcome,
    /// By which rule of the pack, by number.
    pub rule: u16,
}

impl Decision {
    fn of(entry: &Entry) -> Self {
        Self {
            step: entry.step,
            device: entry.subject,
            kind: entry.kind,
            verb: entry.verb,
            object: entry.object,
            outcome: entry.outcome,
            rule: entry.rule,
        }
    }

    /// Whether it says how far the attack came: a frame, a command, a setting, a login, an update or a
    /// record, or anything denied.
    pub fn tells(&self, names: &Names) -> bool {
        let verb = names.text(self.verb);
        let is_far = verb.starts_with("update.") || verb == "storage.get";
        self.kind != Kind::Call || self.outcome != Outcome::Permit || is_far
    }

    /// The action as packs name it; a setting that no command ordered says so.
    pub fn action(&self, names: &Names) -> String {
        match names.text(self.verb) {
            verb if self.kind == Kind::Login => verb.to_owned(),
            _ if self.kind == Kind::Link => "network.forward".to_owned(),
            _ if self.kind == Kind::Clock => "clock.set".to_owned(),
            "silent" => "actuator.set (not commanded)".to_owned(),
            verb => action_of(verb),
        }
    }
}

/// Collects the decisions of a run, in the order in which each was first made.
#[derive(Debug, Default)]
pub struct Decisions(Vec<(Decision, u64)>);

impl Decisions {
    /// Each decision, and how often it was made.
    pub fn all(&self) -> &[(Decision, u64)] {
        &self.0
    }
}

impl Sink for Decisions {
    fn take(&mut self, entry: &Entry) {
        let of_attack = entry.step != NO_STEP
            && matches!(entry.origin, Origin::Adversary | Origin::Replay)
            && entry.outcome != Outcome::None;
        if !of_attack {
            return;
        }
        let decision = Decision::of(entry);
        match self.0.iter_mut().find(|(known, _)| *known == decision) {
            Some((_, times)) => *times += 1,
            None => self.0.push((decision, 1)),
        }
    }
}
