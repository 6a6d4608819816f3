//! How a link protects a frame: real cryptography, wrapped and opened by the host.
//!
//! A frame on a link is a flag byte, then what the flags say:
//!
//! ```text
//! flags | counter u64 (bit 0) | payload, or ChaCha20-Poly1305 ciphertext (bit 2) | HMAC-SHA-256 tag, 16 bytes (bit 1)
//! ```
//!
//! Opening states facts and refuses nothing: a frame without a tag is delivered as not
//! authenticated, and the policy says whether that matters. Freshness without authentication is a
//! claim that an adversary can make too. A ciphertext that does not open carries nothing to deliver.
//!
//! The layout is ours; the algorithms are RFC 8439 and RFC 2104, the tag truncated to 128 bits as
//! NIST SP 800-107 allows.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const COUNTER: u8 = 1;
const TAG: u8 = 2;
const SEALED: u8 = 4;
/// Bytes of a tag.
pub const TAG_LEN: usize = 16;

/// Which protections a link has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// A tag over flags, counter and payload (control `auth`).
    pub authentication: bool,
    /// Authenticated encryption of the payload (control `encryption`).
    pub encryption: bool,
    /// A counter that never goes back (control `nonce`).
    pub freshness: bool,
}

/// What opening a frame told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it carries; none if it is sealed with another key.
    pub body: Option<Vec<u8>>,
    /// Its tag verified.
    pub authenticated: bool,
    /// It was sealed and opened.
    pub encrypted: bool,
    /// The counter it states.
    pub counter: Option<u64>,
}

/// HMAC-SHA-256 of `parts`, whole.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = <Hmac<Sha256> as hmac::Mac>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The key of tags, apart from the key that seals (NIST SP 800-108: one key, one purpose).
fn tag_key(key: &[u8; 32]) -> [u8; 32] {
    mac(key, &[b"medtwin/tag"])
}

/// A device as a sender, in nonces: no two are the same, since a bedside has at most 256 devices.
pub fn sender(node: u32, unit: u16) -> u32 {
    node << 8 | u32::from(unit)
}

/// Wraps `body` for a link with `protection`. `sender` keeps nonces of two ends apart.
pub fn wrap(
    protection: Protection,
    key: &[u8; 32],
    sender: u32,
    counter: u64,
    body: &[u8],
) -> Vec<u8> {
    let flag = |on: bool, bit: u8| if on { bit } else { 0 };
    // An AEAD nonce must never repeat, so sealing brings the counter along.
    let counted = protection.freshness || protection.encryption;
    let flags = flag(counted, COUNTER)
        | flag(protection.authentication, TAG)
        | flag(protection.encryption, SEALED);
    let mut frame = vec![flags];
    if counted {
        frame.extend_from_slice(&counter.to_le_bytes());
    }
    if protection.encryption {
        frame.extend(seal(key, sender, counter, body));
    } else {
        frame.extend_from_slice(body);
    }
    if protection.authentication {
        let tag = mac(&tag_key(key), &[&sender.to_le_bytes(), &frame]);
        frame.extend_from_slice(&tag[..TAG_LEN]);
    }
    frame
}

/// A frame that says of itself that nothing protects it.
pub fn in_clear(body: &[u8]) -> Vec<u8> {
    [&[0], body].concat()
}

/// Whether `frame` says that its link's key protects it: without the key it proves nothing.
pub fn needs_key(frame: &[u8]) -> bool {
    frame.first().is_some_and(|flags| flags & (TAG | SEALED) != 0)
}

/// Opens a frame that says it is from `sender`.
pub fn open(key: &[u8; 32], sender: u32, frame: &[u8]) -> Opened {
    let mut opened = Opened { body: None, authenticated: false, encrypted: false, counter: None };
    let Some((&flags, _)) = frame.split_first() else { return opened };
    let mut rest = &frame[1..];
    if flags & TAG != 0 {
        let Some(split) = rest.len().checked_sub(TAG_LEN) else { return opened };
        let signed = &frame[..frame.len() - TAG_LEN];
        let tag = mac(&tag_key(key), &[&sender.to_le_bytes(), signed]);
        opened.authenticated = tag[..TAG_LEN] == rest[split..];
        rest = &rest[..split];
    }
    if flags & COUNTER != 0 {
        let Some((bytes, after)) = rest.split_first_chunk::<8>() else { return opened };
        opened.counter = Some(u64::from_le_bytes(*bytes));
        rest = after;
    }
    if flags & SEALED == 0 {
        opened.body = Some(rest.to_vec());
    } else {
        opened.body = unseal(key, sender, opened.counter.unwrap_or(0), rest);
        opened.encrypted = opened.body.is_some();
    }
    opened
}

