//! Policy packs: who may do what, how much, and how the place is run.
//!
//! A [`Pack`] is three files. `policy.cedar` grants and forbids, `envelope.toml` says how much,
//! `controls.toml` says which protections run. A pack is checked whole, with every error at once,
//! and compiled to a [`Table`] for the questions that the devices of a plan can ask: the space of
//! requests is finite, because context is categorical and set by the host alone.
//!
//! A [`Pack`] can be taken apart: [`Pack::without_rule`], [`Pack::without_control`] and
//! [`Pack::with_control`] are the arms of an ablation.
//!
//! An [`Intent`] is the same language asked another question: what *should* be allowed, given who
//! really is behind a command. No device and no pack sees its answer.
//!
//! Every file is hostile until read: `bounds` says how long and deep it may be, and a
//! [`Vocabulary`] which devices' names it may use.
//!
//! Absent here: devices, time, WebAssembly, files.

mod bounds;
mod cedar;
mod controls;
mod envelope;
mod error;
mod facts;
mod intent;
mod pack;
mod printable;
mod review;
mod table;
mod vocabulary;

pub use controls::{Access, CONTROLS, Controls, FirmwareCare, Segmentation};
pub use envelope::{Amount, Envelope, Limit, LimitKind, ModelEnvelope, PRESCRIBED};
pub use error::PackError;
pub use facts::{Asked, Facts, Inventory, Mode, RequestId, Role, interface_of};
pub use intent::{Intent, IntentTable, Origin};
pub use pack::{Effect, Pack, Rule, RuleId, Source};
pub use printable::{is_printable, refusal, strange_in_toml};
pub use review::Unheard;
pub use table::{Table, Verdict};
pub use vocabulary::Vocabulary;

#[cfg(test)]
mod tests;
