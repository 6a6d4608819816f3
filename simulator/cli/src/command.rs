//! The commands.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::bundle::{Bundle, Instead};
use crate::case::{self, Case};
use crate::components::Components;
use crate::drill::Drill;
use crate::problem::Problems;
use crate::run::{self, Run};
use crate::study::Study;
use crate::write::say;
use crate::{arms, library, patient, replay, report, result};

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
    Study(Study),
    /// Let people act in a running scenario, in a browser, and show what their acts changed
    Drill(Drill),
    /// Write report.html from what `run` or `study` left
    Report {
        /// The directory given to `--out`
        dir: PathBuf,
    },
    /// Run again what `run --out DIR` left, and compare every entry of every trace
    Replay {
        /// The directory given to `--out`
        dir: PathBuf,
    },
    /// List every metric with its unit and meaning
    Metrics,
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
    /// Print the grammar of scenario files as JSON Schema
    Schema,
}

/// Does what was asked; false when an expectation does not hold.
pub(crate) fn obey(arguments: &Arguments) -> Result<bool, Problems> {
    match &arguments.command {
        Command::List => {
            list();
            Ok(true)
        }
        Command::Run(run) => run.obey(arguments.format == Format::Json),
        Command::Verify { scenarios } => run::verify(scenarios),
        Command::Study(study) => study.obey(arguments.format == Format::Json).map(|()| true),
        Command::Drill(drill) => drill.obey().map(|()| true),
        Command::Report { dir } => report::write(dir).map(|()| true),
        Command::Replay { dir } => replay::run(dir),
        Command::Metrics => {
            say!("{}", medtwin_engine::outcome::metrics_page().trim_end());
            Ok(true)
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
            let case = open(scenario)?;
            say!(
                "{}: {} arms, {} steps, {} expectations",
                case.name(),
                arms::usual(&case)?.len(),
                case.resolved.steps.len(),
                case.scenario.expect.len()
            );
            Ok(true)
        }
        Command::Scenario(ScenarioCommand::Schema) => {
            say!("{:#}", medtwin_engine::scenario::schema());
            Ok(true)
        }
    }
}

fn open(scenario: &str) -> Result<Case, Problems> {
    Case::of(Bundle::gather(scenario, &Instead::default())?, &Components::default())
}

fn list() {
    for (kind, names) in [
        ("scenario", library::scenario_names()),
        ("site", library::site_names()),
        ("pack", library::pack_names()),
        ("device model", library::artifact_names(true)),
    ] {
        names.iter().for_each(|name| say!("{kind:<14}{name}"));
    }
}

fn model(command: &ModelCommand) -> Result<(), Problems> {
    use medtwin_engine::device::Recipe as _;
    let file = match command {
        ModelCommand::List => {
            library::artifact_names(true).iter().for_each(|name| say!("{name}"));
            return Ok(());
        }
        ModelCommand::Inspect { file } | ModelCommand::Check { file } => file,
    };
    let (bytes, recipe) = Components::default().open(file)?;
    say!("{}: a device model", file.display());
    if matches!(command, ModelCommand::Inspect { .. }) {
        say!("sha256   {}", result::hex(&recipe.digest()));
        say!("bytes    {}", bytes.len());
        say!("imports  {}", recipe.imports().join(", "));
    }
    Ok(())
}

fn policy(name: &str) -> Result<(), Problems> {
    let shelf = library::pack(name)?;
    let file = |file: &str| {
        let help = "a pack is a directory with policy.cedar, envelope.toml, controls.toml";
        shelf.read(file)?.ok_or_else(|| Problems::one(format!("`{name}` has no {file}"), help))
    };
    let (cedar, envelope, controls) =
        (file("policy.cedar")?, file("envelope.toml")?, file("controls.toml")?);
    let pack = case::parse_pack(library::short(name), &cedar, &envelope, &controls)?;
    let limits = pack.envelope().limits().count();
    say!("{}: {} rules, {limits} limits", pack.name(), pack.rules().len());
    for rule in medtwin_engine::resolve::rules(&pack).iter().filter(|rule| rule.kind != "control") {
        say!("{:<7} {:<28} {}", rule.kind, rule.id, rule.reason);
    }
    say!("controls: {}", pack.control_ids().join(", "));
    Ok(())
}
