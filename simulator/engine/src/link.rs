//! Links: how long a frame travels, and whether it arrives.
//!
//! Delay is base plus jitter, loss is by frame, worsened in time slots in which the link is bad
//! (models.md 6.1). Draws are keyed by link, sender, receiver and time of sending, slot states by
//! link and slot: a frame that is sent in two arms at one time has the same luck in both, however
//! many others there were before it. A count of frames would not do that: an answer to an
//! adversary would shift the luck of all that follow.
//!
//! Left out: bandwidth and queueing, which no radio of this family comes near to filling, and
//! collisions of two frames in the air.

use crate::adversary::Spread;
use crate::seed::{Keyed, Seed};

/// How a link delays and loses frames.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSetup {
    /// Its name.
    pub name: String,
    /// The zone (IEC 62443) that it belongs to.
    pub zone: Option<String>,
    /// Shortest delay [ns]; the smallest of all links is the lookahead.
    pub base_ns: u64,
    /// What comes on top.
    pub jitter: Jitter,
    /// Loss probability of a frame in a good slot; drawn, if at all, once in a trial.
    pub loss: Spread,
    /// Slots in which the link is bad.
    pub burst: Option<Burst>,
    /// How far it reaches [m]; nothing beyond is heard. Its own members are within it. Drawn, if at
    /// all, once in a trial.
    pub range_m: Spread,
}

impl LinkSetup {
    /// Its loss probability in the trial of `seed`.
    pub fn loss_of_trial(&self, seed: Seed) -> f64 {
        self.loss.at(self.luck(seed).uniform(0, 0)).clamp(0.0, 1.0)
    }

    /// Its range in the trial of `seed` [m].
    pub fn range_of_trial(&self, seed: Seed) -> f64 {
        self.range_m.at(self.luck(seed).uniform(1, 0))
    }

    fn luck(&self, seed: Seed) -> Keyed {
        seed.keyed(&format!("{}/link", self.name))
    }
}

/// The part of a delay that varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// Uniform up to so many [ns].
    Uniform(u64),
    /// Log-normal: median [ns] and the sigma of the logarithm.
    LogNormal(f64, f64),
    /// Tried again at each connection event, so far apart [ns], while a packet is lost with this
    /// probability: a geometric number of times.
    Retries(u64, f64),
}

/// Slots in which a link is bad: the stationary law of a Gilbert-Elliott chain, slot by slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// Length of a slot [ns].
    pub slot_ns: u64,
    /// Probability that a slot is bad.
    pub probability: f64,
    /// Loss probability of a frame in a bad slot.
    pub loss: f64,
}

/// A link of a running world.
pub(crate) struct Link {
    pub(crate) setup: LinkSetup,
    loss: f64,
    luck: Keyed,
    slots: Keyed,
}

impl Link {
    pub(crate) fn new(setup: LinkSetup, seed: Seed) -> Self {
        let luck = seed.keyed(&format!("{}/frame", setup.name));
        let slots = seed.keyed(&format!("{}/slot", setup.name));
        Self { loss: setup.loss_of_trial(seed), setup, luck, slots }
    }

    /// When a frame sent `at` [ns] on the way `way`, the `nth` that its sender sent at that time,
    /// arrives; none if it is lost.
    #[inline]
    pub(crate) fn carry(&self, at: u64, way: u64, nth: u32) -> Option<u64> {
        let (loss, when) = (self.loss_at(at), at ^ u64::from(nth) << 58);
        if loss > 0.0 && self.luck.uniform(way | 1 << 63, when) < loss {
            return None;
        }
        let jitter = match self.setup.jitter {
            Jitter::Uniform(0) => 0,
            Jitter::Uniform(most) => {
                let bits = self.luck.bits(way, when);
                ((u128::from(bits) * u128::from(most)) >> 64) as u64
            }
            Jitter::LogNormal(median, sigma) => {
                let z = crate::patient::normal_quantile(self.luck.uniform(way, when));
                (median * libm::exp(sigma * z)).min(60e9) as u64
            }
            Jitter::Retries(apart, lost) => {
                let tries = libm::log(self.luck.uniform(way, when)) / libm::log(lost);
                apart * tries as u64
            }
        };
        Some(at + self.setup.base_ns + jitter)
    }

    fn loss_at(&self, at: u64) -> f64 {
        match self.setup.burst {
            Some(burst) if self.slots.uniform(0, at / burst.slot_ns) < burst.probability => {
                burst.loss
            }
            _ => self.loss,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_that_is_lost_is_sent_again_at_the_next_connection_event() {
        let setup = LinkSetup {
            zone: None,
            name: "ble".to_owned(),
            base_ns: 20_000_000,
            jitter: Jitter::Retries(40_000_000, 0.2),
            loss: Spread::Fixed(0.0),
            burst: None,
            range_m: Spread::Fixed(30.0),
        };
        let link = Link::new(setup, Seed { seed: 7, trial: 0 });
        let late = |at| link.carry(at, 3, 0).expect("never lost") - at - 20_000_000;
        let n = 20_000;
        assert!((0..n).all(|at| late(at) % 40_000_000 == 0));
        for (times, expected) in [(1, 0.2), (2, 0.04)] {
            let share = (0..n).filter(|&at| late(at) >= times * 40_000_000).count() as f64;
            let error = 4.0 * libm::sqrt(expected * (1.0 - expected) / n as f64);
            assert!((share / n as f64 - expected).abs() < error, "{times}: {share}");
        }
    }
}
