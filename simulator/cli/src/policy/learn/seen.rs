//! What devices did in runs without attack: the smallest set of capabilities that lets them do it.

use std::collections::{BTreeMap, BTreeSet};

use medtwin_engine::outcome::Outcome;
use medtwin_engine::plan::Setup;
use medtwin_engine::rules::{Capability, action_of, resource_of};
use medtwin_policy::interface_of;

/// A capability of a device model: the action and the kind and id of the resource, as packs have them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(crate) struct Granted {
    pub(crate) model: String,
    pub(crate) action: String,
    pub(crate) kind: &'static str,
    pub(crate) resource: String,
}

/// Capabilities of a trace, by the models of the devices that have them.
pub(crate) fn of_models<'a>(
    setup: &'a Setup,
    capabilities: impl IntoIterator<Item = &'a Capability>,
) -> BTreeSet<Granted> {
    let devices = setup.nodes.iter().flat_map(|node| &node.devices);
    let models: BTreeMap<&str, &str> =
        devices.map(|device| (device.text.as_str(), device.manifest.name.as_str())).collect();
    let text = |name| setup.names.text(name);
    let one = |&(device, verb, object): &Capability| {
        let model = models.get(text(device))?;
        let action = action_of(text(verb));
        let (kind, own) = resource_of(&action);
        let resource = own.unwrap_or_else(|| text(object)).to_owned();
        Some(Granted { model: (*model).to_owned(), action, kind, resource })
    };
    capabilities.into_iter().filter_map(one).collect()
}

/// How many runs used each capability.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) runs: u64,
    pub(crate) used: BTreeMap<Granted, u64>,
    /// Settings beyond the running prescription without a command.
    pub(crate) silent: f64,
}

impl Seen {
    /// What one run without attack used.
    pub(crate) fn of(setup: &Setup, outcome: &Outcome) -> Self {
        let used = of_models(setup, &outcome.used).into_iter().map(|granted| (granted, 1));
        let silent = outcome.metrics.get("INT-1.silent").copied().unwrap_or(0.0);
        Self { runs: 1, used: used.collect(), silent }
    }

    /// Both.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.silent += other.silent;
        for (granted, times) in other.used {
            *self.used.entry(granted).or_default() += times;
        }
        self
    }

    /// Adds what `granted` has of interfaces that a component imports and never used: without them it
    /// would not start.
    pub(crate) fn add_imports(&mut self, setup: &Setup, granted: &BTreeSet<Granted>) {
        for device in setup.nodes.iter().flat_map(|node| &node.devices) {
            let model = &device.manifest.name;
            for import in device.recipe.imports() {
                let of =
                    |g: &&Granted| g.model == *model && interface_of(&g.action) == Some(import);
                if self.used.keys().any(|used| of(&used)) {
                    continue;
                }
                self.used.extend(granted.iter().filter(of).map(|granted| (granted.clone(), 0)));
            }
        }
    }

    /// How many capabilities were used.
    pub(crate) fn count(&self) -> usize {
        self.used.values().filter(|times| **times > 0).count()
    }

    /// How many capabilities not seen so far the next such run is expected to need: Good and Turing's
    /// estimate f1/n, the capabilities seen in exactly one of n runs (metrics.md POL-3).
    pub(crate) fn expected_new(&self) -> f64 {
        let once = self.used.values().filter(|times| **times == 1).count();
        once as f64 / self.runs as f64
    }

    /// What of `granted` no run used.
    pub(crate) fn unseen<'a>(
        &'a self,
        granted: &'a BTreeSet<Granted>,
    ) -> impl Iterator<Item = &'a Granted> {
        granted.iter().filter(|granted| !self.used.contains_key(granted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_next_is_the_share_of_what_was_seen_once() {
        let granted = |resource: &str| Granted {
            model: "insulin-pump".to_owned(),
            action: "alarm.raise".to_owned(),
            kind: "Alarm",
            resource: resource.to_owned(),
        };
        let used = [("beep", 10), ("occlusion", 1), ("suspended", 1)];
        let used = used.map(|(alarm, times)| (granted(alarm), times)).into();
        let seen = Seen { runs: 10, used, silent: 0.0 };
        assert!((seen.expected_new() - 0.2).abs() < 1e-12);
        let all = ["beep", "rejected"].map(granted).into();
        assert_eq!(seen.unseen(&all).collect::<Vec<_>>(), [&granted("rejected")]);
    }
}
