//! Breathing: how much air moves, and what that does to CO2 and oxygen.
//!
//! Control after Bouillon 2003 (gain exponent 4.30, CO2 at its effect site 0.92/min, elimination
//! 0.08/min); gas exchange, store of oxygen, sedation, narcosis by CO2, failure by hypoxia and the
//! rules of apnoea are [E]. Pressures in mmHg, ventilation in L/min, time in min; Runge-Kutta of order
//! 4 in steps of 1 s, opioid effect and apnoea frozen at the start of each. Against a step of 0.05 s
//! that errs by 0.006 L/min, 0.013 mmHg of CO2 and 0.03 % of saturation.
//!
//! Units: L, L/min, 1/min, mmHg, s and min; saturation as a share. Sources: as above; models.md 3.3.
//!
//! Left out: how an airway comes to be shut, aspiration, bicarbonate (pH follows CO2 alone), shunt, the ventilator, and
//! recovery or damage after an arrest. Domain of validity: until a dose of hypoxia of 1 (see
//! [`Breathing::hypoxia_min`]), which is an arrest; rows after it only test the integrator.

use super::blood::{Blood, blood};
use super::effect::Effect;

const P0_MMHG: f64 = 40.0;
const GAIN: f64 = 4.30;
const K_EFFECT_PER_MIN: f64 = 0.92;
const K_ELIMINATION_PER_MIN: f64 = 0.08;
const QUOTIENT: f64 = 0.8;
const HAEMOGLOBIN_G_PER_DL: f64 = 15.0;
const ALVEOLAR_TO_ARTERIAL_MMHG: f64 = 10.0;
const DRY_AIR_MMHG: f64 = 760.0 - 47.0;
const HYPOXIC_GAIN: f64 = 8.0;
const SEDATION_GAIN: f64 = 0.5;
const DRIVE_MAX: f64 = 8.0;
const APNOEA_BELOW: f64 = 0.15;
const BREATHES_FROM: f64 = 0.20;
const BREATHS_PER_MIN: f64 = 12.0;
/// Volume of gas at body temperature to its pressure in the alveoli [mmHg].
const K: f64 = 863.0;
const SECOND_MIN: f64 = 1.0 / 60.0;
/// Below this saturation the body is harmed (share).
const HYPOXIC_BELOW: f64 = 0.60;
/// Room air.
pub const ROOM_AIR: f64 = 0.21;

/// A body's sizes, in proportion to weight.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    ventilation_l_per_min: f64,
    dead_space_l: f64,
    lungs_l: f64,
    blood_l: f64,
}

/// What acts during a second.
#[derive(Clone, Copy, Debug)]
pub struct Influence {
    /// Of the opioids.
    pub effect: Effect,
    /// 1 awake, 0.85 asleep, times 1.5 for one who is stimulated.
    pub wakefulness: f64,
    /// Share of oxygen in what is breathed.
    pub fio2: f64,
    /// No air moves, whatever the drive.
    pub is_obstructed: bool,
}

/// One who breathes.
#[derive(Clone, Debug)]
pub struct Breathing {
    sizes: Sizes,
    gases: Gases,
    /// Blood at these gases.
    held: Blood,
    is_apnoeic: bool,
    hypoxia_min: f64,
}

/// PaCO2, CO2 at the effect site, PAO2 [mmHg].
type Gases = [f64; 3];

/// What is seen of breathing at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breath {
    /// Drive, 1 at rest.
    pub drive: f64,
    /// Ventilation [L/min].
    pub ventilation_l_per_min: f64,
    /// Rate [1/min].
    pub rate_per_min: f64,
    /// Of that, what reaches the alveoli [L/min].
    pub alveolar_l_per_min: f64,
    /// No breath is taken.
    pub is_apnoeic: bool,
    /// Arterial CO2 [mmHg].
    pub paco2_mmhg: f64,
    /// CO2 at its effect site [mmHg].
    pub effect_co2_mmhg: f64,
    /// Alveolar oxygen [mmHg].
    pub pao2_mmhg: f64,
    /// Saturation (share).
    pub saturation: f64,
}

impl Breath {
    /// CO2 at the end of a breath [mmHg]; 0 where there is no breath.
    pub fn etco2_mmhg(&self) -> f64 {
        if self.is_apnoeic { 0.0 } else { self.paco2_mmhg - 4.0 }
    }
}

impl Breathing {
    /// One who weighs `weight_kg`, at rest with `fio2`.
    pub fn new(weight_kg: f64, fio2: f64) -> Self {
        let by_weight = weight_kg / 70.0;
        let sizes = Sizes {
            ventilation_l_per_min: 6.0 * by_weight,
            dead_space_l: 0.15 * by_weight,
            lungs_l: 2.5 * by_weight,
            blood_l: 5.0 * by_weight,
        };
        let pao2 = fio2 * DRY_AIR_MMHG - K * sizes.oxygen_l_per_min() / sizes.alveolar_l_per_min();
        let gases = [P0_MMHG, P0_MMHG, pao2];
        Self { sizes, gases, held: held(&gases), is_apnoeic: false, hypoxia_min: 0.0 }
    }

