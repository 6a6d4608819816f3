//! Traces as files: a line of JSON that names things, then the entries, 48 bytes each.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use medtwin_engine::plan::Setup;
use medtwin_engine::resolve::RuleInfo;
use medtwin_engine::trace::{Entry, Kind, NO_RULE, NO_STEP, Name, Origin, Outcome, Sink};
use serde::{Deserialize, Serialize};

use crate::arms::ArmName;
use crate::library;
use crate::problem::Problems;
use crate::write::{Out, Pending};

/// The longest trace that is read back [bytes].
const MAX_TRACE_BYTES: u64 = 4 << 30;

/// The first line of a trace: what the numbers in its entries stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    schema: String,
    arm: String,
    names: Vec<String>,
    entities: Vec<String>,
    rules: Vec<String>,
    steps: Vec<String>,
}

impl Header {
    pub(crate) fn of(arm: &ArmName, rules: &[RuleInfo], setup: &Setup, steps: &[String]) -> Self {
        let entity =
            |node: &medtwin_engine::plan::NodeSetup| setup.names.text(node.name).to_owned();
        Self {
            schema: "medtwin.trace/1".to_owned(),
            arm: arm.to_string(),
            names: setup.names.list().to_vec(),
            entities: setup.nodes.iter().map(entity).collect(),
            rules: rules.iter().map(|rule| rule.id.clone()).collect(),
            steps: steps.to_vec(),
        }
    }

    pub(crate) fn arm(&self) -> &str {
        &self.arm
    }

    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

/// Where the trace of an arm lies below a run's directory.
pub(crate) fn path(arm: &ArmName) -> PathBuf {
    Path::new("traces").join(format!("{}.trace", arm.to_string().replace('/', ".")))
}

/// Writes entries as they happen.
pub(crate) struct Recorder {
    out: Out,
    path: PathBuf,
    file: io::Result<Pending>,
}

impl Recorder {
    /// Begins the trace of `arm` below `out`.
    pub(crate) fn create(out: &Out, arm: &ArmName, header: &Header) -> Self {
        let path = path(arm);
        let file = out.begin(&path).and_then(|mut file| {
            file.write_all(&header.line())?;
            Ok(file)
        });
        Self { out: out.clone(), path, file }
    }

    /// Gives the file its name; says what went wrong, if anything did on the way.
    pub(crate) fn finish(self) -> Result<(), Problems> {
        let finished = self.file.and_then(Pending::finish);
        finished.map_err(|error| self.out.problem(&self.path, &error))
    }
}

impl Sink for Recorder {
    fn take(&mut self, entry: &Entry) {
        if let Ok(file) = &mut self.file
            && let Err(error) = file.write_all(&entry.encode())
        {
            self.file = Err(error);
        }
    }
}

/// A trace that was read back: its first line, and the bytes of its entries.
pub(crate) struct Recorded {
    pub(crate) line: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Recorded {
    pub(crate) fn read(dir: &Dir, arm: &ArmName) -> Result<Self, Problems> {
        let path = path(arm);
        let name = path.display().to_string();
        let bytes = library::read(dir, &name, MAX_TRACE_BYTES).map_err(|error| {
            let help = "the run may have been broken off: run it again with the same `--out`";
            Problems::one(format!("cannot read `{name}`: {error}"), help)
        })?;
        Ok(Self::of(&bytes))
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        let end = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (line, body) = bytes.split_at(end);
        Self { line: line.to_vec(), body: body.to_vec() }
    }
}

/// An entry in words.
#[derive(Serialize)]
struct Told<'a> {
    seq: usize,
    t_s: f64,
    kind: Kind,
    entity: &'a str,
    subject: &'a str,
    verb: &'a str,
    object: &'a str,
    value: f64,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    cause: u64,
}

/// An entry as a line of JSON.
pub(crate) fn tell(header: &Header, seq: usize, entry: &Entry) -> String {
    let name = |name: Name| header.names.get(name.0 as usize).map_or("?", String::as_str);
    let of = |list: &[String], at: u16| list.get(usize::from(at)).cloned();
    let rule = (entry.rule != NO_RULE).then(|| of(&header.rules, entry.rule)).flatten();
    let step = (entry.step != NO_STEP).then(|| of(&header.steps, entry.step)).flatten();
    let told = Told {
        seq,
        t_s: entry.at.as_nanos() as f64 / 1e9,
        kind: entry.kind,
        entity: header.entities.get(entry.entity as usize).map_or("?", String::as_str),
        subject: name(entry.subject),
        verb: name(entry.verb),
        object: name(entry.object),
        value: entry.value,
        outcome: entry.outcome,
        rule: rule.as_deref(),
        origin: entry.origin,
        step: step.as_deref(),
        cause: entry.cause,
    };
    serde_json::to_string(&told).unwrap_or_default()
}

/// Leaves a trace once more as lines of JSON, beside it.
pub(crate) fn write_lines(out: &Out, header: &Header, entries: &[Entry]) -> Result<(), Problems> {
    let path = Path::new("traces").join(format!("{}.jsonl", header.arm.replace('/', ".")));
    let lines = || {
        let mut file = out.begin(&path)?;
        for (seq, entry) in entries.iter().enumerate() {
            writeln!(file, "{}", tell(header, seq, entry))?;
        }
        file.finish()
    };
    lines().map_err(|error| out.problem(&path, &error))
}
