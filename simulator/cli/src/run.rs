//! `run` and `verify`: every arm of a scenario on one trial.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use medtwin_engine::seed::Seed;

use crate::ablation::{self, Ablation};
use crate::arms::{self, ArmName, ArmResult, Arms, Steps};
use crate::bundle::{Asked, Bundle, Instead};
use crate::case::Case;
use crate::components::Components;
use crate::expect::{self, Judged};
use crate::problem::Problems;
use crate::write::say;
use crate::{leave, library, result, table};

#[derive(Args)]
pub(crate) struct Run {
    /// A scenario of the library (`medtwin list`), or a directory with a scenario.toml
    scenario: String,
    /// Seed of every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which trial of that seed, as a study numbers them
    #[arg(long, default_value_t = 0)]
    trial: u64,
    /// Draw what the scenario's `[study]` draws: the same run as this trial of a study
    #[arg(long)]
    varied: bool,
    /// The pack that stands for today: a name of the library, or a directory
    #[arg(long, value_name = "PACK")]
    reference: Option<String>,
    /// The pack that is proposed: a name of the library, or a directory
    #[arg(long, value_name = "PACK")]
    candidate: Option<String>,
    /// Run these arms instead: POLICY/attack or POLICY/clean, where POLICY is PACK, PACK-RULE,
    /// PACK-CONTROL or PACK+CONTROL; expectations are then not judged
    #[arg(long = "arm", value_name = "ARM")]
    arms: Vec<String>,
    /// Take every rule and control out of the candidate, one at a time, and add every control to
    /// the reference
    #[arg(long)]
    ablate: bool,
    /// Run another component in a device, in all arms
    #[arg(long = "model", value_name = "DEVICE=FILE.wasm")]
    models: Vec<String>,
    /// Threads that step entities inside a run; it changes no result
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Divide the lookahead window, to see that it does not matter
    #[arg(long, default_value_t = 1, hide = true)]
    split: u32,
    /// Leave report.html, run.json, every trace, and in plan/ all that `replay` needs
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// With --out, leave the traces as lines of JSON as well
    #[arg(long, requires = "out")]
    jsonl: bool,
}

/// What a run came to.
pub(crate) struct Done {
    pub(crate) results: Vec<ArmResult>,
    pub(crate) judged: Vec<Judged>,
    pub(crate) ablation: Option<Vec<Ablation>>,
}

impl Done {
    pub(crate) fn holds(&self) -> bool {
        self.judged.iter().all(|judged| judged.holds != Some(false))
    }
}

impl Run {
    /// Runs it and shows what came out; false when an expectation does not hold.
    pub(crate) fn obey(&self, as_json: bool) -> Result<bool, Problems> {
        let components = Components::default();
        let instead = self.instead(&components)?;
        let mut bundle = Bundle::gather(&self.scenario, &instead)?;
        if self.varied {
            bundle.vary()?;
        }
        let case = Case::of(bundle, &components)?;
        let asked = self.asked(&case)?;
        let done = self.run(&case, &asked)?;
        let json = result::json(&case, &asked, &done);
        if let Some(out) = &self.out {
            leave::results(out, &case, &asked, &done, &json)?;
        }
        if as_json {
            say!("{json:#}");
        } else {
            table::print(&case, &asked, &done);
            if let Some(out) = &self.out {
                say!("\nleft in {}: report.html, run.json, traces/, plan/", out.display());
            }
        }
        Ok(done.holds())
    }

    fn instead(&self, components: &Components) -> Result<Instead<'_>, Problems> {
        let mut replaced = std::collections::BTreeMap::new();
        for given in &self.models {
            let (device, file) = given.split_once('=').ok_or_else(|| {
                Problems::one(
                    format!("`--model {given}`"),
                    "DEVICE=FILE, such as pump=my-pump.wasm",
                )
            })?;
            replaced.insert(device.to_owned(), components.open(file.as_ref())?.0);
        }
        Ok(Instead {
            reference: self.reference.as_deref(),
            candidate: self.candidate.as_deref(),
            components: replaced,
        })
    }

    fn asked(&self, case: &Case) -> Result<Asked, Problems> {
        let names = match self.arms.as_slice() {
            [] => arms::usual(case)?,
            given => given.iter().map(|text| arms::named(text)).collect::<Result<_, _>>()?,
        };
        let arms = names.iter().map(ArmName::to_string).collect();
        Ok(Asked { seed: self.seed, trial: self.trial, arms, varied: self.varied })
    }

    fn run(&self, case: &Case, asked: &Asked) -> Result<Done, Problems> {
        let names = asked.arms.iter().map(|text| arms::named(text));
        let arms = Arms::of(case, &names.collect::<Result<Vec<_>, _>>()?)?;
        let seed = Seed { seed: self.seed, trial: self.trial };
        let steps = Steps { threads: self.threads.max(1), split: self.split };
        let spinner = working(format!("{}: {} arms", case.name(), asked.arms.len()));
        let results = match &self.out {
            Some(out) => leave::traces(out, case, &arms, (seed, steps), self.jsonl)?,
            None => arms.run(seed, steps, false),
        };
        let is_judged = self.arms.is_empty() && !self.varied;
        let judged = if is_judged { expect::judge(case, &results) } else { Vec::new() };
        spinner.set_message(format!("{}: ablation", case.name()));
        let ablation = self.ablate.then(|| ablation::run(case, seed, steps)).transpose()?;
        spinner.finish_and_clear();
        Ok(Done { results, judged, ablation })
    }
}

/// A sign of life on a terminal.
fn working(what: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// Runs scenarios on seed 1 and says whether their expectations hold.
pub(crate) fn verify(scenarios: &[String]) -> Result<bool, Problems> {
    let all = library::scenario_names();
    let scenarios = if scenarios.is_empty() { &all } else { scenarios };
    let components = Components::default();
    let mut failed = 0;
    for name in scenarios {
        let case = Case::of(Bundle::gather(name, &Instead::default())?, &components)?;
        let spinner = working(name.clone());
        let arms = Arms::of(&case, &arms::usual(&case)?)?;
        let results = arms.run(Seed { seed: 1, trial: 0 }, Steps::default(), false);
        spinner.finish_and_clear();
        let judged = expect::judge(&case, &results);
        let broken: Vec<_> = judged.iter().filter(|j| j.holds == Some(false)).collect();
        say!("{} {name}", if broken.is_empty() { "passed" } else { "FAILED" });
        broken.iter().for_each(|judged| say!("       {}", table::sentence(judged)));
        failed += usize::from(!broken.is_empty());
    }
    say!("{} passed, {failed} failed", scenarios.len() - failed);
    Ok(failed == 0)
}
