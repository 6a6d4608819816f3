//! Lists of dependencies: names and versions that are read are of the form that they are printed in.

use medtwin::doors::dependencies;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

const SECTION: &str = ".dep-v0";

pub(super) fn good() -> Vec<Vec<u8>> {
    let section = |artifact: &medtwin_artifacts::Artifact| {
        let sections = medtwin_host::custom_sections(artifact.component, SECTION).ok()?;
        decompress_to_vec_zlib_with_limit(sections.first()?, 1 << 20).ok()
    };
    medtwin_artifacts::ALL.iter().filter_map(section).collect()
}

pub(super) fn open(input: &[u8]) {
    for section in [compress_to_vec_zlib(input, 1), input.to_vec()] {
        let Ok(list) = dependencies(&component(&section)) else { continue };
        for (name, version) in list {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert!((1..=64).contains(&name.len()) && name.bytes().all(is_plain), "{name:?}");
            assert!(version.to_string().len() <= 128, "{name} {version}");
        }
    }
}

/// A component that has nothing but this section.
fn component(section: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0\0".to_vec();
    let mut length = 1 + SECTION.len() + section.len();
    while length > 0x7f {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.extend([length as u8, SECTION.len() as u8]);
    bytes.extend(SECTION.bytes());
    bytes.extend(section);
    bytes
}
