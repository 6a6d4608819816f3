//! The Minimal Lower Layer Protocol: where a message begins and ends on a stream.
//!
//! `0x0B`, the message, `0x1C 0x0D`. Bytes between two blocks are noise and are passed over. A block that
//! grows beyond [`MAX_BYTES`] is dropped with all that comes before the next begin, so that a peer
//! who never ends one costs no more memory than that.

use alloc::vec::Vec;

use crate::message::MAX_BYTES;

/// Before a message.
pub const BEGIN: u8 = 0x0b;
/// After it.
pub const END: [u8; 2] = [0x1c, 0x0d];

/// `message` as a block.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 3);
    out.push(BEGIN);
    out.extend_from_slice(message);
    out.extend(END);
    out
}

/// A stream as it comes in, in whatever pieces.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    block: Vec<u8>,
    inside: bool,
}

impl Stream {
    /// Takes the next bytes, and hands on each message that they complete.
    pub fn take(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        for &byte in bytes {
            match byte {
                // A begin within a block: the last one was never finished.
                BEGIN => {
                    self.block.clear();
                    self.inside = true;
                }
                _ if !self.inside => {}
                byte if byte == END[1] && self.block.last() == Some(&END[0]) => {
                    self.block.pop();
                    each(&self.block);
                    self.block.clear();
                    self.inside = false;
                }
                byte if self.block.len() <= MAX_BYTES => self.block.push(byte),
                _ => {
                    self.block.clear();
                    self.inside = false;
                }
            }
        }
    }

    /// What of a block is here already [bytes].
    pub fn held(&self) -> usize {
        self.block.len()
    }
}

/// The messages that `bytes` hold, if they came in one piece.
pub fn messages(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    Stream::default().take(bytes, |message| all.push(message.to_vec()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn noise_between_blocks_is_passed_over_and_a_new_begin_starts_again() {
        let bytes = b"noise\x0bfirst\x1c\x0dmore\x1c\x0d\x0bhalf\x0bsecond\x1c\x0d";
        assert_eq!(messages(bytes), [b"first".to_vec(), b"second".to_vec()]);
    }

    #[test]
    fn a_block_that_never_ends_is_dropped() {
        let mut stream = Stream::default();
        stream.take(&[BEGIN], |_| panic!("nothing ended"));
        for _ in 0..3 {
            stream.take(&vec![b'x'; MAX_BYTES], |_| panic!("nothing ended"));
            assert!(stream.held() <= MAX_BYTES + 1);
        }
        let mut heard = 0;
        stream.take(&frame(b"next"), |_| heard += 1);
        assert_eq!(heard, 1);
    }

    proptest! {
        #[test]
        fn a_message_comes_out_of_any_pieces(
            message in proptest::collection::vec(0x20u8.., 0..200),
            cut in 1usize..20,
            noise in proptest::collection::vec(0x20u8.., 0..20),
        ) {
            let bytes = [&noise[..], &frame(&message), &noise].concat();
            let (mut stream, mut heard) = (Stream::default(), Vec::new());
            for piece in bytes.chunks(cut) {
                stream.take(piece, |message| heard.push(message.to_vec()));
            }
            prop_assert_eq!(heard, vec![message]);
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for message in messages(&bytes) {
                let _ = crate::Message::parse(&message);
            }
        }
    }
}
