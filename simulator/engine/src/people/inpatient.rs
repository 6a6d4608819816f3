//! A patient in a hospital bed, and what clinicians key in at their devices.

use super::{Unrest, Who};
use crate::adversary::Spread;
use crate::dose::Prescription;
use crate::trace::Name;

/// A patient who gets opioids.
#[derive(Clone, Debug)]
pub struct InpatientSetup {
    /// Their name in traces.
    pub name: Name,
    /// Their name as words, for streams.
    pub text: String,
    /// Who they are.
    pub who: Who,
    /// What was prescribed.
    pub prescription: Prescription,
    /// Pain before relief, 0 to 10; as the patient model has it, if none.
    pub pain: Option<f64>,
    /// What clinicians key in.
    pub orders: Vec<KeyedOrder>,
    /// What becomes of what is stuck on them.
    pub unrest: Unrest,
    /// What happens to the hardware of devices.
    pub mishaps: Vec<Mishap>,
}

/// Something that happens to a pump's hardware, or that somebody does to it.
#[derive(Clone, Copy, Debug)]
pub struct Mishap {
    /// When [min].
    pub at_min: f64,
    /// Which of the node's devices.
    pub unit: usize,
    /// What.
    pub what: MishapKind,
}

/// What happens to a pump's hardware.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MishapKind {
    /// The line to the patient is kinked, or opened.
    Line(bool),
    /// The tube above the pump is kinked, or opened.
    Above(bool),
    /// The door is opened, or closed.
    Door(bool),
    /// Something heats it, or no more.
    Heat(bool),
    /// A second bag of so much [mL] is hung above the first.
    SecondBag(f64),
}

/// A key that a clinician presses.
#[derive(Clone, Debug)]
pub struct KeyedOrder {
    /// When [min], or when the first of those keys that one presses in a row is pressed.
    pub at: Spread,
    /// Which order that first one is.
    pub first: u32,
    /// So long after it [s].
    pub after_s: f64,
    /// Which of the node's devices.
    pub unit: usize,
    /// Which of its keys.
    pub input: u32,
    /// What is keyed in.
    pub value: f64,
    /// The key's name in traces.
    pub word: Name,
}
