//! Runs again what a directory holds, and compares all that is a function of its plan: every entry of
//! every trace, and every value of run.json.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::{ENTRY_LEN, Entry, Sink};
use serde_json::Value;

use crate::arms::{ArmName, Arms, Steps};
use crate::bundle::{Asked, Bundle};
use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::recorded::{Header, Recorded, tell};
use crate::run::{self, Done};
use crate::write::say;
use crate::{difference, library, result};

const HELP: &str = "give the directory that `medtwin run … --out DIR` left";
/// The largest run.json that is read [bytes].
const MAX_JSON_BYTES: u64 = 64 << 20;

/// A directory that a run left, resolved again from what it holds.
pub(crate) struct Left {
    dir: Dir,
    pub(crate) case: Case,
    asked: Asked,
    names: Vec<ArmName>,
    arms: Arms,
}

/// What comes out of the plan of a directory now, and where that differs from what lies there.
pub(crate) struct Again {
    pub(crate) done: Done,
    pub(crate) json: Value,
    /// In words; of each file the first difference.
    pub(crate) differences: Vec<String>,
    entries: usize,
}

impl Left {
    pub(crate) fn open(path: &Path) -> Result<Self, Problems> {
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| {
            Problems::one(format!("cannot open `{}`: {error}", path.display()), HELP)
        })?;
        let (bundle, asked) = Bundle::load(&dir)?;
        let case = Case::of(bundle, &Components::default())?;
        let names = asked.arms.iter().map(|text| crate::arms::named(text));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let arms = Arms::of(&case, &names)?;
        Ok(Self { dir, case, asked, names, arms })
    }

    /// Runs the plan again.
    pub(crate) fn again(&self) -> Result<Again, Problems> {
        let read =
            |arm: &ArmName| arm.is_traced().then(|| Recorded::read(&self.dir, arm)).transpose();
        let recorded = self.names.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let then = self.json()?;
        let compared = |arm: &ArmName| {
            let at = self.names.iter().position(|name| name == arm).unwrap_or_default();
            let recorded = recorded[at].as_ref()?.body.clone();
            Some(Compared { recorded, seen: 0, differs: None })
        };
        let seed = Seed { seed: self.asked.seed, trial: self.asked.trial };
        let (results, compared) = self.arms.run_into(seed, Steps::default(), true, compared);
        let done = run::judge(&self.case, &self.asked, results, Steps::default())?;
        let json = as_written(&result::json(&self.case, &self.asked, &done));
        let headers = self.headers();
        let traces = headers.iter().zip(&recorded).zip(&compared);
        let traces = traces.filter_map(|((header, recorded), compared)| {
            differs(header, recorded.as_ref()?, compared.as_ref()?)
        });
        let value = difference::first(&then, &json).map(|what| format!("run.json: {what}"));
        let differences = traces.chain(value).collect();
        let entries = compared.iter().flatten().map(|compared| compared.seen).sum();
        Ok(Again { done, json, differences, entries })
    }

    fn headers(&self) -> Vec<Header> {
        let resolved = &self.case.resolved;
        let header = |(name, rules): (&ArmName, &_)| {
            Header::of(name, rules, &resolved.setup, &resolved.steps)
        };
        self.arms.names().map(|(name, rules)| header((name, rules))).collect()
    }

    fn json(&self) -> Result<Value, Problems> {
        let bytes = library::read(&self.dir, "run.json", MAX_JSON_BYTES)
            .map_err(|error| Problems::one(format!("cannot read `run.json`: {error}"), HELP))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Problems::one(format!("`run.json`: {error}"), HELP))
    }
}

/// A value as it reads back from a file: a number may lose its last bit on the way.
fn as_written(value: &Value) -> Value {
    serde_json::from_str(&value.to_string()).unwrap_or_default()
}

/// Where a recorded trace differs from `entries`, told as they happen under `header`.
pub(crate) fn difference(
    recorded: &Recorded,
    header: &Header,
    entries: &[Entry],
) -> Option<String> {
    let mut compared = Compared { recorded: recorded.body.clone(), seen: 0, differs: None };
    entries.iter().for_each(|entry| compared.take(entry));
    differs(header, recorded, &compared)
}

/// Compares entries with recorded ones as they happen.
struct Compared {
    recorded: Vec<u8>,
    seen: usize,
    /// The first entry that differs, and what it is now.
    differs: Option<(usize, Entry)>,
}

impl Sink for Compared {
    fn take(&mut self, entry: &Entry) {
        let at = self.seen * ENTRY_LEN;
        if self.differs.is_none() && self.recorded.get(at..at + ENTRY_LEN) != Some(&entry.encode())
        {
            self.differs = Some((self.seen, *entry));
        }
        self.seen += 1;
    }
}

/// Runs again what `path` holds; true if everything is the same.
pub(crate) fn run(path: &Path) -> Result<bool, Problems> {
    let again = Left::open(path)?.again()?;
    again.differences.iter().for_each(|difference| say!("{difference}"));
    if again.differences.is_empty() {
        say!("same: {} arms, {} entries, run.json", again.done.results.len(), again.entries);
    }
    Ok(again.differences.is_empty())
}

/// What differs in the trace of an arm, if something does.
fn differs(header: &Header, recorded: &Recorded, compared: &Compared) -> Option<String> {
    let arm = header.arm();
    let decoded = |at: usize| {
        let bytes = recorded.body.get(at * ENTRY_LEN..)?.first_chunk()?;
        Entry::decode(bytes).map(|entry| tell(header, at, &entry))
    };
    if recorded.line != header.line() {
        return Some(format!("{arm}: the names in the first line differ"));
    }
    if let Some((at, now)) = &compared.differs {
        let then = decoded(*at).unwrap_or_else(|| "no such entry".to_owned());
        let now = tell(header, *at, now);
        return Some(format!("{arm}: entry {at} differs\n  recorded  {then}\n  now       {now}"));
    }
    (recorded.body.len() != compared.seen * ENTRY_LEN).then(|| {
        let at = compared.seen;
        let then = decoded(at).unwrap_or_else(|| "part of one".to_owned());
        format!("{arm}: entry {at} is recorded, and does not happen\n  recorded  {then}")
    })
}
