//! Reference vectors through what really runs: `medtwin model conform`.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::medtwin;

fn vectors(what: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/vectors/{what}_vectors.json"))
}

fn conform(what: &str, file: &Path) -> Output {
    medtwin(&["model", "conform", what, file.to_str().expect("UTF-8")])
}

#[track_caller]
fn check_conforms(what: &str, file: &str, vectors_of_it: usize) {
    let output = conform(what, &vectors(file));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, format!("{vectors_of_it} passed, 0 failed\n"));
    assert_eq!(output.status.code(), Some(0));
}

/// Runs a file with this text.
fn with_text(what: &str, text: &str) -> Output {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("vectors.json");
    std::fs::write(&file, text).expect("written");
    conform(what, &file)
}

#[track_caller]
fn check_refused(what: &str, text: &str, words: &str) {
    let output = with_text(what, text);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "{said}");
}

#[test]
fn the_pacemaker_conforms_to_all_47_vectors_exactly() {
    check_conforms("pacemaker", "pacemaker", 47);
}

/// Decisions that oref0 0.7.1 made.
fn decisions() -> PathBuf {
    let data = "../../device-models/controllers/tests/data/oref0_vectors.json";
    Path::new(env!("CARGO_MANIFEST_DIR")).join(data)
}

#[test]
fn the_pumps_controller_makes_all_40_decisions_that_oref0_made() {
    let output = conform("oref0", &decisions());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "40 passed, 0 failed\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_decision_that_differs_is_told_with_what_differs() {
    let text = std::fs::read_to_string(decisions()).expect("vectors");
    let mut file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    file["cases"][0]["expected"]["rate"] = 1.0.into();
    let output = with_text("oref0", &file.to_string());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("OREF-01: expected rate 1 at 0 ms, got rate 3.9 at 0 ms"), "{said}");
    assert!(said.contains("39 passed, 1 failed"), "{said}");
    assert_eq!(output.status.code(), Some(1));
    file["cases"][0]["profile"]["enableUAM"] = true.into();
    check_refused("oref0", &file.to_string(), "the model has no such profile");
}

#[test]
fn the_icd_conforms_to_all_6_vectors_exactly() {
    check_conforms("icd", "icd", 6);
}

#[test]
fn a_heart_conforms_alone_and_with_the_pacemaker_in_a_run() {
    check_conforms("heart", "heart_closed_loop", 17);
}

