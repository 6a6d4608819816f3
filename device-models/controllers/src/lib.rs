//! What decides on a pump's basal rate and on a meal's bolus: the controllers of closed loops.
//!
//! Pure functions of readings, doses and settings: no clock, no port, no frame. The insulin pump runs them as
//! guest logic, and tests run them beside the patient without a sandbox.
//!
//! | module | decides | after |
//! |---|---|---|
//! | [`oref0`] | a temporary rate from predictions | OpenAPS reference design, oref0 0.7.1 |
//! | [`pid`] | a rate from error, its integral and its slope | models.md 1.7 [E] |
//! | [`suspend`] | whether basal insulin stops: low, or low soon | MiniMed and t:slim in style [E] |
//! | [`meal`] | a bolus for carbohydrate and a correction | the usual bolus calculator |
//!
//! Left out: of `oref0` carbohydrate on board, micro-boluses, unannounced meals, autosens; of all, learning from a patient.
//! Nothing here is for clinical use.
//!
//! Units: mg/dL, U, U/h, min. Sources: the column "after" above and models.md 1.7, with the vectors of oref0
//! itself. Domain of validity: rapid-acting insulin, readings of 40 to 400 mg/dL every five minutes, people whose
//! basal rate, ratios and daily insulin are known.

pub mod history;
pub mod insulin;
pub mod meal;
pub mod oref0;
pub mod pid;
pub mod rounding;
pub mod suspend;

/// A basal rate for a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temp {
    /// [U/h]
    pub rate_u_per_h: f64,
    /// Minutes that it is to run, or that are left of it; 0 when none runs.
    pub minutes: f64,
}
