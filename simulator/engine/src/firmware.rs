//! Firmware images: what an update server sends and a device's update processor stages.
//!
//! ```text
//! "MTFW" | version u32 | length u32 | SHA-256 of the component, 32 | Ed25519 signature, 64 | component
//! ```
//!
//! Little-endian. The signature (RFC 8032) is over everything before it, so over the component by its
//! digest; an image that nobody signed has zeros there. The layout is ours.
//!
//! What precedes the component is its [`Head`]. It lies in front of it in a slot as well, so that a
//! device can measure what it is about to start; a [`quote()`] says to others what it measured.
//!
//! Left out: certificates and revocation (a device trusts one key), delta images, an updater that can
//! itself be updated, and the product's name: a signature covers none, so that an image of another
//! product of the same vendor is believed.

use std::sync::{Arc, LazyLock};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::device::Setting;

mod quote;

pub use quote::{QUOTE, is_quote, quote};

const MAGIC: &[u8; 4] = b"MTFW";
const SIGNED: usize = 4 + 4 + 4 + 32;
const HEAD: usize = SIGNED + 64;

/// Who signed an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signer {
    /// Whom devices trust: the manufacturer, or a thief of the manufacturer's key.
    #[default]
    Vendor,
    /// Somebody with a key of their own.
    Stranger,
    /// Nobody.
    Nobody,
}

impl Signer {
    /// Every signer by its word.
    pub const WORDS: [(&'static str, Self); 3] =
        [("vendor", Self::Vendor), ("stranger", Self::Stranger), ("nobody", Self::Nobody)];

    /// The key of a simulation: it need be secret to nobody.
    fn key(self) -> Option<SigningKey> {
        let name: &[u8] = match self {
            Self::Vendor => b"medtwin/firmware/vendor",
            Self::Stranger => b"medtwin/firmware/stranger",
            Self::Nobody => return None,
        };
        Some(SigningKey::from_bytes(&Sha256::digest(name).into()))
    }
}

/// Whose signature devices trust.
static TRUSTED: LazyLock<Option<VerifyingKey>> =
    LazyLock::new(|| Signer::Vendor.key().map(|key| key.verifying_key()));

/// A firmware image of a scenario, ready to be sent.
#[derive(Clone)]
pub struct FirmwareSetup {
    /// Its name.
    pub name: String,
    /// As it is sent, all of it or what arrives of it.
    pub image: Arc<[u8]>,
    /// SHA-256 of its component.
    pub digest: [u8; 32],
    /// What it is newer than.
    pub version: u32,
    /// Index of its component into the setup's artefacts.
    pub artefact: u32,
    /// What it does otherwise than the device's config says.
    pub config: Arc<[Setting]>,
    /// Its component is an adversary's.
    pub hostile: bool,
    /// All of its component arrives, behind whatever head.
    pub arrives: bool,
    /// What arrives of it is whole, and signed by whom devices trust.
    pub signed: bool,
}

/// What a device can know of an image before it runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The version that it states.
    pub version: u32,
    /// SHA-256 of the component in it, measured.
    pub digest: [u8; 32],
    /// All of the component is there, and it is the one that was signed or stated.
    pub whole: bool,
    /// Whole, and signed by whom devices trust.
    pub signed: bool,
    /// Its length [bytes].
    pub bytes: u32,
    /// What is written in front of its component.
    pub head: Head,
}

/// What is written in front of a component: what it should be, and who vouches for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    stated: [u8; SIGNED],
    signature: [u8; 64],
}

/// What the host measured of the slot that a device was last started from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// The version that its head states.
    pub version: u32,
    /// SHA-256 of the component that lies there.
    pub digest: [u8; 32],
    /// The head names this digest, and is signed by whom devices trust.
    pub signed: bool,
    /// It runs.
    pub runs: bool,
}

impl Head {
    /// That of a component with this digest and length, signed by `signer`.
    pub fn new(digest: [u8; 32], length: u32, version: u32, signer: Signer) -> Self {
        let mut stated = [0; SIGNED];
        stated[..4].copy_from_slice(MAGIC);
        stated[4..8].copy_from_slice(&version.to_le_bytes());
        stated[8..12].copy_from_slice(&length.to_le_bytes());
        stated[12..].copy_from_slice(&digest);
        let signature = signer.key().map_or([0; 64], |key| key.sign(&stated).to_bytes());
        Self { stated, signature }
    }

