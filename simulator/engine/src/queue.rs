//! The calendar queue: everything that waits, waits here.
//!
//! Ordered by (time, entity, rank, source, the source's own ordinal). The order is a property of
//! the event, not of when it was pushed, so that entities may be stepped in parallel and windows be
//! of any width without changing a run. A wheel of 16,384 buckets of 65.5 µs (1.07 s) holds what is
//! near, a heap what is far; an occupancy bitmap, and one of its words that are not empty, skip empty
//! stretches: beds that have one event a second would else pass 238 words for each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Width of a bucket: 2^16 ns.
const SHIFT: u32 = 16;
const BUCKETS: usize = 1 << 14;
const MASK: u64 = BUCKETS as u64 - 1;
/// Words of the occupancy bitmap.
const WORDS: usize = BUCKETS / 64;

/// Bits of an entity number in [`Key::order`].
const ENTITY_BITS: u32 = 20;
const ORDINAL_BITS: u32 = 21;

/// What a queued event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum What {
    /// A patient's step is over.
    Patient,
    /// A frame arrives: `slot` in the frame store.
    Frame,
    /// An adversary hears a frame.
    Overheard,
    /// Device `unit` sends for an adversary who is in it: `slot` in the frame store.
    HandedOver,
    /// A device's timer `slot`.
    Timer,
    /// A device powers up again.
    Reboot,
    /// A person does what stands at `slot` of their agenda.
    Person,
    /// An adversary's step `slot`.
    Adversary,
    /// What somebody outside does: `slot` among the inputs, `unit` how far they are with it.
    Input,
    /// An adversary presses a key of device `unit`: `slot` is the step's number.
    Pressed,
    /// A person has typed what logs them in: `slot` among the keys that wait for it.
    LoggedIn,
    /// An adversary types it at device `unit`: `slot` is the step's number and, above it, the try's.
    LogIn,
    /// An adversary has the memory of device `unit` in hand: `slot` is the step's number.
    Storage,
    /// An adversary has read a memory in clear: `unit` is the step's number, `slot` the serial number
    /// that stands there, or 0.
    Read,
    /// Something of an update is due in device `unit`: `slot` is what.
    Update,
    /// The power of device `unit` goes or comes: `slot` is by which step.
    Power,
    /// The operating system of device `unit` asks a service: `slot` is of which kind.
    Network,
    /// Staff hear an alarm of device `unit` of the entity that it comes from: `slot` is which, and how urgent.
    Heard,
    /// Staff have something on their agenda: `slot` is what.
    Staff,
    /// One of the staff is at the bed: `unit` is which nurse, `slot` how often they helped to breathe there already.
    Visit,
    /// What one of the staff found at a bed: `unit` is which nurse, `slot` what.
    Found,
}

impl What {
    /// Order of what happens at one instant in one entity (models.md 2.2): the patient up to now,
    /// then what arrives, then devices, then people, then adversaries, then people
    /// outside.
    const fn rank(self) -> u64 {
        match self {
            Self::Patient => 0,
            Self::Frame | Self::Overheard => 1,
            Self::Timer | Self::Reboot | Self::Update | Self::Power | Self::Network => 2,
            Self::Person
            | Self::HandedOver
            | Self::Pressed
            | Self::LoggedIn
            | Self::LogIn
            | Self::Storage => 3,
            Self::Heard | Self::Staff | Self::Visit | Self::Found => 3,
            Self::Adversary | Self::Read => 4,
            Self::Input => 5,
        }
    }
}

/// One waiting event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) at: u64,
    order: u64,
    pub(crate) slot: u32,
    pub(crate) unit: u16,
    pub(crate) what: What,
}

impl Key {
    pub(crate) fn new(at: u64, what: What, to: u32, from: u32, ordinal: u32) -> Self {
        let ordinal = u64::from(ordinal) & ((1 << ORDINAL_BITS) - 1);
        let order = u64::from(to) << (3 + ENTITY_BITS + ORDINAL_BITS)
            | what.rank() << (ENTITY_BITS + ORDINAL_BITS)
            | u64::from(from) << ORDINAL_BITS
            | ordinal;
        Self { at, order, slot: 0, unit: 0, what }
    }

