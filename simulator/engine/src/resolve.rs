//! From a scenario to plans: every name looked up, every mistake reported at once.
//!
//! The files behind names come from a [`Library`]; this module opens none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use medtwin_policy::{CONTROLS, Intent as IntentFile, Inventory, Pack};
use toml::Spanned;

use crate::adversary::Spread;
use crate::channel::Protection;
use crate::device::{Recipe, Setting};
use crate::dose::Prescription;
use crate::lent::{PortNames, Words};
use crate::link::LinkSetup;
use crate::manifest::Manifest;
use crate::outcome::Intent;
use crate::pairing::KeyLife;
use crate::people::{Carbs, Dosing, Habits, Meal, SensorError, Varied, WearerSetup, Who, Wiring};
use crate::plan::{Arm, DeviceSetup, KeyScope, NodeSetup, Peer, Setup};
use crate::rules::{Capability, DeviceRules, Layout, Own};
use crate::scenario::{Scenario, ScenarioError};
use crate::time::SimTime;
use crate::trace::{Name, Names};

mod accounts;
mod hearts;
mod images;
mod inpatients;
mod links;
mod network;
mod numbers;
mod patients;
mod staff;
mod steps;
mod wearers;
mod words;

use links::{Places, links, places, wire};

/// Finds what a scenario names.
pub trait Library {
    /// The device model of this name; the names there are, if there is none.
    fn model(&self, name: &str) -> Result<Model, Vec<String>>;
    /// The component that `device` runs instead of its model's own, if one was given.
    fn replacement(&self, device: &str) -> Option<Arc<dyn Recipe>>;
    /// The adversary's component of this name; the names there are, if there is none.
    fn artefact(&self, name: &str) -> Result<Arc<dyn Recipe>, Vec<String>>;
    /// The component of this name, to be put into a firmware image; the names there are, if there is
    /// none.
    fn component(&self, _name: &str) -> Result<Component, Vec<String>> {
        Err(Vec::new())
    }
}

/// A component with its bytes.
pub struct Component {
    /// What runs.
    pub recipe: Arc<dyn Recipe>,
    /// As it lies in an image.
    pub bytes: Vec<u8>,
    /// It is an adversary's.
    pub hostile: bool,
}

/// A device model, ready to use.
#[derive(Clone)]
pub struct Model {
    /// Its ports.
    pub manifest: Arc<Manifest>,
    /// Its component.
    pub recipe: Arc<dyn Recipe>,
}

/// A scenario, resolved: what all arms share.
pub struct Resolved {
    /// The world.
    pub setup: Arc<Setup>,
    /// The intent, ready to be asked.
    pub intent: Arc<Intent>,
    /// Names of the attack's steps, by number.
    pub steps: Vec<String>,
    layouts: Vec<Vec<Arc<Layout>>>,
    inventory: Inventory,
}

/// One thing that can be taken out of a pack or read in a trace by number.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// Why it is there.
    pub reason: String,
    /// `permit`, `forbid`, `limit`; `control`, `budget` or `access` of the host's own.
    pub kind: &'static str,
    /// The control it belongs to.
    pub control: Option<String>,
}

impl RuleInfo {
    /// Whether a pack writes it down; the others are the host's own.
    pub fn is_of_pack(&self) -> bool {
        !matches!(self.kind, "control" | "budget" | "access")
    }
}

/// The rules of a pack, in the order of their numbers in traces.
pub fn rules(pack: &Pack) -> Vec<RuleInfo> {
    let cedar = pack.rules().iter().map(|rule| RuleInfo {
        id: rule.id.clone(),
        reason: rule.reason.clone(),
        kind: if rule.is_permit() { "permit" } else { "forbid" },
        control: rule.control.clone(),
    });
    let limits =
        pack.envelope().models.values().flat_map(|model| &model.limits).map(|limit| RuleInfo {
            id: limit.id.clone(),
            reason: limit.reason.clone(),
            kind: "limit",
            control: limit.control.clone(),
        });
    let own = Own::ALL.iter().map(|&(own, id, reason)| {
        let (kind, name) = id.split_once(':').unwrap_or((id, id));
        let name = match own {
            Own::KeyExpired => "auth",
            Own::SecureBoot | Own::RollbackFloor => "signed_update",
            _ => name,
        };
        let control = CONTROLS.contains(&name).then(|| name.to_owned());
        RuleInfo { id: id.to_owned(), reason: reason.to_owned(), kind, control }
    });
    cedar.chain(limits).chain(own).collect()
}