    /// Decides whether breaths are taken in the second that begins, and says how.
    pub fn breath(&mut self, by: &Influence) -> Breath {
        let saturation = self.held.saturation;
        let drive = drive(&self.gases, saturation, by);
        let below = if self.is_apnoeic { BREATHES_FROM } else { APNOEA_BELOW };
        self.is_apnoeic = drive < below;
        let is_still = self.is_apnoeic || by.is_obstructed;
        let (ve, rate, va) = if is_still { (0.0, 0.0, 0.0) } else { self.sizes.breathe(drive) };
        Breath {
            drive,
            ventilation_l_per_min: ve,
            rate_per_min: rate,
            alveolar_l_per_min: va,
            is_apnoeic: is_still,
            paco2_mmhg: self.gases[0],
            effect_co2_mmhg: self.gases[1],
            pao2_mmhg: self.gases[2],
            saturation,
        }
    }

    /// One second on.
    pub fn second(&mut self, by: &Influence) {
        let harm = (HYPOXIC_BELOW - self.held.saturation).max(0.0);
        let is_still = self.is_apnoeic || by.is_obstructed;
        let slope = |x: &Gases| self.sizes.slope(x, &held(x), by, is_still);
        let ahead = |k: &Gases, h: f64| std::array::from_fn(|i| self.gases[i] + h * k[i]);
        let k1 = self.sizes.slope(&self.gases, &self.held, by, is_still);
        let k2 = slope(&ahead(&k1, 0.5 * SECOND_MIN));
        let k3 = slope(&ahead(&k2, 0.5 * SECOND_MIN));
        let k4 = slope(&ahead(&k3, SECOND_MIN));
        let mean: Gases = std::array::from_fn(|i| (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]) / 6.0);
        self.gases = ahead(&mean, SECOND_MIN);
        self.held = held(&self.gases);
        self.hypoxia_min += harm * SECOND_MIN;
    }

    /// How long and how far saturation was below 60 % [share x min]. At 1 the heart stops.
    pub const fn hypoxia_min(&self) -> f64 {
        self.hypoxia_min
    }
}

fn arterial_mmhg(gases: &Gases) -> f64 {
    (gases[2] - ALVEOLAR_TO_ARTERIAL_MMHG).max(1.0)
}

fn held(gases: &Gases) -> Blood {
    blood(arterial_mmhg(gases), gases[0])
}

fn drive(gases: &Gases, saturation: f64, by: &Influence) -> f64 {
    let [paco2, effect_co2, _] = *gases;
    let awake = 1.0 - by.effect.depression;
    let gain = GAIN * (1.0 - SEDATION_GAIN * by.effect.sedation);
    // (Pe/P0)^gain, by the exponential, which costs half of a power.
    let by_co2 = awake * libm::exp(gain * libm::log(effect_co2 / P0_MMHG));
    let by_hypoxia = 1.0 + HYPOXIC_GAIN * (0.95 - saturation).max(0.0) * awake;
    let narcosis = ((120.0 - paco2) / 45.0).clamp(0.0, 1.0);
    let failure = ((saturation - 0.25) / 0.25).clamp(0.0, 1.0);
    (by_co2 * by_hypoxia * narcosis * by.wakefulness * failure).min(DRIVE_MAX)
}

impl Sizes {
    fn alveolar_l_per_min(&self) -> f64 {
        self.ventilation_l_per_min - BREATHS_PER_MIN * self.dead_space_l
    }

    fn oxygen_l_per_min(&self) -> f64 {
        self.alveolar_l_per_min() * P0_MMHG / K / QUOTIENT
    }

    /// Ventilation, rate and alveolar ventilation at `drive`.
    fn breathe(&self, drive: f64) -> (f64, f64, f64) {
        let ve = self.ventilation_l_per_min * drive;
        let root = libm::sqrt(drive);
        // drive^0.75, which is nearly always asked for, by roots.
        let power = if drive < 1.0 { root * libm::sqrt(root) } else { libm::pow(drive, 0.40) };
        let rate = BREATHS_PER_MIN * power;
        (ve, rate, (ve - rate * self.dead_space_l).max(0.0))
    }

    fn slope(&self, x: &Gases, held: &Blood, by: &Influence, is_still: bool) -> Gases {
        let [paco2, effect_co2, pao2] = *x;
        let drive = drive(x, held.saturation, by);
        let va = if is_still { 0.0 } else { self.breathe(drive).2 };
        let store =
            self.blood_l * (1.34 * HAEMOGLOBIN_G_PER_DL / 100.0 * held.slope_per_mmhg + 3.1e-5);
        let used = if pao2 <= 1.0 { 0.0 } else { K * self.oxygen_l_per_min() };
        // Gas drawn into still lungs brings its own oxygen.
        let sink = if va <= 0.0 { used * (1.0 - by.fio2) } else { used };
        let flow = va * (by.fio2 * DRY_AIR_MMHG - pao2) - sink;
        [
            K_ELIMINATION_PER_MIN * (P0_MMHG - paco2 * va / self.alveolar_l_per_min()),
            K_EFFECT_PER_MIN * (paco2 - effect_co2),
            flow / (self.lungs_l + K * store),
        ]
    }
}
