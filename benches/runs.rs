//! Arm-runs per second of the first scenario, as a study makes them on one core: four arms of 6
//! simulated hours, measured, fingerprinted and compared. And patient-days per second of a glucose
//! patient with three meals.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use medtwin_engine::patient::Patient;

const FIRST: &str = "minimed-508-rf-control";

/// This build, a release, runs as the one did that the tests recorded.
fn check_fingerprints(arms: &[String]) {
    let recorded = include_str!("../simulator/cli/tests/data/fingerprints.txt");
    for arm in arms {
        let line = format!("{FIRST} {arm}");
        assert!(recorded.lines().any(|recorded| recorded == line), "not recorded: {line}");
    }
}

fn arm_runs(c: &mut Criterion) {
    let run = medtwin::arm_runs(FIRST);
    check_fingerprints(&run(0));
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut group = c.benchmark_group("runs");
    group.sample_size(20).throughput(Throughput::Elements(4));
    let mut trial = 0;
    group.bench_function("arm-runs", |b| {
        b.iter(|| {
            trial += 1;
            let arms = one_core.install(|| run(trial));
            assert_eq!(arms.len(), 4);
        });
    });
    group.finish();
}

/// A day with meals of 45, 70 and 80 g at 7, 12 and 18 h, dosed.
fn day(patient: &mut Patient) -> f64 {
    let therapy = patient.therapy();
    let basal = therapy.basal_u_per_h / 60.0;
    for minute in 0..1440 {
        let carbs = match minute {
            420 => 45.0,
            720 => 70.0,
            1080 => 80.0,
            _ => 0.0,
        };
        patient.step(carbs, basal + carbs / therapy.carb_ratio_g_per_u, 0.0);
    }
    patient.glucose_mg_dl()
}

fn patient_days(c: &mut Criterion) {
    let mut group = c.benchmark_group("runs");
    group.throughput(Throughput::Elements(1));
    group.bench_function("patient-days", |b| {
        b.iter(|| day(black_box(&mut Patient::default())));
    });
    group.finish();
}

criterion_group!(benches, arm_runs, patient_days);
criterion_main!(benches);
