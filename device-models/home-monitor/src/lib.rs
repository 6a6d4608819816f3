//! A monitor at home: at night it reads the implant, and sends what it read to the clinic's server.
//!
//! It asks for nothing but a report, each day at `read_at_h`, and again two minutes later when none came (three
//! times). With the report go alerts: battery below `battery_below_v`, lead outside 200 to 2,000 ohm
//! (models.md 2.4.5). Read-only by design: no key and no frame of it programs anything.
//!
//! Left out: electrograms, updates of its own, a telephone line, and who lifts it up.
//!
//! Models: a nightly reading over the implant's radio, alerts, an upload and its receipt. Units: h, V, ohm; a
//! report has hundredths of a volt. Sources: models.md 2.4.5 [E]; the clinic's threshold of 2.4 V is that of
//! elective replacement (2.4.4). Domain of validity: one implant, one reading a night.

use medtwin_frames::{Frame, Kind, LEN};
use medtwin_sdk::{Config, Model, Priority, alarm, clock, display, network, timer};
use medtwin_session::Session;

const IMPLANT: u32 = 0;
const SERVER: u32 = 1;
const NO_IMPLANT: u32 = 0;
const READS: u32 = 0;
const UPLOADS: u32 = 1;
const BATTERY: u32 = 2;
const IMPEDANCE: u32 = 3;
const SAYS_BATTERY: u16 = 256;
const SAYS_IMPEDANCE: u16 = 257;
const NIGHT: u32 = 0;
const AGAIN: u32 = 1;
const DAY_US: u64 = 86_400_000_000;
const AGAIN_US: u64 = 120_000_000;
const TRIES: u32 = 3;
/// A lead that is whole [ohm].
const LEAD_OHM: std::ops::RangeInclusive<u16> = 200..=2000;

/// The monitor.
pub struct HomeMonitor {
    serial: u32,
    key: Option<Session>,
    battery_below: u16,
    /// What it asked for and has no answer to.
    asked: Option<Kind>,
    sequence: u16,
    tries: u32,
    reads: u32,
    uploads: u32,
}

impl Model for HomeMonitor {
    fn start(config: &Config) -> Self {
        let us = |key, hour: f64| (config.number(key, hour).max(0.0) * 3.6e9) as u64;
        let now = clock::now().unwrap_or(0) + us("clock_h", 0.0);
        let wait = (us("read_at_h", 2.0) % DAY_US + DAY_US - now % DAY_US) % DAY_US;
        let _ = timer::set(NIGHT, wait.max(1));
        let has_key = config.is("authentication", "short-key");
        Self {
            serial: config.number("serial", 0.0) as u32,
            key: has_key.then(|| Session::new(config.number("pairing_key", 0.0) as u16)),
            battery_below: (config.number("battery_below_v", 2.4) * 100.0) as u16,
            asked: None,
            sequence: 0,
            tries: 0,
            reads: 0,
            uploads: 0,
        }
    }

    fn on_timer(&mut self, id: u32) {
        if id == NIGHT {
            self.tries = 0;
            let _ = timer::set(NIGHT, DAY_US);
        }
        if self.tries == TRIES {
            let _ = alarm::raise(NO_IMPLANT, Priority::Low);
            return;
        }
        self.tries += 1;
        let _ = timer::set(AGAIN, AGAIN_US);
        self.read();
    }

    fn on_input(&mut self, _input: u32, _value: f64) {
        self.read();
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        if peer == SERVER {
            self.uploads += u32::from(body == b"thanks");
            let _ = display::show(UPLOADS, f64::from(self.uploads));
            return;
        }
        let len = if self.key.is_some() { medtwin_session::LEN } else { LEN };
        let frames: Vec<Frame> = body.chunks(len).filter_map(|bytes| self.open(bytes)).collect();
        // An answer that it did not ask for was another's: it reads nothing from it, and goes on with nothing.
        let own = frames.iter().filter(|frame| frame.sequence == self.sequence);
        let (reported, told): (Vec<&Frame>, Vec<&Frame>) =
            own.partition(|frame| frame.kind == Kind::Report);
        let values: Vec<(u16, u16)> = reported.iter().map(|frame| (frame.a, frame.b)).collect();
        if self.asked == Some(Kind::Interrogate) && !values.is_empty() {
            return self.report(&values);
        }
        let answers =
            |kind: &Kind| told.iter().any(|f| f.kind == Kind::Status && f.a == *kind as u16);
        match self.asked.filter(answers) {
            Some(Kind::Wake) => self.say(Kind::OpenSession),
            Some(Kind::OpenSession) => self.say(Kind::Interrogate),
            _ => {}
        }
    }
}

impl HomeMonitor {
    fn read(&mut self) {
        self.say(Kind::Wake);
    }

    fn say(&mut self, kind: Kind) {
        self.asked = Some(kind);
        let body = self.dressed(kind);
        let _ = network::send(IMPLANT, &body);
    }

    fn dressed(&mut self, kind: Kind) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let frame = Frame { serial: self.serial, kind, sequence: self.sequence, a: 0, b: 0 };
        match self.key {
            None => frame.encode().to_vec(),
            Some(key) => key.wrap(self.sequence, frame.encode()).to_vec(),
        }
    }

    fn open(&self, bytes: &[u8]) -> Option<Frame> {
        let frame = match self.key {
            None => Frame::decode(bytes)?.0,
            Some(key) => Frame::decode(&key.open(bytes)?)?.0,
        };
        (frame.serial == self.serial).then_some(frame)
    }

    /// A report goes on to the server, with a byte of alerts in front.
    fn report(&mut self, values: &[(u16, u16)]) {
        let _ = timer::cancel(AGAIN);
        let _ = alarm::clear(NO_IMPLANT);
        (self.tries, self.reads, self.asked) = (0, self.reads + 1, None);
        let _ = display::show(READS, f64::from(self.reads));
        let of = |number| values.iter().find(|(a, _)| *a == number).map(|(_, b)| *b);
        let (battery, lead) = (of(SAYS_BATTERY), of(SAYS_IMPEDANCE));
        let low = battery.is_some_and(|volt| volt < self.battery_below);
        let broken = lead.is_some_and(|ohm| !LEAD_OHM.contains(&ohm));
        let _ = display::show(BATTERY, f64::from(battery.unwrap_or(0)) / 100.0);
        let _ = display::show(IMPEDANCE, f64::from(lead.unwrap_or(0)));
        let mut body = vec![u8::from(low) | u8::from(broken) << 1];
        body.extend(values.iter().flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat()));
        let _ = network::send(SERVER, &body);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(HomeMonitor);
