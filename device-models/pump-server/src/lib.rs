//! A pump server: a pharmacist releases a library, it goes to every pump with an HMAC of the server,
//! and the server asks the pumps which one they have.
//!
//! A pump that says another version than the one that was released is a mismatch, and an alarm.
//!
//! Units: min; of the library ug, ug/h, min. Sources: the library's format is that of `medtwin_infusion`,
//! its limits those of models.md 3.5; how often pumps are asked is [E]. Left out: orders and automatic
//! programming, reports, how a pharmacist decides. Domain of validity: up to 16 pumps.

use medtwin_infusion::{BUILT_IN, Library, number_of};
use medtwin_sdk::{Config, Model, Priority, alarm, display, network, timer, vault};

const US_PER_MIN: f64 = 60e6;
const RELEASE: u32 = 0;
const ASK: u32 = 1;
/// Peers, by the model's list: these, then the gateway.
const PUMPS: f64 = 16.0;
const LIBRARY_KEY: u32 = 0;
const MISMATCH: u32 = 0;

/// The server.
pub struct Server {
    library: Library,
    is_released: bool,
    signs: bool,
    ask_every_min: f64,
    /// The version that each pump said last.
    has: Vec<Option<u32>>,
    raised: bool,
}

impl Model for Server {
    fn start(config: &Config) -> Self {
        let pumps = config.number("pumps", 1.0).clamp(0.0, PUMPS) as usize;
        let built_in = Library::parse(BUILT_IN);
        let mut library = built_in.unwrap_or(Library { version: 0, entries: Vec::new() });
        let factor = config.number("hourly_factor", 1.0);
        library.entries.iter_mut().for_each(|entry| {
            entry.hourly_ug = (entry.hourly_ug.0 * factor, entry.hourly_ug.1 * factor);
        });
        let release_min = config.number("release_min", -1.0);
        if release_min >= 0.0 {
            library.version = config.number("library_version", 2.0) as u32;
            wake(RELEASE, release_min);
        }
        let server = Self {
            library,
            is_released: false,
            signs: config.flag("signs"),
            ask_every_min: config.number("ask_every_min", 5.0),
            has: vec![None; pumps],
            raised: false,
        };
        wake(ASK, server.ask_every_min);
        server
    }

    fn on_timer(&mut self, id: u32) {
        if id == RELEASE {
            self.is_released = true;
            self.distribute();
        } else {
            self.ask();
        }
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        let Some(version) = number_of(body, "library") else { return };
        if let Some(has) = self.has.get_mut(peer as usize) {
            *has = Some(version as u32);
            self.compare();
        }
    }
}

impl Server {
    fn distribute(&self) {
        let mut text = self.library.text();
        if self.signs
            && let Ok(tag) = vault::sign(LIBRARY_KEY, text.as_bytes())
        {
            let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
            text += &format!("SIGNED {hex}\n");
        }
        (0..self.has.len()).for_each(|pump| {
            let _ = network::send(pump as u32, text.as_bytes());
        });
        let _ = display::show(0, f64::from(self.library.version));
    }

    fn ask(&self) {
        (0..self.has.len()).for_each(|pump| {
            let _ = network::send(pump as u32, b"STATUS?");
        });
        wake(ASK, self.ask_every_min);
    }

    fn compare(&mut self) {
        let known = if self.is_released { self.library.version } else { 1 };
        let is_other = |has: &&Option<u32>| has.is_some_and(|version| version != known);
        let others = self.has.iter().filter(is_other).count();
        let current = self.has.iter().filter(|has| **has == Some(known)).count();
        let _ = display::show(1, current as f64);
        let _ = display::show(2, others as f64);
        if (others > 0) != self.raised {
            self.raised = others > 0;
            let _ = match self.raised {
                true => alarm::raise(MISMATCH, Priority::Medium),
                false => alarm::clear(MISMATCH),
            };
        }
    }
}

fn wake(id: u32, min: f64) {
    let _ = timer::set(id, (min.max(0.01) * US_PER_MIN) as u64);
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Server);
