//! What the commands say that run nothing, to people and to programs.

use serde_json::Value;

use crate::{FIRST, medtwin};

/// What a command prints as JSON.
#[track_caller]
fn said(arguments: &[&str]) -> Value {
    let output = medtwin(&[arguments, &["--format", "json"]].concat());
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {err}"))
}

#[test]
fn the_library_is_listed_with_a_line_on_each() {
    let listed = said(&["list"]);
    let text = String::from_utf8(medtwin(&["list"]).stdout).expect("text");
    let items = listed["library"].as_array().expect("items");
    assert_eq!(items.len(), text.lines().count());
    for (item, line) in items.iter().zip(text.lines()) {
        let about = item["about"].as_str().expect("words");
        assert!(about.len() > 10 && line.ends_with(about), "{item}");
        assert!(line.contains(item["name"].as_str().expect("a name")), "{line}");
    }
}

#[test]
fn what_is_checked_is_told_as_json_too() {
    let pack = said(&["policy", "check", "hardened"]);
    let rules = pack["rules"].as_array().expect("rules");
    assert!(rules.iter().any(|rule| rule["id"] == "no-forged-command" && rule["kind"] == "forbid"));
    assert!(pack["controls"].as_array().is_some_and(|all| all.contains(&"nonce".into())));
    let scenario = said(&["scenario", "check", FIRST]);
    assert_eq!(scenario["steps"], serde_json::json!(["learn-id", "forged-bolus"]));
    assert!(scenario["arms"].as_array().is_some_and(|arms| arms.len() >= 4));
    let verified = said(&["verify", "large-meal-day"]);
    assert_eq!((&verified["passed"], &verified["failed"]), (&1.into(), &0.into()));
    assert_eq!(verified["scenarios"][0]["expectations"][0]["holds"], true);
}

#[test]
fn models_and_patients_are_listed_as_json() {
    let models = said(&["model", "list"]);
    assert_eq!(models["models"][0]["supplier"], "medtwin");
    let patients = said(&["patient", "list"]);
    assert_eq!(patients["patients"].as_array().map(Vec::len), Some(80));
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("node.wasm");
    std::fs::write(&file, medtwin_artifacts::RING_NODE.component).expect("written");
    for command in ["inspect", "check"] {
        let model = said(&["model", command, file.to_str().expect("UTF-8")]);
        assert_eq!(model["imports"], serde_json::json!(["timer", "network"]));
    }
}

/// The text of every test of the workspace.
fn tests_of_the_workspace(dir: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        let is_ours = !["target", "node_modules"].iter().any(|name| path.ends_with(name));
        if path.is_dir() && is_ours {
            tests_of_the_workspace(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *text += &std::fs::read_to_string(&path).expect("text");
        }
    }
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut tests = String::new();
    for dir in ["simulator", "policies"] {
        tests_of_the_workspace(&root.join(dir), &mut tests);
    }
    let page = include_str!("../../../../SECURITY.md");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let last = rows.filter_map(|row| row.rsplit('|').nth(1));
    let named: Vec<&str> = last.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        assert!(tests.contains(&format!("fn {name}(")), "there is no test `{name}`");
    }
}

#[test]
fn the_checks_are_absent_in_the_benches_alone() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut sources = String::new();
    for dir in ["simulator", "policies"] {
        tests_of_the_workspace(&root.join(dir), &mut sources);
    }
    let kinds = sources.matches(concat!("impl Checks ", "for")).count();
    assert_eq!(kinds, 1, "the engine has `Enforced`, and nobody else has another");
}
