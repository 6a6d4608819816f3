//! Protection of links from outside: keys that end, a downgrade, and a key that is found.

use serde_json::Value;

use crate::{changed, medtwin, metric, path, run, step};

/// The entries of an arm's trace.
fn trace(scenario: &str, arm: &str) -> Vec<Value> {
    let dir = tempfile::tempdir().expect("a directory");
    let done = medtwin(&["run", scenario, "--arm", arm, "--out", path(&dir), "--jsonl"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let name = format!("traces/{}.jsonl", arm.replace('/', "."));
    let lines = std::fs::read_to_string(dir.path().join(name)).expect("a trace");
    lines.lines().map(|line| serde_json::from_str(line).expect("an entry")).collect()
}

#[test]
fn a_key_that_ended_says_so_and_one_that_was_renewed_opens_nothing() {
    let run = run("key-expiry", &[]);
    let stopped = |arm: &str, id: &str| step(&run, arm, id)["stopped_by"][0].clone();
    assert_eq!(stopped("keys-expire/attack", "after-its-end"), "control:key_expired");
    for arm in ["keys-expire/attack", "keys-renewed/attack"] {
        assert_eq!(step(&run, arm, "while-it-lasts")["succeeded"], 1, "{arm}");
        assert_eq!(stopped(arm, "after-renewal"), "control:encryption", "{arm}");
    }
}

#[test]
fn a_key_that_ends_costs_a_late_dose_or_key_presses_in_time() {
    let run = run("key-expiry", &[]);
    let of = |pack: &str, id: &str| metric(&run, &format!("{pack}/clean"), id);
    let late = |pack| of(pack, "AVL-4.delay_min") - of("keys-for-ever", "AVL-4.delay_min");
    assert!((late("keys-expire") - 1.0).abs() < 0.1, "a minute without a beep");
    assert!(late("keys-renewed").abs() < 1e-9);
    let more = |pack| of(pack, "COST.key_presses") - of("keys-for-ever", "COST.key_presses");
    assert!(more("keys-expire") > 8.0, "paired anew, and dosed at the panel");
    assert!((more("keys-renewed") - 16.0).abs() < 1e-9, "paired anew twice");
    let seconds = |pack| of(pack, "COST.seconds") - of("keys-for-ever", "COST.seconds");
    assert!(seconds("keys-expire") > 45.0 && (seconds("keys-renewed") - 90.0).abs() < 1e-9);
}

/// `key-expiry` with a wearer who is unconscious when a renewal is due and the log is to be read, and
/// its pack that renews.
fn unconscious() -> tempfile::TempDir {
    let library =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/key-expiry");
    let pack = |file: &str| std::fs::read_to_string(library.join("keys-renewed").join(file));
    let dir = changed("key-expiry", |text| {
        let attack = text.split("[[expect]]").next().expect("an attack");
        let habits = "[patient.alex]\nwearer = { notices_beep = 0.0, notices_alarm = 0.0, \
            feels_low = 0.0, companion = 1.0, reads_log_h = 14.2 }\n";
        attack
            .replace("horizon_h = 10", "horizon_h = 14")
            .replace("\"keys-for-ever\"", "\"as-sold\"")
            .replace("\"keys-expire\"", "\"keys-renewed\"")
            .replace("compare = [\"keys-renewed\"]", "")
            .replace("[patient.alex]\n", habits)
            .replace(
                "args = { units = 2.0 }\nat_min = 150",
                "args = { units = 8.0 }\nat_min = 40\nrepeat = { times = 3, every_min = 4 }",
            )
    });
    std::fs::create_dir(dir.path().join("keys-renewed")).expect("made");
    for file in ["policy.cedar", "envelope.toml", "controls.toml"] {
        let text = pack(file).expect("a file of the pack");
        let text = text.replace("key_life_h = 4 ", "key_life_h = 7 ");
        let text = text.replace("renew_before_h = 0.5", "renew_before_h = 0.8");
        std::fs::write(dir.path().join("keys-renewed").join(file), text).expect("written");
    }
    dir
}

#[test]
fn a_wearer_who_is_unconscious_renews_keys_and_reads_the_log_when_they_are_not_any_more() {
    let entries = trace(path(&unconscious()), "keys-renewed/attack");
    let at_h = |verb: &str| {
        let entry = entries.iter().find(|entry| entry["verb"] == verb).expect(verb);
        entry["t_s"].as_f64().expect("a time") / 3600.0
    };
    let due_h = 6.2;
    assert!((0.0..0.5).contains(&(due_h - at_h("glucagon"))), "unconscious when both are due");
    for verb in ["pairs-anew", "reads-log"] {
        assert!((at_h(verb) - due_h - 0.5).abs() < 1e-6, "{verb}: half an hour later");
    }
}

/// How many readings of the sensor the pump was let hear, and how many not.
fn readings(arm: &str) -> (usize, usize) {
    let entries = trace("legacy-downgrade", arm).into_iter();
    let of_sensor = entries.filter(|entry| {
        entry["verb"] == "receive" && entry["subject"] == "pump" && entry["object"] == "cgm"
    });
    let (heard, refused): (Vec<_>, _) = of_sensor.partition(|entry| entry["outcome"] == "permit");
    (heard.len(), refused.len())
}

#[test]
fn taking_frames_in_clear_is_what_an_old_sensor_needs() {
    for pack in ["takes-clear", "bounds-clear"] {
        let (heard, refused) = readings(&format!("{pack}/clean"));
        assert!(heard > 80 && refused == 0, "{pack}: {heard} {refused}");
    }
    let (heard, refused) = readings("sealed/clean");
    assert!(heard == 0 && refused > 80, "{heard} {refused}");
}

#[test]
fn the_key_of_a_session_is_found_and_not_given() {
    let other =
        changed("dana-rs-ble", |text| text.replace("pairing_key = 40961", "pairing_key = 299"));
    let other = path(&other);
    let found = |scenario: &str| {
        let entries = trace(scenario, "as-sold/attack");
        let mut of_step = entries.iter().filter(|entry| entry["subject"] == "crack-key");
        let mut at = |word: &str| {
            let entry = of_step.find(|entry| entry["verb"] == word).expect("an entry");
            entry["t_s"].as_f64().expect("a time")
        };
        let began = at("attempt");
        at("learned") - began
    };
    // Keys are tried in order, 300 a second.
    assert!((found("dana-rs-ble") - 40_962.0 / 300.0).abs() < 1e-3);
    assert!((found(other) - 1.0).abs() < 1e-3);
}

#[test]
fn no_key_is_found_where_the_link_seals_what_it_could_be_tried_on() {
    for name in ["hardened/attack", "as-sold+encryption/attack"] {
        let run = run("dana-rs-ble", &["--arm", name]);
        let crack = step(&run, name, "crack-key");
        assert_eq!((&crack["attempts"], &crack["succeeded"]), (&1.into(), &0.into()), "{name}");
        assert_eq!(crack["notes"][0], "no-key-fits", "{name}");
        assert_eq!(step(&run, name, "without-pin")["attempts"], 0, "{name}");
    }
}

/// What comes of keys pressed at the app by somebody who has it in hand, beside the two replays.
fn pressed(change: impl Fn(String) -> String) -> f64 {
    let by_hand = changed("dana-rs-ble", |text| {
        let radio = "do = \"inject\"\nto = \"pump\"\nverb = \"bolus\"";
        assert!(text.contains(radio));
        let hands = "do = \"press\"\nto = \"remote\"\nkey = \"bolus\"";
        change(text.replace(radio, hands).replace("adjacent-radio", "physical"))
    });
    metric(&run(path(&by_hand), &[]), "as-sold/attack", "INT-1.uca") - 2.0
}

#[test]
fn the_app_sends_nothing_without_its_pin_and_the_pump_never_asks() {
    assert!(pressed(|text| text).abs() < 1e-9);
    assert!((pressed(|text| text.replace(", pin = 2468", "")) - 8.0).abs() < 1e-9);
    let by_radio = run("dana-rs-ble", &[]);
    assert_eq!(step(&by_radio, "as-sold/attack", "without-pin")["succeeded"], 8);
}

#[track_caller]
fn check_refused(from: &str, to: &str, words: &[&str]) {
    let scenario = changed("dana-rs-ble", |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let done = medtwin(&["run", path(&scenario)]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "`{word}` is not in: {said}"));
}

#[test]
fn what_an_author_gets_wrong_about_links_is_told_with_its_place() {
    check_refused("medium = \"ble\"", "medium = \"bel\"", &["proprietary-900mhz, ble"]);
    check_refused("tries_per_s = 300", "tries_per_s = 0", &["`tries_per_s` of step `crack-key`"]);
    let search = |i| {
        format!(
            "[[step]]\nid = \"c{i}\"\nby = \"eve\"\ndo = \"crack\"\nfrom = \"remote\"\nto = \"pump\"\n"
        )
    };
    let many: String = (0..16).map(search).collect();
    let expect = "[[expect]]\nid = \"bypassed-as-sold\"";
    check_refused(expect, &(many + expect), &["`c15` is one search", "at most 16"]);
    check_refused(
        "do = \"replay\"",
        "do = \"replay\"\nstrip = true",
        &["step `replay` strips nothing"],
    );
    check_refused("do = \"crack\"\nfrom = \"remote\"", "do = \"crack\"", &["has no `from`"]);
}
