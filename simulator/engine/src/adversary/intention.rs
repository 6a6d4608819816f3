//! What an adversary intends: steps, when they start, what they do.

use super::Act;
use crate::trace::Name;

/// Where an adversary stands, and so what they can do at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// Near enough for the radio.
    #[default]
    AdjacentRadio,
    /// With the device in their hands.
    Physical,
    /// Somebody of the place: near, and trusted with devices.
    Insider,
    /// In the making or the delivery of devices.
    SupplyChain,
    /// On the hospital's network.
    HospitalNetwork,
    /// Anywhere.
    Internet,
}

impl Position {
    /// Every position by its word.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("adjacent-radio", Self::AdjacentRadio),
        ("physical", Self::Physical),
        ("insider", Self::Insider),
        ("supply-chain", Self::SupplyChain),
        ("hospital-network", Self::HospitalNetwork),
        ("internet", Self::Internet),
    ];

    /// Whether they can plug into a network, or are on it.
    const fn is_on_net(self) -> bool {
        !matches!(self, Self::AdjacentRadio | Self::SupplyChain)
    }

    const fn is_near(self) -> bool {
        matches!(self, Self::AdjacentRadio | Self::Physical | Self::Insider)
    }

    /// Whether they can open a device, to put another component in its place or to get at its memory:
    /// before it is delivered, or with it in their hands. No policy of the device decides about that;
    /// an update over the air is another thing.
    const fn can_open(self) -> bool {
        matches!(self, Self::Physical | Self::Insider | Self::SupplyChain)
    }

    /// Whether they can lay hands on a device, and on its battery.
    const fn can_press(self) -> bool {
        matches!(self, Self::Physical | Self::Insider)
    }

    /// Whether they stand where `act` can be done at all; a radio's reach is another question.
    pub(super) const fn allows(self, act: &Act) -> bool {
        match act {
            Act::Install { .. }
            | Act::Write { .. }
            | Act::ReadStorage { .. }
            | Act::WriteStorage { .. } => self.can_open(),
            Act::Press { .. } | Act::BreakGlass { .. } | Act::CutPower { .. } => self.can_press(),
            Act::LogIn { console, .. } => self.can_press() || *console,
            Act::Listen { .. }
            | Act::Inject { .. }
            | Act::Send { .. }
            | Act::Replay { .. }
            | Act::Crack { .. }
            | Act::Flash { .. }
            | Act::Flood { .. }
            | Act::Interfere(_) => true,
        }
    }
}

/// Who the adversary is and what they want.
#[derive(Clone, Debug, Default)]
pub struct Intention {
    /// Where they stand.
    pub position: Position,
    /// Devices that they hold from the start: they send with a held device's keys, from its place.
    pub footholds: Vec<(u32, u16)>,
    /// Links that a held device is on.
    pub foothold_links: Vec<u32>,
    /// Links they can hear and send on, if they are near enough or on the same network.
    pub links: Vec<u32>,
    /// Of whoever is on a network: the link on which their port is; each of `links`, if none.
    pub segment: Option<u32>,
    /// How far they are from the links' members [m], drawn once in a trial.
    pub distance_m: Option<Spread>,
    /// What they want to do, in the order of the scenario.
    pub steps: Vec<Step>,
    /// Serial numbers that they know from the start, by device.
    pub serials: Vec<((u32, u16), u32)>,
}

/// Names the draw of the distance among the draws of an adversary.
const DISTANCE: u64 = u64::MAX;

impl Intention {
    /// Whether they hear `link`, which reaches `range_m` [m], and are heard: through a device that
    /// they hold, or by being near; without a distance they are next to the patient.
    pub(crate) fn reaches(&self, link: u32, range_m: f64, luck: crate::seed::Keyed) -> bool {
        let is_within = self.distance_of_trial(luck).is_none_or(|distance| distance <= range_m);
        self.foothold_links.contains(&link) || self.position.is_near() && is_within
    }

