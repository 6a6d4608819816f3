//! Trials per second and core of a study of the first scenario, and the memory that it takes: as
//! `medtwin study` runs it, in a process of its own for each number of trials.
//!
//! 100 and 1,000 trials, and as many as MEDTWIN_TRIALS says. A core's second is one of processor
//! time, so what else the machine does changes it little.

use std::path::Path;
use std::process::Command;

/// A study in a process of its own: this bench, called again.
const STUDY_OF: &str = "MEDTWIN_STUDY_OF";
const OUT: &str = "MEDTWIN_STUDY_OUT";

fn main() {
    if let Ok(trials) = std::env::var(STUDY_OF) {
        return study(&trials);
    }
    println!("trials   trials/s/core   peak memory   trials.parquet");
    for trials in [100, 1000].into_iter().chain(more()) {
        let Measured { seconds, mib, table_mib } = measure(trials);
        let rate = trials as f64 / seconds;
        println!("{trials:>6}   {rate:>13.1}   {mib:>7.1} MiB   {table_mib:>10.2} MiB");
    }
}

fn more() -> Option<u64> {
    std::env::var("MEDTWIN_TRIALS").ok()?.parse().ok()
}

/// Runs a study and says what this process took.
fn study(trials: &str) {
    let out = std::env::var(OUT).expect("where");
    let words = ["medtwin", "study", "minimed-508-rf-control", "--seed", "1"];
    medtwin::call(words.into_iter().chain(["--trials", trials, "--out", &out]));
    eprintln!("{} {}", processor_seconds(), peak_kib());
}

/// Of all threads of this process, in their own code and in the kernel (`man 5 proc`: fields 14 and
/// 15, ticks of a hundredth of a second; field 2 is a name in brackets, which may hold spaces).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    ticks.map(|ticks| ticks.unwrap_or(f64::NAN)).sum::<f64>() / 100.0
}

fn peak_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
}

struct Measured {
    /// Processor time [s].
    seconds: f64,
    /// Peak of the memory that is resident.
    mib: f64,
    table_mib: f64,
}

fn measure(trials: u64) -> Measured {
    let out = std::env::temp_dir().join(format!("medtwin-study-{}-{trials}", std::process::id()));
    let this = std::env::current_exe().expect("this bench");
    let ran = Command::new(this).env(STUDY_OF, trials.to_string()).env(OUT, &out).output();
    let ran = ran.expect("it runs");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success() && out.join("study.json").exists(), "{said}");
    let numbers = said.lines().last().unwrap_or_default().split(' ').map(str::parse::<f64>);
    let numbers: Vec<f64> = numbers.map(|number| number.expect("a number")).collect();
    let size = std::fs::metadata(Path::new(&out).join("trials.parquet")).map_or(0, |m| m.len());
    let _ = std::fs::remove_dir_all(&out);
    let mib = |kib: f64| kib / 1024.0;
    Measured { seconds: numbers[0], mib: mib(numbers[1]), table_mib: mib(size as f64 / 1024.0) }
}
