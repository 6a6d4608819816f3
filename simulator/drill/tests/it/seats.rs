//! Who is let in, and what every answer wears.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use medtwin_drill::Seat;

use crate::client::Client;
use crate::world::{TITLE, room};

const COOKIE: &str = "medtwin-player-8080";

fn plain(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080")
}

#[tokio::test]
async fn nothing_is_served_without_a_token() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut nobody = Client::of(&room, Seat::Player);
    let instructors = room.token(Seat::Instructor).to_owned();
    for path in [
        "/player/",
        "/player/events",
        "/player/assets/style.css",
        "/instructor/",
        "/instructor/debrief",
        "/player/?token=0123",
        "/instructor/events",
    ] {
        let request = plain("GET", path).body(Body::empty()).expect("a request");
        let answer = nobody.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(text.contains("EXERCISE") && !text.contains(TITLE), "{text}");
    }
    let with = |token: &str| {
        let request = plain("GET", "/player/").header("authorization", format!("Bearer {token}"));
        request.body(Body::empty()).expect("a request")
    };
    assert_eq!(nobody.send(with(&instructors)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_first_visit_takes_the_token_out_of_the_address() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    let path = format!("/player/?token={}", player.token);
    let answer = player.send(plain("GET", &path).body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers["location"], "/player/");
    let cookie = answer.headers["set-cookie"].to_str().expect("text").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/player", COOKIE] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let kept = cookie.split(';').next().unwrap_or_default();
    let request = plain("GET", "/player/").header("cookie", format!("other=1; {kept}"));
    let answer = player.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[track_caller]
fn check_refused(answer: &crate::client::Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
}

#[tokio::test]
async fn a_request_from_elsewhere_is_refused() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    let cookie = format!("{COOKIE}={}", player.token);
    let post = |origin: Option<&str>, host: &str, kind: &str| {
        let request = Request::builder().method("POST").uri("/player/stop").header("host", host);
        let request = request.header("cookie", &cookie).header("content-type", kind);
        let request = origin.into_iter().fold(request, |r, origin| r.header("origin", origin));
        request.body(Body::from("{}")).expect("a request")
    };
    let (us, json) = ("127.0.0.1:8080", "application/json");
    let rebound = post(Some("http://evil.example"), "evil.example", json);
    check_refused(&player.send(rebound).await, StatusCode::MISDIRECTED_REQUEST);
    let forged = post(Some("http://evil.example"), us, json);
    check_refused(&player.send(forged).await, StatusCode::FORBIDDEN);
    let neighbour = post(Some("http://127.0.0.1:9090"), us, json);
    check_refused(&player.send(neighbour).await, StatusCode::FORBIDDEN);
    check_refused(&player.send(post(None, us, json)).await, StatusCode::FORBIDDEN);
    let form = post(Some("http://127.0.0.1:8080"), us, "text/plain");
    check_refused(&player.send(form).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let own = post(Some("http://127.0.0.1:8080"), us, json);
    assert_eq!(player.send(own).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_is_small() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    let large = format!(r#"{{"do":"suspend","x":"{}"}}"#, "x".repeat(5000));
    check_refused(&player.post("act", &large).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_newest_two_windows_of_a_seat_have_its_views() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    let mut oldest = player.stream().await;
    let mut kept = player.stream().await;
    let mut newest = player.stream().await;
    assert!(oldest.ends_elsewhere(&mut player).await);
    for stream in [&mut kept, &mut newest] {
        assert!(stream.until(&mut player, |_| true).await.is_object());
    }
}

#[tokio::test]
async fn too_many_requests_are_refused() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    let mut served = 0;
    let last = loop {
        let answer = player.get("nowhere").await;
        if answer.status != StatusCode::NOT_FOUND {
            break answer;
        }
        served += 1;
    };
    check_refused(&last, StatusCode::TOO_MANY_REQUESTS);
    assert!((50..300).contains(&served), "{served}");
}

#[tokio::test]
async fn every_answer_wears_the_same_headers() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    for path in ["", "nowhere", "assets/style.css", "assets/player.js", "debrief"] {
        let headers = player.get(path).await.headers;
        let policy = headers["content-security-policy"].to_str().expect("text");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn the_debrief_is_not_for_players() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    let mut player = Client::of(&room, Seat::Player);
    let mut instructor = Client::of(&room, Seat::Instructor);
    check_refused(&instructor.get("debrief").await, StatusCode::NOT_FOUND);
    instructor.step(1.0).await;
    instructor.post("end", "{}").await;
    instructor.view_when(|view| view["truth"]["debrief"]["is"] == "ready").await;
    check_refused(&player.get("debrief").await, StatusCode::FORBIDDEN);
    let answer = instructor.get("debrief").await;
    let policy = answer.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("style-src 'sha256-") && !policy.contains("script-src"), "{policy}");
}

#[tokio::test]
async fn every_page_says_that_it_is_an_exercise() {
    let state = tempfile::tempdir().expect("a directory");
    let (room, _) = room(state.path());
    for seat in [Seat::Player, Seat::Instructor] {
        let mut client = Client::of(&room, seat);
        for path in ["", "nowhere", "debrief"] {
            let body = client.get(path).await.body;
            assert!(String::from_utf8_lossy(&body).contains("EXERCISE"), "{path}");
        }
        assert!(client.view().await["notice"].as_str().is_some_and(|n| n.contains("EXERCISE")));
    }
}
