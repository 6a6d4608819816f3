//! HL7 v2.6 as patient monitors, central stations and interface engines speak it: messages, the three
//! kinds that are sent here, and MLLP, by which they travel.
//!
//! What is read was written by others: no input makes a reader panic, and every limit is stated.
//! [`Message`] reads any v2 message; [`Observations`] and [`Alert`] write and read the two reports of a
//! monitor (`ORU^R01` after IHE PCD-01, `ORU^R40` after PCD-04), [`Ack`] their answer. [`mllp`] frames
//! bytes on a stream. None of it authenticates anybody, as in the standard: whoever can write to the
//! stream is believed.
//!
//! Left out: character sets beyond UTF-8, batch and continuation (`BHS`, `DSC`), enhanced accept
//! acknowledgement, conformance of fields that no model here reads, and times with another offset than UTC.
//!
//! Sources: HL7 v2.6 chapters 2 and 7; IHE Devices Technical Framework (PCD-01, PCD-04); codes of
//! ISO/IEEE 11073-10101 as models.md 4.4 lists them. Those of alarm attributes (68480 to 68485) and events
//! (196648, 196670) are of the same nomenclature, from memory [E].
//!
//! No dependency and no allocation beyond `alloc`, since guests carry it. The crates that read HL7
//! bring an async runtime or a clock, which a component here has no import for.

#![no_std]

extern crate alloc;

mod ack;
mod alert;
mod code;
mod message;
pub mod mllp;
mod observations;
mod text;
mod time;

pub use ack::{Ack, Answer};
pub use alert::{Alert, Phase, Urgency};
pub use code::{Code, Unit};
pub use message::{Broken, Field, MAX_BYTES, MAX_SEGMENTS, Message, Segment};
pub use observations::{Observation, Observations};
pub use text::{Number, Writer, escape, unescape};
pub use time::{EPOCH_S, Time};

/// Who sends a message, about whom, and when: what every report begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// MSH-3, the device or system that sends.
    pub sender: alloc::string::String,
    /// MSH-10, by which the answer names it.
    pub control_id: alloc::string::String,
    /// MSH-7.
    pub at: Time,
    /// PID-3, the number of the patient's record.
    pub patient_id: alloc::string::String,
    /// PID-5.
    pub patient_name: alloc::string::String,
    /// PV1-3, the bed.
    pub bed: alloc::string::String,
}
