//! Link keys: made by pairing, valid for a time after it, renewed by pairing anew.
//!
//! Under control `auth` with `key_life_h`, a key ends so long after pairing: at that instant it is
//! worth nothing. A frame that needs it is refused then, whoever sent it, and says why by a rule of
//! its own. The wearer pairs the devices that they wear with one another, by the key presses and
//! seconds that pairing took at the start: with `renew_before_h` in time, when they are awake;
//! otherwise after the remote failed them.
//!
//! Pairing gives a pair of devices a new key. One that a site or a fleet shares cannot be changed by
//! one wearer: its life begins anew, and a thief's copy with it.
//!
//! Left out: clocks that differ (all devices know the time), and who renews the key to a peer that is
//! not worn, such as an update server: nobody does. A stolen key, and those of a device that an
//! adversary holds, are those of the start.

/// How long link keys are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLife {
    /// After pairing [ns].
    pub life_ns: u64,
    /// How long before its end the wearer renews it [ns]; after the first failure, if none.
    pub renew_before_ns: Option<u64>,
}

impl KeyLife {
    /// From hours, as packs write them.
    pub(crate) fn of_hours((life, renew_before): (f64, Option<f64>)) -> Self {
        let ns = |hours: f64| (hours * 3.6e12) as u64;
        Self { life_ns: ns(life), renew_before_ns: renew_before.map(ns) }
    }

    /// How long after a pairing the next one is planned [ns], if any is.
    pub(crate) fn renewed_after_ns(self) -> Option<u64> {
        Some(self.life_ns.saturating_sub(self.renew_before_ns?))
    }
}

/// One pairing of the devices at a bedside.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pairing {
    /// Counted from 0, that of the start.
    pub(crate) number: u32,
    /// When [ns].
    pub(crate) at: u64,
}

/// The key that protects frames between a device and one peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkKey {
    pub(crate) secret: [u8; 32],
    /// The instant from which it is worth nothing [ns].
    ends_at: u64,
}

impl LinkKey {
    pub(crate) fn paired(secret: [u8; 32], at: u64, life: Option<KeyLife>) -> Self {
        let ends_at = life.map_or(u64::MAX, |life| at.saturating_add(life.life_ns));
        Self { secret, ends_at }
    }

    pub(crate) fn is_valid(&self, at: u64) -> bool {
        at < self.ends_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: KeyLife = KeyLife { life_ns: 86_400_000_000_000, renew_before_ns: None };

    #[test]
    fn a_key_is_valid_to_the_last_nanosecond_of_its_life_and_not_at_its_end() {
        let key = LinkKey::paired([7; 32], 5, Some(DAY));
        for (at, expected) in [(5, true), (DAY.life_ns + 4, true), (DAY.life_ns + 5, false)] {
            assert_eq!(key.is_valid(at), expected, "{at}");
        }
        assert!(LinkKey::paired([7; 32], 0, None).is_valid(u64::MAX - 1), "never");
    }

    #[test]
    fn hours_of_a_pack_are_nanoseconds() {
        assert_eq!(KeyLife::of_hours((24.0, None)), DAY);
        let early = KeyLife::of_hours((24.0, Some(1.0)));
        assert_eq!(early.renewed_after_ns(), Some(23 * 3_600_000_000_000));
        assert_eq!(DAY.renewed_after_ns(), None);
    }
}
