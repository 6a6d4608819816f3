//! Worlds of several patients: what is measured of each, told of all together.
//!
//! A metric without an entity is the worst of a class, the least of a minimum, the most of a maximum, of a longest time and
//! of a dose against its limit, the mean of a proportion, and the sum of all else ([`Together`]). It is undefined if it is so
//! for anybody. What is of links is told of all links by who measures it.

use std::collections::BTreeSet;

use super::{METRICS, MetricSpec, Outcome, Whose};
use crate::plan::Setup;

/// From this severity on a patient is harmed seriously.
const SERIOUS: f64 = 3.0;

/// Metrics of which the most counts.
const MOST: [&str; 6] =
    [".max_", "longest", "dose_ratio", "time_to_therapy", "INT-3.td_window", "INT-6.offset_s"];

/// Adds what all entities come to together.
pub(super) fn add(out: &mut Outcome, setup: &Setup) {
    let patients = setup.nodes.iter().filter(|node| node.patient.is_some()).count();
    if patients < 2 {
        return;
    }
    let names = setup.nodes.iter().flat_map(|node| {
        let devices = node.devices.iter().map(|device| device.text.as_str());
        std::iter::once(setup.names.text(node.name)).chain(devices)
    });
    let names: BTreeSet<&str> = names.collect();
    for spec in METRICS.iter().filter(|spec| matches!(spec.whose, Whose::Patient | Whose::Device)) {
        add_one(out, spec, &names);
    }
    let severities =
        of_all(out.metrics.iter().map(|(id, value)| (id, *value)), "SAF.severity", &names);
    let harmed = severities.iter().filter(|severity| **severity >= SERIOUS).count();
    out.metrics.insert("SAF.harmed".to_owned(), harmed as f64);
}

fn add_one(out: &mut Outcome, spec: &MetricSpec, names: &BTreeSet<&str>) {
    if out.metrics.contains_key(spec.id) || out.undefined.contains_key(spec.id) {
        return;
    }
    let undefined = out.undefined.iter().map(|(id, why)| (id, *why));
    if let Some(why) = of_all(undefined, spec.id, names).first() {
        out.undefined.insert(spec.id.to_owned(), why);
        return;
    }
    let values = of_all(out.metrics.iter().map(|(id, value)| (id, *value)), spec.id, names);
    if let Some(all) = together(spec, &values) {
        out.metrics.insert(spec.id.to_owned(), all);
    }
}

/// The values of metric `id` of every entity.
fn of_all<'a, T>(
    all: impl Iterator<Item = (&'a String, T)>,
    id: &str,
    names: &BTreeSet<&str>,
) -> Vec<T> {
    let of = |key: &str| {
        let entity = key.strip_prefix(id).and_then(|rest| rest.strip_prefix('.'));
        entity.is_some_and(|entity| names.contains(entity))
    };
    all.filter(|(key, _)| of(key)).map(|(_, value)| value).collect()
}

/// What a metric of several entities comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// The least of them.
    Least,
    /// The most.
    Most,
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
    /// The share of what all of them count.
    Share,
}

impl std::fmt::Display for Together {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Least => "least",
            Self::Most => "most",
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Share => "share of all",
        })
    }
}

impl MetricSpec {
    /// Whether it is told without an entity: of the run, or of all together.
    pub fn is_told_of_all(&self) -> bool {
        self.whose == Whose::Run || self.together().is_some()
    }

    /// What it comes to of several; none if nothing is told of all together.
    pub fn together(&self) -> Option<Together> {
        let is_most = || MOST.iter().any(|part| self.id.contains(part));
        Some(match (self.whose, self.unit) {
            (Whose::Run, _) | (Whose::Link, "ms") => return None,
            _ if self.id.contains(".min_") => Together::Least,
            (_, unit) if unit.starts_with("class") || is_most() => Together::Most,
            (Whose::Link, "proportion") => Together::Share,
            (_, "proportion") => Together::Mean,
            _ => Together::Sum,
        })
    }
}

fn together(spec: &MetricSpec, values: &[f64]) -> Option<f64> {
    let all = values.iter().copied();
    let sum = (!values.is_empty()).then(|| values.iter().sum::<f64>());
    match spec.together()? {
        Together::Least => all.reduce(f64::min),
        Together::Most => all.reduce(f64::max),
        Together::Mean => sum.map(|sum| sum / values.len() as f64),
        Together::Sum => sum,
        Together::Share => None, // of frames, which who measures links knows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(id: &str) -> &'static MetricSpec {
        METRICS.iter().find(|spec| spec.id == id).expect("a metric")
    }

    #[test]
    fn all_together_is_the_worst_the_mean_or_the_sum() {
        let of = |id| together(spec(id), &[1.0, 3.0, 2.0]).map(f64::to_bits);
        assert_eq!(of("SAF.severity"), Some(3f64.to_bits()));
        assert_eq!(of("SAF.min_glucose_mg_dl"), Some(1f64.to_bits()));
        assert_eq!(of("SAF.max_glucose_mg_dl"), Some(3f64.to_bits()));
        assert_eq!(of("SAF.apnoea_longest_s"), Some(3f64.to_bits()));
        assert_eq!(of("SAF.dose_ratio"), Some(3f64.to_bits()));
        assert_eq!(of("SAF.minutes_below_54"), Some(6f64.to_bits()));
        assert_eq!(of("AVL-1"), Some(2f64.to_bits()));
        assert_eq!(together(spec("AVL-1"), &[]), None);
    }

    #[test]
    fn a_metric_of_another_thing_is_not_taken_for_an_entity_s() {
        let keys = ["CON-1.at_rest", "CON-1.pump", "CON-1"].map(str::to_owned);
        let all = keys.iter().zip([1.0, 2.0, 4.0]);
        assert_eq!(of_all(all, "CON-1", &BTreeSet::from(["pump"])).len(), 1);
    }
}
