//! From a scenario to plans: every name looked up, every mistake reported at once.
//!
//! The files behind names come from a [`Library`]; this module opens none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use medtwin_policy::{Intent as IntentFile, Inventory, Pack};
use toml::Spanned;

use crate::channel::Protection;
use crate::device::{Recipe, Setting};
use crate::lent::{PortNames, Words};
use crate::link::{Burst, Jitter, LinkSetup};
use crate::manifest::Manifest;
use crate::outcome::Intent;
use crate::people::{Dosing, Habits, Meal, SensorError, WearerSetup, Who, Wiring};
use crate::plan::{Arm, DeviceSetup, KeyScope, NodeSetup, Peer, Setup};
use crate::rules::{DeviceRules, Layout};
use crate::scenario::{Scenario, ScenarioError};
use crate::time::SimTime;
use crate::trace::{Name, Names};

mod numbers;
mod steps;

/// Finds what a scenario names.
pub trait Library {
    /// The device model of this name; the names there are, if there is none.
    fn model(&self, name: &str) -> Result<Model, Vec<String>>;
    /// The component that `device` runs instead of its model's own, if one was given.
    fn replacement(&self, device: &str) -> Option<Arc<dyn Recipe>>;
    /// The adversary's component of this name; the names there are, if there is none.
    fn artefact(&self, name: &str) -> Result<Arc<dyn Recipe>, Vec<String>>;
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
    /// `permit`, `forbid`, `limit` or `control`.
    pub kind: &'static str,
    /// The control it belongs to.
    pub control: Option<String>,
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
    let rate = RuleInfo {
        id: "control:rate_limit".to_owned(),
        reason: "only so many remote commands in an hour".to_owned(),
        kind: "control",
        control: Some("rate_limit".to_owned()),
    };
    cedar.chain(limits).chain([rate]).collect()
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
    let mut names = Names::default();
    WORDS.iter().for_each(|word| {
        names.intern(word);
    });
    for interface in crate::device::Interface::ALL {
        names.intern(interface.as_str());
    }
    let models = models(scenario, library, &mut errors);
    let mut nodes = nodes(scenario, &models, library, &mut names, &mut errors);
    let links = links(scenario, &mut errors);
    let place = places(&nodes);
    wire(scenario, &mut nodes, &place, &mut errors);
    let (artefacts, steps) =
        steps::adversaries(scenario, &mut nodes, &place, library, &mut names, &mut errors);
    let horizon = horizon(scenario, &mut errors);
    numbers::check(scenario, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut inventory = Inventory::default();
    let layouts = layouts(&nodes, &mut inventory);
    let setup = Setup { names, horizon, nodes, links, artefacts };
    let intent = ask_intent(intent, &setup, &layouts, &inventory);
    Ok(Resolved { setup: Arc::new(setup), intent: Arc::new(intent), steps, layouts, inventory })
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
                rate_limit_rule: cedar + limits.len() as u16,
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
        }
    }

    /// The numbers of a pack's permits, as POL-1 counts them.
    pub fn grants(&self, pack: &Pack) -> BTreeSet<u16> {
        let rules = pack.rules().iter().enumerate();
        rules.filter(|(_, rule)| rule.is_permit()).map(|(i, _)| i as u16).collect()
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
                for key in device.config.keys().filter(|key| !model.manifest.config.contains(key)) {
                    let message = format!(
                        "device `{name}` has config `{key}`, which its model does not read"
                    );
                    let help = format!(
                        "`{}` reads: {}",
                        model.manifest.name,
                        model.manifest.config.join(", ")
                    );
                    errors.push(ScenarioError::at(&device.model, message, help));
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
    for (name, patient) in &scenario.patient {
        let worn: Vec<&String> = scenario
            .device
            .iter()
            .filter(|(_, device)| device.patient.as_ref().is_some_and(|p| p.get_ref() == name))
            .map(|(device, _)| device)
            .collect();
        let devices: Vec<DeviceSetup> = worn
            .iter()
            .filter_map(|d| Some(device(d, scenario, models.get(*d)?, library, names)))
            .collect();
        let wearer = wearer(name, patient, &devices, scenario, names, errors);
        let wearer = Some(Box::new(wearer));
        nodes.push(NodeSetup { name: names.intern(name), devices, wearer, adversary: None });
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

fn known<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "the scenario has none".to_owned()
    } else {
        format!("the scenario has: {}", names.join(", "))
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
        peers: vec![None; model.manifest.peers.len()],
    }
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
        storage: names.intern("storage"),
        vault: names.intern("vault"),
        update: names.intern("update"),
        random: names.intern("random.draw"),
        log: names.intern("log.write"),
    };
    ports
}

