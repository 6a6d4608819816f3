//! What infusion pumps have in common: the drug library, what was delivered within the last hours, how
//! far the motor is, and what their sensors say of line, reservoir and power.
//!
//! Units: mL, mL/h, mmHg, min; of the library ug. Sources: models.md 3.5 and what it cites; each part says
//! which of its numbers are [E]. Left out: care areas, weight-based doses, free flow, voltages. Domain of
//! validity: one drug in one pump, within the range of its model.

mod library;
mod motor;
mod post;
mod rolling;
mod senses;
mod volumetric;
mod watch;

pub use library::{BUILT_IN, Entry, Library, Program, Verdict};
pub use motor::Motor;
pub use post::{POST_US, self_test};
pub use rolling::Rolling;
pub use senses::senses;
pub use volumetric::{Product, VolumePump};
pub use watch::{Senses, TROUBLES, Trouble, Troubles, Watch};

/// The words of the first line of a frame of text; none of what is no text.
pub fn words(body: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(body).ok()?;
    Some(text.lines().next().unwrap_or("").split_whitespace().collect())
}

/// The number that stands behind `key=` in a frame of text.
pub fn number_of(body: &[u8], key: &str) -> Option<f64> {
    let text = std::str::from_utf8(body).ok()?;
    let mut values =
        text.split_whitespace().filter_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    values.next()?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A number as pumps write it: three digits, without what does not matter.
pub fn milli(value: f64) -> String {
    let thousandths = (value * 1000.0).round() as i64;
    format!("{}.{:03}", thousandths / 1000, (thousandths % 1000).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_text_has_words_and_numbers() {
        assert_eq!(words(b"STATUS rate=1.5\nmore"), Some(vec!["STATUS", "rate=1.5"]));
        assert_eq!(number_of(b"STATUS rate=1.5 given=x", "rate"), Some(1.5));
        assert_eq!(number_of(b"STATUS rate=1.5 given=x", "given"), None);
        assert_eq!(number_of(b"STATUS rate=inf", "rate"), None);
        assert_eq!(words(&[0xff, 0xfe]), None);
        assert_eq!(milli(1.0005), "1.001");
    }
}
