//! What the boundary costs: to start a component, to enter one, to decide.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use medtwin_artifacts::{ALL, RING_NODE};
use medtwin_engine::device::{Event, Lent, Recipe as _, Terms};
use medtwin_host::Sandbox;
use medtwin_policy::{Asked, Facts, Inventory, Pack, RequestId, Source};

fn component(c: &mut Criterion) {
    let mut group = c.benchmark_group("sandbox");
    let sandbox = Sandbox::new();
    let pump = ALL.iter().find(|artifact| artifact.name == "insulin-pump").expect("the pump");
    group.sample_size(10);
    group.bench_function("compile-pump", |b| b.iter(|| sandbox.load(pump.component)));
    group.sample_size(50);
    let recipe = sandbox.load(pump.component).expect("a device model");
    let terms = Terms { memory_bytes: 2 << 20, ..Terms::default() };
    let mut lent = Box::<Lent>::default();
    group.bench_function("start-pump", |b| {
        b.iter(|| {
            let mut device = recipe.build(&terms).expect("it starts");
            device.start(&mut lent, &[]).expect("no fault");
            device
        });
    });
    let recipe = sandbox.load(RING_NODE.component).expect("a device model");
    let mut node = recipe.build(&terms).expect("it starts");
    node.start(&mut lent, &[]).expect("no fault");
    // The key of an input that nobody has: enters and leaves.
    let nothing = Event::Input { input: 9, value: 0.0 };
    group.bench_function("call", |b| b.iter(|| node.handle(&mut lent, nothing)));
    let frame = Event::Frame { peer: 1, body: &[0; 64] };
    group.bench_function("call-with-64-bytes", |b| b.iter(|| node.handle(&mut lent, frame)));
    group.bench_function("call-with-two-host-calls", |b| {
        b.iter(|| node.handle(&mut lent, Event::Timer(0)));
    });
    group.finish();
}

fn decision(c: &mut Criterion) {
    let pack = Pack::parse(Source {
        name: "hardened",
        cedar: include_str!("../policies/library/hardened/policy.cedar"),
        envelope: include_str!("../policies/library/hardened/envelope.toml"),
        controls: include_str!("../policies/library/hardened/controls.toml"),
    });
    let pack = pack.unwrap_or_else(|errors| panic!("{errors:?}"));
    let asked = Asked {
        device: "pump".to_owned(),
        model: "insulin-pump".to_owned(),
        action: "command.bolus".to_owned(),
        resource: ("Channel".to_owned(), "remote".to_owned()),
        zone: None,
    };
    let table = pack.compile(&Inventory(vec![asked.clone()]));
    let facts = Facts { authenticated: true, fresh: true, ..Facts::default() };
    let mut group = c.benchmark_group("decision");
    group.bench_function("table", |b| b.iter(|| table.decide(RequestId(0), black_box(facts))));
    group.bench_function("cedar", |b| b.iter(|| pack.decide_slow(&asked, black_box(facts))));
    group.finish();
}

criterion_group!(benches, component, decision);
criterion_main!(benches);
