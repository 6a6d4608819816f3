//! A programmer of implants: a person at its keys, or a session that was arranged, and what the implant says.
//!
//! For each thing it asks it wakes the implant (a wand, config `wand`, need not), opens a session and sends the order with its
//! parameters; without an answer before the order is sent it begins anew, three times in all. An order that was sent and is not
//! answered may have been carried out: it is not sent again, and rings. `orders` of a config are
//! pairs of parameter number and value, `7=1 1=75`, that are programmed at `session_at_min`; without any the session
//! interrogates. An answer is one to what it asked last, by kind and sequence number: what the implant says
//! to somebody else, or to who speaks in the programmer's name, is none. It speaks the implant's own protocol: in clear, or in a session under `pairing_key`.
//!
//! Left out: printed reports, electrograms on a screen, threshold tests, and what a clinician gets wrong.
//!
//! Models: interrogation, programming of whole sets of parameters, sessions that fail and begin anew, what the
//! implant answered. Units: those of each parameter (ms, 1/min, mV, V) as whole numbers; a report has hundredths of
//! a volt and ohm. Sources: models.md 2.4.5 after the PACEMAKER System Specification (Boston Scientific, 2007);
//! retries and patience [E]. Domain of validity: one implant at a time, one session after another.

use medtwin_frames::{Frame, Kind, LEN};
use medtwin_sdk::{Config, Model, Priority, alarm, clock, display, network, timer};
use medtwin_session::Session;

const IMPLANT: u32 = 0;
const NO_ANSWER: u32 = 0;
const ANSWER: u32 = 0;
const BATTERY: u32 = 1;
const IMPEDANCE: u32 = 2;
const PARAMETERS: u32 = 3;
const REFUSED: u32 = 4;
/// Numbers of measurements in a report.
const SAYS_BATTERY: u16 = 256;
const SAYS_IMPEDANCE: u16 = 257;
const ARRANGED: u32 = 0;
const WAITING: u32 = 1;
/// How long it waits for an answer [µs].
const PATIENCE_US: u64 = 5_000_000;
/// How often it begins.
const TRIES: u32 = 3;

/// The programmer.
pub struct Programmer {
    serial: u32,
    key: Option<Session>,
    orders: Vec<(u16, u16)>,
    order: Vec<(Kind, u16, u16)>,
    /// What it asked for and has no answer to; its number is that of the last frame.
    asked: Option<Kind>,
    is_wand: bool,
    tries: u32,
    parameter: u16,
    staged: Vec<(u16, u16)>,
    sequence: u16,
    refused: u32,
}

impl Model for Programmer {
    fn start(config: &Config) -> Self {
        let at_min = config.number("session_at_min", -1.0);
        if at_min >= 0.0 {
            let at_us = (at_min * 60e6) as u64;
            let _ = timer::set(ARRANGED, at_us.saturating_sub(clock::now().unwrap_or(0)));
        }
        let has_key = config.is("authentication", "short-key");
        Self {
            serial: config.number("serial", 0.0) as u32,
            key: has_key.then(|| Session::new(config.number("pairing_key", 0.0) as u16)),
            orders: orders(config.text("orders")),
            order: Vec::new(),
            asked: None,
            is_wand: config.flag("wand"),
            tries: 0,
            parameter: 0,
            staged: Vec::new(),
            sequence: 0,
            refused: 0,
        }
    }

    fn on_timer(&mut self, id: u32) {
        if id == WAITING {
            if self.tries < TRIES && !self.order.is_empty() {
                self.begin();
            } else {
                let _ = alarm::raise(NO_ANSWER, Priority::Low);
            }
            return;
        }
        let orders = std::mem::take(&mut self.orders);
        if orders.is_empty() {
            self.ask(&[], Kind::Interrogate);
        } else {
            self.ask(&orders, Kind::Program);
        }
    }

    fn on_input(&mut self, input: u32, value: f64) {
        match input {
            0 => self.ask(&[], Kind::Interrogate),
            1 => self.parameter = value.clamp(0.0, 65_535.0) as u16,
            2 => self.staged.push((self.parameter, value.clamp(-32_768.0, 32_767.0) as i16 as u16)),
            3 => {
                let staged = std::mem::take(&mut self.staged);
                self.ask(&staged, Kind::Program);
            }
            4 => self.ask(&[], Kind::PaceNow),
            5 => self.ask(&[], Kind::Induce),
            _ => {}
        }
    }

