//! What a trial draws before it begins: the same in all of its arms, and the columns of a study by
//! which its results can be sorted.

use crate::adversary::{Act, Arguments, Intention, Trigger};
use crate::build::{daily_dose_u, patient, person};
use crate::people::{InpatientSetup, WearerSetup};
use crate::plan::Setup;
use crate::seed::{Keyed, Seed};

/// One thing that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// Who or which.
    Text(String),
    /// How much; not a number where it does not apply.
    Number(f64),
}

/// What the attack asks for in one trial, if it carries out every bolus step to its last repeat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// In all [U].
    pub units: f64,
    /// The same as a share of what the wearers of the targets take in a day.
    pub daily_share: f64,
}

/// Everything that `setup` draws for the trial of `seed`, by name, in an order that is the same in
/// all trials: `patient.alex.weight_kg`, `link.rf.loss`, `step.forged-bolus.units`.
pub fn drawn(setup: &Setup, seed: Seed) -> Vec<(String, Drawn)> {
    let mut all = Vec::new();
    for node in &setup.nodes {
        if let Some(wearer) = node.wearer() {
            of_wearer(wearer, seed, &mut all);
        }
        if let Some(inpatient) = node.inpatient() {
            of_inpatient(inpatient, seed, &mut all);
        }
    }
    for link in &setup.links {
        let mut put = |key: &str, value| {
            all.push((format!("link.{}.{key}", link.name), Drawn::Number(value)));
        };
        put("loss", link.loss_of_trial(seed));
        put("range_m", link.range_of_trial(seed));
    }
    for (name, intention) in setup.adversaries() {
        let luck = luck(name, seed);
        let distance = intention.distance_of_trial(luck).unwrap_or(f64::NAN);
        all.push((format!("adversary.{name}.distance_m"), Drawn::Number(distance)));
        of_steps(intention, luck, setup, seed, &mut all);
    }
    all
}

fn of_wearer(wearer: &WearerSetup, seed: Seed, all: &mut Vec<(String, Drawn)>) {
    let patient = patient(wearer, seed);
    let habits = wearer.habits_of_trial(seed.keyed(&format!("{}/wearer", wearer.text)));
    let mut put = |key: &str, value| all.push((format!("patient.{}.{key}", wearer.text), value));
    put("id", Drawn::Text(patient.id().to_owned()));
    put("group", Drawn::Text(patient.id().split('#').next().unwrap_or_default().to_owned()));
    for (key, value) in [
        ("weight_kg", patient.weight_kg()),
        ("daily_dose_u", patient.therapy().total_daily_u),
        ("notices_beep", habits.notices_beep),
        ("feels_low", habits.feels_low(patient.id())),
        ("asleep_from_h", habits.asleep_h.0),
        ("asleep_until_h", habits.asleep_h.1),
    ] {
        put(key, Drawn::Number(value));
    }
}

fn of_inpatient(inpatient: &InpatientSetup, seed: Seed, all: &mut Vec<(String, Drawn)>) {
    let person = person(inpatient, seed);
    let mut put = |key: &str, value| all.push((format!("patient.{}.{key}", inpatient.text), value));
    put("id", Drawn::Text(person.id));
    for (key, value) in [
        ("age_a", person.body.age_a),
        ("weight_kg", person.body.weight_kg),
        ("c50_factor", person.varied.c50),
        ("pain", person.pain),
    ] {
        put(key, Drawn::Number(value));
    }
}

fn of_steps(
    intention: &Intention,
    luck: Keyed,
    setup: &Setup,
    seed: Seed,
    all: &mut Vec<(String, Drawn)>,
) {
    for step in &intention.steps {
        let mut put = |key: &str, value| {
            all.push((format!("step.{}.{key}", step.text), Drawn::Number(value)));
        };
        if let Trigger::At(when) = step.trigger {
            put("at_min", when.at(luck.uniform(u64::from(step.number), 0)));
        }
        if let Some((args, node)) = arguments(&step.act) {
            let daily_u = daily_dose_u(setup, node, seed);
            let (amount, minutes) = args.of_trial(step.number, luck, daily_u);
            put("amount", amount);
            put("minutes", minutes);
        }
    }
}

/// What the attack asks for in the trial of `seed`; none if no step of it asks for a bolus.
pub fn asked(setup: &Setup, seed: Seed) -> Option<Asked> {
    let mut all: Option<Asked> = None;
    for (name, intention) in setup.adversaries() {
        for step in &intention.steps {
            let Some((args, node)) = arguments(&step.act).filter(|_| doses(&step.act)) else {
                continue;
            };
            let daily_u = daily_dose_u(setup, node, seed);
            let (units, _) = args.of_trial(step.number, luck(name, seed), daily_u);
            let units = units * f64::from(step.repeat.times);
            let sum = all.get_or_insert(Asked { units: 0.0, daily_share: 0.0 });
            sum.units += units;
            sum.daily_share += if daily_u > 0.0 { units / daily_u } else { 0.0 };
        }
    }
    all
}

/// The arguments of an act that has some, and the node that it is about.
fn arguments(act: &Act) -> Option<(Arguments, u32)> {
    match act {
        Act::Inject { args, target, .. } => Some((*args, target.to.0)),
        Act::Press { args, device, .. } => Some((*args, device.0)),
        _ => None,
    }
}

/// Whether an act asks for a bolus.
fn doses(act: &Act) -> bool {
    match act {
        Act::Inject { kind, .. } => *kind == medtwin_frames::Kind::Bolus,
        Act::Press { doses, .. } => *doses,
        _ => false,
    }
}

/// What step `number` of an attack keys into a device in the trial of `seed`: the key, and a value.
pub(crate) fn keyed(setup: &Setup, number: u32, seed: Seed) -> Option<(u32, f64)> {
    let (adversary, step) = setup.step(number)?;
    let Act::Press { device, input, args, .. } = &step.act else { return None };
    let daily_u = daily_dose_u(setup, device.0, seed);
    let (value, _) = args.of_trial(step.number, luck(adversary, seed), daily_u);
    Some((*input, value))
}

/// What the one patient of `setup` takes on an ordinary day [U]; none if there are several or none.
pub fn only_daily_dose_u(setup: &Setup, seed: Seed) -> Option<f64> {
    let mut wearers = setup.nodes.iter().filter_map(|node| node.wearer());
    let only = wearers.next().filter(|_| wearers.next().is_none())?;
    Some(patient(only, seed).therapy().total_daily_u)
}

fn luck(adversary: &str, seed: Seed) -> Keyed {
    seed.keyed(&format!("{adversary}/adversary"))
}
