//! What staff do for a patient with their own hands, beside what they do at devices.

/// One act of care. A bedside does what its patient model can answer, and ignores the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Care {
    /// Speaks to the patient and shakes them: arousal (models.md 3.3 [E]).
    Stimulate,
    /// Gives oxygen: the inspired fraction from now on, 0.21 to 1.
    Oxygen {
        /// 0.21 is room air.
        fio2: f64,
    },
    /// Gives naloxone into the vein.
    Naloxone {
        /// [mg]
        mg: f64,
    },
}
