//! Where every random number of a run comes from.
//!
//! A [`Seed`] (seed and trial) hands out [`Stream`]s by name, one for each thing that varies:
//! `"alex/cgm/noise"`, `"rf/loss"`. A draw is a function of (seed, trial, name, ordinal) alone, and
//! the arm is never part of a name: a scenario that gains an adversary or changes its policy still
//! has the same patients, the same meals and the same lost frames. A comparison is of one thing
//! changed, not of two rolls of dice.
//!
//! Where a draw must not depend on how many were made before it (a frame's loss, whether somebody
//! notices a beep), it is keyed by its own ordinal or by a time slot: [`Keyed`].

use rand::{RngCore, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The seed of a study, and which trial of it this run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Seed {
    /// What the user gave.
    pub seed: u64,
    /// Counted from 0 within a study; a single run is trial 0.
    pub trial: u64,
}

/// An independent source of randomness for one purpose: ChaCha8, keyed by seed and trial, with the
/// name as its stream number.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

/// Draws of one purpose that are picked by a key instead of by their turn.
#[derive(Clone, Copy, Debug)]
pub struct Keyed(u64);

impl Seed {
    /// The stream called `name`. The same name always starts at the same place.
    pub fn stream(self, name: &str) -> Stream {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.trial.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(fnv1a(name));
        Stream(rng)
    }

    /// The keyed draws called `name`.
    pub fn keyed(self, name: &str) -> Keyed {
        Keyed(self.stream(name).0.next_u64())
    }

    /// Secret bytes called `name`, the same in every trial of a seed: a product's factory key does
    /// not change with the patient.
    pub fn secret(self, name: &str) -> [u8; 32] {
        let mut bytes = [0; 32];
        Self { trial: 0, ..self }.stream(name).0.fill_bytes(&mut bytes);
        bytes
    }
}

impl Stream {
    /// A uniform number in (0, 1), never its ends: an inverse CDF may be taken of it.
    pub fn uniform(&mut self) -> f64 {
        unit(self.0.next_u64())
    }

    /// A standard normal number, by the inverse CDF, so that one draw is one number.
    pub fn normal(&mut self) -> f64 {
        crate::patient::normal_quantile(self.uniform())
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

impl Keyed {
    /// 64 random bits for `(who, ordinal)`: three rounds of the SplitMix64 finaliser (Steele et
    /// al. 2014) over the purpose's own key. Not for secrets.
    pub fn bits(self, who: u64, ordinal: u64) -> u64 {
        mix(mix(self.0 ^ who.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(ordinal))
    }

    /// A uniform number in (0, 1) for `(who, ordinal)`.
    pub fn uniform(self, who: u64, ordinal: u64) -> f64 {
        unit(self.bits(who, ordinal))
    }
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The middle of one of 2^52 equal parts of (0, 1).
fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

/// FNV-1a: written out here, since a hash from a library may change with it and every recorded
/// trace with that.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN: Seed = Seed { seed: 7, trial: 0 };

    #[test]
    fn a_stream_does_not_hear_what_another_draws() {
        let quiet = SEVEN.stream("alex/meals").uniform();
        let mut adversary = SEVEN.stream("eve/timing");
        for _ in 0..1000 {
            adversary.uniform();
        }
        assert_eq!(SEVEN.stream("alex/meals").uniform().to_bits(), quiet.to_bits());
    }

    #[test]
    fn trials_and_names_differ() {
        let of = |trial, name: &str| Seed { seed: 7, trial }.stream(name).uniform().to_bits();
        assert_ne!(of(0, "a"), of(1, "a"));
        assert_ne!(of(0, "a"), of(0, "b"));
    }

    #[test]
    fn a_secret_is_the_same_in_every_trial() {
        assert_eq!(Seed { seed: 7, trial: 3 }.secret("pump"), SEVEN.secret("pump"));
    }

    #[test]
    fn keyed_draws_are_spread_evenly() {
        let keyed = SEVEN.keyed("rf/loss");
        let n = 100_000;
        let below = (0..n).filter(|&i| keyed.uniform(3, i) < 0.02).count() as f64 / n as f64;
        assert!((below - 0.02).abs() < 0.002, "{below}"); // four standard errors
    }
}
