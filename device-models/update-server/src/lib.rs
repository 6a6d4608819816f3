//! An update server: it offers the image that it holds to its devices, asks them what they run, and
//! shows what it believes.
//!
//! From `at_min` on it offers, to a first wave of devices and each hour or so to twice as many, unless
//! too many did not come to run it well ([`rollout`]). Every `ask_every_min` it asks each device. What
//! a device claims it believes only where no host can check a quote; where one can, a device that gives
//! none, or another's, or an old one, or that of a component which its maker did not release under that
//! version, is trusted no more: it gets no further image, and somebody has to look.
//!
//! Left out: more than six devices, a list of earlier releases, and whoever looks.
//!
//! Models: waves of a rollout with a stop, a soak, questions of what runs, and quotes that are checked. Units: min;
//! versions are whole numbers. Sources: lifecycle.md (rollout by waves, attestation); the protocol is ours, and
//! waves, soak and stop are estimates [E]. Domain of validity: up to six devices, images that one frame holds.

mod rollout;

use medtwin_frames::update::{self as frames, Answer, NONCE, Quoted};
use medtwin_sdk::{Config, Denial, Model, display, network, random, storage, timer, vault};
use rollout::{Rollout, Said};

const US_PER_MIN: f64 = 60e6;
/// Between two images [µs]: they share a radio.
const SPACING_US: u64 = 1_000_000;
const ROLL: u32 = 0;
const ASK: u32 = 1;
const SEND: u32 = 2;
const ANSWER: u32 = 0;
const HALTED: u32 = 1;
const RUNS: u32 = 2;

/// The server.
pub struct UpdateServer {
    rollout: Rollout,
    asked: Vec<Option<[u8; NONCE]>>,
    ask_every_min: f64,
    soak_min: f64,
    newest: (u32, [u8; 32]),
    queue: Vec<usize>,
}

impl Model for UpdateServer {
    fn start(config: &Config) -> Self {
        let devices = config.number("devices", 1.0).clamp(1.0, 6.0) as usize;
        let at_min = config.number("at_min", -1.0);
        if at_min >= 0.0 {
            wake(ROLL, at_min);
        }
        let first = config.number("first_wave", devices as f64) as usize;
        let most = config.number("halt_on_failures", f64::INFINITY);
        let server = Self {
            rollout: Rollout::new(devices, first, most),
            asked: vec![None; devices],
            ask_every_min: config.number("ask_every_min", 0.0),
            soak_min: config.number("soak_min", 60.0),
            newest: (0, [0; 32]),
            queue: Vec::new(),
        };
        server.ask_later();
        server
    }

    fn on_timer(&mut self, id: u32) {
        match id {
            ROLL => self.roll(),
            ASK => self.ask(),
            _ => self.send(),
        }
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        match Answer::decode(body) {
            Some(answer) => self.hear(peer as usize, &answer),
            None => {
                let _ = display::show(ANSWER, if body == [1] { 1.0 } else { 2.0 });
            }
        }
    }
}

impl UpdateServer {
    /// The next wave, unless the last one went badly.
    fn roll(&mut self) {
        let image = storage::get("image").ok().flatten().unwrap_or_default();
        self.newest = frames::stated(&image).unwrap_or_default();
        let wave = self.rollout.wave();
        let _ = display::show(HALTED, f64::from(u8::from(self.rollout.is_halted())));
        self.offer(wave);
        if self.rollout.goes_on() {
            wake(ROLL, self.soak_min);
        }
    }

    fn offer(&mut self, devices: Vec<usize>) {
        if self.queue.is_empty() && !devices.is_empty() {
            let _ = timer::set(SEND, 0);
        }
        self.queue.extend(devices);
    }

    fn send(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let device = self.queue.remove(0);
        // What it was asked before says nothing of what comes now.
        self.asked[device] = None;
        if let Ok(Some(image)) = storage::get("image") {
            let _ = network::send(device as u32, &image);
        }
        if !self.queue.is_empty() {
            let _ = timer::set(SEND, SPACING_US);
        }
    }

    fn ask_later(&self) {
        if self.ask_every_min > 0.0 {
            wake(ASK, self.ask_every_min);
        }
    }

    fn ask(&mut self) {
        self.ask_later();
        for device in 0..self.asked.len() {
            if self.asked[device].is_some() && self.rollout.is_silent(device) {
                show(device, 0.0);
            }
            let nonce = random::bytes(NONCE as u32).ok().and_then(|bytes| bytes.try_into().ok());
            if let Some(nonce) = nonce {
                let _ = network::send(device as u32, &frames::question(&nonce));
            }
            self.asked[device] = nonce;
        }
    }

    fn hear(&mut self, device: usize, answer: &Answer<'_>) {
        let Some(nonce) = self.asked.get_mut(device).and_then(Option::take) else { return };
        let said = match vault::verify(device as u32, &nonce, answer.quote) {
            Err(Denial::Unknown) => Said::Runs(answer.claimed),
            // Where the host would check and is not let, nothing is known.
            Err(_) | Ok(false) => Said::Nothing,
            Ok(true) => self.measured(Quoted::decode(answer.quote)),
        };
        show(device, self.rollout.says(device, said, self.newest.0));
        if self.rollout.offers_again(device) {
            self.offer(vec![device]);
        }
    }

    /// What a host says of a device, as far as its maker released that.
    fn measured(&self, quoted: Option<Quoted>) -> Said {
        let (newest, digest) = self.newest;
        match quoted {
            Some(q) if !q.signed => Said::Nothing,
            Some(q) if newest > 0 && q.version > newest => Said::Nothing,
            Some(q) if q.version == newest && q.digest != digest => Said::Nothing,
            Some(q) if q.runs => Said::Runs(q.version),
            Some(_) => Said::Down,
            None => Said::Nothing,
        }
    }
}

fn show(device: usize, version: f64) {
    let _ = display::show(RUNS + device as u32, version);
}

fn wake(id: u32, min: f64) {
    let _ = timer::set(id, (min * US_PER_MIN) as u64);
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(UpdateServer);
