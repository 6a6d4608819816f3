//! Good and bad times of a link: a Gilbert-Elliott chain that steps by slots of time.
//!
//! The chain of Gilbert (1960) and Elliott (1963) steps from packet to packet. Ours steps from slot
//! to slot: its state is a property of link and time, and a frame more or less changes it for
//! nobody. A slot is how far apart packets of the flow are for which the parameters were given,
//! [E] in every medium.
//!
//! The state at a slot is found without walking there from the start: a draw below `to_bad` is bad
//! and one from `1 - to_good` on is good whatever was before, so that one looks back only to the last
//! slot that forgot its past, `1 / (to_bad + to_good)` slots in the mean (coupling from the past,
//! Propp and Wilson 1996).

use crate::seed::Keyed;

/// How far back at most; the chance that the chain remembers longer is below 1e-9 for all media.
const MEMORY: u64 = 200;

/// When a link is bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// Length of a slot [ns].
    pub slot_ns: u64,
    /// Probability that a bad slot follows a good one.
    pub to_bad: f64,
    /// Probability that a good slot follows a bad one; at most `1 - to_bad`.
    pub to_good: f64,
    /// Loss probability of a frame in a bad slot.
    pub loss: f64,
}

impl Burst {
    /// Slots that remember nothing: each is bad with this probability.
    pub const fn independent(slot_ns: u64, probability: f64, loss: f64) -> Self {
        Self { slot_ns, to_bad: probability, to_good: 1.0 - probability, loss }
    }

    /// The share of time in which the link is bad.
    pub fn share(&self) -> f64 {
        self.to_bad / (self.to_bad + self.to_good)
    }

    /// Whether the link is bad at `at` [ns].
    pub(super) fn is_bad(&self, at: u64, slots: Keyed) -> bool {
        let now = at / self.slot_ns;
        for slot in (now.saturating_sub(MEMORY)..=now).rev() {
            let draw = slots.uniform(0, slot);
            if draw < self.to_bad {
                return true;
            }
            if draw >= 1.0 - self.to_good {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn bad_slots_come_as_often_and_stay_as_long_as_the_chain_says() {
        let chain = Burst { slot_ns: 10, to_bad: 0.02, to_good: 0.1, loss: 1.0 };
        let slots = Seed { seed: 3, trial: 0 }.keyed("wifi/slot");
        let n = 200_000;
        let states: Vec<bool> = (0..n).map(|slot| chain.is_bad(slot * 10 + 7, slots)).collect();
        let bad = states.iter().filter(|bad| **bad).count() as f64;
        let begun = states.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
        // Four standard errors of a share whose slots remember eight others.
        assert!((bad / n as f64 - chain.share()).abs() < 0.014, "{bad}");
        assert!((bad / begun - 10.0).abs() < 0.7, "mean stay {}", bad / begun);
    }

    #[test]
    fn a_state_is_the_same_however_often_and_in_whichever_order_it_is_asked_for() {
        let chain = Burst { slot_ns: 1000, to_bad: 0.01, to_good: 0.2, loss: 0.5 };
        let slots = Seed { seed: 3, trial: 0 }.keyed("ble/slot");
        let forward: Vec<_> = (0..3000).map(|at| chain.is_bad(at * 500, slots)).collect();
        let backward: Vec<_> = (0..3000).rev().map(|at| chain.is_bad(at * 500, slots)).collect();
        assert!(forward.iter().eq(backward.iter().rev()));
    }
}
