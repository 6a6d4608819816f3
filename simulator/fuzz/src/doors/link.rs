//! Frames on a protected link: nobody without the key makes one that is believed, what is wrapped opens,
//! and a counter is fresh once.

use medtwin_engine::channel::{self, Protection, Window};

const KEY: [u8; 32] = [7; 32];
const SENDER: u32 = 3;

fn protection(bits: u8) -> Protection {
    let on = |bit: u8| bits & bit != 0;
    Protection { authentication: on(1), encryption: on(2), freshness: on(4) }
}

/// A byte that says how the link is protected, then a frame.
pub(super) fn good() -> Vec<Vec<u8>> {
    let frame = |bits: u8| channel::wrap(protection(bits), &KEY, SENDER, 42, b"bolus 1.5");
    (0..8).map(|bits| [vec![bits], frame(bits)].concat()).collect()
}

pub(super) fn open(input: &[u8]) {
    let Some((&bits, frame)) = input.split_first() else { return };
    let protection = protection(bits);
    // Of another key: whatever it says, it is not believed.
    let opened = channel::open(&[8; 32], SENDER, frame);
    assert!(!opened.authenticated && !opened.encrypted, "{opened:?}");
    believed(frame);
    let looks = channel::looks(protection, frame);
    assert!(!looks.authenticated && !looks.encrypted, "{looks:?}");
    wraps(protection, frame);
    counts(frame);
}

/// What is believed under our key is a frame that we make.
fn believed(frame: &[u8]) {
    let opened = channel::open(&KEY, SENDER, frame);
    let bodies = opened.body.iter().filter(|_| opened.authenticated);
    for body in bodies {
        let counter = opened.counter.unwrap_or_default();
        let protection = Protection {
            authentication: true,
            encryption: opened.encrypted,
            freshness: opened.counter.is_some(),
        };
        let again = channel::wrap(protection, &KEY, SENDER, counter, body);
        assert_eq!(again, frame, "an authenticated frame is one of ours");
    }
}

/// What is wrapped opens with its key, says who it is not from, and is as long as it must be.
fn wraps(protection: Protection, body: &[u8]) {
    let counter = body.len() as u64;
    let frame = channel::wrap(protection, &KEY, SENDER, counter, body);
    let opened = channel::open(&KEY, SENDER, &frame);
    assert_eq!(opened.body.as_deref(), Some(body), "{protection:?}");
    assert_eq!(opened.authenticated, protection.authentication);
    assert_eq!(opened.encrypted, protection.encryption);
    let other = channel::open(&KEY, SENDER + 1, &frame);
    assert!(!other.authenticated && !other.encrypted, "a frame is its sender's alone");
}

/// Eight bytes are a counter: each is fresh once, whatever came before.
fn counts(bytes: &[u8]) {
    let mut window = Window::default();
    for counter in bytes.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)) {
        if window.is_fresh(counter, 64) {
            window.accept(counter);
        }
        assert!(!window.is_fresh(counter, 64), "{counter} twice");
    }
}
