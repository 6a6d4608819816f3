//! What an adversary intends: steps, when they start, what they do.

use medtwin_frames::Kind as RadioKind;

use crate::node::Frame;
use crate::trace::{Name, Origin};

/// Who the adversary is and what they want.
#[derive(Clone, Debug, Default)]
pub struct Intention {
    /// Links they can hear and send on, if they are near enough.
    pub links: Vec<u32>,
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
    /// Whether they are within `range_m` [m]; without a distance they are next to the patient.
    pub(crate) fn is_within(&self, range_m: f64, luck: crate::seed::Keyed) -> bool {
        let distance = self.distance_m.map(|spread| spread.at(luck.uniform(DISTANCE, 0)));
        distance.is_none_or(|distance| distance <= range_m)
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

    /// The value at quantile `u` in (0, 1), at most [`MOST`].
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

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Listen until something useful was heard: a serial number, or a command of `verb`.
    Listen {
        /// On which link.
        link: u32,
        /// To learn the serial number, or else to record a frame from this device to that.
        record: Option<((u32, u16), (u32, u16))>,
        /// Whose serial number; any, if none.
        of: Option<(u32, u16)>,
        /// After what time it has failed [ns]; never, if none.
        patience_ns: Option<u64>,
    },
    /// Send a command of the product's own radio in the name of a peer.
    Inject {
        /// The command.
        kind: RadioKind,
        /// Its arguments.
        args: [u16; 2],
        /// Where it goes.
        target: Target,
        /// The device whose link keys were stolen, if a credential is used.
        stolen_from: Option<(u32, u16)>,
    },
    /// Send a recorded frame again as it was.
    Replay {
        /// Where it goes.
        target: Target,
    },
    /// Stand in the path: drop, delay or alter what passes.
    Interfere(Interference),
    /// Put another component in a device's place.
    Install {
        /// Which device.
        device: (u32, u16),
        /// Index into the setup's artefacts.
        artefact: u32,
    },
}

impl Act {
    /// The link that it needs.
    pub(super) fn link(&self) -> Option<u32> {
        match self {
            Self::Listen { link, .. } => Some(*link),
            Self::Inject { target, .. } | Self::Replay { target } => Some(target.link),
            Self::Interfere(interference) => Some(interference.link),
            Self::Install { .. } => None,
        }
    }
}

/// Where a frame goes, and in whose name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The link.
    pub link: u32,
    /// The device meant.
    pub to: (u32, u16),
    /// The device it claims to be from.
    pub from: (u32, u16),
    /// Which of the receiver's peers that is.
    pub peer: u32,
}

/// What an adversary does to frames that pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interference {
    /// On which link.
    pub link: u32,
    /// Only frames to this device, or all.
    pub to: Option<(u32, u16)>,
    /// From when, until when [ns]; for a step: how long.
    pub from_ns: u64,
    /// See `from_ns`.
    pub until_ns: u64,
    /// What happens to them.
    pub how: Meddling,
    /// The step it belongs to.
    pub step: u16,
}

/// What happens to a frame in the path of an adversary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meddling {
    /// It never arrives: dropped in the path, or jammed in the air.
    Drop,
    /// It arrives so much later [ns].
    Delay(u64),
    /// This byte is changed by this mask.
    Alter {
        /// Which byte, from the start.
        byte: usize,
        /// Exclusive or with this.
        mask: u8,
    },
}

impl Interference {
    pub(crate) fn touches(&self, at: u64, frame: &Frame) -> bool {
        frame.head.link == self.link
            && (self.from_ns..self.until_ns).contains(&at)
            && self.to.is_none_or(|to| to == frame.head.to)
            && !matches!(frame.head.origin, Origin::Adversary | Origin::Replay)
    }

    pub(crate) fn apply(&self, arrives: u64, frame: &mut Frame) -> Option<u64> {
        match self.how {
            Meddling::Drop => None,
            Meddling::Delay(ns) => Some(arrives + ns),
            Meddling::Alter { byte, mask } => {
                if let Some(byte) = frame.body.get_mut(byte) {
                    *byte ^= mask;
                    (frame.head.origin, frame.head.step) = (Origin::Adversary, self.step);
                }
                Some(arrives)
            }
        }
    }
}