/// Words that the engine itself writes into traces.
const WORDS: &[&str] = &[
    "glucose",
    "plasma-insulin",
    "insulin",
    "meal",
    "bolus-by-remote",
    "bolus-at-pump",
    "noticed",
    "suspend",
    "resume",
    "rescue-carbs",
    "glucagon",
    "key-presses",
    "seconds",
    "sent",
    "lost",
    "receive",
    "down",
    "fail-safe",
    "rebooted",
    "replaced",
    "attempt",
    "learned",
    "no-serial",
    "nothing-recorded",
    "out-of-reach",
    "reading",
    "bolus",
    "silent",
    "trap",
    "out-of-fuel",
    "out-of-memory",
    "host-call-flood",
    "stack-overflow",
    "not-lent",
    "start",
];

/// Words of what people outside do. They come after all others, so that they move no number.
const INPUT_WORDS: &[&str] = &[
    "eat",
    "remote-off",
    "replace-pump",
    "call-for-help",
    "start-step",
    "feels-low",
    "cannot-swallow",
    "help-arrives",
    "updated",
    "rolled-back",
    "boot-failed",
    "log-in",
    "break-glass",
    "justified",
    "pairs-anew",
    "no-key-fits",
    "read-storage",
    "sealed",
    "no-records",
    "power-lost",
    "confirmed",
    "planted",
    "update.boot",
    "reads-log",
    "dropped",
    "carried",
    "spo2",
    "resp-rate",
    "etco2",
    "heart-rate",
    "effect-ratio",
    "pain",
    "arrest",
    "volume",
    "button",
    "stimulate",
    "oxygen",
    "naloxone",
    "remifentanil",
    "fentanyl",
    "morphine",
    "flow",
    "refused",
    "no-address",
    "no-name",
    "reads",
    "sets",
    "heard",
    "ignores",
    "answers",
    "leaves",
    "finds-ill",
    "finds-well",
    "stimulates",
    "gives-oxygen",
    "stops-pump",
    "gives-naloxone",
    "calls-for-help",
    "delayed",
    "runs-nothing",
];

/// Looks up everything that `scenario` (already laid over its site) names.
///
/// # Errors
/// Every mistake of the author, each with its place.
pub fn resolve(
    scenario: &Scenario,
    intent: &IntentFile,
    library: &dyn Library,
) -> Result<Resolved, Vec<ScenarioError>> {
    let mut errors = Vec::new();
    let world = world(scenario, library, &mut errors);
    if scenario.study.is_some() {
        check_varied(scenario, library, &mut errors);
    }
    if !errors.is_empty() {
        return Err(each_once(scenario, errors));
    }
    let mut inventory = Inventory::default();
    let layouts = layouts(&world.setup, &mut inventory);
    let intent = ask_intent(intent, &world.setup, &layouts, &inventory);
    let (setup, steps) = (Arc::new(world.setup), world.steps);
    Ok(Resolved { setup, intent: Arc::new(intent), steps, layouts, inventory })
}

/// What studies of the scenario run is checked with it: a mistake in `[study]` is one of the scenario.
fn check_varied(scenario: &Scenario, library: &dyn Library, errors: &mut Vec<ScenarioError>) {
    let mut more = Vec::new();
    let follow_up = scenario.study.as_ref().and_then(|study| study.follow_up_min.as_ref());
    if let Some(min) = follow_up.filter(|min| !(1.0..=60_000.0).contains(min.get_ref())) {
        let message = format!("`follow_up_min` is {}", min.get_ref());
        more.push(ScenarioError::at(min, message, "from 1 to 60000 min"));
    }
    match scenario.clone().varied() {
        Ok(varied) => drop(world(&varied, library, &mut more)),
        Err(unknown) => more.extend(unknown),
    }
    more.retain(|error| !errors.contains(error));
    errors.append(&mut more);
}

/// A mistake in a rule is one of every bed, and is told of the first.
fn each_once(scenario: &Scenario, mut errors: Vec<ScenarioError>) -> Vec<ScenarioError> {
    let mut seen = BTreeSet::new();
    if !scenario.replicate.is_empty() {
        errors.retain(|error| {
            let place = error.at.as_ref().map(|at| (at.start, at.end));
            seen.insert((place, scenario.of_any_bed(&error.message)))
        });
    }
    errors
}

struct World {
    setup: Setup,
    steps: Vec<String>,
}

