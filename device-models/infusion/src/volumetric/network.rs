//! What the network says to the pump, and what the pump believes of it.

use medtwin_sdk::{command, network, storage};

use super::{CALIBRATION, State, Volumetric};
use crate::{Library, milli, number_of, words};

impl Volumetric {
    /// What comes through the gateway: `STATUS?`, `CONFIG calibration=…`, `LIBRARY …`.
    pub(super) fn hears(&mut self, peer: u32, body: &[u8]) {
        match words(body).as_deref().and_then(|words| words.first().copied()) {
            Some("CONFIG") => self.configured(body),
            Some("LIBRARY") => self.library_comes(body),
            Some("STATUS?") => {
                let text = format!(
                    "STATUS rate={} given={} state={} library={}",
                    milli(self.shown_rate()),
                    milli(self.meant_ml),
                    self.state as u8,
                    self.library.version
                );
                let _ = network::send(peer, text.as_bytes());
            }
            _ => {}
        }
    }

    /// A calibration is written while nothing runs.
    fn configured(&mut self, body: &[u8]) {
        let factor = number_of(body, CALIBRATION).filter(|factor| (0.1..=10.0).contains(factor));
        let is_idle = self.state == State::Idle;
        let Some(factor) = factor.filter(|_| is_idle && self.anyone_calibrates) else { return };
        if command::begin("set-calibration", body).is_ok() {
            self.calibration = factor;
            let _ = storage::put(CALIBRATION, &factor.to_le_bytes());
        }
    }

    fn library_comes(&mut self, body: &[u8]) {
        let text = std::str::from_utf8(body).unwrap_or("");
        let text = text.split("SIGNED ").next().unwrap_or("");
        let library = Library::parse(text).filter(|new| new.version > self.library.version);
        if let Some(library) = library
            && command::begin("set-library", text.as_bytes()).is_ok()
        {
            self.library = library;
        }
    }
}
