//! Why an input cannot be run, with the words at fault.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use medtwin_engine::scenario::ScenarioError;
use medtwin_policy::PackError;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};

/// One mistake.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Problem {
    message: String,
    help: Option<String>,
    at: Option<std::ops::Range<usize>>,
    text: Option<NamedSource<String>>,
}

/// Every mistake of an input.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&all.join("; "))
    }
}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.at.as_ref()?;
        self.text.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let at = self.at.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(at))))
    }
}

impl Problems {
    /// One mistake without a place in a file.
    pub(crate) fn one(message: impl Into<String>, help: impl Into<String>) -> Self {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        let (message, help) = (shown(&message.into()), help.as_deref().map(shown));
        Self(vec![Problem { message, help, at: None, text: None }])
    }

    /// Mistakes in a scenario.
    pub(crate) fn of_scenario(file: &str, text: &str, errors: Vec<ScenarioError>) -> Self {
        let problem = |error: ScenarioError| Problem {
            message: shown(&error.message),
            help: error.help.as_deref().map(shown),
            at: error.at,
            text: Some(NamedSource::new(shown(file), shown(text))),
        };
        Self(errors.into_iter().map(problem).collect())
    }

    /// Mistakes in a pack or an intent; `text` gives a file's text by its name.
    pub(crate) fn of_pack(
        directory: &str,
        text: impl Fn(&str) -> String,
        errors: Vec<PackError>,
    ) -> Self {
        let problem = |error: PackError| {
            let file = format!("{directory}/{}", error.file);
            Problem {
                text: Some(NamedSource::new(shown(&file), shown(&text(error.file)))),
                message: shown(&error.message),
                help: Some(shown(&error.help)).filter(|help| !help.is_empty()),
                at: Some(error.at).filter(|at| !at.is_empty()),
            }
        };
        Self(errors.into_iter().map(problem).collect())
    }

    /// Prints all of them to standard error.
    pub(crate) fn print(&self) {
        let plain = !std::io::stderr().is_terminal() || std::env::var_os("NO_COLOR").is_some();
        let theme =
            if plain { GraphicalTheme::unicode_nocolor() } else { GraphicalTheme::unicode() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        let mut text = String::new();
        for problem in &self.0 {
            if handler.render_report(&mut text, problem).is_err() {
                let _ = writeln!(text, "{problem}");
            }
        }
        eprint!("{text}");
    }
}

/// A text of somebody else's as a terminal may have it: as many bytes, so that places in it stay, and none that
/// commands.
pub(crate) fn shown(text: &str) -> String {
    let safe = |character: char| match character {
        _ if medtwin_policy::is_printable(character) => character.to_string(),
        _ => "?".repeat(character.len_utf8()),
    };
    // A line may end as on Windows.
    let lines = text.split("\r\n").map(|line| line.chars().map(safe).collect::<String>());
    lines.collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_commands_a_terminal_is_shown_as_so_many_question_marks() {
        assert_eq!(shown("a\u{1b}[2J\u{85}\tµ\r\n\r\u{202e}"), "a?[2J??\tµ\r\n????");
    }
}
