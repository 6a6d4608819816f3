//! The opioids: how each is distributed, and how strongly it acts on breathing and on pain.
//!
//! Remifentanil after Minto 1997 (age, height, weight, sex), fentanyl after Shafer 1990, morphine
//! after Sarton 2000 (by weight). Rate to the effect site of breathing: remifentanil Minto, fentanyl
//! 0.0408/min (FDA's model of rescue from overdose), morphine 0.0026/min (Dahan 2004: half of it in
//! 4.4 h). Potency: Bouillon 2003, Algera 2020, Dahan 2004. Half of the strongest relief of pain at
//! 16, 0.6 and 1.2 ng/mL [E].
//!
//! Left out: morphine-6-glucuronide, failing kidneys, children below 12 years, pregnancy,
//! interactions with other sedatives. Units: ng/mL, 1/min, L, kg, cm.
//! Sources: as above; models.md 3.1 and 3.2 (S24 to S34). Domain of validity: age from 12 years, weight from 30 kg.

use super::kinetics::Rates;

/// An opioid that the model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drug {
    /// Gone in minutes.
    Remifentanil,
    /// Potent; a patch or a pump.
    Fentanyl,
    /// Slow to reach the brain, slow to leave it.
    Morphine,
}

/// The sex that kinetics differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// What of a body changes how drugs move in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Covariates {
    /// Age [a].
    pub age_a: f64,
    /// Weight [kg].
    pub weight_kg: f64,
    /// Height [cm].
    pub height_cm: f64,
    /// Sex.
    pub sex: Sex,
}

/// How strongly a drug acts on breathing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Potency {
    /// Half of the drive to breathe is gone at this concentration at the effect site [ng/mL].
    pub c50_ng_per_ml: f64,
    /// How steeply.
    pub gamma: f64,
}

impl Drug {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Remifentanil, Self::Fentanyl, Self::Morphine];

    /// As scenarios and pumps call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remifentanil => "remifentanil",
            Self::Fentanyl => "fentanyl",
            Self::Morphine => "morphine",
        }
    }

    /// The drug called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drug| drug.as_str() == name)
    }

    /// How it moves in a body, towards the effect site of breathing.
    pub fn rates(self, body: &Covariates) -> Rates {
        match self {
            Self::Remifentanil => minto(body),
            Self::Fentanyl => Rates {
                v1_l: 6.09,
                k10: 0.0827,
                k12: 0.471,
                k13: 0.225,
                k21: 0.102,
                k31: 0.006,
                ke0: 0.0408,
            },
            Self::Morphine => Rates {
                v1_l: 0.075 * body.weight_kg,
                k10: 0.3,
                k12: 0.183,
                k13: 0.29,
                k21: 0.087,
                k31: 0.013,
                ke0: 0.0026,
            },
        }
    }

    /// The rate to where pain is relieved [1/min]: fentanyl by its effect on the EEG (Shafer and
    /// Varvel 1991), morphine by sex (Sarton 2000).
    pub fn analgesic_ke0(self, body: &Covariates) -> f64 {
        match (self, body.sex) {
            (Self::Remifentanil, _) => minto(body).ke0,
            (Self::Fentanyl, _) => 0.147,
            (Self::Morphine, Sex::Male) => 0.0073,
            (Self::Morphine, Sex::Female) => 0.0024,
        }
    }

    /// How strongly it acts on the breathing of one who takes no opioids, or of a chronic user
    /// (only of fentanyl is that known).
    pub const fn potency(self, is_chronic: bool) -> Potency {
        match self {
            Self::Remifentanil => Potency { c50_ng_per_ml: 0.92, gamma: 1.25 },
            Self::Fentanyl if is_chronic => Potency { c50_ng_per_ml: 1.82, gamma: 1.0 },
            Self::Fentanyl => Potency { c50_ng_per_ml: 0.42, gamma: 1.0 },
            Self::Morphine => Potency { c50_ng_per_ml: 9.1, gamma: 1.0 },
        }
    }

    /// Half of the strongest relief of pain is had at this concentration [ng/mL] [E].
    pub const fn analgesic_c50_ng_per_ml(self) -> f64 {
        match self {
            Self::Remifentanil => 1.2,
            Self::Fentanyl => 0.6,
            Self::Morphine => 16.0,
        }
    }
}

/// Lean body mass after James [kg], held at the formula's highest value beyond it.
pub(super) fn lean_kg(body: &Covariates) -> f64 {
    let (linear, square) = match body.sex {
        Sex::Male => (1.10, 128.0),
        Sex::Female => (1.07, 148.0),
    };
    let heaviest_kg = linear * body.height_cm * body.height_cm / (2.0 * square);
    let weight_kg = body.weight_kg.clamp(30.0, heaviest_kg.max(30.0));
    let ratio = weight_kg / body.height_cm;
    linear * weight_kg - square * ratio * ratio
}

fn minto(body: &Covariates) -> Rates {
    let age = body.age_a.max(12.0) - 40.0;
    let lean = lean_kg(body) - 55.0;
    let v1_l = 5.1 - 0.0201 * age + 0.072 * lean;
    let v2_l = 9.82 - 0.0811 * age + 0.108 * lean;
    let v3_l = 5.42;
    let cl1 = 2.6 - 0.0162 * age + 0.0191 * lean;
    let cl2 = 2.05 - 0.0301 * age;
    let cl3 = 0.076 - 0.00113 * age;
    Rates {
        v1_l,
        k10: cl1 / v1_l,
        k12: cl2 / v1_l,
        k13: cl3 / v1_l,
        k21: cl2 / v2_l,
        k31: cl3 / v3_l,
        ke0: 0.595 - 0.007 * age,
    }
}
