//! The blocks of a pcapng file that a capture needs (draft-ietf-opsawg-pcapng): section, interface,
//! packet. Times are in nanoseconds. Written out here, since a crate for all blocks brings a second `syn` and
//! `thiserror` along for these three.

/// Link type of Ethernet (tcpdump.org, link-layer header types).
pub(super) const ETHERNET: u16 = 1;
/// Link type that is for a user to say what it is.
pub(super) const USER0: u16 = 147;

const COMMENT: u16 = 1;
const NAME: u16 = 2;
const TIME_RESOLUTION: u16 = 9;

/// The section header: this machine's byte order does not matter, ours is little endian.
pub(super) fn section(out: &mut Vec<u8>) {
    let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    body.extend([1, 0, 0, 0]);
    body.extend([0xff; 8]); // of unknown length
    block(out, 0x0a0d_0d0a, &body);
}

/// An interface of this name.
pub(super) fn interface(out: &mut Vec<u8>, link_type: u16, name: &str) {
    let mut body = link_type.to_le_bytes().to_vec();
    body.extend([0; 6]); // reserved, and no limit to a packet's length
    option(&mut body, NAME, name.as_bytes());
    option(&mut body, TIME_RESOLUTION, &[9]);
    option(&mut body, 0, &[]);
    block(out, 1, &body);
}

/// A packet on the first interface at `at_ns`.
pub(super) fn packet(out: &mut Vec<u8>, at_ns: u64, data: &[u8], comment: Option<&str>) {
    let mut body = vec![0; 4];
    body.extend(((at_ns >> 32) as u32).to_le_bytes());
    body.extend((at_ns as u32).to_le_bytes());
    let len = data.len() as u32;
    body.extend(len.to_le_bytes());
    body.extend(len.to_le_bytes());
    body.extend(data);
    pad(&mut body);
    if let Some(comment) = comment {
        option(&mut body, COMMENT, comment.as_bytes());
        option(&mut body, 0, &[]);
    }
    block(out, 6, &body);
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = &value[..value.len().min(1000)];
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let len = (body.len() as u32 + 12).to_le_bytes();
    out.extend(kind.to_le_bytes());
    out.extend(len);
    out.extend(body);
    out.extend(len);
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
