//! What needs two arms of the same trial: therapy deviation and gaps.

use super::{Outcome, ratio};

/// Adds to `attacked` what needs the clean arm of the same trial and policy.
pub fn compare(clean: &Outcome, attacked: &mut Outcome) {
    batteries(clean, attacked);
    for (who, with) in attacked.insulin.clone() {
        let Some(without) = clean.insulin.get(&who) else { continue };
        let pairs = || with.iter().zip(without);
        let plus: f64 = pairs().map(|(a, b)| (a - b).max(0.0)).sum();
        let minus: f64 = pairs().map(|(a, b)| (b - a).max(0.0)).sum();
        let mut set = |part: &str, value| {
            attacked.metrics.insert(format!("{part}.{who}"), value);
        };
        set("INT-3.td_abs", plus + minus);
        set("INT-3.td_plus", plus);
        set("INT-3.td_minus", minus);
        set("INT-3.td_window", windowed(&with, without));
        set("AVL-4.gap_min", gap_min(&with, without));
        let whole: f64 = without.iter().sum();
        ratio(
            attacked,
            &format!("INT-3.td_rel.{who}"),
            plus + minus,
            whole,
            "the clean arm delivered nothing",
        );
    }
}

/// How many days of a battery's ordinary life the attack took, as far as it took any.
fn batteries(clean: &Outcome, attacked: &mut Outcome) {
    const USED: &str = "AVL-1.battery_c.";
    let used = |(id, with): (&String, &f64)| {
        let device = id.strip_prefix(USED)?;
        let (without, days) = (clean.metrics.get(id)?, clean.horizon_min / 1440.0);
        let a_day = *without / days;
        (a_day > 0.0).then(|| (device.to_owned(), (with - without) / a_day))
    };
    let lost: Vec<_> = attacked.metrics.iter().filter_map(used).collect();
    for (device, days) in lost {
        attacked.metrics.insert(format!("AVL-1.battery_days_lost.{device}"), days);
    }
}

/// The largest over-delivery within 60 minutes [U].
fn windowed(with: &[f64], without: &[f64]) -> f64 {
    let over: Vec<f64> = with.iter().zip(without).map(|(a, b)| (a - b).max(0.0)).collect();
    over.windows(60.min(over.len().max(1))).map(|w| w.iter().sum()).fold(0.0, f64::max)
}

/// Minutes, in blocks of 15, without insulin where the clean arm had some.
fn gap_min(with: &[f64], without: &[f64]) -> f64 {
    let blocks = with.chunks(15).zip(without.chunks(15));
    let gap =
        |(a, b): &(&[f64], &[f64])| a.iter().sum::<f64>() <= 0.0 && b.iter().sum::<f64>() > 0.0;
    blocks.filter(gap).map(|(a, _)| a.len() as f64).fold(0.0, |sum, len| sum + len)
}
