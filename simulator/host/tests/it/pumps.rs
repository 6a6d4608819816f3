//! Infusion pumps as components, on their hardware, at a patient: each row of models.md 3.5 that the
//! product has.

use std::sync::{Arc, LazyLock};

use medtwin_engine::resolve::Resolved;
use medtwin_engine::trace::Kind;
use medtwin_host::Sandbox;
use medtwin_policy::{Pack, Source};

use crate::world::{AS_SOLD, Models, Ran, arm, attacked, ran, resolved};

const ENVELOPE: &str = include_str!("../../../../policies/library/infusion-as-sold/envelope.toml");

/// Compiled once for all tests here.
static MODELS: LazyLock<Models> = LazyLock::new(|| Models::new(&Sandbox::new()));

/// A bed with a PCA pump of morphine, 1 mL on demand, and these orders.
fn bed(config: &str, orders: &str, more: &str) -> Ran {
    bed_of("morphine", config, orders, more)
}

fn bed_of(drug: &str, config: &str, orders: &str, more: &str) -> Ran {
    let config =
        format!("drug = \"{drug}\", concentration_ug_per_ml = 1000, demand_ml = 1.0, {config}");
    as_sold(&bed_with("pca-pump", 1.0, &config, orders, more))
}

/// A bed with a large-volume pump at 60 mL/h, running.
fn drip(config: &str, orders: &str, more: &str) -> Ran {
    let config = format!("running = true, reservoir_ml = 1000, {config}");
    as_sold(&bed_with("large-volume-pump", 60.0, &config, orders, more))
}

fn as_sold(world: &Resolved) -> Ran {
    ran(world, &arm(world, ENVELOPE))
}

/// As sold but for what is forbidden.
fn ran_without(world: &Resolved, what: &str) -> Ran {
    let forbids = format!(
        "@id(\"worn-out\") @reason(\"a part of it is worn out\")\nforbid (principal, {what});\n"
    );
    let cedar = [AS_SOLD, &forbids].concat();
    let source = Source { name: "worn-out", cedar: &cedar, envelope: ENVELOPE, controls: "" };
    let pack = Pack::parse(source).unwrap_or_else(|errors| panic!("{errors:?}"));
    ran(world, &Arc::new(world.arm(&pack)))
}

/// A bed at which somebody says these texts to the pump, at these minutes, as one of its peers would.
fn told(model: &str, ml_per_h: f64, config: &str, orders: &str, says: &[(f64, &str)]) -> Ran {
    let peer = if model == "pca-pump" { "interlock" } else { "gateway" };
    let mut more = format!(
        "[device.pump.peers]\n{peer} = \"peer\"\n[device.peer]\nmodel = \"docking-gateway\"\n\
         peers = {{ pump = \"pump\" }}\n[link.lan]\nmedium = \"ble\"\nloss = 0\n\
         nodes = [\"pump\", \"peer\"]\n[adversary.mallory]\nposition = \"hospital-network\"\n\
         foothold = [\"peer\"]\nlinks = [\"lan\"]\n"
    );
    for (step, (at_min, text)) in says.iter().enumerate() {
        more += &format!(
            "[[step]]\nid = \"says-{step}\"\nby = \"mallory\"\ndo = \"inject\"\nto = \"pump\"\n\
             from = \"peer\"\ntext = \"{text}\"\nat_min = {at_min}\n\
             technique = {{ id = \"T1692.001\", attack = \"19.1\", was = \"T0855\" }}\n"
        );
    }
    let world = bed_with(model, ml_per_h, config, orders, &more);
    attacked(&world, &arm(&world, ENVELOPE))
}

fn bed_with(model: &str, ml_per_h: f64, config: &str, orders: &str, more: &str) -> Resolved {
    let text = format!(
        r#"
title = "A bed"
horizon_h = 3
[patient.kim]
model = "opioid-respiration"
id = "adult-70kg-naive"
pain = 0.0
prescription = {{ flow_ml_per_h = {ml_per_h}, dose_1h_ml = 5.0, lockout_min = 6.0 }}
orders = [{orders}]
[device.pump]
model = "{model}"
patient = "kim"
config = {{ {config} }}
{more}
"#
    );
    resolved(&text, &*MODELS)
}

fn key(at_min: f64, key: &str, value: f64) -> String {
    format!("{{ at_min = {at_min}, device = \"pump\", key = \"{key}\", value = {value} }},")
}

/// What left the pump [mL], in the minutes from one to another.
fn pumped_ml(ran: &Ran, from: f64, to: f64) -> f64 {
    delivered(ran, "volume", from, to)
}

