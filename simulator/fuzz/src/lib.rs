//! Fuzzing: all that reads what somebody else wrote, asked with inputs that nobody would write.
//!
//! A *door* is one reader: of scenarios, packs, frames, images, components, traces, journals. Opening it
//! with an input asks what must hold of **every** input: not only that nothing panics, but that what is
//! taken is written again as the same bytes, that what is refused names a place in the text, that a table
//! decides as Cedar does. A *seed* is a good input to begin from: a file of the library, what our own
//! writers write, or one of `corpus/` that reached code no other did. What ever failed lies in
//! `regressions/` and is asked in every run of the tests.
//!
//! The same doors serve three engines: the tests, with a fixed number of mutations (`tests/it`); libFuzzer,
//! guided by coverage, on stable (`.ci/fuzz`); and `cargo fuzz` (`README.md`).

mod check;
mod doors;
mod models;
mod mutate;
mod seeds;

pub use mutate::Mutator;
pub use seeds::{corpus, dictionary, kept, seeds};

/// How an input is laid out, and so how it is mutated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text of words and signs; several texts with a zero byte between them.
    Text,
    /// Bytes with numbers and lengths in them.
    Bytes,
    /// Sections of WebAssembly, each behind its length.
    Sections,
}

/// One reader of what somebody else wrote.
#[derive(Clone, Copy)]
pub struct Door {
    /// Its name: that of its directories in `corpus/` and `regressions/`.
    pub name: &'static str,
    /// What is read through it.
    pub what: &'static str,
    /// How inputs are laid out.
    pub shape: Shape,
    /// The longest input that is tried [bytes].
    pub most: usize,
    /// Asks what must hold of an input, and panics where it does not.
    pub open: fn(&[u8]),
    /// Good inputs, of the library or written by our own writers.
    pub good: fn() -> Vec<Vec<u8>>,
    /// Makes checksums right again after a mutation, so that what lies behind them is reached.
    pub repair: fn(&mut [u8]),
}

pub use doors::DOORS;

/// The door called `name`.
pub fn door(name: &str) -> Option<&'static Door> {
    DOORS.iter().find(|door| door.name == name)
}
