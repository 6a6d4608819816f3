//! Infusion pumps as components, on their hardware, at a patient: each row of models.md 3.5 that the
//! product has.

use medtwin_engine::trace::Kind;
use medtwin_host::Sandbox;

use crate::world::{Models, Ran, arm, ran, resolved};

const ENVELOPE: &str = include_str!("../../../../policies/library/infusion-as-sold/envelope.toml");

/// A bed with a PCA pump of morphine, 1 mL on demand, and these orders.
fn bed(config: &str, orders: &str, more: &str) -> Ran {
    bed_of("morphine", config, orders, more)
}

fn bed_of(drug: &str, config: &str, orders: &str, more: &str) -> Ran {
    let text = format!(
        r#"
title = "A bed"
horizon_h = 3
[patient.kim]
model = "opioid-respiration"
id = "adult-70kg-naive"
pain = 0.0
prescription = {{ flow_ml_per_h = 1.0, dose_1h_ml = 5.0, lockout_min = 6.0 }}
orders = [{orders}]
[device.pump]
model = "pca-pump"
patient = "kim"
config = {{ drug = "{drug}", concentration_ug_per_ml = 1000, demand_ml = 1.0, {config} }}
{more}
"#
    );
    let world = resolved(&text, &Models::new(&Sandbox::new()));
    ran(&world, &arm(&world, ENVELOPE))
}

fn key(at_min: f64, key: &str, value: f64) -> String {
    format!("{{ at_min = {at_min}, device = \"pump\", key = \"{key}\", value = {value} }},")
}

/// What left the pump [mL], in the minutes from one to another.
fn pumped_ml(ran: &Ran, from: f64, to: f64) -> f64 {
    let text = |name| ran.setup.names.text(name);
    let delivered = ran.entries.iter().filter(|entry| entry.kind == Kind::Deliver);
    let volume = delivered.filter(|entry| text(entry.object) == "volume");
    let within = volume.filter(|entry| entry.at.as_minutes() > from && entry.at.as_minutes() <= to);
    within.map(|entry| entry.value).fold(0.0, |sum, ml| sum + ml)
}

#[track_caller]
fn check_close(is: f64, should: f64, by: f64) {
    assert!((is - should).abs() <= by, "{is}, not {should}");
}

const RUNNING: &str = "running = true";

#[test]
fn the_basal_rate_runs_within_half_a_millilitre_an_hour() {
    let ran = bed(RUNNING, "", "");
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.01);
    check_close(ran.shown("pump", "given-ml").expect("shown"), pumped_ml(&ran, 0.0, 180.0), 0.03);
}

#[test]
fn a_demand_is_given_and_the_next_only_after_the_lockout() {
    let presses: String =
        [10.0, 12.0, 15.9, 16.1].map(|at| key(at, "patient-button", 1.0)).concat();
    let ran = bed(RUNNING, &presses, "");
    check_close(pumped_ml(&ran, 9.0, 15.0), 1.1, 0.03);
    check_close(pumped_ml(&ran, 15.0, 21.0), 1.1, 0.03);
    assert_eq!(ran.shown("pump", "demands-denied"), Some(2.0));
}

#[test]
fn no_hour_gets_more_than_its_limit_however_often_the_button_is_pressed() {
    let presses: String = (5..175).map(|at| key(f64::from(at), "patient-button", 1.0)).collect();
    let ran = bed(RUNNING, &presses, "");
    let hours = (0..=120).map(|from| pumped_ml(&ran, f64::from(from), f64::from(from) + 60.0));
    let worst = hours.fold(0.0, f64::max);
    assert!((4.5..=5.05).contains(&worst), "{worst}");
}

#[test]
fn a_clinicians_dose_is_spread_over_its_time() {
    let keys = [key(10.0, "duration", 30.0), key(10.1, "clinician-bolus", 2.0)].concat();
    let ran = bed(RUNNING, &keys, "");
    check_close(pumped_ml(&ran, 10.0, 25.0), 1.25, 0.05);
    check_close(pumped_ml(&ran, 10.0, 45.0), 2.0 + 35.0 / 60.0, 0.05);
}

#[test]
fn a_program_beyond_a_hard_limit_does_not_start_and_beyond_a_soft_one_is_confirmed() {
    let hard = [key(1.0, "basal", 10.0), key(2.0, "confirm", 1.0), key(3.0, "start", 1.0)].concat();
    let ran = bed("running = false", &hard, "");
    assert!(pumped_ml(&ran, 0.0, 180.0) <= 0.0);
    assert_eq!(ran.alarms("pump", "hard-limit").len(), 1);
    let unconfirmed = [key(1.0, "basal", 2.5), key(3.0, "start", 1.0)].concat();
    assert!(pumped_ml(&bed("running = false", &unconfirmed, ""), 0.0, 180.0) <= 0.0);
    let confirmed = [unconfirmed, key(4.0, "confirm", 1.0), key(5.0, "start", 1.0)].concat();
    let ran = bed("running = false", &confirmed, "");
    assert!(pumped_ml(&ran, 0.0, 60.0) > 2.0);
}

