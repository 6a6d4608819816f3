//! Views as they change, over a connection that stays open.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::answers;
use crate::room::Inner;
use crate::seat::Seat;

/// A sign of life while nothing changes: a browser that hears nothing for longer is cut off.
const BEAT: Duration = Duration::from_secs(2);

struct Watching {
    views: watch::Receiver<Arc<str>>,
    closed: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

/// The views of a seat: the newest at once, then each that differs.
pub(super) fn stream(inner: &Inner, seat: Seat) -> Response {
    let Ok(permit) = inner.streams(seat).try_acquire_owned() else {
        let text = "this seat is open in too many windows: close one";
        return answers::error(StatusCode::SERVICE_UNAVAILABLE, text);
    };
    let mut views = inner.views(seat);
    views.mark_changed();
    let watching = Watching { views, closed: inner.closed.subscribe(), _permit: permit };
    let events = stream::unfold(watching, |mut watching| async {
        let event = next(&mut watching).await?;
        Some((Ok::<_, std::convert::Infallible>(event), watching))
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (kind, Body::from_stream(events)).into_response()
}

async fn next(watching: &mut Watching) -> Option<Bytes> {
    if *watching.closed.borrow() {
        return None;
    }
    match tokio::time::timeout(BEAT, watching.views.changed()).await {
        Err(_) => Some(Bytes::from_static(b"event: beat\ndata: EXERCISE\n\n")),
        Ok(Err(_)) => None,
        Ok(Ok(())) => {
            let view = watching.views.borrow_and_update().clone();
            Some(format!("retry: 1000\nevent: view\ndata: {view}\n\n").into())
        }
    }
}
