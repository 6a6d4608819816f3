//! What is measured, by the codes of ISO/IEEE 11073-10101 (models.md 4.4).

/// Something that a monitor measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// From the ECG [1/min].
    HeartRate,
    /// From the pulse oximeter [1/min].
    PulseRate,
    /// Functional oxygen saturation [%].
    SpO2,
    /// By capnograph or impedance [1/min].
    RespRate,
    /// At the end of a breath [mmHg].
    EtCo2,
    /// By cuff [mmHg].
    Systolic,
    /// By cuff [mmHg].
    Diastolic,
    /// By cuff [mmHg].
    Mean,
    /// [degC]
    Temperature,
}

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 1/min.
    BeatPerMin,
    /// %.
    Percent,
    /// 1/min.
    RespPerMin,
    /// mmHg.
    MmHg,
    /// degC.
    DegC,
}

impl Code {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::HeartRate,
        Self::PulseRate,
        Self::SpO2,
        Self::RespRate,
        Self::EtCo2,
        Self::Systolic,
        Self::Diastolic,
        Self::Mean,
        Self::Temperature,
    ];

    /// Its number and its name; 151708 is from memory (models.md 4.4).
    pub const fn id(self) -> (u32, &'static str) {
        match self {
            Self::HeartRate => (147_842, "MDC_ECG_HEART_RATE"),
            Self::PulseRate => (149_530, "MDC_PULS_OXIM_PULS_RATE"),
            Self::SpO2 => (150_456, "MDC_PULS_OXIM_SAT_O2"),
            Self::RespRate => (151_562, "MDC_RESP_RATE"),
            Self::EtCo2 => (151_708, "MDC_AWAY_CO2_ET"),
            Self::Systolic => (150_021, "MDC_PRESS_BLD_NONINV_SYS"),
            Self::Diastolic => (150_022, "MDC_PRESS_BLD_NONINV_DIA"),
            Self::Mean => (150_023, "MDC_PRESS_BLD_NONINV_MEAN"),
            Self::Temperature => (150_344, "MDC_TEMP"),
        }
    }

    /// The one of this number.
    pub fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.id().0 == number)
    }

    /// Its unit.
    pub const fn unit(self) -> Unit {
        match self {
            Self::HeartRate | Self::PulseRate => Unit::BeatPerMin,
            Self::SpO2 => Unit::Percent,
            Self::RespRate => Unit::RespPerMin,
            Self::EtCo2 | Self::Systolic | Self::Diastolic | Self::Mean => Unit::MmHg,
            Self::Temperature => Unit::DegC,
        }
    }
}

impl Unit {
    /// Its number and its name; 268192 is from memory [E].
    pub const fn id(self) -> (u32, &'static str) {
        match self {
            Self::BeatPerMin => (264_864, "MDC_DIM_BEAT_PER_MIN"),
            Self::Percent => (262_688, "MDC_DIM_PERCENT"),
            Self::RespPerMin => (264_928, "MDC_DIM_RESP_PER_MIN"),
            Self::MmHg => (266_016, "MDC_DIM_MMHG"),
            Self::DegC => (268_192, "MDC_DIM_DEGC"),
        }
    }
}
