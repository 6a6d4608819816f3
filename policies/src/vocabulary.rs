//! Names that a pack may use: those that some device has.
//!
//! A `forbid` about a peer that no device has forbids nothing, and nobody would be told. A pack
//! serves many scenarios, so a name counts as known when any model of the library or of the scenario
//! has it; the name of a single device is known in the scenario alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::error::PackError;

/// Names, by the Cedar type that they are written with: `Peer`, `Sensor`, `Model`, …
#[derive(Clone, Debug)]
pub struct Vocabulary(BTreeMap<&'static str, BTreeSet<String>>);

/// A name in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) file: &'static str,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) at: Range<usize>,
}

impl Default for Vocabulary {
    /// What every device has: the channels `panel` and `none`, its own store and slot, itself.
    fn default() -> Self {
        let mut own = Self(BTreeMap::new());
        own.add("Channel", ["panel", "none"]);
        own.add("Store", ["own"]);
        own.add("Slot", ["own"]);
        own.add("Self", ["device"]);
        own
    }
}

impl Vocabulary {
    /// Adds names of a type. A type without any is not checked.
    pub fn add<'a>(&mut self, kind: &'static str, names: impl IntoIterator<Item = &'a str>) {
        self.0.entry(kind).or_default().extend(names.into_iter().map(str::to_owned));
    }

    /// The names of `named` that are not known, each with what there is instead.
    pub(crate) fn strangers(&self, named: &[Named]) -> Vec<PackError> {
        let stranger = |named: &Named| {
            let known = self.0.get(named.kind.as_str())?;
            if known.contains(&named.id) {
                return None;
            }
            let message = format!("no device has {}::\"{}\"", named.kind, named.id);
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let help = format!("the known names are: {}", known.join(", "));
            Some(PackError::new(named.file, named.at.clone(), message, help))
        };
        named.iter().filter_map(stranger).collect()
    }
}
