//! Reads a journal back, up to a torn end.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use cap_std::fs::File;

use super::super::trial::Trial;
use super::{HEAD, Header, JOURNAL, path};
use crate::problem::Problems;
use crate::write::Out;

/// The header of a journal, and its records from the first.
pub(super) fn read(out: &Out) -> Result<(Header, Records), Problems> {
    let path = &path(out);
    let open = || -> io::Result<(File, u64)> {
        let file = out.read(JOURNAL)?;
        let len = file.metadata()?.len();
        Ok((file, len))
    };
    let (file, len) = open().map_err(|error| unreadable(path, &error.to_string()))?;
    read_from(file, len, path)
}

/// The same of `len` bytes that lie anywhere; errors say that they are `path`.
pub(crate) fn read_from<R: Read>(
    file: R,
    len: u64,
    path: &Path,
) -> Result<(Header, Records<R>), Problems> {
    let (mut file, mut line) = (BufReader::new(file), Vec::new());
    let read = file.by_ref().take(1 << 20).read_until(b'\n', &mut line);
    read.map_err(|error| unreadable(path, &error.to_string()))?;
    let header: Header =
        serde_json::from_slice(&line).map_err(|error| unreadable(path, &error.to_string()))?;
    if header.schema != Header::SCHEMA {
        return Err(unreadable(path, &format!("its schema is `{}`", header.schema)));
    }
    let at = line.len() as u64;
    let shape = (header.arms.len(), header.columns.len());
    Ok((header, Records { file, path: path.to_owned(), at, len, shape }))
}

fn unreadable(path: &Path, why: &str) -> Problems {
    let help = "begin the study again in another directory";
    Problems::one(format!("cannot read `{}`: {why}", path.display()), help)
}

pub(super) fn damaged(path: &Path, at: u64) -> Problems {
    let help = "this is no torn end: the file was changed; begin the study again elsewhere";
    Problems::one(format!("`{}` is damaged at byte {at}", path.display()), help)
}

/// The records of a journal, in the order in which they were written, up to a torn end.
pub(crate) struct Records<R = File> {
    file: BufReader<R>,
    path: PathBuf,
    /// Where the next record begins.
    pub(crate) at: u64,
    len: u64,
    shape: (usize, usize),
}

impl<R: Read> Records<R> {
    /// The next record's bytes; none at the end, be it torn.
    fn bytes(&mut self) -> Option<Result<Vec<u8>, Problems>> {
        let rest = self.len - self.at;
        let mut head = [0; HEAD];
        if rest < HEAD as u64 || self.file.read_exact(&mut head).is_err() {
            return None;
        }
        let [l0, l1, l2, l3, s0, s1, s2, s3] = head;
        let (len, sum) = (u32::from_le_bytes([l0, l1, l2, l3]), [s0, s1, s2, s3]);
        let whole = Trial::len(self.shape);
        if len as usize != whole {
            // All records are of one length: another is no torn end.
            return (!self.is_blank(&head)).then(|| Err(damaged(&self.path, self.at)));
        }
        let end = self.at + (HEAD + whole) as u64;
        let mut body = vec![0; whole];
        if end > self.len || self.file.read_exact(&mut body).is_err() {
            return None;
        }
        if crc32fast::hash(&body) != u32::from_le_bytes(sum) {
            // A machine that lost its power may have kept the length of its last record alone.
            return (end != self.len).then(|| Err(damaged(&self.path, self.at)));
        }
        self.at = end;
        Some(Ok(body))
    }

    /// Whether nothing but zeros follows, as a machine that lost its power may leave.
    fn is_blank(&mut self, head: &[u8]) -> bool {
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        let mut buffer = [0; 4096];
        let mut blank = is_zero(head);
        while blank {
            match self.file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => blank = is_zero(&buffer[..read]),
                Err(_) => blank = false,
            }
        }
        blank
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Trial, Problems>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let body = self.bytes()?;
        let decode =
            |body: Vec<u8>| Trial::decode(&body, self.shape).ok_or_else(|| damaged(&self.path, at));
        Some(body.and_then(decode))
    }
}

/// The trials of a journal in their own order.
pub(crate) struct InOrder {
    records: Records,
    waiting: BTreeMap<u64, Trial>,
    next: u64,
    trials: u64,
}

impl InOrder {
    pub(super) fn new(records: Records, trials: u64) -> Self {
        Self { records, waiting: BTreeMap::new(), next: 0, trials }
    }

    /// Nothing more is there: every trial must have come.
    fn over(&mut self) -> Option<Result<Trial, Problems>> {
        let missing = std::mem::replace(&mut self.trials, self.next) != self.next;
        (missing || !std::mem::take(&mut self.waiting).is_empty())
            .then(|| Err(damaged(&self.records.path, self.records.at)))
    }
}

impl Iterator for InOrder {
    type Item = Result<Trial, Problems>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(trial) = self.waiting.remove(&self.next) {
                self.next += 1;
                return Some(Ok(trial));
            }
            let Some(record) = self.records.next() else { return self.over() };
            match record {
                Ok(trial) => drop(self.waiting.insert(trial.number, trial)),
                Err(problems) => return Some(Err(problems)),
            }
        }
    }
}
