//! Our engine with every device a component under a policy, fully traced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use medtwin_engine::device::{Device, Event, Fault, Lent, Recipe, Setting, Terms};
use medtwin_engine::manifest::Manifest;
use medtwin_engine::plan::{Arm, DeviceSetup};
use medtwin_engine::resolve::{Library, Model, resolve};
use medtwin_engine::rules::DeviceRules;
use medtwin_engine::scenario::Scenario;
use medtwin_engine::trace::{Entry, Fingerprint, Kind, Sink};
use medtwin_engine::{Checks, Enforced, Plan};
use medtwin_host::Sandbox;
use medtwin_policy::{Intent, Pack, Source};

use crate::ring::{Part, SEED, setup};
use crate::timed;

const SCENARIO: &str = "
title = \"One node of the ring\"
horizon_h = 1
[device.node]
model = \"ring-node\"
";
const INTENT: &str = "@id(\"nothing\") @reason(\"no commands\") permit (principal, action in Action::\"command\", resource) when { context.ordered };";

/// The ring, compiled.
pub(crate) struct Ring {
    nodes: u32,
    part: Part,
    rules: Option<Arc<DeviceRules>>,
}

struct One(Model);

impl Library for One {
    fn model(&self, _: &str) -> Result<Model, Vec<String>> {
        Ok(self.0.clone())
    }
    fn replacement(&self, _: &str) -> Option<Arc<dyn Recipe>> {
        None
    }
    fn artefact(&self, _: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        Err(Vec::new())
    }
}

/// Counts timers and arrivals, and links every entry into the fingerprint.
#[derive(Default)]
struct Counted {
    fingerprint: Fingerprint,
    frames: u64,
}

impl Sink for Counted {
    fn take(&mut self, entry: &Entry) {
        self.frames += u64::from(entry.kind == Kind::Frame);
        self.fingerprint.take(entry);
    }
}

impl Ring {
    pub(crate) fn new(nodes: u32) -> Self {
        let artifact = medtwin_artifacts::RING_NODE;
        let manifest = Manifest::parse(artifact.manifest.expect("a model")).expect("a manifest");
        let recipe = Arc::new(Sandbox::new().load(artifact.component).expect("a device model"));
        let model = Model { manifest: Arc::new(manifest), recipe };
        let scenario = Scenario::parse(SCENARIO).expect("a scenario");
        let intent = Intent::parse(INTENT).expect("an intent");
        let resolved = resolve(&scenario, &intent, &One(model)).unwrap_or_else(|e| panic!("{e:?}"));
        let pack = Pack::parse(Source {
            name: "ring",
            cedar: include_str!("pack/policy.cedar"),
            envelope: include_str!("pack/envelope.toml"),
            controls: "",
        });
        let arm = resolved.arm(&pack.unwrap_or_else(|errors| panic!("{errors:?}")));
        let rules = arm.devices[0][0].clone();
        let DeviceSetup { manifest, recipe, names, .. } =
            resolved.setup.nodes[0].devices[0].clone();
        let all = resolved.setup.names.clone();
        Self { nodes, part: Part { manifest, recipe, port_names: names, names: all }, rules }
    }

    /// The same ring with other devices in it.
    fn with(&self, recipe: Arc<dyn Recipe>) -> Self {
        let part = Part { recipe, ..self.part.clone() };
        Self { nodes: self.nodes, part, rules: self.rules.clone() }
    }

    /// The same devices written in Rust, under the same policy.
    pub(crate) fn native(&self) -> Self {
        self.with(Arc::new(crate::native::Native::default()))
    }

    /// One run in which the components' calls are counted, with the checks that `C` says.
    pub(crate) fn run_counted<C: Checks>(&self, seconds: u64) -> (Duration, u64) {
        let watch = Arc::new(Watch::default());
        let recipe = Watched(Arc::clone(&self.part.recipe), Arc::clone(&watch));
        let (took, _) = self.with(Arc::new(recipe)).run::<C>(seconds);
        (took, watch.calls.load(Relaxed))
    }

    /// The ring for `seconds`.
    pub(crate) fn plan(&self, seconds: u64) -> Plan {
        let rules = || vec![self.rules.clone()];
        let devices = (0..self.nodes).map(|_| rules()).collect();
        Plan {
            seed: SEED,
            attack: false,
            threads: 1,
            split: 1,
            inputs: Arc::default(),
            setup: Arc::new(setup(&self.part, self.nodes, seconds)),
            arm: Arc::new(Arm { devices, ..Arm::default() }),
        }
    }

    /// One run of `seconds`, without the time to build and start the components.
    pub(crate) fn run<C: Checks>(&self, seconds: u64) -> (Duration, u64) {
        let start = self.started::<C>().0;
        let plan = self.plan(seconds);
        let mut sink = Counted::default();
        let (took, _) = timed(|| {
            medtwin_engine::run_with::<C, _>(&plan, &mut sink);
            0
        });
        std::hint::black_box(sink.fingerprint.finish());
        // A frame leaves and is received; a timer is behind each that leaves.
        (took.saturating_sub(start), sink.frames)
    }

    /// How long building and starting takes.
    fn started<C: Checks>(&self) -> (Duration, u64) {
        let plan = self.plan(0);
        timed(|| {
            medtwin_engine::run_with::<C, _>(&plan, &mut Counted::default());
            0
        })
    }

    /// The share of a run that is spent in calls of the guests, by a clock around each call.
    pub(crate) fn guest_share(&self, seconds: u64) -> f64 {
        let watch = Arc::new(Watch::with_clock());
        let recipe = Watched(Arc::clone(&self.part.recipe), Arc::clone(&watch));
        let (took, _) = self.with(Arc::new(recipe)).run::<Enforced>(seconds);
        Duration::from_nanos(watch.ns.load(Relaxed)).as_secs_f64() / took.as_secs_f64()
    }
}

/// The calls of devices, and with a clock the time in them [ns].
#[derive(Default)]
pub(crate) struct Watch {
    clock: bool,
    pub(crate) calls: AtomicU64,
    pub(crate) ns: AtomicU64,
}

impl Watch {
    pub(crate) fn with_clock() -> Self {
        Self { clock: true, ..Self::default() }
    }
}

/// A device whose calls are watched.
pub(crate) struct Watched<T>(pub(crate) T, pub(crate) Arc<Watch>);

impl Recipe for Watched<Arc<dyn Recipe>> {
    fn build(&self, terms: &Terms) -> Result<Box<dyn Device>, Fault> {
        Ok(Box::new(Watched(self.0.build(terms)?, Arc::clone(&self.1))))
    }
    fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }
    fn imports(&self) -> &[String] {
        self.0.imports()
    }
}

impl Device for Watched<Box<dyn Device>> {
    fn start(&mut self, lent: &mut Box<Lent>, config: &[Setting]) -> Result<(), Fault> {
        self.0.start(lent, config)
    }
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        self.1.calls.fetch_add(1, Relaxed);
        let start = self.1.clock.then(Instant::now);
        let done = self.0.handle(lent, event);
        if let Some(start) = start {
            self.1.ns.fetch_add(start.elapsed().as_nanos() as u64, Relaxed);
        }
        done
    }
}
