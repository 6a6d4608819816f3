//! The conditions that a monitor watches for, as both ends number them (models.md 4.2, 4.3).

use crate::Vital;

/// A condition, in the order of the model's list of alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Alarm {
    /// Out of its limits.
    HeartRate,
    /// Out of its limits.
    SpO2,
    /// Far too low.
    Desaturation,
    /// Out of its limits.
    RespRate,
    /// No breath.
    Apnoea,
    /// Out of its limits.
    EtCo2,
    /// One of the three out of its limits.
    Pressure,
    /// No beat.
    Asystole,
    /// Beats that pump nothing.
    Fibrillation,
    /// Far out of its limits.
    ExtremeRate,
    /// One beat too late.
    Pause,
    /// The electrodes.
    LeadsOff,
    /// The finger's probe.
    ProbeOff,
    /// Nobody listens at the other end.
    NoCentral,
}

/// How many there are.
pub const ALARMS: usize = 14;

impl Alarm {
    /// Every one.
    pub const ALL: [Self; ALARMS] = [
        Self::HeartRate,
        Self::SpO2,
        Self::Desaturation,
        Self::RespRate,
        Self::Apnoea,
        Self::EtCo2,
        Self::Pressure,
        Self::Asystole,
        Self::Fibrillation,
        Self::ExtremeRate,
        Self::Pause,
        Self::LeadsOff,
        Self::ProbeOff,
        Self::NoCentral,
    ];

    /// 1 low, 2 medium, 3 high.
    pub const fn priority(self) -> u8 {
        match self {
            Self::Desaturation
            | Self::Apnoea
            | Self::Asystole
            | Self::Fibrillation
            | Self::ExtremeRate => 3,
            Self::NoCentral => 1,
            _ => 2,
        }
    }

    /// What it is a limit of.
    pub const fn vital(self) -> Option<Vital> {
        match self {
            Self::HeartRate | Self::ExtremeRate | Self::Asystole | Self::Pause => {
                Some(Vital::HeartRate)
            }
            Self::Fibrillation => Some(Vital::HeartRate),
            Self::SpO2 | Self::Desaturation => Some(Vital::SpO2),
            Self::RespRate | Self::Apnoea => Some(Vital::RespRate),
            Self::EtCo2 => Some(Vital::EtCo2),
            Self::Pressure => Some(Vital::Mean),
            Self::LeadsOff | Self::ProbeOff | Self::NoCentral => None,
        }
    }

    /// What people read.
    pub const fn text(self) -> &'static str {
        match self {
            Self::HeartRate => "heart rate",
            Self::SpO2 => "SpO2",
            Self::Desaturation => "desaturation",
            Self::RespRate => "respiratory rate",
            Self::Apnoea => "apnoea",
            Self::EtCo2 => "EtCO2",
            Self::Pressure => "blood pressure",
            Self::Asystole => "asystole",
            Self::Fibrillation => "ventricular fibrillation",
            Self::ExtremeRate => "extreme heart rate",
            Self::Pause => "pause",
            Self::LeadsOff => "ECG leads off",
            Self::ProbeOff => "SpO2 probe off",
            Self::NoCentral => "no central station",
        }
    }

    /// The one of this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}
