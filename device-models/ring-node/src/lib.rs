//! A node of a ring: wakes once a second, give or take 10 ms, and sends 64 bytes to the next node.
//! No product: it measures what a device costs that does next to nothing.
//!
//! Models: no patient and no product. Left out: everything that a device does. Units: µs, bytes. Sources: design
//! bar of the ring benches. Domain of validity: benches.

use medtwin_sdk::{Config, Model, network, timer};

const NEXT: u32 = 0;
const PERIOD_US: u64 = 1_000_000;
const JITTER_US: u64 = 20_000;

/// The node.
pub struct RingNode {
    state: u64,
    heard: u64,
}

impl RingNode {
    /// The next delay [µs], by a linear congruential generator (Knuth's MMIX).
    fn delay(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        PERIOD_US - JITTER_US / 2 + (self.state >> 33) % JITTER_US
    }
}

impl Model for RingNode {
    fn start(config: &Config) -> Self {
        let mut node = Self { state: config.number("seed", 0.0) as u64, heard: 0 };
        // The first wake-ups are spread over a period.
        let first = (node.delay() * 7919 + node.state % PERIOD_US) % PERIOD_US;
        let _ = timer::set(0, first);
        node
    }

    fn on_timer(&mut self, _id: u32) {
        let delay = self.delay();
        let _ = timer::set(0, delay);
        let mut body = [0; 64];
        body[..8].copy_from_slice(&self.heard.to_le_bytes());
        let _ = network::send(NEXT, &body);
    }

    fn on_frame(&mut self, _peer: u32, body: &[u8]) {
        self.heard = self.heard.wrapping_add(body.len() as u64);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(RingNode);
