//! The simulation: one plan in, one trace out.
//!
//! A run reads nothing but its [`Plan`]. No file, no clock of the machine, no environment, and
//! randomness only from named [`seed::Stream`]s; the same plan gives the same trace, byte for byte,
//! on any number of threads.
//!
//! ```text
//! Scenario ─resolve→ Plan ─run→ Trace ─measure→ Outcome
//! ```

mod air;
mod bedside;
mod build;
mod fluidics;
mod infusion;
mod lent;
mod node;
mod queue;
mod storage;

pub mod access;
pub mod adversary;
pub mod channel;
pub mod device;
pub mod dose;
pub mod drawn;
pub mod firmware;
pub mod input;
pub mod link;
pub mod manifest;
pub mod network;
pub mod outcome;
pub mod pairing;
pub mod patient;
pub mod people;
pub mod plan;
pub mod records;
pub mod resolve;
pub mod rules;
pub mod run;
pub mod scenario;
pub mod seed;
mod staff;
pub mod study;
pub mod tap;
pub mod time;
pub mod trace;
pub mod workbench;

pub use lent::{Lent, PortNames};
pub use plan::Plan;
pub use run::{Checks, Enforced, Run, run, run_on, run_with};
