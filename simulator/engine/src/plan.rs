//! Everything that a run depends on, resolved: no names left to look up, no files to open.
//!
//! A [`Setup`] is what all arms of a scenario share: who is there, on which links, what the
//! adversary intends. An [`Arm`] is one policy laid over it. A [`Plan`] adds seed and trial. Plans
//! are cheap to copy: a study makes one per trial and arm.

use std::sync::Arc;

use medtwin_policy::{Access, Segmentation};

use crate::access::Account;
use crate::adversary::{Act, Intention, Step};
use crate::channel::Protection;
use crate::device::{Recipe, Setting, Value};
use crate::dose::Prescription;
use crate::firmware::{FirmwareSetup, Head};
use crate::input::Input;
use crate::lent::PortNames;
use crate::link::LinkSetup;
use crate::manifest::Manifest;
use crate::network::Network;
use crate::pairing::KeyLife;
use crate::patient::heart::setup::HeartSetup;
use crate::people::{CourseSetup, InpatientSetup, StaffSetup, WearerSetup};
use crate::rules::DeviceRules;
use crate::seed::Seed;
use crate::time::{MINUTE, SimTime};
use crate::trace::{Name, Names};

/// One run: a setup, an arm, and where its randomness comes from.
#[derive(Clone)]
pub struct Plan {
    /// Seed and trial.
    pub seed: Seed,
    /// Whether the adversary acts.
    pub attack: bool,
    /// Threads that step entities inside the world; trials are the better use of cores.
    pub threads: usize,
    /// Divides the lookahead window: 1, except where a test asks whether it matters.
    pub split: u32,
    /// What people outside do, in order of time; none but in a drill.
    pub inputs: Arc<[Input]>,
    /// What all arms share.
    pub setup: Arc<Setup>,
    /// The policy.
    pub arm: Arc<Arm>,
}

/// What all arms of a scenario share.
pub struct Setup {
    /// Names in traces.
    pub names: Names,
    /// How long the run lasts.
    pub horizon: SimTime,
    /// The entities, in order.
    pub nodes: Vec<NodeSetup>,
    /// The links.
    pub links: Vec<LinkSetup>,
    /// What adversaries may put in a device's place, by the index that a step names.
    pub artefacts: Vec<Arc<dyn Recipe>>,
    /// Firmware images that somebody may send, by the index that a step names.
    pub firmware: Vec<FirmwareSetup>,
    /// What joins the links.
    pub network: Network,
}

impl Setup {
    /// The adversaries, with their names.
    pub fn adversaries(&self) -> impl Iterator<Item = (&str, &Intention)> {
        let named = |node: &'_ NodeSetup| self.names.text(node.name);
        self.nodes.iter().filter_map(move |node| Some((named(node), node.adversary.as_deref()?)))
    }

    /// The steps of all attacks, each with the adversary whose it is.
    pub fn steps(&self) -> impl Iterator<Item = (&str, &Step)> {
        self.adversaries().flat_map(|(name, own)| own.steps.iter().map(move |step| (name, step)))
    }

    /// Step `number` of an attack, and the adversary whose it is.
    pub fn step(&self, number: u32) -> Option<(&str, &Step)> {
        self.steps().find(|(_, step)| u32::from(step.number) == number)
    }

    /// The entity of the adversary whose step `number` is.
    pub(crate) fn adversary_of(&self, number: u16) -> Option<u32> {
        let has = |intention: &Intention| intention.steps.iter().any(|step| step.number == number);
        let at = self.nodes.iter().position(|node| node.adversary.as_deref().is_some_and(has));
        at.map(|at| at as u32)
    }

    /// The number of the step that installs `artefact`.
    pub(crate) fn installing_step(&self, artefact: u32) -> Option<u16> {
        let installs =
            |act: &Act| matches!(act, Act::Install { artefact: a, .. } if *a == artefact);
        self.steps().find(|(_, step)| installs(&step.act)).map(|(_, step)| step.number)
    }

