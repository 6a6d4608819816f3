//! What must hold of every mistake that an author is told.

use std::ops::Range;

/// Asserts that a mistake says something, and that its place lies in the text and cuts no letter.
#[track_caller]
pub(crate) fn told(text: &str, message: &str, at: Option<&Range<usize>>) {
    assert!(!message.trim().is_empty(), "a mistake without a message");
    let place = at.is_none_or(|at| text.get(at.clone()).is_some());
    assert!(place, "`{message}` is at {at:?} of {} bytes", text.len());
}
