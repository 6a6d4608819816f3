//! Many trials of one scenario: what is expected, how sure that is, and what each arm changes.
//!
//! Every trial has its own draws and all arms of a trial share them, so a difference between two
//! arms is taken trial by trial.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use indicatif::{ParallelProgressIterator as _, ProgressBar, ProgressStyle};
use medtwin_engine::seed::Seed;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::arms::{self, Arms, Steps};
use crate::case::Case;
use crate::problem::Problems;
use crate::write::{Out, say};

/// 97.5 % quantile of the normal distribution: intervals are of 95 %.
const Z: f64 = 1.959_963_985;

/// The metrics of one trial, by arm.
type Trial = BTreeMap<String, BTreeMap<String, f64>>;

/// Runs the trials on `threads` cores and leaves study.json and trials.csv in `out`.
pub(crate) fn run(
    case: &Case,
    seed: u64,
    trials: u64,
    threads: usize,
    out: &Path,
) -> Result<(), Problems> {
    let out = Out::open(out)?;
    let arms = Arms::of(case, &arms::usual(case)?)?;
    let bar = ProgressBar::new(trials).with_style(style());
    let one = |trial| self::trial(&arms, Seed { seed, trial });
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Problems::one(format!("no threads: {error}"), ""))?;
    let all = pool.install(|| {
        (0..trials).into_par_iter().progress_with(bar).map(one).collect::<Vec<Trial>>()
    });
    let summary = summary(case, seed, &all);
    out.write("trials.csv", csv(&all).as_bytes())?;
    out.write("study.json", format!("{summary:#}\n").as_bytes())?;
    out.write("report.html", crate::report::of_study(&summary).as_bytes())?;
    print(case, &all);
    Ok(())
}

fn style() -> ProgressStyle {
    let text = "{bar:30} {pos}/{len} trials · {per_sec} · {eta} left";
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn trial(arms: &Arms, seed: Seed) -> Trial {
    let results = arms.run(seed, Steps::default(), false).into_iter();
    results.map(|r| (r.name.to_string(), r.outcome.metrics)).collect()
}

fn csv(all: &[Trial]) -> String {
    let mut text = String::from("trial,arm,metric,value\n");
    for (number, trial) in all.iter().enumerate() {
        for (arm, metrics) in trial {
            for (metric, value) in metrics {
                let _ = writeln!(text, "{number},{arm},{metric},{value}");
            }
        }
    }
    text
}

/// Mean, and half the width of its 95 % interval (normal; none from one trial).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
struct Mean {
    n: usize,
    mean: f64,
    half_width: Option<f64>,
}

fn mean(values: &[f64]) -> Option<Mean> {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    let half_width = (n > 1).then(|| Z * (square / (n as f64 - 1.0) / n as f64).sqrt());
    (n > 0).then_some(Mean { n, mean, half_width })
}

/// Wilson's interval of 95 % for `k` of `n` (Wilson 1927).
fn wilson(k: usize, n: usize) -> (f64, f64) {
    let (k, n, z2) = (k as f64, n as f64, Z * Z);
    let p = k / n;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

fn values(all: &[Trial], arm: &str, metric: &str) -> Vec<f64> {
    all.iter().filter_map(|trial| trial.get(arm)?.get(metric).copied()).collect()
}

fn metrics(all: &[Trial], arm: &str) -> Vec<String> {
    let names = all.iter().filter_map(|trial| trial.get(arm)).flat_map(BTreeMap::keys);
    names.cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// How many trials had harm of severity 3 or more, to anybody.
fn harmed(all: &[Trial], arm: &str) -> usize {
    let is_severe = |(id, value): (&String, &f64)| id.starts_with("SAF.severity.") && *value >= 3.0;
    let harmed = |trial: &&Trial| trial.get(arm).is_some_and(|m| m.iter().any(is_severe));
    all.iter().filter(harmed).count()
}

fn summary(case: &Case, seed: u64, all: &[Trial]) -> Value {
    let arms: Vec<String> =
        all.first().into_iter().flat_map(|trial| trial.keys().cloned()).collect();
    let arm = |name: &String| {
        let means: BTreeMap<_, _> = metrics(all, name)
            .into_iter()
            .map(|m| (m.clone(), mean(&values(all, name, &m))))
            .collect();
        let k = harmed(all, name);
        let (low, high) = wilson(k, all.len());
        json!({ "arm": name, "metrics": means,
            "severity_3_or_more": { "k": k, "n": all.len(), "wilson_95": [low, high] } })
    };
    json!({
        "schema": "medtwin.study/1",
        "scenario": { "key": case.name(), "sha256": crate::result::hex(&case.sha256) },
        "seed": seed,
        "trials": all.len(),
        "arms": arms.iter().map(arm).collect::<Vec<_>>(),
        "attack_minus_clean": arms.iter().filter_map(|name| differences(all, name)).collect::<Vec<_>>(),
    })
}

/// What the attack changes, trial by trial.
fn differences(all: &[Trial], attacked: &str) -> Option<Value> {
    let policy = attacked.strip_suffix("/attack")?;
    let clean = format!("{policy}/clean");
    let of = |metric: &String| {
        let pairs = all.iter().filter_map(|trial| {
            Some(trial.get(attacked)?.get(metric)? - trial.get(&clean)?.get(metric)?)
        });
        Some((metric.clone(), mean(&pairs.collect::<Vec<_>>())?))
    };
    let changed: BTreeMap<_, _> = metrics(all, attacked).iter().filter_map(of).collect();
    Some(json!({ "policy": policy, "metrics": changed }))
}

fn print(case: &Case, all: &[Trial]) {
    say!(
        "{} · {} trials · severity 3 or more, with 95 % interval (Wilson)\n",
        case.name(),
        all.len()
    );
    for arm in all.first().into_iter().flat_map(BTreeMap::keys) {
        let k = harmed(all, arm);
        let (low, high) = wilson(k, all.len());
        let share = k as f64 / all.len() as f64;
        say!("{arm:<28} {k:>6}/{}  {share:.3}  [{low:.3}, {high:.3}]", all.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_a_proportion_is_wilsons() {
        let (low, high) = wilson(0, 10);
        assert!(low.abs() < 1e-12 && (high - 0.277_53).abs() < 1e-4, "{low} {high}");
        let (low, high) = wilson(5, 10);
        assert!((low - 0.236_59).abs() < 1e-4 && (high - 0.763_41).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn one_trial_has_no_interval() {
        assert_eq!(mean(&[2.0]), Some(Mean { n: 1, mean: 2.0, half_width: None }));
        assert_eq!(mean(&[]), None);
    }
}