    pub(crate) fn slot(self, slot: u32) -> Self {
        Self { slot, ..self }
    }

    pub(crate) fn unit(self, unit: u16) -> Self {
        Self { unit, ..self }
    }

    pub(crate) fn entity(&self) -> u32 {
        (self.order >> (3 + ENTITY_BITS + ORDINAL_BITS)) as u32
    }

    /// Who caused it.
    pub(crate) fn source(&self) -> u32 {
        (self.order >> ORDINAL_BITS) as u32 & ((1 << ENTITY_BITS) - 1)
    }

    /// Order within a window: by entity, then time.
    pub(crate) fn by_entity(&self) -> (u128, u64) {
        (u128::from(self.entity()) << 64 | u128::from(self.at), self.order)
    }

    /// Whether a frame is behind it.
    pub(crate) fn is_frame(&self) -> bool {
        matches!(self.what, What::Frame | What::Overheard | What::HandedOver)
    }

    /// What identifies the event in a run: who caused it and its ordinal, never 0.
    pub(crate) fn cause(&self) -> u64 {
        (self.order & ((1 << (ENTITY_BITS + ORDINAL_BITS)) - 1)) + 1
    }
}

/// No event: the end of a chain.
const NONE: u32 = u32::MAX;

/// The queue. The events of a bucket are a chain in one store, in no order, so that what waits lies
/// close together however far the buckets are apart.
pub(crate) struct Queue {
    heads: Vec<u32>,
    store: Vec<(Key, u32)>,
    free: u32,
    occupied: Vec<u64>,
    /// Which words of `occupied` are not 0.
    filled: [u64; WORDS / 64],
    cursor: u64,
    near: usize,
    far: BinaryHeap<Reverse<Key>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            heads: vec![NONE; BUCKETS],
            store: Vec::new(),
            free: NONE,
            occupied: vec![0; WORDS],
            filled: [0; WORDS / 64],
            cursor: 0,
            near: 0,
            far: BinaryHeap::new(),
        }
    }
}

impl Queue {
    /// Adds an event. It must not lie before the last [`Queue::take_before`].
    pub(crate) fn push(&mut self, key: Key) {
        let bucket = (key.at >> SHIFT).max(self.cursor);
        if bucket - self.cursor >= BUCKETS as u64 {
            self.far.push(Reverse(key));
            return;
        }
        let at = (bucket & MASK) as usize;
        self.chain(at, key);
        self.occupied[at / 64] |= 1 << (at % 64);
        self.filled[at / 4096] |= 1 << (at / 64 % 64);
        self.near += 1;
    }

    fn chain(&mut self, bucket: usize, key: Key) {
        let link = (key, self.heads[bucket]);
        let at = self.free;
        if at == NONE {
            self.heads[bucket] = self.store.len() as u32;
            self.store.push(link);
        } else {
            self.heads[bucket] = at;
            self.free = self.store[at as usize].1;
            self.store[at as usize] = link;
        }
    }

    /// When the earliest event is due [ns].
    pub(crate) fn next_time(&self) -> Option<u64> {
        let far = self.far.peek().map(|key| key.0.at);
        let near = self.first_bucket().map(|bucket| {
            let (mut at, mut first) = (self.heads[bucket], u64::MAX);
            while at != NONE {
                let (key, next) = self.store[at as usize];
                (first, at) = (first.min(key.at), next);
            }
            first
        });
        [far, near].into_iter().flatten().min()
    }

