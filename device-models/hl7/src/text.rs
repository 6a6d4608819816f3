//! Fields as text: delimiters that are part of a value are escaped, numbers are decimal.

use alloc::string::String;
use core::fmt::Write as _;

/// `value` with the delimiters in it, line ends and anything else that is no printable ASCII or a letter
/// beyond it, as escape sequences (HL7 v2.6, 2.7).
pub fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '&' => out.push_str("\\T\\"),
            '~' => out.push_str("\\R\\"),
            '\\' => out.push_str("\\E\\"),
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\X{:02X}\\", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// What [`escape`] made of a value is that value again. A sequence that is none stays as it is, as the
/// standard has it.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let sequence = after.find('\\').and_then(|end| Some((sequence(&after[..end])?, end)));
        match sequence {
            Some((c, end)) => {
                out.push(c);
                rest = &after[end + 1..];
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out + rest
}

/// The one character that a sequence between two escapes stands for.
fn sequence(inner: &str) -> Option<char> {
    match inner {
        "F" => Some('|'),
        "S" => Some('^'),
        "T" => Some('&'),
        "R" => Some('~'),
        "E" => Some('\\'),
        _ => {
            let hex = inner.strip_prefix('X').filter(|hex| hex.len() == 2)?;
            let byte = u8::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with('+'))?;
            byte.is_ascii().then_some(byte as char)
        }
    }
}

/// A decimal number of at most nine digits and one after the point: what a monitor measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(i32);

impl Number {
    /// `value`, rounded half up to tenths; none if it is no number or too large.
    pub fn of(value: f64) -> Option<Self> {
        let tenths = value * 10.0 + 0.5;
        let fits = (-1e9..1e9).contains(&tenths);
        fits.then(|| {
            let whole = tenths as i32;
            Self(if f64::from(whole) > tenths { whole - 1 } else { whole })
        })
    }

    /// It.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// Reads a number such as `98`, `36.8` or `-0.5`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |text: &str, most| {
            (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        if !is_digits(whole, 8) || !is_digits(part, 1) {
            return None;
        }
        let tenths = whole.parse::<i32>().ok()? * 10 + part.parse::<i32>().ok()?;
        Some(Self(if negative { -tenths } else { tenths }))
    }
}

impl core::fmt::Display for Number {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (sign, tenths) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        match tenths % 10 {
            0 => write!(f, "{sign}{}", tenths / 10),
            part => write!(f, "{sign}{}.{part}", tenths / 10),
        }
    }
}

/// Writes segments, a field at a time.
#[derive(Default)]
pub struct Writer(String);

impl Writer {
    /// Begins a segment.
    pub fn segment(&mut self, name: &str) -> &mut Self {
        if !self.0.is_empty() {
            self.0.push('\r');
        }
        self.0.push_str(name);
        self
    }

    /// The next field, as it stands: its delimiters mean something.
    pub fn raw(&mut self, field: &str) -> &mut Self {
        self.0.push('|');
        self.0.push_str(field);
        self
    }

    /// The next field, a value.
    pub fn value(&mut self, value: &str) -> &mut Self {
        self.raw(&escape(value))
    }

    /// So many empty fields.
    pub fn skip(&mut self, fields: usize) -> &mut Self {
        (0..fields).for_each(|_| self.0.push('|'));
        self
    }

    /// The message, which ends as a segment does.
    pub fn finish(mut self) -> String {
        self.0.push('\r');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delimiters_are_escaped_as_the_standard_has_it() {
        assert_eq!(escape("a|b^c&d~e\\f\r"), "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D\\");
    }

    #[test]
    fn what_is_no_sequence_stays() {
        for text in ["\\", "a\\b", "\\Q\\", "\\X0\\", "\\X+1\\", "\\XFF\\", "\\H\\bold\\N\\"] {
            assert_eq!(unescape(text), text);
        }
    }

    #[test]
    fn numbers_are_decimal_with_one_place() {
        let of = |value| Number::of(value).map(|n| alloc::format!("{n}"));
        assert_eq!(of(98.0).as_deref(), Some("98"));
        assert_eq!(of(36.75).as_deref(), Some("36.8"));
        assert_eq!(of(-0.26).as_deref(), Some("-0.3"));
        assert_eq!(of(f64::NAN), None);
        assert_eq!(of(1e300), None);
        for text in ["", "-", "1e3", "+5", "1.23", "1.", ".5", "999999999", "0x1"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_value_reads_back(value in ".*") {
            prop_assert_eq!(unescape(&escape(&value)), value);
        }

        #[test]
        fn an_escaped_value_has_no_delimiter(value in "(?s).*") {
            prop_assert!(!escape(&value).contains(['|', '^', '&', '~', '\r', '\n']));
        }

        #[test]
        fn a_number_reads_back(tenths in -9_999_999i32..9_999_999) {
            let number = Number(tenths);
            prop_assert_eq!(Number::parse(&alloc::format!("{number}")), Some(number));
            prop_assert_eq!(Number::of(number.value()), Some(number));
        }
    }
}
