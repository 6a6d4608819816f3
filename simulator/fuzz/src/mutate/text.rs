//! Mutations of texts: words for words, numbers that are none, lines twice, not at all, or of others.

use std::ops::Range;

use super::{Luck, bytes};

/// What may stand where a number or a word stood.
const ODD: [&str; 26] = [
    "nan",
    "inf",
    "-inf",
    "-1",
    "-0.0",
    "0",
    "1",
    "1e308",
    "5e-324",
    "1e-9",
    "9223372036854775807",
    "18446744073709551616",
    "true",
    "\"\"",
    "\"\\u0000\"",
    "\"é\u{301}\u{1f489}\"",
    "[]",
    "{}",
    "[[]]",
    "{ uniform = [1, 0] }",
    "{ uniform = [0, 1e9] }",
    "{ exponential = 1e-300 }",
    "{ lognormal = { median = -1, sigma = 0 } }",
    "null",
    "1979-05-27",
    "''",
];

/// Changes an input once.
pub(super) fn change(input: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>], luck: &mut Luck) {
    match luck.below(12) {
        0..=3 => word(input, words, luck),
        4 | 5 => odd(input, luck),
        6 => line(input, luck, |_| Vec::new()),
        7 => line(input, luck, |line| line.repeat(2)),
        8 | 9 => {
            let lines = lines(other);
            let new = luck.pick(&lines).map(|at| other[at.clone()].to_vec()).unwrap_or_default();
            line(input, luck, |old| [old, &new].concat());
        }
        10 => swap(input, luck),
        _ => bytes::change(input, other, luck),
    }
}

/// Puts another word of the door, or one of the same text, in the place of a word.
fn word(input: &mut Vec<u8>, words: &[Vec<u8>], luck: &mut Luck) {
    let tokens = tokens(input);
    let Some(at) = luck.pick(&tokens).cloned() else { return };
    let own = luck.pick(&tokens).map(|at| input[at.clone()].to_vec());
    let new = if luck.once_in(3) { own } else { luck.pick(words).cloned() };
    drop(input.splice(at, new.unwrap_or_default()));
}

/// Puts something odd in the place of a word.
fn odd(input: &mut Vec<u8>, luck: &mut Luck) {
    let tokens = tokens(input);
    let Some(at) = luck.pick(&tokens).cloned() else { return };
    let new = luck.pick(&ODD).copied().unwrap_or_default();
    drop(input.splice(at, new.bytes()));
}

/// Makes something else of a line.
fn line(input: &mut Vec<u8>, luck: &mut Luck, new: impl Fn(&[u8]) -> Vec<u8>) {
    let lines = lines(input);
    let Some(at) = luck.pick(&lines).cloned() else { return };
    let new = new(&input[at.clone()]);
    drop(input.splice(at, new));
}

/// Changes the places of two words.
fn swap(input: &mut Vec<u8>, luck: &mut Luck) {
    let tokens = tokens(input);
    let (Some(a), Some(b)) = (luck.pick(&tokens), luck.pick(&tokens)) else { return };
    let (a, b) = if a.start <= b.start { (a, b) } else { (b, a) };
    if a.end <= b.start {
        let (first, second) = (input[a.clone()].to_vec(), input[b.clone()].to_vec());
        drop(input.splice(b.clone(), first));
        drop(input.splice(a.clone(), second));
    }
}

fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut at = 0;
    let line = |line: &[u8]| {
        at += line.len();
        at - line.len()..at
    };
    text.split_inclusive(|byte| *byte == b'\n').map(line).collect()
}

/// The words, numbers, strings and signs of a text.
pub(crate) fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = at + length(&text[at..]);
        if !text[at].is_ascii_whitespace() && text[at] != 0 {
            tokens.push(at..end);
        }
        at = end;
    }
    tokens
}

fn length(text: &[u8]) -> usize {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.+".contains(byte) || *byte > 127;
    let words = text.iter().take_while(|byte| is_word(byte)).count();
    match text.first() {
        Some(b'"') => {
            let body = text[1..].iter().take_while(|byte| !b"\"\n".contains(byte)).count();
            (body + 2).min(text.len())
        }
        _ => words.max(1),
    }
}
