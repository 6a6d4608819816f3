//! How long and how deep rules may be, before anything else reads them.
//!
//! Cedar reads, checks and drops rules by recursion: a hundred thousand parentheses, or a condition of
//! twenty thousand terms, would end the process. So a text is measured first, by a scan that recurses
//! nowhere and keeps strings and comments apart; and Cedar works [`on a large stack`](on_a_large_stack)
//! that holds more than these bounds let through, whatever thread asks.

use std::ops::Range;

use crate::error::PackError;

/// The longest file of rules [bytes].
const MAX_BYTES: usize = 256 << 10;
/// The most rules of a file, and the most limits of an envelope.
pub(crate) const MAX_RULES: usize = 500;
/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 40;
/// The longest rule, in words and signs: a name, a number, a string or a sign is one.
const MAX_WORDS: usize = 1000;
/// The most decisions that all rules about one action may take for one question.
pub(crate) const MAX_DECISIONS: usize = 4000;
/// The stack that Cedar works on [bytes]: 64 KiB for each word of the longest rule.
const STACK_BYTES: usize = 64 << 20;

/// Does `work` where it may recurse as deep as a text within the bounds makes it.
pub(crate) fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("cedar".to_owned()).stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work);
        let thread = thread.unwrap_or_else(|error| panic!("no thread to decide on: {error}"));
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Measures a file of rules; everything that is too much at once.
pub(crate) fn check(file: &'static str, text: &str) -> Result<(), Vec<PackError>> {
    if text.len() > MAX_BYTES {
        let message = format!("{file} has {} bytes", text.len());
        return Err(vec![PackError::new(file, 0..0, message, format!("at most {MAX_BYTES}"))]);
    }
    let mut scan = Scan { file, text, errors: Vec::new(), depth: 0, deepest: None, rules: 0 };
    scan.all();
    if scan.errors.is_empty() { Ok(()) } else { Err(scan.errors) }
}

struct Scan<'a> {
    file: &'static str,
    text: &'a str,
    errors: Vec<PackError>,
    depth: usize,
    /// The deepest nesting beyond the bound, and where it passes it.
    deepest: Option<(usize, usize)>,
    rules: usize,
}

impl Scan<'_> {
    fn all(&mut self) {
        let (mut at, mut start, mut words) = (0, None, 0);
        while let Some(token) = token(self.text.as_bytes(), at) {
            at = token.end;
            start = start.or(Some(token.start));
            words += 1;
            match self.text.as_bytes()[token.start] {
                b'(' | b'[' | b'{' => self.deeper(token.start),
                b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                b';' => {
                    self.end_rule(start.take().unwrap_or(token.start), words);
                    words = 0;
                }
                _ => {}
            }
        }
        self.end_rule(start.unwrap_or(at), words);
        self.say_depth();
        if self.rules > MAX_RULES {
            let message = format!("{} has {} rules", self.file, self.rules);
            self.refuse(0..0, message, format!("at most {MAX_RULES}"));
        }
    }

    fn deeper(&mut self, at: usize) {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let place = self.deepest.map_or(at, |(_, place)| place);
            let depth = self.deepest.map_or(0, |(depth, _)| depth).max(self.depth);
            self.deepest = Some((depth, place));
        }
    }

    fn end_rule(&mut self, start: usize, words: usize) {
        self.rules += usize::from(words > 0);
        // What nests too deep is told as that.
        if words > MAX_WORDS && self.deepest.is_none() {
            let message = format!("a rule has {words} words and signs");
            let help = format!("at most {MAX_WORDS}: make several rules of it");
            self.refuse(start..first_word(self.text, start), message, help);
        }
    }

    fn say_depth(&mut self) {
        if let Some((depth, at)) = self.deepest {
            let message = format!("brackets are nested {depth} deep");
            self.refuse(at..at + 1, message, format!("at most {MAX_DEPTH}"));
        }
    }

    fn refuse(&mut self, at: Range<usize>, message: String, help: String) {
        self.errors.push(PackError::new(self.file, at, message, help));
    }
}

fn first_word(text: &str, start: usize) -> usize {
    token(text.as_bytes(), start).map_or(start, |token| token.end)
}

/// The next word or sign from `at` on, beyond space and comments.
fn token(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    loop {
        let first = text.get(at)?;
        let run = |is: fn(&u8) -> bool| at + text[at..].iter().take_while(|byte| is(byte)).count();
        match first {
            b'/' if text.get(at + 1) == Some(&b'/') => at = run(|byte| *byte != b'\n'),
            b'"' => return Some(at..string_end(text, at + 1)),
            byte if byte.is_ascii_whitespace() => at += 1,
            byte if is_word(byte) => {
                let end = at + text[at..].iter().take_while(|byte| is_word(byte)).count();
                return Some(at..end);
            }
            _ => return Some(at..at + 1),
        }
    }
}

/// Beyond the closing quote of a string that began before `at`.
fn string_end(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    text.len()
}
