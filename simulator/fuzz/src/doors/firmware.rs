//! Firmware images: what is whole and signed is what the manufacturer made, byte for byte.

use medtwin_engine::firmware::{Signer, image, read};
use sha2::{Digest as _, Sha256};

/// Bytes before the component.
const HEAD: usize = 108;

pub(super) fn good() -> Vec<Vec<u8>> {
    let signers = Signer::WORDS.map(|(_, signer)| signer);
    let of = |component: &'static [u8]| signers.map(|signer| image(component, 11, signer));
    let mut images: Vec<Vec<u8>> = [&b""[..], b"component", &[7; 300]].map(of).concat();
    let model = medtwin_artifacts::ALL[0].component;
    images.push(image(model, 12, Signer::Vendor)[..2048].to_vec()); // what arrives of a real one
    images
}

pub(super) fn open(input: &[u8]) {
    let Some(read) = read(input) else {
        return assert!(input.len() < HEAD || !input.starts_with(b"MTFW"), "it begins as one");
    };
    let component = &input[HEAD..];
    assert_eq!(read.digest, <[u8; 32]>::from(Sha256::digest(component)), "measured");
    assert!(read.whole || !read.signed, "what is not whole is not signed");
    let is = |signer| image(component, read.version, signer) == input;
    assert_eq!(read.signed, is(Signer::Vendor), "signed is what the manufacturer made");
    let stated = image(component, read.version, Signer::Nobody);
    assert_eq!(read.whole, stated[..HEAD - 64] == input[..HEAD - 64], "whole is as stated");
}
