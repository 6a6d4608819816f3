//! Events per second of 10,000 devices in a ring: our engine with native devices and with
//! components under a policy, a plain Rust heap, and NeXosim, in one run.
//!
//! Each device wakes once a second, give or take 10 ms, and sends 64 bytes to the next, which
//! arrive 1 to 2 ms later. An event is a timer or an arrival.

mod components;
mod heap;
mod native;
mod nexosim;
mod ring;

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use medtwin_engine::{Checks, Enforced};

/// Devices in the ring.
const NODES: u32 = 10_000;

/// No check at all: what devices are lent when nothing is decided. The product has no such type.
enum Absent {}

impl Checks for Absent {
    const DECIDED: bool = false;
}

/// Asserts that the work was done: a timer and an arrival per device and second, within 2 %.
fn check(events: u64, seconds: u64) {
    let expected = 2 * u64::from(NODES) * seconds;
    let off = events.abs_diff(expected) as f64 / expected as f64;
    assert!(off < 0.02, "{events} events, expected {expected}");
}

fn bench(c: &mut Criterion, name: &str, seconds: u64, run: impl Fn(u64) -> (Duration, u64)) {
    let mut group = c.benchmark_group("ring");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    group.throughput(Throughput::Elements(2 * u64::from(NODES) * seconds));
    group.bench_function(name, |b| {
        b.iter_custom(|times| {
            let one = |_| {
                let (took, events) = run(seconds);
                check(events, seconds);
                took
            };
            (0..times).map(one).sum()
        });
    });
    group.finish();
}

/// Runs `work` and says how long it took.
fn timed(work: impl FnOnce() -> u64) -> (Duration, u64) {
    let start = Instant::now();
    let events = work();
    (start.elapsed(), events)
}

fn ring(c: &mut Criterion) {
    bench(c, "heap", 100, |seconds| timed(|| heap::run(NODES, seconds)));
    bench(c, "engine-native", 100, native::run);
    bench(c, "nexosim", 2, nexosim::run);
    let components = OnceCell::new();
    let ring = || components.get_or_init(|| components::Ring::new(NODES));
    bench(c, "engine-components", 5, |s| ring().run::<Enforced>(s));
    bench(c, "engine-components-counted", 5, |s| ring().run_counted::<Enforced>(s));
    bench(c, "engine-components-unchecked", 5, |s| ring().run_counted::<Absent>(s));
    bench(c, "engine-native-checked", 5, |s| ring().native().run::<Enforced>(s));
    if let Some(components) = components.get() {
        let share = components.guest_share(5);
        println!("ring/engine-components: {:.0} % of the time inside guest calls", share * 100.0);
    }
}

criterion_group!(benches, ring);
criterion_main!(benches);
