//! What a wearer of one trial is like: drawn once, before the trial begins.

use super::{Habits, WearerSetup};
use crate::adversary::Spread;
use crate::seed::Keyed;

/// What of a wearer's habits may differ between trials; what is left out is as in [`Habits`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Varied {
    /// Probability that they notice a beep that they did not cause.
    pub notices_beep: Option<Spread>,
    /// Probability that they notice a device's warning of low glucose.
    pub notices_alarm: Option<Spread>,
    /// Probability that they feel a low.
    pub feels_low: Option<Spread>,
    /// Probability that somebody helps, day and night.
    pub companion: Option<Spread>,
    /// Asleep from this hour to that of the day.
    pub asleep_h: Option<(Spread, Spread)>,
}

/// Sets these draws apart from those that a wearer makes by the minute.
const HABIT: u64 = 1 << 32;

impl WearerSetup {
    /// The habits of the wearer of one trial; `luck` is that wearer's.
    pub(crate) fn habits_of_trial(&self, luck: Keyed) -> Habits {
        let mut habits = self.habits.clone();
        let draw = |which: u64, spread: Spread| spread.at(luck.uniform(HABIT | which, 0));
        let chance = |which, spread| draw(which, spread).clamp(0.0, 1.0);
        let hour = |which, spread| draw(which, spread).rem_euclid(24.0);
        let varied = self.varied;
        if let Some(spread) = varied.notices_beep {
            habits.notices_beep = chance(0, spread);
        }
        if let Some(spread) = varied.notices_alarm {
            habits.notices_alarm = chance(1, spread);
        }
        if let Some(spread) = varied.feels_low {
            habits.feels_low = Some(chance(2, spread));
        }
        if let Some(spread) = varied.companion {
            habits.companion = chance(3, spread);
            habits.companion_asleep = habits.companion;
        }
        if let Some((from, until)) = varied.asleep_h {
            habits.asleep_h = (hour(4, from), hour(5, until));
        }
        habits
    }
}
