//! What worlds of many devices cost: the site `fleet` (10,000 devices), beside the ring of `ring`.
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

use std::process::Command;
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

fn main() {
    if let Ok(what) = std::env::var(WHAT) {
        return measure(&what);
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
    for what in ["ring", "fleet"] {
        let own = std::env::current_exe().expect("this program");
        let output = Command::new(own).env(WHAT, what).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        match output.status.success() {
            true => print!("{what:<8}{said}"),
            false => println!("{what:<8}{}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

/// A site for ten minutes, or the ring.
fn plan(what: &str) -> Plan {
    if what == "ring" {
        return components::Ring::new(NODES).plan(SECONDS);
    }
    let dir = std::env::temp_dir().join(format!("medtwin-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let text = format!("title = \"bench\"\nsite = \"{what}\"\nhorizon_h = 0.16666\n");
    std::fs::write(dir.join("scenario.toml"), text).expect("written");
    let plan = medtwin::plan(dir.to_str().expect("a path"), "as-sold/clean");
    std::fs::remove_dir_all(&dir).expect("removed");
    plan
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
