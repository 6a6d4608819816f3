//! What an adversary intends: steps, when they start, what they do.

use medtwin_frames::{Frame as Radio, Kind as RadioKind};

use super::Flood;
use crate::access::Account;
use crate::network::{HOST, message};
use crate::node::Frame;
use crate::trace::{Name, Origin};

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

/// The arguments of a command, drawn once for all repeats of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arguments {
    /// A dose [U] or a rate [U/h].
    pub amount: Amount,
    /// For how long [min].
    pub minutes: Spread,
}

/// How much a command asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// [U], or of a rate [U/h].
    Units(Spread),
    /// A share of the total daily dose of whoever wears the target.
    OfDailyDose(Spread),
}

/// Names the draws of arguments among the draws of a step.
const ARGUMENT: u64 = 1 << 32;

impl Arguments {
    /// Those of step `number` in one trial: the amount [U or U/h] and the minutes, for a target whose
    /// wearer takes `daily_u` [U] a day.
    pub(crate) fn of_trial(
        self,
        number: u16,
        luck: crate::seed::Keyed,
        daily_u: f64,
    ) -> (f64, f64) {
        let draw = |which| luck.uniform(ARGUMENT | u64::from(number), which);
        let amount = match self.amount {
            Amount::Units(spread) => spread.at(draw(0)),
            Amount::OfDailyDose(spread) => spread.at(draw(0)) * daily_u,
        };
        (amount, self.minutes.at(draw(1)))
    }
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
        args: Arguments,
        /// Where it goes.
        target: Target,
        /// The device whose link keys were stolen, if a credential is used.
        stolen_from: Option<(u32, u16)>,
        /// Without any protection of the link, as a peer would send that knows none.
        strip: bool,
    },
    /// Send these bytes in the name of a peer, whatever they mean.
    Send {
        /// What is sent, before the link protects it.
        body: std::sync::Arc<[u8]>,
        /// Where it goes.
        target: Target,
        /// The device whose link keys were stolen, if a credential is used.
        stolen_from: Option<(u32, u16)>,
        /// Without any protection of the link.
        strip: bool,
    },
    /// Try out every key of a session on what was recorded of two devices.
    Crack {
        /// The two.
        pair: Pair,
        /// How many keys are tried in a second.
        tries_per_s: f64,
    },
    /// Send a recorded frame again as it was.
    Replay {
        /// Where it goes.
        target: Target,
        /// The last that begins with this command, or else the last of all.
        kind: Option<RadioKind>,
    },
    /// Stand in the path: drop, delay or alter what passes.
    Interfere(Interference),
    /// Press a key of a device, as anybody at it can.
    Press {
        /// Which device.
        device: (u32, u16),
        /// Index into its model's inputs.
        input: u32,
        /// What is keyed in.
        args: Arguments,
        /// Whether that is a dose [U].
        doses: bool,
    },
    /// Send a firmware image, in the name of a peer.
    Flash {
        /// Index into the setup's firmware.
        image: u32,
        /// Where it goes.
        target: Target,
    },
    /// Send frames of nothing, one after the other.
    Flood {
        /// Where they go.
        target: Target,
        /// How many.
        flood: Flood,
    },
    /// Type what lets somebody in at a device.
    LogIn {
        /// Which device.
        device: (u32, u16),
        /// Index into its accounts.
        account: usize,
        /// What is typed.
        secret: Secret,
        /// The one-time code.
        code: Option<Code>,
        /// It can be done over the network.
        console: bool,
    },
    /// Declare an emergency at a device.
    BreakGlass {
        /// Which device.
        device: (u32, u16),
    },
    /// Read the memory of a device: its records, and the link keys that lie beside them.
    ReadStorage {
        /// Which device.
        device: (u32, u16),
    },
    /// Write over a record in the memory of a device.
    WriteStorage {
        /// Which device.
        device: (u32, u16),
        /// The record's key.
        record: String,
        /// What lies there then.
        text: String,
    },
    /// Put another component in a device's place.
    Install {
        /// Which device.
        device: (u32, u16),
        /// Index into the setup's artefacts.
        artefact: u32,
    },
    /// Put a firmware image by hand into a device's slot, or into what an update server offers.
    Write {
        /// Which device.
        device: (u32, u16),
        /// Index into the setup's firmware.
        image: u32,
    },
    /// Take a device's power away.
    CutPower {
        /// Which device.
        device: (u32, u16),
        /// For how long [ns].
        for_ns: u64,
    },
}