/// What reached the patient of a drug [ug], or left the pump as `volume` [mL].
fn delivered(ran: &Ran, what: &str, from: f64, to: f64) -> f64 {
    let text = |name| ran.setup.names.text(name);
    let delivered = ran.entries.iter().filter(|entry| entry.kind == Kind::Deliver);
    let named = delivered.filter(|entry| text(entry.object) == what);
    let within = named.filter(|entry| entry.at.as_minutes() > from && entry.at.as_minutes() <= to);
    within.map(|entry| entry.value).fold(0.0, |sum, amount| sum + amount)
}

/// When an alarm was raised first [min], and how urgent.
#[track_caller]
fn first(ran: &Ran, alarm: &str) -> (f64, f64) {
    let raised = ran.alarms("pump", alarm);
    let &(at_s, priority) = raised.first().unwrap_or_else(|| panic!("no {alarm}"));
    (at_s / 60.0, priority)
}

/// The most that any hour on the grid of minutes got [mL].
fn worst_hour_ml(ran: &Ran) -> f64 {
    let hours = (0..=120).map(|from| pumped_ml(ran, f64::from(from), f64::from(from) + 60.0));
    hours.fold(0.0, f64::max)
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

/// A limit is met within this: the plunger's step, of which a part may have waited from the hour before.
const STEP_ML: f64 = 0.005 + 1e-9;

#[test]
fn no_hour_gets_more_than_its_limit_however_often_the_button_is_pressed() {
    let presses: String = (5..175).map(|at| key(f64::from(at), "patient-button", 1.0)).collect();
    let worst = worst_hour_ml(&bed(RUNNING, &presses, ""));
    assert!((4.9..=5.0 + STEP_ML).contains(&worst), "{worst}");
}

#[test]
fn no_hour_gets_more_than_its_limit_however_often_somebody_starts_the_pump_again() {
    let keys = |at| [key(at, "patient-button", 1.0), key(at + 0.37, "start", 1.0)].concat();
    let keys: String = (5..175).map(|at| keys(f64::from(at) + 0.123)).collect();
    let ran = bed(RUNNING, &keys, "");
    let worst = worst_hour_ml(&ran);
    assert!((4.9..=5.0 + STEP_ML).contains(&worst), "{worst}");
    assert!(pumped_ml(&ran, 0.0, 180.0) > 12.0, "and it goes on giving");
    let (at_min, priority) = first(&ran, "max-dose");
    assert!((5.0..60.0).contains(&at_min) && priority <= 1.0, "{at_min}");
}

#[test]
fn what_was_given_before_a_reboot_counts_after_it() {
    let presses: String = (5..30).map(|at| key(f64::from(at), "patient-button", 1.0)).collect();
    let starts: String = (33..175).map(|at| key(f64::from(at), "start", 1.0)).collect();
    let again: String =
        (33..175).map(|at| key(f64::from(at) + 0.5, "patient-button", 1.0)).collect();
    let ran = bed(RUNNING, &[presses, starts, again].concat(), "power_lost_min = [31, 32]");
    let worst = worst_hour_ml(&ran);
    assert!((4.9..=5.0 + STEP_ML).contains(&worst), "{worst}");
    assert!(pumped_ml(&ran, 100.0, 180.0) > 4.0, "{}", pumped_ml(&ran, 100.0, 180.0));
}

#[test]
fn four_hours_have_a_limit_of_their_own_if_one_is_set() {
    let keys = |at| [key(at, "patient-button", 1.0), key(at + 0.5, "start", 1.0)].concat();
    let keys: String = (5..175).map(|at| keys(f64::from(at))).collect();
    let ran = bed("running = true, dose_4h_ml = 7", &keys, "");
    let all = pumped_ml(&ran, 0.0, 180.0);
    assert!((6.9..=7.0 + STEP_ML).contains(&all), "{all}");
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
fn a_tube_that_is_occluded_above_the_pump_stops_it_at_one_psi() {
    let ran = bed(RUNNING, "", "upstream_occluded_min = [10, 90]");
    let (at_min, priority) = first(&ran, "upstream-occlusion");
    assert!((14.5..15.1).contains(&at_min), "{at_min}"); // 0.078 mL at 1 mL/h, from minute 10
    check_close(priority, 2.0, 1e-9);
    assert!(pumped_ml(&ran, 16.0, 180.0) <= 0.0, "it stays stopped");
}

#[test]
fn an_overheated_pump_stops() {
    let ran = bed(RUNNING, "", "heated_min = [10, 60]");
    let (at_min, priority) = first(&ran, "overheated");
    assert!((16.0..17.0).contains(&at_min), "{at_min}"); // from 28 to 55 C, towards 85 C
    check_close(priority, 2.0, 1e-9);
    assert!(pumped_ml(&ran, 18.0, 180.0) <= 0.0, "it stays stopped");
}

#[test]
fn an_open_door_stops_the_pump_until_somebody_starts_it() {
    let start = [key(10.5, "start", 1.0), key(60.0, "start", 1.0)].concat();
    let ran = bed(RUNNING, &start, "door_open_min = [10, 12]");
    let (at_min, priority) = first(&ran, "door-open");
    assert!((10.0..10.2).contains(&at_min) && priority > 1.5, "{at_min} {priority}");
    assert!(pumped_ml(&ran, 11.0, 60.0) <= 0.006, "not while the door is open");
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.01);
}

const BATTERY: &str = "running = true, kvo_ml_per_h = 0.1, battery_min = 20";

/// Without mains from minute 10 on, for so long.
fn dark(for_min: f64) -> String {
    format!("[[failure]]\nwhat = \"power\"\nof = \"pump\"\nat_min = 10\nfor_min = {for_min}\n")
}

#[test]
fn a_pump_runs_on_its_battery_as_if_nothing_were() {
    let ran = bed(BATTERY, "", &dark(16.0));
    let (at_min, priority) = first(&ran, "battery-backup");
    assert!((10.0..10.2).contains(&at_min) && priority <= 1.0, "{at_min} {priority}");
    assert!(ran.alarms("pump", "low-battery").is_empty());
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.01);
    check_close(pumped_ml(&ran, 0.0, 60.0), 1.0, 0.01);
}

