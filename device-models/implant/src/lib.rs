//! What implants have in common: pacing by parameters of the PACEMAKER System Specification (Boston
//! Scientific, 2007), a battery that they measure, and a radio that is on by times.
//!
//! The timing is pure: it is told of events and asked for the next. Units: times in ms since any fixed
//! moment, parameters in the unit of their key. Left out: see [`pacer`].
//!
//! Sources: the specification, and models.md 2.4.3 to 2.4.5 for what it leaves open [E]. Domain of validity: the
//! parameter ranges of [`settings`].

mod atr;
mod rate;

pub mod battery;
pub mod mode;
pub mod pacer;
pub mod settings;
pub mod telemetry;

pub use pacer::{Marker, Pacer};
pub use rate::SensorRate;
pub use settings::Settings;
