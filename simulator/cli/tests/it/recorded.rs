//! What a run leaves on disk, and what can be done with that alone.

use std::path::Path;
use std::process::Output;

use crate::{FIRST, changed, medtwin, path, run};

/// A run of the first scenario, left in a directory.
fn left() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let done = medtwin(&["run", FIRST, "--jsonl", "--out", path(&dir)]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    dir
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

const TRACE: &str = "traces/as-sold.attack.trace";

/// Changes a file by `change`.
fn spoil(dir: &Path, file: &str, change: impl Fn(&mut Vec<u8>)) {
    let file = dir.join(file);
    let mut bytes = std::fs::read(&file).expect("left by the run");
    change(&mut bytes);
    std::fs::write(file, bytes).expect("written");
}

/// Where the entries of a trace begin.
fn body(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').expect("a first line") + 1
}

#[track_caller]
fn check_replay(dir: &tempfile::TempDir, code: i32, words: &[&str]) {
    let replayed = medtwin(&["replay", path(dir)]);
    let said = said(&replayed);
    assert_eq!(replayed.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[test]
fn a_replay_of_what_was_left_is_the_same_wherever_it_lies() {
    let dir = left();
    check_replay(&dir, 0, &["same: 10 arms"]);
    let moved = tempfile::tempdir().expect("a directory");
    let there = moved.path().join("elsewhere");
    std::fs::rename(dir.path(), &there).expect("moved");
    let replayed = medtwin(&["replay", there.to_str().expect("UTF-8")]);
    assert_eq!(replayed.status.code(), Some(0), "{}", said(&replayed));
}

#[test]
fn a_changed_byte_names_the_first_entry_that_differs() {
    for (entry, byte) in [(0, 0), (7, 20), (100, 44), (311, 47)] {
        let dir = left();
        spoil(dir.path(), TRACE, |bytes| {
            let at = body(bytes) + 48 * entry + byte;
            bytes[at] ^= 1;
        });
        check_replay(&dir, 1, &[&format!("as-sold/attack: entry {entry} differs"), "now "]);
    }
}

#[test]
fn a_trace_that_was_cut_or_goes_on_names_where() {
    let dir = left();
    spoil(dir.path(), TRACE, |bytes| bytes.truncate(body(bytes) + 48 * 10 + 5));
    check_replay(&dir, 1, &["as-sold/attack: entry 10 differs"]);
    let dir = left();
    spoil(dir.path(), TRACE, |bytes| bytes.extend([0; 48]));
    check_replay(&dir, 1, &["is recorded, and does not happen"]);
    spoil(dir.path(), TRACE, |bytes| bytes[3] ^= 1);
    check_replay(&dir, 1, &["the names in the first line differ"]);
    std::fs::remove_file(dir.path().join(TRACE)).expect("there");
    check_replay(&dir, 2, &["cannot read `traces/as-sold.attack.trace`"]);
}

/// Changes a value of run.json.
fn edit(dir: &Path, pointer: &str, value: serde_json::Value) {
    spoil(dir, "run.json", |bytes| {
        let mut json: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        *json.pointer_mut(pointer).expect(pointer) = value.clone();
        *bytes = json.to_string().into_bytes();
    });
}

#[test]
fn a_changed_result_names_the_first_value_that_differs_and_makes_no_report() {
    let dir = left();
    let whole = std::fs::read(dir.path().join("run.json")).expect("left by the run");
    for (pointer, value) in [
        ("/arms/1/metrics/INT-1.forged_u", 0.into()),
        ("/arms/0/fingerprint", "sha256:00".into()),
        ("/arms/1/steps/0/succeeded", 0.into()),
        ("/effects/cost", serde_json::json!({})),
        ("/expectations/0/holds", false.into()),
        ("/verdict", "fails".into()),
        ("/seed", 2.into()),
        ("/models/0/sha256", "00".into()),
        ("/engine/version", "9.9.9".into()),
    ] {
        edit(dir.path(), pointer, value);
        check_replay(&dir, 1, &[&format!("run.json: {pointer}"), "recorded", "now"]);
        spoil(dir.path(), "run.json", |bytes| bytes.clone_from(&whole));
    }
    for (file, byte) in [("run.json", b'1'), (TRACE, 0)] {
        spoil(dir.path(), file, |bytes| {
            let at = bytes.iter().rposition(|b| *b == byte).expect("such a byte");
            bytes[at] += 1;
        });
        let report = medtwin(&["report", path(&dir)]);
        assert_eq!(report.status.code(), Some(2), "{file}");
        let said = said(&report);
        assert!(said.contains("is not what its plan gives") && said.contains("replay"), "{said}");
        spoil(dir.path(), "run.json", |bytes| bytes.clone_from(&whole));
    }
}

#[test]
fn what_was_added_to_a_result_or_taken_away_is_named() {
    let dir = left();
    spoil(dir.path(), "run.json", |bytes| {
        let text = String::from_utf8_lossy(bytes).replacen('{', "{\"ablation\": [],", 1);
        *bytes = text.into_bytes();
    });
    check_replay(&dir, 1, &["run.json: /ablation differs", "recorded  []", "now       nothing"]);
    std::fs::remove_file(dir.path().join("run.json")).expect("there");
    check_replay(&dir, 2, &["cannot read `run.json`"]);
}

#[test]
fn an_ablation_is_run_again_with_its_plan() {
    let dir = tempfile::tempdir().expect("a directory");
    medtwin(&["run", "large-meal-day", "--ablate", "--out", path(&dir)]);
    check_replay(&dir, 0, &["same"]);
    edit(dir.path(), "/ablation/0/metrics/INT-1.uca", 77.into());
    check_replay(&dir, 1, &["run.json: /ablation/0/metrics/INT-1.uca differs"]);
}

#[cfg(unix)]
#[test]
fn planted_links_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a directory");
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "kept").expect("written");
    let dir = tempfile::tempdir().expect("a directory");
    for name in ["report.html", "report.html.part", "run.json.part"] {
        symlink(&secret, dir.path().join(name)).expect("linked");
    }
    assert_eq!(medtwin(&["run", FIRST, "--out", path(&dir)]).status.code(), Some(0));
    std::fs::remove_file(dir.path().join("report.html")).expect("there");
    symlink(&secret, dir.path().join("report.html")).expect("linked");
    assert_eq!(medtwin(&["report", path(&dir)]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&secret).expect("there"), "kept");
    for name in ["traces", "plan"] {
        let dir = tempfile::tempdir().expect("a directory");
        symlink(outside.path(), dir.path().join(name)).expect("linked");
        let run = medtwin(&["run", FIRST, "--out", path(&dir)]);
        assert_eq!(run.status.code(), Some(2), "{name}");
        assert!(said(&run).contains(&format!("/{name}/")), "{}", said(&run));
        assert_eq!(std::fs::read_dir(outside.path()).expect("a directory").count(), 1, "{name}");
    }
}

#[test]
fn a_plan_that_was_changed_is_refused() {
    let dir = left();
    spoil(dir.path(), "plan/packs/hardened/policy.cedar", |bytes| bytes.push(b'\n'));
    check_replay(&dir, 2, &["`plan/packs/hardened/policy.cedar` is not what ran", "SHA-256"]);
}

#[test]
fn a_plan_that_points_out_of_its_directory_is_refused() {
    let dir = left();
    let secret =
        tempfile::NamedTempFile::new_in(dir.path().parent().expect("a parent")).expect("made");
    let name = secret.path().file_name().and_then(|name| name.to_str()).expect("UTF-8");
    spoil(dir.path(), "plan/plan.json", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        *bytes = text.replace("\"intent.cedar\"", &format!("\"../../{name}\"")).into_bytes();
    });
    check_replay(&dir, 2, &[&format!("cannot read `plan/../../{name}`")]);
}

