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

/// Whether a test of this name is in `tests`: a function, or a line of a macro that makes some.
fn is_test(tests: &str, name: &str) -> bool {
    tests.contains(&format!("fn {name}(")) || tests.contains(&format!("\n    {name}: \""))
}

/// Every name in `code` in the last column of a page's tables is that of a test.
#[track_caller]
fn check_tests_of(page: &str, at_least: usize) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut tests = String::new();
    for dir in ["simulator", "policies", "device-models"] {
        tests_of_the_workspace(&root.join(dir), &mut tests);
    }
    let page = std::fs::read_to_string(root.join(page)).expect("text");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let last = rows.filter_map(|row| row.rsplit('|').nth(1));
    let named: Vec<&str> = last.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > at_least, "{named:?}");
    for name in named {
        assert!(is_test(&tests, name), "there is no test `{name}`");
    }
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    check_tests_of("SECURITY.md", 20);
}

#[test]
fn every_test_that_the_verification_page_names_is_there() {
    check_tests_of("docs/verification.md", 60);
}

/// What a model says of itself, besides what it models.
const PARTS: [&str; 4] = ["Left out: ", "Units: ", "Sources: ", "Domain of validity: "];

/// The patient models, and the parts of patients and sensors that are models of their own.
const PATIENT_MODELS: [&str; 19] = [
    "patient.rs",
    "patient/padova.rs",
    "patient/counter.rs",
    "patient/hovorka.rs",
    "patient/bergman.rs",
    "patient/sensor.rs",
    "patient/glycaemia.rs",
    "patient/heart.rs",
    "patient/heart/conduction.rs",
    "patient/heart/ecg.rs",
    "patient/heart/flow.rs",
    "patient/opioid.rs",
    "patient/opioid/breathing.rs",
    "patient/opioid/circulation.rs",
    "patient/opioid/drug.rs",
    "patient/opioid/effect.rs",
    "patient/opioid/kinetics.rs",
    "patient/opioid/naloxone.rs",
    "patient/opioid/person.rs",
];

/// The crates that are a component, and the three that hold the logic of several.
fn device_models(root: &std::path::Path) -> Vec<std::path::PathBuf> {
    let crates = std::fs::read_dir(root.join("device-models")).expect("a directory").flatten();
    let sources = crates.map(|entry| entry.path().join("src/lib.rs"));
    let is_model = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let is_shared = ["controllers", "implant", "infusion"]
            .iter()
            .any(|name| path.parent().is_some_and(|p| p.ends_with(format!("{name}/src"))));
        is_shared || text.contains("medtwin_sdk::device!(")
    };
    sources.filter(is_model).collect()
}

#[test]
fn every_model_says_what_it_leaves_out_its_units_its_sources_and_where_it_holds() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let devices = device_models(&root);
    assert!(devices.len() >= 27, "{}", devices.len());
    let patients = PATIENT_MODELS.map(|file| root.join("simulator/engine/src").join(file));
    let mut lacks = Vec::new();
    for path in devices.into_iter().chain(patients) {
        let text = std::fs::read_to_string(&path).expect("text");
        let says: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let says = says.join("");
        let missing = PARTS.iter().filter(|part| !says.contains(*part));
        lacks.extend(missing.map(|part| format!("{}: {part}", path.display())));
    }
    assert!(lacks.is_empty(), "{lacks:#?}");
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
