//! What all trials add up to, one after the other.

use medtwin_engine::study::{DoseBins, First, Mean, Paired, Proportion, Seen, Times};

use super::trial::ArmValues;
use crate::arms::ArmName;

/// Severities from 1 to 5.
pub(crate) const CLASSES: usize = 5;

/// What was asked of a trial, and what its arms came to, as the sums need it.
pub(crate) struct Row<'a> {
    pub(crate) arms: &'a [ArmValues],
    /// The worst severity of anybody, by arm.
    pub(crate) severity: &'a [f64],
    /// The dose, by arm [share of the daily dose]; not a number where there is none.
    pub(crate) dose: &'a [f64],
    /// Whether somebody left the model's domain of validity, by arm.
    pub(crate) outside: &'a [bool],
}

/// Where the columns are that are more than means.
#[derive(Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) effect: usize,
    pub(crate) notice: usize,
    pub(crate) harm: usize,
    pub(crate) horizon_min: f64,
    pub(crate) follow_up_min: u32,
}

/// The sums of a study.
pub(crate) struct Sums {
    pub(crate) trials: u64,
    pub(crate) arms: Vec<ArmSums>,
    pub(crate) pairs: Vec<PairSums>,
    moments: Moments,
}

/// The sums of one arm.
pub(crate) struct ArmSums {
    pub(crate) name: ArmName,
    /// Trials with a severity of at least 1, 2, …
    pub(crate) severity: [Proportion; CLASSES],
    /// Trials in which somebody left the model's domain of validity.
    pub(crate) outside: Proportion,
    /// By column.
    pub(crate) means: Vec<Mean>,
    /// Trials in which the attack had an effect.
    pub(crate) effects: u64,
    /// Of those trials.
    pub(crate) harm: Times,
    /// Of those trials.
    pub(crate) notice: Times,
    /// Whether noticing came before harm, of the trials with an effect.
    pub(crate) noticed_first: First,
    pub(crate) dose: DoseBins,
}

/// Why two arms are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Why {
    /// Another policy against the reference, both attacked.
    Benefit,
    /// The attack against none, under one policy.
    Attack,
    /// Another policy against the reference, nobody attacking.
    Cost,
}

/// The sums of the differences between two arms, trial by trial.
pub(crate) struct PairSums {
    pub(crate) why: Why,
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) severity: [Paired; CLASSES],
    /// By column.
    pub(crate) means: Vec<Mean>,
}

impl Sums {
    pub(crate) fn new(arms: &[ArmName], reference: &str, columns: usize, moments: Moments) -> Self {
        let arm = |name: &ArmName| ArmSums {
            name: name.clone(),
            severity: Default::default(),
            outside: Proportion::default(),
            means: vec![Mean::default(); columns],
            effects: 0,
            harm: Times::new(moments.follow_up_min),
            notice: Times::new(moments.follow_up_min),
            noticed_first: First::default(),
            dose: DoseBins::default(),
        };
        let pair = |(why, first, second)| PairSums {
            why,
            first,
            second,
            severity: Default::default(),
            means: vec![Mean::default(); columns],
        };
        let pairs = pairs(arms, reference).into_iter().map(pair).collect();
        Self { trials: 0, arms: arms.iter().map(arm).collect(), pairs, moments }
    }

    /// Adds the next trial.
    pub(crate) fn add(&mut self, row: &Row<'_>) {
        self.trials += 1;
        let moments = self.moments;
        for (at, arm) in self.arms.iter_mut().enumerate() {
            arm.outside.add(row.outside[at]);
            arm.add(&row.arms[at].values, row.severity[at], row.dose[at], moments);
        }
        for pair in &mut self.pairs {
            pair.add(row);
        }
    }
}

/// Every other policy against the reference, attacked and clean, and the attack under each.
fn pairs(arms: &[ArmName], reference: &str) -> Vec<(Why, usize, usize)> {
    let find = |policy: &str, attack| {
        arms.iter().position(|arm| arm.policy == policy && arm.attack == attack)
    };
    let mut policies: Vec<&str> = arms.iter().map(|arm| arm.policy.as_str()).collect();
    let mut seen = std::collections::BTreeSet::new();
    policies.retain(|policy| seen.insert(*policy));
    let mut pairs = Vec::new();
    for (why, attack) in [(Why::Benefit, true), (Why::Cost, false)] {
        for policy in policies.iter().filter(|policy| **policy != reference) {
            pairs.extend(
                find(policy, attack).zip(find(reference, attack)).map(|(a, b)| (why, a, b)),
            );
        }
    }
    for policy in policies {
        let both = find(policy, true).zip(find(policy, false));
        pairs.extend(both.map(|(a, b)| (Why::Attack, a, b)));
    }
    pairs
}

impl ArmSums {
    fn add(&mut self, values: &[f64], severity: f64, dose: f64, moments: Moments) {
        for (class, share) in self.severity.iter_mut().enumerate() {
            share.add(severity >= class as f64 + 1.0);
        }
        self.means.iter_mut().zip(values).for_each(|(mean, value)| mean.add(*value));
        self.dose.add(dose, severity >= 3.0);
        if self.name.attack {
            self.time(values, moments);
        }
    }

    fn time(&mut self, values: &[f64], moments: Moments) {
        let effect = values[moments.effect];
        if !effect.is_finite() {
            return; // there is nothing to be harmed by or to notice
        }
        let seen = |after: f64| {
            let looked_min = moments.horizon_min - effect;
            if after.is_finite() { Seen::After(after) } else { Seen::NotWithin(looked_min) }
        };
        let (harm, notice) = (values[moments.harm], values[moments.notice]);
        self.effects += 1;
        self.harm.add(seen(harm));
        self.notice.add(seen(notice));
        let last = f64::from(moments.follow_up_min);
        let within = |after: f64| (after.round() <= last).then_some(after);
        self.noticed_first.add(within(notice), within(harm));
    }
}

impl PairSums {
    fn add(&mut self, row: &Row<'_>) {
        let (first, second) = (self.first, self.second);
        for (class, paired) in self.severity.iter_mut().enumerate() {
            let has = |arm: usize| row.severity[arm] >= class as f64 + 1.0;
            paired.add(has(first), has(second));
        }
        let values = row.arms[first].values.iter().zip(&row.arms[second].values);
        for (mean, (a, b)) in self.means.iter_mut().zip(values) {
            mean.add(a - b);
        }
    }
}
