//! The fingerprint of a run.

use sha2::{Digest as _, Sha256};

use super::{Entry, Sink};

/// Entries in one link of the chain.
pub const LINK: usize = 4096;

/// The SHA-256 chain over the entries of a run.
#[derive(Clone)]
pub struct Fingerprint {
    block: Sha256,
    in_block: usize,
    links: Vec<[u8; 32]>,
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self { block: Sha256::new(), in_block: 0, links: Vec::new() }
    }
}

impl Sink for Fingerprint {
    fn take(&mut self, entry: &Entry) {
        self.block.update(entry.encode());
        self.in_block += 1;
        if self.in_block == LINK {
            self.close();
        }
    }
}

impl Fingerprint {
    fn close(&mut self) {
        let link: [u8; 32] = std::mem::take(&mut self.block).finalize().into();
        self.block.update(link);
        self.links.push(link);
        self.in_block = 0;
    }

    /// The links of the chain; the last one is the fingerprint.
    pub fn finish(mut self) -> Vec<[u8; 32]> {
        if self.in_block > 0 || self.links.is_empty() {
            self.close();
        }
        self.links
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use crate::time::SimTime;

    fn entries(n: u64) -> Vec<Entry> {
        (0..n).map(|i| Entry::new(SimTime::from_nanos(i), 0, Kind::Vital)).collect()
    }

    fn links(entries: &[Entry]) -> Vec<[u8; 32]> {
        let mut sink = Fingerprint::default();
        entries.iter().for_each(|e| sink.take(e));
        sink.finish()
    }

    #[test]
    fn one_changed_bit_changes_the_fingerprint() {
        let mut changed = entries(10);
        changed[3].value = -0.0;
        assert_ne!(links(&changed), links(&entries(10)));
    }

    #[test]
    fn a_change_shows_from_its_own_link_on() {
        let mut changed = entries(10_000);
        changed[5000].value = 1.0;
        let (a, b) = (links(&entries(10_000)), links(&changed));
        assert_eq!(a[0], b[0]);
        assert_ne!(a[1], b[1]);
        assert_ne!(a[2], b[2]);
    }
}
