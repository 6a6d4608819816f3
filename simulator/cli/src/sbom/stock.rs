//! The devices of a scenario, and the firmware that each runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::manifest::Manifest;
use sha2::{Digest as _, Sha256};

use super::list::{self, Library, List};
use crate::case::Case;
use crate::result::hex;

/// What the devices of a scenario are made of.
pub(super) struct Stock {
    /// In the order of the plan.
    pub(super) devices: Vec<Device>,
    /// Each once, by its reference.
    pub(super) firmware: BTreeMap<String, Firmware>,
}

/// A device.
pub(super) struct Device {
    pub(super) name: String,
    pub(super) manifest: Arc<Manifest>,
    /// The reference of what it runs.
    pub(super) runs: String,
}

/// A component that devices run.
pub(super) struct Firmware {
    pub(super) manifest: Arc<Manifest>,
    pub(super) sha256: String,
    /// Whether it is the model's own; who made another is not known.
    pub(super) is_own: bool,
    /// Or why that is not known.
    pub(super) list: Result<List, String>,
}

impl Stock {
    pub(super) fn of(case: &Case) -> Self {
        let (mut devices, mut firmware) = (Vec::new(), BTreeMap::new());
        for setup in case.resolved.setup.nodes.iter().flat_map(|node| &node.devices) {
            let found = Firmware::of(case, &setup.text, &setup.manifest);
            let runs = format!("firmware/{}/{}", setup.manifest.name, found.sha256);
            let (name, manifest) = (setup.text.clone(), Arc::clone(&setup.manifest));
            devices.push(Device { name, manifest, runs: runs.clone() });
            firmware.insert(runs, found);
        }
        Self { devices, firmware }
    }

    /// What a device runs.
    pub(super) fn run_by(&self, device: &Device) -> &Firmware {
        &self.firmware[&device.runs]
    }
}

impl Device {
    /// How the document refers to it.
    pub(super) fn reference(&self) -> String {
        format!("device/{}", self.name)
    }
}

impl Firmware {
    fn of(case: &Case, device: &str, manifest: &Arc<Manifest>) -> Self {
        let own = case.bundle.bytes(&format!("models/{}/component.wasm", manifest.name));
        let own = own.unwrap_or_default();
        let runs = case.bundle.bytes(&format!("replacements/{device}.wasm")).unwrap_or(own);
        Self {
            manifest: Arc::clone(manifest),
            sha256: hex(&Sha256::digest(runs)),
            is_own: runs == own,
            list: list::read(runs),
        }
    }

    pub(super) fn libraries(&self) -> &[Library] {
        self.list.as_ref().map_or(&[], |list| &list.libraries)
    }
}

impl Library {
    /// How the document refers to this library of a firmware: lists of two components are two claims.
    pub(super) fn reference(&self, firmware: &str) -> String {
        format!("{firmware}/{}/{}@{}", self.source, self.name, self.version)
    }
}
