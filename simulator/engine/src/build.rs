//! From a plan to a world: each entity with its devices, patient or adversary, drawn for its trial.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::access::Gate;
use crate::adversary::{Adversary, Intention};
use crate::bedside::{Bedside, Cardiac, Course, Inpatient, Wearer};
use crate::channel;
use crate::device::{Setting, Value};
use crate::dose::{DoseLimits, Prescription};
use crate::lent::{Budget, Desk, KeyUse, LogLines, Slots, Standing, VaultKey};
use crate::node::{Node, Unit, View};
use crate::pairing::{LinkKey, Pairing};
use crate::patient::opioid::{OpioidPatient, Person};
use crate::patient::{Patient, SensorNoise};
use crate::people::{InpatientSetup, SensorError, WearerSetup, Who};
use crate::plan::{DeviceSetup, KeyScope, PatientSetup, Peer, Plan, Setup};
use crate::records::{Opens, in_memory};
use crate::rules::DeviceRules;
use crate::seed::{Keyed, Seed, Stream};
use crate::staff::Staff;
use crate::storage::{Sealing, Storage};

/// Builds entity `id` of `plan`, with the records of its devices where `open` says.
pub(crate) fn node(
    plan: &Plan,
    id: usize,
    (recording, decided): (bool, bool),
    open: &Opens<'_>,
) -> Node {
    let setup = &plan.setup.nodes[id];
    let patient = setup.wearer().map(|wearer| patient(wearer, plan.seed));
    let prescription = match (&patient, setup.wearer()) {
        (Some(patient), Some(wearer)) => prescription(patient, wearer),
        _ => match setup.patient.as_deref() {
            Some(PatientSetup::Heart(_)) => Cardiac::prescription(),
            Some(PatientSetup::Inpatient(patient)) => patient.prescription.clone(),
            _ => Prescription::new(),
        },
    };
    let unit = |(unit, device): (usize, &DeviceSetup)| match decided {
        true => {
            let prescription = device.prescribed(&prescription);
            self::unit(plan, (id, unit), &prescription, &device.text, open)
        }
        false => undecided(device),
    };
    let units: SmallVec<_> = setup.devices.iter().enumerate().map(unit).collect();
    let bedside = patient.zip(setup.wearer()).map(|(patient, wearer)| {
        let noise = noise(plan, wearer);
        let luck = plan.seed.keyed(&format!("{}/wearer", wearer.text));
        let view = View { plan, frames: &[], inputs: &[], window_end: 0, recording };
        let wearer = WearerSetup { habits: wearer.habits_of_trial(luck), ..wearer.clone() };
        Box::new(Wearer::new(&wearer, patient, noise, luck, view, id as u32)) as Box<dyn Bedside>
    });
    let bedside = bedside.or_else(|| {
        let view = View { plan, frames: &[], inputs: &[], window_end: 0, recording };
        match setup.patient.as_deref()? {
            PatientSetup::Wearer(_) => None,
            PatientSetup::Heart(heart) => {
                let luck = plan.seed.keyed(&format!("{}/heart", heart.text));
                Some(Box::new(Cardiac::new(heart, luck, view, id as u32)) as Box<dyn Bedside>)
            }
            PatientSetup::Inpatient(patient) => Some(inpatient(patient, view, id)),
            PatientSetup::Course(course) => {
                let luck = plan.seed.keyed(&format!("{}/course", course.text));
                Some(Box::new(Course::new(course, luck, view, id as u32)) as Box<dyn Bedside>)
            }
        }
    });
    let adversary = setup.adversary.as_deref().filter(|_| plan.attack).map(|intention| {
        let name = plan.setup.names.text(setup.name);
        let luck = plan.seed.keyed(&format!("{name}/adversary"));
        Box::new(Adversary::new(intention, luck))
    });
    let staff = setup.staff.as_deref().map(|staff| {
        let luck = plan.seed.keyed(&format!("{}/staff", staff.text));
        let view = View { plan, frames: &[], inputs: &[], window_end: 0, recording };
        Box::new(Staff::new(staff, luck, view))
    });
    Node::new(id as u32, units, bedside, adversary, staff)
}