#[test]
fn a_battery_that_ends_keeps_the_vein_open_and_then_the_pump_is_off_until_it_is_started() {
    let ran = bed(BATTERY, &key(120.0, "start", 1.0), &dark(60.0));
    let (at_min, priority) = first(&ran, "low-battery");
    assert!((27.0..27.2).contains(&at_min) && priority <= 1.0, "{at_min} {priority}");
    check_close(pumped_ml(&ran, 10.0, 27.0), 17.0 / 60.0, 0.01);
    assert!(pumped_ml(&ran, 27.0, 30.0) <= 0.011, "KVO for the last three minutes");
    assert!(pumped_ml(&ran, 30.0, 120.0) <= 0.0, "it is off, and then nobody starts it");
    assert!(pumped_ml(&ran, 120.0, 180.0) <= 1.01, "what it gave before counts");
}

#[test]
fn after_power_on_it_tests_itself_before_anybody_can_start_it() {
    let hasty = bed("running = false", &key(0.05, "start", 1.0), "");
    assert!(pumped_ml(&hasty, 0.0, 180.0) <= 0.0);
    assert_eq!(hasty.shown("pump", "state"), Some(0.0));
    let later = bed("running = false", &key(0.1, "start", 1.0), "");
    check_close(pumped_ml(&later, 60.0, 120.0), 1.0, 0.01);
}

#[test]
fn a_pump_whose_memory_keeps_nothing_fails_its_own_test() {
    let config = "drug = \"morphine\", concentration_ug_per_ml = 1000, running = false";
    let world = bed_with("pca-pump", 1.0, config, &key(1.0, "start", 1.0), "");
    let ran = ran_without(&world, "action == Action::\"storage.put\", resource");
    assert_eq!(first(&ran, "self-test").1.to_bits(), 1.0_f64.to_bits());
    assert!(pumped_ml(&ran, 0.0, 180.0) <= 0.0);
    assert_eq!(ran.shown("pump", "state"), Some(6.0));
}

/// One of nine sensors does not answer: the pump stops when its own test would be over, rings, and is not
/// to be started.
#[track_caller]
fn check_stops_blind(model: &str, ml_per_h: f64, config: &str) {
    let keys = [key(1.0, "patient-button", 1.0), key(2.0, "start", 1.0)].concat();
    let keys = if model == "pca-pump" { keys } else { key(2.0, "start", 1.0) };
    let world = bed_with(model, ml_per_h, &format!("running = true, {config}"), &keys, "");
    let temperature = "action == Action::\"sensor.read\", resource == Sensor::\"pump-temperature\"";
    let ran = ran_without(&world, temperature);
    let given_ml = pumped_ml(&ran, 0.0, 180.0);
    assert!(given_ml <= 0.1, "{given_ml}");
    let (at_min, priority) = first(&ran, "self-test");
    assert!((0.08..0.1).contains(&at_min) && priority <= 1.0, "{at_min} {priority}");
    check_close(ran.shown("pump", "rate").expect("shown"), 0.0, 1e-9);
}

