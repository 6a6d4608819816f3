//! `medtwin`: a digital twin of medical devices under attack.
//!
//! The program as a library: [`main`] is all of it, [`arm_runs`] is what one thread of a study does.

mod ablation;
mod arms;
mod bug;
mod bundle;
mod case;
mod command;
mod components;
mod conform;
mod difference;
mod drill;
mod expect;
mod leave;
mod library;
mod listing;
mod new_model;
mod new_scenario;
mod patient;
mod pcap;
mod policy;
mod problem;
mod recorded;
mod replay;
mod report;
mod result;
mod run;
mod sbom;
mod shelves;
mod study;
mod table;
mod vocabulary;
mod write;

pub mod doors;

use std::process::ExitCode;

use clap::Parser as _;

/// Reads the command line, obeys it, and says how it went: 0 all expectations hold, 1 one does not,
/// 2 the input cannot be run, 3 a bug of ours.
pub fn main() -> ExitCode {
    told(command::Arguments::parse())
}

/// The same for words that are not of a command line: the first is the program's name.
pub fn call<'a>(words: impl IntoIterator<Item = &'a str>) -> ExitCode {
    told(command::Arguments::parse_from(words))
}

/// Diagnostics on standard error, as much as `MEDTWIN_LOG` asks for, such as `MEDTWIN_LOG=debug`.
fn diagnose() {
    let filter = tracing_subscriber::EnvFilter::from_env("MEDTWIN_LOG");
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = lines.try_init(); // a second call in one process finds the first's
}

fn told(arguments: command::Arguments) -> ExitCode {
    diagnose();
    bug::tell();
    ExitCode::from(bug::told(move || obey(&arguments)))
}

fn obey(arguments: &command::Arguments) -> u8 {
    match command::obey(arguments) {
        Ok(holds) => u8::from(!holds),
        Err(problems) => {
            problems.print();
            2
        }
    }
}

/// Opens a scenario of the library and returns what runs one trial of its four arms, as a study
/// does: measured, fingerprinted and compared, on seed 1. It gives each arm's fingerprint.
///
/// # Panics
/// If the library has no such scenario.
pub fn arm_runs(scenario: &str) -> impl Fn(u64) -> Vec<String> {
    let open = || {
        let bundle = bundle::Bundle::gather(scenario, &bundle::Instead::default())?;
        let case = case::Case::of(bundle, &components::Components::default())?;
        arms::Arms::of(&case, &arms::four(&case))
    };
    let arms = open().unwrap_or_else(|problems| panic!("{scenario}: {problems:?}"));
    move |trial| {
        let seed = medtwin_engine::seed::Seed { seed: 1, trial };
        let results = arms.run(seed, arms::Steps::default(), false);
        let told = |arm: &arms::ArmResult| {
            format!("{} sha256:{}", arm.name, result::hex(&arm.fingerprint))
        };
        results.iter().map(told).collect()
    }
}

/// The plan of an arm of a scenario of the library or a directory, on seed 1.
///
/// # Panics
/// If there is no such scenario, or it has no such arm.
pub fn plan(scenario: &str, arm: &str) -> medtwin_engine::Plan {
    let open = || {
        let bundle = bundle::Bundle::gather(scenario, &bundle::Instead::default())?;
        let case = case::Case::of(bundle, &components::Components::default())?;
        let name = arms::named(arm)?;
        let arms = arms::Arms::of(&case, std::slice::from_ref(&name))?;
        Ok(arms.plan_of(&name, medtwin_engine::seed::Seed { seed: 1, trial: 0 }))
    };
    let plan = open().unwrap_or_else(|problems: problem::Problems| panic!("{problems:?}"));
    plan.unwrap_or_else(|| panic!("{scenario} has no arm {arm}"))
}
