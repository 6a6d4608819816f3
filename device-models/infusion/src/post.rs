//! The test of a pump's own after power on: whether its sensors answer, it has a drug library, and its
//! memory keeps what it is given. It takes 5 s [E]. Left out: RAM, ROM, processor and threads, whose
//! faults the platform's watchdog finds.

use medtwin_sdk::storage;

use crate::{Library, Senses};

/// How long it takes [us].
pub const POST_US: u64 = 5_000_000;
const RECORD: &str = "self-test";

/// Whether the pump may be used.
pub fn self_test(senses: Option<&Senses>, library: &Library) -> bool {
    senses.is_some() && !library.entries.is_empty() && remembers()
}

fn remembers() -> bool {
    let mark = b"kept";
    let kept = storage::put(RECORD, mark).and_then(|()| storage::get(RECORD));
    kept.is_ok_and(|kept| kept.as_deref() == Some(mark))
}
