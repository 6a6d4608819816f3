//! What lack of oxygen does to the heart [E].
//!
//! The rate rises by 1.2 % for each percent of saturation below 95, down to 70; from there it holds.
//! Below 55 % for more than a minute it falls in proportion, to nothing at 30 %, and mean pressure
//! with it. A dose of hypoxia of 1 (share x min below 60 %) is an arrest, from which nobody comes back
//! here. Left out: conduction (the model `heart` has it), drugs' own effect on rate and pressure,
//! resuscitation.
//!
//! Units: 1/min, mmHg, s; saturation as a share. Sources: models.md 3.3, all of it [E]. Domain of validity: adults
//! whose heart was well, until the arrest.

use super::breathing::Breathing;

const HYPOXIC_PERCENT: f64 = 55.0;
const STOPPED_PERCENT: f64 = 30.0;
const BORNE_S: u32 = 60;
const ARREST_DOSE: f64 = 1.0;
/// Mean arterial pressure at rest [mmHg] [E].
const MAP_MMHG: f64 = 88.0;

/// A heart that goes along.
#[derive(Clone, Debug)]
pub(super) struct Circulation {
    rest_per_min: f64,
    hypoxic_s: u32,
    is_arrested: bool,
}

impl Circulation {
    pub(super) const fn new(rest_per_min: f64) -> Self {
        Self { rest_per_min, hypoxic_s: 0, is_arrested: false }
    }

    /// One second at `saturation` (share) on; says whether the heart stopped in it.
    pub(super) fn second(&mut self, saturation: f64, breathing: &Breathing) -> bool {
        let is_hypoxic = 100.0 * saturation < HYPOXIC_PERCENT;
        self.hypoxic_s = if is_hypoxic { self.hypoxic_s + 1 } else { 0 };
        let was_arrested = self.is_arrested;
        self.is_arrested |= breathing.hypoxia_min() >= ARREST_DOSE;
        self.is_arrested && !was_arrested
    }

    /// What of the heart's work is left, 0 to 1.
    fn left(&self, saturation: f64) -> f64 {
        if self.is_arrested {
            return 0.0;
        }
        let span = HYPOXIC_PERCENT - STOPPED_PERCENT;
        let left = ((100.0 * saturation - STOPPED_PERCENT) / span).clamp(0.0, 1.0);
        if self.hypoxic_s > BORNE_S { left } else { 1.0 }
    }

    /// Heart rate at `saturation` (share) [1/min].
    pub(super) fn rate_per_min(&self, saturation: f64) -> f64 {
        let lack = 95.0 - (100.0 * saturation).clamp(70.0, 95.0);
        self.rest_per_min * (1.0 + 0.012 * lack) * self.left(saturation)
    }

    /// Mean arterial pressure at `saturation` (share) [mmHg].
    pub(super) fn map_mmhg(&self, saturation: f64) -> f64 {
        MAP_MMHG * self.left(saturation)
    }

    pub(super) const fn is_arrested(&self) -> bool {
        self.is_arrested
    }
}
