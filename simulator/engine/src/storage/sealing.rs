//! Protection at rest: ChaCha20-Poly1305 (RFC 8439) with a key of the device's own.
//!
//! ```text
//! counter u64, little-endian | ciphertext and tag
//! ```
//!
//! The key never leaves the vault. The counter is the nonce; it never goes back, and the host remembers
//! the last of each record, so that an older one is no record. The record's name is associated data.

use std::borrow::Cow;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};

/// Seals the records of one device.
pub(crate) struct Sealing {
    cipher: ChaCha20Poly1305,
    counter: u64,
}

impl Sealing {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { cipher: ChaCha20Poly1305::new(&key.into()), counter: 0 }
    }

    /// `value` as it is kept under `name`, and by which counter.
    pub(super) fn seal<'v>(&mut self, name: &str, value: &[u8]) -> (u64, Cow<'v, [u8]>) {
        self.counter += 1;
        let payload = Payload { msg: value, aad: name.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce(self.counter), payload).unwrap_or_default();
        let kept = [&self.counter.to_le_bytes()[..], &sealed].concat();
        (self.counter, Cow::Owned(kept))
    }

    /// Opens what was sealed under `name` by `counter`, and nothing else.
    pub(super) fn open(&self, name: &str, counter: u64, kept: &[u8]) -> Option<Vec<u8>> {
        let (stated, sealed) = kept.split_first_chunk::<8>()?;
        if u64::from_le_bytes(*stated) != counter {
            return None;
        }
        let payload = Payload { msg: sealed, aad: name.as_bytes() };
        self.cipher.decrypt(&nonce(counter), payload).ok()
    }
}

fn nonce(counter: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_le_bytes());
    nonce.into()
}
