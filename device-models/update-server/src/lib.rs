//! An update server: at `at_min` it sends the image that it holds to its device, and shows the answer.
//!
//! Left out: many devices, a staged rollout, another try.

use medtwin_sdk::{Config, Model, display, network, storage, timer};

const DEVICE: u32 = 0;
const ANSWER: u32 = 0;
const US_PER_MIN: f64 = 60e6;

/// The server.
pub struct UpdateServer;

impl Model for UpdateServer {
    fn start(config: &Config) -> Self {
        let at_min = config.number("at_min", -1.0);
        if at_min >= 0.0 {
            let _ = timer::set(0, (at_min * US_PER_MIN) as u64);
        }
        Self
    }

    fn on_timer(&mut self, _id: u32) {
        if let Ok(Some(image)) = storage::get("image") {
            let _ = network::send(DEVICE, &image);
        }
    }

    fn on_frame(&mut self, _peer: u32, body: &[u8]) {
        let _ = display::show(ANSWER, if body == [1] { 1.0 } else { 2.0 });
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(UpdateServer);
