//! The commands.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use medtwin_engine::seed::Seed;

use crate::arms::{self, ArmName, Steps};
use crate::case::{Case, Instead};
use crate::library::{self, Models};
use crate::problem::Problems;
use crate::{expect, patient, result, study, table};

/// A digital twin of medical devices under attack.
///
/// Documented attacks are replayed on simulated devices and patients, under the policy as sold and
/// under yours, on the same draws.
#[derive(Parser)]
#[command(
    version,
    after_help = "Begin with: medtwin run minimed-508-rf-control\n\nExit codes: 0 all expectations hold, 1 one does not, 2 the input cannot be run, 3 a bug."
)]
pub(crate) struct Arguments {
    /// How results are printed
    #[arg(long, value_enum, default_value = "text", global = true)]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// List scenarios, packs and device models
    List,
    /// Run every arm of a scenario and compare them
    Run(Run),
    /// Run scenarios and check their expectations
    Verify {
        /// Scenarios by name or directory; all of the library if none is given
        scenarios: Vec<String>,
    },
    /// Run many trials of a scenario, and say how sure the outcome is
    Study {
        /// A scenario of the library, or a directory
        scenario: String,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
        trials: u64,
        /// Seed of the study; every trial has its own draws
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Threads; 0 is one per core
        #[arg(long, default_value_t = 0)]
        threads: usize,
        /// Where to leave study.json and trials.csv
        #[arg(long)]
        out: PathBuf,
    },
    /// Virtual patients
    #[command(subcommand)]
    Patient(PatientCommand),
    /// Device models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Policy packs
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Scenario files
    #[command(subcommand)]
    Scenario(ScenarioCommand),
}

