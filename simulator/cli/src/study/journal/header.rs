//! Which study a journal is of.

use serde::{Deserialize, Serialize};

/// Which study a journal is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) schema: String,
    pub(crate) scenario: String,
    /// Of everything that its runs are made from.
    pub(crate) plan_sha256: String,
    pub(crate) engine: String,
    pub(crate) seed: u64,
    pub(crate) trials: u64,
    pub(crate) arms: Vec<String>,
    /// Metrics, in the order of a trial's values.
    pub(crate) columns: Vec<String>,
    /// The fingerprint of each arm of trial 0: what this build makes of the plan.
    pub(crate) first_trial: Vec<String>,
}

impl Header {
    /// The format that this version writes and reads.
    pub(crate) const SCHEMA: &'static str = "medtwin.journal/1";

    /// What keeps a study that was begun as `begun` from going on as this one.
    pub(super) fn differs(&self, begun: &Self) -> Option<String> {
        let both = [
            ("format", &begun.schema, &self.schema),
            ("scenario", &begun.scenario, &self.scenario),
            ("plan (scenario, site, packs or components)", &begun.plan_sha256, &self.plan_sha256),
            ("engine", &begun.engine, &self.engine),
        ];
        let word = both.iter().find(|(_, then, now)| then != now);
        let word = word.map(|(what, then, now)| format!("its {what} was {then} and is {now}"));
        let number = |what: &str, then: u64, now: u64| {
            (then != now).then(|| format!("it was begun with {what} {then}, not {now}"))
        };
        let rest = || {
            let is_same = begun.arms == self.arms
                && begun.columns == self.columns
                && begun.first_trial == self.first_trial;
            (!is_same).then(|| "trial 0 comes out otherwise with this build".to_owned())
        };
        word.or_else(|| number("--seed", begun.seed, self.seed))
            .or_else(|| number("--trials", begun.trials, self.trials))
            .or_else(rest)
    }
}
