//! Trials per second and core of a study of the first scenario, and the memory that it takes: as
//! `medtwin study` runs it, in a process of its own for each number of trials.
//!
//! `cargo bench -p medtwin-benches --bench study` runs 100 and 1,000; MEDTWIN_TRIALS=10000 one more.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// A study in a process of its own: this bench, called again.
const STUDY_OF: &str = "MEDTWIN_STUDY_OF";
const OUT: &str = "MEDTWIN_STUDY_OUT";

fn main() {
    if let Ok(trials) = std::env::var(STUDY_OF) {
        return study(&trials);
    }
    println!("trials   trials/s/core   peak memory   trials.parquet");
    for trials in [100, 1000].into_iter().chain(more()) {
        let (rate, mib, size) = measure(trials);
        println!("{trials:>6}   {rate:>13.1}   {mib:>7.1} MiB   {:>9.2} MiB", size / MIB);
    }
}

const MIB: f64 = 1024.0 * 1024.0;

fn more() -> Option<u64> {
    std::env::var("MEDTWIN_TRIALS").ok()?.parse().ok()
}

fn study(trials: &str) {
    let out = std::env::var(OUT).expect("where");
    let words = ["medtwin", "study", "minimed-508-rf-control", "--seed", "1"];
    medtwin::call(words.into_iter().chain(["--trials", trials, "--out", &out]));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    eprintln!("{}", peak.unwrap_or("0 kB").trim());
}

/// Trials per second and core, peak memory [MiB], size of the table [bytes].
fn measure(trials: u64) -> (f64, f64, f64) {
    let out = std::env::temp_dir().join(format!("medtwin-study-{}-{trials}", std::process::id()));
    let begun = Instant::now();
    let this = std::env::current_exe().expect("this bench");
    let ran = Command::new(this).env(STUDY_OF, trials.to_string()).env(OUT, &out).output();
    let (seconds, ran) = (begun.elapsed().as_secs_f64(), ran.expect("it runs"));
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success() && out.join("study.json").exists(), "{said}");
    let kib = said.lines().last().and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
    let size = |file: &str| std::fs::metadata(Path::new(&out).join(file)).map_or(0, |m| m.len());
    let size = size("trials.parquet") as f64;
    let _ = std::fs::remove_dir_all(&out);
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    (trials as f64 / seconds / cores, kib.unwrap_or(f64::NAN) / 1024.0, size)
}
