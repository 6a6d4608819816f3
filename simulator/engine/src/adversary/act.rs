//! What a step does, to whom, with what.

use medtwin_frames::Kind as RadioKind;

use super::intention::Spread;
use super::{Flood, Interference};
use crate::access::Account;

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