#[test]
fn what_is_no_run_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    check_replay(&dir, 2, &["cannot read `plan/plan.json`", "--out DIR"]);
    std::fs::create_dir(dir.path().join("plan")).expect("made");
    std::fs::write(dir.path().join("plan/plan.json"), "{}").expect("written");
    check_replay(&dir, 2, &["`plan/plan.json`: missing field"]);
    let report = medtwin(&["report", path(&dir)]);
    assert_eq!(report.status.code(), Some(2));
    assert!(said(&report).contains("holds neither run.json nor study.json"));
}

#[test]
fn a_report_reads_without_scripts_or_network_and_can_be_written_again() {
    let dir = left();
    let file = dir.path().join("report.html");
    let first = std::fs::read_to_string(&file).expect("a report");
    for word in ["<script", "http://", "https://", "<link", "@import", "url("] {
        assert!(!first.contains(word), "`{word}` in the report");
    }
    for word in ["illustrative", "True glucose of alex", "as-sold/attack", "forged-bolus", "rescue"]
    {
        assert!(first.contains(word), "`{word}` is not in the report");
    }
    std::fs::remove_file(&file).expect("there");
    assert_eq!(medtwin(&["report", path(&dir)]).status.code(), Some(0));
    assert_eq!(first, std::fs::read_to_string(&file).expect("written again"));
}

#[test]
fn words_of_an_author_are_text_in_a_report() {
    let evil = "<script>alert(1)</script>";
    let scenario =
        changed(FIRST, |text| text.replacen("title = \"", &format!("title = \"{evil}"), 1));
    let dir = tempfile::tempdir().expect("a directory");
    medtwin(&["run", path(&scenario), "--out", path(&dir)]);
    let report = std::fs::read_to_string(dir.path().join("report.html")).expect("a report");
    assert!(!report.contains("<script") && report.contains("&lt;script&gt;"));
}

#[test]
fn a_trace_as_lines_tells_each_entry_once() {
    let dir = left();
    let lines = std::fs::read_to_string(dir.path().join("traces/as-sold.attack.jsonl"));
    let lines = lines.expect("asked for");
    let trace = std::fs::read(dir.path().join(TRACE)).expect("a trace");
    assert_eq!(lines.lines().count(), (trace.len() - body(&trace)) / 48);
    let first: serde_json::Value =
        serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["seq"], 0);
    let begun = lines.lines().filter(|line| line.contains("\"kind\":\"command\""));
    assert!(begun.count() >= 4, "commands are told");
}

#[test]
fn no_part_of_a_file_is_left_under_a_final_name() {
    let dir = left();
    let walk = |dir: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("a directory");
        entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    };
    for part in ["", "plan", "traces"] {
        let names = walk(&dir.path().join(part));
        assert!(names.iter().all(|name| !name.ends_with(".part")), "{names:?}");
    }
}

#[test]
fn devices_have_one_digest_and_config_in_all_arms() {
    let dir = left();
    let json = run(FIRST, &[]);
    let models = json["models"].as_array().expect("models");
    for model in models {
        let name = model["model"].as_str().expect("a name");
        let component =
            std::fs::read(dir.path().join(format!("plan/models/{name}/component.wasm")));
        let digest = sha256(&component.expect("one component for all arms"));
        assert_eq!(model["sha256"].as_str(), Some(digest.as_str()));
    }
    let plan = std::fs::read_dir(dir.path().join("plan/models")).expect("models").count();
    assert_eq!(plan, models.len());
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
