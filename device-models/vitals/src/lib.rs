//! The frames that a patient monitor and its central station exchange on the monitoring network.
//!
//! The layout is ours, in the manner of the documented products (models.md 4.4; the demonstration at DEF
//! CON 26): datagrams in clear, which name their bed and bear a counter, with a checksum against noise
//! and nothing against a forger. Whoever can send on the segment is believed.
//!
//! ```text
//! magic "MV" | kind u8 | priority u8 | bed u32 | sequence u32 | time u64 [ms] | body | CRC-16/CCITT-FALSE u16    (little endian)
//! ```
//!
//! Left out: waveforms (drawn where somebody looks), discovery, time synchronisation.

#![no_std]

extern crate alloc;

use alloc::vec::Vec;

mod alarm;
mod wire;

pub use alarm::{ALARMS, Alarm};
pub use wire::repair;
use wire::{Reader, crc16};

/// What a monitor measures, in the order of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Vital {
    /// [1/min]
    HeartRate,
    /// [%]
    SpO2,
    /// [1/min]
    PulseRate,
    /// [1/min]
    RespRate,
    /// [mmHg]
    EtCo2,
    /// [mmHg]
    Systolic,
    /// [mmHg]
    Diastolic,
    /// [mmHg]
    Mean,
    /// [degC]
    Temperature,
}

/// How many there are.
pub const VITALS: usize = 9;

impl Vital {
    /// Every one.
    pub const ALL: [Self; VITALS] = [
        Self::HeartRate,
        Self::SpO2,
        Self::PulseRate,
        Self::RespRate,
        Self::EtCo2,
        Self::Systolic,
        Self::Diastolic,
        Self::Mean,
        Self::Temperature,
    ];

    /// Its word in scenarios and packs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::HeartRate => "heart-rate",
            Self::SpO2 => "spo2",
            Self::PulseRate => "pulse-rate",
            Self::RespRate => "resp-rate",
            Self::EtCo2 => "etco2",
            Self::Systolic => "systolic",
            Self::Diastolic => "diastolic",
            Self::Mean => "map",
            Self::Temperature => "temperature",
        }
    }
}

/// Values, to a tenth; none where nothing is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Values([i16; VITALS]);

/// Stands for no value.
const NONE: i16 = i16::MIN;

impl Default for Values {
    fn default() -> Self {
        Self([NONE; VITALS])
    }
}

impl Values {
    /// The value of `vital`.
    pub fn get(&self, vital: Vital) -> Option<f64> {
        Some(self.0[vital as usize]).filter(|own| *own != NONE).map(|own| f64::from(own) / 10.0)
    }

    /// Sets it, rounded to a tenth; what is no number, or out of a frame's range, is none.
    pub fn set(&mut self, vital: Vital, value: Option<f64>) {
        self.0[vital as usize] = value.and_then(tenths).unwrap_or(NONE);
    }
}

/// `value` in tenths, rounded half away from 0.
fn tenths(value: f64) -> Option<i16> {
    let scaled = value * 10.0;
    let rounded = if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 };
    (-32_767.0..=32_767.5).contains(&rounded).then_some(rounded as i16)
}

/// What a frame carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// What a monitor measures, once a second, and whose it is: the patient's number stands in clear.
    Numerics {
        /// The values.
        values: Values,
        /// The patient's number, at most 20 bytes.
        patient: Vec<u8>,
    },
    /// A condition of alarm began or ended; sent again until it is acknowledged as received.
    Alarm {
        /// Which, by the monitor's list.
        alarm: u8,
        /// Whether it goes on.
        on: bool,
    },
    /// The central station has it, or is there: with [`ALIVE`].
    Received {
        /// Which alarm.
        alarm: u8,
    },
    /// The central station pauses the monitor's sound.
    Pause {
        /// For how long [s]; 0 ends a pause.
        seconds: u16,
    },
    /// The central station changes an alarm limit.
    SetLimit {
        /// Of what, by index into [`Vital::ALL`].
        vital: u8,
        /// In tenths of the vital's unit.
        low: i16,
        /// See `low`.
        high: i16,
    },
}

