//! A syringe pump, 0.1 to 200 mL/h [E]. Its therapy is this component; its communication module is
//! another device beside it (`docking-gateway`), so that what breaks one leaves the other alone. What it
//! models stands in `medtwin_infusion::Volumetric`.
//!
//! Units: mL, mL/h, min; of the library ug. Sources: models.md 3.5, ICSMA-17-250-02A (two modules); the
//! range [E]. Left out: the sizes of syringes and their friction, bolus by hand, free flow. Domain of
//! validity: 0.1 to 200 mL/h, one drug.

use medtwin_infusion::Volumetric;
use medtwin_sdk::{Config, Model};

/// What its motor gives at most [mL/h].
const MOST_ML_PER_H: f64 = 200.0;

/// The pump.
pub struct SyringePump(Volumetric);

impl Model for SyringePump {
    fn start(config: &Config) -> Self {
        Self(Volumetric::start(config, MOST_ML_PER_H))
    }

    fn on_timer(&mut self, _id: u32) {
        self.0.run();
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        self.0.hears(peer, body);
    }

    fn on_input(&mut self, input: u32, value: f64) {
        self.0.pressed(input, value);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(SyringePump);
