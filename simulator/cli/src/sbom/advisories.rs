//! A directory of OSV records.
//!
//! It may come from anywhere: links are not followed, and depth, number and size are bounded. A file that
//! cannot be read is an error, not skipped: what it says of a device would be missing without a word.

use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::osv::Record;
use super::print::plain;
use crate::library;
use crate::problem::Problems;

/// The largest record that is read [bytes].
const MAX_RECORD_BYTES: u64 = 4 << 20;
const MAX_RECORDS: usize = 100_000;
const MAX_DEPTH: usize = 16;
/// The most mistakes that are told at once.
const MAX_TOLD: usize = 20;

const HELP: &str = "every .json below the directory is an OSV record (ossf.github.io/osv-schema) of at most 4 MiB; take others out";

/// The records of a directory.
pub(super) struct Advisories {
    /// By id; none that was withdrawn.
    pub(super) records: Vec<Record>,
    /// How many were withdrawn.
    pub(super) withdrawn: usize,
}

impl Advisories {
    /// Reads every record below a directory; every mistake at once.
    pub(super) fn read(path: &Path) -> Result<Self, Problems> {
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| {
            let message = format!("cannot read the directory `{}`: {error}", path.display());
            Problems::one(message, "give a directory with OSV records")
        })?;
        let mut walk = Walk { root: path, records: Vec::new(), problems: Problems::default() };
        walk.enter(&dir, Path::new(""), 0);
        walk.finish()
    }
}

struct Walk<'a> {
    root: &'a Path,
    records: Vec<Record>,
    problems: Problems,
}

impl Walk<'_> {
    fn enter(&mut self, dir: &Dir, below: &Path, depth: usize) {
        if depth > MAX_DEPTH {
            return self.refuse(below, &format!("lies more than {MAX_DEPTH} directories deep"));
        }
        let names = dir.entries().and_then(|all| {
            all.map(|entry| entry.map(|entry| PathBuf::from(entry.file_name()))).collect()
        });
        let mut names: Vec<PathBuf> = match names {
            Ok(names) => names,
            Err(error) => return self.refuse(below, &format!("cannot be read: {error}")),
        };
        names.sort_unstable();
        names.iter().for_each(|name| self.visit(dir, name, &below.join(name), depth));
    }

    fn visit(&mut self, dir: &Dir, name: &Path, below: &Path, depth: usize) {
        let is_record = name.extension().is_some_and(|extension| extension == "json");
        match dir.symlink_metadata(name) {
            Err(error) => self.refuse(below, &format!("cannot be read: {error}")),
            Ok(meta) if meta.is_symlink() => self.refuse(below, "is a link, which is not followed"),
            Ok(meta) if meta.is_dir() => match dir.open_dir(name) {
                Ok(dir) => self.enter(&dir, below, depth + 1),
                Err(error) => self.refuse(below, &format!("cannot be read: {error}")),
            },
            Ok(_) if is_record => self.record(dir, name, below),
            Ok(_) => {}
        }
    }

    fn record(&mut self, dir: &Dir, name: &Path, below: &Path) {
        if self.records.len() == MAX_RECORDS {
            return self.refuse(below, &format!("is beyond {MAX_RECORDS} records"));
        }
        let read = name.to_str().ok_or_else(|| "has a name that is no text".to_owned());
        let read = read.and_then(|name| {
            library::read(dir, name, MAX_RECORD_BYTES)
                .map_err(|error| format!("cannot be read: {error}"))
        });
        let parse = |bytes: Vec<u8>| {
            Record::parse(&bytes).map_err(|why| format!("is no OSV record: {why}"))
        };
        match read.and_then(parse) {
            Ok(record) => self.records.push(record),
            Err(why) => self.refuse(below, &why),
        }
    }

    fn refuse(&mut self, below: &Path, why: &str) {
        if self.problems.0.len() < MAX_TOLD {
            let file = self.root.join(below).display().to_string();
            let message = format!("`{}` {}", plain(&file), plain(why));
            self.problems.0.extend(Problems::one(message, HELP).0);
        }
    }

    fn finish(mut self) -> Result<Advisories, Problems> {
        if !self.problems.0.is_empty() {
            return Err(self.problems);
        }
        if self.records.is_empty() {
            let message = format!("there is no OSV record below `{}`", self.root.display());
            return Err(Problems::one(message, HELP));
        }
        let all = self.records.len();
        self.records.retain(|record| record.withdrawn.is_none());
        self.records.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Advisories { withdrawn: all - self.records.len(), records: self.records })
    }
}
