//! What devices keep: on disk as in memory, in somebody else's hands, and protected from them.

use serde_json::Value;

use crate::{changed, medtwin, metric, path, run, step};

const BORROWED: &str = "borrowed-handset";

fn fingerprints(run: &Value) -> Vec<(Value, Value)> {
    let arms = run["arms"].as_array().expect("arms").iter();
    arms.map(|arm| (arm["arm"].clone(), arm["fingerprint"].clone())).collect()
}

/// Every file below a directory.
fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a directory").flatten();
    let below = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(|entry| below(entry.path())).collect()
}

/// Whether a record of the device in an arm says `words`.
fn says(dir: &tempfile::TempDir, device: &str, words: &str) -> bool {
    let files = files(&dir.path().join(device));
    assert!(!files.is_empty(), "{device} keeps nothing");
    let has = |file: &std::path::PathBuf| {
        let bytes = std::fs::read(file).expect("a record");
        bytes.windows(words.len()).any(|part| part == words.as_bytes())
    };
    files.iter().any(has)
}

#[test]
fn a_run_is_the_same_wherever_devices_keep_their_records() {
    for scenario in [BORROWED, "firmware-update"] {
        let dir = tempfile::tempdir().expect("a directory");
        let kept = run(scenario, &["--storage", path(&dir)]);
        assert_eq!(fingerprints(&kept), fingerprints(&run(scenario, &[])), "{scenario}");
        assert_eq!(kept, run(scenario, &["--threads", "2"]), "{scenario}");
        assert!(!files(dir.path()).is_empty());
    }
}

#[test]
fn what_lies_on_the_disk_can_be_read_unless_it_is_sealed() {
    let dir = tempfile::tempdir().expect("a directory");
    run(BORROWED, &["--storage", path(&dir)]);
    for (policy, clear) in [("open-memory", true), ("sealed-memory", false)] {
        for words in ["units = ", "serial = 508042", "carb_ratio_g_per_u = "] {
            let at = format!("{policy}.clean/remote");
            assert_eq!(says(&dir, &at, words), clear, "{policy} {words}");
        }
    }
    assert!(says(&dir, "open-memory.attack/remote", "carb_ratio_g_per_u = 2.5"));
}

#[test]
fn a_run_on_disk_is_replayed_without_it() {
    let (out, dir) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("one"));
    run(BORROWED, &["--out", path(&out), "--storage", path(&dir)]);
    drop(dir);
    let replayed = medtwin(&["replay", path(&out)]);
    assert_eq!(replayed.status.code(), Some(0), "{}", String::from_utf8_lossy(&replayed.stdout));
}

#[track_caller]
fn check_refused(arguments: &[&str], words: &[&str]) {
    let done = medtwin(arguments);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(done.stdout.is_empty(), "no result is shown");
    words.iter().for_each(|word| assert!(said.contains(word), "`{word}` is not in: {said}"));
}

#[test]
fn a_directory_that_is_none_or_holds_something_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("a");
    std::fs::write(&file, "x").expect("written");
    check_refused(&["run", BORROWED, "--storage", path(&dir)], &["is not empty", "--storage"]);
    let file = file.to_str().expect("UTF-8");
    check_refused(&["run", BORROWED, "--storage", file], &["cannot keep records"]);
}

/// The disk is full from the first record on, or there is nobody to tell.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_takes_no_record_is_no_run() {
    let dir = tempfile::tempdir().expect("a directory");
    let program = env!("CARGO_BIN_EXE_medtwin");
    // Files of this process may have no byte; the signal that comes with it is ignored.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 0; exec {program} run {BORROWED} --storage {}",
        path(&dir)
    );
    let done = std::process::Command::new("sh").args(["-c", &limited]).output().expect("sh runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot write a record") && done.stdout.is_empty(), "{said}");
}

#[test]
fn a_memory_in_hand_gives_what_it_holds_and_takes_what_is_written() {
    let run = run(BORROWED, &[]);
    let (open, sealed) = ("open-memory/attack", "sealed-memory/attack");
    assert!((metric(&run, open, "CON-1.at_rest") - 4.0).abs() < 1e-9);
    assert_eq!(step(&run, open, "copy-memory")["succeeded"], 1);
    assert_eq!(step(&run, open, "forged-bolus")["succeeded"], 1, "by the key that lay there");
    assert_eq!(step(&run, open, "alter-ratio")["succeeded"], 1);
    assert_eq!(step(&run, sealed, "copy-memory")["notes"], serde_json::json!(["sealed"]));
    assert_eq!(step(&run, sealed, "forge-anyway")["notes"], serde_json::json!(["no-serial"]));
    let stopped = serde_json::json!(["control:rest_protection"]);
    assert_eq!(step(&run, sealed, "alter-ratio")["stopped_by"], stopped);
    assert!(
        metric(&run, "sealed-memory/attack", "INT-3.td_abs.alex").abs() < 1e-9,
        "as if nobody had"
    );
}

#[test]
fn the_control_alone_makes_the_difference() {
    let arms = ["sealed-memory-rest_protection/attack", "open-memory+rest_protection/attack"];
    let both = arms.iter().flat_map(|arm| ["--arm", arm]).collect::<Vec<_>>();
    let run = run(BORROWED, &both);
    for (name, believed) in arms.iter().zip([1.0, 0.0]) {
        assert!((metric(&run, name, "INT-2.believed") - believed).abs() < 1e-9, "{name}");
    }
}

#[test]
fn who_has_no_device_in_hand_reads_and_writes_nothing() {
    let far = changed(BORROWED, |text| {
        let near = text.replace("position = \"physical\"", "position = \"adjacent-radio\"");
        near.replace("reference = \"open-memory\"", "reference = \"as-sold\"")
            .replace("candidate = \"sealed-memory\"", "candidate = \"fixed-cap\"")
            .split("[[expect]]")
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    let run = run(path(&far), &[]);
    for id in ["CON-1.at_rest", "INT-2.believed"] {
        assert!(metric(&run, "as-sold/attack", id).abs() < 1e-9, "{id}");
    }
    let notes = &step(&run, "as-sold/attack", "copy-memory")["notes"];
    assert_eq!(*notes, serde_json::json!(["out-of-reach"]));
}

#[test]
fn what_an_author_leaves_out_about_a_memory_is_told() {
    for (from, to, word) in [
        ("record = \"settings\"\n", "", "has no `record`"),
        ("text = \"carb_ratio_g_per_u = 2.5\\n\"\n", "", "has no `text`"),
        ("to = \"remote\"\nat_min = 120", "at_min = 120", "has no `to`"),
        ("to = \"remote\"\nat_min = 120", "to = \"phone\"\nat_min = 120", "no device `phone`"),
        ("do = \"read-storage\"", "do = \"read-memory\"", "read-storage, write-storage"),
    ] {
        let dir = changed(BORROWED, |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
                .replace("open-memory", "as-sold")
                .replace("sealed-memory", "hardened")
        });
        check_refused(&["run", path(&dir)], &[word]);
    }
}
