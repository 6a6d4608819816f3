//! The seam between the world and what runs inside a device.
//!
//! The engine knows [`Device`] and no more. `medtwin-host` implements it with a WebAssembly
//! component; a bench or a test can implement it natively. Whatever a device does, it does through
//! the [`Lent`] that it is handed with each event, and the policy decides there.

use std::collections::BTreeSet;

pub use crate::lent::Lent;

/// Why the host did not do what a device asked. The device goes on and may answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// No grant names the action.
    NoGrant,
    /// A rule forbids it here and now.
    Forbidden,
    /// It lies outside a limit of the envelope.
    Limit,
    /// The budget of this event or window is spent.
    Exhausted,
    /// The device has no such port, key, timer or record.
    Unknown,
}

/// One value of a device's config.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// On or off.
    Flag(bool),
    /// A number, in the unit that its key names.
    Number(f64),
    /// Words.
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "`{text}`"),
        }
    }
}

/// One key of a device's config.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Setting {
    /// Which.
    pub key: String,
    /// What.
    pub value: Value,
}

/// Alarm priorities of IEC 60601-1-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Priority {
    /// Awareness is required.
    Low = 1,
    /// A prompt response is required.
    Medium = 2,
    /// An immediate response is required.
    High = 3,
}

/// A device broke off. It goes to the trace; the run goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The guest executed a trap.
    #[error("trap: {0}")]
    Trap(String),
    /// The fuel of one event was spent.
    #[error("out of fuel")]
    OutOfFuel,
    /// Memory beyond the envelope was needed.
    #[error("out of memory")]
    OutOfMemory,
    /// More host calls than the envelope gives one event.
    #[error("too many host calls in one event")]
    HostCallFlood,
    /// Recursion beyond the stack.
    #[error("stack overflow")]
    StackOverflow,
    /// The component imports an interface that no grant needs.
    #[error("imports `{import}`, which it is not lent")]
    NotLent {
        /// Which.
        import: String,
    },
    /// It could not be started for another reason.
    #[error("did not start: {0}")]
    Start(String),
}

impl Fault {
    /// The word by which the trace names it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfMemory => "out-of-memory",
            Self::HostCallFlood => "host-call-flood",
            Self::StackOverflow => "stack-overflow",
            Self::NotLent { .. } => "not-lent",
            Self::Start(_) => "start",
        }
    }
}

/// What a device is woken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A timer that it set is due.
    Timer(u32),
    /// A frame from a peer, by index into the model's list. The peer is what the frame says.
    Frame {
        /// Who it says it is from.
        peer: u32,
        /// What it carries.
        body: &'a [u8],
    },
    /// The device's own hardware noticed something at a sensor.
    Sense {
        /// Index into the model's list of sensors.
        sensor: u32,
        /// In the sensor's unit.
        value: f64,
    },
    /// A person at the device: which key, and a value.
    Input {
        /// Index into the model's list of inputs.
        input: u32,
        /// In the key's unit.
        value: f64,
    },
}

/// What runs inside one device.
pub trait Device: Send + Sync {
    /// Power on.
    ///
    /// # Errors
    /// A [`Fault`] ends this device, never the run.
    fn start(&mut self, lent: &mut Box<Lent>, config: &[Setting]) -> Result<(), Fault>;

    /// Handles one event.
    ///
    /// # Errors
    /// As [`Device::start`].
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault>;

    /// The state to keep over a reboot.
    ///
    /// # Errors
    /// As [`Device::start`].
    fn save(&mut self, _lent: &mut Box<Lent>) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }

    /// Takes back what [`Device::save`] gave.
    ///
    /// # Errors
    /// As [`Device::start`].
    fn load(&mut self, _lent: &mut Box<Lent>, _state: &[u8]) -> Result<(), Fault> {
        Ok(())
    }
}

/// How to make a device. What trapped cannot be entered again, so a plan holds recipes.
pub trait Recipe: Send + Sync {
    /// A fresh device on these terms.
    ///
    /// # Errors
    /// When it cannot start at all, such as [`Fault::NotLent`].
    fn build(&self, terms: &Terms) -> Result<Box<dyn Device>, Fault>;

    /// SHA-256 of what it runs.
    fn digest(&self) -> [u8; 32];

    /// The interfaces it imports, sorted.
    fn imports(&self) -> &[String];
}

/// The interfaces of the device contract; each is one capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interface {
    /// Ask before acting on a command.
    Command,
    /// Read the clock.
    Clock,
    /// Wake up later.
    Timer,
    /// Send frames.
    Network,
    /// Read sensors.
    Sensor,
    /// Set actuators.
    Actuator,
    /// Raise alarms.
    Alarm,
    /// Show values.
    Display,
    /// Keep records.
    Storage,
    /// Use keys.
    Vault,
    /// Change firmware.
    Update,
    /// Draw random bytes.
    Random,
    /// Write a log.
    Log,
}

impl Interface {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Command,
        Self::Clock,
        Self::Timer,
        Self::Network,
        Self::Sensor,
        Self::Actuator,
        Self::Alarm,
        Self::Display,
        Self::Storage,
        Self::Vault,
        Self::Update,
        Self::Random,
        Self::Log,
    ];

    /// Its name in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Clock => "clock",
            Self::Timer => "timer",
            Self::Network => "network",
            Self::Sensor => "sensor",
            Self::Actuator => "actuator",
            Self::Alarm => "alarm",
            Self::Display => "display",
            Self::Storage => "storage",
            Self::Vault => "vault",
            Self::Update => "update",
            Self::Random => "random",
            Self::Log => "log",
        }
    }
}

/// On what terms a device runs: the interfaces it is lent and the limits of one event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    /// What is linked.
    pub interfaces: BTreeSet<Interface>,
    /// Fuel for `start`.
    pub fuel_start: u64,
    /// Fuel for one event.
    pub fuel_per_event: u64,
    /// Host calls in one event.
    pub host_calls_per_event: u32,
    /// Linear memory [bytes].
    pub memory_bytes: usize,
    /// Data that one host call may carry [bytes].
    pub bytes_per_event: usize,
}

impl Default for Terms {
    /// Everything lent, with the limits that `fuel_per_event` and the like have by default.
    fn default() -> Self {
        Self {
            interfaces: BTreeSet::from(Interface::ALL),
            fuel_start: 5_000_000,
            fuel_per_event: 1_000_000,
            host_calls_per_event: 64,
            memory_bytes: 256 << 10,
            bytes_per_event: 4096,
        }
    }
}
