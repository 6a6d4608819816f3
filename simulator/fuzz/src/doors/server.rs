//! The server of a drill: who has no token is not let in, a player does not get what is the instructor's,
//! and whatever is asked, the exercise goes on and its journal reads back.
//!
//! An input is some requests, a zero byte apart: `METHOD PATH`, headers, an empty line, a body. `@P` and
//! `@I` stand for the tokens of player and instructor.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use medtwin_drill::{Options, Room, Seat, doors};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

use super::journal::EXERCISE;

/// The most requests of an input.
const REQUESTS: usize = 4;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

pub(super) fn good() -> Vec<Vec<u8>> {
    let post = |path: &str, token: &str, body: &str| {
        format!(
            "POST {path}\nhost: 127.0.0.1:8080\nauthorization: Bearer {token}\ncontent-type: application/json\nidempotency-key: fuzz-key-0001\n\n{body}"
        )
    };
    let get = |path: &str, more: &str| format!("GET {path}\nhost: localhost:8080\n{more}\n");
    let browser = "origin: http://127.0.0.1:8080\ncookie: medtwin-player-8080=@P\n";
    let inputs = [
        [get("/player/", ""), get("/player/?token=@P", ""), get("/instructor/?token=@I", "")]
            .join("\0"),
        [get("/player/events", browser), get("/player/assets/drill.js", browser)].join("\0"),
        post("/player/act", "@P", r#"{"do":"bolus","units":1.5}"#),
        post("/player/act", "@P", r#"{"do":"suspend"}"#) + "\0" + &post("/player/stop", "@P", ""),
        post("/instructor/clock", "@I", r#"{"do":"step","minutes":5.5}"#)
            + "\0"
            + &post("/instructor/end", "@I", "")
            + "\0"
            + &get("/instructor/debrief", "authorization: Bearer @I\n"),
        post("/instructor/close", "@I", "") + "\0" + &post("/instructor/clock", "@P", "{}"),
    ];
    inputs.map(String::into_bytes).to_vec()
}

pub(super) fn open(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let state = fresh();
    let listen = "127.0.0.1:8080".parse().expect("an address");
    let options = Options { listen, speed: 60.0, state: state.clone() };
    let room = Room::open(&EXERCISE, &options, |_, _| Ok(String::new())).expect("a room");
    for asked in text.split('\0').take(REQUESTS) {
        ask(&room, asked);
    }
    room.close().expect("the exercise goes on");
    let journal = std::fs::read(state.join("inputs.jsonl")).expect("a journal");
    doors::journal(&EXERCISE, &journal).expect("what was kept reads");
}

/// An empty directory, of this process alone.
fn fresh() -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let name: String = thread.chars().filter(char::is_ascii_digit).collect();
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let state = dir.join(format!("medtwin-fuzz-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&state);
    state
}

fn ask(room: &Room, asked: &str) {
    let told =
        asked.replace("@P", room.token(Seat::Player)).replace("@I", room.token(Seat::Instructor));
    let Some(request) = request(&told) else { return };
    let path = request.uri().path().to_owned();
    let answer =
        RUNTIME.block_on(room.router().oneshot(request)).unwrap_or_else(|never| match never {});
    let (status, lets_in) = (answer.status(), !answer.status().is_client_error());
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{asked}");
    let tokens = ["@P", "@I"].map(|token| asked.contains(token));
    assert!(!lets_in || tokens[0] || tokens[1], "{status} without a token: {asked}");
    assert!(
        !lets_in || tokens[1] || !path.starts_with("/instructor"),
        "{status} to a player: {asked}"
    );
    tells_no_token(room, &answer, tokens);
}

/// Only who has a token is told it, in the cookie that keeps it.
fn tells_no_token(room: &Room, answer: &Response<Body>, has: [bool; 2]) {
    for (seat, has) in [Seat::Player, Seat::Instructor].into_iter().zip(has) {
        let tells = |value: &axum::http::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).contains(room.token(seat))
        };
        assert!(has || !answer.headers().values().any(tells), "{answer:?}");
    }
}

fn request(text: &str) -> Option<Request<Body>> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next()?.split_once(' ')?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let begun = Request::builder().method(method).uri(path);
    let request = headers.fold(begun, |request, (name, value)| request.header(name, value));
    request.body(Body::from(body.to_owned())).ok()
}
