//! Views as they change, over a connection that stays open.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::{oneshot, watch};

use crate::room::Inner;
use crate::seat::Seat;

/// A sign of life while nothing changes: a browser that hears nothing for longer is cut off.
const BEAT: Duration = Duration::from_secs(2);
/// Streams that a seat may have open. A browser has six connections to a server, and must have one
/// left for a stop.
const STREAMS: usize = 2;

/// The open streams of a seat, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Streams(VecDeque<oneshot::Sender<()>>);

struct Watching {
    views: watch::Receiver<Arc<str>>,
    closed: watch::Receiver<bool>,
    /// Ends when a newer stream takes its place.
    elsewhere: Option<oneshot::Receiver<()>>,
}

impl Streams {
    /// One more, in the place of the oldest if there are too many.
    fn open(&mut self) -> oneshot::Receiver<()> {
        self.0.retain(|stream| !stream.is_closed());
        if self.0.len() == STREAMS {
            self.0.pop_front();
        }
        let (ends, end) = oneshot::channel();
        self.0.push_back(ends);
        end
    }
}

/// The views of a seat: the newest at once, then each that differs.
pub(super) fn stream(inner: &Inner, seat: Seat) -> Response {
    let mut views = inner.views(seat);
    views.mark_changed();
    let elsewhere = inner.streams(seat).lock().unwrap_or_else(PoisonError::into_inner).open();
    let closed = inner.closed.subscribe();
    let watching = Watching { views, closed, elsewhere: Some(elsewhere) };
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
    let elsewhere = watching.elsewhere.as_mut()?;
    let changed = tokio::time::timeout(BEAT, watching.views.changed());
    let changed = tokio::select! {
        biased;
        _ = elsewhere => {
            watching.elsewhere = None;
            return Some(Bytes::from_static(b"event: elsewhere\ndata: EXERCISE\n\n"));
        }
        changed = changed => changed,
    };
    match changed {
        Err(_) => Some(Bytes::from_static(b"event: beat\ndata: EXERCISE\n\n")),
        Ok(Err(_)) => None,
        Ok(Ok(())) => {
            let view = watching.views.borrow_and_update().clone();
            Some(format!("retry: 1000\nevent: view\ndata: {view}\n\n").into())
        }
    }
}
