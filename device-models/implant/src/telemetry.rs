//! Telemetry of an implant: when its radio listens, sessions, and what is asked in them.
//!
//! A radio would empty the battery if it were always on. It listens in a window at night for the home
//! monitor, for a while after a wand was held over the implant, and within a session; config `radio =
//! "sniff"` makes a product that wakes at any time. What wakes it costs energy before anything
//! can be checked: the receiver is on for [`WAKE_US`]. A wand powers its own receiver.
//!
//! A session is a wake-up, a request for it, and orders, each answered; it ends after 10 s without a frame. A body holds one
//! order, with its parameters before it. Frames are those of
//! `medtwin_frames`: serial number in clear, 16-bit sequence, CRC-16. `authentication = "none"` is the
//! product that believes any frame; `"short-key"` one whose session has a key of 16 bits.
//!
//! Left out: listening before a channel is chosen, channels, retries, and the bytes of
//! electrograms.

use medtwin_frames::{Frame, Kind};
use medtwin_sdk::{Config, actuator, command, network, timer};
use medtwin_session::Session;

/// The peers of an implant, by their place in its manifest.
pub const PROGRAMMER: u32 = 0;
/// The wand of a programmer, held over the implant.
pub const WAND: u32 = 1;
/// The monitor at home.
pub const MONITOR: u32 = 2;

/// How long the receiver is on when something woke it [µs]: 5 mA for 2 s are 10 mC.
pub const WAKE_US: u64 = 2_000_000;
/// A session without a frame ends [µs].
const TIMEOUT_US: u64 = 10_000_000;
/// The radio listens for so long after a wand [µs] [E].
const AFTER_WAND_US: u64 = 600_000_000;
/// The number of the sum of settings in a report; those of settings are below, of measurements above it.
const SUMMED: u16 = 255;
/// Frames in one body at most.
const MOST_FRAMES: usize = 64;
const US_PER_H: f64 = 3.6e9;
const DAY_US: u64 = 86_400_000_000;

/// What the actuator `radio` is set to.
const OFF: f64 = 0.0;
const SNIFF: f64 = 1.0;
const ON: f64 = 2.0;
const INDUCTIVE: f64 = 3.0;

/// A request that came in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who says it is from.
    pub peer: u32,
    /// What is asked.
    pub kind: Kind,
    /// Its first argument.
    pub a: u16,
    /// Its second.
    pub b: u16,
    sequence: u16,
}

/// The link of an implant to the world.
pub struct Telemetry {
    serial: u32,
    key: Option<Session>,
    /// Within a session: a session that is replayed as a whole passes, which freshness is for.
    checks_sequence: bool,
    sniffs: bool,
    window: (u64, u64),
    clock_us: u64,
    wand_until: u64,
    /// The receiver is powered, and no session is open yet.
    awake: bool,
    session: Option<(u32, u16)>,
    began: bool,
    radio_port: u32,
    timer: u32,
}

impl Telemetry {
    /// The config keys that it reads.
    pub const CONFIG: [&str; 8] = [
        "serial",
        "authentication",
        "pairing_key",
        "sequence_check",
        "radio",
        "radio_at_h",
        "radio_for_min",
        "clock_h",
    ];

    /// As configured; `radio_port` is the actuator and `timer` the timer that it may use.
    pub fn new(config: &Config, radio_port: u32, timer: u32) -> Self {
        let hours = |key, otherwise| (config.number(key, otherwise).max(0.0) * US_PER_H) as u64;
        let minutes = config.number("radio_for_min", 0.0).max(0.0);
        let from = hours("radio_at_h", 2.0) % DAY_US;
        let has_key = config.is("authentication", "short-key");
        Self {
            serial: config.number("serial", 0.0) as u32,
            key: has_key.then(|| Session::new(config.number("pairing_key", 0.0) as u16)),
            checks_sequence: config.flag("sequence_check"),
            sniffs: config.is("radio", "sniff"),
            window: (from, (minutes * US_PER_H / 60.0) as u64),
            clock_us: hours("clock_h", 0.0),
            wand_until: 0,
            awake: false,
            session: None,
            began: false,
            radio_port,
            timer,
        }
    }

    /// Power on: the radio takes its state.
    pub fn start(&mut self, now_us: u64) {
        self.rest(now_us);
    }

    /// Its timer is due: a session or a wake-up is over, or a window begins or ends.
    pub fn on_timer(&mut self, now_us: u64) {
        self.session = None;
        self.rest(now_us);
    }

    /// Whether a session is open.
    pub fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Whether a session began since this was asked last: what was said in one before is forgotten.
    pub fn has_begun(&mut self) -> bool {
        std::mem::take(&mut self.began)
    }

    fn since_window(&self, now_us: u64) -> u64 {
        (now_us + self.clock_us + DAY_US - self.window.0) % DAY_US
    }

    /// Whether a radio frame is heard at all.
    fn listens(&self, now_us: u64) -> bool {
        let in_window = self.since_window(now_us) < self.window.1;
        self.sniffs || in_window || now_us < self.wand_until || self.session.is_some()
    }