    /// The number of the step that sends firmware image `image`, or puts it somewhere by hand.
    pub(crate) fn flashing_step(&self, image: u32) -> Option<u16> {
        let flashes = |act: &Act| matches!(act, Act::Flash { image: i, .. } | Act::Write { image: i, .. } if *i == image);
        self.steps().find(|(_, step)| flashes(&step.act)).map(|(_, step)| step.number)
    }

    /// The device that plays a peer.
    pub(crate) fn device(&self, peer: Peer) -> Option<&DeviceSetup> {
        self.nodes.get(peer.node as usize)?.devices.get(usize::from(peer.unit))
    }

    /// The lookahead [ns]: the smallest delay between two entities, at least 1 µs.
    pub fn lookahead_ns(&self) -> u64 {
        self.links.iter().map(|link| link.medium.base_ns).min().unwrap_or(1_000_000).max(1000)
    }
}

/// One entity: devices, and whoever they are wired to.
#[derive(Default)]
pub struct NodeSetup {
    /// Its name.
    pub name: Name,
    /// Its devices.
    pub devices: Vec<DeviceSetup>,
    /// The patient here.
    pub patient: Option<Box<PatientSetup>>,
    /// The staff here.
    pub staff: Option<Box<StaffSetup>>,
    /// The staff who hear alarms of its devices, by entity.
    pub heard_by: Vec<u32>,
    /// The adversary here.
    pub adversary: Option<Box<Intention>>,
}

impl NodeSetup {
    /// The patient here, if they wear a pump and look after themselves.
    pub fn wearer(&self) -> Option<&WearerSetup> {
        match self.patient.as_deref() {
            Some(PatientSetup::Wearer(wearer)) => Some(wearer),
            _ => None,
        }
    }

    /// The patient here, if they lie in a hospital bed and get opioids.
    pub fn inpatient(&self) -> Option<&InpatientSetup> {
        match self.patient.as_deref() {
            Some(PatientSetup::Inpatient(inpatient)) => Some(inpatient),
            _ => None,
        }
    }
}

/// A patient: one variant for each kind of patient model.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a node holds it boxed")]
pub enum PatientSetup {
    /// Somebody with diabetes.
    Wearer(WearerSetup),
    /// Somebody with a heart that needs a device.
    Heart(HeartSetup),
    /// Somebody in a hospital bed who gets opioids.
    Inpatient(InpatientSetup),
    /// Somebody whose vital signs are given.
    Course(CourseSetup),
}

/// One device.
#[derive(Clone)]
pub struct DeviceSetup {
    /// Its name as words, for keys and streams.
    pub text: String,
    /// Its name and its ports' in traces.
    pub names: Arc<PortNames>,
    /// Its model.
    pub manifest: Arc<Manifest>,
    /// What runs in it.
    pub recipe: Arc<dyn Recipe>,
    /// Its config, the same in all arms.
    pub config: Arc<[Setting]>,
    /// What was prescribed for it, in the place of its patient's.
    pub prescription: Prescription,
    /// Who its peers are, by the model's list.
    pub peers: Vec<Option<Peer>>,
    /// It protects no frame that it sends, whatever the pack says.
    pub sends_clear: bool,
    /// The device whose spare slot it holds.
    pub updates: Option<Updates>,
    /// Who may log in at it; anybody may press its keys, if none.
    pub accounts: Arc<[Account]>,
    /// Its slots, if an update processor holds them.
    pub flash: Option<FlashSetup>,
    /// When it has no power: from, until [ns].
    pub power_lost: Vec<(u64, u64)>,
    /// When it runs on its battery, or would: from, until [ns].
    pub mains_lost: Vec<(u64, u64)>,
    /// What its storage holds at the start.
    pub storage: Vec<(String, Arc<[u8]>)>,
}

/// The sensor of a device that has a battery of its own.
pub(crate) const BATTERY: &str = "battery-left";
/// How long a battery lasts of which nothing is said: six hours, as of large-volume pumps (models.md 3.5) [min].
const BATTERY_MIN: f64 = 360.0;

impl DeviceSetup {
    /// What was prescribed for it, to a patient of whom `patients` is.
    pub(crate) fn prescribed(&self, patients: &Prescription) -> Prescription {
        let mut all = patients.clone();
        all.extend(self.prescription.clone());
        all
    }

