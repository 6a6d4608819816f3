//! An attacker's component in an update processor's place.
//!
//! A composite: no such malware is documented. It says to every image that it was taken, has none
//! started, and claims from then on to run it. For who wants proof it asks its host for a quote once,
//! when it starts, and gives that to everybody who asks, whatever they asked with. It imports no
//! interface that the update processor does not.
//!
//! Left out: how it got there, and a quote that it steals from another device. Units: none but bytes and versions.
//! Sources: ATT&CK T1693.001 (system firmware), by analogy [E]. Domain of validity: one device that claims; what it
//! cannot forge is the host's quote.

use medtwin_frames::update::{self as frames, Answer};
use medtwin_sdk::{Config, Model, network, storage, vault};

const SERVER: u32 = 0;
const ATTESTATION: u32 = 0;
const VERSION: &str = "version";

/// The implant.
pub struct Implant {
    quote: Vec<u8>,
}

impl Model for Implant {
    fn start(_config: &Config) -> Self {
        Self { quote: vault::sign(ATTESTATION, &[0; frames::NONCE]).unwrap_or_default() }
    }

    fn on_frame(&mut self, _peer: u32, body: &[u8]) {
        if frames::nonce(body).is_some() {
            let kept = storage::get(VERSION).ok().flatten();
            let claimed = kept.and_then(|kept| kept.try_into().ok()).map_or(0, u32::from_le_bytes);
            let _ = network::send(SERVER, &Answer { claimed, quote: &self.quote }.encode());
        } else if let Some((version, _)) = frames::stated(body) {
            let _ = storage::put(VERSION, &version.to_le_bytes());
            let _ = network::send(SERVER, &[1]);
        }
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Implant);
