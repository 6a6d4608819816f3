//! Virtual patients with type 1 diabetes.
//!
//! | model | equations | patients |
//! |---|---|---|
//! | `uva-padova` | UVA/Padova S2008 | 30 published, and drawn around them |
//! | `uva-padova-counter` | the same with counter-regulation, an extension of ours | the same |
//! | `hovorka` | Hovorka 2004 | a nominal adult of three weights |
//! | `bergman` | the minimal model | one nominal adult |
//!
//! All advance by the minute: insulin comes as what the hardware delivered in it, carbohydrate is announced once and
//! eaten at 5 g/min. Domain of validity: glucose from 10 to 600 mg/dL, see [`DOMAIN_MG_DL`].
//!
//! Left out: of all exercise, illness, the menstrual cycle, ketones, and changes of insulin sensitivity over the day; more with each.
//! Units: mg/dL, U, g, kg, min. Sources: with each model; all are held against the references of `docs/verification.md`.

mod bergman;
mod counter;
mod exp;
mod glycaemia;
mod hovorka;
mod integrator;
mod meal;
mod padova;
mod parameters;
mod quantile;
mod s2008;
mod sensor;

pub mod heart;
pub mod inputs;
pub mod opioid;

pub use glycaemia::{Glycaemia, GlycaemiaSummary, severity_word};
pub use quantile::normal_quantile;
pub use sensor::{SensorNoise, Vettoretti};

use bergman::Bergman;
use hovorka::Hovorka;
use padova::Padova;

/// The lowest and the highest glucose of which a model says anything [mg/dL].
pub const DOMAIN_MG_DL: (f64, f64) = (10.0, 600.0);

const NOMINAL: &str = "nominal";

/// Which equations a patient follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// UVA/Padova S2008.
    #[default]
    UvaPadova,
    /// The same with counter-regulation, an extension of ours.
    UvaPadovaCounter,
    /// Hovorka 2004.
    Hovorka,
    /// Bergman's minimal model.
    Bergman,
}

impl Model {
    /// Every model.
    pub const ALL: [Self; 4] =
        [Self::UvaPadova, Self::UvaPadovaCounter, Self::Hovorka, Self::Bergman];

    /// Its name in scenarios.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UvaPadova => "uva-padova",
            Self::UvaPadovaCounter => "uva-padova-counter",
            Self::Hovorka => "hovorka",
            Self::Bergman => "bergman",
        }
    }

    /// The model of this name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.word() == word)
    }

    /// The ids of its patients.
    pub fn ids(self) -> Vec<&'static str> {
        match self {
            Self::UvaPadova | Self::UvaPadovaCounter => Patient::ids().collect(),
            Self::Hovorka => hovorka::NOMINAL.map(|who| who.id).to_vec(),
            Self::Bergman => vec![NOMINAL],
        }
    }

    /// Its patient `id`.
    pub fn patient(self, id: &str) -> Option<Patient> {
        let body = match self {
            Self::UvaPadova | Self::UvaPadovaCounter => {
                let found = parameters::all().iter().find(|p| p.id == id)?;
                return Some(self.padova(found.clone()));
            }
            Self::Hovorka => {
                Body::Hovorka(Hovorka::of(hovorka::NOMINAL.into_iter().find(|who| who.id == id)?))
            }
            Self::Bergman => (id == NOMINAL).then(|| Body::Bergman(Bergman::default()))?,
        };
        Some(Patient { id: id.to_owned(), body })
    }

    /// Whether its patients differ, so that some can be [drawn](Self::drawn).
    pub const fn has_population(self) -> bool {
        matches!(self, Self::UvaPadova | Self::UvaPadovaCounter)
    }

    /// A patient drawn around one of the group (`adult`, `adolescent`, `child`) or of all, from
    /// uniform draws in (0, 1): log-normal factors on body, absorption and insulin action. Of a
    /// model without a population, its first patient.
    pub fn drawn(self, group: Option<&str>, uniform: &mut impl FnMut() -> f64) -> Patient {
        if self.has_population() {
            return self.padova(parameters::drawn(group, uniform));
        }
        let first = self.ids().first().and_then(|id| self.patient(id));
        first.unwrap_or_default()
    }

    fn padova(self, parameters: parameters::Parameters) -> Patient {
        let id = parameters.id.clone();
        let body = Padova::of(parameters);
        let answers = self == Self::UvaPadovaCounter;
        let body = if answers { body.counter_regulated() } else { body };
        Patient { id, body: Body::Padova(body) }
    }
}