#[test]
fn a_pump_of_which_one_sensor_does_not_answer_stops_and_says_so() {
    let drug = "drug = \"morphine\", concentration_ug_per_ml = 1000, demand_ml = 1.0";
    check_stops_blind("pca-pump", 1.0, drug);
    check_stops_blind("large-volume-pump", 60.0, "reservoir_ml = 1000");
}

/// Asserts that nothing was set beyond the prescription without a command.
#[track_caller]
fn check_nothing_silent(ran: &Ran) {
    let set = ran.entries.iter().filter(|entry| entry.kind == Kind::Actuate);
    let mut verbs = set.map(|entry| ran.setup.names.text(entry.verb));
    assert!(verbs.all(|verb| verb == "actuator.set"));
}

#[test]
fn a_demand_interrupts_a_clinicians_dose_and_the_rest_of_it_follows() {
    let keys = |dose: f64| {
        [
            key(10.0, "duration", 60.0),
            key(10.1, "clinician-bolus", dose),
            key(40.0, "patient-button", 1.0),
        ]
        .concat()
    };
    let ran = bed(RUNNING, &keys(2.0), "");
    check_close(pumped_ml(&ran, 39.0, 42.0), 1.0 + 3.0 * 3.0 / 60.0 - 0.03, 0.03);
    check_close(pumped_ml(&ran, 10.0, 80.0), 3.0 + 70.0 / 60.0, 0.02);
    check_nothing_silent(&ran);
    let slow = format!("{RUNNING}, bolus_ml_per_h = 1.5");
    check_nothing_silent(&bed(&slow, &keys(2.0), ""));
    let keyed = [key(1.0, "stop", 1.0), key(2.0, "basal", 2.0), key(3.0, "start", 1.0)];
    let ran = bed(RUNNING, &[keyed.concat(), keys(2.0)].concat(), "");
    check_close(pumped_ml(&ran, 90.0, 120.0), 1.0, 0.01);
    check_nothing_silent(&ran);
}

#[test]
fn a_rate_above_the_prescription_goes_on_after_a_bolus_and_a_piggyback() {
    let keys = [
        key(10.0, "rate", 80.0),
        key(20.0, "bolus", 5.0),
        key(40.0, "secondary-rate", 40.0),
        key(40.1, "secondary-vtbi", 10.0),
        key(41.0, "secondary-start", 1.0),
    ];
    let ran = drip("", &keys.concat(), "");
    check_close(pumped_ml(&ran, 41.0, 56.0), 10.0, 0.02);
    check_close(pumped_ml(&ran, 60.0, 75.0), 20.0, 0.01);
    check_nothing_silent(&ran);
}

const PCA: &str = "drug = \"morphine\", concentration_ug_per_ml = 1000, running = true";

/// When an alarm was raised [whole min].
fn raised_min(ran: &Ran, alarm: &str) -> Vec<u32> {
    let alarms = ran.alarms("pump", alarm).into_iter().filter(|&(_, priority)| priority > 0.0);
    alarms.map(|(at_s, _)| (at_s / 60.0) as u32).collect()
}

#[test]
fn what_a_supervisor_holds_rings_each_time_and_until_somebody_stops_or_starts_the_pump() {
    let orders =
        [key(20.0, "stop", 1.0), key(25.0, "start", 1.0), key(50.0, "start", 1.0)].concat();
    let ran = told("pca-pump", 1.0, PCA, &orders, &[(10.0, "KVO"), (40.0, "KVO")]);
    assert_eq!(raised_min(&ran, "interlock"), [10, 40]);
    let cleared = ran.alarms("pump", "interlock").into_iter().filter(|&(_, value)| value <= 0.0);
    let cleared: Vec<f64> = cleared.map(|(at_s, _)| at_s / 60.0).collect();
    assert_eq!(cleared.len(), 2, "{cleared:?}");
    check_close(cleared[0], 20.0, 0.01);
    check_close(cleared[1], 50.0, 0.01);
}

