//! An electrocardiogram to look at: lead II [mV], drawn from events.
//!
//! Each activation leaves Gaussian waves anchored to it (models.md 2.3; shapes after McSharry et al. 2003 [E]), so
//! that atrium and ventricle may go their own ways. For the eye alone: no device senses it, and no
//! diagnosis may be tried on it. A monitor at the bed is told of a beat and its height, not given the line.
//!
//! Left out: other leads, bundle branch blocks, ischaemia, white noise.
//! Units: mV, ms. Sources: as above. Domain of validity: a picture of rhythms of 20 to 300 /min.

use super::conduction::Source;

/// A wave: amplitude [mV], middle after the event and width [ms], and whether it scales with the cycle.
struct Wave(f64, f64, f64, bool);

const P: &[Wave] = &[Wave(0.15, 40.0, 20.0, false)];
const NARROW: &[Wave] = &[
    Wave(-0.10, 12.0, 8.0, false),
    Wave(1.20, 35.0, 10.0, false),
    Wave(-0.25, 60.0, 10.0, false),
    Wave(0.30, 270.0, 45.0, true),
];
const PACED: &[Wave] =
    &[Wave(1.0, 70.0, 28.0, false), Wave(-0.4, 130.0, 25.0, false), Wave(-0.35, 330.0, 60.0, true)];
const WIDE: &[Wave] = &[Wave(1.4, 80.0, 30.0, false), Wave(-0.5, 320.0, 60.0, false)];
/// A spike: how long [ms], and its height per volt [mV].
const SPIKE: (f64, f64) = (2.0, 2.0 / 3.5);
/// Fibrillation: amplitudes [mV], frequencies [Hz], and what is left after a minute.
const FIBRILLATION: ([(f64, f64); 3], f64) = ([(0.4, 5.1), (0.24, 6.7), (0.16, 3.9)], 0.9);
/// Breath moves the line [mV], [Hz].
const WANDER: (f64, f64) = (0.05, 0.25);
/// Cycles for the shape of the T wave [s].
const CYCLE_S: (f64, f64) = (0.4, 1.5);

/// Something that leaves a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drawn {
    /// The atrium was activated.
    Atrium,
    /// The ventricle was, from there, so many seconds after the beat before.
    Ventricle(Source, f64),
    /// A stimulus of so many volts.
    Spike(f64),
}

/// The line at `at_ms`, of events by time [ms] (those of the last second are enough); fibrillation since then.
pub fn line_mv(at_ms: f64, events: &[(f64, Drawn)], fibrillates_since_ms: Option<f64>) -> f64 {
    let sin = |hz: f64| libm::sin(2.0 * std::f64::consts::PI * hz * at_ms / 1000.0);
    let wander = WANDER.0 * sin(WANDER.1);
    if let Some(since) = fibrillates_since_ms {
        let left = libm::pow(FIBRILLATION.1, (at_ms - since).max(0.0) / 60_000.0);
        return wander
            + left * FIBRILLATION.0.iter().fold(0.0, |sum, (mv, hz)| sum + mv * sin(*hz));
    }
    let of = |(from, drawn): &(f64, Drawn)| wave_mv(at_ms - from, *drawn);
    events.iter().map(of).fold(wander, |sum, mv| sum + mv)
}

/// How high a beat from there stands above the line [mV].
pub fn height_mv(source: Source) -> f64 {
    if source == Source::Fibrillation {
        return FIBRILLATION.0[0].0;
    }
    waves(source).iter().map(|wave| wave.0).fold(0.0, f64::max)
}

const fn waves(source: Source) -> &'static [Wave] {
    match source {
        Source::Conducted | Source::Junction => NARROW,
        Source::Pace => PACED,
        _ => WIDE,
    }
}

fn wave_mv(since_ms: f64, drawn: Drawn) -> f64 {
    let (waves, cycle_s) = match drawn {
        Drawn::Atrium => (P, 1.0),
        Drawn::Spike(volt) => {
            return if (0.0..SPIKE.0).contains(&since_ms) { SPIKE.1 * volt } else { 0.0 };
        }
        Drawn::Ventricle(source, cycle_s) => (waves(source), cycle_s),
    };
    let stretch = libm::sqrt(cycle_s.clamp(CYCLE_S.0, CYCLE_S.1));
    let one = |&Wave(mv, middle, width, scales): &Wave| {
        let scale = if scales { stretch } else { 1.0 };
        let off = (since_ms - middle * scale) / (width * scale);
        mv * libm::exp(-off * off / 2.0)
    };
    waves.iter().map(one).fold(0.0, |sum, mv| sum + mv)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn highest(events: &[(f64, Drawn)]) -> (f64, f64) {
        let points = (0..1000).map(|ms| (f64::from(ms), line_mv(f64::from(ms), events, None)));
        points.fold((0.0, f64::MIN), |best, point| if point.1 > best.1 { point } else { best })
    }

    #[test]
    fn a_conducted_beat_has_its_highest_point_in_the_r_wave() {
        let beat = [(100.0, Drawn::Atrium), (250.0, Drawn::Ventricle(Source::Conducted, 0.857))];
        let (at, mv) = highest(&beat);
        assert!((280.0..=290.0).contains(&at) && (1.0..1.3).contains(&mv), "{mv} mV at {at} ms");
    }

    #[test]
    fn a_paced_beat_begins_with_a_spike() {
        let beat = [(100.0, Drawn::Spike(3.5)), (100.0, Drawn::Ventricle(Source::Pace, 1.0))];
        let (at, mv) = highest(&beat);
        assert!((100.0..102.0).contains(&at) && mv > 1.9, "{mv} mV at {at} ms");
    }

    #[test]
    fn fibrillation_fades() {
        let swing = |from: u32| {
            let points = (0..2000).map(|ms| line_mv(f64::from(from + ms), &[], Some(0.0)).abs());
            points.fold(0.0, f64::max)
        };
        assert!(swing(600_000) < 0.6 * swing(0));
    }
}
