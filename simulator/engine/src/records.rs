//! Where the records of a device lie: in memory, or wherever a run is told to keep them.
//!
//! The engine opens no file. [`Records`] is the least that keeping bytes under a name takes; decisions,
//! quota and protection at rest lie above it, so that they are the same wherever records lie.
//!
//! What surprises: no method can fail. A run whose store lost something is no run of its plan, and no
//! device could make it one. Such a store keeps the reason, and whoever opened it asks for it
//! afterwards and shows no result.

use std::collections::BTreeMap;

/// Keeps bytes by name, for one device.
pub trait Records: Send + Sync {
    /// What lies under `name`.
    fn get(&self, name: &str) -> Option<Vec<u8>>;
    /// Puts `record` under `name`, in the place of what lay there.
    fn put(&mut self, name: &str, record: &[u8]);
    /// Nothing lies under `name` any more.
    fn delete(&mut self, name: &str);
}

/// Gives each device its store, by the device's name. A store begins empty.
pub type Opens<'a> = dyn Fn(&str) -> Box<dyn Records> + 'a;

/// Records in memory: they end with the run.
#[derive(Clone, Debug, Default)]
pub struct Memory(BTreeMap<String, Vec<u8>>);

impl Records for Memory {
    fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.0.get(name).cloned()
    }

    fn put(&mut self, name: &str, record: &[u8]) {
        self.0.insert(name.to_owned(), record.to_vec());
    }

    fn delete(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// A store in memory for any device.
pub fn in_memory(_device: &str) -> Box<dyn Records> {
    Box::new(Memory::default())
}
