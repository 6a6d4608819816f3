//! Where entries go while people watch: to what is seen, to what is true, and to the fingerprint.

use medtwin_engine::trace::{Entry, Fingerprint, Sink};

use crate::exercise::Exercise;
use crate::seen::Seen;
use crate::truth::Truth;

/// Takes the entries of a drill.
pub(crate) struct Feed {
    pub(crate) seen: Seen,
    pub(crate) truth: Truth,
    pub(crate) fingerprint: Fingerprint,
    /// Nobody watches any more: what happens after the end is for the fingerprint alone.
    pub(crate) over: bool,
}

impl Feed {
    pub(crate) fn new(exercise: &Exercise) -> Self {
        Self {
            seen: Seen::new(exercise),
            truth: Truth::new(exercise),
            fingerprint: Fingerprint::default(),
            over: false,
        }
    }
}

impl Sink for Feed {
    fn take(&mut self, entry: &Entry) {
        self.fingerprint.take(entry);
        if !self.over {
            self.seen.take(entry);
            self.truth.take(entry);
        }
    }
}
