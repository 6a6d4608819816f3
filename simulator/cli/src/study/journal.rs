//! What an unfinished study has: every finished trial, written down when it finished.
//!
//! A line of JSON that says which study it is, then records: length, CRC-32, and the trial. A record
//! is appended with one call, so a process that is killed leaves at most its last one torn, and that
//! trial had not finished. Trials lie in the order in which they finished; no further apart than
//! [`CHUNK`](super::trials::CHUNK), so they are read back in their own order without keeping many.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cap_std::fs::File;

use super::trial::Trial;
use crate::problem::Problems;
use crate::write::Out;

mod header;
mod records;

pub(crate) use header::Header;
pub(crate) use records::read_from;
use records::{InOrder, damaged, read};

/// Its name in the study's directory.
pub(crate) const JOURNAL: &str = "study.journal";
/// Length and checksum before each record [bytes].
const HEAD: usize = 8;

/// A journal that is written to.
pub(crate) struct Journal {
    file: Mutex<File>,
    out: Out,
    header: Header,
    done: Done,
}

/// Which trials are finished: all before one, and some after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Done {
    before: u64,
    after: BTreeSet<u64>,
}

impl Done {
    pub(crate) fn has(&self, trial: u64) -> bool {
        trial < self.before || self.after.contains(&trial)
    }

    pub(crate) fn count(&self) -> u64 {
        self.before + self.after.len() as u64
    }

    fn add(&mut self, trial: u64) {
        self.after.insert(trial);
        while self.after.remove(&self.before) {
            self.before += 1;
        }
    }
}

impl Journal {
    /// Begins a journal in `out` with trial 0, which was run to know the header.
    pub(crate) fn begin(out: &Out, header: &Header, first: &Trial) -> Result<Self, Problems> {
        let mut line = serde_json::to_vec(header).unwrap_or_default();
        line.push(b'\n');
        out.write(JOURNAL, &line)?;
        let mut journal = Self::open(out, header, Done::default())?;
        journal.append(first).map_err(|error| out.problem(JOURNAL, &error))?;
        journal.done.add(first.number);
        Ok(journal)
    }

    /// Goes on with the journal in `out`, if it is of the same study; a torn end is cut off.
    pub(crate) fn go_on(out: &Out, header: &Header) -> Result<Self, Problems> {
        let (begun, mut records) = read(out)?;
        if let Some(difference) = header.differs(&begun) {
            let message = format!("`{}` holds another study: {difference}", out.path().display());
            let help = "a study goes on only as it was begun; choose another `--out`";
            return Err(Problems::one(message, help));
        }
        let (mut done, mut end) = (Done::default(), records.at);
        while let Some(trial) = records.next() {
            let number = trial?.number;
            if done.has(number) || number >= header.trials {
                return Err(damaged(&path(out), end));
            }
            done.add(number);
            end = records.at;
        }
        let journal = Self::open(out, header, done)?;
        journal.cut(end).map_err(|error| out.problem(JOURNAL, &error))?;
        Ok(journal)
    }

    fn open(out: &Out, header: &Header, done: Done) -> Result<Self, Problems> {
        let file = out.append(JOURNAL).map_err(|error| out.problem(JOURNAL, &error))?;
        Ok(Self { file: Mutex::new(file), out: out.clone(), header: header.clone(), done })
    }

    fn cut(&self, end: u64) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).set_len(end)
    }

    /// Which trials it had when it was opened.
    pub(crate) fn done(&self) -> &Done {
        &self.done
    }

    /// Writes a finished trial down; any thread may.
    pub(crate) fn append(&self, trial: &Trial) -> io::Result<()> {
        let record = record(trial);
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&record)
    }

    /// Waits until what was written is on the disk.
    pub(crate) fn settle(&self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).sync_data()
    }

    /// Every trial, in order; an error at the end if one is missing.
    pub(crate) fn trials(&self) -> Result<InOrder, Problems> {
        let (header, records) = read(&self.out)?;
        if header != self.header {
            return Err(damaged(&path(&self.out), 0));
        }
        Ok(InOrder::new(records, header.trials))
    }

    /// The study is finished: its results have all that the journal had.
    pub(crate) fn remove(self) -> Result<(), Problems> {
        self.out.remove(JOURNAL).map_err(|error| self.out.problem(JOURNAL, &error))
    }
}

/// A finished trial as it is written down.
pub(crate) fn record(trial: &Trial) -> Vec<u8> {
    let mut record = vec![0; HEAD];
    trial.encode(&mut record);
    let body = &record[HEAD..];
    let (len, sum) = (body.len() as u32, crc32fast::hash(body));
    record[..4].copy_from_slice(&len.to_le_bytes());
    record[4..HEAD].copy_from_slice(&sum.to_le_bytes());
    record
}

fn path(out: &Out) -> PathBuf {
    out.path().join(JOURNAL)
}

/// How many trials of how many the journal in `out` has, and of which scenario.
pub(crate) fn progress(out: &Out) -> Result<(String, u64, u64), Problems> {
    let (header, records) = read(out)?;
    let count = records.take_while(Result::is_ok).count();
    Ok((header.scenario, count as u64, header.trials))
}

#[cfg(test)]
mod tests;
