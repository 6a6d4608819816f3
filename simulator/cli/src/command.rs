//! The commands.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::case::Case;
use crate::components::Components;
use crate::drill::Drill;
use crate::new_scenario::New;
use crate::problem::Problems;
use crate::run::{self, Run};
use crate::sbom::Sbom;
use crate::study::Study;
use crate::write::say;
use crate::{conform, listing, new_model, patient, policy, replay, report};

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
    /// List scenarios, sites, packs and device models
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
    Sbom(Sbom),
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
    ///
    /// Writes t_min, glucose_mg_dl and plasma_insulin_pmol_l for minutes 0 to --minutes. The model says
    /// nothing of glucose below 10 or above 600 mg/dL: from the minute on in which the patient leaves
    /// that, the field of glucose is empty, and a line on standard error says which minute it was.
    ///
    /// opioid-respiration writes a row a second: t_s, plasma and effect site of each opioid, breathing,
    /// gases, heart rate and pain; from an arrest on, those but the drugs are empty.
    ///
    /// heart writes a row for each thing that happens: t_ms, what, source and map_mmhg.
    Run {
        /// The patient model: uva-padova, uva-padova-counter, hovorka, bergman, opioid-respiration, heart
        model: String,
        /// Which patient, such as adult#001 or adult-70kg-naive
        #[arg(long)]
        id: String,
        /// Columns t_min, carbs_g (up to 5000), insulin_u_per_min (up to 50); opioid-respiration: t_s,
        /// drug, bolus_ug, ug_per_min, naloxone_mg, fio2; heart: t_ms, pace_a, pace_v, shock_j; a file of at
        /// most 64 MiB
        #[arg(long)]
        inputs: PathBuf,
        /// How long [min]; at most ten years
        #[arg(long, default_value_t = 1440, value_parser = clap::value_parser!(u32).range(..=patient::MAX_MINUTES))]
        minutes: u32,
        /// Where to write the rows
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
        /// A .wasm file: a component, or the core module of one
        file: PathBuf,
    },
    /// Make a crate with a device model to begin from
    New {
        /// Its name, and that of the directory that is made here
        name: String,
    },
    /// Check that a component can be loaded
    Check {
        /// A .wasm file
        file: PathBuf,
    },
    /// Run reference vectors through a model, and say which differ and where first
    Conform {
        /// What is tested
        model: conform::What,
        /// A JSON file of vectors
        vectors: PathBuf,
    },
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Check a pack, and say what of it is in vain and which models it leaves out
    Check {
        /// A pack of the library, or a directory
        pack: String,
    },
    /// Say which decision let each step of an attack, or stopped it, by rule and reason
    Explain(policy::Explain),
    /// Propose the smallest pack under which devices do what they do when nobody attacks
    Learn(policy::Learn),
    /// Say who may do more or less under another pack, and what comes of it
    Diff(policy::Diff),
}

#[derive(Subcommand)]
enum ScenarioCommand {
    New(New),
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
    let as_json = arguments.format == Format::Json;
    match &arguments.command {
        Command::List => listing::list(as_json).map(|()| true),
        Command::Run(run) => run.obey(as_json),
        Command::Verify { scenarios } => run::verify(scenarios, as_json),
        Command::Study(study) => study.obey(as_json),
        Command::Drill(drill) => drill.obey().map(|()| true),
        Command::Report { dir } => report::write(dir).map(|()| true),
        Command::Replay { dir } => replay::run(dir),
        Command::Sbom(sbom) => sbom.obey(as_json).map(|()| true),
        Command::Metrics => {
            say!("{}", medtwin_engine::outcome::metrics_page().trim_end());
            Ok(true)
        }
        Command::Patient(PatientCommand::List) => {
            patient::list(as_json);
            Ok(true)
        }
        Command::Patient(PatientCommand::Run { model, id, inputs, minutes, out }) => {
            patient::run(model, id, inputs, *minutes, out).map(|()| true)
        }
        Command::Model(ModelCommand::List) => {
            listing::models(as_json);
            Ok(true)
        }
        Command::Model(ModelCommand::New { name }) => new_model::new(name).map(|()| true),
        Command::Model(ModelCommand::Inspect { file }) => {
            listing::model(file, true, as_json).map(|()| true)
        }
        Command::Model(ModelCommand::Check { file }) => {
            listing::model(file, false, as_json).map(|()| true)
        }
        Command::Model(ModelCommand::Conform { model, vectors }) => {
            conform::run(*model, vectors, as_json)
        }
        Command::Policy(PolicyCommand::Check { pack }) => {
            policy::check(pack, as_json).map(|()| true)
        }
        Command::Policy(PolicyCommand::Explain(explain)) => explain.obey(as_json).map(|()| true),
        Command::Policy(PolicyCommand::Learn(learn)) => learn.obey(as_json),
        Command::Policy(PolicyCommand::Diff(diff)) => diff.obey(as_json).map(|()| true),
        Command::Scenario(ScenarioCommand::New(new)) => new.obey().map(|()| true),
        Command::Scenario(ScenarioCommand::Check { scenario }) => {
            let case = open(scenario)?;
            crate::study::check(&case)?;
            listing::scenario(&case, as_json).map(|()| true)
        }
        Command::Scenario(ScenarioCommand::Schema) => {
            say!("{:#}", medtwin_engine::scenario::schema());
            Ok(true)
        }
    }
}

fn open(scenario: &str) -> Result<Case, Problems> {
    Case::between(scenario, None, None, &Components::default())
}
