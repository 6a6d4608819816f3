//! Who the patients are.
//!
//! The man of 40 years, 70 kg and 170 cm and the woman of 65 years, 60 kg and 160 cm are those of the
//! reference data; chronic users differ by the potency of fentanyl (Algera 2020). People drawn from the
//! population are adults of 18 to 85 years, height by sex, weight around a body mass index of 25 with
//! a coefficient of variation of 15 %; volume and clearance vary by 25 %, potency by 40 %, log-normal,
//! pain before relief is 5 to 9 of 10 [E].
//!
//! Left out: children, pregnancy, failing organs, dependence beyond that of chronic users. Units: a, kg, cm.
//! Sources: models.md 3.1 and 3.2; the population is [E]. Domain of validity: adults of 18 to 85 years, 30 to 160
//! kg.

use super::drug::{Covariates, Sex};
use crate::patient::normal_quantile;

/// One who gets opioids.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Which.
    pub id: String,
    /// Age, weight, height, sex.
    pub body: Covariates,
    /// Has taken opioids for long.
    pub is_chronic: bool,
    /// Heart rate at rest [1/min].
    pub heart_per_min: f64,
    /// Pain before relief, 0 to 10.
    pub pain: f64,
    /// Factors around the published means.
    pub varied: Varied,
}

/// Factors by which one differs from the published mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Varied {
    /// Of the central volume.
    pub volume: f64,
    /// Of clearance.
    pub clearance: f64,
    /// Of the concentration with half the effect.
    pub c50: f64,
}

const MEAN: Varied = Varied { volume: 1.0, clearance: 1.0, c50: 1.0 };
/// Standard deviations of the logarithm, sqrt(ln(1 + cv^2)), for 15, 25 and 40 %.
const SIGMA_15: f64 = 0.149_166_3;
const SIGMA_25: f64 = 0.246_221_1;
const SIGMA_40: f64 = 0.385_253_1;

const MAN: Covariates =
    Covariates { age_a: 40.0, weight_kg: 70.0, height_cm: 170.0, sex: Sex::Male };
const WOMAN: Covariates =
    Covariates { age_a: 65.0, weight_kg: 60.0, height_cm: 160.0, sex: Sex::Female };

const PUBLISHED: [(&str, Covariates, bool); 4] = [
    ("adult-70kg-naive", MAN, false),
    ("adult-70kg-chronic", MAN, true),
    ("elderly-60kg-naive", WOMAN, false),
    ("elderly-60kg-chronic", WOMAN, true),
];

impl Person {
    /// The ids of those who are described.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        PUBLISHED.into_iter().map(|(id, ..)| id)
    }

    /// The one called `id`.
    pub fn by_id(id: &str) -> Option<Self> {
        let (id, body, is_chronic) = PUBLISHED.into_iter().find(|&(name, ..)| name == id)?;
        let id = id.to_owned();
        Some(Self { id, body, is_chronic, heart_per_min: 75.0, pain: 7.0, varied: MEAN })
    }

    /// Someone drawn from the population, from uniform draws in (0, 1).
    pub fn drawn(uniform: &mut impl FnMut() -> f64) -> Self {
        let sex = if uniform() < 0.5 { Sex::Female } else { Sex::Male };
        let (mean_cm, sd_cm) = if sex == Sex::Male { (176.0, 7.0) } else { (163.0, 6.5) };
        let age_a = 18.0 + 67.0 * uniform();
        let height_cm = mean_cm + sd_cm * normal_quantile(uniform()).clamp(-3.0, 3.0);
        let factor = |sigma: f64, p: f64| libm::exp(sigma * normal_quantile(p).clamp(-3.0, 3.0));
        let weight_kg = 25e-4 * height_cm * height_cm * factor(SIGMA_15, uniform());
        let varied = Varied {
            volume: factor(SIGMA_25, uniform()),
            clearance: factor(SIGMA_25, uniform()),
            c50: factor(SIGMA_40, uniform()),
        };
        Self {
            id: "drawn".to_owned(),
            body: Covariates { age_a, weight_kg, height_cm, sex },
            is_chronic: false,
            heart_per_min: 60.0 + 30.0 * uniform(),
            pain: 5.0 + 4.0 * uniform(),
            varied,
        }
    }
}
