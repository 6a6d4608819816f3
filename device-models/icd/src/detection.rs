//! Detection and therapy of an ICD: what ventricular intervals lead to, in whole milliseconds.
//!
//! After models.md 2.6 (parameters of published 8/10 and 6/10 detectors, details [E]). It is told of each
//! ventricular sense, and says what it does; nothing ticks.
//! Left out: discriminators by shape, onset and stability, a VT-1 monitor zone, committed shocks,
//! atrial detection.

/// How many intervals the window holds at most.
const MOST: usize = 32;
/// Before anything was ever sensed [ms].
const NEVER: i64 = i64::MIN / 4;

/// What is programmed; times in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "named as in the specification")]
pub struct Detection {
    pub vf_ppm: f64,
    pub vt_ppm: f64,
    pub vt_on: bool,
    pub window: usize,
    pub window_in: usize,
    pub window_keep: usize,
    pub vf_duration_ms: i64,
    pub vt_duration_ms: i64,
    pub redetection_ms: i64,
    pub charge_ms: i64,
    pub atp_bursts: u32,
    pub atp_pulses: u32,
    pub atp_pct: i64,
    pub atp_step_ms: i64,
    pub atp_least_ms: i64,
    pub max_shocks: u32,
    pub shock_blank_ms: i64,
    pub end_slow: u32,
}

impl Default for Detection {
    fn default() -> Self {
        Self {
            vf_ppm: 200.0,
            vt_ppm: 170.0,
            vt_on: true,
            window: 10,
            window_in: 8,
            window_keep: 6,
            vf_duration_ms: 1000,
            vt_duration_ms: 2500,
            redetection_ms: 1000,
            charge_ms: 8000,
            atp_bursts: 2,
            atp_pulses: 8,
            atp_pct: 88,
            atp_step_ms: 10,
            atp_least_ms: 220,
            max_shocks: 6,
            shock_blank_ms: 500,
            end_slow: 10,
        }
    }
}

/// What it found, or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Enough of the last intervals are fast.
    Window(Zone),
    /// They stayed so.
    Detected(Zone),
    /// It charges for a shock.
    Charge,
    /// It paces a burst: which, and the interval between its pulses [ms].
    Atp(u32, i64),
    /// It gives its so-manieth shock of the episode.
    Shock(u32),
    /// It charged, and the rhythm had become slow.
    Divert,
    /// It has given all the shocks that it gives.
    Exhausted,
    /// The rhythm stayed slow.
    EpisodeEnd,
}

/// Where an interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Tachycardia.
    Vt,
    /// Fibrillation.
    Vf,
}

/// The detector.
pub struct Detector {
    own: Detection,
    last: Option<i64>,
    intervals: Vec<i64>,
    timing: Option<(Zone, i64)>,
    in_episode: bool,
    treated: bool,
    exhausted: bool,
    charged_at: Option<i64>,
    blind_until: i64,
    slow: u32,
    bursts: u32,
    shocks: u32,
}

impl Detector {
    /// A detector that has sensed nothing.
    pub fn new(own: Detection) -> Self {
        Self {
            own: Detection { window: own.window.clamp(1, MOST), ..own },
            last: None,
            intervals: Vec::new(),
            timing: None,
            in_episode: false,
            treated: false,
            exhausted: false,
            charged_at: None,
            blind_until: NEVER,
            slow: 0,
            bursts: 0,
            shocks: 0,
        }
    }

    /// What is programmed.
    pub fn detection(&self) -> Detection {
        self.own
    }

    /// Whether it treats an episode.
    pub fn is_in_episode(&self) -> bool {
        self.in_episode
    }

    /// Whether a sense at `now` counts: after its own pulses it is blind for a while.
    pub fn sees(&self, now: i64) -> bool {
        now > self.blind_until
    }

    /// Other settings; an episode goes on with them.
    pub fn program(&mut self, own: Detection) {
        self.own = Detection { window: own.window.clamp(1, MOST), ..own };
        self.timing = None;
        let beyond = self.intervals.len().saturating_sub(self.own.window);
        self.intervals.drain(..beyond);
    }

    /// It is put off: by a magnet, or by programming. What it was about is over; whether it had begun
    /// to charge.
    pub fn put_off(&mut self) -> bool {
        let charged = self.charged_at.is_some();
        *self = Self::new(self.own);
        charged
    }

    /// A ventricular sense.
    pub fn sense(&mut self, now: i64) -> Vec<Told> {
        let mut told = Vec::new();
        if !self.sees(now) {
            return told;
        }
        if let Some(last) = self.last.replace(now) {
            self.interval(now, now - last, &mut told);
        }
        told
    }

    fn interval(&mut self, now: i64, interval: i64, told: &mut Vec<Told>) {
        if self.intervals.len() >= self.own.window {
            self.intervals.remove(0);
        }
        self.intervals.push(interval);
        self.slow = if self.is_fast(interval) { 0 } else { self.slow + 1 };
        if self.charged_at.is_some() {
            self.reconfirm(now, told);
        } else if !self.exhausted {
            self.watch(now, interval, told);
        }
        if self.in_episode && self.slow >= self.own.end_slow {
            if self.charged_at.is_some() {
                told.push(Told::Divert);
            }
            told.push(Told::EpisodeEnd);
            *self =
                Self { last: self.last, intervals: self.intervals.clone(), ..Self::new(self.own) };
        }
    }

