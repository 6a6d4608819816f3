//! What a heart pumps: stroke volume beat by beat, and mean pressure by a two-element Windkessel.
//!
//! models.md 2.5, all of it [E]: a stroke fills with the time since the last and is less without the
//! atrium's help; nothing is pumped in fibrillation. Pressure is exact between beats. Valid for an adult of 70 kg at
//! rest; left out: reflexes, which would raise resistance within seconds, volume, and the two ventricles.

use super::conduction::Source;

/// Stroke volume of a full, well-timed beat [mL].
const STROKE_ML: f64 = 70.0;
/// Time before any filling, and its time constant [s].
const FILLING_S: (f64, f64) = (0.15, 0.25);
/// The atrium helps if it is so many ms ahead.
const HELPS_MS: std::ops::RangeInclusive<i64> = 80..=250;
/// Resistance [mmHg s/mL] and compliance [mL/mmHg].
const RESISTANCE: f64 = 1.09;
const COMPLIANCE: f64 = 1.5;
/// Pressure at the start [mmHg].
const START_MMHG: f64 = 91.0;
/// Below this nobody stays conscious for long [mmHg].
pub const SYNCOPE_MMHG: f64 = 50.0;

/// The circulation.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    map_mmhg: f64,
    at_ms: i64,
    last_beat_ms: i64,
}

impl Default for Flow {
    fn default() -> Self {
        Self { map_mmhg: START_MMHG, at_ms: 0, last_beat_ms: 0 }
    }
}

impl Flow {
    /// The ventricle beat at `now`, `atrium_ms` after the atrium if it is known: the stroke [mL].
    pub fn beat(&mut self, now: i64, source: Source, atrium_ms: Option<i64>) -> f64 {
        self.advance(now);
        let cycle_s = (now - self.last_beat_ms).max(0) as f64 / 1000.0;
        self.last_beat_ms = now;
        let filled = 1.0 - libm::exp(-((cycle_s - FILLING_S.0).max(0.0)) / FILLING_S.1);
        let stroke_ml = STROKE_ML * filled * timing(source, atrium_ms);
        self.map_mmhg += stroke_ml / COMPLIANCE;
        stroke_ml
    }

    /// The pressure at `now` [mmHg], with what ran off since it was last asked.
    pub fn advance(&mut self, now: i64) -> f64 {
        let passed_s = (now - self.at_ms).max(0) as f64 / 1000.0;
        self.at_ms = self.at_ms.max(now);
        self.map_mmhg *= libm::exp(-passed_s / (RESISTANCE * COMPLIANCE));
        self.map_mmhg
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

    /// Mean pressure just before beats, after a minute of them [mmHg].
    fn settled(cycle_ms: i64, source: Source, atrium_ms: Option<i64>) -> f64 {
        let mut flow = Flow::default();
        for beat in 1..60_000 / cycle_ms {
            flow.beat(beat * cycle_ms, source, atrium_ms);
        }
        let end = 60_000 / cycle_ms * cycle_ms;
        (flow.advance(end - cycle_ms / 2) + flow.advance(end)) / 2.0
    }

    #[test]
    fn a_sinus_rhythm_of_70_keeps_its_pressure() {
        let map = settled(857, Source::Conducted, Some(130));
        assert!((70.0..100.0).contains(&map), "{map}");
    }

    #[test]
    fn a_slow_rhythm_without_the_atrium_has_less_and_fibrillation_none() {
        let usual = settled(857, Source::Conducted, Some(130));
        let escape = settled(2000, Source::Escape, None);
        assert!(escape < 0.75 * usual, "{escape} of {usual}");
        assert!(settled(200, Source::Fibrillation, None) < 1.0);
    }

    #[test]
    fn without_a_beat_pressure_falls_below_50_within_two_seconds() {
        let mut flow = Flow::default();
        assert!(flow.advance(500) > SYNCOPE_MMHG);
        assert!(flow.advance(2000) < SYNCOPE_MMHG);
    }
}
