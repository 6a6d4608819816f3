//! `ACK`: that a message was taken, or why not.

use alloc::format;
use alloc::string::String;

use crate::text::Writer;
use crate::{Message, Time};

/// MSA-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `AA`: taken.
    Accept,
    /// `AE`: something in it is wrong.
    Error,
    /// `AR`: not of a kind that is taken here, or no room for it; send it again.
    Reject,
}

const WORDS: [(Answer, &str); 3] =
    [(Answer::Accept, "AA"), (Answer::Error, "AE"), (Answer::Reject, "AR")];

/// The answer to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// MSA-1.
    pub answer: Answer,
    /// MSA-2, the control id of the message that it answers.
    pub of: String,
    /// MSH-3, who answers.
    pub sender: String,
    /// MSH-7.
    pub at: Time,
}

impl Ack {
    /// The message; `trigger` is that of the one it answers, such as `R01`.
    pub fn write(&self, trigger: &str) -> String {
        let mut out = Writer::default();
        out.segment("MSH")
            .raw("^~\\&")
            .value(&self.sender)
            .skip(3)
            .raw(&format!("{}", self.at))
            .skip(1);
        out.raw(&format!("ACK^{}^ACK", crate::escape(trigger))).value(&format!("A-{}", self.of));
        out.raw("P").raw("2.6");
        let word = WORDS.iter().find(|(own, _)| *own == self.answer).map_or("", |(_, word)| word);
        out.segment("MSA").raw(word).value(&self.of);
        out.finish()
    }

    /// Reads it.
    pub fn read(message: &Message<'_>) -> Option<Self> {
        if message.kind().0 != "ACK" {
            return None;
        }
        let word = message.field("MSA", 1).raw();
        Some(Self {
            answer: WORDS.iter().find(|(_, own)| *own == word).map(|(own, _)| *own)?,
            of: message.field("MSA", 2).text(),
            sender: message.field("MSH", 3).text(),
            at: Time::parse(message.field("MSH", 7).raw())?,
        })
    }
}