/// What an adversary types for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The account's: printed, shared, phished or seen over a shoulder.
    Known,
    /// At each try the next of those that people choose most.
    Guessed,
}

/// A one-time code that an adversary got from its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// How old it is when it is typed [ns].
    pub age_ns: u64,
}

/// The four-digit secrets that people choose most, most frequent first: DataGenetics, "PIN number
/// analysis" (2012), of 3.4 million.
const COMMON: [&str; 20] = [
    "1234", "1111", "0000", "1212", "7777", "1004", "2000", "4444", "2222", "6969", "9999", "3333",
    "5555", "6666", "1122", "1313", "8888", "4321", "2001", "1010",
];

impl Secret {
    /// What is typed for `account` at try `attempt`, from 0.
    pub(crate) fn typed(self, account: &Account, attempt: u32) -> &str {
        match self {
            Self::Known => &account.secret,
            Self::Guessed => COMMON[attempt as usize % COMMON.len()],
        }
    }
}

impl Act {
    /// Where it sends frames to.
    pub(super) fn target(&self) -> Option<&Target> {
        match self {
            Self::Inject { target, .. }
            | Self::Send { target, .. }
            | Self::Replay { target, .. }
            | Self::Flash { target, .. }
            | Self::Flood { target, .. } => Some(target),
            _ => None,
        }
    }

    /// The device in whose name it sends.
    pub(super) fn sender(&self) -> Option<(u32, u16)> {
        self.target().map(|target| target.from)
    }

    /// The link that it needs.
    pub(super) fn link(&self) -> Option<u32> {
        match self {
            Self::Listen { link, .. } => Some(*link),
            Self::Inject { target, .. }
            | Self::Send { target, .. }
            | Self::Replay { target, .. }
            | Self::Flash { target, .. }
            | Self::Flood { target, .. } => Some(target.link),
            Self::Interfere(interference) => Some(interference.link),
            Self::Press { .. }
            | Self::LogIn { .. }
            | Self::BreakGlass { .. }
            | Self::Crack { .. }
            | Self::ReadStorage { .. }
            | Self::WriteStorage { .. }
            | Self::Install { .. }
            | Self::Write { .. }
            | Self::CutPower { .. } => None,
        }
    }

    /// For how long it takes a device's power away [ns].
    pub(crate) fn dark_ns(&self) -> Option<u64> {
        match self {
            Self::CutPower { for_ns, .. } => Some(*for_ns),
            _ => None,
        }
    }
}

/// Two devices, in no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair((u32, u16), (u32, u16));

impl Pair {
    /// The two devices between which a frame goes.
    pub fn of(one: (u32, u16), other: (u32, u16)) -> Self {
        Self(one.min(other), one.max(other))
    }
}

/// Where a frame goes, and in whose name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The link on which the device meant is, and that on which the other is.
    pub link: u32,
    /// See `link`.
    pub far: u32,
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
    /// The time that it tells is moved by this [ns].
    Time(i64),
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
            Meddling::Time(by_ns) => {
                if frame.head.peer == HOST && message::ntp_shift(&mut frame.body, by_ns) {
                    (frame.head.origin, frame.head.step) = (Origin::Adversary, self.step);
                }
                Some(arrives)
            }
            Meddling::Alter { byte, mask } => {
                if alter(&mut frame.body, byte, mask) {
                    (frame.head.origin, frame.head.step) = (Origin::Adversary, self.step);
                }
                Some(arrives)
            }
        }
    }
}

/// Changes a byte, and repairs the checksum of a frame in clear: it is no secret.
fn alter(body: &mut [u8], byte: usize, mask: u8) -> bool {
    let in_clear = Radio::decode(body).is_some();
    let Some(changed) = body.get_mut(byte) else { return false };
    *changed ^= mask;
    if in_clear && byte < medtwin_frames::LEN - 2 {
        medtwin_frames::repair(body);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_altered_frame_in_clear_is_believed_and_orders_something_else() {
        let bolus = Radio { serial: 7, kind: RadioKind::Bolus, sequence: 1, a: 40, b: 0 };
        let mut body = bolus.encode();
        assert!(alter(&mut body, 8, 1));
        let (altered, _) = Radio::decode(&body).expect("its checksum is right again");
        assert_eq!(altered, Radio { a: 40 + 256, ..bolus });
        assert!(!alter(&mut body, 99, 1), "there is no such byte");
    }

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
