//! How far the product checks an image itself, before it asks the host to stage it.
//!
//! The flaw of real products is `verifies = "head"` (CVE-2020-25166 is one of its kind): the signature
//! is checked, with the manufacturer's real key, over a head that names a component, and nobody looks whether the
//! component behind it is the one that it names.

use ed25519_dalek::{Signature, VerifyingKey};
use medtwin_sdk::Config;
use sha2::{Digest as _, Sha256};

/// The manufacturer's key (Ed25519), of the simulation: it need be secret to nobody.
const VENDOR: [u8; 32] = [
    0xa7, 0x2c, 0x3f, 0x00, 0x05, 0x3c, 0x36, 0xb3, 0x78, 0xab, 0x11, 0x1e, 0x78, 0x2e, 0x42, 0x44,
    0x7b, 0x91, 0x0c, 0xb9, 0x0e, 0xcb, 0xc4, 0x88, 0x47, 0x0b, 0x17, 0x5d, 0x33, 0xda, 0x41, 0x72,
];
/// What is signed: magic, version, length, and the SHA-256 of the component from `DIGEST` on.
const SIGNED: usize = 44;
const DIGEST: usize = 12;
const HEAD: usize = SIGNED + 64;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Nothing,
    Head,
    Whole,
}

impl Check {
    pub(crate) fn of(config: &Config) -> Self {
        match (config.is("verifies", "head"), config.is("verifies", "whole")) {
            (true, _) => Self::Head,
            (_, true) => Self::Whole,
            _ => Self::Nothing,
        }
    }

    /// Whether the product believes `image`.
    pub(crate) fn passes(self, image: &[u8]) -> bool {
        match self {
            Self::Nothing => true,
            Self::Head => is_signed(image),
            Self::Whole => is_signed(image) && is_named(image),
        }
    }
}

fn is_signed(image: &[u8]) -> bool {
    let signature = image.get(SIGNED..HEAD).map(Signature::from_slice);
    let key = VerifyingKey::from_bytes(&VENDOR);
    match (signature, key) {
        (Some(Ok(signature)), Ok(key)) => key.verify_strict(&image[..SIGNED], &signature).is_ok(),
        _ => false,
    }
}

fn is_named(image: &[u8]) -> bool {
    image
        .split_at_checked(HEAD)
        .is_some_and(|(head, component)| head[DIGEST..SIGNED] == Sha256::digest(component)[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_any_length_is_read_without_a_panic_and_believed_by_who_checks_nothing() {
        for len in [0, 1, SIGNED, HEAD - 1, HEAD, HEAD + 1, 1000] {
            let image = vec![0xa5; len];
            assert!(Check::Nothing.passes(&image));
            assert!(!Check::Head.passes(&image) && !Check::Whole.passes(&image), "{len}");
        }
    }
}