/// In place of an alarm: the central station says that it is there.
pub const ALIVE: u8 = 255;
/// The most bytes of a patient's number.
pub const PATIENT: usize = 20;

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The bed that it names.
    pub bed: u32,
    /// The sender's counter.
    pub sequence: u32,
    /// By the sender's clock [ms since 1970].
    pub at_ms: u64,
    /// The most urgent alarm that nobody took note of, or that this is about: 0 none, 1 low, 2 medium, 3 high.
    pub priority: u8,
    /// What it is for.
    pub body: Body,
}

const MAGIC: [u8; 2] = *b"MV";

impl Body {
    const fn kind(&self) -> u8 {
        match self {
            Self::Numerics { .. } => 1,
            Self::Alarm { .. } => 2,
            Self::Received { .. } => 3,
            Self::Pause { .. } => 4,
            Self::SetLimit { .. } => 5,
        }
    }

    /// The command verb of this kind; none if it is no command.
    pub const fn verb(&self) -> Option<&'static str> {
        match self {
            Self::Pause { .. } => Some("audio-pause"),
            Self::SetLimit { .. } => Some("set-limits"),
            _ => None,
        }
    }
}

impl Frame {
    /// The frame as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend(MAGIC);
        out.extend([self.body.kind(), self.priority]);
        out.extend(self.bed.to_le_bytes());
        out.extend(self.sequence.to_le_bytes());
        out.extend(self.at_ms.to_le_bytes());
        match &self.body {
            Body::Numerics { values, patient } => {
                values.0.iter().for_each(|value| out.extend(value.to_le_bytes()));
                let patient = &patient[..patient.len().min(PATIENT)];
                out.push(patient.len() as u8);
                out.extend(patient);
            }
            Body::Alarm { alarm, on } => out.extend([*alarm, u8::from(*on)]),
            Body::Received { alarm } => out.push(*alarm),
            Body::Pause { seconds } => out.extend(seconds.to_le_bytes()),
            Body::SetLimit { vital, low, high } => {
                out.push(*vital);
                out.extend(low.to_le_bytes());
                out.extend(high.to_le_bytes());
            }
        }
        let crc = crc16(&out);
        out.extend(crc.to_le_bytes());
        out
    }

    /// Reads a frame; none when it is too short or too long, of no known kind, or damaged. What follows
    /// the checksum, such as a tag, is not looked at: its bytes come second.
    pub fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut read = Reader::new(bytes);
        if read.array::<2>()? != MAGIC {
            return None;
        }
        let ([kind, priority], bed) = (read.array()?, u32::from_le_bytes(read.array()?));
        let sequence = u32::from_le_bytes(read.array()?);
        let at_ms = u64::from_le_bytes(read.array()?);
        let body = body(kind, &mut read)?;
        let sum = crc16(read.taken());
        let crc = u16::from_le_bytes(read.array()?);
        (crc == sum && priority <= 3)
            .then(|| (Self { bed, sequence, at_ms, priority, body }, read.rest()))
    }
}

fn body(kind: u8, read: &mut Reader<'_>) -> Option<Body> {
    Some(match kind {
        1 => {
            let mut values = Values::default();
            for value in &mut values.0 {
                *value = i16::from_le_bytes(read.array()?);
            }
            let [len] = read.array()?;
            let patient = read.bytes(usize::from(len)).filter(|_| usize::from(len) <= PATIENT)?;
            Body::Numerics { values, patient: patient.to_vec() }
        }
        2 => match read.array()? {
            [alarm, on @ (0 | 1)] => Body::Alarm { alarm, on: on == 1 },
            _ => return None,
        },
        3 => Body::Received { alarm: read.array::<1>()?[0] },
        4 => Body::Pause { seconds: u16::from_le_bytes(read.array()?) },
        5 => Body::SetLimit {
            vital: read.array::<1>()?[0],
            low: i16::from_le_bytes(read.array()?),
            high: i16::from_le_bytes(read.array()?),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
