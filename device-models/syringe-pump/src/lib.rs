//! A syringe pump, 0.1 to 200 mL/h [E]. Its therapy is this component; its communication module is
//! another device beside it (`docking-gateway`), so that what breaks one leaves the other alone. What it
//! models stands in `medtwin_infusion::VolumePump`.
//!
//! Units: mL, mL/h, min; of the library ug. Sources: models.md 3.5, ICSMA-17-250-02A (two modules); the
//! range [E]. Left out: the sizes of syringes and their friction, a plunger that somebody pushes, free flow.
//! Domain of validity: 0.1 to 200 mL/h, one drug, one line.

use medtwin_infusion::{Product, VolumePump};

/// What is its own.
pub struct Own;

impl Product for Own {
    const MOST_ML_PER_H: f64 = 200.0;
    const HAS_SECOND_LINE: bool = false;
}

/// The pump.
pub type SyringePump = VolumePump<Own>;

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(SyringePump);
