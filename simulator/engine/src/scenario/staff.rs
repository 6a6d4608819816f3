//! Staff of a ward.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::Number;

/// Nurses of a ward; what is left out is as in `people`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// How many are on duty by day.
    #[schemars(with = "u16")]
    pub nurses: Spanned<u16>,
    /// How many at night, from 21 to 7 h; as by day, if left out.
    #[schemars(with = "Option<u16>")]
    pub nurses_at_night: Option<Spanned<u16>>,
    /// The patients whom they look after; all, if left out.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub beds: Vec<Spanned<String>>,
    /// From an alarm of high priority to somebody at the bed [s].
    pub response_high_s: Option<Number>,
    /// The same of medium priority [s].
    pub response_medium_s: Option<Number>,
    /// The same of low priority [s].
    pub response_low_s: Option<Number>,
    /// Of that, the way to the bed [s].
    pub walk_s: Option<Number>,
    /// How long they are at the bed of who is well [s].
    pub handle_s: Option<Number>,
    /// Probability that an alarm at a bed is heard outside of its room.
    pub hears_bedside: Option<f64>,
    /// So many false alarms in a shift, and 63 % of those below high priority are ignored.
    pub fatigue_alarms: Option<f64>,
}