fn wearer(
    name: &str,
    patient: &crate::scenario::Patient,
    devices: &[DeviceSetup],
    scenario: &Scenario,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> WearerSetup {
    if patient.model.get_ref() != "uva-padova" {
        let message = format!("patient `{name}` has model `{}`", patient.model.get_ref());
        errors.push(ScenarioError::at(
            &patient.model,
            message,
            "the patient models are: uva-padova",
        ));
    }
    let who = match (&patient.id, &patient.population) {
        (Some(id), None) => {
            if crate::patient::Patient::by_id(id.get_ref()).is_none() {
                let message =
                    format!("patient `{name}` is `{}`, whom the model does not have", id.get_ref());
                errors.push(ScenarioError::at(
                    id,
                    message,
                    "`medtwin patient list` lists them, such as `adult#001`",
                ));
            }
            Who::Id(id.get_ref().clone())
        }
        (None, Some(population)) => Who::Population(population.group.clone()),
        _ => {
            let message = format!("patient `{name}` needs either `id` or `population`");
            errors.push(ScenarioError::at(
                &patient.model,
                message,
                "`id = \"adult#001\"` or `population = { group = \"adult\" }`",
            ));
            Who::Population(None)
        }
    };
    let unit = |model: &str| devices.iter().position(|d| d.manifest.name == model);
    let wiring = Wiring {
        pump: devices.iter().position(|d| d.manifest.actuators.iter().any(|a| a == "basal")),
        remote: unit("insulin-pump-remote"),
        cgm: unit("cgm"),
    };
    let of = |unit: Option<usize>| unit.map(|u| &scenario.device[&devices[u].text]);
    let (pump, cgm) = (of(wiring.pump), of(wiring.cgm));
    let mut meals = Vec::new();
    for meal in &patient.meals {
        let dose = match meal.dose.get_ref().as_str() {
            "remote" => Dosing::Remote,
            "panel" => Dosing::Panel,
            "none" => Dosing::None,
            other => {
                let message = format!("a meal is dosed by `{other}`");
                errors.push(ScenarioError::at(&meal.dose, message, "one of: remote, panel, none"));
                Dosing::None
            }
        };
        let at = crate::adversary::Spread::from(meal.at_h).times(60.0);
        meals.push(Meal { at, carbs_g: meal.carbs_g.into(), dose });
    }
    let sensor = match cgm.and_then(|d| d.sensor_error.as_ref()) {
        None => SensorError::Vettoretti,
        Some(word) => match word.get_ref().as_str() {
            "vettoretti" => SensorError::Vettoretti,
            "breton" => SensorError::Breton,
            "none" => SensorError::None,
            other => {
                let message = format!("sensor error `{other}`");
                errors.push(ScenarioError::at(word, message, "one of: vettoretti, breton, none"));
                SensorError::None
            }
        },
    };
    let habits = Habits::default();
    let w = &patient.wearer;
    WearerSetup {
        name: names.intern(name),
        text: name.to_owned(),
        who,
        prescription: patient.prescription.clone(),
        meals,
        habits: Habits {
            notices_beep: w.notices_beep.unwrap_or(habits.notices_beep),
            notices_alarm: w.notices_alarm.unwrap_or(habits.notices_alarm),
            notice_delay: w.notice_delay_min.map_or(habits.notice_delay, Into::into),
            feels_low: w.feels_low.unwrap_or(habits.feels_low),
            resume_after_min: w.resume_after_min.unwrap_or(habits.resume_after_min),
            companion: w.companion.unwrap_or(habits.companion),
            companion_asleep: w.companion.unwrap_or(habits.companion_asleep),
            ..habits
        },
        wiring,
        sensor,
        occluded: pump.and_then(|d| d.occluded_min).map(|[from, until]| (from, until)),
        reservoir_u: pump.and_then(|d| d.reservoir_u).unwrap_or(300.0),
        start_clock_h: scenario.start_clock_h,
    }
}

/// Links, with the numbers of their medium (models.md 6.1; the pump's own band by [E]).
fn links(scenario: &Scenario, errors: &mut Vec<ScenarioError>) -> Vec<LinkSetup> {
    let mut links = Vec::new();
    for (name, link) in &scenario.link {
        if link.medium.get_ref() != "proprietary-900mhz" {
            let message = format!("link `{name}` has medium `{}`", link.medium.get_ref());
            errors.push(ScenarioError::at(
                &link.medium,
                message,
                "the media are: proprietary-900mhz",
            ));
        }
        if let Some(loss) = link.loss.filter(|loss| !(0.0..=1.0).contains(loss)) {
            let message = format!("link `{name}` has loss {loss}");
            errors.push(ScenarioError::at(&link.medium, message, "a probability lies from 0 to 1"));
        }
        links.push(LinkSetup {
            name: name.clone(),
            base_ns: 20_000_000,
            jitter: Jitter::LogNormal(10e6, 0.8),
            loss: link.loss.unwrap_or(0.01),
            burst: Some(Burst { slot_ns: 10_000_000_000, probability: 0.01, loss: 0.5 }),
            range_m: 3.0,
        });
    }
    links
}

/// Where each device is: node and unit.
type Places = BTreeMap<String, (u32, u16)>;

fn places(nodes: &[NodeSetup]) -> Places {
    let mut places = Places::new();
    for (node, setup) in nodes.iter().enumerate() {
        for (unit, device) in setup.devices.iter().enumerate() {
            places.insert(device.text.clone(), (node as u32, unit as u16));
        }
    }
    places
}

/// Connects each device to its peers over the link that both are on.
fn wire(
    scenario: &Scenario,
    nodes: &mut [NodeSetup],
    places: &Places,
    errors: &mut Vec<ScenarioError>,
) {
    for (name, link) in &scenario.link {
        for node in link.nodes.iter().filter(|n| !scenario.device.contains_key(n.get_ref())) {
            let message = format!(
                "link `{name}` has node `{}`, which is no device of the scenario",
                node.get_ref()
            );
            errors.push(ScenarioError::at(node, message, known(scenario.device.keys())));
        }
    }
    let mut wires = Vec::new();
    for (name, &(node, unit)) in places {
        let me = &nodes[node as usize].devices[unit as usize];
        for (index, role) in me.manifest.peers.iter().enumerate() {
            let peer = scenario.device[name].peers.get(role).map_or(role, Spanned::get_ref);
            let Some(&to) = places.get(peer) else { continue };
            let on = |link: &crate::scenario::Link| {
                let has = |n: &str| link.nodes.iter().any(|node| node.get_ref() == n);
                has(name) && has(peer)
            };
            let Some(link) = scenario.link.values().position(on) else { continue };
            let other = &nodes[to.0 as usize].devices[to.1 as usize];
            let back = other.manifest.peers.iter().position(|r| {
                scenario.device[peer].peers.get(r).map_or(r, Spanned::get_ref) == name
            });
            let Some(back) = back else { continue };
            let peer = Peer { link: link as u32, node: to.0, unit: to.1, back: back as u32 };
            wires.push(((node, unit), index, peer));
        }
    }
    for ((node, unit), index, peer) in wires {
        nodes[node as usize].devices[unit as usize].peers[index] = Some(peer);
    }
}

fn layouts(nodes: &[NodeSetup], inventory: &mut Inventory) -> Vec<Vec<Arc<Layout>>> {
    let layout = |inventory: &mut Inventory, device: &DeviceSetup| {
        Arc::new(Layout::append(inventory, &device.text, &device.manifest))
    };
    nodes.iter().map(|n| n.devices.iter().map(|d| layout(inventory, d)).collect()).collect()
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
