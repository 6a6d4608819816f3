//! Runs again what a directory holds, and compares entry by entry.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::{ENTRY_LEN, Entry, Sink};

use crate::arms::{ArmName, Arms, Steps};
use crate::bundle::{Asked, Bundle};
use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::recorded::{Header, Recorded, tell};
use crate::write::say;

/// A directory that a run left, resolved again from what it holds.
pub(crate) struct Left {
    pub(crate) dir: Dir,
    pub(crate) case: Case,
    pub(crate) asked: Asked,
    pub(crate) names: Vec<ArmName>,
    pub(crate) arms: Arms,
}

impl Left {
    pub(crate) fn open(path: &Path) -> Result<Self, Problems> {
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| {
            let help = "give the directory that `medtwin run … --out DIR` left";
            Problems::one(format!("cannot open `{}`: {error}", path.display()), help)
        })?;
        let (bundle, asked) = Bundle::load(&dir)?;
        let case = Case::of(bundle, &Components::default())?;
        let names = asked.arms.iter().map(|text| crate::arms::named(text));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let arms = Arms::of(&case, &names)?;
        Ok(Self { dir, case, asked, names, arms })
    }

    pub(crate) fn headers(&self) -> Vec<Header> {
        let resolved = &self.case.resolved;
        let header = |(name, rules): (&ArmName, &_)| {
            Header::of(name, rules, &resolved.setup, &resolved.steps)
        };
        self.arms.names().map(|(name, rules)| header((name, rules))).collect()
    }
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

/// Runs again what `path` holds; true if every entry is the same.
pub(crate) fn run(path: &Path) -> Result<bool, Problems> {
    let left = Left::open(path)?;
    let recorded = left.names.iter().map(|arm| Recorded::read(&left.dir, arm));
    let recorded = recorded.collect::<Result<Vec<_>, _>>()?;
    let body = |arm: &ArmName| {
        let at = left.names.iter().position(|name| name == arm).unwrap_or_default();
        Compared { recorded: recorded[at].body.clone(), seen: 0, differs: None }
    };
    let seed = Seed { seed: left.asked.seed, trial: left.asked.trial };
    let (_, compared) = left.arms.run_into(seed, Steps::default(), false, body);
    let mut same = true;
    for ((header, recorded), compared) in left.headers().iter().zip(&recorded).zip(&compared) {
        same &= say(header, recorded, compared);
    }
    if same {
        let entries: usize = compared.iter().map(|compared| compared.seen).sum();
        say!("same: {} arms, {entries} entries", compared.len());
    }
    Ok(same)
}

/// Says what differs in an arm; true if nothing does.
fn say(header: &Header, recorded: &Recorded, compared: &Compared) -> bool {
    let arm = header.arm();
    let decoded = |at: usize| {
        let bytes = recorded.body.get(at * ENTRY_LEN..)?.first_chunk()?;
        Entry::decode(bytes).map(|entry| tell(header, at, &entry))
    };
    if recorded.line != header.line() {
        say!("{arm}: the names in the first line differ");
        return false;
    }
    if let Some((at, now)) = &compared.differs {
        say!("{arm}: entry {at} differs");
        say!("  recorded  {}", decoded(*at).unwrap_or_else(|| "no such entry".to_owned()));
        say!("  now       {}", tell(header, *at, now));
        return false;
    }
    if recorded.body.len() != compared.seen * ENTRY_LEN {
        say!("{arm}: entry {} is recorded, and does not happen", compared.seen);
        say!("  recorded  {}", decoded(compared.seen).unwrap_or_else(|| "part of one".to_owned()));
        return false;
    }
    true
}
