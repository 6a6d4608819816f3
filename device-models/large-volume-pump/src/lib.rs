//! A large-volume pump, 0.1 to 999 mL/h, six hours on its battery. What it models stands in
//! `medtwin_infusion::Volumetric`; the motor's own limit is the hardware's.
//!
//! Units: mL, mL/h, min; of the library ug. Sources: models.md 3.5 (ranges, KVO, battery; occlusion at
//! 517 mmHg lies within the 300 to 700 of products). Left out: the error of 5 % that products may have,
//! for the hardware gives what it is asked for; weight-based rates, the drug in a second bag, free flow.
//! Domain of validity: 0.1 to 999 mL/h, one drug.

use medtwin_infusion::Volumetric;
use medtwin_sdk::{Config, Model};

/// What its motor gives at most [mL/h].
const MOST_ML_PER_H: f64 = 999.0;

/// The pump.
pub struct LargeVolumePump(Volumetric);

impl Model for LargeVolumePump {
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
medtwin_sdk::device!(LargeVolumePump);
