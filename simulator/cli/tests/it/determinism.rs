//! Equal plans give equal runs, however they are stepped.

use crate::{FIRST, arm, changed, metric, path, run, written};

fn fingerprints(run: &serde_json::Value) -> Vec<String> {
    let arms = run["arms"].as_array().expect("arms");
    arms.iter().map(|arm| arm["fingerprint"].to_string()).collect()
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let once = fingerprints(&run(FIRST, &["--seed", "7"]));
    assert_eq!(once, fingerprints(&run(FIRST, &["--seed", "7"])));
    assert_ne!(once, fingerprints(&run(FIRST, &["--seed", "8"])));
}

#[track_caller]
pub(crate) fn check_stepping(scenario: &str) {
    let plain = fingerprints(&run(scenario, &[]));
    for steps in [["--threads", "2"], ["--threads", "3"], ["--split", "2"], ["--split", "5"]] {
        assert_eq!(plain, fingerprints(&run(scenario, &steps)), "{scenario} {steps:?}");
    }
    let all = ["--threads", "2", "--split", "5"];
    assert_eq!(plain, fingerprints(&run(scenario, &all)), "{scenario} {all:?}");
}

#[test]
fn threads_and_windows_change_nothing() {
    for scenario in [FIRST, "minimed-remote-replay", "pump-implant"] {
        check_stepping(scenario);
    }
}

#[test]
fn two_patients_that_are_stepped_side_by_side_come_to_the_same() {
    let dir = written(include_str!("../data/two-patients.toml"));
    check_stepping(path(&dir));
    let both = run(path(&dir), &[]);
    let forged = metric(&both, "as-sold/attack", "INT-1.forged_u");
    assert!(forged > 0.0, "the adversary reaches the second pump: {forged}");
    for who in ["alex", "billie"] {
        let lowest = metric(&both, "as-sold/clean", &format!("SAF.min_glucose_mg_dl.{who}"));
        assert!((40.0..400.0).contains(&lowest), "{who} {lowest}");
    }
}

/// The fingerprints of the library on seed 1, as they were recorded. A bench compares a release
/// build with the same file.
#[test]
fn the_library_has_the_fingerprints_that_were_recorded() {
    let mut now = String::new();
    for scenario in crate::scenarios() {
        for arm in run(&scenario, &[])["arms"].as_array().expect("arms") {
            let kind = if arm["attack"] == true { "attack" } else { "clean" };
            let (policy, print) = (arm["policy"].as_str(), arm["fingerprint"].as_str());
            let (policy, print) = (policy.expect("a policy"), print.expect("a fingerprint"));
            now += &format!("{scenario} {policy}/{kind} {print}\n");
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fingerprints.txt");
    if std::env::var_os("MEDTWIN_RECORD").is_some() {
        std::fs::write(file, &now).expect("written");
    }
    let help = "results changed: say so under Results in CHANGELOG.md, and record them with MEDTWIN_RECORD=1 cargo test -p medtwin";
    let recorded = std::fs::read_to_string(file).expect("recorded");
    for (now, then) in now.lines().zip(recorded.lines()) {
        assert_eq!(now, then, "{help}");
    }
    assert_eq!(now.lines().count(), recorded.lines().count(), "{help}");
}

#[test]
fn an_adversary_without_steps_changes_nothing() {
    let dir = changed(FIRST, |text| text.split("[[step]]").next().unwrap_or_default().to_owned());
    let run = run(path(&dir), &[]);
    let of = |name: &str| arm(&run, name)["fingerprint"].clone();
    assert_eq!(of("as-sold/attack"), of("as-sold/clean"));
}

/// When frames of the sensor left and arrived, and which were lost.
fn readings(dir: &tempfile::TempDir, arm: &str) -> Vec<(String, String)> {
    let lines = std::fs::read_to_string(dir.path().join(format!("traces/{arm}.jsonl")));
    let entries = lines.expect("a trace").lines().map(serde_json::from_str).collect::<Vec<_>>();
    let entries = entries.into_iter().map(|entry| entry.expect("an entry"));
    let of_sensor = |entry: &serde_json::Value| {
        entry["kind"] == "frame"
            && (entry["subject"] == "cgm" && entry["object"] == "pump" || entry["object"] == "cgm")
    };
    let told = |entry: serde_json::Value| (entry["t_s"].to_string(), entry["verb"].to_string());
    entries.filter(of_sensor).map(told).collect()
}

#[test]
fn forged_frames_that_are_refused_shift_no_loss_or_delay_of_anybody_else() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = ["--out", path(&dir), "--jsonl"];
    let run = run("minimed-508-suspend", &out);
    let attempted = metric(&run, "hardened/attack", "INT-1.attempted");
    assert!(attempted > 100.0, "the adversary sends: {attempted}");
    let clean = readings(&dir, "hardened.clean");
    assert!(clean.len() > 500 && clean.iter().any(|(_, verb)| verb == "\"lost\""));
    assert_eq!(clean, readings(&dir, "hardened.attack"));
}

#[test]
fn an_added_adversary_changes_no_draw_of_anybody_else() {
    let dir = changed(FIRST, |text| {
        let text = text.split("[[step]]").next().unwrap_or_default().to_owned();
        format!("{text}[adversary.zoe]\nposition = \"adjacent-radio\"\nlinks = [\"rf\"]\n")
    });
    let glucose = |run: &serde_json::Value| arm(run, "as-sold/clean")["metrics"].clone();
    assert_eq!(glucose(&run(path(&dir), &[])), glucose(&run(FIRST, &[])));
}
