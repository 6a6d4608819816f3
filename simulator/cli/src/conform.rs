//! `model conform`: reference vectors, through what really runs.
//!
//! Pacemaker and ICD are tested as the component that scenarios run, on a workbench; a heart as a patient of a
//! run, with the component beside it. A vector that differs is printed with the first marker that does.

mod file;
mod heart;
mod icd;
mod oref0;
mod pacemaker;

use std::path::Path;

use crate::problem::Problems;
use crate::write::say;

/// What may be tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum What {
    /// The device model `pacemaker`: markers by time
    Pacemaker,
    /// The device model `icd`: detections and therapies by time
    Icd,
    /// The patient model `heart`, alone and with a pacemaker
    Heart,
    /// The device model `insulin-pump` on its bench: decisions of oref0
    Oref0,
}

/// Something that happened, by its word.
type Marker = (i64, String);

/// What came of one vector.
struct Tested {
    id: String,
    expected: Vec<Marker>,
    got: Vec<Marker>,
}

impl Tested {
    /// The first place where they differ: what was expected there, and what came.
    fn first_difference(&self) -> Option<(Option<&Marker>, Option<&Marker>)> {
        let most = self.expected.len().max(self.got.len());
        let pairs = (0..most).map(|at| (self.expected.get(at), self.got.get(at)));
        pairs.into_iter().find(|(expected, got)| expected != got)
    }

    fn line(&self) -> Option<String> {
        let (expected, got) = self.first_difference()?;
        let told = |marker: Option<&Marker>| {
            marker.map_or("nothing".to_owned(), |(at, word)| format!("{word} at {at} ms"))
        };
        let line = format!("{}: expected {}, got {}", self.id, told(expected), told(got));
        Some(crate::problem::shown(&line))
    }
}

/// Runs the vectors of a file; false when one differs.
pub(crate) fn run(what: What, file: &Path, as_json: bool) -> Result<bool, Problems> {
    let text = file::text(file)?;
    let name = file.display().to_string();
    let tested = match what {
        What::Pacemaker => pacemaker::test(&name, &text),
        What::Icd => icd::test(&name, &text),
        What::Heart => heart::test(&name, &text),
        What::Oref0 => oref0::test(&name, &text),
    }?;
    let differing: Vec<&Tested> = tested.iter().filter(|one| one.line().is_some()).collect();
    let (passed, failed) = (tested.len() - differing.len(), differing.len());
    if as_json {
        let told = |marker: Option<&Marker>| {
            marker.map(|(at, word)| serde_json::json!({ "t_ms": at, "marker": word }))
        };
        let one = |one: &&Tested| {
            let (expected, got) = one.first_difference().unwrap_or_default();
            serde_json::json!({ "id": one.id, "expected": told(expected), "got": told(got) })
        };
        let failures: Vec<_> = differing.iter().map(one).collect();
        say!(
            "{:#}",
            serde_json::json!({ "passed": passed, "failed": failed, "differing": failures })
        );
    } else {
        differing.iter().filter_map(|one| one.line()).for_each(|line| say!("{line}"));
        say!("{passed} passed, {failed} failed");
    }
    Ok(failed == 0)
}
