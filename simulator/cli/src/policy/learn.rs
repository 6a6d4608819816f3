//! `policy learn`: the smallest pack under which devices do what they do when nobody attacks.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use indicatif::ParallelProgressIterator as _;
use medtwin_engine::seed::Seed;
use rayon::prelude::*;
use serde_json::json;

use super::compared::{self, Compared};
use crate::arms::{ArmName, ArmResult, Arms, Steps};
use crate::bundle::{Bundle, Instead, PACK_FILES};
use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::study::bar;
use crate::write::{Out, say};

mod pack;
mod seen;

use seen::Seen;
pub(super) use seen::{Granted, of_models};

/// Runs in which the learned pack is tried, for each that it was learned from.
const TRIED: f64 = 0.5;

#[derive(Args)]
pub(crate) struct Learn {
    /// A scenario of the library (`medtwin list`), or a directory with a scenario.toml: its devices,
    /// patients and, where it has one, its `[study]` are what is learned from
    scenario: String,
    /// Where to leave the pack: policy.cedar, envelope.toml, controls.toml, README.md
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Runs without attack to learn from, each with its own draws; half as many more try the pack
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..=100_000))]
    runs: u64,
    /// Seed of every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The pack under which is learned; what it denies is not seen
    #[arg(long, value_name = "PACK", default_value = "as-sold")]
    reference: String,
}

/// What was learned, and what came of trying it.
struct Learned {
    seen: Seen,
    granted: BTreeSet<Granted>,
    tried: u64,
    unchanged: u64,
    outcomes: Vec<Compared>,
}

impl Learned {
    /// Whether therapy is the same in every run in which the pack was tried.
    fn keeps_therapy(&self) -> bool {
        self.unchanged == self.tried
    }
}

impl Learn {
    /// Learns a pack and tries it; whether it keeps therapy.
    pub(crate) fn obey(&self, as_json: bool) -> Result<bool, Problems> {
        let case = self.case(None)?;
        let out = self.empty()?;
        let (seen, granted) = self.watch(&case)?;
        self.leave(&out, &case, &seen)?;
        let own = self.out.canonicalize().unwrap_or_else(|_| self.out.clone());
        let own = own.display().to_string();
        let (tried, unchanged) = self.try_out(&self.case(Some(&own))?)?;
        let outcomes = compared::over_the_library(Some(&self.scenario), &self.reference, &own)?;
        let learned = Learned { seen, granted, tried, unchanged, outcomes };
        if as_json {
            say!("{:#}", self.json(&learned))
        } else {
            self.print(&learned)
        }
        Ok(learned.keeps_therapy())
    }

    /// Where the pack is left: a pack that is there already is not written over.
    fn empty(&self) -> Result<Out, Problems> {
        match PACK_FILES.iter().find(|file| self.out.join(file).symlink_metadata().is_ok()) {
            None => Out::open(&self.out),
            Some(file) => Err(Problems::one(
                format!("`{}` has a {file} already", self.out.display()),
                "give a directory without a pack",
            )),
        }
    }

    fn case(&self, candidate: Option<&str>) -> Result<Case, Problems> {
        let reference = Some(self.reference.as_str());
        let instead = Instead { reference, candidate, ..Instead::default() };
        let mut bundle = Bundle::gather(&self.scenario, &instead)?;
        if bundle.scenario()?.study.is_some() {
            bundle.vary()?;
        }
        Case::of(bundle, &Components::default())
    }

    /// What devices use, and what they may do under the reference.
    fn watch(&self, case: &Case) -> Result<(Seen, BTreeSet<Granted>), Problems> {
        let clean = ArmName::new(case.reference(), false);
        let arms = Arms::of(case, std::slice::from_ref(&clean))?;
        let one = |at: u64| {
            let results = self.run(&arms, at);
            let seen = results.iter().map(|result| Seen::of(&result.setup, &result.outcome));
            seen.fold(Seen::default(), Seen::and)
        };
        let bar = bar("runs to learn from", self.runs, 0);
        let runs = (0..self.runs).into_par_iter().progress_with(bar.clone());
        let mut seen = runs.map(one).reduce(Seen::default, Seen::and);
        bar.finish_and_clear();
        let (setup, granted) = (&case.resolved.setup, arms.granted(&clean));
        let granted = of_models(setup, granted.iter().flat_map(|all| all.keys()));
        seen.add_imports(setup, &granted);
        Ok((seen, granted))
    }