/// A patient in the middle of a day.
#[derive(Clone, Debug)]
pub struct Patient {
    id: String,
    body: Body,
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one per bedside, and the largest is the usual one")]
enum Body {
    Padova(Padova),
    Hovorka(Hovorka),
    Bergman(Bergman),
}

/// How the patient is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Therapy {
    /// Basal rate that keeps the patient at the fasting glucose [U/h].
    pub basal_u_per_h: f64,
    /// Carbohydrate covered by one unit [g/U].
    pub carb_ratio_g_per_u: f64,
    /// Fall of glucose by one unit [mg/dL/U].
    pub correction_mg_dl_per_u: f64,
    /// Insulin of an ordinary day [U].
    pub total_daily_u: f64,
}

impl Therapy {
    /// What follows from a basal rate alone: it is half of a day's insulin [E], and by the rules of 450 and 1800
    /// (models.md 1.3) a unit covers 450 g and lowers glucose by 1800 mg/dL over that.
    fn by_rule(basal_u_per_h: f64) -> Self {
        let total_daily_u = 48.0 * basal_u_per_h;
        Self {
            basal_u_per_h,
            carb_ratio_g_per_u: 450.0 / total_daily_u,
            correction_mg_dl_per_u: 1800.0 / total_daily_u,
            total_daily_u,
        }
    }
}

impl Default for Patient {
    /// `adult#001` of UVA/Padova.
    fn default() -> Self {
        Model::UvaPadova.padova(parameters::all()[10].clone())
    }
}

impl Patient {
    /// The ids of the 30 published patients: `adolescent#001` to `child#010`.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        parameters::all().iter().map(|p| p.id.as_str())
    }

    /// The published patient `id`.
    pub fn by_id(id: &str) -> Option<Self> {
        Model::UvaPadova.patient(id)
    }

    /// Lives through one minute: `carbs_announced_g` [g] are announced and eaten from now on,
    /// `insulin_u` [U] were delivered in it, `glucagon` raises plasma glucose [mg/kg/min].
    pub fn step(&mut self, carbs_announced_g: f64, insulin_u: f64, glucagon: f64) {
        match &mut self.body {
            Body::Padova(body) => body.step(carbs_announced_g, insulin_u, glucagon),
            Body::Hovorka(body) => body.step(carbs_announced_g, insulin_u, glucagon),
            Body::Bergman(body) => body.step(carbs_announced_g, insulin_u, glucagon),
        }
    }

    /// Glucose that a sensor sees and the field calls BG [mg/dL]: interstitial where the model has
    /// that, else of plasma.
    pub fn glucose_mg_dl(&self) -> f64 {
        match &self.body {
            Body::Padova(body) => body.glucose_mg_dl(),
            Body::Hovorka(body) => body.glucose_mg_dl(),
            Body::Bergman(body) => body.glucose_mg_dl(),
        }
    }

    /// Plasma insulin [pmol/L].
    pub fn plasma_insulin_pmol_l(&self) -> f64 {
        match &self.body {
            Body::Padova(body) => body.plasma_insulin_pmol_l(),
            Body::Hovorka(body) => body.plasma_insulin_pmol_l(),
            Body::Bergman(body) => body.plasma_insulin_pmol_l(),
        }
    }

    /// Whether glucose is where the model says something: [`DOMAIN_MG_DL`].
    pub fn is_within_domain(&self) -> bool {
        (DOMAIN_MG_DL.0..=DOMAIN_MG_DL.1).contains(&self.glucose_mg_dl())
    }

    /// How the patient is treated.
    pub fn therapy(&self) -> Therapy {
        match &self.body {
            Body::Padova(body) => body.parameters.therapy,
            Body::Hovorka(body) => body.therapy(),
            Body::Bergman(_) => Bergman::therapy(),
        }
    }

    /// Which patient.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Body weight [kg].
    pub fn weight_kg(&self) -> f64 {
        match &self.body {
            Body::Padova(body) => body.parameters.bw,
            Body::Hovorka(body) => body.weight_kg(),
            Body::Bergman(_) => Bergman::weight_kg(),
        }
    }
}

#[cfg(test)]
mod tests;
