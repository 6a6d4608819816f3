//! Answers that are the same for everybody, and the headers of all of them.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use crate::floor::No;

/// Nothing but what this server serves, and no inline script or style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Puts the headers on that every answer has. An answer may bring its own instead.
pub(super) async fn dress(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let mut set = |name: HeaderName, value: &'static str| {
        dressed(response.headers_mut(), name, value);
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    response
}

fn dressed(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// A refusal: a page for whoever opens one, JSON for whoever asked by script.
pub(super) fn refusal(method: &Method, status: StatusCode) -> Response {
    let mut answer = if method == Method::POST { error(status, why(status)) } else { page(status) };
    if status == StatusCode::TOO_MANY_REQUESTS {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

/// What a refusal says: nothing of the exercise.
fn why(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => {
            "this page needs the address that the exercise printed when it was started, with its \
             token"
        }
        StatusCode::FORBIDDEN => "this was not asked from a page of the exercise",
        StatusCode::NOT_FOUND => "there is nothing here",
        StatusCode::MISDIRECTED_REQUEST => "this server is not called so",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "send JSON, as `application/json`",
        StatusCode::TOO_MANY_REQUESTS => "too many requests: wait a second",
        _ => "this cannot be served",
    }
}

/// A page that says no.
pub(super) fn page(status: StatusCode) -> Response {
    notice(status, why(status))
}

/// A page with one sentence.
pub(super) fn notice(status: StatusCode, text: &str) -> Response {
    (status, Html(crate::page::notice(text).into_string())).into_response()
}

/// An error for a script.
pub(super) fn error(status: StatusCode, text: &str) -> Response {
    let body = json!({ "notice": "EXERCISE", "error": text }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// An answer for a script.
pub(super) fn ok(done: &impl serde::Serialize) -> Response {
    let body = json!({ "notice": "EXERCISE", "done": done }).to_string();
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// What the floor said no to.
pub(super) fn no(no: &No) -> Response {
    match no {
        No::NotNow(why) => error(StatusCode::CONFLICT, why),
        No::Never(why) => error(StatusCode::UNPROCESSABLE_ENTITY, why),
        No::Unsaved => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "it could not be kept on disk, so it was not done: is the disk full?",
        ),
        No::Unkept => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "it was done, but could not be kept on disk: after a restart it must be done again",
        ),
    }
}
