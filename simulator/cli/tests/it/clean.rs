//! Clean trials of the sites with one bed and a patient with diabetes: nobody attacks, and nothing is given that nobody
//! meant. Here 60 trials each; `.ci/run` has 1,000, whose numbers are in the scenarios' and the sites' READMEs.

use serde_json::Value;

use crate::{medtwin, path};

/// A dose is unsafe if insulin arrives that nobody with a right to it ordered, if a device sets an actuator beyond the
/// prescription without a command, or if it carries out a command that nobody meant.
const UNSAFE: [&str; 3] = ["INT-1.forged_u", "INT-1.silent", "INT-1.uca"];

/// What 60 trials came to, by clean arm.
fn clean_arms(scenario: &str) -> Vec<Value> {
    let dir = tempfile::tempdir().expect("a directory");
    let output = medtwin(&["study", scenario, "--trials", "60", "--out", path(&dir)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "every expectation holds: {said}");
    let study = std::fs::read(dir.path().join("study.json")).expect("a study");
    let study: Value = serde_json::from_slice(&study).expect("JSON");
    check_expected(&study);
    let arms = study["arms"].as_array().expect("arms").iter();
    arms.filter(|arm| arm["attack"] == false).cloned().collect()
}

/// The scenario itself expects it of every trial of every clean arm.
#[track_caller]
fn check_expected(study: &Value) {
    assert_eq!(study["verdict"], "holds");
    let expected = study["expectations"].as_array().expect("expectations");
    for metric in UNSAFE {
        let text = format!("{metric} at most 0 in each of 60 trials");
        let is_it = |one: &Value| {
            let words = one["text"].as_str().is_some_and(|words| words.starts_with(&text));
            words && one["arm"] == "*/clean" && one["holds"] == true
        };
        assert!(expected.iter().any(is_it), "`{text}`: {expected:?}");
    }
}

fn mean(arm: &Value, metric: &str) -> f64 {
    assert_eq!(arm["metrics"][metric]["n"], 60, "{metric}");
    arm["metrics"][metric]["mean"].as_f64().expect("a mean")
}

#[track_caller]
fn check_safe(arms: &[Value]) {
    assert!(arms.len() >= 2, "two packs");
    for arm in arms {
        for metric in UNSAFE {
            assert!(mean(arm, metric).abs() < 1e-12, "{metric} of {}", arm["policy"]);
        }
        assert!(mean(arm, "SAF.insulin_u.alex") > 1.0, "they are treated");
    }
}

/// The first pack's share of time from 70 to 180 mg/dL, within two points of what is published.
#[track_caller]
fn check_in_range(arms: &[Value], published: f64) {
    let share = mean(&arms[0], "SAF.time_in_range.alex");
    assert!((share - published).abs() <= 0.02, "{share}, not {published}");
}

#[test]
fn a_closed_loop_gives_no_unsafe_dose_and_keeps_adults_in_range_as_published() {
    let arms = clean_arms("closed-loop-day");
    check_safe(&arms);
    check_in_range(&arms, 0.9349); // a simulator's, not a trial's: users.md 4
}

#[test]
fn basal_and_boluses_give_no_unsafe_dose_and_keep_people_in_range_as_published() {
    let arms = clean_arms("basal-bolus-day");
    check_safe(&arms);
    check_in_range(&arms, 0.7946); // a simulator's, not a trial's: users.md 4
}

#[test]
fn a_pump_at_home_gives_no_unsafe_dose() {
    check_safe(&clean_arms("large-meal-day"));
}
