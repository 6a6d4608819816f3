//! The server: two seats, each behind its own door.
//!
//! ```text
//! GET  /SEAT/              the page            POST /SEAT/act   {"do": …}   Idempotency-Key
//! GET  /SEAT/events        views, as they change    POST /SEAT/stop
//! GET  /SEAT/assets/…      scripts, style      POST /instructor/clock · end · close
//! GET  /instructor/debrief                          after the end
//! ```

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get, post};

use crate::page;
use crate::room::Inner;
use crate::seat::Seat;

mod answers;
mod asked;
mod bucket;
mod debrief;
mod doors;
mod events;
mod gate;

pub(crate) use bucket::Buckets;
pub(crate) use doors::Doors;
pub(crate) use events::Streams;

/// All routes.
pub(crate) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .merge(seat(&inner, Seat::Instructor))
        .merge(seat(&inner, Seat::Player))
        .fallback(|| async { answers::page(StatusCode::NOT_FOUND) })
        .layer(from_fn(answers::dress))
}

/// The routes of a seat, none of which answers without its token.
fn seat(inner: &Arc<Inner>, seat: Seat) -> Router {
    let with = || Arc::clone(inner);
    let at = |tail: &str| format!("/{}/{tail}", seat.as_str());
    let nothing = || async { answers::page(StatusCode::NOT_FOUND) };
    let (pages, streams, acts, stops) = (with(), with(), with(), with());
    let routes = Router::new()
        .route(&at(""), get(move || async move { pages.pages.of_seat(seat) }))
        .route(&at("events"), get(move || async move { events::stream(&streams, seat) }))
        .route(&at("assets/{file}"), get(move |Path(file)| async move { asset(seat, file) }))
        .route(&at("act"), post(move |req| async move { asked::act(&acts, seat, req).await }))
        .route(&at("stop"), post(move |req| async move { asked::stop(&stops, seat, req).await }))
        .route(&at("{*other}"), any(nothing));
    let routes = match seat {
        Seat::Instructor => instructor(routes, inner),
        Seat::Player => {
            routes.route("/player/debrief", get(|| async { debrief::not_for_players() }))
        }
    };
    routes.layer(from_fn_with_state((with(), seat), gate::pass))
}

fn instructor(routes: Router, inner: &Arc<Inner>) -> Router {
    let with = || Arc::clone(inner);
    let (clock, end, close, read) = (with(), with(), with(), with());
    routes
        .route("/instructor/clock", post(move |req| async move { asked::clock(&clock, req).await }))
        .route("/instructor/end", post(move |req| async move { asked::end(&end, req).await }))
        .route("/instructor/close", post(move |req| async move { asked::close(&close, req).await }))
        .route("/instructor/debrief", get(move || async move { debrief::page(&read) }))
}

fn asset(seat: Seat, file: String) -> Response {
    page::asset(seat, &file).unwrap_or_else(|| answers::page(StatusCode::NOT_FOUND))
}
