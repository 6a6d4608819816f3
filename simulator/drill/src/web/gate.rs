//! What every request of a seat must show before anything else is looked at.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::answers;
use crate::connections::Caller;
use crate::room::Inner;
use crate::seat::Seat;

/// How the path of a stop ends: it is let through whatever the rate.
const STOP: &str = "/stop";

/// Lets a request through that calls us by our name, has the seat's token, and comes from a page of
/// ours if it changes something.
pub(super) async fn pass(
    State((inner, seat)): State<(Arc<Inner>, Seat)>,
    request: Request,
    next: Next,
) -> Response {
    match check(&inner, seat, &request) {
        Ok(()) => next.run(request).await,
        Err(answer) => answer,
    }
}

#[expect(clippy::result_large_err, reason = "the error is the answer that is sent")]
fn check(inner: &Inner, seat: Seat, request: &Request) -> Result<(), Response> {
    let refuse = |status| Err(answers::refusal(request.method(), status));
    let headers = request.headers();
    let host = text(headers, header::HOST).unwrap_or_default();
    if !inner.doors.is_us(host) {
        return refuse(StatusCode::MISDIRECTED_REQUEST);
    }
    let entering = entering(request).is_some_and(|token| inner.tokens.is_for(seat, token));
    let bearer = bearer(headers).is_some_and(|token| inner.tokens.is_for(seat, token));
    let cookie = cookie(headers, &inner.doors.cookie(seat.as_str()))
        .is_some_and(|token| inner.tokens.is_for(seat, token));
    let known = entering || bearer || cookie;
    if let Some(caller) = request.extensions().get::<Caller>().filter(|_| known) {
        caller.is_of(seat);
    }
    let stops = request.uri().path().ends_with(STOP) && known;
    if !stops && !takes(inner, known.then_some(seat)) {
        return refuse(StatusCode::TOO_MANY_REQUESTS);
    }
    if !known {
        return refuse(StatusCode::UNAUTHORIZED);
    }
    if entering {
        return Err(enter(inner, seat));
    }
    if request.method() == Method::POST {
        changes(inner, headers, host, bearer).map_or(Ok(()), refuse)?;
    }
    Ok(())
}

/// Why a request that changes something is not let through.
fn changes(inner: &Inner, headers: &HeaderMap, host: &str, bearer: bool) -> Option<StatusCode> {
    let own = match text(headers, header::ORIGIN) {
        Some(origin) => inner.doors.is_own(origin, host),
        None => bearer, // browsers always say; a program with the token need not
    };
    if !own {
        return Some(StatusCode::FORBIDDEN);
    }
    let kind = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    (!kind.eq_ignore_ascii_case("application/json")).then_some(StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

fn takes(inner: &Inner, seat: Option<Seat>) -> bool {
    inner.buckets.lock().is_ok_and(|mut buckets| buckets.take(seat))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    text(headers, header::AUTHORIZATION)?.strip_prefix("Bearer ")
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|p| p.1)
}

/// The token in the address of a page: a first visit.
fn entering(request: &Request) -> Option<&str> {
    if request.method() != Method::GET || !request.uri().path().ends_with('/') {
        return None;
    }
    request.uri().query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
}

/// Keeps the token in a cookie that no script reads, and takes it out of the address.
fn enter(inner: &Inner, seat: Seat) -> Response {
    let (name, path) = (inner.doors.cookie(seat.as_str()), seat.as_str());
    let token = inner.tokens.text(seat);
    let cookie = format!("{name}={token}; Path=/{path}; HttpOnly; SameSite=Strict");
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, format!("/{path}/"))];
    (StatusCode::SEE_OTHER, headers, Body::empty()).into_response()
}
