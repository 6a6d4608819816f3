//! A browser of these tests, which keeps every byte that it is sent.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use medtwin_drill::{Room, Seat};
use serde_json::Value;
use tower::ServiceExt as _;

/// A seat's browser.
pub(crate) struct Client {
    router: Router,
    pub(crate) seat: Seat,
    pub(crate) token: String,
    /// Heads and bodies, as they came.
    pub(crate) heard: Vec<u8>,
    keys: u64,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A stream of views.
pub(crate) struct Stream(Body);

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Client {
    pub(crate) fn of(room: &Room, seat: Seat) -> Self {
        let token = room.token(seat).to_owned();
        Self { router: room.router(), seat, token, heard: Vec::new(), keys: 0 }
    }

    /// A request with the token, as a program makes it.
    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("/{}/{path}", self.seat.as_str()))
            .header("host", "127.0.0.1:8080")
            .header("authorization", format!("Bearer {}", self.token))
    }

    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        self.heard.extend(&body);
        Answer { status: head.status, headers: head.headers, body }
    }

    async fn open(&mut self, request: Request<Body>) -> axum::http::Response<Body> {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        for (name, value) in response.headers() {
            self.heard.extend(format!("{name}: ").bytes().chain(value.as_bytes().iter().copied()));
            self.heard.push(b'\n');
        }
        response
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request("GET", path).body(Body::empty()).expect("a request");
        self.send(request).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.keys += 1;
        let key = format!("test-key-{:08}", self.keys);
        self.post_as(path, body, &key).await
    }

    pub(crate) async fn post_as(&mut self, path: &str, body: &str, key: &str) -> Answer {
        let request = self
            .request("POST", path)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Body::from(body.to_owned()));
        self.send(request.expect("a request")).await
    }

    /// Steps the clock, as an instructor.
    pub(crate) async fn step(&mut self, minutes: f64) {
        let body = format!(r#"{{"do":"step","minutes":{minutes}}}"#);
        let answer = self.post("clock", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    }

    pub(crate) async fn stream(&mut self) -> Stream {
        let request = self.request("GET", "events").body(Body::empty()).expect("a request");
        Stream(self.open(request).await.into_body())
    }

    /// The newest view.
    pub(crate) async fn view(&mut self) -> Value {
        let mut stream = self.stream().await;
        stream.until(self, |_| true).await
    }

    /// A view that `fits`, waited for.
    pub(crate) async fn view_when(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let mut stream = self.stream().await;
        stream.until(self, fits).await
    }
}

impl Stream {
    /// Whether it ends because newer ones have its place.
    pub(crate) async fn ends_elsewhere(&mut self, by: &mut Client) -> bool {
        let mut said = Vec::new();
        while let Some(frame) = self.0.frame().await {
            said.extend(frame.expect("a frame").into_data().unwrap_or_default());
        }
        by.heard.extend(&said);
        String::from_utf8_lossy(&said).ends_with("event: elsewhere\ndata: EXERCISE\n\n")
    }

    /// Reads on until a view fits.
    pub(crate) async fn until(&mut self, by: &mut Client, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.0.frame().await.expect("an event").expect("a frame");
            let bytes: Bytes = frame.into_data().unwrap_or_default();
            by.heard.extend(&bytes);
            let text = String::from_utf8_lossy(&bytes);
            let data = text.lines().find_map(|line| line.strip_prefix("data: "));
            let view = data.and_then(|data| serde_json::from_str::<Value>(data).ok());
            if let Some(view) = view.filter(&fits) {
                return view;
            }
        }
    }
}