fn world(scenario: &Scenario, library: &dyn Library, errors: &mut Vec<ScenarioError>) -> World {
    let mut names = Names::default();
    WORDS.iter().for_each(|word| {
        names.intern(word);
    });
    for interface in crate::device::Interface::ALL {
        names.intern(interface.as_str());
    }
    let models = models(scenario, library, errors);
    let mut nodes = nodes(scenario, &models, library, &mut names, errors);
    let mut links = links(scenario, errors);
    let joined = network::backbones(scenario, &mut links, errors);
    let mut network = network::ways(scenario, &joined);
    let place = places(&nodes);
    wire(scenario, &mut nodes, (&place, &network), errors);
    let (mut artefacts, steps) =
        steps::adversaries(scenario, &mut nodes, &place, library, &mut names, errors);
    staff::staff(scenario, &mut nodes, &mut names, errors);
    let firmware = images::all(scenario, library, &mut artefacts, errors);
    images::hold(scenario, &mut nodes, &place, &firmware, errors);
    accounts::hold(scenario, &mut nodes, &place, &mut names, errors);
    network::complete(scenario, &mut network, &mut nodes, &place, &mut names, errors);
    let horizon = horizon(scenario, errors);
    numbers::check(scenario, errors);
    words::check(scenario, errors);
    INPUT_WORDS.iter().for_each(|word| {
        names.intern(word);
    });
    links.iter().filter(|link| link.medium.line.is_some()).for_each(|link| {
        names.intern(&link.name);
    });
    World { setup: Setup { names, horizon, nodes, links, artefacts, firmware, network }, steps }
}

impl Resolved {
    /// Lays `pack` over the setup.
    pub fn arm(&self, pack: &Pack) -> Arm {
        let table = Arc::new(pack.compile(&self.inventory));
        let controls = Arc::new(pack.controls().clone());
        let cedar = pack.rules().len() as u16;
        let limits: Vec<&str> = pack
            .envelope()
            .models
            .values()
            .flat_map(|model| model.limits.iter().map(|limit| limit.id.as_str()))
            .collect();
        let number = |id: &str| {
            limits.iter().position(|l| *l == id).map_or(crate::trace::NO_RULE, |i| cedar + i as u16)
        };
        let device = |device: &DeviceSetup, layout: &Arc<Layout>| {
            let envelope = pack.envelope().model(&device.manifest.name);
            Some(Arc::new(DeviceRules {
                table: Arc::clone(&table),
                layout: Arc::clone(layout),
                limit_rules: envelope.limits.iter().map(|limit| number(&limit.id)).collect(),
                envelope: Arc::new(envelope),
                controls: Arc::clone(&controls),
                own_rules: cedar + limits.len() as u16,
            }))
        };
        let devices = self.setup.nodes.iter().zip(&self.layouts);
        let devices = devices.map(|(node, layouts)| {
            node.devices.iter().zip(layouts).map(|(d, layout)| device(d, layout)).collect()
        });
        let scope = match pack.controls().key_scope() {
            "site" => KeyScope::Site,
            "fleet" => KeyScope::Fleet,
            _ => KeyScope::Device,
        };
        Arm {
            devices: devices.collect(),
            protection: Protection {
                authentication: pack.controls().auth(),
                encryption: pack.controls().encryption(),
                freshness: pack.controls().nonce_window().is_some(),
            },
            key_scope: scope,
            nonce_window: pack.controls().nonce_window().unwrap_or(0),
            pairing: pack.controls().pairing(),
            access: pack.controls().access(),
            key_life: pack.controls().key_life_h().map(KeyLife::of_hours),
            accepts_clear: pack.controls().accepts_clear(),
            segmentation: pack.controls().segmentation(),
            time_step_ns: pack.controls().time_step_s().map(|s| (s * 1e9) as u64),
            segmentation_rule: cedar + limits.len() as u16 + Own::Segmentation as u16,
        }
    }

    /// What devices may do under `arm`, weighted, as POL-1 counts it.
    pub fn grants(&self, arm: &Arm) -> BTreeMap<Capability, f64> {
        let setups = self.setup.nodes.iter().flat_map(|node| &node.devices);
        let devices = arm.devices.iter().flatten().zip(setups);
        let granted = devices.filter_map(|(rules, device)| Some((rules.as_ref()?, device)));
        granted.flat_map(|(rules, device)| rules.granted(&device.names)).collect()
    }
}

