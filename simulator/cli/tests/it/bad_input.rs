//! Whatever cannot be run is refused, with place, words and help.

use crate::{FIRST, changed, medtwin, path};

#[track_caller]
fn check_refused(arguments: &[&str], words: &[&str]) {
    let output = medtwin(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[track_caller]
fn check_scenario(change: impl Fn(String) -> String, words: &[&str]) {
    let dir = changed(FIRST, change);
    check_refused(&["run", path(&dir)], words);
}

#[test]
fn an_unknown_key() {
    check_scenario(
        |text| text.replace("horizon_h", "horizont_h"),
        &["unknown field", "horizont_h"],
    );
}

#[test]
fn a_wrong_unit() {
    check_scenario(|text| text.replace("horizon_h = 6", "horizon_min = 360"), &["horizon_min"]);
}

#[test]
fn a_patient_who_is_not_there() {
    let patient = "[patient.alex]\nmodel = \"uva-padova\"\nid = \"adult#099\"\n\n[adversary.eve]";
    check_scenario(|text| text.replace("[adversary.eve]", patient), &["adult#099", "patient list"]);
}

#[test]
fn steps_that_wait_for_each_other() {
    check_scenario(
        |text| text.replace("at_min = 125", "after = \"forged-bolus\""),
        &["waits for itself"],
    );
}

#[test]
fn several_mistakes_at_once() {
    check_scenario(
        |text| {
            text.replace("to = \"pump\"", "to = \"pomp\"")
                .replace("links = [\"rf\"]", "links = [\"fr\"]")
        },
        &["no device `pomp`", "no link `fr`"],
    );
}

#[test]
fn a_scenario_that_is_not_there() {
    check_refused(&["run", "minimed-509"], &["minimed-509", "minimed-508-rf-control"]);
}

#[test]
fn a_site_out_of_the_library() {
    for outside in ["../home", "../../policies/library/hardened", "/etc"] {
        let site = format!("site = \"{outside}\"");
        check_scenario(
            |text| text.replace("site = \"home\"", &site),
            &["there is no site", "the library has: home"],
        );
    }
}

#[test]
fn numbers_that_are_none() {
    for number in ["nan", "inf", "-1.0", "0.0"] {
        let horizon = format!("horizon_h = {number}");
        check_scenario(
            |text| text.replace("horizon_h = 6", &horizon),
            &["`horizon_h` is", "more than 0 and at most 1000 h"],
        );
    }
}

#[test]
fn numbers_of_a_step_that_cannot_be() {
    for (from, to, message) in [
        ("times = 4", "times = 4000000000", "`times` of step `forged-bolus` is 4000000000"),
        ("times = 4", "times = 0", "`times` of step `forged-bolus` is 0"),
        ("every_min = 8", "every_min = 0", "repeats every 0 min"),
        ("every_min = 8", "every_min = { uniform = [9, 3] }", "`every_min` of step"),
        ("at_min = 125", "at_min = nan", "`at_min` of step `forged-bolus` cannot be"),
        ("at_min = 125", "at_min = -5", "`at_min` of step `forged-bolus` cannot be"),
        ("units = 10.0", "units = inf", "argument `units` of step `forged-bolus` cannot be inf"),
        ("links = [\"rf\"]", "links = [\"rf\"]\ndistance_m = -1", "`distance_m` of `eve`"),
    ] {
        check_scenario(|text| text.replace(from, to), &[message]);
    }
}

#[test]
fn a_directory_where_a_file_should_be() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("scenario.toml")).expect("made");
    check_refused(&["run", path(&dir)], &["cannot read `scenario.toml`", "not a file"]);
}

#[test]
fn a_text_that_is_no_text_or_too_long() {
    for bytes in [vec![0xff; 100], vec![b'#'; (1 << 20) + 1]] {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("scenario.toml"), bytes).expect("written");
        check_refused(&["run", path(&dir)], &["cannot read `scenario.toml`"]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_scenario() {
    let dir = tempfile::tempdir().expect("a directory");
    let outside = changed(FIRST, |text| text);
    std::os::unix::fs::symlink(
        outside.path().join("scenario.toml"),
        dir.path().join("scenario.toml"),
    )
    .expect("linked");
    check_refused(&["run", path(&dir)], &["cannot read `scenario.toml`"]);
}

/// A copy of `hardened` with some words of its envelope changed.
fn check_pack(change: impl Fn(String) -> String, words: &[&str]) {
    let library = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/library");
    let dir = tempfile::tempdir().expect("a directory");
    for file in ["policy.cedar", "envelope.toml", "controls.toml"] {
        let text = std::fs::read_to_string(library.join("hardened").join(file)).expect("a pack");
        std::fs::write(dir.path().join(file), change(text)).expect("written");
    }
    check_refused(&["run", FIRST, "--candidate", path(&dir)], words);
}

#[test]
fn a_limit_on_a_port_that_is_not_there() {
    check_pack(
        |text| text.replace("ports = [\"basal\"", "ports = [\"basel\""),
        &["limit `dose-within-three-hours` is on `basel`", "its actuators are: basal, bolus"],
    );
}

#[test]
fn a_pack_with_an_unknown_fact() {
    check_pack(
        |text| text.replace("context.fresh", "context.frsh"),
        &["`frsh`", "did you mean `fresh`?", "policy.cedar"],
    );
}

#[track_caller]
fn check_component(bytes: &[u8], words: &[&str]) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("guest.wasm");
    std::fs::write(&file, bytes).expect("written");
    let file = file.to_str().expect("a path in UTF-8");
    check_refused(&["model", "check", file], words);
    check_refused(&["run", FIRST, "--model", &format!("pump={file}")], words);
}

#[test]
fn a_file_that_is_no_component() {
    check_component(b"hello", &["not a WebAssembly component"]);
    check_component(b"\0asm\x01\0\0\0", &["core WebAssembly module"]);
}

#[test]
fn a_component_that_is_too_large() {
    check_component(&vec![0; (8 << 20) + 1], &["larger than 8388608 bytes"]);
}

#[test]
fn a_component_that_wants_wasi() {
    let text = r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#;
    check_component(&wat::parse_str(text).expect("valid"), &["wasi:cli/environment", "no WASI"]);
}
