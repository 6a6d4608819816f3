//! Clean trials of the sites with one bed: nobody attacks, and to a wearer nothing is given that nobody meant. Here 60 trials
//! each, of the intensive-care bed 20; `.ci/run` has 1,000, whose numbers are in the scenarios' and the sites' READMEs.

use serde_json::Value;

use crate::{medtwin, path};

/// A dose is unsafe if insulin arrives that nobody with a right to it ordered, if a device sets an actuator beyond the
/// prescription without a command, or if it carries out a command that nobody meant.
const UNSAFE: [&str; 3] = ["INT-1.forged_u", "INT-1.silent", "INT-1.uca"];

/// What 60 trials came to, by clean arm.
fn clean_arms(scenario: &str) -> Vec<Value> {
    clean_arms_of(scenario, 60, &UNSAFE.map(|metric| format!("{metric} at most 0")))
}

/// What so many trials came to, in each of which these metrics have these bounds.
fn clean_arms_of(scenario: &str, trials: u32, bounds: &[String]) -> Vec<Value> {
    let dir = tempfile::tempdir().expect("a directory");
    let output =
        medtwin(&["study", scenario, "--trials", &trials.to_string(), "--out", path(&dir)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "every expectation holds: {said}");
    let study = std::fs::read(dir.path().join("study.json")).expect("a study");
    let study: Value = serde_json::from_slice(&study).expect("JSON");
    check_expected(&study, trials, bounds);
    let arms = study["arms"].as_array().expect("arms").iter();
    arms.filter(|arm| arm["attack"] == false).cloned().collect()
}

/// The scenario itself expects it of every trial of every clean arm.
#[track_caller]
fn check_expected(study: &Value, trials: u32, bounds: &[String]) {
    assert_eq!(study["verdict"], "holds");
    let expected = study["expectations"].as_array().expect("expectations");
    for bound in bounds {
        let text = format!("{bound} in each of {trials} trials");
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

#[test]
fn an_intensive_care_bed_gives_no_unsafe_dose() {
    let bounds = [
        "SAF.dose_ratio.kim at most 1.1",
        "SAF.unsafe_dose.kim at most 0",
        "INT-1.uca at most 0",
        "INT-1.silent at most 0",
    ];
    let arms = clean_arms_of("icu-bed-day", 20, &bounds.map(str::to_owned));
    assert_eq!(arms.len(), 2, "two packs");
    for arm in arms {
        let given = arm["metrics"]["SAF.opioid_mg.kim"]["mean"].as_f64();
        assert!(given > Some(1.0), "they are treated: {given:?} mg");
    }
}
