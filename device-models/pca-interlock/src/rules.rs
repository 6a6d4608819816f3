//! When a patient on opioids is not to get more (Pajic et al. 2014; thresholds of models.md 3.6).
//!
//! Simple: saturation below 90 % or fewer than 8 breaths for five samples. Full: saturation below 90 %
//! for 5 s, fewer than 8 breaths for 15 s, CO2 above 60 mmHg for 15 s, no breath for 20 s, or fewer
//! than 10 breaths with CO2 above 50 mmHg for 15 s [E]. Without a signal for 20 s nothing is known, and
//! nothing is given.

/// What sensors read now; none where nothing is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    pub(crate) spo2: Option<f64>,
    pub(crate) rate: Option<f64>,
    pub(crate) etco2: Option<f64>,
}

/// For how many seconds in a row each rule holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    is_full: bool,
    simple: u32,
    low: u32,
    slow: u32,
    high: u32,
    still: u32,
    trend: u32,
    blind: u32,
}

/// What the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    GoOn,
    Stop,
    Blind,
}

impl Rules {
    pub(crate) fn new(is_full: bool) -> Self {
        Self { is_full, ..Self::default() }
    }

    /// Takes the sample of a second.
    pub(crate) fn second(&mut self, s: &Sample) -> Said {
        let low = s.spo2.is_some_and(|v| v < 90.0);
        let slow = s.rate.is_some_and(|v| v < 8.0);
        let high = s.etco2.is_some_and(|v| v > 60.0);
        let still = s.rate.is_some_and(|v| v <= 0.0) || s.etco2.is_some_and(|v| v <= 0.0);
        let trend = s.rate.is_some_and(|v| v < 10.0) && s.etco2.is_some_and(|v| v > 50.0);
        let blind = s.spo2.is_none() && (s.rate.is_none() || !self.is_full);
        let count = |seconds: &mut u32, holds: bool| {
            *seconds = if holds { *seconds + 1 } else { 0 };
            *seconds
        };
        let simple = count(&mut self.simple, low || slow) >= 5;
        let full = [
            count(&mut self.low, low) >= 5,
            count(&mut self.slow, slow) >= 15,
            count(&mut self.high, high) >= 15,
            count(&mut self.still, still) >= 20,
            count(&mut self.trend, trend) >= 15,
        ];
        let is_blind = count(&mut self.blind, blind) >= 20;
        match if self.is_full { full.contains(&true) } else { simple } {
            true => Said::Stop,
            false if is_blind => Said::Blind,
            false => Said::GoOn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Sample = Sample { spo2: Some(97.0), rate: Some(12.0), etco2: Some(38.0) };

    /// After how many seconds of `sample` it says something else than go on.
    fn after(is_full: bool, sample: Sample) -> Option<(u32, Said)> {
        let mut rules = Rules::new(is_full);
        (1..100)
            .find_map(|s| Some((s, rules.second(&sample))).filter(|(_, said)| *said != Said::GoOn))
    }

    #[test]
    fn each_rule_has_its_time() {
        assert_eq!(after(false, WELL), None);
        assert_eq!(after(false, Sample { spo2: Some(89.0), ..WELL }), Some((5, Said::Stop)));
        assert_eq!(after(false, Sample { rate: Some(7.0), ..WELL }), Some((5, Said::Stop)));
        assert_eq!(after(true, Sample { spo2: Some(89.0), ..WELL }), Some((5, Said::Stop)));
        assert_eq!(after(true, Sample { rate: Some(7.0), ..WELL }), Some((15, Said::Stop)));
        assert_eq!(after(true, Sample { etco2: Some(61.0), ..WELL }), Some((15, Said::Stop)));
        let trend = Sample { rate: Some(9.0), etco2: Some(51.0), ..WELL };
        assert_eq!(after(true, trend), Some((15, Said::Stop)));
        assert_eq!(after(true, Sample { etco2: Some(0.0), ..WELL }), Some((20, Said::Stop)));
    }

    #[test]
    fn who_sees_nothing_gives_nothing() {
        assert_eq!(after(true, Sample::default()), Some((20, Said::Blind)));
    }
}