#[test]
fn a_ticket_that_lapses_rings_until_the_next_one_comes() {
    let config = format!("{PCA}, interlock = \"ticket\"");
    let ticket = "TICKET bolus=15 basal=60";
    let ran = told("pca-pump", 1.0, &config, "", &[(10.0, ticket), (20.0, ticket)]);
    assert_eq!(raised_min(&ran, "interlock"), [1, 11, 21], "and while it waits for the first");
    assert_eq!(first(&ran, "interlock").1.to_bits(), 3.0_f64.to_bits());
    assert!(pumped_ml(&ran, 0.0, 180.0) <= 2.0 / 60.0 + STEP_ML);
}

/// A pump that compares its motor with its display, of which somebody wrote the calibration at minute 1.
fn calibrated(ml_per_h: f64, calibration: f64) -> Ran {
    let config = "calibration_write = \"anyone\", flow_check = true, reservoir_ml = 1000";
    let keys = key(2.0, "start", 1.0);
    let says = format!("CONFIG calibration={calibration}");
    told("large-volume-pump", ml_per_h, config, &keys, &[(1.0, &says)])
}

#[test]
fn a_motor_that_gives_a_tenth_of_what_is_shown_is_noticed_at_the_rates_that_people_use() {
    for ml_per_h in [4.0, 60.0] {
        let ran = calibrated(ml_per_h, 0.1);
        let (at_min, priority) = first(&ran, "under-infusion");
        assert!((4.9..12.1).contains(&at_min) && priority <= 1.0, "{ml_per_h}: {at_min}");
        assert_eq!(ran.alarms("pump", "over-infusion").len(), 0, "{ml_per_h}");
        check_close(pumped_ml(&ran, 60.0, 120.0), ml_per_h / 10.0, 0.03);
    }
}

#[test]
fn a_motor_that_does_as_shown_is_let_alone_at_start_in_a_bolus_and_after_it() {
    for ml_per_h in [0.5, 4.0, 60.0, 999.0] {
        let keys = [key(4.93, "bolus", 5.0), key(30.0, "bolus", 5.0), key(60.0, "stop", 1.0)];
        let keys = [&keys[..], &[key(90.0, "start", 1.0)]].concat().concat();
        let config = "running = true, flow_check = true, reservoir_ml = 3000, vtbi_ml = 2500";
        let ran = as_sold(&bed_with("large-volume-pump", ml_per_h, config, &keys, ""));
        for alarm in ["over-infusion", "under-infusion"] {
            assert_eq!(ran.alarms("pump", alarm).len(), 0, "{alarm} at {ml_per_h}");
        }
    }
}

#[test]
fn a_fast_pump_looks_sooner_than_a_shut_line_fills_or_a_bag_runs_out() {
    let fast = "running = true, vtbi_ml = 3000";
    let config = format!("{fast}, reservoir_ml = 3000");
    let shut = bed_with("large-volume-pump", 999.0, &config, "", "occluded_min = [10, 90]");
    let shut = as_sold(&shut);
    // 0.76 mL until 517 mmHg, and a reading and a look late: at 999 mL/h 0.38 mL more.
    let held_ml = pumped_ml(&shut, 10.01, 180.0);
    assert!(held_ml <= 1.15, "{held_ml}");
    let ran = as_sold(&bed_with(
        "large-volume-pump",
        999.0,
        &format!("{fast}, reservoir_ml = 20"),
        "",
        "",
    ));
    assert_eq!(ran.alarms("pump", "air-in-line").len(), 0);
    assert_eq!(ran.alarms("pump", "empty-reservoir").len(), 1);
    check_close(pumped_ml(&ran, 0.0, 180.0), 19.5, 0.02);
}

#[test]
fn a_volume_that_was_infused_is_followed_by_what_keeps_the_vein_open() {
    let ran = drip("vtbi_ml = 30", "", "");
    let (at_min, priority) = first(&ran, "infusion-complete");
    assert!((30.0..30.01).contains(&at_min) && priority <= 1.0, "{at_min} {priority}");
    check_close(pumped_ml(&ran, 0.0, 30.0), 30.0 - 20.0 / 60.0, 0.02);
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.01);
}

#[test]
fn a_bolus_of_a_large_volume_pump_comes_at_its_own_rate_and_within_the_library() {
    let ran = drip("bolus_ml_per_h = 300", &key(10.0, "bolus", 10.0), "");
    check_close(pumped_ml(&ran, 10.0, 12.0), 10.0, 0.02);
    check_close(pumped_ml(&ran, 12.0, 72.0), 60.0, 0.02);
    let drug =
        "drug = \"morphine\", concentration_ug_per_ml = 1000, running = true, flow_ml_per_h = 1";
    let world = bed_with("large-volume-pump", 1.0, drug, &key(10.0, "bolus", 6.0), "");
    let ran = as_sold(&world);
    assert_eq!(first(&ran, "hard-limit").1.to_bits(), 1.0_f64.to_bits());
    check_close(pumped_ml(&ran, 0.0, 60.0), 1.0, 0.01);
}

