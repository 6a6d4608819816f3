//! Our engine with every device a component under a policy, fully traced.

use std::sync::Arc;
use std::time::{Duration, Instant};

use medtwin_engine::Plan;
use medtwin_engine::device::{Event, Lent, Recipe, Terms};
use medtwin_engine::manifest::Manifest;
use medtwin_engine::plan::{Arm, DeviceSetup};
use medtwin_engine::resolve::{Library, Model, resolve};
use medtwin_engine::rules::DeviceRules;
use medtwin_engine::scenario::Scenario;
use medtwin_engine::trace::{Entry, Fingerprint, Kind, Sink};
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
    rules: Arc<DeviceRules>,
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
        let rules = arm.devices[0][0].clone().expect("rules");
        let DeviceSetup { manifest, recipe, names, .. } =
            resolved.setup.nodes[0].devices[0].clone();
        let all = resolved.setup.names.clone();
        Self { nodes, part: Part { manifest, recipe, port_names: names, names: all }, rules }
    }

    fn plan(&self, seconds: u64) -> Plan {
        let rules = || vec![Some(Arc::clone(&self.rules))];
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
    pub(crate) fn run(&self, seconds: u64) -> (Duration, u64) {
        let start = self.started().0;
        let plan = self.plan(seconds);
        let mut sink = Counted::default();
        let (took, _) = timed(|| {
            medtwin_engine::run(&plan, &mut sink);
            0
        });
        std::hint::black_box(sink.fingerprint.finish());
        // A frame leaves and is received; a timer is behind each that leaves.
        (took.saturating_sub(start), sink.frames)
    }

    /// How long building and starting takes.
    fn started(&self) -> (Duration, u64) {
        let plan = self.plan(0);
        timed(|| {
            medtwin_engine::run(&plan, &mut Counted::default());
            0
        })
    }

    /// The share of a run that is spent in calls of the guests: the same calls made alone, on as
    /// many components, over the time of the run.
    pub(crate) fn guest_share(&self, seconds: u64) -> f64 {
        let terms = self.rules.terms();
        let mut lent = Box::<Lent>::default();
        let mut devices: Vec<_> = (0..self.nodes).map(|_| self.device(&terms, &mut lent)).collect();
        let start = Instant::now();
        let frame = Event::Frame { peer: 1, body: &[0; 64] };
        // As in the ring, a device is not the neighbour in memory of the one before it.
        let order = (0..devices.len()).map(|i| i * 7919 % self.nodes as usize);
        for at in order.cycle().take(devices.len() * seconds as usize) {
            devices[at].handle(&mut lent, Event::Timer(0)).expect("no fault");
            devices[(at + 3571) % self.nodes as usize].handle(&mut lent, frame).expect("no fault");
        }
        let guests = start.elapsed();
        drop(devices);
        guests.as_secs_f64() / self.run(seconds).0.as_secs_f64()
    }

    fn device(
        &self,
        terms: &Terms,
        lent: &mut Box<Lent>,
    ) -> Box<dyn medtwin_engine::device::Device> {
        let mut device = self.part.recipe.build(terms).expect("lent what it imports");
        device.start(lent, &[]).expect("no fault");
        device
    }
}
