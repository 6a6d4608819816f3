//! Standing in the path: what becomes of the frames of others.

use medtwin_frames::Frame as Radio;

use crate::network::{HOST, message};
use crate::node::Frame;
use crate::trace::{Name, Origin};

/// What an adversary does to frames that pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interference {
    /// On which link.
    pub link: u32,
    /// Only frames to this device, or all.
    pub to: Option<(u32, u16)>,
    /// From when, until when [ns]; for a step: how long.
    pub from_ns: u64,
    /// See `from_ns`.
    pub until_ns: u64,
    /// What happens to them.
    pub how: Meddling,
    /// The step it belongs to.
    pub step: u16,
    /// Its name.
    pub name: Name,
}

/// What happens to a frame in the path of an adversary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meddling {
    /// It never arrives: dropped in the path, or jammed in the air.
    Drop,
    /// It arrives so much later [ns].
    Delay(u64),
    /// The time that it tells is moved by this [ns].
    Time(i64),
    /// This byte is changed by this mask.
    Alter {
        /// Which byte, from the start.
        byte: usize,
        /// Exclusive or with this.
        mask: u8,
    },
}

impl Interference {
    pub(crate) fn touches(&self, at: u64, frame: &Frame) -> bool {
        frame.head.link == self.link
            && (self.from_ns..self.until_ns).contains(&at)
            && self.to.is_none_or(|to| to == frame.head.to)
            && !matches!(frame.head.origin, Origin::Adversary | Origin::Replay)
    }

    /// Whether a frame that it touches comes late, or never.
    pub(crate) fn keeps_back(&self) -> bool {
        matches!(self.how, Meddling::Drop | Meddling::Delay(_))
    }

    pub(crate) fn apply(&self, arrives: u64, frame: &mut Frame) -> Option<u64> {
        match self.how {
            Meddling::Drop => None,
            Meddling::Delay(ns) => Some(arrives + ns),
            Meddling::Time(by_ns) => {
                if frame.head.peer == HOST && message::ntp_shift(&mut frame.body, by_ns) {
                    (frame.head.origin, frame.head.step) = (Origin::Adversary, self.step);
                }
                Some(arrives)
            }
            Meddling::Alter { byte, mask } => {
                if alter(&mut frame.body, byte, mask) {
                    (frame.head.origin, frame.head.step) = (Origin::Adversary, self.step);
                }
                Some(arrives)
            }
        }
    }
}

/// Changes a byte, and repairs the checksum of a frame in clear: it is no secret.
fn alter(body: &mut [u8], byte: usize, mask: u8) -> bool {
    let in_clear = Radio::decode(body).is_some();
    let Some(changed) = body.get_mut(byte) else { return false };
    *changed ^= mask;
    if in_clear && byte < medtwin_frames::LEN - 2 {
        medtwin_frames::repair(body);
    }
    true
}

#[cfg(test)]
mod tests {
    use medtwin_frames::Kind as RadioKind;

    use super::*;

    #[test]
    fn an_altered_frame_in_clear_is_believed_and_orders_something_else() {
        let bolus = Radio { serial: 7, kind: RadioKind::Bolus, sequence: 1, a: 40, b: 0 };
        let mut body = bolus.encode();
        assert!(alter(&mut body, 8, 1));
        let (altered, _) = Radio::decode(&body).expect("its checksum is right again");
        assert_eq!(altered, Radio { a: 40 + 256, ..bolus });
        assert!(!alter(&mut body, 99, 1), "there is no such byte");
    }
}
