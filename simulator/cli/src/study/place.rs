//! The directory of a study: what lies there decides whether one begins, goes on, or is refused.

use std::fs::File;
use std::path::Path;

use serde_json::Value;

use super::journal::{self, Header, JOURNAL};
use crate::problem::Problems;
use crate::write::Out;

/// The files of a study that are written under another name first.
pub(super) const LEFT: [&str; 4] = ["trials.parquet", "report.html", STUDY, JOURNAL];
/// What a study leaves.
const RESULTS: [&str; 4] = ["trials.parquet", "report.html", "plan", STUDY];
const STUDY: &str = "study.json";

/// What a study is about to do with its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Begin,
    GoOn,
}

/// The directory of a study, which no other process of ours works in.
pub(crate) struct Place {
    pub(crate) out: Out,
    _held: File,
}

impl Place {
    /// Opens the directory, and makes it if it is not there.
    pub(crate) fn hold(path: &Path) -> Result<Self, Problems> {
        let out = Out::open(path)?;
        let held = out.hold()?.ok_or_else(|| {
            let help = "wait for it, or choose another `--out`";
            Problems::one(format!("a study is running in `{}`", path.display()), help)
        })?;
        Ok(Self { out, _held: held })
    }

    /// Whether the study of `header` may begin or go on here.
    pub(crate) fn look(&self, resume: bool, header: &Header) -> Result<Doing, Problems> {
        let has = |file: &str| self.out.has(file);
        let place = self.out.path().display();
        let refuse = |what: &str, help| Err(Problems::one(format!("`{place}` holds {what}"), help));
        let elsewhere = "a study would write over it: choose another `--out`";
        match (has(JOURNAL), resume) {
            _ if has("run.json") => refuse("a run", elsewhere),
            (true, true) if has(STUDY) && !self.is_of(header) => {
                refuse("the results of another study", elsewhere)
            }
            (true, true) => Ok(Doing::GoOn),
            (true, false) => {
                let (scenario, done, trials) = journal::progress(&self.out)?;
                let what = format!("an unfinished study of {scenario}: {done} of {trials} trials");
                refuse(&what, "go on with `--resume`, or choose another `--out`")
            }
            (false, _) if has(STUDY) => {
                let help = "`medtwin report` renders it again; for another, choose another `--out`";
                refuse("a finished study", help)
            }
            (false, true) => refuse("no unfinished study", "begin one without `--resume`"),
            (false, false) => match RESULTS.iter().find(|file| has(file)) {
                Some(file) => refuse(&format!("a `{file}` already"), elsewhere),
                None => Ok(Doing::Begin),
            },
        }
    }

    /// Whether the results that lie here are of that study: it was killed as it finished.
    fn is_of(&self, header: &Header) -> bool {
        let file = self.out.read(STUDY).ok();
        let found = file.and_then(|file| serde_json::from_reader::<_, Value>(file).ok());
        found.is_some_and(|found| {
            found["plan_sha256"] == *header.plan_sha256
                && found["seed"] == header.seed
                && found["trials"] == header.trials
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_at_once_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let _first = Place::hold(dir.path()).expect("held");
        let Err(problems) = Place::hold(dir.path()) else { panic!("not refused") };
        assert!(format!("{problems:?}").contains("a study is running in"), "{problems:?}");
    }
}
