//! `medtwin`: a digital twin of medical devices under attack.

mod arms;
mod case;
mod command;
mod expect;
mod library;
mod patient;
mod problem;
mod result;
mod study;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = command::Arguments::parse();
    match command::obey(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problems) => {
            problems.print();
            ExitCode::from(2)
        }
    }
}
