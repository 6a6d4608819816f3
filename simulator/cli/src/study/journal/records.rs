//! Reads a journal back, up to a torn end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::super::trial::Trial;
use super::{HEAD, Header};
use crate::problem::Problems;

/// No record is longer [bytes]: what says so is damaged.
const MAX_RECORD: u32 = 64 << 20;

/// The header of a journal, and its records from the first.
pub(super) fn read(path: &Path) -> Result<(Header, Records), Problems> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let len = file.metadata().map_err(|error| unreadable(path, &error.to_string()))?.len();
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
pub(super) struct Records {
    file: BufReader<File>,
    path: PathBuf,
    /// Where the next record begins.
    pub(super) at: u64,
    len: u64,
    shape: (usize, usize),
}

impl Records {
    /// The next record's bytes; none at the end, be it torn.
    fn bytes(&mut self) -> Option<Result<Vec<u8>, Problems>> {
        let rest = self.len - self.at;
        let mut head = [0; HEAD];
        if rest < HEAD as u64 || self.file.read_exact(&mut head).is_err() {
            return None;
        }
        let [l0, l1, l2, l3, s0, s1, s2, s3] = head;
        let (len, sum) = (u32::from_le_bytes([l0, l1, l2, l3]), [s0, s1, s2, s3]);
        if u64::from(len) > rest - HEAD as u64 {
            return (len > MAX_RECORD).then(|| Err(damaged(&self.path, self.at)));
        }
        let mut body = vec![0; len as usize];
        if self.file.read_exact(&mut body).is_err() {
            return None;
        }
        let end = self.at + HEAD as u64 + u64::from(len);
        let is_whole = len > 0 && crc32fast::hash(&body) == u32::from_le_bytes(sum);
        if !is_whole && (end == self.len || self.is_blank_from_here(&head, &body)) {
            return None;
        }
        if !is_whole {
            return Some(Err(damaged(&self.path, self.at)));
        }
        self.at = end;
        Some(Ok(body))
    }

    /// Whether nothing but zeros follows, as a machine that lost its power may leave.
    fn is_blank_from_here(&mut self, head: &[u8], body: &[u8]) -> bool {
        let mut rest = Vec::new();
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        let seen = is_zero(head) && is_zero(body);
        let read = self.file.by_ref().take(u64::from(MAX_RECORD)).read_to_end(&mut rest);
        let back = self.file.seek(SeekFrom::Start(self.at));
        seen && read.is_ok() && back.is_ok() && is_zero(&rest)
    }
}

impl Iterator for Records {
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
}

impl InOrder {
    pub(super) fn new(records: Records) -> Self {
        Self { records, waiting: BTreeMap::new(), next: 0 }
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
            match self.records.next()? {
                Ok(trial) => drop(self.waiting.insert(trial.number, trial)),
                Err(problems) => return Some(Err(problems)),
            }
        }
    }
}