    fn rest(&mut self, now_us: u64) {
        self.awake = false;
        let sniffs = self.listens(now_us);
        let _ = actuator::set(self.radio_port, if sniffs { SNIFF } else { OFF });
        let into = self.since_window(now_us);
        let next = if into < self.window.1 { self.window.1 - into } else { DAY_US - into };
        let next = match self.wand_until.checked_sub(now_us) {
            Some(left) if left > 0 => next.min(left),
            _ => next,
        };
        if self.window.1 > 0 || now_us < self.wand_until {
            let _ = timer::set(self.timer, next);
        }
    }

    /// What `peer` asks, as far as it is heard, believed, and of a session: a body holds one frame or several.
    pub fn hear(&mut self, peer: u32, body: &[u8], now_us: u64) -> Vec<Request> {
        let len = if self.key.is_some() { medtwin_session::LEN } else { medtwin_frames::LEN };
        let frames = body.chunks(len).take(MOST_FRAMES);
        frames.filter_map(|frame| self.hear_one(peer, frame, now_us)).collect()
    }

    fn hear_one(&mut self, peer: u32, body: &[u8], now_us: u64) -> Option<Request> {
        if peer != WAND && !self.listens(now_us) {
            return None;
        }
        if peer != WAND && !self.awake && self.session.is_none() {
            self.wake(peer, body);
            return None;
        }
        let frame = self.open(body)?;
        let (a, b, sequence) = (frame.a, frame.b, frame.sequence);
        let request = Request { peer, kind: frame.kind, a, b, sequence };
        if frame.kind == Kind::OpenSession {
            self.opens(&request, now_us);
            return None;
        }
        let (_, last) = self.session.filter(|(with, _)| *with == peer)?;
        if self.checks_sequence && sequence <= last {
            return None;
        }
        self.session = Some((peer, sequence));
        let _ = timer::set(self.timer, TIMEOUT_US);
        Some(request)
    }

    /// Something may be for it: the receiver is powered before that can be known.
    fn wake(&mut self, peer: u32, body: &[u8]) {
        if command::begin("wake", &[]).is_err() {
            return;
        }
        self.awake = true;
        let _ = actuator::set(self.radio_port, ON);
        let _ = timer::set(self.timer, WAKE_US);
        if let Some(Frame { kind: Kind::Wake, a, b, sequence, .. }) = self.open(body) {
            self.answer(&Request { peer, kind: Kind::Wake, a, b, sequence }, 1);
        }
    }

    fn opens(&mut self, request: &Request, now_us: u64) {
        if command::begin("open-session", &request.sequence.to_le_bytes()).is_err() {
            return;
        }
        self.begin(request.peer, now_us);
        (self.session, self.began) = (Some((request.peer, request.sequence)), true);
        let _ = timer::set(self.timer, TIMEOUT_US);
        self.answer(request, 1);
    }

    fn begin(&mut self, peer: u32, now_us: u64) {
        if peer == WAND {
            self.wand_until = now_us + AFTER_WAND_US;
        }
        let _ = actuator::set(self.radio_port, if peer == WAND { INDUCTIVE } else { ON });
    }

    fn open(&self, body: &[u8]) -> Option<Frame> {
        let frame = match self.key {
            None => Frame::decode(body)?.0,
            Some(key) => Frame::decode(&key.open(body)?)?.0,
        };
        (frame.serial == self.serial).then_some(frame)
    }

    /// The session is over.
    pub fn close(&mut self, now_us: u64) {
        self.session = None;
        self.rest(now_us);
    }

    /// Says what became of a request: 1 done, 0 refused, or what it asked for.
    pub fn answer(&self, request: &Request, result: u16) {
        let (a, b) = (request.kind as u16, result);
        self.send(
            request,
            &[Frame { serial: self.serial, kind: Kind::Status, sequence: request.sequence, a, b }],
        );
    }

    /// Sends values by number. In a session with a key, where each frame costs, settings are summed up in one.
    pub fn report(&self, request: &Request, values: &[(u16, u16)]) {
        let mut values = values.to_vec();
        if self.key.is_some() {
            let settings = values.iter().filter(|(number, _)| *number < SUMMED);
            let sum = settings.fold(0_u16, |sum, (a, b)| sum.rotate_left(3) ^ a.wrapping_add(*b));
            values.retain(|(number, _)| *number > SUMMED);
            values.push((SUMMED, sum));
        }
        let frame = |&(a, b): &(u16, u16)| Frame {
            serial: self.serial,
            kind: Kind::Report,
            sequence: request.sequence,
            a,
            b,
        };
        self.send(request, &values.iter().map(frame).collect::<Vec<_>>());
    }

    fn send(&self, request: &Request, frames: &[Frame]) {
        let one = |frame: &Frame| match self.key {
            None => frame.encode().to_vec(),
            Some(key) => key.wrap(request.sequence, frame.encode()).to_vec(),
        };
        let body: Vec<u8> = frames.iter().flat_map(one).collect();
        let _ = network::send(request.peer, &body);
    }
}
