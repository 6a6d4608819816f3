//! The update processor of a device: what comes from the server is staged into the spare slot and
//! started, if the host lets it. It checks nothing itself, as the products did whose updates were
//! forged; whether an image is whole, signed and new enough the host knows, and the policy says
//! whether that matters.
//!
//! Left out: chunks, and what of an image was taken before the connection broke.

use medtwin_sdk::{Config, Model, display, network, update};

const SERVER: u32 = 0;
const UPDATE: u32 = 0;
const TAKEN: f64 = 1.0;
const REFUSED: f64 = 2.0;

/// The update processor.
pub struct Updater;

impl Model for Updater {
    fn start(_config: &Config) -> Self {
        Self
    }

    fn on_frame(&mut self, _peer: u32, image: &[u8]) {
        let taken = update::stage(image).and_then(|()| update::activate()).is_ok();
        let _ = display::show(UPDATE, if taken { TAKEN } else { REFUSED });
        let _ = network::send(SERVER, &[u8::from(taken)]);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Updater);
