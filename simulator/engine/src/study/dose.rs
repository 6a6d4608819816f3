//! Harm by dose.

use super::Proportion;

/// Upper ends of the bins of doses, as shares of a patient's total daily dose; the last bin is open.
pub const DOSE_EDGES: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// How many trials of each bin of doses were harmed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DoseBins([Proportion; DOSE_EDGES.len() + 1]);

impl DoseBins {
    /// Counts a trial with `dose` [share of the daily dose]; one without a dose is in no bin.
    pub fn add(&mut self, dose: f64, harmed: bool) {
        if dose.is_finite() {
            let bin = DOSE_EDGES.iter().position(|edge| dose < *edge);
            self.0[bin.unwrap_or(DOSE_EDGES.len())].add(harmed);
        }
    }

    /// The bins in order: from, until (none for the last), and who was harmed.
    pub fn bins(&self) -> impl Iterator<Item = (f64, Option<f64>, Proportion)> {
        let from = |at: usize| if at == 0 { 0.0 } else { DOSE_EDGES[at - 1] };
        let bin = move |(at, share): (usize, &Proportion)| {
            (from(at), DOSE_EDGES.get(at).copied(), *share)
        };
        self.0.iter().enumerate().map(bin)
    }
}