#[test]
fn what_the_library_does_not_have_does_not_start() {
    let ran = bed_of("fentanyl", RUNNING, "", "");
    assert!(pumped_ml(&ran, 0.0, 60.0) <= 0.0, "fentanyl of 1000 ug/mL is in no library");
    assert_eq!(ran.alarms("pump", "unknown-drug").len(), 1);
    let hasty = bed("running = true, lockout_min = 2", "", "");
    assert!(pumped_ml(&hasty, 0.0, 60.0) <= 0.0, "2 min are less than the hard lockout");
}

#[test]
fn an_occluded_line_stops_the_pump_at_ten_psi_and_what_it_held_comes_at_once() {
    let ran = bed(RUNNING, "", "occluded_min = [10, 90]");
    let occluded = ran.alarms("pump", "occlusion");
    let (at_s, priority) = occluded.first().copied().expect("an alarm");
    assert!((50.0..60.0).contains(&(at_s / 60.0)), "{at_s}"); // 0.76 mL at 1 mL/h, from minute 10
    check_close(priority, 2.0, 1e-9);
    assert!(pumped_ml(&ran, 60.0, 180.0) <= 0.0, "it stays stopped");
}

#[test]
fn an_empty_reservoir_is_announced_and_then_stops_the_pump() {
    let ran = bed("running = true, reservoir_ml = 1.5", "", "");
    let low = ran.alarms("pump", "low-reservoir").first().copied().expect("an alarm");
    let empty = ran.alarms("pump", "empty-reservoir").first().copied().expect("an alarm");
    assert!(low.0 < empty.0 && (low.1, empty.1) == (1.0, 2.0), "{low:?} {empty:?}");
    check_close(pumped_ml(&ran, 0.0, 180.0), 1.0, 0.02);
}

#[test]
fn the_stop_key_always_stops_and_a_clinician_needs_a_pin() {
    let stopped = bed(RUNNING, &key(60.0, "stop", 1.0), "");
    assert!(pumped_ml(&stopped, 61.0, 180.0) <= 0.0);
    let keys = [key(1.0, "clinician", 1111.0), key(2.0, "start", 1.0)].concat();
    let pin = "running = false, clinician_pin = 4711";
    assert!(pumped_ml(&bed(pin, &keys, ""), 0.0, 180.0) <= 0.0);
    let keys = [key(1.0, "clinician", 4711.0), key(2.0, "start", 1.0)].concat();
    assert!(pumped_ml(&bed(pin, &keys, ""), 0.0, 180.0) > 2.0);
    let late = [key(1.0, "clinician", 4711.0), key(5.0, "start", 1.0)].concat();
    assert!(pumped_ml(&bed(pin, &late, ""), 0.0, 180.0) <= 0.0, "after 3 min it is forgotten");
}

#[test]
fn without_a_supervisor_that_gives_tickets_nothing_flows() {
    let ran = bed("running = true, interlock = \"ticket\"", "", "");
    assert!(pumped_ml(&ran, 0.0, 180.0) <= 0.0);
    let more = "[device.interlock]\nmodel = \"pca-interlock\"\npatient = \"kim\"\n\
        config = { rule = \"full\", ticket = true }\n[link.ice]\nmedium = \"ble\"\nloss = 0\n\
        nodes = [\"pump\", \"interlock\"]\n";
    let ran = bed("running = true, interlock = \"ticket\"", "", more);
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.02);
}

#[test]
fn a_library_that_a_pharmacist_released_is_taken_and_starts_nothing() {
    let more = |signs: bool| {
        format!(
            "[device.server]\nmodel = \"pump-server\"\nconfig = {{ pumps = 1, release_min = 10, \
             library_version = 8, signs = {signs} }}\npeers = {{ pump = \"pump\" }}\n\
             [link.lan]\nmedium = \"ble\"\nloss = 0\nnodes = [\"pump\", \"server\"]\n\
             [device.pump.peers]\npump-server = \"server\"\n"
        )
    };
    let checked = "running = false, library_signature = true";
    let ran = bed(checked, "", &more(true));
    assert_eq!(ran.shown("pump", "library"), Some(8.0));
    assert_eq!(ran.shown("server", "pumps-current"), Some(1.0));
    assert!(pumped_ml(&ran, 0.0, 180.0) <= 0.0);
    let unsigned = bed(checked, "", &more(false));
    assert_eq!(unsigned.shown("pump", "library"), Some(1.0));
    assert_eq!(unsigned.alarms("server", "library-mismatch").len(), 1);
}
