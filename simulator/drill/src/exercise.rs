//! What is exercised, and how it is held.

use std::net::SocketAddr;
use std::path::PathBuf;

use medtwin_engine::Plan;
use medtwin_engine::plan::NodeSetup;

/// What is exercised.
pub struct Exercise {
    /// The scenario's title. Players do not see it: it may name the attack.
    pub title: String,
    /// The scenario's note for whoever leads the exercise; empty if none.
    pub note: String,
    /// The scenario's name.
    pub scenario: String,
    /// The arm that is played, such as `as-sold/drill`.
    pub arm: String,
    /// The attacked run, without inputs.
    pub plan: Plan,
    /// SHA-256 over all that the plan was made from: a drill is resumed only by the same.
    pub plan_sha256: String,
    /// Time of day at the start [h].
    pub start_clock_h: f64,
    /// The names of the attack's steps, by number.
    pub steps: Vec<String>,
    /// The ids of the policy's rules, by number.
    pub rules: Vec<String>,
}

/// How it is held.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Simulated seconds in a second of life, 0.25 to 600.
    pub speed: f64,
    /// The directory that keeps the journal.
    pub state: PathBuf,
}

impl Exercise {
    /// The bedside that is looked after: the first, with its number among the entities.
    pub(crate) fn bedside(&self) -> Option<(u32, &NodeSetup)> {
        let nodes = (0..).zip(&self.plan.setup.nodes);
        nodes.into_iter().find(|(_, node)| node.wearer().is_some())
    }

    /// The name of whoever is looked after.
    pub(crate) fn wearer(&self) -> String {
        let name = self.bedside().map(|(_, node)| node.name).unwrap_or_default();
        self.plan.setup.names.text(name).to_owned()
    }
}
