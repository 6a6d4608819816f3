//! Every rule of a pack is there for something that can be seen.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{medtwin, run, scenarios};

type Metrics = BTreeMap<String, f64>;

fn metrics(value: &Value) -> Metrics {
    let all = value["metrics"].as_object().expect("metrics");
    all.iter().filter_map(|(id, v)| Some((id.clone(), v.as_f64()?))).collect()
}

/// The metrics of which more is worse.
fn is_harm(id: &str) -> bool {
    let int = ["INT-1.uca", "INT-1.silent", "INT-1.rejected", "INT-1.forged_u"];
    let parts = ["SAF.severity", "SAF.minutes_", "INT-4.unapproved", "LIF-3.exposed"];
    int.contains(&id) || parts.iter().any(|part| id.starts_with(part))
}

/// Rules that keep images out which secure boot would not start: without them devices stay as safe, and
/// are down while the image is written and the slot before it is started again. Any other rule has to
/// prevent a harm: that some device is up for longer is no reason for it.
const SPARES_AN_OUTAGE: [&str; 2] = ["update-signed", "update-not-older"];

fn is_worse(rule: &str, changed: &Metrics, whole: &Metrics) -> bool {
    let harms = changed.iter().filter(|(id, _)| is_harm(id));
    let more = |(id, value): (&String, &f64)| *value > whole.get(id).copied().unwrap_or(0.0) + 1e-9;
    let counts = SPARES_AN_OUTAGE.contains(&rule);
    let mut up = whole.iter().filter(|(id, _)| counts && id.starts_with("AVL-1."));
    let less = |(id, value): (&String, &f64)| changed.get(id).is_some_and(|c| *c < value - 1e-9);
    harms.into_iter().any(more) || up.any(less)
}

/// Which of the candidate's rules and limits make `scenario` worse when they are taken out.
fn worth(scenario: &str) -> Vec<(String, bool)> {
    let run = run(scenario, &["--candidate", "hardened", "--ablate"]);
    let arms = run["arms"].as_array().expect("arms").iter();
    let whole: BTreeMap<bool, Metrics> = arms
        .filter(|arm| arm["policy"] == "hardened")
        .map(|arm| (arm["attack"] == true, metrics(arm)))
        .collect();
    let rows = run["ablation"].as_array().expect("an ablation").iter();
    let worth = rows.filter_map(|row| {
        let id = row["removed"].as_str()?.strip_prefix('-')?.to_owned();
        let attack = row["arm"].as_str()?.ends_with("/attack");
        let is_worse = is_worse(&id, &metrics(row), &whole[&attack]);
        Some((id, is_worse))
    });
    worth.collect()
}

#[test]
fn any_rule_taken_out_of_hardened_makes_some_scenario_worse() {
    let mut worse: BTreeMap<String, bool> = BTreeMap::new();
    for scenario in scenarios() {
        for (id, is_worse) in worth(&scenario) {
            *worse.entry(id).or_default() |= is_worse;
        }
    }
    let checked = String::from_utf8(medtwin(&["policy", "check", "hardened"]).stdout);
    let checked = checked.expect("text");
    let rules = checked
        .lines()
        .filter(|line| ["permit", "forbid", "limit"].iter().any(|kind| line.starts_with(kind)));
    let rules: Vec<&str> = rules.filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert!(rules.len() >= 14, "{rules:?}");
    for rule in rules {
        assert_eq!(worse.get(rule), Some(&true), "`{rule}` makes no scenario worse when it goes");
    }
}

#[test]
fn the_ablation_of_an_implant_names_what_bounds_the_dose() {
    let implant = run("pump-implant", &["--ablate"]);
    let bounds = implant["bounds"].as_array().expect("bounds").iter();
    let ids: Vec<&str> = bounds.filter_map(|bound| bound["id"].as_str()).collect();
    for id in ["no-silent-dose", "dose-within-three-hours"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    assert!(!ids.contains(&"pump-infuses"), "no therapy is no attack: {ids:?}");
}
