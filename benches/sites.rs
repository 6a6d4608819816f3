//! What worlds of many devices cost: the sites `fleet` (10,000 devices) and `ward` (27), beside the ring of `ring`; and how
//! long `medtwin run` takes for 24 hours of the ward in four arms, on all cores.
//!
//! Each in a process of its own, on one core. An event is a call of a device: a timer, a frame, a key. Time is
//! processor time. Memory is what became resident from before the world was built until it had run.
//! "beyond" is the part on the heap: what a device costs besides its linear memory, patients and links included.

#[allow(dead_code, reason = "the bench `ring` uses the rest")]
#[path = "ring/components.rs"]
mod components;
#[allow(dead_code, reason = "as above")]
#[path = "ring/native.rs"]
mod native;
#[path = "ring/ring.rs"]
mod ring;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use components::{Watch, Watched};
use medtwin_engine::time::SimTime;
use medtwin_engine::trace::Fingerprint;
use medtwin_engine::{Checks, Plan, Run};

/// What is measured, in a process of its own: this bench, called again.
const WHAT: &str = "MEDTWIN_SITE";

/// Devices in the ring, and for how many simulated seconds it runs.
const NODES: u32 = 10_000;
const SECONDS: u64 = 20;

/// What the ring without checks names; here everything is checked.
enum Absent {}

impl Checks for Absent {
    const DECIDED: bool = true;
}

/// The ward for a day, with an attack that reaches every bed.
const WARD_DAY: &str = "ward-day";
const ATTACK: &str = include_str!("../scenarios/sites/ward/attacks/library-to-all.toml");

fn main() {
    match std::env::var(WHAT).as_deref() {
        Ok(WARD_DAY) => return ward_day(),
        Ok(what) => return measure(what),
        Err(_) => {}
    }
    println!(
        "{:<8}{:>9}{:>13}{:>11}{:>11}{:>15}{:>11}{:>12}{:>9}",
        "what",
        "devices",
        "resolve [s]",
        "start [s]",
        "events",
        "events/s/core",
        "in guests",
        "KiB/device",
        "beyond"
    );
    for what in ["ring", "fleet", "ward"] {
        let (output, _) = apart(what);
        match output.status.success() {
            true => print!("{what:<8}{}", String::from_utf8_lossy(&output.stdout)),
            false => println!("{what:<8}{}", String::from_utf8_lossy(&output.stderr)),
        }
    }
    let (output, took) = apart(WARD_DAY);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("\nward, 24 h in four arms, `medtwin run`: {:.1} s", took.as_secs_f64());
}

/// Runs `what` in a process of its own, and says how long that took.
fn apart(what: &str) -> (Output, Duration) {
    let own = std::env::current_exe().expect("this program");
    let start = Instant::now();
    let output = Command::new(own).env(WHAT, what).output().expect("it runs");
    (output, start.elapsed())
}

/// A site for ten minutes, the ward for an hour, or the ring.
fn plan(what: &str) -> Plan {
    let (horizon_h, pack) = match what {
        "ring" => return components::Ring::new(NODES).plan(SECONDS),
        "ward" => (1.0, "ward-as-sold"),
        _ => (0.16666, "as-sold"),
    };
    let text = format!(
        "title = \"bench\"\nsite = \"{what}\"\nhorizon_h = {horizon_h}\nreference = \"{pack}\"\n"
    );
    let dir = scenario(&text);
    let plan = medtwin::plan(dir.to_str().expect("a path"), &format!("{pack}/clean"));
    std::fs::remove_dir_all(&dir).expect("removed");
    plan
}

/// A directory with this scenario.
fn scenario(text: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("medtwin-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    std::fs::write(dir.join("scenario.toml"), text).expect("written");
    dir
}

fn ward_day() {
    let day = ATTACK.replacen("horizon_h = 2", "horizon_h = 24", 1);
    let day = day.replacen("compare = [\"ward-segmented\"]", "", 1);
    let (day, _) = day.split_once("[[expect]]").expect("expectations");
    let dir = scenario(&format!("title = \"bench\"\nsite = \"ward\"\n{day}"));
    medtwin::call(["medtwin", "run", dir.to_str().expect("a path")]);
    std::fs::remove_dir_all(&dir).expect("removed");
}

fn measure(what: &str) {
    let start = processor_time();
    let mut plan = plan(what);
    let resolve = processor_time() - start;
    let devices: usize = plan.setup.nodes.iter().map(|node| node.devices.len()).sum();

    let before = resident_kib();
    let start = processor_time();
    let mut run = Run::new(&plan, true);
    let started = processor_time() - start;
    let start = processor_time();
    run.advance(SimTime::END, &mut Fingerprint::default());
    let took = (processor_time() - start).as_secs_f64();
    let after = resident_kib();
    drop(run);
    let [whole, heap] = [0, 1].map(|part| (after[part] - before[part]) / devices as f64);

    let (events, share) = watched(&mut plan);
    println!(
        "{devices:>9}{:>13.2}{:>11.2}{events:>11}{:>15.0}{:>10.0}%{whole:>12.1}{heap:>9.1}",
        resolve.as_secs_f64(),
        started.as_secs_f64(),
        events as f64 / took,
        share * 100.0
    );
}

/// Runs it with a clock around each call of a device: how many calls there were after the start, and which
/// share of the time is spent in them.
fn watched(plan: &mut Plan) -> (u64, f64) {
    let watch = Arc::new(Watch::with_clock());
    let setup = Arc::get_mut(&mut plan.setup).expect("nobody else has it");
    for device in setup.nodes.iter_mut().flat_map(|node| &mut node.devices) {
        let inner = Arc::clone(&device.recipe);
        device.recipe = Arc::new(Watched(inner, Arc::clone(&watch)));
    }
    let mut run = Run::new(plan, true);
    let (calls, ns) = (watch.calls.load(Relaxed), watch.ns.load(Relaxed));
    let start = Instant::now();
    run.advance(SimTime::END, &mut Fingerprint::default());
    let took = start.elapsed().as_nanos() as f64;
    (watch.calls.load(Relaxed) - calls, (watch.ns.load(Relaxed) - ns) as f64 / took)
}

/// Of this process, in its own code and in the kernel (`man 5 proc`: fields 14 and 15, ticks of a hundredth of a
/// second; field 2 is a name in brackets, which may hold spaces).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Duration::from_millis(ticks.map(|ticks| ticks.unwrap_or(0) * 10).sum())
}

/// Resident memory, in all and of the heap [KiB].
fn resident_kib() -> [f64; 2] {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let (mut all, mut heap, mut is_heap) = (0.0, 0.0, false);
    for line in maps.lines() {
        if let Some(kib) = line.strip_prefix("Rss:") {
            let kib: f64 = kib.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
            all += kib;
            heap += if is_heap { kib } else { 0.0 };
        } else if !line.split(' ').next().is_some_and(|word| word.ends_with(':')) {
            is_heap = line.ends_with("[heap]");
        }
    }
    [all, heap]
}

/// Runs `work` and says how long it took.
fn timed(work: impl FnOnce() -> u64) -> (Duration, u64) {
    let start = Instant::now();
    let events = work();
    (start.elapsed(), events)
}
