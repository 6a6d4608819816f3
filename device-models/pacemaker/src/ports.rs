//! The pacemaker's ports, by their place in `model.toml`.

pub(crate) const ATRIAL_SENSE: u32 = 0;
pub(crate) const VENTRICULAR_SENSE: u32 = 1;
pub(crate) const ACTIVITY: u32 = 2;
pub(crate) const BATTERY: u32 = 3;
pub(crate) const LEAD_IMPEDANCE: u32 = 4;
pub(crate) const MAGNET: u32 = 5;
pub(crate) const ATRIAL_PACE: u32 = 0;
pub(crate) const VENTRICULAR_PACE: u32 = 1;
pub(crate) const PULSE_WIDTH: u32 = 2;
pub(crate) const ATRIAL_SENSITIVITY: u32 = 3;
pub(crate) const VENTRICULAR_SENSITIVITY: u32 = 4;
pub(crate) const RADIO: u32 = 5;
pub(crate) const BATTERY_ALARM: u32 = 0;
pub(crate) const MODE: u32 = 0;
pub(crate) const RATE: u32 = 1;
pub(crate) const BATTERY_FIELD: u32 = 2;
pub(crate) const MARKER: u32 = 3;
/// Numbers of measurements in a report, above those of parameters: [0.01 V], [ohm].
pub(crate) const SAYS_BATTERY: u16 = 256;
pub(crate) const SAYS_IMPEDANCE: u16 = 257;
/// A threshold that nothing reaches [mV].
pub(crate) const DEAF_MV: f64 = 1000.0;
