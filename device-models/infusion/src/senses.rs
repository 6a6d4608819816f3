//! The sensors that infusion pumps have, in the order of their `model.toml`.

use medtwin_sdk::sensor;

use crate::Senses;

/// What they read; none while one of them does not answer.
pub fn senses() -> Option<Senses> {
    let read = |port| sensor::read(port).ok().flatten();
    Some(Senses {
        pressure_mmhg: read(0)?,
        air_ul: read(1)?,
        left_ml: read(2)?,
        given_ml: read(3)?,
        is_open: read(4)? > 0.5,
        upstream_mmhg: read(5)?,
        temperature_c: read(6)?,
        battery_min: read(7)?,
        has_mains: read(8)? > 0.5,
    })
}
