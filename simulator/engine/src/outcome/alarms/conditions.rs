//! What can be wrong with a patient, by true vital signs, and which alarms tell of it.

/// A condition (models.md 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    HeartRate,
    Saturation,
    Desaturation,
    Breathing,
    Apnoea,
}

/// How many there are.
pub(super) const CONDITIONS: usize = 5;

impl Condition {
    pub(super) const ALL: [Self; CONDITIONS] =
        [Self::HeartRate, Self::Saturation, Self::Desaturation, Self::Breathing, Self::Apnoea];

    /// The vital sign, as traces name it.
    pub(super) const fn vital(self) -> &'static str {
        match self {
            Self::HeartRate => "heart-rate",
            Self::Saturation | Self::Desaturation => "spo2",
            Self::Breathing | Self::Apnoea => "resp-rate",
        }
    }

    /// Whether it is true at this value.
    pub(super) fn holds(self, value: f64) -> bool {
        match self {
            Self::HeartRate => !(50.0..=120.0).contains(&value),
            Self::Saturation => value < 90.0,
            Self::Desaturation => value < 80.0,
            Self::Breathing => !(8.0..=30.0).contains(&value),
            Self::Apnoea => value <= 0.0,
        }
    }

    /// What measuring and validating takes at most [s] (models.md 4.1, 4.2): the rate's average and 6 s;
    /// the finger, the average and 10 s; breaths of half a minute and 9 s; the timer of apnoea.
    pub(super) const fn delay_s(self) -> f64 {
        match self {
            Self::HeartRate => 11.0,
            Self::Saturation => 33.0,
            Self::Desaturation => 23.0,
            Self::Breathing => 39.0,
            Self::Apnoea => 21.0,
        }
    }

    /// How much later it may be heard [s] (metrics.md AVL-5): by its priority.
    pub(super) const fn allowed_s(self) -> f64 {
        match self {
            Self::Desaturation | Self::Apnoea => 10.0,
            _ => 30.0,
        }
    }

    /// What an alarm of this name may be about.
    pub(super) fn told_by(alarm: &str) -> &'static [Self] {
        match alarm {
            "heart-rate" | "asystole" | "fibrillation" | "extreme-rate" | "pause" => {
                &[Self::HeartRate]
            }
            "spo2" => &[Self::Saturation, Self::Desaturation],
            "desaturation" => &[Self::Desaturation, Self::Saturation],
            "resp-rate" | "etco2" => &[Self::Breathing, Self::Apnoea],
            "apnoea" => &[Self::Apnoea, Self::Breathing],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_is_told_by_an_alarm_of_its_vital_sign() {
        for condition in Condition::ALL {
            assert!(Condition::told_by(condition.vital()).contains(&condition), "{condition:?}");
        }
        assert_eq!(Condition::told_by("low-reservoir"), []);
    }
}
