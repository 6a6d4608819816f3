//! What runs in a device's slots: whether it is the manufacturer's, and whether it is the newest.

use std::collections::BTreeMap;

use super::{Outcome, ratio};
use crate::plan::Setup;
use crate::trace::Name;

/// The devices whose slots an update processor holds.
#[derive(Default)]
pub(super) struct Slots {
    /// The newest version that the manufacturer signed.
    newest: u32,
    devices: BTreeMap<Name, Runs>,
}

/// What runs in one, and for how long what ran [min].
#[derive(Clone, Copy, Default)]
struct Runs {
    version: u32,
    hostile: bool,
    since: f64,
    exposed: f64,
    unapproved: f64,
}

impl Slots {
    pub(super) fn of(setup: &Setup) -> Self {
        let signed = setup.firmware.iter().filter(|image| image.signed && !image.hostile);
        let newest = signed.map(|image| image.version).max().unwrap_or(0);
        let device = |(node, updates): (&crate::plan::NodeSetup, crate::plan::Updates)| {
            let name = node.devices.get(usize::from(updates.unit))?.names.device;
            Some((name, Runs { version: updates.version, ..Runs::default() }))
        };
        let held = setup.nodes.iter().flat_map(|node| {
            node.devices.iter().filter_map(move |device| Some((node, device.updates?)))
        });
        Self { newest, devices: held.filter_map(device).collect() }
    }

    /// Something else runs in `device` from `at` on.
    pub(super) fn runs(&mut self, device: Name, at: f64, version: f64, hostile: bool) {
        if let Some(runs) = self.devices.get_mut(&device) {
            runs.pass(at, self.newest);
            (runs.version, runs.hostile) = (version as u32, hostile);
        }
    }

    pub(super) fn finish(mut self, out: &mut Outcome, setup: &Setup) {
        let horizon = setup.horizon.as_minutes();
        for (name, runs) in &mut self.devices {
            runs.pass(horizon, self.newest);
            let device = setup.names.text(*name);
            for (id, part) in
                [("INT-4.unapproved", runs.unapproved), ("LIF-3.exposed", runs.exposed)]
            {
                ratio(out, &format!("{id}.{device}"), part, horizon, "the run has no length");
            }
        }
    }
}

impl Runs {
    fn pass(&mut self, at: f64, newest: u32) {
        let passed = at - std::mem::replace(&mut self.since, at);
        if self.hostile {
            self.unapproved += passed;
        } else if self.version < newest {
            self.exposed += passed;
        }
    }
}
