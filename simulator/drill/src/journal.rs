//! What must survive a kill: the inputs of a drill, on disk before the world takes them.
//!
//! `inputs.jsonl` begins with a header that says which exercise it is. Then come, in order of
//! simulated time, one line for each input, for each stop and its end, and about once a second of
//! life the time reached. Whatever is asked for is acknowledged only after its line is on disk, so a
//! last line that is torn was acknowledged to nobody and is dropped.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use medtwin_engine::input::Input;
use medtwin_engine::plan::Setup;
use serde::{Deserialize, Serialize};

use crate::error::DrillError;
use crate::exercise::Exercise;
use crate::seat::Seat;

mod past;

pub(crate) use past::{MAX_INPUTS, Past};

/// The name of the file.
pub(crate) const FILE: &str = "inputs.jsonl";
const SCHEMA: &str = "medtwin.drill/1";
/// The longest journal that is read [bytes]: weeks of a drill.
const MAX_BYTES: u64 = 64 << 20;

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    schema: String,
    engine: String,
    scenario: String,
    arm: String,
    seed: u64,
    trial: u64,
    plan_sha256: String,
}

/// An input, with who gave it and the name that a repeated request has in common with the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) key: String,
    pub(crate) by: Seat,
    #[serde(flatten)]
    pub(crate) input: Input,
}

/// A line that is no input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Mark {
    /// How far the world was.
    ReachedNs(u64),
    /// Somebody stopped the exercise.
    Stopped { at_ns: u64, by: Seat },
    /// The instructor went on.
    LiftedNs(u64),
    /// People's time ended.
    EndedNs(u64),
}

/// The open file; it is locked as long as it is held.
#[derive(Debug)]
pub(crate) struct Journal(File);

impl Header {
    pub(crate) fn of(exercise: &Exercise) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: exercise.scenario.clone(),
            arm: exercise.arm.clone(),
            seed: exercise.plan.seed.seed,
            trial: exercise.plan.seed.trial,
            plan_sha256: exercise.plan_sha256.clone(),
        }
    }

    /// The fields, for comparison: name and value.
    fn fields(&self) -> [(&'static str, String); 7] {
        [
            ("schema", self.schema.clone()),
            ("engine", self.engine.clone()),
            ("scenario", self.scenario.clone()),
            ("arm", self.arm.clone()),
            ("seed", self.seed.to_string()),
            ("trial", self.trial.to_string()),
            ("plan", self.plan_sha256.clone()),
        ]
    }

    /// Whether `text` is the beginning of its line: a drill that was killed at once.
    fn begins_with(&self, text: &[u8]) -> bool {
        serde_json::to_vec(self).is_ok_and(|line| line.starts_with(text))
    }

    /// Whether `found` is of the same exercise.
    fn check(&self, found: &Self, path: &Path) -> Result<(), DrillError> {
        let pairs = self.fields().into_iter().zip(found.fields());
        let differs = pairs.into_iter().find(|(wanted, found)| wanted != found);
        differs.map_or(Ok(()), |((field, wanted), (_, found))| {
            Err(DrillError::AnotherDrill { path: path.to_owned(), field, found, wanted })
        })
    }
}

impl Journal {
    /// Opens the journal in `state`, new or as it was left.
    pub(crate) fn open(
        state: &Path,
        header: &Header,
        setup: &Setup,
    ) -> Result<(Self, Past), DrillError> {
        let unusable = |source| DrillError::State { path: state.to_owned(), source };
        let path = state.join(FILE);
        let (file, mut text) = read(state, &path)?;
        let past = past(&mut text, header, setup, &path)?;
        let mut journal = Self(file);
        journal.cut(text.len() as u64).map_err(unusable)?;
        if text.last().is_some_and(|byte| *byte != b'\n') {
            journal.0.write_all(b"\n").map_err(unusable)?;
        }
        if text.is_empty() {
            journal.append(header).map_err(unusable)?;
            File::open(state).and_then(|dir| dir.sync_all()).map_err(unusable)?;
        }
        Ok((journal, past))
    }

    fn cut(&mut self, at: u64) -> std::io::Result<()> {
        self.0.set_len(at)?;
        self.0.seek(SeekFrom::Start(at)).map(drop)
    }

    /// Writes a line; it is on disk when this returns. A line that cannot be kept leaves nothing:
    /// half of one would make the next unreadable, and who is told that it was not kept must be able
    /// to trust it.
    fn append(&mut self, line: &impl Serialize) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let start = self.0.stream_position()?;
        let kept = self.0.write_all(&text).and_then(|()| self.0.sync_data());
        if kept.is_err() {
            let _ = self.cut(start);
        }
        kept
    }

    /// Keeps an input.
    pub(crate) fn give(&mut self, given: &Given) -> std::io::Result<()> {
        self.append(given)
    }

    /// Keeps what is no input.
    pub(crate) fn mark(&mut self, mark: Mark) -> std::io::Result<()> {
        self.append(&mark)
    }
}

/// What the text of a journal says; a torn last line is cut off.
pub(crate) fn past(
    text: &mut Vec<u8>,
    header: &Header,
    setup: &Setup,
    path: &Path,
) -> Result<Past, DrillError> {
    let torn = torn(text);
    if torn == 0 && !text.is_empty() && !header.begins_with(text) {
        let why = "it is no header of a drill".to_owned();
        return Err(DrillError::Journal { path: path.to_owned(), line: 1, why });
    }
    if torn < text.len() {
        tracing::warn!(journal = %path.display(), bytes = text.len() - torn, "dropped a torn last line");
    }
    text.truncate(torn);
    Past::read(text, header, setup, path)
}

/// Where a torn last line begins: the length of the text if its last line is whole.
fn torn(text: &[u8]) -> usize {
    let begins = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(&text[begins..]).is_ok();
    if is_whole { text.len() } else { begins }
}

fn read(state: &Path, path: &PathBuf) -> Result<(File, Vec<u8>), DrillError> {
    let unusable = |source| DrillError::State { path: state.to_owned(), source };
    std::fs::create_dir_all(state).map_err(unusable)?;
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = open.map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DrillError::Held { path: state.to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    let mut text = Vec::new();
    (&mut file).take(MAX_BYTES + 1).read_to_end(&mut text).map_err(unusable)?;
    if text.len() as u64 > MAX_BYTES {
        let why = "the file is larger than 64 MiB".to_owned();
        return Err(DrillError::Journal { path: path.clone(), line: 1, why });
    }
    Ok((file, text))
}
