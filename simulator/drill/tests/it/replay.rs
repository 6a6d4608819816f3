//! Inputs are entries: what was played runs again without people.

use std::sync::Arc;
use std::time::Duration;

use medtwin_drill::Seat;
use medtwin_engine::trace::Fingerprint;
use medtwin_engine::{Plan, run};

use crate::client::Client;
use crate::world::{Finished, exercise, room};

fn fingerprint(plan: &Plan) -> [u8; 32] {
    let mut sink = Fingerprint::default();
    run(plan, &mut sink);
    sink.finish().pop().expect("a link")
}

async fn ended(
    instructor: &mut Client,
    finished: &Finished,
) -> (Vec<medtwin_drill::Input>, [u8; 32]) {
    instructor.post("end", "{}").await;
    instructor.view_when(|view| view["truth"]["debrief"]["is"] == "ready").await;
    finished.lock().expect("kept").take().expect("the exercise is finished")
}

#[tokio::test]
async fn a_drill_runs_again_from_its_inputs_to_the_same_fingerprint() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, finished) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    instructor.post("clock", r#"{"do":"speed","x":600}"#).await;
    instructor.post("clock", r#"{"do":"resume"}"#).await;
    for act in
        [r#"{"do":"eat","carbs_g":15}"#, r#"{"do":"suspend"}"#, r#"{"do":"bolus","units":0.35}"#]
    {
        tokio::time::sleep(Duration::from_millis(330)).await;
        assert!(player.post("act", act).await.status.is_success());
    }
    instructor.post("act", r#"{"do":"start-step","step":0}"#).await;
    instructor.post("clock", r#"{"do":"pause"}"#).await;
    instructor.step(17.0).await;
    let (inputs, live) = ended(&mut instructor, &finished).await;
    assert_eq!(inputs.len(), 4);
    let plan = Plan { inputs: Arc::from(inputs), ..exercise("as-sold", 1).plan };
    assert_eq!(fingerprint(&plan), live);
}

#[tokio::test]
async fn a_drill_in_which_nobody_acts_is_the_run_of_the_same_seed() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, finished) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    instructor.step(33.3).await;
    instructor.step(0.01).await;
    let (inputs, live) = ended(&mut instructor, &finished).await;
    assert!(inputs.is_empty());
    assert_eq!(fingerprint(&exercise("as-sold", 1).plan), live);
}

#[tokio::test]
async fn an_exercise_ends_by_itself_at_its_horizon() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, finished) = room(state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    instructor.step(181.0).await;
    let view = instructor.view_when(|view| view["truth"]["debrief"]["is"] == "ready").await;
    assert_eq!(view["state"], "over");
    assert!(finished.lock().expect("kept").is_some());
    assert!(String::from_utf8_lossy(&instructor.get("debrief").await.body).contains("debrief"));
}