/// 50 mL at 200 mL/h beside morphine, keyed in at minute 29 and started at 30; and these keys.
fn piggyback(model: &str, config: &str, more_keys: &[String], more: &str) -> Ran {
    let keys = [
        key(29.0, "secondary-rate", 200.0),
        key(29.1, "secondary-vtbi", 50.0),
        key(30.0, "secondary-start", 1.0),
    ];
    let config = format!("running = true, {config}");
    as_sold(&bed_with(model, 1.0, &config, &[&keys[..], more_keys].concat().concat(), more))
}

const MORPHINE: &str = "drug = \"morphine\", concentration_ug_per_ml = 1000";

#[test]
fn a_piggyback_runs_at_its_own_rate_and_pushes_what_the_line_holds_before_it() {
    let bag = "second_bag = { at_min = 30, ml = 50 }";
    let ran = piggyback("large-volume-pump", MORPHINE, &[key(29.5, "confirm", 1.0)], bag);
    check_close(pumped_ml(&ran, 30.0, 45.0), 50.0, 0.02);
    let (at_min, _) = first(&ran, "secondary-complete");
    assert!((45.0..45.01).contains(&at_min), "{at_min}");
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.01);
    // 1.5 mL of the line come within half a minute; then the drug is away for the line's 90 min.
    check_close(delivered(&ran, "morphine", 30.0, 31.0), 1500.0, 6.0);
    assert!(delivered(&ran, "morphine", 31.0, 134.0) <= 0.0);
    assert!(delivered(&ran, "morphine", 136.0, 180.0) > 700.0);
}

#[test]
fn a_piggyback_beside_a_drug_is_confirmed_each_time() {
    let ran = piggyback("large-volume-pump", MORPHINE, &[], "");
    check_close(pumped_ml(&ran, 0.0, 60.0), 1.0, 0.01);
    assert_eq!(raised_min(&ran, "soft-limit"), [30]);
    // Confirmed once, and once more keyed in and not confirmed.
    let again = [
        key(40.0, "confirm", 1.0),
        key(41.0, "secondary-start", 1.0),
        key(90.0, "secondary-vtbi", 50.0),
        key(91.0, "secondary-start", 1.0),
    ];
    let bag = "second_bag = { at_min = 30, ml = 50 }";
    let ran = piggyback("large-volume-pump", MORPHINE, &again, bag);
    check_close(pumped_ml(&ran, 41.0, 56.0), 50.0, 0.02);
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.01);
    assert_eq!(raised_min(&ran, "soft-limit"), [30, 91]);
    let fluid = piggyback("large-volume-pump", "reservoir_ml = 500", &[], bag);
    check_close(pumped_ml(&fluid, 30.0, 45.0), 50.0, 0.02);
    assert_eq!(fluid.alarms("pump", "soft-limit").len(), 0);
}

#[test]
fn a_syringe_pump_has_one_line_and_gives_a_bolus() {
    let world = bed_with("syringe-pump", 1.0, "running = true", &key(10.0, "bolus", 2.0), "");
    let of = |list: &[String]| list.iter().any(|name| name.starts_with("secondary"));
    let device = world
        .setup
        .nodes
        .iter()
        .flat_map(|node| &node.devices)
        .find(|device| device.manifest.name == "syringe-pump");
    let manifest = &device.expect("a pump").manifest;
    assert!(!of(&manifest.inputs) && !of(&manifest.alarms));
    check_close(pumped_ml(&as_sold(&world), 10.0, 12.0), 2.0, 0.03);
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
    assert_eq!(raised_min(&ran, "interlock"), [1], "it rings when none came");
    let more = "[device.interlock]\nmodel = \"pca-interlock\"\npatient = \"kim\"\n\
        config = { rule = \"full\", ticket = true }\n[link.ice]\nmedium = \"ble\"\nloss = 0\n\
        nodes = [\"pump\", \"interlock\"]\n";
    let ran = bed("running = true, interlock = \"ticket\"", "", more);
    check_close(pumped_ml(&ran, 60.0, 120.0), 1.0, 0.02);
    assert_eq!(raised_min(&ran, "interlock"), [0; 0]);
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