    /// Whether they have a port on `link`: their own, or any that is `joined` to it where nothing keeps
    /// links apart, since there they can stand between two others (ARP).
    pub(crate) fn is_plugged(&self, link: u32, joined: impl Fn(u32) -> bool) -> bool {
        let own = |segment: u32| segment == link || joined(segment);
        self.position.is_on_net() && self.segment.map_or(self.links.contains(&link), own)
    }

    /// Whether they can take hold of a cable at the device.
    pub(crate) fn is_at_hand(&self, link: u32) -> bool {
        self.position.can_press() && self.links.contains(&link)
    }

    /// The device whose keys they use in the name of `from`, if they hold it.
    pub(crate) fn held(&self, from: (u32, u16)) -> Option<(u32, u16)> {
        self.footholds.iter().copied().find(|held| *held == from)
    }

    /// How far they are in one trial [m].
    pub(crate) fn distance_of_trial(&self, luck: crate::seed::Keyed) -> Option<f64> {
        self.distance_m.map(|spread| spread.at(luck.uniform(DISTANCE, 0)))
    }
}

/// One step of an attack.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name in traces.
    pub name: Name,
    /// Its name as words, for streams.
    pub text: String,
    /// Its number in the scenario.
    pub number: u16,
    /// When.
    pub trigger: Trigger,
    /// How often.
    pub repeat: Repeat,
    /// What.
    pub act: Act,
}

/// When a step starts.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// At a time [min].
    At(Spread),
    /// So long [min] after another step of this adversary ended, with success, failure or either.
    After {
        /// Index into the adversary's steps.
        step: usize,
        /// Only if it succeeded, only if it failed, or either.
        succeeded: Option<bool>,
        /// How long after.
        delay: Spread,
    },
}

/// A number that is fixed or drawn, always by the inverse CDF of one uniform draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// Always this.
    Fixed(f64),
    /// Uniform between the two.
    Uniform(f64, f64),
    /// Exponential with this mean.
    Exponential(f64),
    /// Log-normal: median, and the standard deviation of the logarithm.
    LogNormal(f64, f64),
}

/// The most that is ever drawn: as minutes 190 years, which nanoseconds still hold. A long tail ends
/// here.
const MOST: f64 = 1e8;

impl Spread {
    /// The same, in a unit that is `factor` times smaller.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        match self {
            Self::Fixed(value) => Self::Fixed(value * factor),
            Self::Uniform(low, high) => Self::Uniform(low * factor, high * factor),
            Self::Exponential(mean) => Self::Exponential(mean * factor),
            Self::LogNormal(median, sigma) => Self::LogNormal(median * factor, sigma),
        }
    }

    /// The value at quantile `u` in (0, 1), at most 1e8.
    pub fn at(self, u: f64) -> f64 {
        self.quantile(u).min(MOST)
    }

    fn quantile(self, u: f64) -> f64 {
        match self {
            Self::Fixed(value) => value,
            Self::Uniform(low, high) => low + (high - low) * u,
            Self::Exponential(mean) => -mean * libm::log1p(-u),
            Self::LogNormal(median, sigma) => {
                median * libm::exp(sigma * crate::patient::normal_quantile(u))
            }
        }
    }
}

/// How often a step is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeat {
    /// How many times in all.
    pub times: u32,
    /// How far apart [min].
    pub every: Spread,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_far_or_nowhere_near_reaches_no_radio() {
        let luck = crate::seed::Seed { seed: 1, trial: 0 }.keyed("eve/adversary");
        let at = |position, metres| Intention {
            position,
            distance_m: Some(Spread::Fixed(metres)),
            ..Intention::default()
        };
        assert!(at(Position::AdjacentRadio, 20.0).reaches(0, 30.0, luck));
        assert!(!at(Position::AdjacentRadio, 31.0).reaches(0, 30.0, luck));
        assert!(!at(Position::SupplyChain, 1.0).reaches(0, 30.0, luck));
        let foothold_links = vec![0];
        let holder = Intention { foothold_links, ..at(Position::Internet, 1e6) };
        assert!(holder.reaches(0, 30.0, luck), "through the device that they hold");
    }
}
