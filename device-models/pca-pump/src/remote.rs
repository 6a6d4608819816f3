//! What the network says to the pump, as far as the product believes it.
//!
//! ```text
//! LIBRARY 8 …                         a library; the line `SIGNED <hex>` after it is its HMAC
//! TICKET bolus=15 basal=60            so many seconds may be given on
//! KVO · RESUME                        the supervisor's
//! STATUS?                             answered with what it shows
//! ```
//!
//! Nothing here starts an infusion or sets a rate. The pump rings while it would give and a supervisor
//! keeps it from it: by KVO, by a ticket of no time, or because the last one ran out.

use medtwin_infusion::{Library, milli, number_of, words};
use medtwin_sdk::{Priority, command, log, network, storage, vault};

use crate::therapy::State;
use crate::{Pca, SECOND_US, alarms, now};

const LIBRARY_KEY: u32 = 0;
const STORED: &str = "library";

impl Pca {
    pub(crate) fn hears(&mut self, peer: u32, body: &[u8]) {
        let Some(words) = words(body) else { return };
        match words.first().copied() {
            Some("LIBRARY") => self.library_comes(body),
            Some("TICKET") => self.ticket(body),
            Some("KVO") => self.kvo(),
            Some("RESUME") => self.resume(),
            Some("STATUS?") => self.status(peer),
            _ => {}
        }
    }

    /// Holds, checks and activates a library. Whatever runs goes on as it was programmed.
    fn library_comes(&mut self, body: &[u8]) {
        let Ok(text) = std::str::from_utf8(body) else { return };
        let (text, tag) = match text.split_once("SIGNED ") {
            Some((text, tag)) => (text, bytes_of(tag.trim())),
            None => (text, None),
        };
        let library = Library::parse(text);
        let believed = library.filter(|library| self.believes(library, text, tag.as_deref()));
        let accepted = believed.is_some() && command::begin("set-library", text.as_bytes()).is_ok();
        self.alarms.holds(alarms::LIBRARY, !accepted, Priority::Low);
        if let (true, Some(library)) = (accepted, believed) {
            let _ = storage::put(STORED, text.as_bytes());
            let _ = log::write(&format!("library {}", library.version));
            self.library = library;
        }
    }

    fn believes(&self, library: &Library, text: &str, tag: Option<&[u8]>) -> bool {
        if !self.checks_library {
            return true;
        }
        let is_newer = library.version > self.library.version;
        let is_signed = || {
            tag.is_some_and(|tag| vault::verify(LIBRARY_KEY, text.as_bytes(), tag).unwrap_or(false))
        };
        is_newer && (!self.signed_library || is_signed())
    }

    pub(crate) fn load_library(&mut self) {
        let stored = storage::get(STORED).ok().flatten();
        let text = stored.and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(library) = text.and_then(|text| Library::parse(&text)) {
            self.library = library;
        }
    }

    /// The supervisor lets the pump go on for a while.
    fn ticket(&mut self, body: &[u8]) {
        let (Some(bolus_s), Some(basal_s)) = (number_of(body, "bolus"), number_of(body, "basal"))
        else {
            return;
        };
        if self.therapy.tickets.is_none() || command::begin("ticket", body).is_err() {
            return;
        }
        let until = |s: f64| now() + s.clamp(0.0, 300.0) as u64 * SECOND_US;
        self.therapy.ticket(until(bolus_s), until(basal_s));
    }

    fn kvo(&mut self) {
        let runs = matches!(self.therapy.state, State::Basal | State::Patient | State::Clinician);
        if runs && command::begin("kvo", b"").is_ok() {
            self.therapy.keep_open(true);
        }
    }

    fn resume(&mut self) {
        if self.therapy.may_resume() && command::begin("resume", b"").is_ok() {
            let _ = self.therapy.start(now());
        }
    }

    fn status(&mut self, peer: u32) {
        let hour_ml = self.therapy.within_hour_ml(now());
        let text = format!(
            "STATUS rate={} given={} state={} library={} hour={}",
            milli(self.flow.max(0.0)),
            milli(self.meant_ml),
            self.therapy.state as u8,
            self.library.version,
            milli(hour_ml)
        );
        let _ = network::send(peer, text.as_bytes());
    }
}

/// The bytes that pairs of hexadecimal digits stand for.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}
