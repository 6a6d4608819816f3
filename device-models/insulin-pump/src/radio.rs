//! What comes by radio: the sensor's readings, and commands, as far as the product checks who sent them.

use medtwin_frames::{Frame, Kind};
use medtwin_sdk::{Config, Priority, display, network, vault};

use crate::order::{By, Order};
use crate::{Pump, US_PER_MIN, now, ports};

/// The product's own answer to somebody who tries again and again.
pub(crate) struct Lockout {
    rejects: u32,
    most: u32,
    until_us: u64,
    for_us: u64,
}

impl Lockout {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            rejects: 0,
            most: config.number("lockout_rejects", 0.0) as u32,
            until_us: 0,
            for_us: (config.number("lockout_min", 0.0) * US_PER_MIN as f64) as u64,
        }
    }

    /// A product without a lockout asks for no time.
    fn is_on(&self) -> bool {
        self.until_us > 0 && now() < self.until_us
    }

    fn counts(&mut self, believed: bool) {
        self.rejects = if believed { 0 } else { self.rejects + 1 };
        if self.most > 0 && self.rejects >= self.most {
            (self.rejects, self.until_us) = (0, now() + self.for_us);
        }
    }
}

impl Pump {
    /// A frame of a peer; of the remote, in their session if they have one.
    pub(crate) fn hear(&mut self, peer: u32, body: &[u8]) {
        match self.session.filter(|_| peer == ports::REMOTE) {
            None => self.heard(peer, body),
            Some(session) => {
                if let Some(body) = session.open(body) {
                    self.heard(peer, &body);
                }
            }
        }
    }

    fn heard(&mut self, peer: u32, body: &[u8]) {
        let Some((frame, rest)) = Frame::decode(body).filter(|(f, _)| f.serial == self.serial)
        else {
            return;
        };
        if peer == ports::CGM {
            if frame.kind == Kind::Reading {
                let reading = f64::from(frame.a);
                let _ = display::show(ports::READING, reading);
                self.reads(reading);
                self.alarm_when(reading < self.low_alert_mg_dl, ports::LOW_GLUCOSE, Priority::High);
            }
            return;
        }
        let Some(order) = Order::of_frame(&frame).filter(|_| self.remote) else { return };
        if self.lockout.is_on() {
            return;
        }
        let believed = self.believes(&frame, &body[..medtwin_frames::LEN], rest);
        self.lockout.counts(believed);
        if !believed {
            return;
        }
        let done = self.carry_out(&order, By::Remote);
        self.answer(&frame, done);
    }

    /// The product's own checks of a frame, as far as it has any.
    fn believes(&mut self, frame: &Frame, signed: &[u8], tag: &[u8]) -> bool {
        if self.static_mac && !vault::verify(ports::PAIRING, signed, tag).unwrap_or(false) {
            return false;
        }
        if self.replay_check {
            if frame.sequence <= self.last_sequence {
                return false;
            }
            self.last_sequence = frame.sequence;
        }
        true
    }

    fn answer(&self, frame: &Frame, done: bool) {
        let status =
            Frame { kind: Kind::Status, a: frame.kind as u16, b: u16::from(done), ..*frame };
        let status = status.encode();
        let _ = match self.session {
            None => network::send(ports::REMOTE, &status),
            Some(session) => network::send(ports::REMOTE, &session.wrap(frame.sequence, status)),
        };
    }
}
