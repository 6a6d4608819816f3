//! What a sensor at the finger and one at the mouth see of breathing, and when.
//!
//! Saturation reaches the finger after 15 s; the oximeter shows the mean of 8 samples of a second,
//! rounded. The capnograph counts breaths over the last 30 s and holds the highest CO2 of the last
//! 20 s. A breath falls where the integral of the rate passes a whole number. Left out: low
//! perfusion, dyshaemoglobins, motion; noise is added by who draws it, N(0, 1 %) [E].
//!
//! Units: %, 1/min, mmHg, s. Sources: models.md 3.3 [E]. Domain of validity: a still finger with a pulse; an airway
//! that is sampled.

const TRANSPORT_S: usize = 15;
const AVERAGED_S: usize = 8;
const KEPT_S: usize = TRANSPORT_S + AVERAGED_S;
const COUNTED_S: usize = 30;
const PEAK_S: usize = 20;

/// A finger with a clip on it.
#[derive(Clone, Debug)]
pub struct Oximeter {
    /// Saturation of the last seconds (share), a ring.
    seen: [f64; KEPT_S],
    at: usize,
}

impl Oximeter {
    /// On someone who had this saturation all along (share).
    pub const fn new(saturation: f64) -> Self {
        Self { seen: [saturation; KEPT_S], at: 0 }
    }

    /// Takes the second's sample (share), and gives the mean of what reached the finger [%].
    pub fn second(&mut self, saturation: f64) -> f64 {
        self.seen[self.at] = saturation;
        self.at = (self.at + 1) % KEPT_S;
        // The oldest samples, from the transport's delay back.
        let oldest = (0..AVERAGED_S).map(|i| self.seen[(self.at + i) % KEPT_S]);
        100.0 * oldest.sum::<f64>() / AVERAGED_S as f64
    }
}

/// A sensor in the stream of breath.
#[derive(Clone, Debug)]
pub struct Capnograph {
    /// Breaths and CO2 [mmHg] of the last seconds, rings.
    breaths: [u8; COUNTED_S],
    peaks: [f64; PEAK_S],
    at: usize,
    phase: f64,
    since_breath_s: u32,
}

/// What a capnograph shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capnogram {
    /// [1/min].
    pub rate_per_min: f64,
    /// [mmHg].
    pub etco2_mmhg: f64,
    /// Since the last breath [s].
    pub since_breath_s: u32,
}

impl Capnograph {
    /// On someone who breathed so all along.
    pub fn new(rate_per_min: f64, etco2_mmhg: f64) -> Self {
        let mut new = Self {
            breaths: [0; COUNTED_S],
            peaks: [0.0; PEAK_S],
            at: 0,
            phase: 0.0,
            since_breath_s: 0,
        };
        (0..60).for_each(|_| {
            new.second(rate_per_min, etco2_mmhg);
        });
        new
    }

    /// Takes the second's breathing.
    pub fn second(&mut self, rate_per_min: f64, etco2_mmhg: f64) -> Capnogram {
        self.phase += rate_per_min / 60.0;
        let whole = libm::floor(self.phase);
        self.phase -= whole;
        let taken = whole as u8;
        self.since_breath_s = if taken > 0 { 0 } else { self.since_breath_s.saturating_add(1) };
        self.breaths[self.at % COUNTED_S] = taken;
        self.peaks[self.at % PEAK_S] = if taken > 0 { etco2_mmhg } else { 0.0 };
        self.at += 1;
        let counted: u32 = self.breaths.iter().map(|&n| u32::from(n)).sum();
        Capnogram {
            rate_per_min: f64::from(counted) * 60.0 / COUNTED_S as f64,
            etco2_mmhg: self.peaks.iter().copied().fold(0.0, f64::max),
            since_breath_s: self.since_breath_s,
        }
    }
}
