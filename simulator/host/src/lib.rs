//! Device models as WebAssembly components.
//!
//! A component has no authority of its own: the only way out of one is an import of the
//! `medtwin:device` package. An interface that no grant needs is not linked, and a component that
//! imports it does not start. Every call of a linked interface goes to the engine's `Lent`, which
//! decides it; this crate decides nothing. It counts: fuel, memory, calls and bytes of one event.
//!
//! What surprises: a store that trapped cannot be entered again, so a device that reboots is built
//! anew from its recipe. Fuel is the only clock; wall time never ends a guest.
//!
//! What a device keeps lies in memory, or as [`Files`] in a directory that this crate is handed: it opens
//! none by a path.
//!
//! Absent here: scenarios, policies, reports.

mod capability;
mod device;
mod encode;
mod load;
mod records;
mod section;

pub use device::ComponentDevice;
pub use encode::component;
pub use load::{ComponentRecipe, LoadError, MAX_COMPONENT_BYTES, Sandbox};
pub use records::{Failures, Files};
pub use section::custom_sections;

/// The release of wasmtime that runs the components.
pub const WASMTIME: &str = "48";

#[allow(missing_docs, unreachable_pub, reason = "generated from the contract, which has the words")]
mod wit {
    wasmtime::component::bindgen!({
        path: "../../device-models/wit",
        world: "device",
        imports: { default: trappable },
    });
}
