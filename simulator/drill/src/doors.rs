//! What a drill reads from requests and from a journal, as functions of bytes.
//!
//! They are for `simulator/fuzz`, which asks what holds of every input; the server and
//! [`Room::open`](crate::Room::open) reach the same code. Nothing here opens a file or a port.

use std::path::Path;

use medtwin_engine::input::Input;
use serde::Serialize;

use crate::acts;
use crate::clock::ClockOrder;
use crate::error::DrillError;
use crate::exercise::Exercise;
use crate::journal::{self, Given, Header};
use crate::seat::Seat;

/// What the body of an act and its `Idempotency-Key` ask for, as the line of the journal that would
/// keep it, had `who` done it at `at_ns`.
///
/// # Errors
/// What the answer says.
pub fn act(
    seat: Seat,
    key: Option<&str>,
    body: &[u8],
    (who, at_ns): (&str, u64),
) -> Result<(Input, Vec<u8>), &'static str> {
    let asked = acts::read(seat, key, body).map_err(acts::Wrong::why)?;
    let input = Input { at_ns, who: who.to_owned(), action: asked.action };
    let given = Given { key: asked.key, by: asked.by, input: input.clone() };
    Ok((input, line(&given)))
}

/// Whether a body is an order to the clock.
pub fn is_clock_order(body: &[u8]) -> bool {
    let value = serde_json::from_slice(body);
    value.is_ok_and(|value| acts::exactly::<ClockOrder>(value).is_ok())
}

/// The first line of the journal of `exercise`.
pub fn first_line(exercise: &Exercise) -> Vec<u8> {
    line(&Header::of(exercise))
}

/// The inputs in the journal of `exercise`, and its lines of them as they would be written again.
///
/// # Errors
/// Why it cannot be gone on with.
pub fn journal(exercise: &Exercise, text: &[u8]) -> Result<Vec<(Input, Vec<u8>)>, DrillError> {
    let (header, path) = (Header::of(exercise), Path::new(journal::FILE));
    let past = journal::past(&mut text.to_vec(), &header, &exercise.plan.setup, path)?;
    Ok(past.given.into_iter().map(|given| (given.input.clone(), line(&given))).collect())
}

fn line(of: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(of).unwrap_or_default();
    line.push(b'\n');
    line
}