    fn on_frame(&mut self, _peer: u32, body: &[u8]) {
        let len = if self.key.is_some() { medtwin_session::LEN } else { LEN };
        let frames: Vec<Frame> = body.chunks(len).filter_map(|bytes| self.open(bytes)).collect();
        if !frames.iter().any(|frame| self.is_answer(frame)) {
            return; // noise, another implant's, or said to somebody else
        }
        self.asked = None;
        let _ = timer::cancel(WAITING);
        let _ = alarm::clear(NO_ANSWER);
        let reported = frames.iter().filter(|frame| frame.kind == Kind::Report).count();
        if reported > 0 {
            let _ = display::show(PARAMETERS, reported as f64);
        }
        frames.iter().for_each(|frame| self.hear(frame));
    }
}

impl Programmer {
    fn is_answer(&self, frame: &Frame) -> bool {
        let is_to_it = match frame.kind {
            Kind::Report => self.asked == Some(Kind::Interrogate),
            Kind::Status => self.asked.is_some_and(|asked| asked as u16 == frame.a),
            _ => false,
        };
        is_to_it && frame.sequence == self.sequence
    }

    fn hear(&mut self, frame: &Frame) {
        match (frame.kind, frame.a) {
            (Kind::Report, SAYS_BATTERY) => {
                let _ = display::show(BATTERY, f64::from(frame.b) / 100.0);
            }
            (Kind::Report, SAYS_IMPEDANCE) => {
                let _ = display::show(IMPEDANCE, f64::from(frame.b));
            }
            (Kind::Status, asked) if asked == Kind::Wake as u16 => self.goes_on(Kind::Wake),
            (Kind::Status, asked) if asked == Kind::OpenSession as u16 => {
                self.goes_on(Kind::OpenSession);
            }
            (Kind::Status, asked) if asked != Kind::Parameter as u16 => {
                self.refused += u32::from(frame.b == 0);
                let _ = display::show(ANSWER, if frame.b > 0 { 1.0 } else { 2.0 });
                let _ = display::show(REFUSED, f64::from(self.refused));
            }
            _ => {}
        }
    }

    fn open(&self, bytes: &[u8]) -> Option<Frame> {
        let frame = match self.key {
            None => Frame::decode(bytes)?.0,
            Some(key) => Frame::decode(&key.open(bytes)?)?.0,
        };
        (frame.serial == self.serial).then_some(frame)
    }

    /// A session for one order.
    fn ask(&mut self, parameters: &[(u16, u16)], kind: Kind) {
        self.order =
            parameters.iter().map(|&(number, value)| (Kind::Parameter, number, value)).collect();
        self.order.push((kind, 0, 0));
        self.tries = 0;
        self.begin();
    }

    fn begin(&mut self) {
        self.tries += 1;
        let first = if self.is_wand { Kind::OpenSession } else { Kind::Wake };
        self.say(&[(first, 0, 0)]);
    }

    fn say(&mut self, frames: &[(Kind, u16, u16)]) {
        let body: Vec<u8> = frames.iter().flat_map(|&frame| self.dressed(frame)).collect();
        self.asked = frames.last().map(|&(kind, ..)| kind);
        let _ = network::send(IMPLANT, &body);
        let _ = timer::set(WAITING, PATIENCE_US);
    }

    /// The session goes on by what was answered.
    fn goes_on(&mut self, answered: Kind) {
        match answered {
            _ if self.order.is_empty() => {}
            Kind::Wake => self.say(&[(Kind::OpenSession, 0, 0)]),
            Kind::OpenSession => {
                let order = std::mem::take(&mut self.order);
                self.say(&order);
            }
            _ => {}
        }
    }

    fn dressed(&mut self, (kind, a, b): (Kind, u16, u16)) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let frame = Frame { serial: self.serial, kind, sequence: self.sequence, a, b }.encode();
        match self.key {
            None => frame.to_vec(),
            Some(key) => key.wrap(self.sequence, frame).to_vec(),
        }
    }
}

/// Pairs of parameter number and value; what is none is left out.
fn orders(text: &str) -> Vec<(u16, u16)> {
    let one = |word: &str| {
        let (number, value) = word.split_once('=')?;
        let value: i16 = value.parse().ok()?;
        Some((number.parse().ok()?, value as u16))
    };
    text.split_whitespace().take(32).filter_map(one).collect()
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Programmer);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_pairs_of_numbers() {
        assert_eq!(orders("0=7 1=75 7=-50"), [(0, 7), (1, 75), (7, (-50_i16) as u16)]);
        assert_eq!(orders("mode=VOO 1= =3 99999=1"), []);
    }
}
