//! Mutations of WebAssembly: of what is in a section, with its length made right again, and of the
//! order of sections. Without that, hardly a mutation gets past the first length.

use super::{Luck, bytes};

/// Bytes of the magic number and the version.
const HEAD: usize = 8;

/// Changes an input once.
pub(super) fn change(input: &mut Vec<u8>, other: &[u8], luck: &mut Luck) {
    let (Some(mut own), Some(others)) = (read(input), read(other)) else {
        return bytes::change(input, other, luck);
    };
    let at = luck.below(own.len());
    match luck.below(10) {
        0 => drop(own.remove(at)),
        1 => own.insert(at, own[at].clone()),
        2 => {
            let to = luck.below(own.len());
            own.swap(at, to);
        }
        3 => own.extend(luck.pick(&others).cloned()),
        4 => {
            let id = own[at].0;
            let same: Vec<_> = others.iter().filter(|(other, _)| *other == id).collect();
            let new = luck.pick(&same).map(|section| section.1.clone());
            own[at].1 = new.unwrap_or_default();
        }
        5 => return bytes::change(input, other, luck),
        _ => {
            let piece = luck.pick(&others).map(|(_, body)| body.clone()).unwrap_or_default();
            bytes::change(&mut own[at].1, &piece, luck);
        }
    }
    *input = written(&input[..HEAD], &own);
}

/// The sections of a module or a component, by id; none if it has none or is neither.
fn read(input: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut rest = input.strip_prefix(b"\0asm")?.get(4..)?;
    let mut sections = Vec::new();
    while let Some((id, after)) = rest.split_first() {
        let (length, after) = number(after)?;
        let (body, after) = after.split_at_checked(length)?;
        sections.push((*id, body.to_vec()));
        rest = after;
    }
    (!sections.is_empty()).then_some(sections)
}

fn written(head: &[u8], sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = head.to_vec();
    for (id, body) in sections {
        out.push(*id);
        let mut length = body.len();
        while length > 0x7f {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(body);
    }
    out
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().take(4).position(|byte| *byte < 0x80)? + 1;
    let (number, rest) = bytes.split_at(end);
    Some((number.iter().rev().fold(0, |n, byte| n << 7 | usize::from(byte & 0x7f)), rest))
}
