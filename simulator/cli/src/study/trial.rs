//! One finished trial: a number for each metric of each arm.

use crate::arms::ArmResult;

/// The metrics of one trial, arm by arm.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) number: u64,
    pub(crate) arms: Vec<ArmValues>,
}

/// The metrics of one arm, in the order of the study's columns.
#[derive(Clone, Debug)]
pub(crate) struct ArmValues {
    /// Of the arm's trace: `run --trial N --varied` gives the same.
    pub(crate) fingerprint: [u8; 32],
    /// Not a number where a metric is undefined.
    pub(crate) values: Vec<f64>,
}

impl Trial {
    /// What `columns` name, of the arms of a trial.
    pub(crate) fn of(number: u64, results: &[ArmResult], columns: &[String]) -> Self {
        let arm = |result: &ArmResult| {
            let value = |id: &String| result.outcome.metrics.get(id).copied().unwrap_or(f64::NAN);
            ArmValues {
                fingerprint: result.fingerprint,
                values: columns.iter().map(value).collect(),
            }
        };
        Self { number, arms: results.iter().map(arm).collect() }
    }

    /// Every metric that any of `results` has, or says that it is undefined. It depends on the plan
    /// alone, so one trial knows those of all.
    pub(crate) fn columns(results: &[ArmResult]) -> Vec<String> {
        let ids = |result: &ArmResult| {
            let outcome = &result.outcome;
            outcome.metrics.keys().chain(outcome.undefined.keys()).cloned().collect::<Vec<_>>()
        };
        let all: std::collections::BTreeSet<String> = results.iter().flat_map(ids).collect();
        all.into_iter().collect()
    }

    /// How long a trial of so many arms and columns is [bytes].
    pub(crate) const fn len((arms, columns): (usize, usize)) -> usize {
        8 + arms * (32 + 8 * columns)
    }

    /// Appends the trial as bytes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.number.to_le_bytes());
        for arm in &self.arms {
            out.extend(arm.fingerprint);
            arm.values.iter().for_each(|value| out.extend(value.to_le_bytes()));
        }
    }

    /// Reads back what [`Trial::encode`] wrote, of so many arms and columns.
    pub(crate) fn decode(bytes: &[u8], (arms, columns): (usize, usize)) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        let size = 32 + 8 * columns;
        let arm = |bytes: &[u8]| {
            let (fingerprint, values) = bytes.split_first_chunk::<32>()?;
            let (values, []) = values.as_chunks::<8>() else { return None };
            let values = values.iter().map(|value| f64::from_le_bytes(*value)).collect();
            Some(ArmValues { fingerprint: *fingerprint, values })
        };
        let found = (rest.len() == arms * size).then(|| rest.chunks(size).map(arm).collect());
        Some(Self { number: u64::from_le_bytes(*number), arms: found.flatten()? })
    }
}
