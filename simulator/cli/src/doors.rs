//! What this program reads from files that anybody may have written, as functions of bytes.
//!
//! They are for `simulator/fuzz`, which asks what holds of every input; the commands reach the same
//! code through their arguments. Nothing here opens a file.

use std::io::{Error, ErrorKind};
use std::path::Path;

use medtwin_engine::trace::{ENTRY_LEN, Entry};
use semver::Version;

use crate::bundle::{self, Bundle};
use crate::recorded::{Header, Recorded, tell};
use crate::{replay, sbom, study};

/// A trace that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    header: Header,
    /// What its entries are.
    pub entries: Vec<Entry>,
}

impl Trace {
    /// Reads a trace; none if `bytes` are none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let recorded = Recorded::of(bytes);
        let header = serde_json::from_slice(&recorded.line).ok()?;
        let (entries, []) = recorded.body.as_chunks::<ENTRY_LEN>() else { return None };
        let entries = entries.iter().map(Entry::decode).collect::<Option<_>>()?;
        Some(Self { header, entries })
    }

    /// The bytes that it is written as.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = self.header.line();
        self.entries.iter().for_each(|entry| bytes.extend(entry.encode()));
        bytes
    }

    /// Each entry as a line of JSON.
    pub fn tell(&self) -> Vec<String> {
        let numbered = self.entries.iter().enumerate();
        numbered.map(|(seq, entry)| tell(&self.header, seq, entry)).collect()
    }

    /// Where `recorded`, which may be anything, differs from this trace: what `replay` says.
    pub fn difference(&self, recorded: &[u8]) -> Option<String> {
        replay::difference(&Recorded::of(recorded), &self.header, &self.entries)
    }
}

/// Reads a `plan/`; `file` gives a file by its path below the run's directory. The files that were
/// taken, by path below `plan/`.
///
/// # Errors
/// Why it is refused.
pub fn plan(file: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<(String, Vec<u8>)>, String> {
    let read: &bundle::Read<'_> = &|path, most| {
        let found = file(path).ok_or_else(|| Error::from(ErrorKind::NotFound))?;
        let fits = found.len() as u64 <= most;
        fits.then_some(found).ok_or_else(|| Error::from(ErrorKind::InvalidData))
    };
    let (bundle, _) = Bundle::load_from(read).map_err(|problems| problems.to_string())?;
    Ok(bundle.files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect())
}

/// A study's journal, as far as it can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// Which trials it has, in the order in which they finished.
    pub trials: Vec<u64>,
    /// How far they reach [bytes].
    pub end: u64,
    /// The same trials as they would be written again, without the first line.
    pub written: Vec<u8>,
    /// What is behind them is no torn end.
    pub damaged: bool,
}

/// Reads the journal of a study.
///
/// # Errors
/// Why it is none.
pub fn study_journal(bytes: &[u8]) -> Result<Journal, String> {
    let read = study::read_from(bytes, bytes.len() as u64, Path::new("study.journal"));
    let (_, mut records) = read.map_err(|problems| problems.to_string())?;
    let mut journal = Journal { end: records.at, ..Journal::default() };
    while let Some(trial) = records.next() {
        let Ok(trial) = trial else {
            journal.damaged = true;
            break;
        };
        journal.trials.push(trial.number);
        journal.written.extend(study::record(&trial));
        journal.end = records.at;
    }
    Ok(journal)
}

/// What an OSV record says of one version of one crate: whether it is affected, and in which version
/// it is mended.
///
/// # Errors
/// Why it is no record.
pub fn advisory(
    bytes: &[u8],
    name: &str,
    version: &Version,
) -> Result<(bool, Option<Version>), String> {
    let record = sbom::Record::parse(bytes)?;
    Ok((record.affects(name, version), record.fixed_after(name, version)))
}

/// The crates, by name and version, that a component says it was built from.
///
/// # Errors
/// Why they are unknown.
pub fn dependencies(component: &[u8]) -> Result<Vec<(String, Version)>, String> {
    let list = sbom::libraries(component)?;
    Ok(list.libraries.into_iter().map(|library| (library.name, library.version)).collect())
}
