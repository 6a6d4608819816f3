//! What is wrong with a pack or an intent, and where.

use std::ops::Range;

use miette::Diagnostic;

use crate::printable;

/// An author's mistake: what, in which file, at which bytes, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PackError {
    /// The file: `policy.cedar`, `envelope.toml`, `controls.toml`, `intent.cedar`.
    pub file: &'static str,
    /// What is wrong, with the author's words in backticks.
    pub message: String,
    /// Bytes of the file at fault.
    pub at: Range<usize>,
    /// What to do.
    pub help: String,
}

impl PackError {
    /// Refuses a TOML file that has a text which is not to be printed.
    pub(crate) fn check_toml(file: &'static str, text: &str) -> Result<(), Vec<Self>> {
        printable::strange_in_toml(text).map_or(Ok(()), |(strange, at)| {
            let (message, help) = printable::refusal(strange);
            Err(vec![Self::new(file, at, message, help)])
        })
    }

    pub(crate) fn new(
        file: &'static str,
        at: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { file, message: message.into(), at, help: help.into() }
    }

    /// Reads a mistake that Cedar found: its words, its first label, its help.
    pub(crate) fn of_cedar(file: &'static str, found: &dyn Diagnostic) -> Self {
        let label = found.labels().and_then(|mut labels| labels.next());
        let at = label.as_ref().map_or(0..0, |l| l.offset()..l.offset() + l.len());
        let mut message = found.to_string();
        // Cedar numbers policies; the place says which one it is.
        if let Some((_, rest)) =
            message.strip_prefix("for policy `").and_then(|m| m.split_once("`, "))
        {
            message = rest.to_owned();
        }
        if let Some(detail) = label.as_ref().and_then(miette::LabeledSpan::label) {
            message = format!("{message} ({detail})");
        }
        let help = found.help().map_or_else(String::new, |help| help.to_string());
        Self { file, message, at, help }
    }

    pub(crate) fn of_toml(file: &'static str, found: &toml::de::Error) -> Self {
        let at = found.span().unwrap_or(0..0);
        Self::new(file, at, found.message().trim(), String::new())
    }
}
