//! What the policy tools say.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{FIRST, medtwin, path};

fn said(arguments: &[&str]) -> Value {
    let output = medtwin(&[&["policy"], arguments, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// One line of the table made by hand.
#[derive(Debug)]
struct Row {
    scenario: &'static str,
    policy: &'static str,
    step: &'static str,
    decision: [&'static str; 3],
}

fn by_hand() -> Vec<Row> {
    let lines = include_str!("../data/explained.txt").lines();
    let rows = lines.filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let [scenario, policy, step, action, decision, rule] =
            line.split(" / ").collect::<Vec<_>>().try_into().expect("six columns");
        Row { scenario, policy, step, decision: [action, decision, rule] }
    };
    rows.map(row).collect()
}

/// What `policy explain` says of every policy that the table has of a scenario, and of its own two.
fn explained(scenario: &str, rows: &[Row]) -> Value {
    let policies: BTreeSet<_> =
        rows.iter().filter(|row| row.scenario == scenario).map(|row| row.policy).collect();
    let arms = policies.iter().flat_map(|policy| ["--arm", policy]);
    said(&["explain", scenario].into_iter().chain(arms).collect::<Vec<_>>())
}

#[test]
fn what_let_or_stopped_each_step_is_what_a_reader_of_the_packs_says() {
    let rows = by_hand();
    for scenario in crate::scenarios() {
        let explain = explained(&scenario, &rows);
        for arm in list(&explain, "arms") {
            let policy = arm["arm"].as_str().and_then(|arm| arm.strip_suffix("/attack"));
            for step in list(arm, "steps") {
                let is = |row: &&Row| {
                    (row.scenario, Some(row.policy), Some(row.step))
                        == (&*scenario, policy, step["id"].as_str())
                };
                let rows: Vec<_> = rows.iter().filter(is).collect();
                assert!(!rows.is_empty(), "{scenario} {policy:?} {step} is not in the table");
                rows.iter().for_each(|row| check_decided(row, list(step, "decisions")));
            }
        }
    }
}

#[track_caller]
fn check_decided(row: &Row, decisions: &[Value]) {
    let is = |decision: &Value| {
        ["action", "decision", "rule"].map(|key| decision[key].as_str()) == row.decision.map(Some)
    };
    let holds = match row.decision {
        ["-", "-", "-"] => decisions.is_empty(),
        _ => decisions.iter().any(is),
    };
    assert!(holds, "{row:?}: {decisions:?}");
}

#[test]
fn a_learned_pack_keeps_therapy_and_bounds_an_implant_but_no_honest_looking_command() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("learned");
    let out = out.to_str().expect("UTF-8");
    let learned = said(&["learn", FIRST, "--runs", "60", "--out", out]);
    assert_eq!(learned["therapy_unchanged"], learned["tried"]);
    assert_eq!(learned["tried"], 30);
    let of = |key: &str| learned[key].as_u64().expect("a number");
    assert!(of("used") <= of("granted") && of("granted") < of("granted_by_reference"));
    let came = |scenario: &str| {
        let all = list(&learned, "outcomes");
        let one = all.iter().find(|outcome| outcome["scenario"] == scenario).expect("compared");
        let [before, after] = one["attacked"].as_array().expect("attacked").as_slice() else {
            panic!("two packs")
        };
        (before["forged_u"].as_f64().expect("U"), after["forged_u"].as_f64().expect("U"))
    };
    let (implant, bounded) = came("pump-implant");
    assert!(implant > 50.0 && bounded < 0.1 * implant, "{implant} {bounded}");
    let (forged, learned_forged) = came(FIRST);
    assert!((forged - learned_forged).abs() < 1e-9 && forged > 0.0, "{forged} {learned_forged}");
    let again = medtwin(&["policy", "learn", FIRST, "--runs", "2", "--out", out]);
    assert_eq!(again.status.code(), Some(2), "it writes over no pack");
    // It is a pack like any other.
    assert!(medtwin(&["policy", "check", out]).status.success());
    let differs = said(&["diff", "as-sold", out]);
    assert!(list(&differs, "more").is_empty());
}

#[test]
fn a_learned_pack_has_the_budgets_of_its_reference_so_that_updates_arrive() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("learned");
    let out = out.to_str().expect("UTF-8");
    let learned = said(&["learn", "firmware-update", "--runs", "4", "--out", out]);
    assert_eq!((&learned["keeps_therapy"], &learned["tried"]), (&Value::Bool(true), &2.into()));
    let all = list(&learned, "outcomes");
    let own = all.iter().find(|one| one["scenario"] == "firmware-update").expect("compared");
    assert_eq!(own["clean"][0], own["clean"][1]);
    let envelope = std::fs::read_to_string(dir.path().join("learned/envelope.toml"));
    assert!(
        envelope.expect("written").contains("[model.update-server]\nbytes_per_event = 262144\n")
    );
}

#[test]
fn a_learned_pack_under_which_therapy_is_another_is_exit_code_1() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("learned");
    let out = out.to_str().expect("UTF-8");
    // The limits and controls of the reference changed therapy, and are not learned.
    let learn = ["policy", "learn", "remote-jammed", "--reference", "hardened", "--runs", "2"];
    let learned = medtwin(&[&learn[..], &["--out", out]].concat());
    assert_eq!(learned.status.code(), Some(1));
    let said = String::from_utf8_lossy(&learned.stdout);
    assert!(said.contains("therapy: the same in 0 of 1"), "{said}");
    assert!(said.contains("it does not keep therapy"), "{said}");
}

