//! The session of a pump and its app, under a pairing key that is short enough to be tried out.
//!
//! In the manner of products whose Bluetooth sessions had deterministic keys (CVE-2020-27264); the
//! layout is ours. The algorithm is sound, HMAC-SHA-256 (RFC 2104): all that is wrong is how few keys
//! there are. Shared by the device models, which speak it, and by the simulated adversary.
//!
//! ```text
//! nonce u16 | a frame of the pump's radio, 13 bytes, exclusive or with the key stream | tag, 4 bytes     (19 bytes)
//! ```
//!
//! An answer bears the nonce of its request, and nobody remembers a nonce: a session tells neither
//! who speaks nor when.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Bytes of a frame of a session.
pub const LEN: usize = 2 + medtwin_frames::LEN + TAG_LEN;
const TAG_LEN: usize = 4;

/// A session, which is its pairing key: one of 65,536.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session(u16);

impl Session {
    /// The session of devices that were paired with this key.
    pub const fn new(pairing_key: u16) -> Self {
        Self(pairing_key)
    }

    /// A frame of the pump's radio as the session sends it.
    pub fn wrap(self, nonce: u16, frame: [u8; medtwin_frames::LEN]) -> [u8; LEN] {
        let mut out = [0; LEN];
        let (body, tag) = out.split_at_mut(LEN - TAG_LEN);
        body[..2].copy_from_slice(&nonce.to_le_bytes());
        body[2..].copy_from_slice(&self.masked(nonce, frame));
        tag.copy_from_slice(&self.mac(b"tag", body)[..TAG_LEN]);
        out
    }

    /// The frame in what a session sent; none if it is of another, or damaged.
    pub fn open(self, bytes: &[u8]) -> Option<[u8; medtwin_frames::LEN]> {
        let bytes: &[u8; LEN] = bytes.try_into().ok()?;
        let (body, tag) = bytes.split_at(LEN - TAG_LEN);
        if self.mac(b"tag", body)[..TAG_LEN] != *tag {
            return None;
        }
        let (nonce, frame) = body.split_first_chunk()?;
        Some(self.masked(u16::from_le_bytes(*nonce), frame.try_into().ok()?))
    }

    /// `frame` with the key stream of `nonce` over it, or taken off.
    fn masked(self, nonce: u16, frame: [u8; medtwin_frames::LEN]) -> [u8; medtwin_frames::LEN] {
        let stream = self.mac(b"stream", &nonce.to_le_bytes());
        std::array::from_fn(|at| frame[at] ^ stream[at])
    }

    fn mac(self, purpose: &[u8], bytes: &[u8]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0.to_le_bytes()) else {
            return [0; 32]; // HMAC takes keys of any length
        };
        mac.update(purpose);
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [u8; medtwin_frames::LEN] = *b"a bolus of 5U";

    #[test]
    fn what_a_session_wraps_opens_with_its_key_and_no_other() {
        let sent = Session::new(0xbeef).wrap(7, FRAME);
        assert_ne!(sent[2..15], FRAME, "it is not in clear");
        let opens = |key: &u16| Session::new(*key).open(&sent).is_some();
        let keys: Vec<u16> = (0..=u16::MAX).filter(opens).collect();
        assert_eq!(keys, [0xbeef]);
        assert_eq!(Session::new(0xbeef).open(&sent), Some(FRAME));
    }

    #[test]
    fn a_frame_that_is_changed_or_of_another_length_does_not_open() {
        let session = Session::new(3);
        let sent = session.wrap(7, FRAME);
        for bit in 0..LEN * 8 {
            let mut changed = sent;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(session.open(&changed), None, "bit {bit}");
        }
        for len in (0..LEN).chain([LEN + 1, 64]) {
            assert_eq!(session.open(&vec![0xa5; len]), None, "{len} bytes");
        }
    }
}
