//! A ward of components: patients, monitors, a station, and nurses who hear and come.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::outcome::{Keep, Measure, Outcome};
use medtwin_engine::trace::{Fingerprint, Kind};
use medtwin_engine::{Plan, run};
use medtwin_host::Sandbox;

use crate::world::{Models, arm, ran, resolved};

const ENVELOPE: &str = include_str!("../../../../policies/library/as-sold/envelope.toml");
/// Fingers that move and electrodes that come off: what a well patient's alarms come of.
const RESTLESS: &str = "motion_per_h = 2.0\nloose_per_h = 0.1\n";
/// Somebody who ceases to breathe from minute 10 on.
const FADING: &str =
    "course = [{ at_min = 10 }, { at_min = 16, spo2 = 76, resp_rate = 4, etco2 = 65 }]\n";

/// Ann and Bob, a monitor each, and a station that hears both.
fn ward(hours: f64, ann: &str, bob: &str, staff: &str) -> String {
    let bed = |n: u32, name: &str, course: &str| {
        format!(
            "[patient.{name}]\nmodel = \"course\"\n{course}\n[device.monitor-{name}]\nmodel = \"patient-monitor\"\npatient = \"{name}\"\nconfig = {{ bed = {n}, central = true }}\npeers = {{ central = \"station\" }}\n"
        )
    };
    format!(
        "title = \"A ward\"\nhorizon_h = {hours}\nstart_clock_h = 8\n{}{}[device.station]\nmodel = \"central-station\"\npeers = {{ monitor = \"monitor-ann\", \"monitor-2\" = \"monitor-bob\" }}\n[link.lan]\nmedium = \"ethernet-100\"\nnodes = [\"monitor-ann\", \"monitor-bob\", \"station\"]\n{staff}",
        bed(1, "ann", ann),
        bed(2, "bob", bob)
    )
}

fn plan(text: &str) -> (Plan, Measure) {
    let world = resolved(text, &Models::new(&Sandbox::new()));
    let plan = Plan {
        seed: medtwin_engine::seed::Seed { seed: 1, trial: 0 },
        attack: false,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::clone(&world.setup),
        arm: arm(&world, ENVELOPE),
    };
    let steps = world.steps.clone();
    let (setup, intent) = (Arc::clone(&world.setup), Arc::clone(&world.intent));
    (plan, Measure::new(setup, intent, steps, Keep::default()))
}

fn outcome(text: &str) -> Outcome {
    let (plan, mut measure) = plan(text);
    run(&plan, &mut measure);
    measure.finish(&BTreeMap::new())
}

const NURSE: &str = "[staff.ward]\nnurses = 1\n";

#[test]
fn who_ceases_to_breathe_is_heard_of_reached_and_helped() {
    let out = outcome(&ward(1.0, FADING, "", NURSE));
    let of = |id: &str| out.metrics[&format!("AVL-5.{id}")];
    assert!(of("conditions") >= 1.0, "breathing, or saturation");
    assert_eq!(of("missed").to_bits(), 0f64.to_bits());
    assert_eq!(of("unanswered").to_bits(), 0f64.to_bits());
    assert!(of("signal_p95_s") <= 60.0, "{}", of("signal_p95_s"));
    assert!(of("signal_p50_s") <= of("bedside_p50_s"), "nobody comes before there is an alarm");
    assert!(of("action_p95_s") < 900.0, "{}", of("action_p95_s"));
    assert!(out.metrics["AVL-9.nurse_min"] > 1.0);
}

#[test]
fn where_nobody_is_on_duty_nobody_comes() {
    let out = outcome(&ward(1.0, FADING, "", ""));
    assert!(out.metrics["AVL-5.unanswered"] >= 1.0);
    assert_eq!(out.metrics["AVL-5.missed"].to_bits(), 0f64.to_bits(), "the monitor rang");
}

