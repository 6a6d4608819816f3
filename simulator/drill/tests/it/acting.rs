//! What people do, the clock, and the stop.

use axum::http::StatusCode;
use medtwin_drill::Seat;

use crate::client::Client;
use crate::world::room;

const EAT: &str = r#"{"do":"eat","carbs_g":15}"#;

#[tokio::test]
async fn a_repeated_request_is_done_once() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.step(1.0).await;
    let first = player.post_as("act", EAT, "once-and-only").await.json();
    let again = player.post_as("act", EAT, "once-and-only").await.json();
    assert_eq!((&first["done"]["again"], &again["done"]["again"]), (&false.into(), &true.into()));
    let busy = |view: &serde_json::Value| view["hands"].as_array().is_some_and(|h| !h.is_empty());
    let view = player.view_when(busy).await;
    assert_eq!(view["hands"].as_array().map(Vec::len), Some(1));
    let other = player.post_as("act", r#"{"do":"suspend"}"#, "once-and-only").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_act_takes_hands_and_time() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.step(1.0).await;
    player.post("act", r#"{"do":"suspend"}"#).await;
    player.post("act", EAT).await;
    let view =
        player.view_when(|view| view["hands"].as_array().is_some_and(|h| h.len() == 2)).await;
    assert_eq!(view["hands"][0]["until_s"], 65);
    assert_eq!(view["hands"][1]["until_s"], 125);
    instructor.step(3.0).await;
    let view = player.view_when(|view| view["now_s"] == 240).await;
    assert_eq!(view["hands"].as_array().map(Vec::len), Some(0));
    assert_eq!(view["pump"]["fields"]["state"], 1.0, "the pump is stopped");
    assert_eq!(view["alarms"][0]["text"], "Delivery stopped");
}

#[tokio::test]
async fn a_pump_that_is_replaced_is_dark_until_the_spare_is_on() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.step(31.0).await; // a forged bolus was shown
    player.post("act", r#"{"do":"replace-pump"}"#).await;
    instructor.step(5.0).await;
    let view = player.view_when(|view| view["now_s"] == 36 * 60).await;
    assert_eq!(view["pump"]["power"], "off");
    instructor.step(10.0).await;
    let view = player.view_when(|view| view["now_s"] == 46 * 60).await;
    assert_eq!(view["pump"]["power"], "on");
    assert_eq!(view["pump"]["fields"]["last-bolus"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_pump_runs_until_hands_are_free_to_replace_it() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.step(1.0).await;
    player.post("act", r#"{"do":"call-for-help"}"#).await; // two minutes
    player.post("act", r#"{"do":"replace-pump"}"#).await;
    instructor.step(1.0).await;
    assert_eq!(player.view_when(|view| view["now_s"] == 120).await["pump"]["power"], "on");
    instructor.step(2.0).await;
    let view = player.view_when(|view| view["now_s"] == 240).await;
    assert_eq!((&view["pump"]["power"], &view["basal"][1][0]), (&"off".into(), &180.into()));
}

#[tokio::test]
async fn anybody_stops_and_only_the_instructor_goes_on() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.post("clock", r#"{"do":"resume"}"#).await;
    player.post("stop", "{}").await;
    let stopped = player.view_when(|view| view["stopped_by"] == "player").await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(player.view().await["now_s"], stopped["now_s"], "time stands still");
    assert_eq!(player.post("act", EAT).await.status, StatusCode::CONFLICT);
    assert_eq!(player.post("clock", r#"{"do":"resume"}"#).await.status, StatusCode::NOT_FOUND);
    instructor.post("clock", r#"{"do":"resume"}"#).await;
    let now = stopped["now_s"].as_u64().unwrap_or_default();
    player.view_when(|view| view["now_s"].as_u64() > Some(now + 1)).await;
    assert!(player.post("act", EAT).await.status.is_success());
}

#[tokio::test]
async fn a_stop_is_served_when_nothing_else_is() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    while player.get("nowhere").await.status != StatusCode::TOO_MANY_REQUESTS {}
    assert_eq!(player.post("stop", "{}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_is_done_before_the_start_or_after_the_end() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    assert_eq!(player.post("act", EAT).await.status, StatusCode::CONFLICT);
    assert_eq!(instructor.post("end", "{}").await.status, StatusCode::CONFLICT);
    instructor.step(1.0).await;
    assert_eq!(instructor.post("end", "{}").await.status, StatusCode::OK);
    assert_eq!(player.post("act", EAT).await.status, StatusCode::CONFLICT);
    let resumed = instructor.post("clock", r#"{"do":"resume"}"#).await;
    assert_eq!(resumed.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_order_with_a_field_that_means_nothing_is_refused() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    instructor.step(1.0).await;
    for order in [r#"{"do":"pause","x":1}"#, r#"{"do":"resume","minutes":3}"#, r#"["resume"]"#] {
        assert_eq!(
            instructor.post("clock", order).await.status,
            StatusCode::BAD_REQUEST,
            "{order}"
        );
    }
    assert_eq!(instructor.post("act", r#"["suspend"]"#).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_instructor_starts_a_step_now() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    instructor.step(1.0).await;
    let there_is_none = instructor.post("act", r#"{"do":"start-step","step":7}"#).await;
    assert_eq!(there_is_none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(instructor.post("act", r#"{"do":"start-step","step":0}"#).await.status.is_success());
    instructor.step(1.0).await;
    let view = instructor.view_when(|view| view["now_s"] == 120).await;
    assert_eq!(view["truth"]["steps"][0]["succeeded"], 1);
    assert_eq!(view["doses"][0][1], 3.0);
}