#[test]
fn vectors_of_a_heart_that_make_no_sense_are_refused_with_their_place() {
    let case = |heart: &str, commands: &str, end: &str| {
        format!(
            r#"{{"cases": [{{"id": "X", "heart_params": {heart}, "pacemaker_params": {{}},
                "pvc_ms": [], "commands": {commands}, "sa_first": null, "t_end": {end},
                "heart_events": [], "markers": []}}]}}"#
        )
    };
    for (text, words) in [
        ("{\"cases\": 1}".to_owned(), "expected a sequence"),
        (case(r#"{"SA_CL": -1}"#, "[]", "1"), "`SA_CL` cannot be `-1`"),
        (case(r#"{"SA_CL": 1}"#, "[]", "1"), "a heart with such numbers is none"),
        (case(r#"{"p_vf": 7}"#, "[]", "1"), "a heart with such numbers is none"),
        (case(r#"{"AV_mode": "\" }"}"#, "[]", "1"), "`AV_mode` cannot be"),
        (case(r#"{"SA_on": false}"#, "[]", "1"), "`SA_on` cannot be `false`"),
        (case("{}", r#"[{"t": -4, "program": {}}]"#, "1"), "the time -4"),
        (case("{}", r#"[{"t": 4, "program": {"LRL": 1e9}}]"#, "9"), "`LRL` cannot be"),
        (case("{}", "[]", "-1"), "it ends at -1"),
    ] {
        check_refused("heart", &text, words);
    }
}

#[test]
fn a_vector_that_differs_is_told_with_its_first_marker_that_does() {
    let text = std::fs::read_to_string(vectors("pacemaker")).expect("it is there");
    let text = text.replacen(r#""t": 2000"#, r#""t": 2001"#, 1);
    let output = with_text("pacemaker", &text);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("VVI-01: expected VP at 2001 ms, got VP at 2000 ms\n"), "{said}");
    assert!(said.ends_with("46 passed, 1 failed\n"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

/// A file with one vector of a pacemaker.
fn pacemaker(params: &str, init: &str, inputs: &str, end: &str) -> String {
    format!(
        r#"{{"vectors": [{{"id": "X", "params": {params}, "init": {init}, "inputs": {inputs},
            "t_end": {end}, "expected": [], "check": null}}]}}"#
    )
}

#[test]
fn vectors_of_a_pacemaker_that_make_no_sense_are_refused_with_their_place() {
    let vp = r#"{"t": 0, "ev": "VP"}"#;
    for (text, words) in [
        (String::new(), "line 1 column 0"),
        (
            pacemaker(&format!(r#"{{"LRL": {}"#, "[".repeat(200_000)), vp, "[]", "1"),
            "recursion limit",
        ),
        ("{}".to_owned(), "missing field `vectors`"),
        (r#"{"vectors": 7}"#.to_owned(), "expected a sequence"),
        (pacemaker(r#"{"LRL": "fast"}"#, vp, "[]", "1"), "`LRL` cannot be `\"fast\"`"),
        (pacemaker(r#"{"LRL": 1e300}"#, vp, "[]", "1"), "`LRL` cannot be"),
        (pacemaker(r#"{"mode": "VVX"}"#, vp, "[]", "1"), "`mode` cannot be `\"VVX\"`"),
        (pacemaker(r#"{"battery": "flat"}"#, vp, "[]", "1"), "BOL, ERN, ERT or ERP"),
        (pacemaker("{}", r#"{"t": -1, "ev": "VP"}"#, "[]", "1"), "begins with `VP` at -1"),
        (pacemaker("{}", vp, r#"[{"t": -5, "ch": "A"}]"#, "1"), "the time -5"),
        (pacemaker("{}", vp, r#"[{"t": 5, "ch": "X"}]"#, "9"), "the input at 5 is none"),
        (pacemaker("{}", vp, r#"[{"t": 5}]"#, "9"), "the input at 5 is none"),
        (pacemaker("{}", vp, "[]", "-1"), "it ends at -1"),
        (pacemaker("{}", vp, "[]", "99999999999"), "it ends at 99999999999"),
        (pacemaker("{}", vp, "[]", "1.5"), "invalid type"),
    ] {
        check_refused("pacemaker", &text, words);
    }
}

#[test]
fn vectors_of_an_icd_that_make_no_sense_are_refused_with_their_place() {
    let case = |params: &str, senses: &str| {
        format!(
            r#"{{"cases": [{{"id": "X", "params": {params}, "senses_ms": {senses}, "expected": []}}]}}"#
        )
    };
    for (text, words) in [
        ("not JSON".to_owned(), "line 1 column"),
        (case("{}", "[3, 2]"), "the sense at 2 stands after that at 3"),
        (case("{}", "[-3]"), "it ends at -3"),
        (case(r#"{"win": -99999}"#, "[3]"), "`win` cannot be `-99999`"),
        (case(r#"{"unheard_of": 1}"#, "[3]"), "`unheard_of` cannot be `1`"),
    ] {
        check_refused("icd", &text, words);
    }
}

#[test]
fn a_file_of_too_many_vectors_is_refused_before_any_runs() {
    let one = r#"{"id": "X", "params": {}, "senses_ms": [], "expected": []}"#;
    let text = format!(r#"{{"cases": [{}]}}"#, vec![one; 10_001].join(","));
    check_refused("icd", &text, "has 10001 vectors");
    let one = r#"{"id": "X", "params": {}, "senses_ms": [3600000], "expected": []}"#;
    let text = format!(r#"{{"cases": [{}]}}"#, vec![one; 101].join(","));
    check_refused("icd", &text, "at most 360000000 ms together");
}

#[test]
fn what_is_no_file_is_refused() {
    let output = conform("icd", Path::new("/dev/zero"));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not a file"));
}
