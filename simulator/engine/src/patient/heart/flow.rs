//! What a heart pumps: stroke volume beat by beat, and mean pressure by resistance.
//!
//! models.md 2.5, all of it [E]: a stroke fills with the time since the last and is less without the
//! atrium's help; nothing is pumped in fibrillation. Pressure is that of the mean flow over 8 s.
//!
//! Left out: reflexes, which would raise resistance within seconds, volume, and the two ventricles. Units: mL, L/min, mmHg, s.
//! Sources: models.md 2.5. Domain of validity: an adult of 70 kg at rest.

use std::collections::VecDeque;

use super::conduction::Source;

/// Stroke volume of a full, well-timed beat [mL].
const STROKE_ML: f64 = 70.0;
/// Time before any filling, and its time constant [s].
const FILLING_S: (f64, f64) = (0.15, 0.25);
/// The atrium helps if it is so many ms ahead.
const HELPS_MS: std::ops::RangeInclusive<i64> = 80..=250;
/// Resistance [mmHg s/mL].
const RESISTANCE: f64 = 1.09;
/// Flow is meant over this time [ms].
const MEAN_MS: i64 = 8000;
/// Flow at the start [mL/s]: 5 L/min.
const START_ML_S: f64 = 5000.0 / 60.0;
/// Below this nobody stays conscious for long [mmHg].
pub const SYNCOPE_MMHG: f64 = 50.0;

/// The circulation.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Strokes of the last seconds: when [ms], how much [mL].
    strokes: VecDeque<(i64, f64)>,
    last_beat_ms: i64,
}

impl Flow {
    /// The ventricle beat at `now`, `atrium_ms` after the atrium if it is known: the stroke [mL].
    pub fn beat(&mut self, now: i64, source: Source, atrium_ms: Option<i64>) -> f64 {
        let cycle_s = (now - self.last_beat_ms).max(0) as f64 / 1000.0;
        self.last_beat_ms = now;
        let filled = 1.0 - libm::exp(-((cycle_s - FILLING_S.0).max(0.0)) / FILLING_S.1);
        let stroke_ml = STROKE_ML * filled * timing(source, atrium_ms);
        self.strokes.push_back((now, stroke_ml));
        stroke_ml
    }

    /// Mean arterial pressure at `now` [mmHg].
    pub fn map_mmhg(&mut self, now: i64) -> f64 {
        while self.strokes.front().is_some_and(|(at, _)| *at <= now - MEAN_MS) {
            self.strokes.pop_front();
        }
        let pumped = self.strokes.iter().fold(0.0, |sum, (_, stroke)| sum + stroke);
        // Before the run it pumped as usual.
        let before = (MEAN_MS - now).max(0) as f64 / 1000.0 * START_ML_S;
        RESISTANCE * (pumped + before) / (MEAN_MS as f64 / 1000.0)
    }
}

fn timing(source: Source, atrium_ms: Option<i64>) -> f64 {
    let helped = atrium_ms.is_some_and(|ms| HELPS_MS.contains(&ms));
    match source {
        Source::Fibrillation => 0.0,
        Source::Premature | Source::Tachycardia => 0.6,
        Source::Pace if helped => 0.85,
        _ if helped => 1.0,
        _ => 0.75,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pressure after a minute of beats [mmHg].
    fn settled(cycle_ms: i64, source: Source, atrium_ms: Option<i64>) -> f64 {
        let mut flow = Flow::default();
        for beat in 1..=60_000 / cycle_ms {
            flow.beat(beat * cycle_ms, source, atrium_ms);
        }
        flow.map_mmhg(60_000)
    }

    #[test]
    fn a_sinus_rhythm_of_70_keeps_its_pressure() {
        let map = settled(857, Source::Conducted, Some(130));
        assert!((75.0..95.0).contains(&map), "{map}");
    }

    #[test]
    fn a_slow_rhythm_without_the_atrium_has_less_and_fibrillation_none() {
        assert!(settled(1000, Source::Pace, None) > SYNCOPE_MMHG);
        assert!(settled(3500, Source::Escape, None) < SYNCOPE_MMHG);
        assert!(settled(200, Source::Fibrillation, None) < 1.0);
    }

    #[test]
    fn without_a_beat_pressure_is_below_50_within_seconds() {
        let mut flow = Flow::default();
        assert!(flow.map_mmhg(0) > 90.0);
        assert!(flow.map_mmhg(5000) < SYNCOPE_MMHG);
    }
}
