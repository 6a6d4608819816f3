//! The implant of `pump-implant`, which also wants what no pump needs: it keeps itself in storage,
//! stages itself as the next firmware and draws random delays. Where a policy lends a pump only what
//! a pump needs, it does not start.
//!
//! Left out: what it would do with
//! what it wants. Units: U, U/h, min. Sources: ATT&CK T0862, by analogy [E]. Domain of validity: whether a policy
//! lends it anything.

use medtwin_sdk::{Config, Model, random, storage, update};
use pump_implant::Implant;

/// The implant with more wishes.
pub struct Wide(Implant);

impl Model for Wide {
    fn start(config: &Config) -> Self {
        let _ = storage::put("image", b"implant");
        let _ = update::stage(b"implant");
        Self(Implant::start(config))
    }

    fn on_timer(&mut self, id: u32) {
        let skips = random::bytes(1).is_ok_and(|bytes| bytes.first().is_some_and(|b| *b < 64));
        if skips {
            let _ = medtwin_sdk::timer::set(id, 600_000_000);
        } else {
            self.0.on_timer(id);
        }
    }

    fn on_input(&mut self, input: u32, value: f64) {
        self.0.on_input(input, value);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Wide);
