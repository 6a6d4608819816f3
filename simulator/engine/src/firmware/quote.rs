//! A quote: what the host measured of a device, for somebody elsewhere who asked with a nonce.
//!
//! ```text
//! version u32 | flags (1: it runs, 2: its signature holds) | SHA-256 of the component, 32 | Ed25519 signature, 64
//! ```
//!
//! Little-endian. The signature (RFC 8032) is over a label, the nonce and what precedes it, by a key of
//! the device's own that never enters a guest. So a component can ask for a quote, keep it and withhold
//! it; it cannot choose what the quote says, nor pass an old or another device's off as its answer.
//! The layout is ours, after the quote of a TPM 2.0.
//!
//! Left out: certificates of the device's key, and keys apart: who checks has the device's secret in its
//! vault and takes the public key from it. No guest gets at it, and the host lets who checks sign nothing.

use ed25519_dalek::{Signature, Signer as _, SigningKey};

use super::Measured;

const SAID: usize = 4 + 1 + 32;
/// Bytes of a quote.
pub const QUOTE: usize = SAID + 64;
const LABEL: &[u8] = b"medtwin/quote";
const RUNS: u8 = 1;
const SIGNED: u8 = 2;

/// What `measured` is, for who asked with `nonce`.
pub fn quote(key: &[u8; 32], nonce: &[u8], measured: &Measured) -> Vec<u8> {
    let flag = |on: bool, bit: u8| if on { bit } else { 0 };
    let mut quote = measured.version.to_le_bytes().to_vec();
    quote.push(flag(measured.runs, RUNS) | flag(measured.signed, SIGNED));
    quote.extend(measured.digest);
    let signature = SigningKey::from_bytes(key).sign(&signed(nonce, &quote));
    quote.extend(signature.to_bytes());
    quote
}

/// Whether the device with this key made `quote` for `nonce`.
pub fn is_quote(key: &[u8; 32], nonce: &[u8], quote: &[u8]) -> bool {
    let Some((said, signature)) = quote.split_at_checked(SAID) else { return false };
    let signature = Signature::from_slice(signature);
    let key = SigningKey::from_bytes(key).verifying_key();
    signature.is_ok_and(|signature| key.verify_strict(&signed(nonce, said), &signature).is_ok())
}

/// What is signed: a nonce of any length ends where its length says.
fn signed(nonce: &[u8], said: &[u8]) -> Vec<u8> {
    let length = (nonce.len() as u32).to_le_bytes();
    [LABEL, &length, nonce, said].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const NONCE: &[u8] = &[3; 16];
    const RUNS_12: Measured = Measured { version: 12, digest: [9; 32], signed: true, runs: true };

    #[test]
    fn a_quote_says_what_was_measured_to_who_asked() {
        let quote = quote(&KEY, NONCE, &RUNS_12);
        assert_eq!(quote.len(), QUOTE);
        assert!(is_quote(&KEY, NONCE, &quote));
        assert_eq!((&quote[..4], quote[4], &quote[5..37]), (&[12, 0, 0, 0][..], 3, &[9; 32][..]));
    }

    #[test]
    fn a_server_reads_what_a_host_said() {
        for (runs, signed) in [(true, true), (true, false), (false, true), (false, false)] {
            let measured = Measured { runs, signed, ..RUNS_12 };
            let read = medtwin_frames::update::Quoted::decode(&quote(&KEY, NONCE, &measured));
            let read = read.expect("a quote");
            assert_eq!((read.version, read.digest), (12, [9; 32]));
            assert_eq!((read.runs, read.signed), (runs, signed));
        }
    }

    #[test]
    fn an_old_quote_answers_no_other_nonce() {
        let old = quote(&KEY, NONCE, &RUNS_12);
        for nonce in [&[4; 16][..], &[3; 15], &[3; 17], &[]] {
            assert!(!is_quote(&KEY, nonce, &old), "{nonce:?}");
        }
    }

    #[test]
    fn a_quote_of_another_device_is_none_of_this_one() {
        assert!(!is_quote(&KEY, NONCE, &quote(&[8; 32], NONCE, &RUNS_12)));
    }

    #[test]
    fn what_is_cut_off_or_longer_is_no_quote() {
        let whole = quote(&KEY, NONCE, &RUNS_12);
        for len in 0..QUOTE {
            assert!(!is_quote(&KEY, NONCE, &whole[..len]), "{len} bytes");
        }
        assert!(!is_quote(&KEY, NONCE, &[&whole[..], &[0]].concat()));
    }

    proptest! {
        #[test]
        fn no_byte_of_a_quote_can_be_changed(at in 0usize..QUOTE, mask in 1u8..) {
            let mut changed = quote(&KEY, NONCE, &RUNS_12);
            changed[at] ^= mask;
            prop_assert!(!is_quote(&KEY, NONCE, &changed));
        }

        #[test]
        fn what_moves_from_the_nonce_into_the_quote_is_noticed(cut in 0usize..16) {
            let whole = quote(&KEY, NONCE, &RUNS_12);
            let moved = [&NONCE[cut..], &whole].concat();
            prop_assert!(!is_quote(&KEY, &NONCE[..cut], &moved));
        }
    }
}
