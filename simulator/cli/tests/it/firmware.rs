//! Updates over the air: what is taken, what is refused and why, and what a device goes back to.

use serde_json::Value;

use crate::{arm, changed, medtwin, path, run};

const UPDATE: &str = "firmware-update";

fn step<'a>(arm: &'a Value, id: &str) -> &'a Value {
    let mut steps = arm["steps"].as_array().expect("steps").iter();
    steps.find(|step| step["id"] == id).expect("the step")
}

/// What the trace of an arm says of the life of the pump: words and values, in order.
fn life(scenario: &str, arm: &str) -> Vec<(String, f64)> {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().to_str().expect("UTF-8");
    let done = medtwin(&["run", scenario, "--arm", arm, "--out", out, "--jsonl"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let name = format!("traces/{}.jsonl", arm.replace('/', "."));
    let lines = std::fs::read_to_string(dir.path().join(name)).expect("a trace");
    let entries = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_pump = entries.filter(|entry| entry["kind"] == "life" && entry["subject"] == "pump");
    let told = |entry: Value| {
        let word = entry["verb"].as_str().expect("a word").to_owned();
        (word, entry["value"].as_f64().unwrap_or(0.0))
    };
    of_pump.map(told).collect()
}

fn words(life: &[(String, f64)]) -> Vec<&str> {
    life.iter().map(|(word, _)| word.as_str()).collect()
}

#[test]
fn what_is_cut_off_older_or_signed_by_another_is_refused_with_the_reason() {
    let run = run(UPDATE, &[]);
    let hardened = arm(&run, "hardened/attack");
    for (id, rule) in [
        ("cut-off-update", "update-signed"),
        ("downgrade", "update-not-older"),
        ("wrong-key", "update-signed"),
    ] {
        let step = step(hardened, id);
        assert_eq!((&step["succeeded"], &step["stopped_by"][0]), (&0.into(), &rule.into()), "{id}");
    }
    assert_eq!(step(hardened, "stolen-key")["succeeded"], 1, "who has the key is believed");
}

#[test]
fn an_update_of_the_manufacturer_is_taken_and_runs() {
    for arm in ["as-sold/clean", "hardened/clean"] {
        let life = life(UPDATE, arm);
        assert_eq!(life, [("down".to_owned(), 0.0), ("updated".to_owned(), 12.0)], "{arm}");
    }
}

#[test]
fn the_old_slot_runs_on_after_an_image_that_cannot_be_started() {
    let life = life(UPDATE, "as-sold/attack");
    let words = words(&life);
    assert_eq!(words[2..6], ["down", "boot-failed", "rebooted", "down"], "{words:?}");
    assert_eq!(life[6], ("updated".to_owned(), 10.0), "then the downgrade");
}

#[test]
fn the_old_slot_runs_on_after_an_image_that_does_not_keep_running() {
    let life = life(UPDATE, "hardened/attack");
    let words = words(&life);
    let rolled = words.iter().position(|word| *word == "rolled-back").expect("it goes back");
    assert_eq!(words[rolled - 1..rolled + 2], ["replaced", "rolled-back", "rebooted"], "{words:?}");
    let run = run(UPDATE, &[]);
    let up = arm(&run, "hardened/attack")["metrics"]["AVL-1.pump"].as_f64();
    assert!(up > Some(0.99), "{up:?}");
}

#[test]
fn each_rule_is_what_holds_its_attack_off() {
    for (policy, id) in
        [("hardened-update-signed", "wrong-key"), ("hardened-update-not-older", "downgrade")]
    {
        let arm_name = format!("{policy}/attack");
        let run = run(UPDATE, &["--arm", &arm_name]);
        assert_eq!(step(arm(&run, &arm_name), id)["succeeded"], 1, "{policy}");
    }
}

#[track_caller]
fn check_refused(from: &str, to: &str, words: &[&str]) {
    let scenario = changed(UPDATE, |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let done = medtwin(&["run", path(&scenario)]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "`{word}` is not in: {said}"));
}

#[test]
fn what_an_author_gets_wrong_about_firmware_is_told_with_its_place() {
    check_refused(
        r#"signed_by = "stranger""#,
        r#"signed_by = "me""#,
        &["vendor, stranger, nobody"],
    );
    check_refused(
        r#"component = "pump-implant""#,
        r#"component = "implant""#,
        &["implant", "pump-implant"],
    );
    check_refused(
        r#"updates = "pump""#,
        r#"updates = "server""#,
        &["another device of the same patient"],
    );
    check_refused(
        r#"firmware = "cut-off""#,
        r#"firmware = "cut""#,
        &["no firmware `cut`", "cut-off"],
    );
    check_refused("arriving_bytes = 20000", "arriving_bytes = -1", &["scenario.toml"]);
}
