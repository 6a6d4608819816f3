//! Runs what is not finished, on many cores.

use std::io;

use indicatif::{ProgressBar, ProgressStyle};
use medtwin_engine::seed::Seed;
use rayon::prelude::*;

use super::journal::Journal;
use super::trial::Trial;
use crate::arms::{Arms, Steps};
use crate::problem::Problems;

/// Trials that may finish in any order before the next are begun: what bounds the memory of reading
/// them in order, and long enough that waiting for the last costs less than one in a hundred.
pub(crate) const CHUNK: usize = 256;

/// Runs every trial of `trials` that `journal` does not have, on `threads` cores (0: all).
pub(crate) fn run(
    arms: &Arms,
    columns: &[String],
    journal: &Journal,
    (seed, trials): (u64, u64),
    threads: usize,
) -> Result<(), Problems> {
    let threads = if threads == 0 { rayon::current_num_threads() } else { threads };
    let threads = threads.min(arms.side_by_side());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Problems::one(format!("no threads: {error}"), ""))?;
    let bar = bar("trials", trials, journal.done().count());
    let one = |trial: u64| -> io::Result<()> {
        let results = arms.run(Seed { seed, trial }, Steps::default(), false);
        journal.append(&Trial::of(trial, &results, columns))?;
        bar.inc(1);
        Ok(())
    };
    let mut left = (0..trials).filter(|trial| !journal.done().has(*trial)).peekable();
    while left.peek().is_some() {
        let chunk: Vec<u64> = left.by_ref().take(CHUNK).collect();
        let run = || chunk.into_par_iter().with_max_len(1).try_for_each(one);
        let done: io::Result<()> = pool.install(run).and_then(|()| journal.settle());
        done.map_err(|error| {
            let help = "make room and go on with `--resume`: what is finished is kept";
            Problems::one(format!("cannot write the journal: {error}"), help)
        })?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// On a terminal: how far of so many `things`, how fast, how long still.
pub(crate) fn bar(things: &str, all: u64, done: u64) -> ProgressBar {
    let text = format!("{{bar:30}} {{pos}}/{{len}} {things} · {{per_sec}} · {{eta}} left");
    let style =
        ProgressStyle::with_template(&text).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(all).with_style(style);
    bar.set_position(done);
    bar.reset_eta();
    bar
}
