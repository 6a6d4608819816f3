//! Mutations of bytes: bits, numbers, lengths, pieces of others.

use super::Luck;

/// Numbers at which readers go wrong, as many bytes of each as fit.
const ODD: [u64; 10] = [0, 1, 7, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];
/// The longest piece that is put in or repeated.
const PIECE: usize = 64;

/// Changes an input once.
pub(super) fn change(input: &mut Vec<u8>, other: &[u8], luck: &mut Luck) {
    let at = luck.below(input.len() + 1);
    let to = (at + 1 + luck.below(PIECE)).min(input.len());
    match luck.below(8) {
        0 | 1 => flip(input, at, luck),
        2 => input.truncate(at),
        3 => drop(input.drain(at..to)),
        4 => {
            let piece = input[at..to].repeat(1 + luck.below(8));
            drop(input.splice(at..at, piece));
        }
        5 => put(input, at, luck),
        6 => length(input, at, luck),
        _ => splice(input, at, other, luck),
    }
}

fn flip(input: &mut [u8], at: usize, luck: &mut Luck) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << luck.below(8);
    }
}

/// Writes an odd number of 1, 2, 4 or 8 bytes, or adds one to a number or takes one away.
fn put(input: &mut [u8], at: usize, luck: &mut Luck) {
    let width = (1 << luck.below(4)).min(input.len() - at);
    let number = &mut input[at..at + width];
    let mut old = [0; 8];
    old[..width].copy_from_slice(number);
    let old = u64::from_le_bytes(old);
    let new = match luck.below(3) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        _ => luck.pick(&ODD).copied().unwrap_or_default(),
    };
    number.copy_from_slice(&new.to_le_bytes()[..width]);
}

/// Writes how many bytes follow, or nearly so: a length that is right again, or one off.
fn length(input: &mut [u8], at: usize, luck: &mut Luck) {
    if let Some(field) = input.get_mut(at..at + 4) {
        let follow = (field.len() + luck.below(3)).wrapping_sub(1);
        field.copy_from_slice(&(follow as u32).to_le_bytes());
    }
    let rest = input.len().saturating_sub(at + 4);
    if let Some(field) = input.get_mut(at..at + 4).filter(|_| luck.once_in(2)) {
        field.copy_from_slice(&(rest as u32).to_le_bytes());
    }
}

/// Goes on as another input does.
fn splice(input: &mut Vec<u8>, at: usize, other: &[u8], luck: &mut Luck) {
    let from = luck.below(other.len() + 1);
    let to = if luck.once_in(2) { other.len() } else { (from + PIECE).min(other.len()) };
    let end = if luck.once_in(2) { input.len() } else { at };
    drop(input.splice(at..end, other[from..to].iter().copied()));
}
