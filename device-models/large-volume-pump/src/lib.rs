//! A large-volume pump, 0.1 to 999 mL/h, six hours on its battery. What it models stands in
//! `medtwin_infusion::VolumePump`; the motor's own limit is the hardware's.
//!
//! Units: mL, mL/h, min; of the library ug. Sources: models.md 3.5 (ranges, KVO, battery; occlusion at
//! 517 mmHg lies within the 300 to 700 of products). Left out: the error of 5 % that products may have,
//! for the hardware gives what it is asked for; weight-based rates, the drug in a second bag, free flow.
//! Domain of validity: 0.1 to 999 mL/h, one drug.

use medtwin_infusion::{Product, VolumePump};

/// What is its own.
pub struct Own;

impl Product for Own {
    const MOST_ML_PER_H: f64 = 999.0;
    const HAS_SECOND_LINE: bool = true;
}

/// The pump.
pub type LargeVolumePump = VolumePump<Own>;

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(LargeVolumePump);
