//! No truth reaches a player: every byte that is sent to one is read.

use medtwin_drill::Seat;
use medtwin_engine::run;
use medtwin_engine::trace::{Entry, Kind};
use serde_json::Value;

use crate::client::Client;
use crate::world::{TITLE, exercise, room_of};

/// All that a player can ask for, wisely or not.
const PATHS: [&str; 24] = [
    "",
    "events",
    "debrief",
    "nowhere",
    "clock",
    "assets/player.js",
    "assets/acts.js",
    "assets/alarms.js",
    "assets/bedside.js",
    "assets/charts.js",
    "assets/connect.js",
    "assets/frame.js",
    "assets/keys.js",
    "assets/sound.js",
    "assets/words.js",
    "assets/style.css",
    "assets/device.css",
    "assets/plots.css",
    "assets/instructor.js",
    "assets/attack.js",
    "assets/instructor.css",
    "assets/../instructor.js",
    "assets/%2e%2e",
    "../instructor/events",
];

/// Bodies that are wrong in their own ways: errors must not tell more than views do.
const BODIES: [&str; 8] = [
    "",
    "{}",
    r#"{"do":"start-step","step":0}"#,
    r#"{"do":"fly"}"#,
    r#"{"do":"bolus","units":99}"#,
    r#"{"do":"eat"}"#,
    r#"{"do":"pause"}"#,
    "\u{0}",
];

struct Heard {
    player: Vec<u8>,
    instructor: Vec<u8>,
    views: Vec<Value>,
}

/// Plays a whole exercise under `policy` and keeps what both seats were sent.
async fn played(policy: &str) -> Heard {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room_of(&exercise(policy, 1), state.path());
    let mut instructor = Client::of(&room, Seat::Instructor);
    let mut player = Client::of(&room, Seat::Player);
    let mut stream = player.stream().await;
    let mut views = vec![stream.until(&mut player, |_| true).await];
    for minute in (10..=180).step_by(10) {
        instructor.step(10.0).await;
        let now = minute * 60;
        views.push(stream.until(&mut player, |view| view["now_s"] == now || is_over(view)).await);
        let act =
            [r#"{"do":"suspend"}"#, r#"{"do":"eat","carbs_g":15}"#, r#"{"do":"replace-pump"}"#];
        if (50..80).contains(&minute) {
            player.post("act", act[(minute / 10 - 5) as usize]).await;
        }
        if minute == 90 {
            ask_for_everything(&mut player).await;
        }
        if minute == 100 {
            instructor.post("act", r#"{"do":"start-step","step":0}"#).await;
        }
    }
    instructor.step(1.0).await;
    views.push(stream.until(&mut player, is_over).await);
    ask_for_everything(&mut player).await;
    instructor.view_when(|view| view["truth"]["debrief"]["is"] == "ready").await;
    Heard { player: player.heard, instructor: instructor.heard, views }
}

fn is_over(view: &Value) -> bool {
    view["state"] == "over"
}

async fn ask_for_everything(player: &mut Client) {
    for path in PATHS.iter().filter(|path| **path != "events") {
        player.get(path).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await; // the rate is limited
    }
    for body in BODIES {
        player.post("act", body).await;
        player.post("clock", body).await;
        player.post("end", body).await;
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    }
    let token = std::mem::replace(&mut player.token, "wrong".to_owned());
    player.get("").await;
    player.token = token;
}

/// True glucose over the exercise: with nobody acting, which the first hour is.
fn true_glucose(policy: &str) -> Vec<f64> {
    let plan = exercise(policy, 1).plan;
    let mut entries: Vec<Entry> = Vec::new();
    run(&plan, &mut entries);
    let glucose = plan.setup.names.find("glucose").expect("a name");
    let vitals = entries.iter().filter(|e| e.kind == Kind::Vital && e.object == glucose);
    vitals.map(|entry| entry.value).collect()
}

/// Words that only the truth has.
fn secrets(policy: &str) -> Vec<String> {
    let exercise = exercise(policy, 1);
    let mut secrets: Vec<String> = [
        "mallory",
        TITLE,
        "a-night-with-mallory",
        "\"truth\"",
        "\"attempts\"",
        "\"denied_by\"",
        "\"disclosed\"",
        "\"horizon_s\"",
        "\"outside_model\"",
        "forged",
        "No harm is documented",
        policy,
    ]
    .map(str::to_owned)
    .into();
    secrets.extend(exercise.steps);
    secrets.extend(exercise.rules.into_iter().filter(|rule| rule.contains(['-', ':'])));
    secrets
}

fn contains(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

fn numbers(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(values) => values.iter().for_each(|value| numbers(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| numbers(value, found)),
        _ => {}
    }
}

async fn check_nothing_true_is_sent(policy: &str, denied: bool) {
    let heard = played(policy).await;
    let mut told = 0;
    for secret in secrets(policy) {
        assert!(!contains(&heard.player, &secret), "a player was sent `{secret}`");
        told += usize::from(contains(&heard.instructor, &secret));
    }
    assert!(told >= 8, "the instructor is told: the search finds what is there ({told})");
    assert_eq!(denied, contains(&heard.instructor, "denied by rule"), "rules are named");
    let glucose = true_glucose(policy);
    for value in &glucose {
        for text in [format!("{value}"), format!("{value:.6}"), format!("{value:.3}")] {
            assert!(!contains(&heard.player, &text), "a player was sent the true {text}");
        }
    }
    let thousandths = |value: &f64| format!("{}", (value * 1000.0).round() / 1000.0);
    let known = glucose[..30].iter().filter(|v| contains(&heard.instructor, &thousandths(v)));
    assert_eq!(known.count(), 30, "the instructor is sent true values: they can be found");
    check_numbers(&heard.views, &glucose);
}

/// No number of any view is a true value, however it is written.
fn check_numbers(views: &[Value], glucose: &[f64]) {
    let mut sent = Vec::new();
    views.iter().for_each(|view| numbers(view, &mut sent));
    assert!(sent.len() > 1000, "views were read: {}", sent.len());
    for number in sent.iter().filter(|number| number.fract() != 0.0) {
        let near = glucose.iter().find(|value| (*value - number).abs() < 0.0006);
        assert_eq!(near, None, "a player was sent {number}");
    }
}

#[tokio::test]
async fn a_player_is_sent_nothing_true_while_the_attack_succeeds() {
    check_nothing_true_is_sent("as-sold", false).await;
}

#[tokio::test]
async fn a_player_is_sent_nothing_true_while_the_attack_is_denied() {
    check_nothing_true_is_sent("hardened", true).await;
}

#[tokio::test]
async fn a_player_sees_what_the_pump_shows() {
    let heard = played("as-sold").await;
    assert!(contains(&heard.player, "Pump beeps and shows a bolus of 3 U"));
    let last = heard.views.last().expect("a view");
    assert!(last["readings"].as_array().is_some_and(|readings| readings.len() > 5));
}
