//! What an update server and a device's update processor say to each other, besides images.
//!
//! ```text
//! question: "MTFQ" | nonce, 16
//! answer:   "MTFA" | version claimed u32 | quote, or nothing
//! quote:    version u32 | flags (1: it runs, 2: its signature holds) | SHA-256 of the component, 32 | signature, 64
//! ```
//!
//! Little-endian; the layout is ours. What is claimed whoever answers composes. A quote is made by the
//! host of the device for one nonce, and no component can compose it.

/// Bytes of a nonce.
pub const NONCE: usize = 16;
const QUESTION: &[u8; 4] = b"MTFQ";
const ANSWER: &[u8; 4] = b"MTFA";

/// Asks what runs in a device.
pub fn question(nonce: &[u8; NONCE]) -> Vec<u8> {
    [&QUESTION[..], nonce].concat()
}

/// The nonce of a question; none of what is none.
pub fn nonce(body: &[u8]) -> Option<&[u8; NONCE]> {
    let rest = body.strip_prefix(QUESTION)?;
    rest.try_into().ok()
}

/// What a device says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The version that it claims to run.
    pub claimed: u32,
    /// What its host says, if it was asked.
    pub quote: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The answer as bytes.
    pub fn encode(&self) -> Vec<u8> {
        [&ANSWER[..], &self.claimed.to_le_bytes(), self.quote].concat()
    }

    /// Reads an answer; none of what is none.
    pub fn decode(body: &'a [u8]) -> Option<Self> {
        let (claimed, quote) = body.strip_prefix(ANSWER)?.split_first_chunk()?;
        Some(Self { claimed: u32::from_le_bytes(*claimed), quote })
    }
}

/// What a quote says, whoever made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// The version that lies in the slot.
    pub version: u32,
    /// It runs.
    pub runs: bool,
    /// It is signed by whom devices trust.
    pub signed: bool,
    /// SHA-256 of it.
    pub digest: [u8; 32],
}

impl Quoted {
    /// Reads a quote; none of what is too short.
    pub fn decode(quote: &[u8]) -> Option<Self> {
        let (version, rest) = quote.split_first_chunk()?;
        let (flags, rest) = rest.split_first()?;
        let digest = *rest.first_chunk()?;
        let version = u32::from_le_bytes(*version);
        Some(Self { version, runs: flags & 1 != 0, signed: flags & 2 != 0, digest })
    }
}

/// The version and the digest that an image states.
pub fn stated(image: &[u8]) -> Option<(u32, [u8; 32])> {
    let version = *image.get(4..)?.first_chunk()?;
    Some((u32::from_le_bytes(version), *image.get(12..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_and_an_answer_read_back() {
        assert_eq!(nonce(&question(&[5; NONCE])), Some(&[5; NONCE]));
        let answer = Answer { claimed: 12, quote: &[1, 2, 3] };
        assert_eq!(Answer::decode(&answer.encode()), Some(answer));
        let claim = Answer { claimed: 12, quote: &[] };
        assert_eq!(Answer::decode(&claim.encode()), Some(claim));
    }

    #[test]
    fn what_is_cut_off_is_neither() {
        let (question, answer) =
            (question(&[5; NONCE]), Answer { claimed: 1, quote: &[] }.encode());
        assert!((0..question.len()).all(|len| nonce(&question[..len]).is_none()));
        assert!((0..answer.len()).all(|len| Answer::decode(&answer[..len]).is_none()));
        assert_eq!(nonce(&[&question[..], &[0]].concat()), None);
    }
}
