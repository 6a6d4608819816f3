//! Reading a message: segments, fields, repetitions, components, by the delimiters that it states.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

use crate::text::unescape;

/// The longest message that is read [bytes].
pub const MAX_BYTES: usize = 65_536;
/// The most segments of one.
pub const MAX_SEGMENTS: usize = 512;

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Longer than [`MAX_BYTES`].
    TooLong,
    /// Not UTF-8.
    NoText,
    /// It does not begin with `MSH` and its delimiters.
    NoHeader,
    /// It states other delimiters than the standard's: legal, and written by nobody here.
    OtherDelimiters,
    /// More than [`MAX_SEGMENTS`].
    TooManySegments,
    /// A segment has no name of three capital letters or digits.
    NoName,
}

/// A message, as it lies in its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    segments: Vec<Segment<'a>>,
}

/// One line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    name: &'a str,
    /// All after the name and its delimiter.
    fields: &'a str,
}

/// One field, its escapes still in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Field<'a>(&'a str);

/// Behind `MSH`.
const DELIMITERS: &str = "|^~\\&";

impl<'a> Message<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Broken> {
        if bytes.len() > MAX_BYTES {
            return Err(Broken::TooLong);
        }
        let text = core::str::from_utf8(bytes).map_err(|_| Broken::NoText)?;
        let head = text.strip_prefix("MSH").ok_or(Broken::NoHeader)?;
        match head.strip_prefix(DELIMITERS) {
            Some(rest) if rest.starts_with(['|', '\r']) || rest.is_empty() => {}
            _ if head.starts_with('|') => return Err(Broken::OtherDelimiters),
            _ => return Err(Broken::NoHeader),
        }
        let mut segments = Vec::new();
        // A line feed after the carriage return is common, and wrong.
        for line in text.split(['\r', '\n']).filter(|line| !line.is_empty()) {
            if segments.len() == MAX_SEGMENTS {
                return Err(Broken::TooManySegments);
            }
            segments.push(Segment::read(line).ok_or(Broken::NoName)?);
        }
        Ok(Self { segments })
    }

    /// Its segments, `MSH` first.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> + '_ {
        self.segments.iter().copied()
    }

    /// The first segment of a name.
    pub fn segment(&self, name: &str) -> Option<Segment<'a>> {
        self.segments().find(|segment| segment.name == name)
    }

    /// Field `number` of the first segment `name`; empty if there is none.
    pub fn field(&self, name: &str, number: usize) -> Field<'a> {
        self.segment(name).map_or(Field(""), |segment| segment.field(number))
    }

    /// What kind of message it is: code and trigger, such as `ORU` and `R01`.
    pub fn kind(&self) -> (&'a str, &'a str) {
        let field = self.field("MSH", 9);
        (field.component(1).0, field.component(2).0)
    }
}

impl<'a> Segment<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (name, fields) = line.split_once('|').unwrap_or((line, ""));
        let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        (name.len() == 3 && name.bytes().all(is_name)).then_some(Self { name, fields })
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Field `number`, counted as the standard does: from 1, where the first of `MSH` is the delimiter
    /// itself.
    pub fn field(&self, number: usize) -> Field<'a> {
        if self.name == "MSH" && number == 1 {
            return Field("|");
        }
        let skipped = if self.name == "MSH" { 2 } else { 1 };
        let nth = number.checked_sub(skipped).and_then(|at| self.fields.split('|').nth(at));
        Field(nth.unwrap_or(""))
    }
}

impl<'a> Field<'a> {
    /// As it stands.
    pub fn raw(self) -> &'a str {
        self.0
    }

    /// The first of its repetitions.
    pub fn first(self) -> Self {
        Self(self.0.split('~').next().unwrap_or(""))
    }

    /// Component `number` of its first repetition, from 1.
    pub fn component(self, number: usize) -> Self {
        let at = number.checked_sub(1);
        Self(at.and_then(|at| self.first().0.split('^').nth(at)).unwrap_or(""))
    }

    /// Subcomponent `number` of it, from 1.
    pub fn subcomponent(self, number: usize) -> Self {
        Self(number.checked_sub(1).and_then(|at| self.0.split('&').nth(at)).unwrap_or(""))
    }

    /// The value, its escapes resolved.
    pub fn text(self) -> String {
        if self.0.contains('\\') { unescape(self.0) } else { self.0.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "MSH|^~\\&|MON|BED^3|||20260101||ORU^R01^ORU_R01|17|P|2.6\rOBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.7.4|80~81\r";

    #[test]
    fn fields_are_counted_as_the_standard_does() {
        let message = Message::parse(TWO.as_bytes()).expect("a message");
        assert_eq!(message.field("MSH", 1).raw(), "|");
        assert_eq!(message.field("MSH", 2).raw(), "^~\\&");
        assert_eq!(message.field("MSH", 3).raw(), "MON");
        assert_eq!(message.field("MSH", 12).raw(), "2.6");
        assert_eq!(message.field("OBX", 1).raw(), "1");
        assert_eq!(message.field("OBX", 3).component(2).raw(), "MDC_ECG_HEART_RATE");
        assert_eq!(message.field("OBX", 5).first().raw(), "80");
        assert_eq!(message.field("OBX", 99).raw(), "");
        assert_eq!(message.field("OBX", 0).raw(), "");
        assert_eq!(message.field("PID", 3).raw(), "");
        assert_eq!(message.kind(), ("ORU", "R01"));
    }

    #[test]
    fn what_is_no_message_says_why() {
        let check = |bytes: &[u8], why| assert_eq!(Message::parse(bytes).expect_err("none"), why);
        check(b"", Broken::NoHeader);
        check(b"PID|1", Broken::NoHeader);
        check(b"MSH", Broken::NoHeader);
        check(b"MSH|$~\\&|A", Broken::OtherDelimiters);
        check(b"MSH|^~\\&x|A", Broken::OtherDelimiters);
        check(b"MSH|^~\\&|\xff", Broken::NoText);
        check(b"MSH|^~\\&|A\rpid|1", Broken::NoName);
        check(&alloc::vec![b'M'; MAX_BYTES + 1], Broken::TooLong);
        let many = alloc::string::String::from("MSH|^~\\&\r") + &"OBX|1\r".repeat(MAX_SEGMENTS);
        check(many.as_bytes(), Broken::TooManySegments);
    }
}