#[test]
fn a_pack_that_grants_less_is_said_to() {
    let differs = said(&["diff", "as-sold", "hardened"]);
    assert!(list(&differs, "more").is_empty());
    let lost = |granted: &Value| granted["model"] == "cgm" && granted["action"] == "update.stage";
    assert!(list(&differs, "less").iter().any(lost));
    assert!(list(&differs, "rules_new").iter().any(|rule| rule["id"] == "no-forged-command"));
    assert!(list(&differs, "rules_gone").iter().any(|rule| rule["id"] == "all-hardware"));
    let back = said(&["diff", "hardened", "as-sold"]);
    assert_eq!(back["more"], differs["less"]);
}

#[test]
fn names_that_are_none_are_refused() {
    for arguments in [
        &["explain", "no-such-scenario"][..],
        &["explain", FIRST, "--arm", "no-such-pack"],
        &["diff", "as-sold", "no-such-pack"],
        &["learn", FIRST, "--out", "x", "--reference", "no-such-pack"],
        &["learn", FIRST, "--out", "x", "--runs", "1"],
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let inside = arguments.iter().map(|a| if *a == "x" { path(&dir) } else { a });
        let output = medtwin(&std::iter::once("policy").chain(inside).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

/// What `policy check` notes about a pack with these rules.
fn noted(cedar: &str) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a directory");
    for (file, text) in [("policy.cedar", cedar), ("envelope.toml", ""), ("controls.toml", "")] {
        std::fs::write(dir.path().join(file), text).expect("written");
    }
    let checked = said(&["check", path(&dir)]);
    list(&checked, "notes").iter().map(|note| note.as_str().expect("text").to_owned()).collect()
}

#[test]
fn a_pack_is_told_what_it_says_in_vain_and_whom_it_leaves_out() {
    let all = r#"@id("all") @reason("r") permit (principal, action, resource);"#;
    assert!(noted(all).is_empty());
    let shadowed = format!(
        r#"{all} @id("clock") @reason("r") permit (principal, action == Action::"clock.read", resource);"#
    );
    assert_eq!(noted(&shadowed), ["`clock` never decides: all answers before it"]);
    let unused = r#"@id("log") @reason("r") permit (principal in Model::"cgm", action == Action::"log.write", resource);"#;
    let notes = noted(unused);
    assert!(notes.contains(&"`log` grants what no component of the library imports".to_owned()));
    let out = "`insulin-pump` imports `actuator`, which nothing grants: it does not start under this pack";
    assert!(notes.iter().any(|note| note == out), "{notes:?}");
}

#[test]
fn a_pack_may_let_in_what_comes_of_one_zone_and_not_of_another() {
    let pack = tempfile::tempdir().expect("a directory");
    let cedar = r#"
@id("all") @reason("r") permit (principal, action, resource);
@id("no-radio") @reason("r") @control("segmentation")
forbid (principal, action == Action::"network.receive", resource in Zone::"radio");
"#;
    for (file, text) in [("policy.cedar", cedar), ("envelope.toml", ""), ("controls.toml", "")] {
        std::fs::write(pack.path().join(file), text).expect("written");
    }
    for (zone, forged_u) in [("radio", false), ("cable", true)] {
        let link = format!(
            "[link.rf]\nzone = \"{zone}\"\nmedium = \"proprietary-900mhz\"\nnodes = [\"pump\", \"remote\", \"cgm\"]\n\n[adversary.eve]"
        );
        let zoned = crate::changed(FIRST, |text| {
            let (before, _) = text.split_once("[[expect]]").expect("expectations");
            before.replacen("[adversary.eve]", &link, 1)
        });
        let arm = format!("{}/attack", path(&pack));
        let run = crate::run(path(&zoned), &["--candidate", path(&pack)]);
        let arms = run["arms"].as_array().expect("arms");
        let own = arms.iter().find(|own| own["policy"] != "as-sold" && own["attack"] == true);
        let forged = own.expect("an arm")["metrics"]["INT-1.forged_u"].as_f64().expect(&arm);
        assert_eq!(forged > 0.0, forged_u, "{zone}");
    }
}
