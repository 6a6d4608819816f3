//! No text of a scenario moves the cursor of whoever reads about it.
//!
//! A scenario may come from anybody, and its titles, names and reasons are printed at terminals: a control
//! character written as an escape would recolour, erase or reorder what stands around it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ScenarioError;

/// Whether a terminal shows `character` as itself, in its place. Line breaks and tabs are harmless; controls of
/// direction (Unicode Standard Annex 9) are not.
fn is_printable(character: char) -> bool {
    let is_direction = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    matches!(character, '\n' | '\t') || !character.is_control() && !is_direction
}

/// Looks at every key and text of a document.
pub(super) fn check(document: &DeTable<'_>) -> Result<(), ScenarioError> {
    document.iter().try_for_each(|(key, value)| {
        shown(key, key.get_ref())?;
        checked(value)
    })
}

fn checked(value: &Spanned<DeValue<'_>>) -> Result<(), ScenarioError> {
    match value.get_ref() {
        DeValue::String(text) => shown(value, text),
        DeValue::Array(values) => values.iter().try_for_each(checked),
        DeValue::Table(table) => check(table),
        _ => Ok(()),
    }
}

fn shown<T>(at: &Spanned<T>, text: &str) -> Result<(), ScenarioError> {
    let Some(strange) = text.chars().find(|character| !is_printable(*character)) else {
        return Ok(());
    };
    let code = u32::from(strange);
    let message = format!("a text has the control character U+{code:04X}");
    Err(ScenarioError::at(at, message, "leave it out: it would change what a terminal shows"))
}
