//! The frames of the pump family's proprietary radio, and of the telemetry of implants.
//!
//! Shared by the device models, which speak it, and by the simulated adversary, who has read it off
//! the air as researchers did with the real ones. The layout is ours, in the manner of the
//! documented products: the pump's serial number in clear is all that ties a frame to a pump.
//!
//! ```text
//! serial u32 | kind u8 | sequence u16 | a u16 | b u16 | CRC-16/CCITT-FALSE u16     (little endian, 13 bytes)
//! ```
//!
//! The CRC guards against noise. It is not a security control: whoever can send can compute it.
//! What a product adds for authentication follows the CRC.

pub mod update;

/// Bytes of a frame.
pub const LEN: usize = 13;
/// Units of insulin in one step of a bolus argument [U].
pub const BOLUS_STEP_U: f64 = 0.025;

/// What a frame is for, with the meaning of its two arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Deliver a bolus: a = units in steps of [`BOLUS_STEP_U`].
    Bolus = 1,
    /// Stop all delivery.
    Suspend = 2,
    /// Go on.
    Resume = 3,
    /// Run another basal rate: a = rate in 0.025 U/h, b = minutes.
    TempBasal = 4,
    /// Change the user's limit: a = largest bolus in steps of [`BOLUS_STEP_U`].
    SetLimit = 5,
    /// A glucose reading: a = mg/dL.
    Reading = 6,
    /// The pump's answer: a = kind answered, b = 1 done, 0 refused.
    Status = 7,
    /// To an implant: a session is wanted.
    OpenSession = 32,
    /// It is over.
    CloseSession = 33,
    /// It goes on.
    KeepAlive = 34,
    /// A parameter for the next programming: a = its number, b = its value.
    Parameter = 35,
    /// What was said of parameters holds from now on.
    Program = 36,
    /// The same for as long as the session lasts.
    Temporary = 37,
    /// Emergency pacing.
    PaceNow = 38,
    /// All settings and measurements are asked for.
    Interrogate = 39,
    /// One of them: a = its number, b = its value.
    Report = 40,
    /// The rate of the sensor is to be this for now: a = 1/min.
    SensorTest = 41,
    /// An electrophysiology test: fibrillation is to be induced, as under anaesthesia.
    Induce = 42,
    /// Back from what is temporary.
    Cancel = 43,
    /// Its receiver is to be powered, for a session.
    Wake = 44,
}

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The pump's serial number, its pairing value.
    pub serial: u32,
    /// What it is for.
    pub kind: Kind,
    /// The sender's counter, 0 if it keeps none.
    pub sequence: u16,
    /// First argument.
    pub a: u16,
    /// Second argument.
    pub b: u16,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::Bolus,
        Self::Suspend,
        Self::Resume,
        Self::TempBasal,
        Self::SetLimit,
        Self::Reading,
        Self::Status,
        Self::OpenSession,
        Self::CloseSession,
        Self::KeepAlive,
        Self::Parameter,
        Self::Program,
        Self::Temporary,
        Self::PaceNow,
        Self::Interrogate,
        Self::Report,
        Self::SensorTest,
        Self::Induce,
        Self::Cancel,
        Self::Wake,
    ];

    /// The command verb of this kind; none if it is no command.
    pub const fn verb(self) -> Option<&'static str> {
        match self {
            Self::Bolus => Some("bolus"),
            Self::Suspend => Some("suspend"),
            Self::Resume => Some("resume"),
            Self::TempBasal => Some("temp-basal"),
            Self::SetLimit => Some("set-limit"),
            Self::Wake => Some("wake"),
            Self::OpenSession => Some("open-session"),
            Self::Parameter => Some("parameter"),
            Self::Program => Some("program"),
            Self::Temporary => Some("temporary"),
            Self::PaceNow => Some("pace-now"),
            Self::Interrogate => Some("interrogate"),
            Self::SensorTest => Some("sensor-test"),
            Self::Induce => Some("induce"),
            Self::Reading
            | Self::Status
            | Self::CloseSession
            | Self::KeepAlive
            | Self::Report
            | Self::Cancel => None,
        }
    }

    /// The kind with this command verb.
    pub fn of_verb(verb: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.verb() == Some(verb))
    }
}

impl Frame {
    /// The frame as bytes.
    pub fn encode(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0..4].copy_from_slice(&self.serial.to_le_bytes());
        out[4] = self.kind as u8;
        out[5..7].copy_from_slice(&self.sequence.to_le_bytes());
        out[7..9].copy_from_slice(&self.a.to_le_bytes());
        out[9..11].copy_from_slice(&self.b.to_le_bytes());
        let crc = crc16(&out[..11]);
        out[11..13].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads a frame and what follows it; none when it is too short, of no known kind, or damaged.
    pub fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (frame, rest) = bytes.split_first_chunk::<LEN>()?;
        let u16_at = |at: usize| u16::from_le_bytes([frame[at], frame[at + 1]]);
        if u16_at(11) != crc16(&frame[..11]) {
            return None;
        }
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == frame[4])?;
        let serial = u32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]]);
        Some((Self { serial, kind, sequence: u16_at(5), a: u16_at(7), b: u16_at(9) }, rest))
    }
}

/// Units [U] as the steps of a frame's argument, rounded, at most what fits.
pub fn bolus_steps(units: f64) -> u16 {
    (units / BOLUS_STEP_U).round().clamp(0.0, f64::from(u16::MAX)) as u16
}

/// Makes the checksum of a frame right again after something in it was changed; of what is too
/// short, nothing.
pub fn repair(bytes: &mut [u8]) {
    if let Some(frame) = bytes.first_chunk_mut::<LEN>() {
        let crc = crc16(&frame[..11]);
        frame[11..13].copy_from_slice(&crc.to_le_bytes());
    }
}

/// CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xffff.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOLUS: Frame = Frame { serial: 508_042, kind: Kind::Bolus, sequence: 7, a: 200, b: 0 };

    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(crc16(b"123456789"), 0x29b1); // the check value of CRC-16/CCITT-FALSE
    }

    #[test]
    fn a_frame_reads_back_with_what_follows_it() {
        let mut bytes = BOLUS.encode().to_vec();
        bytes.extend([1, 2]);
        assert_eq!(Frame::decode(&bytes), Some((BOLUS, &[1, 2][..])));
    }

    #[test]
    fn a_damaged_or_short_frame_is_none() {
        let bytes = BOLUS.encode();
        for bit in 0..LEN * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Frame::decode(&damaged), None, "bit {bit}");
        }
        for len in 0..LEN {
            assert_eq!(Frame::decode(&bytes[..len]), None, "{len} bytes");
        }
    }
}
