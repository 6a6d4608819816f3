//! An entry as bytes: what the fingerprint hashes, and what a trace file holds.

use super::{Entry, Kind, Name, Origin, Outcome};
use crate::time::SimTime;

/// Bytes of an encoded entry.
pub const ENTRY_LEN: usize = 48;

impl Entry {
    /// The entry as bytes, little endian, in the order of the fields.
    pub fn encode(&self) -> [u8; ENTRY_LEN] {
        let mut out = [0; ENTRY_LEN];
        out[0..8].copy_from_slice(&self.at.as_nanos().to_le_bytes());
        out[8..16].copy_from_slice(&self.cause.to_le_bytes());
        out[16..24].copy_from_slice(&self.value.to_bits().to_le_bytes());
        out[24..28].copy_from_slice(&self.entity.to_le_bytes());
        out[28..32].copy_from_slice(&self.subject.0.to_le_bytes());
        out[32..36].copy_from_slice(&self.object.0.to_le_bytes());
        out[36..40].copy_from_slice(&self.verb.0.to_le_bytes());
        out[40..42].copy_from_slice(&self.rule.to_le_bytes());
        out[42..44].copy_from_slice(&self.step.to_le_bytes());
        out[44..48].copy_from_slice(&[self.kind as u8, self.outcome as u8, self.origin as u8, 0]);
        out
    }

    /// The entry that [`Entry::encode`] made these bytes of; none if it made no such bytes.
    pub fn decode(bytes: &[u8; ENTRY_LEN]) -> Option<Self> {
        let long = |at: usize| bytes[at..].first_chunk().copied().map(u64::from_le_bytes);
        let word = |at: usize| bytes[at..].first_chunk().copied().map(u32::from_le_bytes);
        let half = |at: usize| bytes[at..].first_chunk().copied().map(u16::from_le_bytes);
        Some(Self {
            at: SimTime::from_nanos(long(0)?),
            cause: long(8)?,
            value: f64::from_bits(long(16)?),
            entity: word(24)?,
            subject: Name(word(28)?),
            object: Name(word(32)?),
            verb: Name(word(36)?),
            rule: half(40)?,
            step: half(42)?,
            kind: KINDS.into_iter().find(|kind| *kind as u8 == bytes[44])?,
            outcome: OUTCOMES.into_iter().find(|outcome| *outcome as u8 == bytes[45])?,
            origin: ORIGINS.into_iter().find(|origin| *origin as u8 == bytes[46])?,
        })
        .filter(|_| bytes[47] == 0)
    }
}

const KINDS: [Kind; 20] = [
    Kind::Command,
    Kind::Call,
    Kind::Frame,
    Kind::Actuate,
    Kind::Deliver,
    Kind::Vital,
    Kind::Show,
    Kind::Alarm,
    Kind::Fault,
    Kind::Life,
    Kind::Act,
    Kind::Attack,
    Kind::Disclosure,
    Kind::Effort,
    Kind::Due,
    Kind::Outside,
    Kind::Input,
    Kind::Login,
    Kind::Link,
    Kind::Clock,
];

const OUTCOMES: [Outcome; 7] = [
    Outcome::None,
    Outcome::Permit,
    Outcome::Forbid,
    Outcome::NoGrant,
    Outcome::Limit,
    Outcome::Exhausted,
    Outcome::Unknown,
];

const ORIGINS: [Origin; 4] = [Origin::Device, Origin::Person, Origin::Adversary, Origin::Replay];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_entries_are_one_to_one() {
        for kind in KINDS {
            for (outcome, origin) in OUTCOMES.into_iter().zip(ORIGINS.into_iter().cycle()) {
                let entry = Entry {
                    cause: u64::MAX - 3,
                    value: -1.5e300,
                    subject: Name(7),
                    object: Name(8),
                    verb: Name(9),
                    rule: 3,
                    step: 4,
                    outcome,
                    origin,
                    ..Entry::new(SimTime::from_nanos(123_456_789_012), 5, kind)
                };
                assert_eq!(Entry::decode(&entry.encode()), Some(entry));
            }
        }
    }

    #[test]
    fn bytes_that_no_entry_has_are_refused() {
        for at in 44..ENTRY_LEN {
            let mut bytes = [0; ENTRY_LEN];
            bytes[44] = 1;
            assert!(Entry::decode(&bytes).is_some());
            bytes[at] = 0xff;
            assert_eq!(Entry::decode(&bytes), None, "byte {at}");
        }
    }
}
