//! A patient as somebody at the bed sees them, without any device.

/// What is seen; none where nothing can be said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looks {
    /// Breaths, counted [1/min].
    pub resp_rate_per_min: Option<f64>,
    /// Saturation, by the colour of the lips or a probe of the nurse's own [%].
    pub spo2_percent: Option<f64>,
    /// Pulse, felt [1/min].
    pub heart_rate_per_min: Option<f64>,
}

impl Looks {
    /// Too few breaths, or too blue (models.md 4.2).
    pub fn breathes_too_little(self) -> bool {
        self.resp_rate_per_min.is_some_and(|rate| rate < 8.0)
            || self.spo2_percent.is_some_and(|spo2| spo2 < 90.0)
    }

    /// Somebody who cannot wait: hardly any breath, or far too blue [E].
    pub fn is_urgent(self) -> bool {
        self.resp_rate_per_min.is_some_and(|rate| rate < 5.0)
            || self.spo2_percent.is_some_and(|spo2| spo2 < 85.0)
    }

    /// Something is wrong with breath or pulse.
    pub fn is_ill(self) -> bool {
        let pulse = |rate: f64| !(40.0..=140.0).contains(&rate);
        self.breathes_too_little() || self.heart_rate_per_min.is_some_and(pulse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_breathes_too_little_or_has_no_pulse_is_ill_and_who_shows_nothing_is_not() {
        let well = Looks {
            resp_rate_per_min: Some(12.0),
            spo2_percent: Some(96.0),
            heart_rate_per_min: Some(70.0),
        };
        assert!(!well.is_ill() && !Looks::default().is_ill());
        assert!(Looks { resp_rate_per_min: Some(6.0), ..well }.breathes_too_little());
        assert!(Looks { spo2_percent: Some(80.0), ..well }.is_urgent());
        let still = Looks { heart_rate_per_min: Some(0.0), ..well };
        assert!(still.is_ill() && !still.breathes_too_little());
    }
}
