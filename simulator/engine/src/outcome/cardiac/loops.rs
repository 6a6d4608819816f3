//! Pacemaker-mediated tachycardia: a pacemaker follows the atrium, the atrium the ventricle that it paces.
//!
//! More than 16 paced beats in a row, each no later after the one before than the prescribed upper rate allows and
//! 20 ms, and after an atrial activation that came back from the ventricle at an interval which stays within 16 ms (models.md 2.7).
//! That it came back is known here; a device can only guess it.

/// Tolerance of the cycle and of the interval from ventricle to atrium [s].
const CYCLE_S: f64 = 0.020;
const BACK_S: f64 = 0.016;
/// So many beats may be a coincidence.
const CHANCE: u32 = 16;

/// The loops of one heart.
#[derive(Clone, Debug, Default)]
pub(super) struct Loops {
    /// How long after the last beat the atrium was reached from it [s].
    back_s: Option<f64>,
    /// Of the run in hand: its interval back [s], its beats, and how long they last [s].
    run: Option<(f64, u32, f64)>,
    seconds: f64,
}

impl Loops {
    /// The atrium is activated, so long after a beat that it came back from; from elsewhere, if none.
    pub(super) fn atrium(&mut self, back_s: Option<f64>) {
        self.back_s = back_s;
    }

    /// A beat so long after the one before, where `upper_ppm` was prescribed.
    pub(super) fn beat(&mut self, cycle_s: f64, is_paced: bool, upper_ppm: f64) {
        let is_fast = is_paced && cycle_s <= 60.0 / upper_ppm + CYCLE_S;
        let Some(back_s) = self.back_s.take().filter(|_| is_fast) else {
            self.run = None;
            return;
        };
        let goes_on = self.run.filter(|(first, _, _)| (back_s - first).abs() <= BACK_S);
        let (first, beats, before_s) = goes_on.unwrap_or((back_s, 0, 0.0));
        let (beats, lasts_s) = (beats + 1, before_s + cycle_s);
        self.run = Some((first, beats, lasts_s));
        self.seconds += match beats {
            _ if beats <= CHANCE => 0.0,
            _ if beats == CHANCE + 1 => lasts_s,
            _ => cycle_s,
        };
    }

    /// Time in such a tachycardia [s].
    pub(super) fn seconds(&self) -> f64 {
        self.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paced beats each half second, with these intervals back.
    fn seconds(back_s: impl Iterator<Item = Option<f64>>) -> f64 {
        let mut loops = Loops::default();
        for back_s in back_s {
            loops.atrium(back_s);
            loops.beat(0.5, true, 120.0);
        }
        loops.seconds()
    }

    #[test]
    fn seventeen_beats_are_a_tachycardia_and_sixteen_are_not() {
        let loops = |beats| seconds((0..beats).map(|_| Some(0.26)));
        assert!(loops(16).abs() < 1e-9);
        assert!((loops(17) - 8.5).abs() < 1e-9);
        assert!((loops(20) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn an_atrium_of_its_own_ends_the_run_and_so_does_another_interval() {
        let sinus = seconds((0..40).map(|beat| (beat % 16 != 15).then_some(0.26)));
        assert!(sinus.abs() < 1e-9, "{sinus}");
        let varies = seconds((0..40).map(|beat| Some(0.2 + 0.02 * f64::from(beat % 2))));
        assert!(varies.abs() < 1e-9, "{varies}");
    }

    #[test]
    fn slow_beats_and_those_of_the_heart_itself_are_none() {
        for (cycle_s, is_paced) in [(0.53, true), (0.5, false)] {
            let mut loops = Loops::default();
            for _ in 0..40 {
                loops.atrium(Some(0.26));
                loops.beat(cycle_s, is_paced, 120.0);
            }
            assert!(loops.seconds().abs() < 1e-9, "{cycle_s} {is_paced}");
        }
    }
}
