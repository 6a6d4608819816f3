//! The update processor of a device: what comes from the server is staged into the spare slot and
//! started, if the host lets it. How far it checks an image itself is its config: nothing by default, as the
//! products did whose updates were forged. Whether an image is whole, signed and new enough the host knows, and the policy says
//! whether that matters.
//!
//! Asked what runs, it claims the version that it last had started, whether or not that still runs, and
//! adds what its host quotes, if there is a host that measures.
//!
//! Left out: chunks, and what of an image was taken before the connection broke.
//!
//! Models: taking an image from a server, checking it as far as the product does, having it staged and started, and
//! answering what runs. Units: none but bytes and versions. Sources: CVE-2020-25166 and its like (signature over
//! too little), lifecycle.md for slots and quotes; the protocol is ours [E]. Domain of validity: one device, images
//! that one frame holds.

mod check;

use check::Check;
use medtwin_frames::update::{self as frames, Answer};
use medtwin_sdk::{Config, Model, display, network, storage, update, vault};

const SERVER: u32 = 0;
const UPDATE: u32 = 0;
const ATTESTATION: u32 = 0;
const TAKEN: f64 = 1.0;
const REFUSED: f64 = 2.0;
/// The record of what was started last.
const VERSION: &str = "version";

/// The update processor.
pub struct Updater {
    check: Check,
}

impl Model for Updater {
    fn start(config: &Config) -> Self {
        Self { check: Check::of(config) }
    }

    fn on_frame(&mut self, _peer: u32, body: &[u8]) {
        match frames::nonce(body) {
            Some(nonce) => answer(nonce),
            None => take(body, self.check),
        }
    }
}

fn take(image: &[u8], check: Check) {
    let starts = || update::stage(image).and_then(|()| update::activate()).is_ok();
    let taken = check.passes(image) && starts();
    if let (true, Some((version, _))) = (taken, frames::stated(image)) {
        let _ = storage::put(VERSION, &version.to_le_bytes());
    }
    let _ = display::show(UPDATE, if taken { TAKEN } else { REFUSED });
    let _ = network::send(SERVER, &[u8::from(taken)]);
}

fn answer(nonce: &[u8]) {
    let kept = storage::get(VERSION).ok().flatten();
    let claimed = kept.and_then(|kept| kept.try_into().ok()).map_or(0, u32::from_le_bytes);
    let quote = vault::sign(ATTESTATION, nonce).unwrap_or_default();
    let _ = network::send(SERVER, &Answer { claimed, quote: &quote }.encode());
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Updater);