#[test]
fn a_ward_of_well_patients_has_as_many_alarms_as_their_fingers_move() {
    let out = outcome(&ward(6.0, RESTLESS, RESTLESS, NURSE));
    let alarms = out.metrics["AVL-5.alarms_per_bed_day"];
    // 48 movements a day, of which the short ones end before their delay, and what comes off.
    assert!((20.0..120.0).contains(&alarms), "{alarms}");
    assert_eq!(out.metrics["AVL-5.conditions"].to_bits(), 0f64.to_bits(), "nobody was ill");
    assert!(out.metrics["AVL-5.false_per_patient_h"] > 0.5);
}

#[test]
fn false_alarms_tire_until_some_are_ignored() {
    let tired = "[staff.ward]\nnurses = 1\nfatigue_alarms = 2\n";
    let out = outcome(&ward(6.0, RESTLESS, RESTLESS, tired));
    assert!(out.metrics["AVL-5.ignored"] >= 3.0);
    let rested =
        outcome(&ward(6.0, RESTLESS, RESTLESS, "[staff.ward]\nnurses = 1\nfatigue_alarms = 1e9\n"));
    assert_eq!(rested.metrics["AVL-5.ignored"].to_bits(), 0f64.to_bits());
}

#[test]
fn one_nurse_for_two_who_fade_is_slower_than_two() {
    let with = |nurses: u16| {
        let staff = format!("[staff.ward]\nnurses = {nurses}\nhandle_s = 600\n");
        outcome(&ward(1.0, FADING, FADING, &staff)).metrics["AVL-5.bedside_p95_s"]
    };
    assert!(with(1) > with(2), "{} {}", with(1), with(2));
}

#[test]
fn a_ward_is_the_same_for_any_window_and_any_threads() {
    let of = |split, threads| {
        let (mut plan, _) = plan(&ward(0.5, FADING, RESTLESS, NURSE));
        (plan.split, plan.threads) = (split, threads);
        let mut fingerprint = Fingerprint::default();
        run(&plan, &mut fingerprint);
        fingerprint.finish()
    };
    let usual = of(1, 1);
    assert_eq!(usual, of(2, 1));
    assert_eq!(usual, of(5, 1));
    assert_eq!(usual, of(1, 2));
}

#[test]
fn who_falls_ill_while_a_nurse_is_there_gets_oxygen_when_they_look_again() {
    let staff = "[staff.ward]\nnurses = 1\nhandle_s = 900\nresponse_medium_s = 30\n";
    let ann = format!("loose_per_h = 20\n{FADING}");
    let world = resolved(&ward(1.0, &ann, "", staff), &Models::new(&Sandbox::new()));
    let ran = ran(&world, &arm(&world, ENVELOPE));
    let text = |name| ran.setup.names.text(name);
    let acts = ran.entries.iter().filter(|e| e.kind == Kind::Act && text(e.subject) == "ann");
    let acts: Vec<&str> = acts.map(|e| text(e.verb)).collect();
    let ill = acts.iter().position(|act| *act == "finds-ill").expect("they look again");
    assert!(acts[..ill].contains(&"finds-well"), "they came for a probe: {acts:?}");
    assert_eq!(acts[ill + 1..][..2], ["stimulates", "gives-oxygen"], "{acts:?}");
}

#[test]
fn what_comes_off_while_a_nurse_is_there_is_put_on_before_they_leave() {
    let staff =
        "[staff.ward]\nnurses = 1\nhandle_s = 300\nresponse_medium_s = 30\nfatigue_alarms = 1e9\n";
    let world =
        resolved(&ward(6.0, "loose_per_h = 20\n", "", staff), &Models::new(&Sandbox::new()));
    let off = ran(&world, &arm(&world, ENVELOPE)).alarms("monitor-ann", "probe-off");
    let lasted: Vec<f64> =
        off.windows(2).filter(|pair| pair[0].1 > 0.0).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(lasted.len() > 20 && lasted.iter().all(|s| *s < 1200.0), "{lasted:?}");
}
