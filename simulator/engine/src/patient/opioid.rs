//! Someone who gets opioids, and breathes.
//!
//! Remifentanil, fentanyl and morphine in three compartments and at the effect site, naloxone against
//! them, what is left of breathing, oxygen and CO2 in the blood, what a finger clip and a capnograph
//! see of it, and what lack of oxygen does to the heart. Each part says what it leaves out, where its
//! numbers come from and where they hold. Steps of one second: what the second's breathing is follows
//! from its start, then gases, drugs, antidote go on by it.
//!
//! Left out: with each part; of all other drugs, surgery, sleep, and what comes after an arrest. Units: ug, ng/mL, L/min, mmHg, s and
//! min. Sources: with each part; models.md 3.1 to 3.3.
//!
//! Domain of validity: adults from 30 kg, until an arrest (see [`Breathing::hypoxia_min`]). Not for
//! clinical use.

mod blood;
mod breathing;
mod circulation;
mod drug;
mod effect;
mod exponential;
mod kinetics;
mod naloxone;
mod oximeter;
mod person;

pub mod inputs;

pub use breathing::{Breath, Breathing, Influence, ROOM_AIR};
pub use drug::{Covariates, Drug, Potency, Sex};
pub use effect::Effect;
pub use kinetics::{Compartments, Rates, Step};
pub use oximeter::{Capnogram, Capnograph, Oximeter};
pub use person::{Person, Varied};

use circulation::Circulation;
use naloxone::Naloxone;

const SECOND_MIN: f64 = 1.0 / 60.0;
/// Someone who is stimulated breathes on their command so long [s] [E].
const STIMULATED_S: u32 = 60;
const STIMULUS: f64 = 1.5;
/// Pain up to here does not make anyone press the button [E].
const BORNE_PAIN: f64 = 3.0;
/// Presses of one in the worst pain [1/min] [E].
const PRESSES_PER_MIN: f64 = 1.0 / 3.0;

/// One drug in one body.
#[derive(Clone, Debug)]
struct Course {
    drug: Drug,
    potency: Potency,
    v1_l: f64,
    breathing: Step,
    analgesia: Step,
    body: Compartments,
    analgesic_ng_per_ml: f64,
    given_ug: f64,
}

/// A patient on opioids.
#[derive(Clone, Debug)]
pub struct OpioidPatient {
    person: Person,
    courses: [Course; 3],
    naloxone: Naloxone,
    breathing: Breathing,
    circulation: Circulation,
    fio2: f64,
    stimulated_s: u32,
    is_obstructed: bool,
}

/// What is true of a patient at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vitals {
    /// Breathing, gases, saturation.
    pub breath: Breath,
    /// Of the opioids.
    pub effect: Effect,
    /// [1/min].
    pub heart_rate_per_min: f64,
    /// [mmHg].
    pub map_mmhg: f64,
    /// 0 to 10.
    pub pain: f64,
    /// Naloxone at its effect site [ng/mL].
    pub naloxone_ng_per_ml: f64,
    /// How far opioids are at their effect site, in multiples of C50 (unshifted).
    pub ratio_to_c50: f64,
    /// The heart stands still.
    pub is_arrested: bool,
}

impl Course {
    fn new(drug: Drug, person: &Person) -> Self {
        let rates = drug.rates(&person.body).varied(person.varied.volume, person.varied.clearance);
        let analgesic = Rates { ke0: drug.analgesic_ke0(&person.body), ..rates };
        let mut potency = drug.potency(person.is_chronic);
        potency.c50_ng_per_ml *= person.varied.c50;
        Self {
            drug,
            potency,
            v1_l: rates.v1_l,
            breathing: Step::new(&rates, SECOND_MIN),
            analgesia: Step::new(&analgesic, SECOND_MIN),
            body: [0.0; 4],
            analgesic_ng_per_ml: 0.0,
            given_ug: 0.0,
        }
    }

    fn second(&mut self, ug: f64) {
        if self.given_ug <= 0.0 && ug <= 0.0 {
            return;
        }
        let ug_per_min = 60.0 * ug;
        let [a1, a2, a3, _] = self.body;
        let felt = [a1, a2, a3, self.analgesic_ng_per_ml];
        self.analgesic_ng_per_ml = self.analgesia.effect_site(&felt, ug_per_min);
        self.body = self.breathing.from(&self.body, ug_per_min);
        self.given_ug += ug;
    }
}

impl OpioidPatient {
    /// `person`, who has had no drug and breathes room air.
    pub fn new(person: Person) -> Self {
        Self {
            courses: Drug::ALL.map(|drug| Course::new(drug, &person)),
            naloxone: Naloxone::default(),
            breathing: Breathing::new(person.body.weight_kg, ROOM_AIR),
            circulation: Circulation::new(person.heart_per_min),
            fio2: ROOM_AIR,
            stimulated_s: 0,
            is_obstructed: false,
            person,
        }
    }

