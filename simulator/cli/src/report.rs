//! `report.html`: one file that reads without scripts or network, and prints.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use serde_json::Value;

use crate::arms::ArmResult;
use crate::case::Case;
use crate::library;
use crate::problem::Problems;
use crate::replay::Left;
use crate::study::SCHEMA;
use crate::write::{Out, say};

mod chart;
mod drill;
mod page;
mod run;
mod study;

/// The report of a run; `json` is its run.json.
pub(crate) fn of_run(case: &Case, results: &[ArmResult], json: &Value) -> String {
    run::page(case, results, json).into_string()
}

/// The page to look back on a drill with.
pub(crate) fn of_drill(case: &Case, results: &[ArmResult]) -> String {
    drill::page(case, results).into_string()
}

/// The report of a study; `json` is its study.json.
pub(crate) fn of_study(json: &Value) -> String {
    study::page(json).into_string()
}

/// Writes report.html into a directory that a run or a study left, from what lies there.
pub(crate) fn write(path: &Path) -> Result<(), Problems> {
    let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| {
        Problems::one(format!("cannot open `{}`: {error}", path.display()), HELP)
    })?;
    let text = match (dir.exists("run.json"), dir.exists("study.json")) {
        (true, _) => again(path)?,
        (false, true) => of_study(&of_schema(json(&dir, "study.json")?)?),
        (false, false) => {
            let message = format!("`{}` holds neither run.json nor study.json", path.display());
            return Err(Problems::one(message, HELP));
        }
    };
    Out::open(path)?.write("report.html", text.as_bytes())?;
    say!("wrote {}", path.join("report.html").display());
    Ok(())
}

const HELP: &str = "give a directory that `medtwin run` or `medtwin study` left with `--out`";

fn json(dir: &Dir, file: &str) -> Result<Value, Problems> {
    let bytes = library::read(dir, file, 64 << 20)
        .map_err(|error| Problems::one(format!("cannot read `{file}`: {error}"), HELP))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problems::one(format!("`{file}`: {error}"), HELP))
}

fn of_schema(study: Value) -> Result<Value, Problems> {
    if study["schema"] == SCHEMA {
        return Ok(study);
    }
    let message = format!("`study.json` has schema {}, not `{SCHEMA}`", study["schema"]);
    Err(Problems::one(message, HELP))
}

/// The report of what the plan gives, if that is what lies there: nothing that was changed since the
/// run is printed as its result.
fn again(path: &Path) -> Result<String, Problems> {
    let left = Left::open(path)?;
    let again = left.again()?;
    if let Some(first) = again.differences.first() {
        let message = format!("`{}` is not what its plan gives: {first}", path.display());
        return Err(Problems::one(message, "`medtwin replay DIR` says everything that differs"));
    }
    Ok(of_run(&left.case, &again.done.results, &again.json))
}
