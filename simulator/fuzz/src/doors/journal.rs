//! Journals of drills: inputs that are taken are possible, in order, and written again as they read.

use std::sync::{Arc, LazyLock};

use medtwin_drill::{Exercise, Seat, doors};
use medtwin_engine::Plan;
use medtwin_engine::resolve::resolve;
use medtwin_engine::scenario::Scenario;
use medtwin_engine::seed::Seed;
use medtwin_policy::Intent;

use crate::models::MODELS;

const SCENARIO: &str = r#"
horizon_h = 3
[patient.alex]
model = "uva-padova"
id = "adult#001"
[device.pump]
model = "insulin-pump"
patient = "alex"
"#;
const INTENT: &str = r#"@id("wearer") @reason("the wearer doses")
permit (principal, action in Action::"command", resource) when { context.ordered };"#;

/// A night that is played.
pub(super) static EXERCISE: LazyLock<Exercise> = LazyLock::new(|| {
    let scenario = Scenario::parse(SCENARIO).expect("a scenario");
    let intent = Intent::parse(INTENT).expect("an intent");
    let resolved = resolve(&scenario, &intent, &*MODELS).expect("a plan");
    let pack = super::pack::of_library("as-sold");
    let plan = Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack: true,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::clone(&resolved.setup),
        arm: Arc::new(resolved.arm(&pack)),
    };
    Exercise {
        title: "A night".to_owned(),
        note: String::new(),
        scenario: "night".to_owned(),
        arm: "as-sold/drill".to_owned(),
        plan,
        plan_sha256: "0123".to_owned(),
        start_clock_h: 22.0,
        steps: Vec::new(),
        rules: Vec::new(),
    }
});

pub(super) fn good() -> Vec<Vec<u8>> {
    let key = Some("fuzz-key-0001");
    let act = |(body, at_ns): (&str, u64)| {
        let act = doors::act(Seat::Player, key, body.as_bytes(), ("alex", at_ns));
        act.expect("an act").1
    };
    let first = doors::first_line(&EXERCISE);
    let bolus = act((r#"{"do":"bolus","units":1.5}"#, 60_000_000_000));
    let suspend = act((r#"{"do":"suspend"}"#, 90_000_000_000));
    let suspend = String::from_utf8_lossy(&suspend).replace("0001", "0002").into_bytes();
    let marks = b"{\"reached_ns\":100000000000}\n{\"stopped\":{\"at_ns\":100000000001,\"by\":\"player\"}}\n{\"lifted_ns\":100000000001}\n";
    let over = b"{\"ended_ns\":100000000002}\n";
    vec![first.clone(), [&first[..], &bolus, &suspend, marks, over].concat()]
}

pub(super) fn open(input: &[u8]) {
    let exercise = &*EXERCISE;
    let inputs = match doors::journal(exercise, input) {
        Ok(inputs) => inputs,
        Err(error) => return assert!(!error.to_string().is_empty() && !error.help().is_empty()),
    };
    assert!(inputs.is_sorted_by_key(|(input, _)| input.at_ns), "in order of time");
    for (input, line) in &inputs {
        assert!(input.node(&exercise.plan.setup).is_ok(), "it is possible: {input:?}");
        assert!(input.at_ns <= exercise.plan.setup.horizon.as_nanos(), "within the run: {input:?}");
        let alone = [&doors::first_line(exercise)[..], line].concat();
        let again = doors::journal(exercise, &alone).expect("what was written reads");
        assert_eq!(again, [(input.clone(), line.clone())]);
    }
}
