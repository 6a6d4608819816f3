//! Live drills: one world at the pace of people, in the browser, for an instructor and a player.
//!
//! The world is the engine's, stepped a slice at a time. What people do becomes an [`Input`] of it,
//! so the trace of a drill is that of a plan which holds those inputs, and replays without them.
//!
//! - The *floor* is the thread that owns the world. Everything else asks it.
//! - The *journal* keeps each input on disk before the floor takes it: a drill that was killed goes
//!   on where it was.
//! - A *seat* is the instructor's or the player's. Each has a token of its own, and what a seat sees
//!   is built for it: the player's view has no place where truth could stand.
//!
//! The clock of the drill is not the world's: pause, speed and step change when something happens
//! for people, never what happens.

mod acts;
mod clock;
mod connections;
pub mod doors;
mod error;
mod exercise;
mod feed;
mod floor;
mod journal;
mod page;
mod room;
mod seat;
mod seen;
mod serve;
mod steps;
mod tasks;
mod truth;
mod view;
mod web;
mod words;

pub use clock::SPEEDS;
pub use error::DrillError;
pub use exercise::{Exercise, Options};
pub use medtwin_engine::input::Input;
pub use room::Room;
pub use seat::Seat;
pub use serve::serve;
