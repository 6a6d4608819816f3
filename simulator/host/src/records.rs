//! Records of one device as files: what outlives the process.
//!
//! A device's store holds one directory, which no path and no symbolic link leaves, and nothing else of
//! the file system. Names of records are a guest's words: a file is called by their SHA-256, so that
//! `../x`, a name of 10 KB and two that differ in case are files like any other. A file is
//!
//! ```text
//! length of the name u32, little-endian | name | record
//! ```
//!
//! It is written under another name and renamed, so that a process that is killed leaves it whole or not
//! at all; after a fault of the machine nothing is promised.
//!
//! What surprises: a store knows the digest of what it wrote. A file that somebody changed while the run
//! went on is a failure of the store and never another run.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::sync::{Arc, OnceLock};

use cap_std::fs::{Dir, OpenOptions};
use medtwin_engine::records::Records;
use sha2::{Digest as _, Sha256};

/// The first failure of any store that shares this. A run whose stores have one counts for nothing.
#[derive(Clone, Debug, Default)]
pub struct Failures(Arc<OnceLock<String>>);

impl Failures {
    /// What failed first, in words.
    pub fn first(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Notes that something failed.
    pub fn note(&self, what: impl std::fmt::Display) {
        let _ = self.0.set(what.to_string()); // a later one follows from the first
    }

    fn or_note<T: Default>(&self, what: &str, done: io::Result<T>) -> T {
        done.unwrap_or_else(|error| {
            self.note(format_args!("cannot {what} a record: {error}"));
            T::default()
        })
    }
}

/// The records of one device in a directory of its own.
pub struct Files {
    dir: Dir,
    /// By name: how long the file is, and its SHA-256.
    written: BTreeMap<String, (u64, [u8; 32])>,
    failures: Failures,
}

impl Files {
    /// An empty store in `dir`, which must be empty.
    pub fn new(dir: Dir, failures: Failures) -> Self {
        Self { dir, written: BTreeMap::new(), failures }
    }

    fn read(&self, name: &str, (len, digest): &(u64, [u8; 32])) -> io::Result<Option<Vec<u8>>> {
        let changed = || io::Error::other("somebody else changed it");
        let meta = self.dir.metadata(file(name))?;
        if !meta.is_file() || meta.len() != *len {
            return Err(changed());
        }
        let mut whole = Vec::new();
        self.dir.open(file(name))?.take(*len).read_to_end(&mut whole)?;
        if Sha256::digest(&whole)[..] != *digest {
            return Err(changed());
        }
        Ok(Some(whole.split_off(head(name).len())))
    }

    fn write(&self, name: &str, whole: &[u8]) -> io::Result<()> {
        let (part, file) = (format!("{}.part", file(name)), file(name));
        let mut new = OpenOptions::new();
        new.write(true).create_new(true);
        let written = self.dir.open_with(&part, &new).and_then(|mut part| part.write_all(whole));
        written.and_then(|()| self.dir.rename(&part, &self.dir, file))
    }
}

impl Records for Files {
    fn get(&self, name: &str) -> Option<Vec<u8>> {
        let expected = self.written.get(name)?;
        self.failures.or_note("read", self.read(name, expected))
    }

    fn put(&mut self, name: &str, record: &[u8]) {
        let whole = [&head(name), record].concat();
        self.failures.or_note("write", self.write(name, &whole));
        let known = (whole.len() as u64, Sha256::digest(&whole).into());
        self.written.insert(name.to_owned(), known);
    }

    fn delete(&mut self, name: &str) {
        if self.written.remove(name).is_some() {
            self.failures.or_note("delete", self.dir.remove_file(file(name)));
        }
    }
}

/// What a file begins with.
fn head(name: &str) -> Vec<u8> {
    [&(name.len() as u32).to_le_bytes(), name.as_bytes()].concat()
}

/// What the file of a record is called.
fn file(name: &str) -> String {
    Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect()
}
