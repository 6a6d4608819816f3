//! Questions at a terminal: one line each, with what comes of an empty answer.

use std::io::{BufRead, Read as _, Write};

use crate::problem::Problems;

/// Something to choose.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) about: String,
}

/// So many answers that are none end the dialogue.
const PATIENCE: usize = 5;
/// The longest answer that is read [bytes].
const MAX_ANSWER: u64 = 4096;

/// Somebody who answers.
pub(super) struct Dialogue<I, O> {
    input: I,
    told: O,
}

impl<I: BufRead, O: Write> Dialogue<I, O> {
    pub(super) const fn new(input: I, told: O) -> Self {
        Self { input, told }
    }

    /// One of `choices`, by name or number; the first if the answer is empty.
    pub(super) fn choose(&mut self, what: &str, choices: &[Choice]) -> Result<String, Problems> {
        self.tell(&format!("{what}\n"))?;
        for (number, choice) in (1..).zip(choices) {
            self.tell(&format!("  {number}  {:<16}{}\n", choice.name, choice.about))?;
        }
        for _ in 0..PATIENCE {
            self.tell("[1] > ")?;
            let answer = self.answer()?;
            let number = if answer.is_empty() { Ok(1) } else { answer.parse::<usize>() };
            let by_number = number.ok().and_then(|n| choices.get(n.checked_sub(1)?));
            let by_name = choices.iter().find(|choice| choice.name == answer);
            if let Some(choice) = by_name.or(by_number) {
                return Ok(choice.name.clone());
            }
            self.tell(&format!("a number from 1 to {}, or a name\n", choices.len()))?;
        }
        Err(no_answer())
    }

    /// A line, or none if the answer is empty, which means `usual`.
    pub(super) fn line(&mut self, what: &str, usual: &str) -> Result<Option<String>, Problems> {
        self.tell(&format!("{what} [{usual}] > "))?;
        let answer = self.answer()?;
        Ok(Some(answer).filter(|answer| !answer.is_empty()))
    }

    fn tell(&mut self, text: &str) -> Result<(), Problems> {
        let told = self.told.write_all(text.as_bytes()).and_then(|()| self.told.flush());
        told.map_err(|_| no_answer())
    }

    fn answer(&mut self) -> Result<String, Problems> {
        let mut line = Vec::new();
        let read = self.input.by_ref().take(MAX_ANSWER).read_until(b'\n', &mut line);
        let text = String::from_utf8(line).map_err(|_| no_answer())?;
        match read {
            Ok(read) if read > 0 => Ok(text.trim().to_owned()),
            _ => Err(no_answer()),
        }
    }
}

fn no_answer() -> Problems {
    Problems::one("there was no answer", "give the flags: `medtwin scenario new --help`")
}
