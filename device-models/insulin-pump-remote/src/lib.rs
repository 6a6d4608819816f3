//! A remote control for an insulin pump: three keys, one frame each.
//!
//! `counter` numbers the frames, `authentication = "static-mac"` signs them; the product that was
//! recalled did neither. `"short-key"` sends them in a session under a `pairing_key` of 16 bits. With a
//! `pin` it sends nothing before that was keyed in, once for each command: the pump never asks for it.
//!
//! Models: a key pressed is one frame; what was sent last is shown. Left out: what the pump answers, a battery, a
//! bolus history, how far it reaches (that is the link's), and pairing at the keys.
//!
//! Units: U, in steps of 0.05 U on the air. Sources: CVE-2018-10634 and CVE-2018-14781 (ICSMA-18-219-02),
//! CVE-2016-5084 to -5086 (ICSMA-16-279-01), CVE-2020-27264 to -27269 (ICSMA-21-012-01); the layout of frames is
//! ours. Domain of validity: one pump, commands some seconds apart.

use medtwin_frames::{Frame, Kind, bolus_steps};
use medtwin_sdk::{Config, Model, display, network, vault};
use medtwin_session::Session;

const PUMP: u32 = 0;
const LAST_SENT: u32 = 0;
const PAIRING: u32 = 0;
const PIN_KEYED_IN: u32 = 3;

/// The remote.
pub struct Remote {
    serial: u32,
    signs: bool,
    session: Option<Session>,
    pin: Option<u32>,
    unlocked: bool,
    counts: bool,
    sequence: u16,
}

impl Model for Remote {
    fn start(config: &Config) -> Self {
        Self {
            serial: config.number("serial", 0.0) as u32,
            signs: config.is("authentication", "static-mac"),
            session: config
                .is("authentication", "short-key")
                .then(|| Session::new(config.number("pairing_key", 0.0) as u16)),
            pin: Some(config.number("pin", 0.0) as u32).filter(|pin| *pin > 0),
            unlocked: false,
            counts: config.flag("counter"),
            sequence: 0,
        }
    }

    fn on_input(&mut self, input: u32, value: f64) {
        if input == PIN_KEYED_IN {
            self.unlocked = self.pin == Some(value as u32);
            return;
        }
        if self.pin.is_some() && !std::mem::take(&mut self.unlocked) {
            return;
        }
        let (kind, a) = match input {
            0 => (Kind::Bolus, bolus_steps(value)),
            1 => (Kind::Suspend, 0),
            2 => (Kind::Resume, 0),
            _ => return,
        };
        if self.counts {
            self.sequence = self.sequence.wrapping_add(1);
        }
        self.send(&Frame { serial: self.serial, kind, sequence: self.sequence, a, b: 0 });
        let _ = display::show(LAST_SENT, value);
    }

    fn save(&self) -> Vec<u8> {
        self.sequence.to_le_bytes().to_vec()
    }

    fn load(&mut self, state: &[u8]) {
        if let Ok(sequence) = <[u8; 2]>::try_from(state) {
            self.sequence = u16::from_le_bytes(sequence);
        }
    }
}

impl Remote {
    fn send(&self, frame: &Frame) {
        let mut body = match self.session {
            Some(session) => session.wrap(frame.sequence, frame.encode()).to_vec(),
            None => frame.encode().to_vec(),
        };
        if self.signs
            && let Ok(tag) = vault::sign(PAIRING, &body)
        {
            body.extend(tag);
        }
        let _ = network::send(PUMP, &body);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Remote);
