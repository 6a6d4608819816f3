//! A strip: what happened in a heart and what a device did to it, kept by its time and drawn only when
//! somebody looks.
//!
//! Markers are the device's: what it showed of its own timing, or else what it gave (a pulse, a charge, a
//! shock). A pulse is drawn as a spike whether it captures or not, and even if the output stage gave less than was
//! asked for. Left out: electrograms of leads.

use super::conduction::Source;
use super::ecg::{Drawn, line_mv};

/// How long a beat leaves a trace, and how long before it the trace begins [ms].
const TAIL_MS: i64 = 1000;
const LEAD_MS: i64 = 50;
/// A point each so many ms; a spike has more.
const STEP_MS: usize = 4;

/// Events of a heart and its devices, in order of time [ms].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    drawn: Vec<(i64, Drawn)>,
    /// When fibrillation begins (true) and when a re-entry ends.
    fibrillates: Vec<(i64, bool)>,
    markers: Vec<(i64, &'static str)>,
    last_beat: Option<i64>,
}

impl Strip {
    /// The atrium is activated.
    pub fn atrium(&mut self, at_ms: i64) {
        self.drawn.push((at_ms, Drawn::Atrium));
    }

    /// The ventricle is, from there.
    pub fn ventricle(&mut self, at_ms: i64, source: Source) {
        let before = self.last_beat.replace(at_ms).unwrap_or(at_ms);
        if source != Source::Fibrillation {
            let cycle_s = (at_ms - before) as f64 / 1000.0;
            self.drawn.push((at_ms, Drawn::Ventricle(source, cycle_s)));
        }
    }

    /// Fibrillation begins, or what went round in the ventricle does so no more.
    pub fn fibrillates(&mut self, at_ms: i64, begins: bool) {
        self.fibrillates.push((at_ms, begins));
    }

    /// A stimulus of so many volts.
    pub fn spike(&mut self, at_ms: i64, volt: f64) {
        self.drawn.push((at_ms, Drawn::Spike(volt)));
    }

    /// A device's marker; the same of the same moment is one.
    pub fn mark(&mut self, at_ms: i64, marker: &'static str) {
        if self.markers.last() != Some(&(at_ms, marker)) {
            self.markers.push((at_ms, marker));
        }
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.drawn.len() + self.markers.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When the heart first goes another way than in `other` [ms]; never, if none. Stimuli do not count.
    pub fn first_difference(&self, other: &Self) -> Option<i64> {
        let beats = |own: &Self| {
            let beats = own.drawn.iter().filter(|(_, drawn)| !matches!(drawn, Drawn::Spike(_)));
            beats.copied().collect::<Vec<_>>()
        };
        let drawn = first_difference(&beats(self), &beats(other));
        let both = [drawn, first_difference(&self.fibrillates, &other.fibrillates)];
        both.into_iter().flatten().min()
    }

    /// Lead II from one time to another: points of time [ms] and voltage [mV].
    pub fn line(&self, from_ms: i64, until_ms: i64) -> Vec<(f64, f64)> {
        let mut times: Vec<i64> = (from_ms..=until_ms).step_by(STEP_MS).collect();
        let spikes = self.drawn.iter().filter(|(_, drawn)| matches!(drawn, Drawn::Spike(_)));
        let edges = spikes.flat_map(|(at, _)| [at - 1, *at, at + 1, at + 2]);
        times.extend(edges.filter(|at| (from_ms..=until_ms).contains(at)));
        times.sort_unstable();
        times.dedup();
        times.into_iter().map(|at| (at as f64, self.at(at))).collect()
    }

    fn at(&self, at_ms: i64) -> f64 {
        let first = self.drawn.partition_point(|(at, _)| *at < at_ms - TAIL_MS);
        let near = self.drawn[first..].iter().take_while(|(at, _)| *at <= at_ms + LEAD_MS);
        let events: Vec<(f64, Drawn)> = near.map(|&(at, drawn)| (at as f64, drawn)).collect();
        let changed = self.fibrillates.iter().rev().find(|(at, _)| *at <= at_ms);
        let since = changed.filter(|(_, begins)| *begins).map(|(at, _)| *at as f64);
        line_mv(at_ms as f64, &events, since)
    }

    /// The markers from one time to another.
    pub fn markers(&self, from_ms: i64, until_ms: i64) -> &[(i64, &'static str)] {
        let at = |ms: i64| self.markers.partition_point(|(at, _)| *at < ms);
        &self.markers[at(from_ms)..at(until_ms + 1)]
    }
}

/// The time of the first entry that is not the same in both.
fn first_difference<T: PartialEq>(own: &[(i64, T)], other: &[(i64, T)]) -> Option<i64> {
    let same = own.iter().zip(other).take_while(|(a, b)| a == b).count();
    let ends = [own.get(same), other.get(same)];
    ends.into_iter().flatten().map(|(at, _)| *at).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats that are paced each second, until one in which the pulse does not capture.
    fn paced(beats: i64, captures: bool) -> Strip {
        let mut strip = Strip::default();
        for beat in 1..=beats {
            strip.mark(beat * 1000, "VP");
            strip.mark(beat * 1000, "VP");
            strip.spike(beat * 1000, 3.5);
            if captures || beat < beats {
                strip.ventricle(beat * 1000, Source::Pace);
            }
        }
        strip
    }

    #[test]
    fn a_pulse_that_does_not_capture_is_a_spike_without_a_beat() {
        let highest = |strip: &Strip, from, until| {
            strip
                .line(from, until)
                .into_iter()
                .fold((0.0, f64::MIN), |best, point| if point.1 > best.1 { point } else { best })
        };
        let lost = paced(5, false);
        let (at, mv) = highest(&lost, 4900, 5100);
        assert!((5000.0..5002.0).contains(&at) && mv > 1.9, "{mv} mV at {at} ms");
        assert!(highest(&lost, 5003, 5800).1 < 0.1, "nothing follows it");
        assert!(highest(&paced(5, true), 5003, 5800).1 > 0.9, "a beat does");
    }

    #[test]
    fn the_first_difference_is_of_beats_and_not_of_stimuli() {
        assert_eq!(paced(5, false).first_difference(&paced(5, true)), Some(5000));
        assert_eq!(paced(5, true).first_difference(&paced(5, true)), None);
        let mut louder = paced(5, true);
        louder.spike(5500, 7.5);
        assert_eq!(louder.first_difference(&paced(5, true)), None);
        let mut shocked = paced(5, true);
        shocked.fibrillates(4500, true);
        assert_eq!(shocked.first_difference(&paced(5, true)), Some(4500));
    }

    #[test]
    fn fibrillation_hides_beats_until_it_ends() {
        let mut strip = paced(5, true);
        strip.fibrillates(5500, true);
        strip.ventricle(5700, Source::Fibrillation);
        strip.fibrillates(9000, false);
        let swing = |from, until| {
            strip.line(from, until).iter().map(|(_, mv)| mv.abs()).fold(0.0, f64::max)
        };
        assert!(swing(6000, 8900) > 0.5, "it swings");
        assert!(swing(9001, 9900) < 0.1, "the line is flat");
    }

    #[test]
    fn markers_of_a_moment_are_told_once() {
        assert_eq!(paced(5, true).markers(1500, 3000), [(2000, "VP"), (3000, "VP")]);
        assert_eq!(paced(5, true).markers(5001, 9000), []);
    }
}
