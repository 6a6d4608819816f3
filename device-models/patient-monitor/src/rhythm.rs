//! Rates from events: heart beats and breaths, as the hardware notices them one by one, or, where it
//! only gives a rate, as many as that rate makes.

/// How many intervals are kept: what the mean is of (models.md 4.1).
const KEPT: usize = 12;
/// A slow heart is averaged over fewer beats: when the last three intervals are longer than this [ms].
const SLOW_MS: f64 = 1200.0;
/// Intervals shorter than this are no heart beats that pump [ms]: fibrillation.
const FIBRILLATION_MS: f64 = 300.0;

/// Events, the last of them with their intervals [ms].
#[derive(Clone, Debug, Default)]
pub(crate) struct Rhythm {
    intervals: Vec<f64>,
    last_ms: Option<u64>,
    /// When breaths of the last half minute came [ms].
    recent: Vec<u64>,
    /// Of a rate: how much of the next event is past.
    phase: f64,
    senses: bool,
}

impl Rhythm {
    /// The hardware noticed one at `now_ms`: from now on its rate is of no use.
    pub(crate) fn sensed(&mut self, now_ms: u64) {
        self.senses = true;
        let before = self.last_ms.map(|last| now_ms.saturating_sub(last) as f64);
        self.event(now_ms, before);
    }

    /// A second passed in which the hardware said this rate [1/min]; none if it says nothing.
    pub(crate) fn second_of(&mut self, rate_per_min: Option<f64>, now_ms: u64) {
        if self.senses {
            return;
        }
        let Some(rate) = rate_per_min.filter(|rate| (0.0..1000.0).contains(rate)) else { return };
        // Until it falls silent there was one just before it was looked at first.
        self.last_ms.get_or_insert(now_ms);
        self.phase += rate / 60.0;
        while self.phase >= 1.0 {
            self.phase -= 1.0;
            let since_ms = (self.phase / rate * 60_000.0) as u64;
            self.event(now_ms.saturating_sub(since_ms), Some(60_000.0 / rate));
        }
    }

    fn event(&mut self, at_ms: u64, interval: Option<f64>) {
        if let Some(interval) = interval {
            if self.intervals.len() == KEPT {
                self.intervals.remove(0);
            }
            self.intervals.push(interval);
        }
        self.last_ms = Some(at_ms);
        self.recent.push(at_ms);
        if self.recent.len() > 64 {
            self.recent.remove(0);
        }
    }

    /// How long ago the last one was [ms].
    pub(crate) fn silent_ms(&self, now_ms: u64) -> Option<u64> {
        self.last_ms.map(|last| now_ms.saturating_sub(last))
    }

    /// Nothing is known any more: the sensor came off.
    pub(crate) fn forget(&mut self) {
        *self = Self { senses: self.senses, ..Self::default() };
    }

    /// The rate of a heart [1/min]: of the last four intervals when the last three are slow; else of
    /// the last twelve, without the longest and the shortest.
    pub(crate) fn heart_rate(&self) -> Option<f64> {
        let slow = |last: &[f64]| last.len() == 3 && last.iter().all(|&ms| ms > SLOW_MS);
        let last = |n: usize| &self.intervals[self.intervals.len().saturating_sub(n)..];
        if self.intervals.is_empty() {
            return None;
        }
        if slow(last(3)) {
            return Some(60_000.0 / mean(last(4)));
        }
        let mut kept = self.intervals.clone();
        kept.sort_by(f64::total_cmp);
        let inner = if kept.len() > 2 { &kept[1..kept.len() - 1] } else { &kept[..] };
        Some(60_000.0 / mean(inner))
    }

    /// The rate of breathing [1/min]: breaths that were noticed in the last 30 s, or since `from_ms` if
    /// that is less; none where no breath ever was.
    pub(crate) fn resp_rate(&self, now_ms: u64, from_ms: u64) -> Option<f64> {
        if !self.senses {
            return None;
        }
        let window = now_ms.saturating_sub(from_ms).clamp(1, 30_000);
        let since = now_ms.saturating_sub(window);
        let count = self.recent.iter().filter(|&&at| at > since).count();
        Some(count as f64 * 60_000.0 / window as f64)
    }

    /// Six of the last eight intervals are too short for a heart that pumps (models.md 4.1).
    pub(crate) fn fibrillates(&self) -> bool {
        let last = &self.intervals[self.intervals.len().saturating_sub(8)..];
        last.len() == 8 && last.iter().filter(|&&ms| ms < FIBRILLATION_MS).count() >= 6
    }

    /// The last interval, or the one that is going on, is a pause: over 2 s, or 2.5 times the mean.
    pub(crate) fn pauses(&self, now_ms: u64) -> bool {
        let Some((&last, before)) = self.intervals.split_last() else { return false };
        let longest = self.silent_ms(now_ms).map_or(0.0, |ms| ms as f64).max(last);
        longest > 2000.0 || !before.is_empty() && longest > 2.5 * mean(before)
    }
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A heart at `first`, then at `then`; the seconds after which the rate shown is within 2 of it.
    fn settles_after(first: f64, then: f64) -> u64 {
        let mut rhythm = Rhythm::default();
        (0..60).for_each(|s| rhythm.second_of(Some(first), s * 1000));
        assert!(rhythm.heart_rate().is_some_and(|rate| (rate - first).abs() < 0.5));
        let within = |rhythm: &Rhythm| rhythm.heart_rate().is_some_and(|r| (r - then).abs() < 2.0);
        let settled = (60..90).find(|&s| {
            rhythm.second_of(Some(then), s * 1000);
            within(&rhythm)
        });
        settled.expect("it settles") - 59
    }

    #[test]
    fn a_step_is_shown_after_the_seconds_that_models_md_gives() {
        assert!((6..=8).contains(&settles_after(80.0, 120.0)), "about 7 s");
        assert!((5..=7).contains(&settles_after(80.0, 40.0)), "about 6 s");
    }

    #[test]
    fn beats_that_are_sensed_count_and_the_rate_does_not() {
        let mut rhythm = Rhythm::default();
        for beat in 0..20 {
            rhythm.sensed(beat * 800);
            rhythm.second_of(Some(200.0), beat * 800);
        }
        assert_eq!(rhythm.heart_rate(), Some(75.0));
    }

    #[test]
    fn a_heart_that_stands_still_is_silent() {
        let mut rhythm = Rhythm::default();
        (0..20).for_each(|s| rhythm.second_of(Some(60.0), s * 1000));
        (20..24).for_each(|s| rhythm.second_of(Some(0.0), s * 1000));
        assert_eq!(rhythm.silent_ms(23_000), Some(4000));
        assert!(rhythm.pauses(23_000));
    }

    #[test]
    fn breaths_are_counted_over_half_a_minute() {
        let mut rhythm = Rhythm::default();
        assert_eq!(rhythm.resp_rate(1000, 0), None);
        (1..=12).for_each(|breath| rhythm.sensed(breath * 5000));
        assert_eq!(rhythm.resp_rate(60_000, 0), Some(12.0));
        assert_eq!(rhythm.resp_rate(75_000, 0), Some(6.0), "half of them are past");
    }

    #[test]
    fn fibrillation_is_six_short_intervals_of_eight() {
        let mut rhythm = Rhythm::default();
        (0..40).for_each(|beat| rhythm.sensed(beat * 250));
        assert!(rhythm.fibrillates());
        (40..44).for_each(|beat| rhythm.sensed(10_000 + (beat - 40) * 800));
        assert!(!rhythm.fibrillates());
    }
}
