//! Requests that change something.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use tokio::sync::oneshot;

use super::answers::{error, no, ok};
use crate::acts;
use crate::floor::{No, Order};
use crate::room::Inner;
use crate::seat::Seat;

/// The largest body [bytes].
const BODY: usize = 4096;
/// How long a body may take to arrive.
const ARRIVES: Duration = Duration::from_secs(3);
/// How long the floor may take to answer.
const ANSWERS: Duration = Duration::from_secs(10);
/// The floor is gone, or does not come round to what was asked of it.
const NOT_HELD: &str = "the exercise is not held any more, or cannot take more orders now";

/// Somebody acts.
pub(super) async fn act(inner: &Inner, seat: Seat, request: Request) -> Response {
    let key = request.headers().get("idempotency-key");
    let key = key.and_then(|key| key.to_str().ok()).map(str::to_owned);
    let body = match body(request).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    match acts::read(seat, key.as_deref(), &body) {
        Ok(asked) => ask(inner, |reply| Order::Act(asked, reply)).await,
        Err(acts::Wrong::Seat) => error(StatusCode::FORBIDDEN, acts::Wrong::Seat.why()),
        Err(wrong) => error(StatusCode::BAD_REQUEST, wrong.why()),
    }
}

/// The instructor turns the clock.
pub(super) async fn clock(inner: &Inner, request: Request) -> Response {
    let body = match body(request).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    match serde_json::from_slice(&body).map_err(drop).and_then(|v| acts::exactly(v).map_err(drop)) {
        Ok(order) => ask(inner, |reply| Order::Clock(order, reply)).await,
        Err(()) => error(StatusCode::BAD_REQUEST, "the clock does: pause, resume, speed, step"),
    }
}

/// The instructor ends the exercise.
pub(super) async fn end(inner: &Inner, request: Request) -> Response {
    match body(request).await {
        Ok(_) => ask(inner, Order::End).await,
        Err(answer) => answer,
    }
}

/// Anybody stops it, at any time: at once, whatever else the request holds. It is answered when it is
/// kept.
pub(super) async fn stop(inner: &Inner, seat: Seat, request: Request) -> Response {
    inner.shared.stop.press(seat);
    drop(body(request).await); // a connection whose body was not read cannot be used again
    ask(inner, |reply| Order::Stop(seat, reply)).await
}

/// The instructor closes the server.
pub(super) async fn close(inner: &Inner, request: Request) -> Response {
    drop(body(request).await);
    inner.closed.send_replace(true);
    ok(&"closed")
}

async fn body(request: Request) -> Result<Bytes, Response> {
    let large = |_| error(StatusCode::PAYLOAD_TOO_LARGE, "a request has at most 4 KiB");
    match tokio::time::timeout(ARRIVES, to_bytes(request.into_body(), BODY)).await {
        Ok(body) => body.map_err(large),
        Err(_) => Err(error(StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time")),
    }
}

async fn ask<T: serde::Serialize>(
    inner: &Inner,
    order: impl FnOnce(oneshot::Sender<Result<T, No>>) -> Order,
) -> Response {
    let (reply, answer) = oneshot::channel();
    if !inner.tell(order(reply)) {
        return error(StatusCode::SERVICE_UNAVAILABLE, NOT_HELD);
    }
    match tokio::time::timeout(ANSWERS, answer).await {
        Ok(Ok(Ok(done))) => ok(&done),
        Ok(Ok(Err(refused))) => no(&refused),
        Ok(Err(_)) => error(StatusCode::SERVICE_UNAVAILABLE, NOT_HELD),
        Err(_) => error(StatusCode::GATEWAY_TIMEOUT, "no answer yet: ask again with the same key"),
    }
}
