//! The program from outside: what its users run, and what they see.

mod ablation;
mod access;
mod bad_input;
mod boot;
mod channel;
mod clean;
mod conform;
mod determinism;
mod drill;
mod firmware;
mod hearts;
mod listing;
mod network;
mod new_model;
mod new_scenario;
mod outcomes;
mod patient;
mod policy;
mod recorded;
mod sbom;
mod sites;
mod storage;
mod study;

use std::path::Path;
use std::process::{Command, Output};

const FIRST: &str = "minimed-508-rf-control";

fn medtwin(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medtwin"));
    command.args(arguments).current_dir(std::env::temp_dir()).output().expect("medtwin runs")
}

fn run(scenario: &str, more: &[&str]) -> serde_json::Value {
    let arguments = [&["run", scenario, "--format", "json"], more].concat();
    let output = medtwin(&arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    })
}

fn arm<'a>(run: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let arms = run["arms"].as_array().expect("arms");
    let is = |arm: &&serde_json::Value| {
        let kind = if arm["attack"] == true { "attack" } else { "clean" };
        format!("{}/{kind}", arm["policy"].as_str().unwrap_or_default()) == name
    };
    arms.iter().find(is).unwrap_or_else(|| panic!("no arm {name}"))
}

/// A step of the attack, as `arm` tells it.
fn step_of<'a>(arm: &'a serde_json::Value, id: &str) -> &'a serde_json::Value {
    let mut steps = arm["steps"].as_array().expect("steps").iter();
    steps.find(|step| step["id"] == id).expect("the step")
}

fn step<'a>(run: &'a serde_json::Value, name: &str, id: &str) -> &'a serde_json::Value {
    step_of(arm(run, name), id)
}

fn metric(run: &serde_json::Value, name: &str, id: &str) -> f64 {
    arm(run, name)["metrics"][id].as_f64().unwrap_or_else(|| panic!("{name} has no {id}"))
}

/// A copy of a library scenario with some words changed, in a directory of its own.
fn changed(scenario: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let text = std::fs::read_to_string(library.join(scenario).join("scenario.toml"));
    written(&change(text.expect("a scenario of the library")))
}

/// A scenario in a directory of its own.
fn written(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("scenario.toml"), text).expect("written");
    dir
}

/// The scenarios of the library.
fn scenarios() -> Vec<String> {
    let listed = medtwin(&["list", "--format", "json"]).stdout;
    let listed: serde_json::Value = serde_json::from_slice(&listed).expect("JSON");
    let items = listed["library"].as_array().expect("items").iter();
    let scenarios = items.filter(|item| item["kind"] == "scenario");
    scenarios.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

fn path(dir: &tempfile::TempDir) -> &str {
    dir.path().to_str().expect("a path in UTF-8")
}
