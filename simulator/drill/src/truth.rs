//! What is true: for the instructor alone.

use std::collections::{BTreeSet, VecDeque};

use medtwin_engine::trace::{Entry, Kind, NO_RULE, NO_STEP, Name, Origin, Outcome};
use serde::Serialize;

use crate::exercise::Exercise;
use crate::seen::{Log, push};
use crate::steps::{self, Step};
use crate::words;

/// What is true, as far as it happened.
pub(crate) struct Truth {
    names: Vec<String>,
    rules: Vec<String>,
    wearer: Name,
    glucose_word: Name,
    /// Minute and true glucose [mg/dL].
    pub(crate) glucose: VecDeque<(u64, f64)>,
    /// Minute and insulin that reached the patient in it [U].
    pub(crate) insulin: VecDeque<(u64, f64)>,
    pub(crate) steps: Vec<Tried>,
    pub(crate) log: Log,
    /// Records that became known to an adversary.
    pub(crate) disclosed: u64,
    /// The patient left the model's domain of validity.
    pub(crate) outside: bool,
}

/// A step of the attack, and how it fares.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tried {
    #[serde(flatten)]
    pub(crate) step: Step,
    pub(crate) attempts: u64,
    pub(crate) succeeded: u64,
    /// The rules that stopped it.
    pub(crate) denied_by: BTreeSet<String>,
    /// What else became of it.
    pub(crate) notes: BTreeSet<String>,
}

impl Truth {
    pub(crate) fn new(exercise: &Exercise) -> Self {
        let names = &exercise.plan.setup.names;
        let tried = |step| Tried {
            step,
            attempts: 0,
            succeeded: 0,
            denied_by: BTreeSet::new(),
            notes: BTreeSet::new(),
        };
        Self {
            names: names.list().to_vec(),
            rules: exercise.rules.clone(),
            wearer: exercise.bedside().map(|(_, node)| node.name).unwrap_or_default(),
            glucose_word: names.find("glucose").unwrap_or_default(),
            glucose: VecDeque::new(),
            insulin: VecDeque::new(),
            steps: steps::of(exercise).into_iter().map(tried).collect(),
            log: Log::default(),
            disclosed: 0,
            outside: false,
        }
    }

    fn text(&self, name: Name) -> &str {
        self.names.get(name.0 as usize).map_or("?", String::as_str)
    }

    fn log(&mut self, entry: &Entry, kind: &'static str, text: String) {
        self.log.write(entry.at.as_nanos() / 1_000_000_000, kind, text);
    }

    /// Takes what happened.
    pub(crate) fn take(&mut self, entry: &Entry) {
        if !matches!(entry.outcome, Outcome::None | Outcome::Permit) {
            self.denied(entry);
        }
        let minute = entry.at.as_nanos() / medtwin_engine::time::MINUTE;
        match entry.kind {
            Kind::Vital if entry.subject == self.wearer && entry.object == self.glucose_word => {
                push(&mut self.glucose, (minute, thousandths(entry.value)));
            }
            Kind::Deliver if entry.subject == self.wearer => {
                push(&mut self.insulin, (minute, thousandths(entry.value)));
            }
            Kind::Attack => self.attack(entry),
            Kind::Command => self.command(entry),
            Kind::Input if entry.step != NO_STEP => self.told(entry),
            Kind::Fault | Kind::Life => {
                let text = format!("{}: {}", self.text(entry.subject), self.text(entry.verb));
                self.log(entry, "fault", words::capital(&text));
                self.replaced(entry);
            }
            Kind::Due => {
                let text = format!("A dose of {} U is due", words::amount(entry.value));
                self.log(entry, "due", text);
            }
            Kind::Disclosure => self.disclosed += 1,
            Kind::Outside => {
                self.outside = true;
                let text = "Glucose is outside what the patient model describes".to_owned();
                self.log(entry, "fault", text);
            }
            _ => {}
        }
    }

    fn tried(&mut self, number: u16) -> Option<&mut Tried> {
        self.steps.iter_mut().find(|tried| tried.step.number == number)
    }

    fn attack(&mut self, entry: &Entry) {
        let word = self.text(entry.verb).to_owned();
        if let Some(tried) = self.tried(entry.step) {
            match word.as_str() {
                "attempt" => tried.attempts += 1,
                "learned" => tried.succeeded += 1,
                // One line for each frame that a jammer takes would bury all others.
                "dropped" | "delayed" => {
                    tried.succeeded = tried.succeeded.max(1);
                    return;
                }
                _ => {
                    tried.notes.insert(word.replace('-', " "));
                }
            }
        }
        let text = format!("{}: {}", self.text(entry.subject), word.replace('-', " "));
        self.log(entry, "attack", text);
    }

    /// A device begins what an adversary ordered.
    fn command(&mut self, entry: &Entry) {
        let forged = matches!(entry.origin, Origin::Adversary | Origin::Replay);
        if !forged || entry.outcome != Outcome::Permit {
            return;
        }
        if let Some(tried) = self.tried(entry.step) {
            tried.succeeded += 1;
        }
        let text = format!("{} obeys a forged {}", self.text(entry.subject), self.text(entry.verb));
        self.log(entry, "attack", words::capital(&text));
    }

    fn replaced(&mut self, entry: &Entry) {
        if self.text(entry.verb) == "replaced"
            && let Some(tried) = self.tried(entry.step)
        {
            tried.succeeded += 1;
        }
    }

    fn told(&mut self, entry: &Entry) {
        let text = format!("The instructor starts {}", self.text(entry.object));
        self.log(entry, "attack", text);
    }

    fn denied(&mut self, entry: &Entry) {
        let rule = match self.rules.get(entry.rule as usize).filter(|_| entry.rule != NO_RULE) {
            Some(rule) => format!("rule {rule}"),
            None => outcome(entry.outcome).to_owned(),
        };
        if let Some(tried) = self.tried(entry.step) {
            tried.denied_by.insert(rule.clone());
        }
        let (device, verb) = (self.text(entry.subject), self.text(entry.verb));
        let text = format!("{device}: {verb} denied by {rule}");
        self.log(entry, "denied", words::capital(&text));
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NoGrant => "having no grant",
        Outcome::Limit => "a limit",
        Outcome::Exhausted => "a spent budget",
        Outcome::Unknown => "having no such port",
        Outcome::None | Outcome::Permit | Outcome::Forbid => "a rule",
    }
}

/// Enough digits to draw, and few enough to send.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