#[derive(Parser)]
struct Run {
    /// A scenario of the library (`medtwin list`), or a directory with a scenario.toml
    scenario: String,
    /// Seed of every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The pack that stands for today
    #[arg(long)]
    reference: Option<String>,
    /// The pack that is proposed
    #[arg(long)]
    candidate: Option<String>,
    /// Run these arms instead: POLICY/attack or POLICY/clean
    #[arg(long = "arm", value_name = "ARM")]
    arms: Vec<String>,
    /// Take every rule and control out of the candidate, one at a time
    #[arg(long)]
    ablate: bool,
    /// Run another component in a device: NAME=FILE.wasm
    #[arg(long = "model", value_name = "NAME=FILE")]
    models: Vec<String>,
    /// Threads that step entities inside a run
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Divide the lookahead window, to see that it does not matter
    #[arg(long, default_value_t = 1, hide = true)]
    split: u32,
    /// Leave run.json in this directory
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Subcommand)]
enum PatientCommand {
    /// List the virtual patients
    List,
    /// Run one on inputs from a CSV file
    Run {
        /// The patient model: uva-padova
        model: String,
        /// Which patient, such as adult#001
        #[arg(long)]
        id: String,
        /// Columns t_min, carbs_g, insulin_u_per_min
        #[arg(long)]
        inputs: PathBuf,
        /// How long [min]
        #[arg(long, default_value_t = 1440)]
        minutes: u32,
        /// Where to write t_min, glucose_mg_dl, plasma_insulin_pmol_l
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
enum ModelCommand {
    /// List the device models
    List,
    /// Say what a component is and what it wants
    Inspect {
        /// A .wasm file
        file: PathBuf,
    },
    /// Check that a component can be loaded
    Check {
        /// A .wasm file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Check a pack
    Check {
        /// A pack of the library, or a directory
        pack: String,
    },
}

#[derive(Subcommand)]
enum ScenarioCommand {
    /// Check a scenario with all that it names
    Check {
        /// A scenario of the library, or a directory
        scenario: String,
    },
}

/// Does what was asked; false when an expectation does not hold.
pub(crate) fn obey(arguments: &Arguments) -> Result<bool, Problems> {
    match &arguments.command {
        Command::List => {
            list();
            Ok(true)
        }
        Command::Run(run) => self::run(run, arguments.format),
        Command::Verify { scenarios } => verify(scenarios),
        Command::Study { scenario, trials, seed, threads, out } => {
            let case = Case::open(scenario, &Models::default(), &Instead::default())?;
            study::run(&case, *seed, *trials, *threads, out).map(|()| true)
        }
        Command::Patient(PatientCommand::List) => {
            patient::list();
            Ok(true)
        }
        Command::Patient(PatientCommand::Run { model, id, inputs, minutes, out }) => {
            patient::run(model, id, inputs, *minutes, out).map(|()| true)
        }
        Command::Model(command) => model(command).map(|()| true),
        Command::Policy(PolicyCommand::Check { pack }) => policy(pack).map(|()| true),
        Command::Scenario(ScenarioCommand::Check { scenario }) => {
            let case = Case::open(scenario, &Models::default(), &Instead::default())?;
            println!(
                "{}: {} arms, {} steps, {} expectations",
                case.name,
                arms::usual(&case)?.len(),
                case.resolved.steps.len(),
                case.scenario.expect.len()
            );
            Ok(true)
        }
    }
}

fn list() {
    for (kind, names) in [
        ("scenario", library::scenario_names()),
        ("pack", library::pack_names()),
        ("device model", library::model_names()),
    ] {
        names.iter().for_each(|name| println!("{kind:<14}{name}"));
    }
}

fn run(run: &Run, format: Format) -> Result<bool, Problems> {
    let mut models = Models::default();
    for given in &run.models {
        let (device, file) = given.split_once('=').ok_or_else(|| {
            Problems::one(format!("`--model {given}`"), "NAME=FILE, such as pump=my-pump.wasm")
        })?;
        models.replace(device, file.as_ref())?;
    }
    let instead =
        Instead { reference: run.reference.as_deref(), candidate: run.candidate.as_deref() };
    let case = Case::open(&run.scenario, &models, &instead)?;
    if let Some(given) = run
        .models
        .iter()
        .filter_map(|given| given.split_once('='))
        .find(|(device, _)| !case.scenario.device.contains_key(*device))
    {
        let known: Vec<_> = case.scenario.device.keys().cloned().collect();
        return Err(Problems::one(
            format!("there is no device `{}`", given.0),
            format!("the scenario has: {}", known.join(", ")),
        ));
    }
    let seed = Seed { seed: run.seed, trial: 0 };
    let wanted = match run.arms.as_slice() {
        [] => arms::usual(&case)?,
        given => given.iter().map(|text| arm(text)).collect::<Result<_, _>>()?,
    };
    let steps = Steps { threads: run.threads, split: run.split };
    let results = arms::run_all(&case, &wanted, seed, &steps, false)?;
    let judged = if run.arms.is_empty() { expect::judge(&case, &results) } else { Vec::new() };
    let ablation = run.ablate.then(|| ablate(&case, seed, &steps)).transpose()?;
    let json = result::json(&case, run.seed, &results, ablation.as_deref(), &judged);
    if let Some(out) = &run.out {
        std::fs::create_dir_all(out).map_err(|error| {
            Problems::one(format!("cannot make `{}`: {error}", out.display()), "")
        })?;
        patient::write(&out.join("run.json"), format!("{json:#}\n").as_bytes())?;
    }
    if format == Format::Json {
        println!("{json:#}");
    } else {
        table::print(&case, run.seed, &results, &judged);
        for (_, arms) in ablation.iter().flatten() {
            println!("{}", table::arms(&case, arms));
        }
    }
    Ok(judged.iter().all(|judged| judged.holds != Some(false)))
}

fn arm(text: &str) -> Result<ArmName, Problems> {
    ArmName::parse(text)
        .ok_or_else(|| Problems::one(format!("`{text}` is no arm"), "PACK/attack or PACK/clean"))
}

type Ablation = Vec<(String, Vec<arms::ArmResult>)>;

fn ablate(case: &Case, seed: Seed, steps: &Steps) -> Result<Ablation, Problems> {
    let both = |policy: &str| [ArmName::new(policy, false), ArmName::new(policy, true)];
    let arms = arms::ablation(case).into_iter();
    arms.map(|(policy, change)| {
        Ok((change, arms::run_all(case, &both(&policy), seed, steps, false)?))
    })
    .collect()
}

fn verify(scenarios: &[String]) -> Result<bool, Problems> {
    let all = library::scenario_names();
    let scenarios = if scenarios.is_empty() { &all } else { scenarios };
    let (mut passed, mut failed) = (0, 0);
    let models = Models::default();
    for name in scenarios {
        let case = Case::open(name, &models, &Instead::default())?;
        let wanted = arms::usual(&case)?;
        let results = arms::run_all(
            &case,
            &wanted,
            Seed { seed: 1, trial: 0 },
            &Steps { threads: 1, split: 1 },
            false,
        )?;
        let judged = expect::judge(&case, &results);
        let holds = judged.iter().all(|judged| judged.holds != Some(false));
        println!("{:<7} {name}", if holds { "passed" } else { "FAILED" });
        for j in judged.iter().filter(|judged| judged.holds == Some(false)) {
            println!("        {} · {} is {:?} · {}", j.id, j.arm, j.value, j.text);
        }
        if holds { passed += 1 } else { failed += 1 }
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

fn model(command: &ModelCommand) -> Result<(), Problems> {
    use medtwin_engine::device::Recipe as _;
    let file = match command {
        ModelCommand::List => {
            library::model_names().iter().for_each(|name| println!("{name}"));
            return Ok(());
        }
        ModelCommand::Inspect { file } | ModelCommand::Check { file } => file,
    };
    let recipe = Models::default().load(file)?;
    println!("{}: a device model", file.display());
    if matches!(command, ModelCommand::Inspect { .. }) {
        println!("sha256   {}", result::hex(&recipe.digest()));
        println!("imports  {}", recipe.imports().join(", "));
    }
    Ok(())
}

fn policy(name: &str) -> Result<(), Problems> {
    let pack = library::pack(name)?;
    println!(
        "{}: {} rules, {} limits",
        pack.name(),
        pack.rules().len(),
        pack.envelope().limits().count()
    );
    for rule in medtwin_engine::resolve::rules(&pack).iter().filter(|rule| rule.kind != "control") {
        println!("{:<7} {:<28} {}", rule.kind, rule.id, rule.reason);
    }
    println!("controls: {}", pack.control_ids().join(", "));
    Ok(())
}