fn horizon(scenario: &Scenario, errors: &mut Vec<ScenarioError>) -> SimTime {
    let Some(hours) = &scenario.horizon_h else {
        errors.push(ScenarioError {
            message: "the scenario has no `horizon_h`".to_owned(),
            at: None,
            help: Some("say how long it lasts: `horizon_h = 6`".to_owned()),
        });
        return SimTime::START;
    };
    if !(hours.get_ref() > &0.0 && hours.get_ref() <= &1000.0) {
        let message = format!("`horizon_h` is {}", hours.get_ref());
        errors.push(ScenarioError::at(
            hours,
            message,
            "a run lasts more than 0 and at most 1000 h",
        ));
    }
    SimTime::from_minutes(hours.get_ref() * 60.0)
}

fn models(
    scenario: &Scenario,
    library: &dyn Library,
    errors: &mut Vec<ScenarioError>,
) -> BTreeMap<String, Model> {
    let mut models = BTreeMap::new();
    for (name, device) in &scenario.device {
        match library.model(device.model.get_ref()) {
            Ok(model) => {
                let whose = format!("device `{name}`");
                words::check_taken(&whose, &device.model, &device.config, &model.manifest, errors);
                words::check_hardware(name, device, scenario, &model.manifest, errors);
                let has = |role: &str| model.manifest.peers.iter().any(|own| own == role);
                if let Some((role, peer)) = device.peers.iter().find(|(role, _)| !has(role)) {
                    let message = format!("device `{name}` has no peer `{role}`");
                    let help = format!(
                        "the peers of `{}`: {}",
                        model.manifest.name,
                        model.manifest.peers.join(", ")
                    );
                    errors.push(ScenarioError::at(peer, message, help));
                }
                for peer in device.peers.values() {
                    check_peer(name, peer, scenario, errors);
                }
                models.insert(name.clone(), model);
            }
            Err(known) => {
                let message = format!(
                    "device `{name}` has model `{}`, which the library does not have",
                    device.model.get_ref()
                );
                errors.push(ScenarioError::at(
                    &device.model,
                    message,
                    format!("the library has: {}", known.join(", ")),
                ));
            }
        }
    }
    models
}

/// A bedside for each patient with the devices they wear, then a node for each other device, then
/// one for each adversary.
fn nodes(
    scenario: &Scenario,
    models: &BTreeMap<String, Model>,
    library: &dyn Library,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> Vec<NodeSetup> {
    let mut nodes = Vec::new();
    let worn = worn(scenario);
    for (name, patient) in &scenario.patient {
        let worn = worn.get(name).map_or(&[][..], Vec::as_slice);
        let devices: Vec<DeviceSetup> = worn
            .iter()
            .filter_map(|d| Some(device(d, scenario, models.get(*d)?, library, names)))
            .collect();
        let patient = patients::patient(name, patient, &devices, scenario, names, errors);
        let patient = patient.map(Box::new);
        nodes.push(NodeSetup {
            name: names.intern(name),
            devices,
            patient,
            ..NodeSetup::default()
        });
    }
    for (name, d) in &scenario.device {
        match &d.patient {
            None => {
                let devices =
                    models.get(name).map(|model| device(name, scenario, model, library, names));
                let devices = devices.into_iter().collect();
                nodes.push(NodeSetup { name: names.intern(name), devices, ..NodeSetup::default() });
            }
            Some(patient) if !scenario.patient.contains_key(patient.get_ref()) => {
                let message = format!(
                    "device `{name}` is worn by `{}`, who is not in the scenario",
                    patient.get_ref()
                );
                errors.push(ScenarioError::at(patient, message, known(scenario.patient.keys())));
            }
            Some(_) => {}
        }
    }
    nodes
}

/// The devices of each patient, in order.
fn worn(scenario: &Scenario) -> BTreeMap<&String, Vec<&String>> {
    let mut worn: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (name, device) in &scenario.device {
        if let Some(patient) = &device.patient {
            worn.entry(patient.get_ref()).or_default().push(name);
        }
    }
    worn
}

/// So many names are told, and how many more there are.
const TOLD: usize = 24;

fn known<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    match names.len() {
        0 => "the scenario has none".to_owned(),
        all if all <= TOLD => format!("the scenario has: {}", names.join(", ")),
        all => format!("the scenario has: {}, and {} more", names[..TOLD].join(", "), all - TOLD),
    }
}

