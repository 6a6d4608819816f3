//! A heart, alone.

use std::io::{self, Write as _};
use std::path::Path;

use medtwin_engine::patient::heart::inputs::{Inputs, simulate};
use medtwin_engine::patient::heart::{PRESETS, Parameters};
use serde_json::{Value, json};

use crate::problem::Problems;
use crate::write::{Pending, problem, say};

/// As `[patient.X] model` and the command line call it.
pub(super) const MODEL: &str = "heart";
const MS_PER_MIN: i64 = 60_000;

/// Lists the presets.
pub(super) fn list() {
    for (id, about) in PRESETS {
        say!("{MODEL}       {id:<22} {about}");
    }
}

/// The same for a program.
pub(super) fn told() -> impl Iterator<Item = Value> {
    PRESETS.into_iter().map(|(id, about)| json!({ "model": MODEL, "id": id, "about": about }))
}

/// Runs one, and writes a row for everything that happens in it.
pub(super) fn run(
    id: &str,
    text: &str,
    name: &str,
    minutes: u32,
    out: &Path,
) -> Result<(), Problems> {
    let parameters = Parameters::preset(id).ok_or_else(|| {
        Problems::one(format!("there is no patient `{id}`"), "`medtwin patient list` lists them")
    })?;
    let inputs = Inputs::read(text)
        .map_err(|error| Problems::one(format!("{name}: {error}"), error.help))?;
    let until_ms = i64::from(minutes) * MS_PER_MIN;
    write(out, parameters, &inputs, until_ms).map_err(|error| problem(out, &error))
}

fn write(out: &Path, parameters: Parameters, inputs: &Inputs, until_ms: i64) -> io::Result<()> {
    let mut file = Pending::create(out)?;
    writeln!(file, "t_ms,what,source,map_mmhg")?;
    simulate(parameters, inputs, until_ms, |event| {
        writeln!(file, "{},{},{},{}", event.ms, event.what, event.source, event.map_mmhg)
    })?;
    file.finish()
}
