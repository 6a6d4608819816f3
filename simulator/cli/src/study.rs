//! Many trials of one scenario: how often what happens, how sure that is, and what each arm changes.
//!
//! Every trial has its own draws and all arms of a trial share them, so a difference between two
//! arms is taken trial by trial. Finished trials are written to a journal; the results are a
//! function of that journal alone, read once in the order of trials. So they are the same on any
//! number of threads and after any number of interruptions, and no trial is kept in memory.
//!
//! The number of trials is part of the study. One that went on after its results were looked at
//! would stop when it pleases, and its intervals would no longer cover as often as they say.

use std::path::PathBuf;

use clap::Args;
use medtwin_engine::seed::Seed;
use serde_json::Value;

use crate::arms::{self, ArmName, Arms, Steps};
use crate::bundle::{Asked, Bundle, Instead};
use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::result::hex;
use crate::write::{Out, say};

mod columns;
mod expect;
mod fold;
mod journal;
mod place;
mod print;
mod summary;
mod table;
mod trial;
mod trials;

pub(crate) use journal::{read_from, record};
pub(crate) use trials::bar;

pub(crate) use print::{had_effect, interval, mark, share};
pub(crate) use summary::SCHEMA;

use columns::{Columns, TrialDraws};
use fold::{Moments, Row, Sums};
use journal::{Header, Journal};
use place::{Doing, LEFT, Place};
use table::Table;
use trial::Trial;

/// How long after the attack's first effect harm and noticing are looked for, if the scenario does
/// not say [min].
const FOLLOW_UP_MIN: f64 = 240.0;

#[derive(Args)]
pub(crate) struct Study {
    /// A scenario of the library, or a directory
    scenario: String,
    /// How many; a study that was begun keeps its number
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    trials: u64,
    /// Seed of the study; every trial has its own draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; 0 is one per core
    #[arg(long, default_value = "0", value_parser = crate::run::threads(0))]
    threads: usize,
    /// Go on with the unfinished study in --out
    #[arg(long)]
    resume: bool,
    /// Where to leave study.json, trials.parquet, report.html and plan/
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// A study, ready to run.
struct Ready {
    case: Case,
    arms: Arms,
    names: Vec<ArmName>,
    header: Header,
    /// Trial 0, which was run to know its columns.
    first: Trial,
}

impl Study {
    /// Runs what is not finished and leaves the results; false when an expectation of `[study]` does not hold.
    pub(crate) fn obey(&self, as_json: bool) -> Result<bool, Problems> {
        let ready = self.ready()?;
        let place = Place::hold(&self.out)?;
        let doing = place.look(self.resume, &ready.header)?;
        let journal = match doing {
            Doing::Begin => Journal::begin(&place.out, &ready.header, &ready.first)?,
            Doing::GoOn => Journal::go_on(&place.out, &ready.header)?,
        };
        if doing == Doing::GoOn {
            place.out.sweep(LEFT).map_err(|error| place.out.problem("", &error))?;
            let (done, trials) = (journal.done().count(), self.trials);
            eprintln!("going on: {done} of {trials} trials are finished");
        }
        let columns = &ready.header.columns;
        trials::run(&ready.arms, columns, &journal, (self.seed, self.trials), self.threads)?;
        let summary = ready.leave(&place.out, &journal)?;
        journal.remove()?;
        if as_json {
            say!("{summary:#}");
        } else {
            print::print(&summary, &self.out);
        }
        Ok(summary["verdict"] != "fails")
    }

    fn ready(&self) -> Result<Ready, Problems> {
        let mut bundle = Bundle::gather(&self.scenario, &Instead::default())?;
        bundle.varied = bundle.study()?.is_some();
        let case = Case::of(bundle, &Components::default())?;
        let names = arms::usual(&case)?;
        check(&case)?;
        let arms = Arms::of(&case, &names)?;
        let first = arms.run(Seed { seed: self.seed, trial: 0 }, Steps::default(), false);
        let header = Header {
            schema: Header::SCHEMA.to_owned(),
            scenario: case.name().to_owned(),
            plan_sha256: hex(&case.bundle.digest()),
            engine: engine(),
            seed: self.seed,
            trials: self.trials,
            arms: names.iter().map(ArmName::to_string).collect(),
            columns: Trial::columns(&first),
            first_trial: first.iter().map(|arm| hex(&arm.fingerprint)).collect(),
        };
        let first = Trial::of(0, &first, &header.columns);
        Ok(Ready { case, arms, names, header, first })
    }
}

/// Refuses a `[study]` that expects what its trials cannot tell.
pub(crate) fn check(case: &Case) -> Result<(), Problems> {
    let mistakes = expect::mistakes(case)?;
    if mistakes.is_empty() { Ok(()) } else { Err(case.bundle.problems(mistakes)) }
}

fn engine() -> String {
    format!("medtwin {}, wasmtime {}", env!("CARGO_PKG_VERSION"), medtwin_host::WASMTIME)
}

impl Ready {
    /// Reads the journal and leaves what it comes to.
    fn leave(&self, out: &Out, journal: &Journal) -> Result<Value, Problems> {
        let at = Columns::of(&self.header.columns);
        let mut sums = self.sums(&at)?;
        let mut table = Table::new(out, &self.header, &self.names, &at);
        let mut dose_of = None;
        for trial in journal.trials()? {
            let trial = trial?;
            let seed = Seed { seed: self.header.seed, trial: trial.number };
            let draws = TrialDraws::of(&self.case.resolved.setup, seed);
            dose_of = Some(draws.dose_of());
            self.add(&mut sums, &trial, &draws, &at);
            table.add(&trial, &draws)?;
        }
        table.finish()?;
        let summary = summary::json(&self.case, &self.header, &sums, dose_of)?;
        self.case.bundle.save(out, &self.asked())?;
        out.write("report.html", crate::report::of_study(&summary).as_bytes())?;
        // The last to get its name: it makes the study a finished one.
        out.write("study.json", format!("{summary:#}\n").as_bytes())?;
        Ok(summary)
    }

    fn add(&self, sums: &mut Sums, trial: &Trial, draws: &TrialDraws, at: &Columns) {
        let severity = trial.arms.iter().map(|arm| at.severity(&arm.values)).collect::<Vec<_>>();
        let dose = draws.doses(&self.names, trial, at);
        let dose = dose.iter().map(|(_, share)| *share).collect::<Vec<_>>();
        let outside = trial.arms.iter().map(|arm| at.is_outside(&arm.values)).collect::<Vec<_>>();
        let (severity, dose, outside) = (&severity, &dose, &outside);
        sums.add(&Row { arms: &trial.arms, severity, dose, outside });
    }

    fn sums(&self, at: &Columns) -> Result<Sums, Problems> {
        let horizon_min = self.case.resolved.setup.horizon.as_minutes();
        let study = self.case.bundle.study()?;
        let asked = study.and_then(|study| study.follow_up_min).map(toml::Spanned::into_inner);
        let follow_up_min = asked.unwrap_or(FOLLOW_UP_MIN).min(horizon_min).max(1.0) as u32;
        let (effect, notice, harm) = (at.effect, at.notice, at.harm);
        let moments = Moments { effect, notice, harm, horizon_min, follow_up_min };
        let columns = self.header.columns.len();
        Ok(Sums::new(&self.names, self.case.reference(), columns, moments))
    }

    fn asked(&self) -> Asked {
        Asked {
            seed: self.header.seed,
            trial: 0,
            arms: self.header.arms.clone(),
            varied: self.case.bundle.varied,
            judge: false,
            ablate: false,
        }
    }
}