    /// The peer whose quotes the key `name` checks: none within if nobody plays it.
    pub(crate) fn quoted_under(&self, name: &str) -> Option<Option<Peer>> {
        let mut attested = self.manifest.attests.iter();
        let (role, _) = attested.find(|(_, attested)| attested.key == name)?;
        Some(self.peer(role))
    }

    /// The setting `key` of its config.
    pub(crate) fn setting(&self, key: &str) -> Option<&Value> {
        self.config.iter().find(|setting| setting.key == key).map(|setting| &setting.value)
    }

    /// How long it runs without mains [ns]: so long as its battery lasts, full, if it has one. By
    /// `battery_min` of its config; the default is that of a pump on a pole [E].
    pub(crate) fn battery_ns(&self) -> Option<u64> {
        let has_one = self.manifest.sensors.iter().any(|sensor| sensor == BATTERY);
        let min = match self.setting("battery_min") {
            Some(Value::Number(min)) => min.clamp(0.0, 1e6),
            _ => BATTERY_MIN,
        };
        has_one.then_some((min * MINUTE as f64) as u64)
    }

    /// Mains fails for a time; what has a battery goes dark when that is empty.
    pub(crate) fn loses_mains(&mut self, (from, until): (u64, u64)) {
        let battery_ns = self.battery_ns();
        let dark_from = from.saturating_add(battery_ns.unwrap_or(0));
        if battery_ns.is_some() {
            self.mains_lost.push((from, until));
        }
        if dark_from < until {
            self.power_lost.push((dark_from, until));
        }
    }

    /// Who plays the peer `role`.
    pub(crate) fn peer(&self, role: &str) -> Option<Peer> {
        let index = self.manifest.peers.iter().position(|peer| peer == role)?;
        self.peers.get(index).copied().flatten()
    }
}

/// The key under which an update server finds the image that it offers.
pub(crate) const IMAGE: &str = "image";

/// The slots of a device, as its factory delivers them.
#[derive(Clone, Copy)]
pub struct FlashSetup {
    /// How many: 1 or 2.
    pub slots: u8,
    /// What is written in front of its component.
    pub head: Head,
}

/// The slots that an update processor holds.
#[derive(Clone, Copy, Debug)]
pub struct Updates {
    /// Which device of the same node.
    pub unit: u16,
    /// The version that runs in it at the start.
    pub version: u32,
}

/// A peer of a device.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The link by which frames leave for it.
    pub link: u32,
    /// The link on which it is: the same, or one that switches join with it.
    pub far: u32,
    /// Its node.
    pub node: u32,
    /// Which device of that node.
    pub unit: u16,
    /// Which of its peers this device is.
    pub back: u32,
}

/// One policy, laid over a setup.
#[derive(Default)]
pub struct Arm {
    /// What it says of each device, by node and unit; none lends nothing.
    pub devices: Vec<Vec<Option<Arc<DeviceRules>>>>,
    /// How frames are protected.
    pub protection: Protection,
    /// Whom one key opens.
    pub key_scope: KeyScope,
    /// How far a counter may lie behind the highest (control `nonce`).
    pub nonce_window: u64,
    /// How people prove who they are where there are accounts.
    pub access: Access,
    /// What pairing costs a person: key presses and seconds (control `auth`).
    pub pairing: (f64, f64),
    /// How long link keys are valid (control `auth`); for ever, if none.
    pub key_life: Option<KeyLife>,
    /// A link that seals takes frames in clear as well (control `encryption`).
    pub accepts_clear: bool,
    /// What firewalls keep between links (control `segmentation`); everything is one network, if none.
    pub segmentation: Option<Segmentation>,
    /// The number of the rule by which they refuse.
    pub segmentation_rule: u16,
    /// How far a clock is set at once, and only by authentic answers [ns] (control `time_auth`); by any
    /// answer and any step, if none.
    pub time_step_ns: Option<u64>,
}

/// Whom one key opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyScope {
    /// One pair of devices.
    #[default]
    Device,
    /// One site.
    Site,
    /// Every device of its kind anywhere.
    Fleet,
}
