//! What an unfinished study has: every finished trial, written down when it finished.
//!
//! A line of JSON that says which study it is, then records: length, CRC-32, and the trial. A record
//! is appended with one call, so a process that is killed leaves at most its last one torn, and that
//! trial had not finished. Trials lie in the order in which they finished; no further apart than
//! [`CHUNK`](super::trials::CHUNK), so they are read back in their own order without keeping many.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::trial::Trial;
use crate::problem::Problems;
use crate::write::{problem, write};

/// Its name in the study's directory.
pub(crate) const JOURNAL: &str = "study.journal";
const SCHEMA: &str = "medtwin.journal/1";
/// Length and checksum before each record [bytes].
const HEAD: usize = 8;
/// No record is longer [bytes]: what says so is damaged.
const MAX_RECORD: u32 = 64 << 20;

/// Which study a journal is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) schema: String,
    pub(crate) scenario: String,
    /// Of everything that its runs are made from.
    pub(crate) plan_sha256: String,
    pub(crate) engine: String,
    pub(crate) seed: u64,
    pub(crate) trials: u64,
    pub(crate) arms: Vec<String>,
    /// Metrics, in the order of a trial's values.
    pub(crate) columns: Vec<String>,
    /// The fingerprint of each arm of trial 0: what this build makes of the plan.
    pub(crate) first_trial: Vec<String>,
}

impl Header {
    pub(crate) const SCHEMA: &'static str = SCHEMA;

    /// What keeps a study that was begun as `begun` from going on as this one.
    fn differs(&self, begun: &Self) -> Option<String> {
        let both = [
            ("format", &begun.schema, &self.schema),
            ("scenario", &begun.scenario, &self.scenario),
            ("plan (scenario, site, packs or components)", &begun.plan_sha256, &self.plan_sha256),
            ("engine", &begun.engine, &self.engine),
        ];
        let word = both.iter().find(|(_, then, now)| then != now);
        let word = word.map(|(what, then, now)| format!("its {what} was {then} and is {now}"));
        let number = |what: &str, then: u64, now: u64| {
            (then != now).then(|| format!("it was begun with {what} {then}, not {now}"))
        };
        let rest = || {
            let is_same = begun.arms == self.arms
                && begun.columns == self.columns
                && begun.first_trial == self.first_trial;
            (!is_same).then(|| "trial 0 comes out otherwise with this build".to_owned())
        };
        word.or_else(|| number("--seed", begun.seed, self.seed))
            .or_else(|| number("--trials", begun.trials, self.trials))
            .or_else(rest)
    }
}

/// A journal that is written to.
pub(crate) struct Journal {
    file: Mutex<File>,
    path: PathBuf,
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
    pub(crate) fn begin(out: &Path, header: &Header, first: &Trial) -> Result<Self, Problems> {
        let path = out.join(JOURNAL);
        let mut line = serde_json::to_vec(header).unwrap_or_default();
        line.push(b'\n');
        write(&path, &line)?;
        let mut journal = Self::open(path, Done::default())?;
        journal.append(first).map_err(|error| problem(&journal.path, &error))?;
        journal.done.add(first.number);
        Ok(journal)
    }

    /// Goes on with the journal in `out`, if it is of the same study; a torn end is cut off.
    pub(crate) fn go_on(out: &Path, header: &Header) -> Result<Self, Problems> {
        let path = out.join(JOURNAL);
        let (begun, mut records) = read(&path)?;
        if let Some(difference) = header.differs(&begun) {
            let message = format!("`{}` holds another study: {difference}", out.display());
            let help = "a study goes on only as it was begun; choose another `--out`";
            return Err(Problems::one(message, help));
        }
        let (mut done, mut end) = (Done::default(), records.at);
        while let Some(trial) = records.next() {
            let number = trial?.number;
            if done.has(number) || number >= header.trials {
                return Err(damaged(&path, end));
            }
            done.add(number);
            end = records.at;
        }
        let journal = Self::open(path, done)?;
        journal.cut(end).map_err(|error| problem(&journal.path, &error))?;
        Ok(journal)
    }

    fn open(path: PathBuf, done: Done) -> Result<Self, Problems> {
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.map_err(|error| problem(&path, &error))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let help = "wait for it, or choose another `--out`";
            let dir = path.parent().unwrap_or(&path).display();
            return Err(Problems::one(format!("a study is running in `{dir}`"), help));
        }
        Ok(Self { file: Mutex::new(file), path, done })
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
        let mut record = vec![0; HEAD];
        trial.encode(&mut record);
        let body = &record[HEAD..];
        let (len, sum) = (body.len() as u32, crc32fast::hash(body));
        record[..4].copy_from_slice(&len.to_le_bytes());
        record[4..HEAD].copy_from_slice(&sum.to_le_bytes());
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&record)
    }

    /// Waits until what was written is on the disk.
    pub(crate) fn settle(&self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).sync_data()
    }

    /// Every trial, in order.
    pub(crate) fn trials(&self) -> Result<InOrder, Problems> {
        Ok(InOrder { records: read(&self.path)?.1, waiting: BTreeMap::new(), next: 0 })
    }

    /// The study is finished: its results have all that the journal had.
    pub(crate) fn remove(self) -> Result<(), Problems> {
        std::fs::remove_file(&self.path).map_err(|error| problem(&self.path, &error))
    }
}

/// How many trials of how many the journal in `out` has, and of which scenario.
pub(crate) fn progress(out: &Path) -> Result<(String, u64, u64), Problems> {
    let (header, records) = read(&out.join(JOURNAL))?;
    let count = records.take_while(Result::is_ok).count();
    Ok((header.scenario, count as u64, header.trials))
}

fn read(path: &Path) -> Result<(Header, Records), Problems> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let len = file.metadata().map_err(|error| unreadable(path, &error.to_string()))?.len();
    let (mut file, mut line) = (BufReader::new(file), Vec::new());
    let read = file.by_ref().take(1 << 20).read_until(b'\n', &mut line);
    read.map_err(|error| unreadable(path, &error.to_string()))?;
    let header: Header =
        serde_json::from_slice(&line).map_err(|error| unreadable(path, &error.to_string()))?;
    if header.schema != SCHEMA {
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

fn damaged(path: &Path, at: u64) -> Problems {
    let help = "this is no torn end: the file was changed; begin the study again elsewhere";
    Problems::one(format!("`{}` is damaged at byte {at}", path.display()), help)
}

/// The records of a journal, in the order in which they were written, up to a torn end.
struct Records {
    file: BufReader<File>,
    path: PathBuf,
    /// Where the next record begins.
    at: u64,
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

#[cfg(test)]
mod tests;
