//! Hearts: conduction, what a lead sees of it, what it pumps, and an electrocardiogram to look at.
//!
//! [`conduction`] is event driven, in whole milliseconds (models.md 2.1 and 2.2); [`ecg`] and [`flow`] are drawn
//! from its events, a [`strip`] of the former when somebody asks for one. Left out, of all of them: nerves and hormones, drugs, ischaemia, growth of scar around a lead.
//! Presets are rhythms, not persons. Sources and domains of validity stand with each part.

pub mod conduction;
pub mod ecg;
pub mod flow;
pub mod inputs;
pub mod parameters;
pub mod setup;
pub mod strip;

pub use conduction::{Happened, Heart, Source};
pub use parameters::{PRESETS, Parameters};
