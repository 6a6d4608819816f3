//! Our engine with devices in Rust that are lent everything, and a sink that wants nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use medtwin_engine::device::{Device, Event, Fault, Lent, Recipe, Setting, Terms, Value};
use medtwin_engine::manifest::Manifest;
use medtwin_engine::plan::Arm;
use medtwin_engine::trace::{Names, NullSink};
use medtwin_engine::{Plan, PortNames};

use crate::ring::{Part, SEED, setup};
use crate::{Absent, NODES, timed};

/// Devices in Rust; what they handled, in all.
#[derive(Default)]
pub(crate) struct Native(Arc<AtomicU64>);

struct Node {
    state: u64,
    events: u64,
    total: Arc<AtomicU64>,
}

impl Device for Node {
    fn start(&mut self, lent: &mut Box<Lent>, config: &[Setting]) -> Result<(), Fault> {
        if let Some(Setting { value: Value::Number(seed), .. }) = config.first() {
            self.state = *seed as u64;
        }
        let first = (delay_us(&mut self.state) * 7919 + self.state % 1_000_000) % 1_000_000;
        let _ = lent.set_timer(0, first);
        Ok(())
    }

    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        self.events += 1;
        if let Event::Timer(_) = event {
            let _ = lent.set_timer(0, delay_us(&mut self.state));
            let mut body = [0; 64];
            body[..8].copy_from_slice(&self.events.to_le_bytes());
            let _ = lent.send(0, &body);
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.total.fetch_add(self.events, Ordering::Relaxed);
    }
}

impl Recipe for Native {
    fn build(&self, _: &Terms) -> Result<Box<dyn Device>, Fault> {
        Ok(Box::new(Node { state: 0, events: 0, total: Arc::clone(&self.0) }))
    }

    fn digest(&self) -> [u8; 32] {
        [0; 32]
    }

    fn imports(&self) -> &[String] {
        &[]
    }
}

/// The next delay [µs] of a device, as `ring-node` draws it.
pub(crate) fn delay_us(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    990_000 + (*state >> 33) % 20_000
}

/// One run; building the world is part of it, as it is for who uses the engine.
pub(crate) fn run(seconds: u64) -> (Duration, u64) {
    let total = Arc::new(AtomicU64::new(0));
    let manifest = Manifest::parse(include_str!("../../device-models/ring-node/model.toml"));
    let part = Part {
        manifest: Arc::new(manifest.expect("a manifest")),
        recipe: Arc::new(Native(Arc::clone(&total))),
        port_names: Arc::new(PortNames::default()),
        names: Names::default(),
    };
    let plan = Plan {
        seed: SEED,
        attack: false,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::new(setup(&part, NODES, seconds)),
        arm: Arc::new(Arm::default()),
    };
    let (took, _) = timed(|| {
        medtwin_engine::run_with::<Absent, _>(&plan, &mut NullSink);
        0
    });
    (took, total.load(Ordering::Relaxed))
}
