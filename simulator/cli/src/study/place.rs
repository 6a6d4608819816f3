//! The directory of a study: what lies there decides whether one begins, goes on, or is refused.

use std::path::Path;

use super::journal::{self, JOURNAL};
use crate::problem::Problems;

/// What a study is about to do with its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Begin,
    GoOn,
}

/// Whether a study may begin or go on in `out`.
pub(crate) fn look(out: &Path, resume: bool) -> Result<Doing, Problems> {
    let has = |file: &str| out.join(file).exists();
    let place = out.display();
    match (has(JOURNAL), resume) {
        (true, true) => Ok(Doing::GoOn),
        (true, false) => {
            let (scenario, done, trials) = journal::progress(out)?;
            let message = format!(
                "`{place}` holds an unfinished study of {scenario}: {done} of {trials} trials"
            );
            let help = "go on with `--resume`, or choose another `--out`";
            Err(Problems::one(message, help))
        }
        (false, _) if has("study.json") => {
            let help = "`medtwin report` renders it again; for another, choose another `--out`";
            Err(Problems::one(format!("`{place}` holds a finished study"), help))
        }
        (false, _) if has("run.json") => {
            let help = "a study would write over its report: choose another `--out`";
            Err(Problems::one(format!("`{place}` holds a run"), help))
        }
        (false, true) => {
            let help = "begin one without `--resume`";
            Err(Problems::one(format!("`{place}` holds no unfinished study"), help))
        }
        (false, false) => Ok(Doing::Begin),
    }
}
