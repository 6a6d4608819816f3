//! How an input becomes another: words for texts, numbers and lengths for bytes, sections for modules.
//!
//! A mutation is a function of the seed that it is given, so that a run is the same everywhere. It knows
//! the other seeds, to splice with, and the words of the door, to put in the place of others.

use medtwin_engine::seed::{Seed, Stream};

use crate::{Door, Shape, seeds};

mod bytes;
mod sections;
pub(crate) mod text;

/// What mutates the inputs of one door.
pub struct Mutator {
    door: Door,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

/// The luck of one mutation.
pub(crate) struct Luck(Stream);

impl Luck {
    /// One of `0..n`; 0 of nothing.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.0.uniform() * n as f64) as usize
    }

    /// Whether something happens that happens once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these, if there is one.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

impl Mutator {
    /// What mutates inputs of `door`.
    pub fn new(door: &Door) -> Self {
        Self { door: *door, seeds: seeds::seeds(door), words: seeds::dictionary(door) }
    }

    /// Input `number` of a run with `seed`: one of the door's seeds, changed.
    pub fn input(&self, seed: u64, number: u64) -> Vec<u8> {
        let mut luck = Luck(Seed { seed, trial: number }.stream(self.door.name));
        let mut input = luck.pick(&self.seeds).cloned().unwrap_or_default();
        self.change(&mut input, &mut luck);
        input
    }

    /// Changes an input by the luck of `seed`.
    pub fn mutate(&self, input: &mut Vec<u8>, seed: u64) {
        self.change(input, &mut Luck(Seed { seed, trial: 0 }.stream("mutate")));
    }

    fn change(&self, input: &mut Vec<u8>, luck: &mut Luck) {
        for _ in 0..=luck.below(4) {
            let other = luck.pick(&self.seeds).cloned().unwrap_or_default();
            match self.door.shape {
                Shape::Text => text::change(input, &other, &self.words, luck),
                Shape::Bytes => bytes::change(input, &other, luck),
                Shape::Sections => sections::change(input, &other, luck),
            }
        }
        if !luck.once_in(4) {
            (self.door.repair)(input);
        }
        input.truncate(self.door.most);
    }
}