fn inpatient(setup: &InpatientSetup, view: View<'_>, id: usize) -> Box<dyn Bedside> {
    let luck = view.plan.seed.keyed(&format!("{}/inpatient", setup.text));
    let patient = OpioidPatient::new(person(setup, view.plan.seed));
    Box::new(Inpatient::new(setup, patient, luck, view, id as u32))
}

/// The patient on opioids of one trial.
pub(crate) fn person(setup: &InpatientSetup, seed: Seed) -> Person {
    let drawn = || {
        let mut stream = seed.stream(&format!("{}/patient", setup.text));
        Person::drawn(&mut || stream.uniform())
    };
    let described = match &setup.who {
        Who::Id(id) => Person::by_id(id),
        Who::Population(_) => None,
    };
    let mut person = described.unwrap_or_else(drawn);
    person.pain = setup.pain.unwrap_or(person.pain);
    person
}

/// By link, the adversaries that hear it. One without steps has no ears: it must leave no trace.
pub(crate) fn listeners(plan: &Plan) -> Vec<Vec<u32>> {
    let mut listeners = vec![Vec::new(); plan.setup.links.len()];
    if !plan.attack {
        return listeners;
    }
    for (id, node) in plan.setup.nodes.iter().enumerate() {
        let Some(intention) = node.adversary.as_deref().filter(|i| !i.steps.is_empty()) else {
            continue;
        };
        let name = plan.setup.names.text(node.name);
        let luck = plan.seed.keyed(&format!("{name}/adversary"));
        let hears = |link: &&u32| reaches(plan, intention, **link, luck);
        for &link in intention.links.iter().filter(hears) {
            listeners[link as usize].push(id as u32);
        }
    }
    listeners
}

/// Whether an adversary hears `link` and is heard on it.
pub(crate) fn reaches(plan: &Plan, intention: &Intention, link: u32, luck: Keyed) -> bool {
    let setup = &plan.setup.links[link as usize];
    let is_flat = plan.arm.segmentation.is_none();
    let joined = |segment| is_flat && plan.setup.network.joins(segment, link);
    if setup.medium.is_ip && intention.is_plugged(link, joined) {
        return true;
    }
    match setup.medium.is_wire {
        true => {
            let is_at_hand = !setup.medium.is_ip && intention.is_at_hand(link);
            intention.foothold_links.contains(&link) || is_at_hand
        }
        false => intention.reaches(link, setup.range_of_trial(plan.seed), luck),
    }
}

/// A new device in the place of another, set up for the patient like the first, with another serial
/// number if the model has one.
pub(crate) fn spare(
    plan: &Plan,
    place: (usize, usize),
    prescription: &Prescription,
    serial: f64,
) -> Unit {
    let name = format!("{}/{serial}", plan.setup.nodes[place.0].devices[place.1].text);
    let prescription = plan.setup.nodes[place.0].devices[place.1].prescribed(prescription);
    let mut unit = self::unit(plan, place, &prescription, &name, &in_memory);
    unit.label(serial);
    unit
}

/// The device at a place; `name` tells it from the spare that may take its place.
fn unit(
    plan: &Plan,
    (id, unit): (usize, usize),
    prescription: &Prescription,
    name: &str,
    open: &Opens<'_>,
) -> Unit {
    let setup = &plan.setup.nodes[id].devices[unit];
    let rules = plan.arm.devices.get(id).and_then(|units| units.get(unit)).cloned().flatten();
    let Some(rules) = rules else {
        return Unit::new(None, &setup.peers, Vec::new(), Arc::clone(&setup.config), None);
    };
    let keys = link_keys(plan, (id, unit), Pairing::default());
    let manifest = Arc::clone(&setup.manifest);
    let config = config(setup, prescription, &rules.controls);
    let desk = Desk {
        names: Arc::clone(&setup.names),
        entity: id as u32,
        sensors: vec![None; manifest.sensors.len()],
        shown: vec![0.0; manifest.fields.len()],
        dose: DoseLimits::new(&rules.envelope, &manifest, prescription),
        keys: vault_keys(plan, setup),
        sealer: channel::sender(id as u32, unit as u16),
        sealed: 0,
        storage: storage(plan, setup, name, &rules, open),
        random: Some(plan.seed.stream(&format!("{}/random", setup.text))),
        prescription: prescription.clone(),
        begun: None,
        standing: Standing::default(),
        asked: false,
        wakes: Budget::default(),
        commands: Vec::new(),
        frames: Budget::default(),
        log: Budget::default(),
        lines: LogLines::default(),
        slots: Slots::default(),
        manifest,
        rules,
    };
    let gate = Some(Gate::of(setup.accounts.len())).filter(|_| !setup.accounts.is_empty());
    Unit::new(Some(Box::new(desk)), &setup.peers, keys, config, setup.flash.as_ref()).guarded(gate)
}