    /// Who it is.
    pub const fn person(&self) -> &Person {
        &self.person
    }

    /// `ug` of `drug` into a vein, at once.
    pub fn bolus(&mut self, drug: Drug, ug: f64) {
        let course = &mut self.courses[drug as usize];
        course.body[0] += ug;
        course.given_ug += ug;
    }

    /// `mg` of the antidote into a vein.
    pub fn naloxone(&mut self, mg: f64) {
        self.naloxone.give(mg);
    }

    /// Someone speaks to and shakes the patient.
    pub const fn stimulate(&mut self) {
        self.stimulated_s = STIMULATED_S;
    }

    /// What is breathed holds this share of oxygen: 0.28 at 2 L/min, 0.40 at 6 L/min.
    pub const fn breathe(&mut self, fio2: f64) {
        self.fio2 = fio2;
    }

    /// Whether the airway is shut.
    pub const fn obstruct(&mut self, is_obstructed: bool) {
        self.is_obstructed = is_obstructed;
    }

    /// Plasma and effect site of `drug` [ng/mL].
    pub fn concentrations_ng_per_ml(&self, drug: Drug) -> (f64, f64) {
        let course = &self.courses[drug as usize];
        (course.body[0] / course.v1_l, course.body[3])
    }

    /// What was given of `drug` in all [ug].
    pub const fn given_ug(&self, drug: Drug) -> f64 {
        self.courses[drug as usize].given_ug
    }

    /// What is true at the start of the second that comes; decides whether it has breaths.
    pub fn vitals(&mut self) -> Vitals {
        let influence = self.influence(self.effect());
        let breath = self.breathing.breath(&influence);
        Vitals {
            effect: influence.effect,
            heart_rate_per_min: self.circulation.rate_per_min(breath.saturation),
            map_mmhg: self.circulation.map_mmhg(breath.saturation),
            pain: self.pain(),
            naloxone_ng_per_ml: self.naloxone.effect_ng_per_ml(),
            ratio_to_c50: self.ratio_to_c50(),
            is_arrested: self.circulation.is_arrested(),
            breath,
        }
    }

    /// One second on, in which `ug` of each drug (in the order of [`Drug::ALL`]) ran in. Says whether
    /// the heart stopped in it.
    pub fn second(&mut self, vitals: &Vitals, ug: [f64; 3]) -> bool {
        let influence = self.influence(vitals.effect);
        self.breathing.second(&influence);
        self.courses.iter_mut().zip(ug).for_each(|(course, ug)| course.second(ug));
        self.naloxone.second();
        self.stimulated_s = self.stimulated_s.saturating_sub(1);
        self.circulation.second(vitals.breath.saturation, &self.breathing)
    }

    /// How long and how far saturation was below 60 % [share x min].
    pub const fn hypoxia_min(&self) -> f64 {
        self.breathing.hypoxia_min()
    }

    /// Presses of the button, by pain and by who is awake enough [1/min].
    pub fn presses_per_min(&self, vitals: &Vitals) -> f64 {
        if vitals.is_arrested || vitals.breath.is_apnoeic {
            return 0.0;
        }
        let urge = (vitals.pain - BORNE_PAIN).max(0.0) / (10.0 - BORNE_PAIN);
        PRESSES_PER_MIN * urge * (1.0 - vitals.effect.sedation)
    }

    fn influence(&self, effect: Effect) -> Influence {
        Influence {
            effect,
            wakefulness: if self.stimulated_s > 0 { STIMULUS } else { 1.0 },
            fio2: self.fio2,
            is_obstructed: self.is_obstructed,
        }
    }

    fn effect(&self) -> Effect {
        let opioids: [_; 3] = std::array::from_fn(|i| {
            let course = &self.courses[i];
            (course.body[3], course.potency)
        });
        effect::effect(&opioids, self.naloxone.shift())
    }

    fn ratio_to_c50(&self) -> f64 {
        self.courses.iter().map(|course| course.body[3] / course.potency.c50_ng_per_ml).sum()
    }

    /// The antidote takes relief away as it gives breath back.
    fn pain(&self) -> f64 {
        let ratio =
            |course: &Course| course.analgesic_ng_per_ml / course.drug.analgesic_c50_ng_per_ml();
        let relief: f64 = self.courses.iter().map(ratio).sum();
        effect::relieved(self.person.pain, relief / self.naloxone.shift())
    }
}

#[cfg(test)]
mod tests;