    /// Moves all events before `end` [ns] to `due`, in no order.
    pub(crate) fn take_before(&mut self, end: u64, due: &mut Vec<Key>) {
        while self.far.peek().is_some_and(|key| key.0.at < end) {
            due.extend(self.far.pop().map(|key| key.0));
        }
        let last = end >> SHIFT;
        while let Some(at) = self.first_bucket() {
            let bucket = self.absolute(at);
            if bucket > last {
                break;
            }
            self.cursor = bucket;
            let before = due.len();
            self.empty(at, end, due);
            self.near -= due.len() - before;
            if self.heads[at] != NONE {
                break;
            }
            self.occupied[at / 64] &= !(1 << (at % 64));
            if self.occupied[at / 64] == 0 {
                self.filled[at / 4096] &= !(1 << (at / 64 % 64));
            }
        }
        self.cursor = self.cursor.max(last);
    }

    /// Moves the events of a bucket before `end` to `due`, and keeps the rest.
    fn empty(&mut self, bucket: usize, end: u64, due: &mut Vec<Key>) {
        let mut at = std::mem::replace(&mut self.heads[bucket], NONE);
        while at != NONE {
            let (key, next) = self.store[at as usize];
            if key.at < end {
                due.push(key);
                self.store[at as usize].1 = std::mem::replace(&mut self.free, at);
            } else {
                self.store[at as usize].1 = std::mem::replace(&mut self.heads[bucket], at);
            }
            at = next;
        }
    }

    fn absolute(&self, at: usize) -> u64 {
        self.cursor + ((at as u64).wrapping_sub(self.cursor) & MASK)
    }

    /// The first occupied bucket from the cursor on.
    fn first_bucket(&self) -> Option<usize> {
        if self.near == 0 {
            return None;
        }
        let start = (self.cursor & MASK) as usize;
        let head = self.occupied[start / 64] & (!0 << (start % 64));
        if head != 0 {
            return Some(start / 64 * 64 + head.trailing_zeros() as usize);
        }
        let word = self.filled_after(start / 64)?;
        Some(word * 64 + self.occupied[word].trailing_zeros() as usize)
    }

    /// The first word after `word`, and around to itself, that is not empty.
    fn filled_after(&self, word: usize) -> Option<usize> {
        let (start, words) = (word / 64, self.filled.len());
        let behind = self.filled[start] & (!0 << (word % 64) << 1);
        if behind != 0 {
            return Some(start * 64 + behind.trailing_zeros() as usize);
        }
        (1..=words).map(|i| (start + i) % words).find_map(|at| {
            let bits = self.filled[at];
            (bits != 0).then(|| at * 64 + bits.trailing_zeros() as usize)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// Takes everything in windows of `width` and says when and in which order it came.
    fn drained(keys: &[Key], width: u64) -> Vec<Key> {
        let mut queue = Queue::default();
        keys.iter().for_each(|&key| queue.push(key));
        let mut all = Vec::new();
        while let Some(start) = queue.next_time() {
            let mut due = Vec::new();
            queue.take_before(start + width, &mut due);
            assert!(due.iter().all(|key| key.at < start + width));
            due.sort_unstable();
            all.extend(due);
        }
        all
    }

    #[test]
    fn events_come_in_order_for_any_window() {
        let mut stream = Seed { seed: 1, trial: 0 }.stream("queue");
        let mut keys: Vec<Key> = (0..5000)
            .map(|i| {
                let spread = if i % 3 == 0 { 4e9 } else { 4e5 };
                let at = (stream.uniform() * spread) as u64;
                Key::new(at, What::Timer, i % 7, i % 11, i)
            })
            .collect();
        let by_window: Vec<_> = [1, 1000, 65_536, 1_000_000].map(|w| drained(&keys, w)).into();
        keys.sort_unstable();
        for got in by_window {
            assert!(got == keys);
        }
    }

    #[test]
    fn an_event_a_year_away_is_reached_at_once() {
        let year = 365 * 86_400 * 1_000_000_000;
        let mut queue = Queue::default();
        queue.push(Key::new(year, What::Timer, 0, 0, 0));
        assert_eq!(queue.next_time(), Some(year));
    }
}
