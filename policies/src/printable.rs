//! No text of an author's moves the cursor of whoever reads about it.
//!
//! A pack or a scenario may come from anybody, and its names and reasons are printed at terminals: a control
//! character written as an escape would recolour, erase or reorder what stands around it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Whether a terminal shows `character` as itself, in its place. Line breaks and tabs are harmless; controls of
/// direction (Unicode Standard Annex 9) are not.
pub fn is_printable(character: char) -> bool {
    let is_direction = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let breaks = matches!(character, '\u{2028}' | '\u{2029}');
    matches!(character, '\n' | '\t') || !(character.is_control() || is_direction || breaks)
}

/// The first character of `text` that is not to be printed.
pub(crate) fn strange(text: &str) -> Option<char> {
    text.chars().find(|character| !is_printable(*character))
}

/// The first such character in a key or a text of a TOML document, and where; none of what is no TOML.
pub fn strange_in_toml(text: &str) -> Option<(char, Range<usize>)> {
    in_table(DeTable::parse(text).ok()?.get_ref())
}

fn in_table(table: &DeTable<'_>) -> Option<(char, Range<usize>)> {
    table.iter().find_map(|(key, value)| {
        let in_key = strange(key.get_ref()).map(|found| (found, key.span()));
        in_key.or_else(|| in_value(value))
    })
}

fn in_value(value: &Spanned<DeValue<'_>>) -> Option<(char, Range<usize>)> {
    match value.get_ref() {
        DeValue::String(text) => strange(text).map(|found| (found, value.span())),
        DeValue::Array(values) => values.iter().find_map(in_value),
        DeValue::Table(table) => in_table(table),
        _ => None,
    }
}

/// What is said of it, and what would help.
pub fn refusal(strange: char) -> (String, &'static str) {
    let message = format!("a text has the control character U+{:04X}", u32::from(strange));
    (message, "leave it out: it would change what a terminal shows")
}