    fn run(&self, arms: &Arms, trial: u64) -> Vec<ArmResult> {
        arms.run(Seed { seed: self.seed, trial }, Steps::default(), false)
    }

    fn leave(&self, out: &Out, case: &Case, seen: &Seen) -> Result<(), Problems> {
        let name = self.out.file_name().map_or("learned".into(), |name| name.to_string_lossy());
        let readme = pack::readme(&name, &self.scenario, &self.reference, seen);
        let envelope = pack::envelope(&case.resolved.setup, &case.packs[case.reference()]);
        out.write("policy.cedar", pack::cedar(seen).as_bytes())?;
        out.write("envelope.toml", envelope.as_bytes())?;
        out.write(
            "controls.toml",
            b"# None: runs without attack do not show what a protection is worth.\n",
        )?;
        out.write("README.md", readme.as_bytes())
    }

    /// Runs that were not learned from, under both packs; how many, and in how many therapy is the
    /// same: every minute's insulin, and no command refused.
    fn try_out(&self, case: &Case) -> Result<(u64, u64), Problems> {
        let arms = [case.reference(), case.candidate()].map(|pack| ArmName::new(pack, false));
        let arms = Arms::of(case, &arms)?;
        let further = (self.runs as f64 * TRIED).ceil() as u64;
        let is_same = |at: u64| match &self.run(&arms, self.runs + at)[..] {
            [before, after] => {
                let rejected = after.outcome.metrics.get("INT-1.rejected");
                before.outcome.insulin == after.outcome.insulin
                    && rejected == before.outcome.metrics.get("INT-1.rejected")
            }
            _ => false,
        };
        let bar = bar("runs to try it", further, 0);
        let runs = (0..further).into_par_iter().progress_with(bar.clone());
        let same = runs.filter(|at| is_same(*at)).count();
        bar.finish_and_clear();
        Ok((further, same as u64))
    }

    fn print(&self, learned: &Learned) {
        let Learned { seen, granted, tried, unchanged, outcomes } = learned;
        say!(
            "{}: {} of {} capabilities that `{}` grants were used in {} runs without attack; {} granted",
            self.scenario,
            seen.count(),
            granted.len(),
            self.reference,
            seen.runs,
            seen.used.len()
        );
        let enough = if seen.expected_new() < 0.01 { "" } else { ": run more, with --runs" };
        say!(
            "unseen:  {:.3} new ones expected in the next run (Good and Turing){enough}",
            seen.expected_new()
        );
        let is_enough = if learned.keeps_therapy() { "" } else { ": it does not keep therapy" };
        say!(
            "therapy: the same in {unchanged} of {tried} further runs under the learned pack{is_enough}"
        );
        for (what, all) in [("key presses", "panel"), ("alarms", "")] {
            let unseen = rare(seen, granted, all);
            if !unseen.is_empty() {
                say!("review:  {what} that never came and are not granted: {}", unseen.join(", "));
            }
        }
        say!("\nin the scenarios of the library, under `{}` and as learned", self.reference);
        outcomes.iter().flat_map(Compared::lines).for_each(|line| say!("{line}"));
        say!(
            "\nleft in {}: policy.cedar, envelope.toml, controls.toml, README.md",
            self.out.display()
        );
    }

    fn json(&self, learned: &Learned) -> serde_json::Value {
        let Learned { seen, granted, tried, unchanged, outcomes } = learned;
        json!({
            "scenario": self.scenario,
            "reference": self.reference,
            "runs": seen.runs,
            "granted_by_reference": granted.len(),
            "used": seen.count(),
            "granted": seen.used.len(),
            "unseen": seen.unseen(granted).collect::<Vec<_>>(),
            "expected_new": seen.expected_new(),
            "tried": tried,
            "therapy_unchanged": unchanged,
            "keeps_therapy": learned.keeps_therapy(),
            "outcomes": outcomes,
        })
    }
}

/// What may be needed on a rare day and was never seen: commands at a device's panel, or its alarms.
fn rare<'a>(seen: &'a Seen, granted: &'a BTreeSet<Granted>, panel: &str) -> Vec<&'a str> {
    let is_rare = |g: &&Granted| match g.kind {
        "Channel" => g.resource == panel,
        "Alarm" => panel.is_empty(),
        _ => false,
    };
    let name = |g: &'a Granted| if g.kind == "Alarm" { &*g.resource } else { &*g.action };
    seen.unseen(granted).filter(is_rare).map(name).collect()
}
