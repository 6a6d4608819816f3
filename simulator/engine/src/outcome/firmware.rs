//! What runs in a device's slots: whether it is the manufacturer's, whether it is the newest, and whether
//! an update server believes so.

use std::collections::BTreeMap;

use super::{Outcome, ratio};
use crate::plan::{DeviceSetup, Setup};
use crate::trace::Name;

/// The devices whose slots an update processor holds.
#[derive(Default)]
pub(super) struct Slots {
    /// The newest version that the manufacturer signed.
    newest: u32,
    devices: BTreeMap<Name, Runs>,
    /// Whose version a field of an update server shows.
    fields: BTreeMap<(Name, Name), Name>,
}

/// What runs in one, and for how long what ran [min].
#[derive(Clone, Copy, Default)]
struct Runs {
    version: u32,
    hostile: bool,
    /// Nothing runs.
    stopped: bool,
    /// An adversary's component was put into it at some time.
    reached: bool,
    /// The version that an update server shows; 0 and below is none.
    believed: f64,
    since: f64,
    exposed: f64,
    unapproved: f64,
    mistaken: f64,
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
        let servers = setup.nodes.iter().flat_map(|node| &node.devices);
        let fields = servers.flat_map(|server| fields(server, setup)).collect();
        Self { newest, devices: held.filter_map(device).collect(), fields }
    }

    /// An update server, or another device, shows something else in a field.
    pub(super) fn shown(&mut self, field: (Name, Name), at: f64, value: f64) {
        let device = self.fields.get(&field).and_then(|device| self.devices.get_mut(device));
        if let Some(runs) = device {
            runs.pass(at, self.newest);
            runs.believed = value;
        }
    }

    /// From `at` on nothing runs in `device`.
    pub(super) fn stops(&mut self, device: Name, at: f64) {
        if let Some(runs) = self.devices.get_mut(&device) {
            runs.pass(at, self.newest);
            runs.stopped = true;
        }
    }

    /// This version runs in `device` from `at` on.
    pub(super) fn runs(&mut self, device: Name, at: f64, version: f64, hostile: bool) {
        if let Some(runs) = self.devices.get_mut(&device) {
            runs.pass(at, self.newest);
            (runs.version, runs.hostile, runs.stopped) = (version as u32, hostile, false);
            runs.reached |= hostile;
        }
    }

    pub(super) fn finish(mut self, out: &mut Outcome, setup: &Setup) {
        let horizon = setup.horizon.as_minutes();
        let mut sums = [0.0; PARTS.len()];
        for (name, runs) in &mut self.devices {
            runs.pass(horizon, self.newest);
            let device = setup.names.text(*name);
            let parts = [runs.unapproved, runs.mistaken, runs.exposed];
            for ((id, part), sum) in PARTS.iter().zip(parts).zip(&mut sums) {
                ratio(out, &format!("{id}.{device}"), part, horizon, "the run has no length");
                *sum += part;
            }
        }
        if self.devices.is_empty() {
            return;
        }
        let whole = horizon * self.devices.len() as f64;
        for (id, sum) in PARTS.iter().zip(sums) {
            ratio(out, id, sum, whole, "the run has no length");
        }
        let reached = self.devices.values().filter(|runs| runs.reached).count();
        out.metrics.insert("INT-4.reached".to_owned(), reached as f64);
    }
}

/// Shares of time, of each device and of all.
const PARTS: [&str; 3] = ["INT-4.unapproved", "INT-4.attested_wrong", "LIF-3.exposed"];

/// The fields by which an update server shows what devices run: its name and theirs, and the device.
fn fields<'s>(
    server: &'s DeviceSetup,
    setup: &'s Setup,
) -> impl Iterator<Item = ((Name, Name), Name)> + 's {
    server.manifest.attests.iter().filter_map(|(role, attested)| {
        let at = server.manifest.fields.iter().position(|field| *field == attested.field)?;
        let peer = server.peer(role)?;
        let unit = setup.device(peer)?.updates?.unit;
        let device = setup.nodes[peer.node as usize].devices.get(usize::from(unit))?;
        Some(((server.names.device, *server.names.fields.get(at)?), device.names.device))
    })
}

impl Runs {
    fn pass(&mut self, at: f64, newest: u32) {
        let passed = at - std::mem::replace(&mut self.since, at);
        let is_newer = self.believed > f64::from(self.version);
        let is_mistaken = self.hostile || self.stopped || is_newer;
        if self.believed > 0.0 && is_mistaken {
            self.mistaken += passed;
        }
        if self.stopped {
            return;
        }
        if self.hostile {
            self.unapproved += passed;
        } else if self.version < newest {
            self.exposed += passed;
        }
    }
}
