//! Scenarios: what is refused is told with a place; what is taken runs, and leaves a trace that reads
//! back.

use std::sync::{Arc, LazyLock};

use medtwin_engine::resolve::{Resolved, resolve};
use medtwin_engine::scenario::{Scenario, ScenarioError};
use medtwin_engine::seed::Seed;
use medtwin_engine::time::SimTime;
use medtwin_engine::trace::{Entry, Sink};
use medtwin_engine::{Plan, Run};
use medtwin_policy::{Intent, Pack};

use crate::models::MODELS;
use crate::{check, seeds};

/// How long a scenario that is taken is run [min of simulated time].
const MINUTES: f64 = 20.0;

struct Around {
    site: String,
    intent: Intent,
    packs: Vec<Pack>,
}

static AROUND: LazyLock<Around> = LazyLock::new(|| {
    let text = |path: &str| std::fs::read_to_string(seeds::root().join(path)).expect("a file");
    Around {
        site: text("scenarios/sites/home/site.toml"),
        intent: Intent::parse(&text("scenarios/sites/home/intent.cedar")).expect("an intent"),
        packs: ["as-sold", "hardened"].map(super::pack::of_library).into(),
    }
});

pub(super) fn good() -> Vec<Vec<u8>> {
    let files = ["scenario.toml", "site.toml"].map(|name| seeds::files("scenarios", name));
    files.concat().into_iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

pub(super) fn open(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let scenario = match Scenario::parse(&text) {
        Ok(scenario) => scenario,
        Err(error) => return told(&text, &[error]),
    };
    let around = &*AROUND;
    let (whole, texts) = match scenario.site.as_deref() {
        Some("home") => {
            let site = Scenario::parse_site(&around.site, text.len()).expect("a site");
            (scenario.over(site), format!("{text}{}", around.site))
        }
        _ => (scenario, text.to_string()),
    };
    let whole = match whole.replicated() {
        Ok(whole) => whole,
        Err(errors) => return of_words(&texts, &errors),
    };
    match resolve(&whole, &around.intent, &*MODELS) {
        Ok(resolved) => runs(&resolved, &around.packs[text.len() % 2]),
        Err(errors) => of_words(&texts, &errors),
    }
    let varied = whole.varied().map(|varied| resolve(&varied, &around.intent, &*MODELS));
    if let Ok(Err(errors)) | Err(errors) = varied.map(|resolved| resolved.map(drop)) {
        of_words(&texts, &errors);
    }
}

fn told(text: &str, errors: &[ScenarioError]) {
    assert!(!errors.is_empty(), "refused without a mistake");
    errors.iter().for_each(|error| check::told(text, &error.message, error.at.as_ref()));
}

/// What is told of a scenario, or of the site behind it, has its place at words and not in the middle of one.
fn of_words(text: &str, errors: &[ScenarioError]) {
    told(text, errors);
    for (message, at) in
        errors.iter().filter_map(|error| Some((&error.message, error.at.as_ref()?)))
    {
        check::cuts_no_word(text, message, at);
    }
}

/// Runs the attacked arm of a pack for a while.
fn runs(resolved: &Resolved, pack: &Pack) {
    let plan = Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack: true,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::clone(&resolved.setup),
        arm: Arc::new(resolved.arm(pack)),
    };
    let mut checked = Checked { plan: &plan, last: SimTime::default() };
    Run::new(&plan, true).advance(SimTime::from_nanos((MINUTES * 60e9) as u64), &mut checked);
}

/// Looks at every entry.
struct Checked<'a> {
    plan: &'a Plan,
    last: SimTime,
}

impl Sink for Checked<'_> {
    fn take(&mut self, entry: &Entry) {
        let setup = &self.plan.setup;
        assert!(entry.at >= self.last, "entries are in order of time: {entry:?}");
        self.last = entry.at;
        assert!((entry.entity as usize) < setup.nodes.len(), "the node is there: {entry:?}");
        let names = [entry.subject, entry.object, entry.verb];
        let known = names.iter().all(|name| (name.0 as usize) < setup.names.list().len());
        assert!(known, "names are of the plan: {entry:?}");
        let again = Entry::decode(&entry.encode()).map(|again| again.encode());
        assert_eq!(again, Some(entry.encode()), "an entry reads back: {entry:?}");
    }
}
