//! The pump's ports, by their place in `model.toml`.

pub(crate) const REMOTE: u32 = 0;
pub(crate) const CGM: u32 = 1;
pub(crate) const RESERVOIR: u32 = 0;
pub(crate) const OCCLUSION: u32 = 1;
pub(crate) const BASAL_PORT: u32 = 0;
pub(crate) const BOLUS: u32 = 1;
pub(crate) const BEEP: u32 = 0;
pub(crate) const SUSPENDED: u32 = 1;
pub(crate) const LOW_RESERVOIR: u32 = 2;
pub(crate) const EMPTY: u32 = 3;
pub(crate) const OCCLUDED: u32 = 4;
pub(crate) const REJECTED: u32 = 5;
pub(crate) const LOW_GLUCOSE: u32 = 6;
pub(crate) const BASAL: u32 = 0;
pub(crate) const LAST_BOLUS: u32 = 1;
pub(crate) const ON_BOARD: u32 = 2;
pub(crate) const RESERVOIR_FIELD: u32 = 3;
pub(crate) const READING: u32 = 4;
pub(crate) const STATE: u32 = 5;
pub(crate) const PAIRING: u32 = 0;
