//! The ICD's ports, by their place in `model.toml`.

pub(crate) const SENSE: u32 = 0;
pub(crate) const BATTERY: u32 = 1;
pub(crate) const LEAD_IMPEDANCE: u32 = 2;
pub(crate) const MAGNET: u32 = 3;
pub(crate) const PACE: u32 = 0;
pub(crate) const PULSE_WIDTH: u32 = 1;
pub(crate) const SENSITIVITY: u32 = 2;
pub(crate) const RADIO: u32 = 3;
pub(crate) const CHARGE: u32 = 4;
pub(crate) const SHOCK: u32 = 5;
pub(crate) const BATTERY_ALARM: u32 = 0;
pub(crate) const THERAPY_ALARM: u32 = 1;
pub(crate) const EPISODES: u32 = 0;
pub(crate) const SHOCKS: u32 = 1;
pub(crate) const BATTERY_FIELD: u32 = 2;
pub(crate) const SETTINGS: u32 = 3;
/// Numbers of measurements in a report, above those of parameters: [0.01 V], [ohm], count.
pub(crate) const SAYS_BATTERY: u16 = 256;
pub(crate) const SAYS_IMPEDANCE: u16 = 257;
pub(crate) const SAYS_EPISODES: u16 = 258;