    /// That of an image; none of what is too short to have one.
    pub fn of(image: &[u8]) -> Option<Self> {
        let (stated, rest) = image.split_first_chunk()?;
        let signature = rest.first_chunk()?;
        Some(Self { stated: *stated, signature: *signature })
    }

    /// The version that it states.
    pub fn version(&self) -> u32 {
        u32::from_le_bytes([self.stated[4], self.stated[5], self.stated[6], self.stated[7]])
    }

    /// Whether whom devices trust signed it for a component with this digest.
    pub fn vouches_for(&self, digest: &[u8; 32]) -> bool {
        self.stated.starts_with(MAGIC)
            && self.stated[12..] == *digest
            && TRUSTED.as_ref().is_some_and(|key| is_signed(key, &self.stated, &self.signature))
    }
}

/// An image of `component`.
pub fn image(component: &[u8], version: u32, signer: Signer) -> Vec<u8> {
    let digest = Sha256::digest(component).into();
    let head = Head::new(digest, component.len() as u32, version, signer);
    [&head.stated, &head.signature[..], component].concat()
}

/// `image` with the head of `other` in front of its component.
pub fn spliced(image: &[u8], other: &[u8]) -> Vec<u8> {
    let head = other.iter().take(HEAD);
    head.chain(image.iter().skip(HEAD)).copied().collect()
}

/// Reads an image; none if it does not even begin as one.
pub fn read(image: &[u8]) -> Option<Read> {
    let head = Head::of(image).filter(|head| head.stated.starts_with(MAGIC))?;
    let component = &image[HEAD..];
    let digest: [u8; 32] = Sha256::digest(component).into();
    let length = (component.len() as u32).to_le_bytes();
    let whole = head.stated[8..12] == length && head.stated[12..] == digest;
    let signed = whole && head.vouches_for(&digest);
    let (version, bytes) = (head.version(), image.len() as u32);
    Some(Read { version, digest, whole, signed, bytes, head })
}

fn is_signed(key: &VerifyingKey, stated: &[u8], signature: &[u8]) -> bool {
    let signature = Signature::from_slice(signature);
    signature.is_ok_and(|signature| key.verify_strict(stated, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_image_reads_back_and_is_signed_by_whom_devices_trust() {
        for (signer, signed) in
            [(Signer::Vendor, true), (Signer::Stranger, false), (Signer::Nobody, false)]
        {
            let read = read(&image(b"component", 11, signer)).expect("an image");
            assert_eq!((read.version, read.whole, read.signed), (11, true, signed), "{signer:?}");
            let digest: [u8; 32] = Sha256::digest(b"component").into();
            assert_eq!(read.digest, digest);
        }
    }

    #[test]
    fn an_image_behind_the_head_of_another_is_neither_whole_nor_signed() {
        let spliced =
            spliced(&image(b"implant", 1, Signer::Nobody), &image(b"pump", 12, Signer::Vendor));
        let read = read(&spliced).expect("an image");
        assert_eq!((read.version, read.whole, read.signed), (12, false, false));
        assert_eq!(read.digest, <[u8; 32]>::from(Sha256::digest(b"implant")));
    }

    #[test]
    fn a_head_vouches_for_its_own_component_alone() {
        let of = |component: &[u8]| <[u8; 32]>::from(Sha256::digest(component));
        let head = Head::of(&image(b"component", 11, Signer::Vendor)).expect("a head");
        assert!(head.vouches_for(&of(b"component")));
        assert!(!head.vouches_for(&of(b"implant")), "put in its place by hand");
        let stranger = Head::new(of(b"implant"), 7, 11, Signer::Stranger);
        assert!(!stranger.vouches_for(&of(b"implant")));
        let newer =
            Head { stated: Head::new(of(b"component"), 9, 12, Signer::Nobody).stated, ..head };
        assert!(!newer.vouches_for(&of(b"component")), "the version is signed too");
    }

    proptest! {
        #[test]
        fn no_byte_of_a_signed_image_can_be_changed_or_left_out(at in 0usize..200, mask in 1u8..) {
            let whole = image(&[7; 92], 11, Signer::Vendor);
            let at = at % whole.len();
            let mut changed = whole.clone();
            changed[at] ^= mask;
            prop_assert!(!read(&changed).is_some_and(|read| read.signed));
            prop_assert!(!read(&whole[..at]).is_some_and(|read| read.signed));
        }

        #[test]
        fn what_is_no_image_is_none(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(!read(&bytes).is_some_and(|read| read.signed));
        }
    }
}
