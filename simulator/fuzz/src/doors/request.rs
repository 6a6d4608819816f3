//! Requests of a drill: what an act is kept as reads back as the same act, and no player has the hands of
//! an adversary.

use medtwin_drill::{Seat, doors};

use super::journal::EXERCISE;

pub(super) fn good() -> Vec<Vec<u8>> {
    let bodies = [
        r#"{"do":"suspend"}"#,
        r#"{"do":"resume"}"#,
        r#"{"do":"bolus","units":1.5}"#,
        r#"{"do":"eat","carbs_g":15}"#,
        r#"{"do":"remote-off"}"#,
        r#"{"do":"replace-pump"}"#,
        r#"{"do":"call-for-help"}"#,
        r#"{"do":"start-step","step":0}"#,
        r#"{"do":"pause"}"#,
        r#"{"do":"speed","x":60}"#,
        r#"{"do":"step","minutes":5.5}"#,
    ];
    bodies.iter().map(|body| body.as_bytes().to_vec()).collect()
}

pub(super) fn open(input: &[u8]) {
    let key = Some("fuzz-key-0001");
    for seat in [Seat::Player, Seat::Instructor] {
        match doors::act(seat, key, input, ("alex", 60_000_000_000)) {
            Ok((act, line)) => {
                assert!(seat == Seat::Instructor || act.action.is_of_team(), "{act:?}");
                kept(&act, &line);
            }
            Err(why) => assert!(!why.is_empty()),
        }
    }
    let key = String::from_utf8_lossy(input);
    if doors::act(Seat::Player, Some(&key), br#"{"do":"suspend"}"#, ("alex", 0)).is_ok() {
        assert!(key.len() <= 64 && key.is_ascii() && !key.contains(['\n', '"', '\\']), "{key:?}");
    }
    let _ = doors::is_clock_order(input);
}

/// What the floor would take is what the journal gives back.
fn kept(act: &medtwin_engine::input::Input, line: &[u8]) {
    if act.node(&EXERCISE.plan.setup).is_ok() {
        let text = [&doors::first_line(&EXERCISE)[..], line].concat();
        let read = doors::journal(&EXERCISE, &text).expect("what was kept reads");
        assert_eq!(read, [(act.clone(), line.to_vec())]);
    }
}