/// What somebody without a key sees of a frame: its counter, and its body unless it is sealed.
pub fn looks(protection: Protection, frame: &[u8]) -> Opened {
    if protection == Protection::default() {
        let body = Some(frame.to_vec());
        return Opened { body, authenticated: false, encrypted: false, counter: None };
    }
    Opened { authenticated: false, ..open(&[0; 32], u32::MAX, frame) }
}

fn nonce(sender: u32, counter: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&sender.to_le_bytes());
    nonce[4..].copy_from_slice(&counter.to_le_bytes());
    nonce.into()
}

/// Seals `body`; an empty vector if it is longer than the cipher allows.
pub fn seal(key: &[u8; 32], sender: u32, counter: u64, body: &[u8]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(key.into());
    let payload = Payload { msg: body, aad: &sender.to_le_bytes() };
    cipher.encrypt(&nonce(sender, counter), payload).unwrap_or_default()
}

/// Opens what [`seal`] made with the same key, sender and counter.
pub fn unseal(key: &[u8; 32], sender: u32, counter: u64, sealed: &[u8]) -> Option<Vec<u8>> {
    let cipher = ChaCha20Poly1305::new(key.into());
    let payload = Payload { msg: sealed, aad: &sender.to_le_bytes() };
    cipher.decrypt(&nonce(sender, counter), payload).ok()
}

/// What a receiver remembers of one sender's counters (control `nonce`): the highest, and which of
/// the 64 below it were seen, so that frames may overtake one another but never come twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    highest: u64,
    seen: u64,
    any: bool,
}

impl Window {
    /// Whether `counter` was never seen and lies within `width` (at most 64) of the highest.
    pub fn is_fresh(&self, counter: u64, width: u64) -> bool {
        if !self.any || counter > self.highest {
            return true;
        }
        let behind = self.highest - counter;
        behind < width.min(64) && self.seen & (1 << behind) == 0
    }

    /// Remembers `counter`.
    pub fn accept(&mut self, counter: u64) {
        if !self.any || counter > self.highest {
            let ahead = if self.any { counter - self.highest } else { 64 };
            self.seen = self.seen.checked_shl(ahead.min(64) as u32).unwrap_or(0) | 1;
            self.highest = counter;
            self.any = true;
        } else if self.highest - counter < 64 {
            self.seen |= 1 << (self.highest - counter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const ALL: Protection = Protection { authentication: true, encryption: true, freshness: true };

    #[test]
    fn what_was_wrapped_opens_with_its_key_alone() {
        for bits in 0..8u8 {
            let on = |bit: u8| bits & bit != 0;
            let protection =
                Protection { authentication: on(1), encryption: on(2), freshness: on(4) };
            let opened = open(&KEY, 3, &wrap(protection, &KEY, 3, 9, b"bolus"));
            assert_eq!(opened.body.as_deref(), Some(&b"bolus"[..]), "{protection:?}");
            assert_eq!(opened.authenticated, on(1));
            assert_eq!(opened.encrypted, on(2));
            let other = open(&[8; 32], 3, &wrap(protection, &KEY, 3, 9, b"bolus"));
            assert!(!other.authenticated && !other.encrypted);
            assert_eq!(other.body.is_some(), !on(2));
        }
    }

    #[test]
    fn one_changed_bit_anywhere_is_noticed() {
        let frame = wrap(ALL, &KEY, 3, 9, b"bolus");
        for bit in 0..frame.len() * 8 {
            let mut changed = frame.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let opened = open(&KEY, 3, &changed);
            assert!(!opened.authenticated, "bit {bit}");
        }
    }

    #[test]
    fn a_frame_of_any_length_opens_without_a_panic() {
        for flags in 0..=255u8 {
            for len in 0..40 {
                let mut frame = vec![flags];
                frame.resize(len, 0xa5);
                assert!(!open(&KEY, 1, &frame).authenticated);
            }
        }
    }

    #[test]
    fn a_counter_is_fresh_once() {
        let mut window = Window::default();
        for counter in [5, 3, 4, 200, 190] {
            assert!(window.is_fresh(counter, 64), "{counter}");
            window.accept(counter);
            assert!(!window.is_fresh(counter, 64), "{counter} again");
        }
        assert!(!window.is_fresh(100, 64));
    }
}
