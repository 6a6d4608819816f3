//! What the scenarios of the library show.

use crate::{FIRST, changed, medtwin, metric, path, run};

#[test]
fn every_expectation_of_the_library_holds() {
    let output = medtwin(&["verify"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.trim_end().ends_with(" passed, 0 failed"), "{said}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn forged_boluses_harm_as_sold_and_do_nothing_hardened() {
    let first = run(FIRST, &["--seed", "1"]);
    assert!(metric(&first, "as-sold/attack", "INT-1.forged_u") >= 5.0);
    assert!(metric(&first, "as-sold/attack", "SAF.minutes_below_54.alex") >= 15.0);
    assert!(metric(&first, "hardened/attack", "INT-1.uca").abs() < 1e-9);
    let lowest = |arm: &str| metric(&first, arm, "SAF.min_glucose_mg_dl.alex");
    assert!((lowest("hardened/attack") - lowest("hardened/clean")).abs() < 5.0);
    assert!(lowest("hardened/clean") >= 70.0 && lowest("as-sold/clean") >= 70.0);
}

#[test]
fn an_adversary_out_of_range_reaches_nobody() {
    let far = |m: &str| {
        let distance = format!("links = [\"rf\"]\ndistance_m = {m}");
        let dir = changed(FIRST, |text| text.replace("links = [\"rf\"]", &distance));
        metric(&run(path(&dir), &[]), "as-sold/attack", "INT-1.uca")
    };
    assert!(far("2.9") > 3.0);
    assert!(far("3.1").abs() < 1e-9);
}

#[test]
fn one_false_expectation_is_exit_code_1() {
    let dir = changed(FIRST, |text| text.replacen("at_least = 15", "at_least = 150000", 1));
    assert_eq!(medtwin(&["run", path(&dir)]).status.code(), Some(1));
    assert_eq!(medtwin(&["run", FIRST]).status.code(), Some(0));
}

#[test]
fn an_ablation_names_every_rule_and_control() {
    let implant = run("pump-implant", &["--ablate"]);
    let rows = implant["ablation"].as_array().expect("an ablation");
    let silent = |removed: &str| -> f64 {
        let row = rows.iter().find(|row| {
            row["removed"] == removed && row["arm"].as_str().is_some_and(|a| a.ends_with("/attack"))
        });
        row.expect("a row")["metrics"]["INT-1.silent"].as_f64().expect("a number")
    };
    assert!(silent("-no-silent-dose") > 0.0);
    assert!(silent("-dose-within-three-hours").abs() < 1e-9);
}

#[test]
fn somebody_elses_component_runs_in_the_place_of_the_pump() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("theirs.wasm");
    std::fs::write(&file, medtwin_artifacts::RING_NODE.component).expect("written");
    let given = format!("pump={}", file.display());
    let theirs = run(FIRST, &["--model", &given]);
    let pump = |run: &serde_json::Value| {
        let models = run["models"].as_array().expect("models").clone();
        models.into_iter().find(|model| model["device"] == "pump").expect("a pump")
    };
    assert_ne!(pump(&theirs)["sha256"], pump(&run(FIRST, &[]))["sha256"]);
    assert_eq!(pump(&theirs)["imports"], serde_json::json!(["timer", "network"]));
    // It starts, and doses nothing: the wearer's glucose rises.
    assert!(metric(&theirs, "hardened/clean", "AVL-1.pump") > 0.99);
    assert!(metric(&theirs, "hardened/clean", "SAF.insulin_u.alex").abs() < 1e-9);
}

#[test]
fn the_fault_of_each_hostile_component_is_named() {
    let short = changed(FIRST, |text| {
        let unattacked = text.split("[[step]]").next().unwrap_or_default();
        unattacked
            .replace("horizon_h = 6", "horizon_h = 1")
            .replace("[adversary.eve]", "")
            .replace("position = \"adjacent-radio\"", "")
            .replace("links = [\"rf\"]", "")
    });
    let dir = tempfile::tempdir().expect("a directory");
    let mut told = std::collections::BTreeSet::new();
    for module in medtwin_hostile::all().into_iter().filter(|module| module.fault.is_some()) {
        let word = module.fault.unwrap_or_default();
        if !told.insert(word.clone()) {
            continue; // each kind once; the sandbox's own tests run them all
        }
        let file = dir.path().join(format!("{}.wasm", module.name));
        std::fs::write(&file, &module.module).expect("written");
        let given = format!("pump={}", file.display());
        let said = medtwin(&["run", path(&short), "--model", &given]);
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let line = format!("as-sold/clean: pump broke off: {word} (4)");
        assert!(said.contains(&line), "{}: {said}", module.name);
    }
    assert!(told.len() >= 5, "{told:?}");
}

/// What the devices of every arm were: components, configs, imports.
fn devices(run: &serde_json::Value) -> Vec<String> {
    let arms = run["arms"].as_array().expect("arms").iter();
    arms.map(|arm| arm["devices_sha256"].as_str().expect("a digest").to_owned()).collect()
}

#[test]
fn devices_and_config_are_equal_in_all_arms() {
    let first = devices(&run(FIRST, &[]));
    assert!(first.len() >= 6 && first.iter().all(|arm| *arm == first[0]), "{first:?}");
    for arm in ["as-sold/attack", "hardened-auth/clean"] {
        assert_eq!(devices(&run(FIRST, &["--arm", arm])), first[..1], "{arm} alone");
    }
    let dir = changed(FIRST, |text| {
        let pump = "[device.pump]\nmodel = \"insulin-pump\"\npatient = \"alex\"\n\
            config = { serial = 1 }\n\n[adversary.eve]";
        text.replace("[adversary.eve]", pump)
    });
    let other = devices(&run(path(&dir), &[]));
    assert!(other.iter().all(|arm| *arm == other[0]) && other[0] != first[0], "{other:?}");
}

#[test]
fn the_readme_of_a_scenario_says_what_it_expects() {
    let library = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for scenario in crate::scenarios() {
        let read = |file: &str| std::fs::read_to_string(library.join(&scenario).join(file));
        let (readme, toml) = (read("README.md").expect("a README"), read("scenario.toml"));
        let toml = toml.expect("a scenario");
        for line in toml
            .lines()
            .filter(|line| ["arm = ", "metric = ", "title = "].iter().any(|k| line.starts_with(k)))
        {
            let words = line.split('"').nth(1).expect("words");
            assert!(readme.contains(words), "{scenario}: `{words}` is not in its README");
        }
    }
}

#[test]
fn the_page_of_metrics_is_what_the_program_says() {
    let page = include_str!("../../../../docs/metrics.md");
    assert_eq!(String::from_utf8_lossy(&medtwin(&["metrics"]).stdout), page);
}

#[test]
fn the_schema_knows_every_key_of_the_library_and_no_other() {
    let said = medtwin(&["scenario", "schema"]).stdout;
    let schema: serde_json::Value = serde_json::from_slice(&said).expect("JSON Schema");
    assert_eq!(schema["additionalProperties"], false);
    let keys = schema["properties"].as_object().expect("properties");
    for key in ["title", "horizon_h", "patient", "device", "link", "adversary", "step", "expect"] {
        assert!(keys.contains_key(key), "{key}");
    }
    assert_eq!(schema["$defs"]["Step"]["properties"]["do"]["type"], "string");
}
