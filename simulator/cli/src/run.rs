//! `run` and `verify`: every arm of a scenario on one trial.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::TypedValueParser;
use indicatif::ProgressBar;
use medtwin_engine::seed::Seed;
use serde_json::json;

use crate::ablation::{self, Ablation};
use crate::arms::{self, ArmName, ArmResult, Arms, Steps};
use crate::bundle::{Asked, Bundle, Instead};
use crate::case::Case;
use crate::components::Components;
use crate::expect::{self, Judged};
use crate::leave::More;
use crate::problem::Problems;
use crate::shelves::Shelves;
use crate::write::{Out, say};
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
    #[arg(long, default_value = "1", value_parser = threads(1))]
    threads: usize,
    /// Divide the lookahead window, to see that it does not matter
    #[arg(long, default_value_t = 1, hide = true, value_parser = clap::value_parser!(u32).range(1..=1000))]
    split: u32,
    /// Leave report.html, run.json, every trace, and in plan/ all that `replay` needs
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keep what devices keep as files in this directory, which must be empty, for each arm but those of
    /// an ablation; it changes no result
    #[arg(long, value_name = "DIR")]
    storage: Option<PathBuf>,
    /// With --out, leave the traces as lines of JSON as well
    #[arg(long, requires = "out")]
    jsonl: bool,
    /// With --out, leave what was on each link as pcap/ARM.LINK.pcapng
    #[arg(long, requires = "out")]
    pcap: bool,
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
        let out = self.out.as_ref().map(|path| Out::open(path)).transpose()?;
        let done = self.run(&case, &asked, out.as_ref())?;
        let json = result::json(&case, &asked, &done);
        if let Some(out) = &out {
            leave::results(out, &case, &asked, &done, &json)?;
        }
        if as_json {
            say!("{json:#}");
        } else {
            table::print(&case, &asked, &done);
            if let Some(out) = &self.out {
                let pcap = if self.pcap { ", pcap/" } else { "" };
                say!("\nleft in {}: report.html, run.json, traces/, plan/{pcap}", out.display());
            }
        }
        Ok(done.holds())
    }

    fn instead(&self, components: &Components) -> Result<Instead<'_>, Problems> {
        Ok(Instead {
            reference: self.reference.as_deref(),
            candidate: self.candidate.as_deref(),
            components: replaced(&self.models, components)?,
        })
    }

    fn asked(&self, case: &Case) -> Result<Asked, Problems> {
        let names = match self.arms.as_slice() {
            [] => arms::usual(case)?,
            given => given.iter().map(|text| arms::named(text)).collect::<Result<_, _>>()?,
        };
        let arms = names.iter().map(ArmName::to_string).collect();
        let (seed, trial, varied) = (self.seed, self.trial, self.varied);
        let judge = self.arms.is_empty() && !varied;
        Ok(Asked { seed, trial, arms, varied, judge, ablate: self.ablate })
    }

    fn run(&self, case: &Case, asked: &Asked, out: Option<&Out>) -> Result<Done, Problems> {
        let names = asked.arms.iter().map(|text| arms::named(text));
        let shelves = self.storage.as_deref().map(Shelves::open).transpose()?;
        let arms = Arms::of(case, &names.collect::<Result<Vec<_>, _>>()?)?.keeping(shelves);
        let seed = Seed { seed: self.seed, trial: self.trial };
        check_threads(self.threads)?;
        let steps = Steps { threads: self.threads, split: self.split };
        tracing::info!(scenario = case.name(), arms = asked.arms.len(), seed = self.seed, "run");
        let spinner = working(format!("{}: {} arms", case.name(), asked.arms.len()));
        let results = match out {
            Some(out) => {
                let more = More { lines: self.jsonl, pcap: self.pcap };
                leave::traces(out, case, &arms, (seed, steps), more)?
            }
            None => arms.run(seed, steps, false),
        };
        arms.check_kept()?;
        spinner.set_message(format!("{}: ablation", case.name()));
        let done = judge(case, asked, results, steps);
        spinner.finish_and_clear();
        done
    }
}

/// The components that `--model DEVICE=FILE` puts in the place of others, by device.
pub(crate) fn replaced(
    models: &[String],
    components: &Components,
) -> Result<BTreeMap<String, Vec<u8>>, Problems> {
    let one = |given: &String| {
        let (device, file) = given.split_once('=').ok_or_else(|| {
            let help = "DEVICE=FILE, such as pump=my-pump.wasm";
            Problems::one(format!("`--model {given}`"), help)
        })?;
        Ok((device.to_owned(), components.open(file.as_ref())?.0))
    };
    models.iter().map(one).collect()
}

/// What the arms of a plan came to, judged and taken apart as was asked.
pub(crate) fn judge(
    case: &Case,
    asked: &Asked,
    results: Vec<ArmResult>,
    steps: Steps,
) -> Result<Done, Problems> {
    let judged = if asked.judge { expect::judge(case, &results) } else { Vec::new() };
    let seed = Seed { seed: asked.seed, trial: asked.trial };
    let ablation = asked.ablate.then(|| ablation::run(case, seed, steps)).transpose()?;
    Ok(Done { results, judged, ablation })
}

/// The most threads that may be asked for.
const MAX_THREADS: u64 = 256;

/// Reads a number of threads, from `least` on.
pub(crate) fn threads(least: u64) -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u64).range(least..=MAX_THREADS).map(|threads| threads as usize)
}

/// Whether so many threads start here; a run would find out in the middle.
fn check_threads(threads: usize) -> Result<(), Problems> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let started = if threads > 1 { pool.build().map(drop) } else { Ok(()) };
    started.map_err(|error| {
        Problems::one(format!("{threads} threads do not start: {error}"), "ask for fewer")
    })
}

/// A sign of life on a terminal.
fn working(what: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// Runs scenarios on seed 1 and says whether their expectations hold.
pub(crate) fn verify(scenarios: &[String], as_json: bool) -> Result<bool, Problems> {
    let all = library::scenario_names();
    let scenarios = if scenarios.is_empty() { &all } else { scenarios };
    let components = Components::default();
    let (mut failed, mut all_told) = (0, Vec::new());
    for name in scenarios {
        let case = Case::between(name, None, None, &components)?;
        let spinner = working(name.clone());
        let arms = Arms::of(&case, &arms::usual(&case)?)?;
        let results = arms.run(Seed { seed: 1, trial: 0 }, Steps::default(), false);
        spinner.finish_and_clear();
        let judged = expect::judge(&case, &results);
        let broken: Vec<_> = judged.iter().filter(|j| j.holds == Some(false)).collect();
        failed += usize::from(!broken.is_empty());
        if as_json {
            all_told.push(
                json!({ "scenario": name, "passed": broken.is_empty(), "expectations": judged }),
            );
            continue;
        }
        say!("{} {name}", if broken.is_empty() { "passed" } else { "FAILED" });
        broken.iter().for_each(|judged| say!("       {}", table::sentence(judged)));
    }
    let passed = scenarios.len() - failed;
    if as_json {
        say!("{:#}", json!({ "passed": passed, "failed": failed, "scenarios": all_told }));
    } else {
        say!("{passed} passed, {failed} failed");
    }
    Ok(failed == 0)
}
