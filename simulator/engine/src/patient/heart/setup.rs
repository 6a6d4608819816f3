//! A patient with a heart as a scenario sets them up.

use super::Parameters;
use crate::trace::Name;

/// Who they are, and what happens to them.
#[derive(Clone, Debug)]
pub struct HeartSetup {
    /// Their name in traces.
    pub name: Name,
    /// Their name as words.
    pub text: String,
    /// What their heart is made of.
    pub parameters: Parameters,
    /// How much higher than usual the threshold of capture is: 2.5 in the first weeks of a lead.
    pub threshold_factor: f64,
    /// When a magnet lies over the implant [min].
    pub magnet_min: Option<(f64, f64)>,
    /// When they exercise [min].
    pub exercise_min: Option<(f64, f64)>,
    /// When VT begins [min].
    pub tachycardia_at_min: Vec<f64>,
    /// When VF begins [min].
    pub fibrillation_at_min: Vec<f64>,
    /// How long after VF began somebody shocks them from outside [min].
    pub rescued_after_min: Option<f64>,
    /// Share of the implant's battery that is used up at the start.
    pub battery_used: f64,
    /// Impedance of the lead [ohm].
    pub lead_ohm: f64,
    /// The rates between which the implant was prescribed to keep them [1/min].
    pub prescribed_ppm: (f64, f64),
}