/// A device that is lent everything.
fn undecided(setup: &DeviceSetup) -> Unit {
    Unit::new(None, &setup.peers, Vec::new(), Arc::clone(&setup.config), None).undecided()
}

/// A device's memory with what it holds at the start; the key that seals it, if one does, is its own.
fn storage(
    plan: &Plan,
    setup: &DeviceSetup,
    name: &str,
    rules: &DeviceRules,
    open: &Opens<'_>,
) -> Storage {
    let key = || Sealing::new(plan.seed.secret(&format!("rest-key/{name}")));
    let sealing = rules.controls.rest_protection().then(key);
    let mut storage = Storage::new(open(name), sealing);
    setup.storage.iter().for_each(|(key, value)| storage.put(key, value));
    storage
}

/// The scenario's config, and under the keys that the model reads and the scenario leaves open the
/// prescription, since a pump is set up for its patient, and how the place rolls updates out.
fn config(
    setup: &DeviceSetup,
    prescription: &Prescription,
    controls: &medtwin_policy::Controls,
) -> Arc<[Setting]> {
    let is_open = |key: &String| setup.config.iter().all(|setting| setting.key != *key);
    let keys = setup.manifest.config.iter().filter(|key| is_open(key));
    let ordered = keys.filter_map(|key| {
        let value = prescription.get(key).copied().or(controls.rollout(key))?;
        Some(Setting { key: key.clone(), value: Value::Number(value) })
    });
    setup.config.iter().cloned().chain(ordered).collect()
}

/// The keys of a device for each of its peers, as `pairing` makes them.
pub(crate) fn link_keys(plan: &Plan, me: (usize, usize), pairing: Pairing) -> Vec<LinkKey> {
    let peers = plan.setup.nodes[me.0].devices[me.1].peers.iter();
    let paired = |peer| {
        let secret = link_key(plan, me, peer, pairing.number);
        LinkKey::paired(secret, pairing.at, plan.arm.key_life)
    };
    peers.map(paired).collect()
}

/// The key that protects frames between a device and a peer, by the scope of the arm's keys. What
/// others have as well, no pairing changes.
fn link_key(plan: &Plan, me: (usize, usize), peer: &Option<Peer>, pairing: u32) -> [u8; 32] {
    let Some(peer) = peer else { return [0; 32] };
    let text = |(node, unit): (usize, usize)| {
        plan.setup.nodes[node].devices.get(unit).map_or("", |device| device.text.as_str())
    };
    let mut ends = [text(me), text((peer.node as usize, peer.unit as usize))];
    ends.sort_unstable();
    plan.seed.secret(&match plan.arm.key_scope {
        KeyScope::Device if pairing == 0 => format!("link-key/{}/{}", ends[0], ends[1]),
        KeyScope::Device => format!("link-key/{}/{}/{pairing}", ends[0], ends[1]),
        KeyScope::Site => "link-key/site".to_owned(),
        KeyScope::Fleet => "link-key/fleet".to_owned(),
    })
}

