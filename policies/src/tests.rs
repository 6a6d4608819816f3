//! A pack from outside: text in, mistakes or decisions out.

mod ablation;
mod decisions;
mod hostile;
mod library;
mod mistakes;
mod review;

use crate::{Facts, Pack, Role, Source};

macro_rules! source {
    ($name:literal) => {
        Source {
            name: $name,
            cedar: include_str!(concat!("../library/", $name, "/policy.cedar")),
            envelope: include_str!(concat!("../library/", $name, "/envelope.toml")),
            controls: include_str!(concat!("../library/", $name, "/controls.toml")),
        }
    };
}
/// The packs of the library.
const LIBRARY: [Source<'static>; 5] = [
    source!("as-sold"),
    source!("field-mitigated"),
    source!("hardened"),
    source!("fixed-cap"),
    source!("loop-hardened"),
];

fn pack(name: &str) -> Pack {
    let source = LIBRARY.into_iter().find(|source| source.name == name).expect("of the library");
    Pack::parse(source).unwrap_or_else(|errors| panic!("{name}: {errors:?}"))
}

/// What the host knows of a key pressed at the device.
fn at_the_panel() -> Facts {
    Facts {
        authenticated: true,
        encrypted: true,
        fresh: true,
        role: Role::Wearer,
        ..Facts::default()
    }
}