    fn zone(&self, interval: i64) -> Option<Zone> {
        if interval <= limit_ms(self.own.vf_ppm) {
            Some(Zone::Vf)
        } else {
            (self.own.vt_on && interval <= limit_ms(self.own.vt_ppm)).then_some(Zone::Vt)
        }
    }

    fn is_fast(&self, interval: i64) -> bool {
        self.zone(interval).is_some()
    }

    /// How many of the window are in a zone; that of VT counts those of VF.
    fn count(&self, zone: Zone) -> usize {
        let is_in = |&&interval: &&i64| match self.zone(interval) {
            Some(Zone::Vf) => true,
            Some(Zone::Vt) => zone == Zone::Vt,
            None => false,
        };
        self.intervals.iter().filter(is_in).count()
    }

    fn watch(&mut self, now: i64, interval: i64, told: &mut Vec<Told>) {
        let full = self.intervals.len() == self.own.window;
        let fits = |zone| full && self.count(zone) >= self.own.window_in;
        match self.timing {
            None | Some((Zone::Vt, _)) if fits(Zone::Vf) => self.begin(Zone::Vf, now, told),
            None if self.own.vt_on && fits(Zone::Vt) => self.begin(Zone::Vt, now, told),
            None => {}
            Some((zone, _)) if self.count(zone) < self.own.window_keep => self.timing = None,
            Some((zone, since)) => {
                let is_in = self.zone(interval).is_some_and(|own| own == Zone::Vf || own == zone);
                if is_in && now - since >= self.duration(zone) {
                    self.detected(zone, now, interval, told);
                }
            }
        }
    }

    fn begin(&mut self, zone: Zone, now: i64, told: &mut Vec<Told>) {
        self.timing = Some((zone, now));
        told.push(Told::Window(zone));
    }

    fn duration(&self, zone: Zone) -> i64 {
        match zone {
            _ if self.treated => self.own.redetection_ms,
            Zone::Vf => self.own.vf_duration_ms,
            Zone::Vt => self.own.vt_duration_ms,
        }
    }

    fn detected(&mut self, zone: Zone, now: i64, interval: i64, told: &mut Vec<Told>) {
        (self.in_episode, self.timing) = (true, None);
        told.push(Told::Detected(zone));
        if zone == Zone::Vt && self.bursts < self.own.atp_bursts {
            let shorter = i64::from(self.bursts) * self.own.atp_step_ms;
            let cycle = (interval * self.own.atp_pct / 100 - shorter).max(self.own.atp_least_ms);
            self.bursts += 1;
            told.push(Told::Atp(self.bursts, cycle));
            return self.forget(now + i64::from(self.own.atp_pulses) * cycle);
        }
        if self.shocks >= self.own.max_shocks {
            self.exhausted = true;
            return told.push(Told::Exhausted);
        }
        self.charged_at = Some(now + self.own.charge_ms);
        told.push(Told::Charge);
    }

    /// Charged: the first sense after that tells whether a shock is still needed.
    fn reconfirm(&mut self, now: i64, told: &mut Vec<Told>) {
        if self.charged_at.is_none_or(|at| now <= at) {
            return;
        }
        self.charged_at = None;
        let fast = self.intervals.iter().rev().take(3).filter(|i| self.is_fast(**i)).count();
        if fast < 2 {
            self.treated = true;
            return told.push(Told::Divert);
        }
        self.shocks += 1;
        told.push(Told::Shock(self.shocks));
        self.forget(now + self.own.shock_blank_ms);
    }

    /// After a therapy it looks anew.
    fn forget(&mut self, blind_until: i64) {
        self.treated = true;
        self.blind_until = blind_until;
        self.last = None;
        self.slow = 0;
        self.intervals.clear();
    }
}

fn limit_ms(ppm: f64) -> i64 {
    (60_000.0 / ppm + 0.5) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats `ms` apart, `n` of them, from `at` on; where they end, and what was told.
    fn beats(detector: &mut Detector, mut at: i64, ms: i64, n: usize) -> (i64, Vec<Told>) {
        let mut told = Vec::new();
        (0..n).for_each(|_| {
            at += ms;
            told.extend(detector.sense(at));
        });
        (at, told)
    }

    fn is_charge(told: &Told) -> bool {
        matches!(told, Told::Charge)
    }

    #[test]
    fn a_window_that_is_programmed_shorter_still_fills() {
        let mut detector = Detector::new(Detection::default());
        let (at, _) = beats(&mut detector, 0, 800, 30);
        detector.program(Detection { window: 8, window_in: 6, ..Detection::default() });
        let (_, told) = beats(&mut detector, at, 250, 60);
        assert!(told.iter().any(is_charge), "{told:?}");
        assert!(detector.intervals.len() <= 8);
    }

    #[test]
    fn what_was_begun_before_a_magnet_is_over_after_it() {
        let mut detector = Detector::new(Detection::default());
        let (at, told) = beats(&mut detector, 0, 250, 40);
        assert!(told.iter().any(is_charge));
        assert!(detector.put_off(), "it was charging");
        let (_, told) = beats(&mut detector, at + 60_000, 800, 30);
        assert_eq!(told, [], "a well heart is not shocked when the magnet is lifted");
        assert!(!detector.put_off());
    }
}
