//! Updates over the air: what is taken, what is refused and why, and what a device goes back to.

use serde_json::Value;

use crate::{arm, changed, medtwin, path, run, step_of};

const UPDATE: &str = "firmware-update";

/// The entries of one kind and subject in the trace of an arm.
pub(crate) fn entries(scenario: &str, arm: &str, kind: &str, subject: &str) -> Vec<Value> {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().to_str().expect("UTF-8");
    let done = medtwin(&["run", scenario, "--arm", arm, "--out", out, "--jsonl"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let name = format!("traces/{}.jsonl", arm.replace('/', "."));
    let lines = std::fs::read_to_string(dir.path().join(name)).expect("a trace");
    let entries = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    entries.filter(|entry| entry["kind"] == kind && entry["subject"] == subject).collect()
}

/// What the trace of an arm says of the life of the pump: words and values, in order.
pub(crate) fn life(scenario: &str, arm: &str) -> Vec<(String, f64)> {
    let told = |entry: &Value| {
        let word = entry["verb"].as_str().expect("a word").to_owned();
        (word, entry["value"].as_f64().unwrap_or(0.0))
    };
    entries(scenario, arm, "life", "pump").iter().map(told).collect()
}

pub(crate) fn words(life: &[(String, f64)]) -> Vec<&str> {
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
        let step = step_of(hardened, id);
        assert_eq!((&step["succeeded"], &step["stopped_by"][0]), (&0.into(), &rule.into()), "{id}");
    }
    assert_eq!(step_of(hardened, "stolen-key")["succeeded"], 1, "who has the key is believed");
}

#[test]
fn an_update_of_the_manufacturer_is_taken_and_runs() {
    for (arm, more) in [("as-sold/clean", None), ("hardened/clean", Some(("confirmed", 12.0)))] {
        let expected = [("down", 0.0), ("updated", 12.0)].into_iter().chain(more);
        let expected: Vec<_> = expected.map(|(word, value)| (word.to_owned(), value)).collect();
        assert_eq!(life(UPDATE, arm), expected, "{arm}");
    }
}

#[test]
fn the_old_slot_runs_on_after_an_image_that_cannot_be_started() {
    let life = life(UPDATE, "as-sold/attack");
    let words = words(&life);
    let expected = ["down", "boot-failed", "rolled-back", "rebooted", "down"];
    assert_eq!(words[2..7], expected, "{words:?}");
    assert_eq!(life[7], ("updated".to_owned(), 10.0), "then the downgrade");
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
fn what_a_rule_lets_pass_is_refused_when_it_starts_and_without_both_it_runs() {
    for (rule, id, boot) in [
        ("update-signed", "wrong-key", "control:secure_boot"),
        ("update-not-older", "downgrade", "control:rollback_floor"),
    ] {
        let (less, none) = (format!("hardened-{rule}/attack"), "hardened-signed_update/attack");
        let run = run(UPDATE, &["--arm", &less, "--arm", none]);
        let stopped = step_of(arm(&run, &less), id);
        assert_eq!((&stopped["succeeded"], &stopped["stopped_by"][0]), (&0.into(), &boot.into()));
        assert_eq!(step_of(arm(&run, none), id)["succeeded"], 1, "{id}");
    }
}

#[test]
fn an_image_that_nobody_sends_lends_its_signature_to_none() {
    let twin =
        "[firmware.a-twin]\ncomponent = \"pump-implant\"\nversion = 13\n\n[firmware.implant]";
    let dir = changed(UPDATE, |text| text.replacen("[firmware.implant]", twin, 1));
    let less = "hardened-update-signed/attack";
    let run = run(path(&dir), &["--arm", less]);
    let stopped = step_of(arm(&run, less), "wrong-key");
    let by = &stopped["stopped_by"][0];
    assert_eq!((&stopped["succeeded"], by), (&0.into(), &"control:secure_boot".into()));
}

#[test]
fn an_image_that_was_sent_is_not_taken_for_one_that_was_not() {
    for other in ["signed_by = \"nobody\"", "arriving_bytes = 20000"] {
        let twin = "[firmware.a-twin]\ncomponent = \"insulin-pump\"\nversion = 12";
        let twin = format!("{twin}\n{other}\n\n[firmware.implant]");
        let dir = changed(UPDATE, |text| text.replacen("[firmware.implant]", &twin, 1));
        let life = life(path(&dir), "hardened/clean");
        assert_eq!(words(&life), ["down", "updated", "confirmed"], "{other}");
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
