//! What survives: a drill goes on after a kill, and a journal is hostile until checked.

use std::path::Path;

use medtwin_drill::{DrillError, Exercise, Room, Seat};
use proptest::prelude::*;

use crate::client::Client;
use crate::world::{exercise, options, room, room_of};

const EAT: &str = r#"{"do":"eat","carbs_g":15}"#;

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("a file");
        std::fs::copy(entry.path(), to.path().join(entry.file_name())).expect("a copy");
    }
    to
}

/// The state as a kill would leave it in the middle of a drill with two inputs.
async fn killed() -> tempfile::TempDir {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.step(20.0).await;
    assert!(player.post_as("act", EAT, "eaten-before").await.status.is_success());
    instructor.step(15.0).await;
    assert!(player.post("act", r#"{"do":"suspend"}"#).await.status.is_success());
    copy(state.path()) // the room still holds it: nothing was closed or flushed for us
}

#[tokio::test]
async fn a_killed_drill_goes_on_where_it_was_with_all_that_was_acknowledged() {
    let state = killed().await;
    let (room, finished) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    let view = player.view().await;
    assert_eq!((&view["state"], &view["resumed"]), (&"paused".into(), &true.into()));
    assert_eq!(view["now_s"], 35 * 60);
    assert_eq!(view["hands"][0]["text"], "Stop the pump");
    let again = player.post_as("act", EAT, "eaten-before").await.json();
    assert_eq!(again["done"]["again"], true);
    instructor.post("end", "{}").await;
    instructor.view_when(|view| view["truth"]["debrief"]["is"] == "ready").await;
    let finished = finished.lock().expect("kept");
    assert_eq!(finished.as_ref().map(|(inputs, _)| inputs.len()), Some(2));
}

#[tokio::test]
async fn a_stop_that_was_acknowledged_is_kept_until_the_instructor_goes_on() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.step(5.0).await;
    assert!(player.post("stop", "{}").await.status.is_success());
    let killed = copy(state.path());
    assert!(instructor.post("clock", r#"{"do":"resume"}"#).await.status.is_success());
    let gone_on = copy(state.path());
    let stopped_by = async |state: &Path| {
        let (room, _) = crate::world::room(state);
        Client::of(&room, Seat::Player).view().await["stopped_by"].clone()
    };
    assert_eq!(stopped_by(killed.path()).await, "player");
    assert_eq!(stopped_by(gone_on.path()).await, serde_json::Value::Null);
}

#[tokio::test]
async fn a_drill_that_was_started_is_not_ready_again() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    assert!(instructor.post("clock", r#"{"do":"resume"}"#).await.status.is_success());
    let killed = copy(state.path());
    let (room, _) = crate::world::room(killed.path());
    assert_eq!(Client::of(&room, Seat::Player).view().await["state"], "paused");
}

#[tokio::test]
async fn a_whole_last_line_counts_without_its_line_break() {
    let state = killed().await;
    let path = state.path().join("inputs.jsonl");
    let whole = std::fs::read(&path).expect("a journal");
    std::fs::write(&path, whole.trim_ascii_end()).expect("a journal");
    let (room, _) = room(state.path());
    assert_eq!(Client::of(&room, Seat::Player).view().await["hands"][0]["text"], "Stop the pump");
    assert_eq!(std::fs::read(&path).expect("a journal"), whole);
}

#[tokio::test]
async fn a_file_that_is_no_journal_is_left_as_it_is() {
    let state = tempfile::tempdir().expect("a directory");
    let path = state.path().join("inputs.jsonl");
    for text in ["somebody's notes", r#"{"mine": true}"#, r#"{"schema":"#] {
        std::fs::write(&path, text).expect("a file");
        let error = open(&exercise("as-sold", 1), state.path());
        let is_ours = text.starts_with(r#"{"schema"#);
        assert_eq!(error.is_none(), is_ours, "{error:?}");
        assert!(is_ours || std::fs::read_to_string(&path).is_ok_and(|left| left == text));
    }
}

#[tokio::test]
async fn a_torn_last_line_was_acknowledged_to_nobody() {
    let state = killed().await;
    let path = state.path().join("inputs.jsonl");
    let whole = std::fs::read(&path).expect("a journal");
    let torn = [&whole[..], br#"{"key":"torn-torn","by":"player","at_ns":2100"#].concat();
    std::fs::write(&path, torn).expect("a journal");
    let (room, _) = room(state.path());
    assert_eq!(Client::of(&room, Seat::Player).view().await["now_s"], 35 * 60);
    assert_eq!(std::fs::read(&path).expect("a journal"), whole);
}

#[tokio::test]
async fn a_drill_that_ended_is_still_ended() {
    let state = tempfile::tempdir().expect("a directory");
    {
        let (room, _) = room(state.path());
        let mut instructor = Client::of(&room, Seat::Instructor);
        instructor.step(10.0).await;
        instructor.post("end", "{}").await;
    }
    let (room, finished) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let view = instructor.view_when(|view| view["truth"]["debrief"]["is"] == "ready").await;
    assert_eq!((&view["state"], &view["now_s"]), (&"over".into(), &600.into()));
    assert!(finished.lock().expect("kept").is_some());
}

#[tokio::test]
async fn two_processes_do_not_hold_one_drill() {
    let state = tempfile::tempdir().expect("a directory");
    let (_room, _) = room(state.path());
    let second = open(&exercise("as-sold", 1), state.path());
    assert!(matches!(second, Some(DrillError::Held { .. })), "{second:?}");
}

fn open(exercise: &Exercise, state: &Path) -> Option<DrillError> {
    Room::open(exercise, &options(state), |_, _| Ok(String::new())).err()
}

#[tokio::test]
async fn a_journal_of_another_exercise_is_refused() {
    let state = killed().await;
    let mut other = exercise("as-sold", 2);
    let error = open(&other, state.path()).expect("an error");
    assert!(error.to_string().contains("its seed is `1`, not `2`"), "{error}");
    assert!(error.help().contains("--state"));
    other = exercise("as-sold", 1);
    other.plan_sha256 = "another".to_owned();
    let error = open(&other, state.path()).expect("an error");
    assert!(error.to_string().contains("its plan is `0123`, not `another`"), "{error}");
}

#[track_caller]
fn check_line(state: &Path, at: usize, line: &str, why: &str) {
    let state = copy(state);
    let path = state.path().join("inputs.jsonl");
    let text = std::fs::read_to_string(&path).expect("a journal");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(at - 1, line);
    std::fs::write(&path, lines.join("\n") + "\n").expect("a journal");
    let error = open(&exercise("as-sold", 1), state.path()).expect("an error").to_string();
    assert!(error.contains(&format!("line {at}: ")) && error.contains(why), "{error}");
}

#[tokio::test]
async fn a_changed_line_is_refused_with_its_place() {
    let state = killed().await;
    let of = |rest: &str| format!(r#"{{"key":"0123456789","by":"player",{rest}}}"#);
    let state = state.path();
    check_line(state, 2, "torn in the middle", "it is no JSON");
    check_line(state, 2, "{}", "it is no input");
    check_line(state, 2, r#"{"paused_ns":1}"#, "it is no line of a drill");
    check_line(state, 2, r#"{"stopped":{"at_ns":1,"by":"nobody"}}"#, "it is no line of a drill");
    check_line(state, 1, "{}", "it is no header of a drill");
    check_line(state, 2, r#"{"reached_ns":99999999999999999}"#, "after the end of the run");
    check_line(state, 3, r#"{"reached_ns":1}"#, "before the line above");
    check_line(state, 2, &of(r#""at_ns":0,"who":"nobody","do":"suspend""#), "nobody called");
    let odd_key = of(r#""at_ns":0,"who":"alex","do":"suspend""#).replace("0123456789", "<script>");
    check_line(state, 2, &odd_key, "its key is none of ours");
    check_line(
        state,
        2,
        &of(r#""at_ns":0,"who":"alex","do":"suspend","units":1"#),
        "unknown field",
    );
    check_line(
        state,
        2,
        &of(r#""at_ns":0,"who":"mallory","do":"start-step","step":0"#),
        "no hands",
    );
    check_line(state, 2, &of(r#""at_ns":0,"who":"alex","do":"bolus","units":99"#), "0.05 to 25 U");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_journal_makes_us_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0usize..600) {
        let state = tempfile::tempdir().expect("a directory");
        let header = concat!(
            r#"{"schema":"medtwin.drill/1","engine":"0.1.0","scenario":"a-night-with-mallory","arm":"as-sold/drill","#,
            r#""seed":1,"trial":0,"plan_sha256":"0123"}"#, "\n",
            r#"{"key":"abcdefgh","by":"player","at_ns":60000000000,"who":"alex","do":"eat","carbs_g":15}"#,
            "\n", r#"{"reached_ns":61000000000}"#, "\n");
        let mut text = header.as_bytes().to_vec();
        let at = cut.min(text.len());
        text.splice(at..at, bytes);
        std::fs::write(state.path().join("inputs.jsonl"), text).expect("a journal");
        let _ = open(&exercise("as-sold", 1), state.path());
    }
}

#[tokio::test]
async fn a_speed_that_is_none_is_refused() {
    let state = tempfile::tempdir().expect("a directory");
    for speed in [0.0, f64::NAN, 601.0] {
        let options = medtwin_drill::Options { speed, ..options(state.path()) };
        let error = Room::open(&exercise("as-sold", 1), &options, |_, _| Ok(String::new())).err();
        assert!(matches!(error, Some(DrillError::Speed(_))), "{error:?}");
    }
    let _ = room_of(&exercise("hardened", 1), state.path());
}

#[tokio::test]
async fn an_act_after_the_end_of_the_run_is_refused_and_breaks_nothing() {
    let state = killed().await;
    let path = state.path().join("inputs.jsonl");
    let mut text = std::fs::read_to_string(&path).expect("a journal");
    let end_ns = 3 * 3_600_000_000_000_u64;
    text += &format!("{{\"reached_ns\":{}}}\n", end_ns + 1);
    for at_ns in [end_ns, end_ns + 1] {
        let late = format!(
            r#"{{"key":"0123456789","by":"player","at_ns":{at_ns},"who":"alex","do":"suspend"}}"#
        );
        std::fs::write(&path, format!("{text}{late}\n")).expect("a journal");
        assert!(open(&exercise("as-sold", 1), state.path()).is_some(), "{at_ns}");
    }
}
