//! What must hold of every mistake that an author is told.

use std::ops::Range;

/// Asserts that a mistake says something, and that its place lies in the text and cuts no letter.
#[track_caller]
pub(crate) fn told(text: &str, message: &str, at: Option<&Range<usize>>) {
    assert!(!message.trim().is_empty(), "a mistake without a message");
    let place = at.is_none_or(|at| text.get(at.clone()).is_some());
    assert!(place, "`{message}` is at {at:?} of {} bytes", text.len());
}

/// Asserts that a place begins and ends between words: one of another text hardly would.
#[track_caller]
pub(crate) fn cuts_no_word(text: &str, message: &str, at: &Range<usize>) {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let cuts = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        is_word(before) && is_word(bytes.get(at))
    };
    let holds = at.is_empty() || !(cuts(at.start) || cuts(at.end));
    assert!(holds, "`{message}` is at {:?}, which is no word", text.get(at.clone()));
}