/// What an adversary who took the link keys out of `device` before the run has for frames to `target`: the key of
/// that pair, or of `device` and its first peer if they are none.
pub(crate) fn stolen_key(plan: &Plan, device: (u32, u16), target: (u32, u16)) -> [u8; 32] {
    let me = (device.0 as usize, device.1 as usize);
    let peers = &plan.setup.nodes[me.0].devices[me.1].peers;
    let is_target =
        |peer: &&Option<Peer>| peer.is_some_and(|peer| (peer.node, peer.unit) == target);
    let peer = peers.iter().find(is_target).or(peers.iter().find(|peer| peer.is_some()));
    link_key(plan, me, peer.unwrap_or(&None), Pairing::default().number)
}

/// The key by which an update processor quotes what was measured of its device.
const ATTESTATION: &str = "attestation";

/// The product's own keys: those of the same name are the same in a device and its peers. What quotes
/// is one device's alone, and known to those who check it.
fn vault_keys(plan: &Plan, setup: &DeviceSetup) -> Vec<VaultKey> {
    let quoting = |of: &str| plan.seed.secret(&format!("attestation/{of}"));
    let key = |name: &String| {
        if setup.updates.is_some() && name == ATTESTATION {
            return VaultKey { secret: quoting(&setup.text), what_for: KeyUse::Quoting };
        }
        match setup.quoted_under(name) {
            Some(peer) => {
                let of = peer.and_then(|peer| plan.setup.device(peer)).map_or("", |d| &d.text);
                VaultKey { secret: quoting(of), what_for: KeyUse::Checking }
            }
            None => {
                let secret = plan.seed.secret(&format!("vault/{name}"));
                VaultKey { secret, what_for: KeyUse::Product }
            }
        }
    };
    setup.manifest.keys.iter().map(key).collect()
}

/// What the patient at `node` takes on an ordinary day [U]; 0 where nobody is.
pub(crate) fn daily_dose_u(setup: &Setup, node: u32, seed: Seed) -> f64 {
    let wearer = setup.nodes.get(node as usize).and_then(|node| node.wearer());
    wearer.map_or(0.0, |wearer| patient(wearer, seed).therapy().total_daily_u)
}

/// The patient of one trial.
pub(crate) fn patient(wearer: &WearerSetup, seed: Seed) -> Patient {
    match &wearer.who {
        Who::Id(id) => wearer.model.patient(id).unwrap_or_default(),
        Who::Population(group) => {
            let mut stream = seed.stream(&format!("{}/patient", wearer.text));
            wearer.model.drawn(group.as_deref(), &mut || stream.uniform())
        }
    }
}

fn noise(plan: &Plan, wearer: &WearerSetup) -> SensorNoise {
    let mut stream: Stream = plan.seed.stream(&format!("{}/cgm/noise", wearer.text));
    match wearer.sensor {
        SensorError::None => SensorNoise::none(),
        SensorError::Breton => SensorNoise::breton(move || stream.normal()),
        SensorError::Vettoretti => {
            let theta = &mut || stream.normal();
            let session = crate::patient::Vettoretti::drawn(theta);
            SensorNoise::vettoretti(session, move || stream.normal())
        }
    }
}

/// What is prescribed: what follows from the patient, then what the scenario says instead.
pub(crate) fn prescription(patient: &Patient, wearer: &WearerSetup) -> Prescription {
    let therapy = patient.therapy();
    let basal = therapy.basal_u_per_h;
    // Max bolus: what a meal of 120 g needs. Three hours: that and a correction of a quarter. [E]
    let meal = 120.0 / therapy.carb_ratio_g_per_u;
    let mut prescription = Prescription::from(
        [
            ("basal_u_per_h", (basal * 40.0).round() / 40.0),
            ("max_basal_u_per_h", 2.0 * basal),
            ("max_bolus_u", meal),
            ("carb_ratio_g_per_u", therapy.carb_ratio_g_per_u),
            ("correction_mg_dl_per_u", therapy.correction_mg_dl_per_u),
            ("target_mg_dl", 110.0),
            ("dose_3h_u", 3.0 * basal + 0.05 * therapy.total_daily_u),
            ("total_daily_u", therapy.total_daily_u),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    prescription.extend(wearer.prescription.clone());
    prescription
}