fn device(
    name: &str,
    scenario: &Scenario,
    model: &Model,
    library: &dyn Library,
    names: &mut Names,
) -> DeviceSetup {
    let config: Vec<Setting> = scenario.device[name]
        .config
        .iter()
        .map(|(key, value)| Setting { key: key.clone(), value: value.clone() })
        .collect();
    DeviceSetup {
        text: name.to_owned(),
        names: Arc::new(port_names(name, &model.manifest, names)),
        manifest: Arc::clone(&model.manifest),
        recipe: library.replacement(name).unwrap_or_else(|| Arc::clone(&model.recipe)),
        config: config.into(),
        prescription: prescribed(&scenario.device[name].prescription),
        peers: vec![None; model.manifest.peers.len()],
        sends_clear: scenario.device[name].sends_clear,
        updates: None,
        accounts: Arc::default(),
        flash: None,
        power_lost: scenario.device[name]
            .power_lost_min
            .map(|[from, until]| {
                let ns = |min: f64| (min.clamp(0.0, 1e6) * crate::time::MINUTE as f64) as u64;
                (ns(from), ns(until))
            })
            .into_iter()
            .collect(),
        mains_lost: Vec::new(),
        storage: Vec::new(),
    }
}

/// A peer is another device of the scenario.
fn check_peer(
    name: &str,
    peer: &Spanned<String>,
    scenario: &Scenario,
    errors: &mut Vec<ScenarioError>,
) {
    let own = peer.get_ref();
    let message = if own == name {
        format!("device `{name}` is its own peer")
    } else if !scenario.device.contains_key(own) {
        format!("device `{name}` has the peer `{own}`, which is not in the scenario")
    } else {
        return;
    };
    errors.push(ScenarioError::at(peer, message, known(scenario.device.keys())));
}

/// A prescription without the places of its words.
fn prescribed(prescription: &BTreeMap<Spanned<String>, f64>) -> Prescription {
    prescription.iter().map(|(key, value)| (key.get_ref().clone(), *value)).collect()
}

fn port_names(device: &str, manifest: &Manifest, names: &mut Names) -> PortNames {
    let mut all = |list: &[String]| list.iter().map(|n| names.intern(n)).collect::<Vec<Name>>();
    let mut ports = PortNames {
        sensors: all(&manifest.sensors),
        actuators: all(&manifest.actuators),
        peers: all(&manifest.peers),
        alarms: all(&manifest.alarms),
        fields: all(&manifest.fields),
        keys: all(&manifest.keys),
        verbs: all(&manifest.verbs),
        ..PortNames::default()
    };
    ports.channels = ports.peers.clone();
    ports.channels.extend([names.intern("panel"), names.intern("none")]);
    ports.device = names.intern(device);
    ports.words = Words {
        clock: names.intern("clock.read"),
        timer: names.intern("timer.set"),
        send: names.intern("network.send"),
        receive: names.intern("receive"),
        read: names.intern("sensor.read"),
        set: names.intern("actuator.set"),
        silent: names.intern("silent"),
        raise: names.intern("alarm.raise"),
        show: names.intern("display.show"),
        storage: ["storage.get", "storage.put", "storage.delete"].map(|verb| names.intern(verb)),
        vault: ["vault.sign", "vault.verify", "vault.seal", "vault.open"]
            .map(|verb| names.intern(verb)),
        update: ["update.stage", "update.activate"].map(|verb| names.intern(verb)),
        random: names.intern("random.draw"),
        log: names.intern("log.write"),
    };
    ports
}

fn layouts(setup: &Setup, inventory: &mut Inventory) -> Vec<Vec<Arc<Layout>>> {
    let layout = |inventory: &mut Inventory, device: &DeviceSetup| {
        let zone_of = |peer: &str| {
            let at = device.manifest.peers.iter().position(|own| own == peer)?;
            let link = device.peers.get(at).copied().flatten()?.link;
            setup.links[link as usize].zone.as_deref()
        };
        Arc::new(Layout::append(inventory, &device.text, &device.manifest, zone_of))
    };
    let nodes = setup.nodes.iter();
    nodes.map(|n| n.devices.iter().map(|d| layout(inventory, d)).collect()).collect()
}

fn ask_intent(
    intent: &IntentFile,
    setup: &Setup,
    layouts: &[Vec<Arc<Layout>>],
    inventory: &Inventory,
) -> Intent {
    let mut requests = BTreeMap::new();
    for (node, layouts) in setup.nodes.iter().zip(layouts) {
        for (device, layout) in node.devices.iter().zip(layouts) {
            for (verb, channels) in device.names.verbs.iter().zip(&layout.command) {
                for (channel, request) in device.names.channels.iter().zip(channels) {
                    requests.insert((device.names.device, *verb, *channel), *request);
                }
            }
        }
    }
    Intent { table: intent.compile(inventory), requests }
}
