//! What helps to write a policy: why it decided as it did, the least that devices need, and what
//! changes from one pack to another.

mod check;
mod compared;
mod diff;
mod explain;
mod learn;

pub(crate) use check::check;
pub(crate) use diff::Diff;
pub(crate) use explain::Explain;
pub(crate) use learn::Learn;
