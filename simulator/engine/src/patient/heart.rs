//! Hearts: conduction, what a lead sees of it, what it pumps, and an electrocardiogram to look at.
//!
//! [`conduction`] is event driven, in whole milliseconds (models.md 2.1 and 2.2); [`ecg`] and [`flow`] are drawn
//! from its events, a [`strip`] of the former when somebody asks for one. Presets are rhythms, not persons.
//!
//! Left out: of all of them nerves and hormones, drugs, ischaemia, growth of scar around a lead; more with each part.
//! Units: ms, 1/min, mV, mL, mmHg. Sources: models.md 2.1 to 2.5, after the Virtual Heart Model (S18), McSharry 2003 (S19) and
//! estimates [E], as each part says. Domain of validity: adults at rest, rhythms of 20 to 300 /min.

pub mod conduction;
pub mod ecg;
pub mod flow;
pub mod inputs;
pub mod parameters;
pub(crate) mod rhythm;
pub mod setup;
pub mod strip;

pub use conduction::{Happened, Heart, Source};
pub use parameters::{PRESETS, Parameters};
