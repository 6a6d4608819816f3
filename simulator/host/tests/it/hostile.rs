//! Every module of `device-models/hostile`, as an attacker's software in a wearer's pump, beside ten
//! honest devices: what they do is, entry by entry, what they do without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::device::{Device, Event, Fault, Lent, Setting};
use medtwin_host::Sandbox;

use crate::encoded;
use crate::world::{Models, Native, arm, honest, ran, resolved, wearer};

/// Software of the held pump that sends `frames` frames of 64 zeros each minute and does no more.
#[derive(Clone)]
struct Sender {
    frames: u32,
}

impl Device for Sender {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let _ = lent.set_timer(0, 60_000_000);
        Ok(())
    }
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        if event == Event::Timer(0) {
            let _ = lent.set_timer(0, 60_000_000);
            for _ in 0..self.frames {
                let _ = lent.send(0, &[0; 64]);
            }
        }
        Ok(())
    }
}

/// What a process with all of them, one after another, may take [MiB]: compilers and traces of
/// thirteen devices for an hour; a guest has at most a quarter of one.
const MOST_MIB: u64 = 128;
/// Modules that send, and how many frames they try each minute.
const SENT_BY: [(&str, u32); 1] = [("flood-frames", 40)];

#[test]
fn no_hostile_module_changes_what_honest_devices_do() {
    let sandbox = Sandbox::new();
    let mut models = Models::new(&sandbox);
    let alone = resolved(&honest(), &models);
    let without = ran(&alone, &arm(&alone, "")).honest();
    assert!(without.len() > 1000, "{}", without.len());

    let text = honest() + &wearer("z");
    let mut in_native = |frames| {
        models.held = Some(Arc::new(Native(Sender { frames })));
        let world = resolved(&text, &models);
        let arm = arm(&world, "");
        (ran(&world, &arm).neighbours(), arm)
    };
    let (silent, arm) = in_native(0);
    let sending: BTreeMap<_, _> =
        SENT_BY.iter().map(|(name, frames)| (*name, in_native(*frames).0)).collect();

    let hostile = medtwin_hostile::all();
    assert!(hostile.len() >= 40, "{}", hostile.len());
    for module in hostile {
        let name = module.name.as_str();
        let recipe =
            sandbox.load(&encoded(&module.module)).unwrap_or_else(|e| panic!("{name}: {e}"));
        models.held = Some(Arc::new(recipe));
        let ran = ran(&resolved(&text, &models), &arm);
        assert_eq!(ran.faults().first().copied(), module.fault.as_deref(), "{name}");
        check_same(name, &without, &ran.honest());
        check_same(name, sending.get(name).unwrap_or(&silent), &ran.neighbours());
    }
    assert!(peak_mib().is_none_or(|mib| mib < MOST_MIB), "{:?} MiB", peak_mib());
}

/// The most memory that this process ever had [MiB], where the system says so.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}

#[track_caller]
fn check_same(module: &str, expected: &[String], found: &[String]) {
    for (expected, found) in expected.iter().zip(found) {
        assert_eq!(expected, found, "beside {module}");
    }
    assert_eq!(expected.len(), found.len(), "beside {module}");
}
