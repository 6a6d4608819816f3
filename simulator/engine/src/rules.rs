//! What one arm's policy says of one device, laid out so that a decision is an index.
//!
//! A [`Layout`] numbers every question that a device can ask, from its manifest alone: it is the
//! same in all arms. [`DeviceRules`] joins it with a pack's compiled table, envelope and controls.

use std::collections::BTreeSet;
use std::sync::Arc;

use medtwin_policy::{Asked, Controls, Facts, Inventory, ModelEnvelope, RequestId, Table, Verdict};

use crate::device::{Interface, Terms};
use crate::lent::PortNames;
use crate::manifest::Manifest;
use crate::trace::{NO_RULE, Name};

/// The numbers of the questions of one device.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// By verb, then by channel: the peers, the panel, none.
    pub(crate) command: Vec<Vec<RequestId>>,
    pub(crate) clock: Vec<RequestId>,
    pub(crate) timer: Vec<RequestId>,
    pub(crate) send: Vec<RequestId>,
    pub(crate) receive: Vec<RequestId>,
    pub(crate) sensor: Vec<RequestId>,
    pub(crate) actuator: Vec<RequestId>,
    pub(crate) alarm: Vec<RequestId>,
    pub(crate) field: Vec<RequestId>,
    /// get, put, delete
    pub(crate) storage: Vec<RequestId>,
    /// By key: sign, verify, seal, open.
    pub(crate) vault: Vec<RequestId>,
    /// stage, activate
    pub(crate) update: Vec<RequestId>,
    pub(crate) random: Vec<RequestId>,
    pub(crate) log: Vec<RequestId>,
}

/// The Cedar type of the resource of `action`, and its id where a device has one of its own.
pub fn resource_of(action: &str) -> (&'static str, Option<&'static str>) {
    match action.split('.').next().unwrap_or_default() {
        "command" => ("Channel", None),
        "network" => ("Peer", None),
        "sensor" => ("Sensor", None),
        "actuator" => ("Actuator", None),
        "alarm" => ("Alarm", None),
        "display" => ("Field", None),
        "vault" => ("Key", None),
        "storage" => ("Store", Some("own")),
        "update" => ("Slot", Some("own")),
        _ => ("Self", Some("device")),
    }
}

/// The action, as packs name it, of a capability whose verb the trace has as `verb`.
pub fn action_of(verb: &str) -> String {
    match verb {
        "receive" => "network.receive".to_owned(),
        verb if verb.contains('.') => verb.to_owned(),
        command => format!("command.{command}"),
    }
}

impl Layout {
    /// Numbers the questions of `device` and appends them to `inventory`; `zone_of` says in which zone
    /// the link to a peer is.
    pub fn append<'z>(
        inventory: &mut Inventory,
        device: &str,
        manifest: &Manifest,
        zone_of: impl Fn(&str) -> Option<&'z str>,
    ) -> Self {
        let mut ask = |action: &str, id: &str| {
            let (kind, own) = resource_of(action);
            let id = own.unwrap_or(id);
            let zone = zone_of(id).filter(|_| matches!(kind, "Peer" | "Channel"));
            inventory.0.push(Asked {
                device: device.to_owned(),
                model: manifest.name.clone(),
                action: action.to_owned(),
                resource: (kind.to_owned(), id.to_owned()),
                zone: zone.map(str::to_owned),
            });
            RequestId(inventory.0.len() as u32 - 1)
        };
        let channels = || manifest.peers.iter().map(String::as_str).chain(["panel", "none"]);
        let command = manifest
            .verbs
            .iter()
            .map(|verb| {
                let action = format!("command.{verb}");
                channels().map(|channel| ask(&action, channel)).collect()
            })
            .collect();
        let mut each = |actions: &[&str], ids: &[String]| -> Vec<RequestId> {
            let pairs = ids.iter().flat_map(|id| actions.iter().map(move |action| (action, id)));
            pairs.map(|(action, id)| ask(action, id)).collect()
        };
        let own = [String::new()];
        Self {
            command,
            clock: each(&["clock.read"], &own),
            timer: each(&["timer.set"], &own),
            send: each(&["network.send"], &manifest.peers),
            receive: each(&["network.receive"], &manifest.peers),
            sensor: each(&["sensor.read"], &manifest.sensors),
            actuator: each(&["actuator.set"], &manifest.actuators),
            alarm: each(&["alarm.raise"], &manifest.alarms),
            field: each(&["display.show"], &manifest.fields),
            storage: each(&["storage.get", "storage.put", "storage.delete"], &own),
            vault: each(
                &["vault.sign", "vault.verify", "vault.seal", "vault.open"],
                &manifest.keys,
            ),
            update: each(&["update.stage", "update.activate"], &own),
            random: each(&["random.draw"], &own),
            log: each(&["log.write"], &own),
        }
    }

    fn of(&self, interface: Interface) -> Vec<RequestId> {
        match interface {
            Interface::Command => self.command.iter().flatten().copied().collect(),
            Interface::Clock => self.clock.clone(),
            Interface::Timer => self.timer.clone(),
            Interface::Network => self.send.clone(),
            Interface::Sensor => self.sensor.clone(),
            Interface::Actuator => self.actuator.clone(),
            Interface::Alarm => self.alarm.clone(),
            Interface::Display => self.field.clone(),
            Interface::Storage => self.storage.clone(),
            Interface::Vault => self.vault.clone(),
            Interface::Update => self.update.clone(),
            Interface::Random => self.random.clone(),
            Interface::Log => self.log.clone(),
        }
    }
}

/// What one arm's policy says of one device.
#[derive(Clone)]
pub struct DeviceRules {
    pub(crate) table: Arc<Table>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) envelope: Arc<ModelEnvelope>,
    pub(crate) controls: Arc<Controls>,
    /// The rule number of each of the envelope's limits, in order.
    pub(crate) limit_rules: Vec<u16>,
    /// The number of the first rule that is the host's own: see [`Own`].
    pub(crate) own_rules: u16,
}

/// A rule that no pack writes down and the host keeps: a control that runs, or a budget. Their
/// numbers come after those of the pack's rules and limits, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    RateLimit,
    Sealed,
    Wakes,
    Timers,
    Frames,
    Storage,
    Log,
    Login,
    Secret,
    Hygiene,
    Code,
    Visit,
    Glass,
    KeyExpired,
    AtRest,
    SecureBoot,
    RollbackFloor,
    Segmentation,
    TimeAuth,
}

impl Own {
    /// All, with the id and the reason by which a trace and a report name each.
    pub(crate) const ALL: &[(Self, &str, &str)] = &[
        (Self::RateLimit, "control:rate_limit", "only so many remote commands in an hour"),
        (
            Self::Sealed,
            "control:encryption",
            "a link that seals takes no frame that it cannot open",
        ),
        (Self::Wakes, "budget:wakes", "a device may ask to be woken so often in a minute"),
        (Self::Timers, "budget:timers", "a device may have so many timers at a time"),
        (Self::Frames, "budget:frames", "a device may send so many frames in a minute"),
        (Self::Storage, "budget:storage", "a device may keep so many bytes"),
        (Self::Log, "budget:log", "a device may log so many bytes in an hour"),
        (
            Self::Login,
            "access:login",
            "a panel that is locked takes no key but stop, and one that is off none",
        ),
        (Self::Secret, "access:secret", "who logs in knows the secret of the account"),
        (
            Self::Hygiene,
            "control:cred_hygiene",
            "what everybody knows opens nothing, and wrong tries lock an account for a while",
        ),
        (
            Self::Code,
            "control:mfa",
            "a login of this role takes a one-time code, which counts once",
        ),
        (
            Self::Visit,
            "control:third_party_isolation",
            "service is let in during a visit that was ordered",
        ),
        (
            Self::Glass,
            "access:break-glass",
            "in an emergency whoever is there is let in and owes a reason, where there is a glass to break",
        ),
        (
            Self::KeyExpired,
            "control:key_expired",
            "a link key is valid so long after pairing: this one has ended, until the wearer pairs anew",
        ),
        (
            Self::AtRest,
            "control:rest_protection",
            "a record is given back as the device wrote it last, or not at all",
        ),
        (
            Self::SecureBoot,
            "control:secure_boot",
            "what lies in a slot is started only if it is whole and its maker's",
        ),
        (
            Self::RollbackFloor,
            "control:rollback_floor",
            "what is older than a version that has run well is not started",
        ),
        (
            Self::Segmentation,
            "control:segmentation",
            "between links passes what a conduit allows, from where it belongs",
        ),
        (
            Self::TimeAuth,
            "control:time_auth",
            "a clock is set by who proves to be the server, and never far at once",
        ),
    ];
}

impl DeviceRules {
    /// The number of a rule of the host's own.
    pub(crate) fn own(&self, rule: Own) -> u16 {
        self.own_rules + rule as u16
    }

    /// Decides one question.
    pub(crate) fn decide(&self, request: RequestId, facts: Facts) -> Verdict {
        self.table.decide(request, facts)
    }

    /// The terms on which the device is built: an interface is lent when some grant needs it.
    pub fn terms(&self) -> Terms {
        let lent = |interface: &Interface| {
            self.layout.of(*interface).iter().any(|&request| self.table.ever_permits(request))
        };
        let interfaces: BTreeSet<_> = Interface::ALL.into_iter().filter(lent).collect();
        Terms {
            interfaces,
            fuel_start: self.envelope.fuel_start,
            fuel_per_event: self.envelope.fuel_per_event,
            host_calls_per_event: self.envelope.host_calls_per_event,
            memory_bytes: self.envelope.memory_kib as usize * 1024,
            bytes_per_event: self.envelope.bytes_per_event as usize,
        }
    }
}

/// Something that a device may do: who, what, to what.
pub type Capability = (Name, Name, Name);

impl DeviceRules {
    /// What the device may do at all, each with a weight of its danger: from 1, reading its own
    /// clock, to 10, what reaches a patient, a key or the firmware (metrics.md A7 [D]).
    pub(crate) fn granted(&self, names: &PortNames) -> Vec<(Capability, f64)> {
        let (words, layout) = (names.words, &self.layout);
        let mut all = Vec::new();
        for (verb, requests) in names.verbs.iter().zip(&layout.command) {
            self.each(&mut all, names, (*verb, 8.0), requests, &names.channels);
        }
        let own = [Name(0)];
        for (verb, weight, requests, objects) in [
            (words.set, 10.0, &layout.actuator, &names.actuators[..]),
            (words.send, 5.0, &layout.send, &names.peers[..]),
            (words.receive, 5.0, &layout.receive, &names.peers[..]),
            (words.raise, 5.0, &layout.alarm, &names.alarms[..]),
            (words.show, 3.0, &layout.field, &names.fields[..]),
            (words.read, 1.0, &layout.sensor, &names.sensors[..]),
            (words.clock, 1.0, &layout.clock, &own[..]),
            (words.timer, 1.0, &layout.timer, &own[..]),
            (words.random, 1.0, &layout.random, &own[..]),
            (words.log, 1.0, &layout.log, &own[..]),
        ] {
            self.each(&mut all, names, (verb, weight), requests, objects);
        }
        for (verbs, weight, requests, objects) in [
            (&words.storage[..], 3.0, &layout.storage, &own[..]),
            (&words.update[..], 10.0, &layout.update, &own[..]),
            (&words.vault[..], 10.0, &layout.vault, &names.keys[..]),
        ] {
            for (at, verb) in verbs.iter().enumerate() {
                let of_verb: Vec<_> =
                    requests.iter().skip(at).step_by(verbs.len()).copied().collect();
                self.each(&mut all, names, (*verb, weight), &of_verb, objects);
            }
        }
        all
    }

    /// Adds the capability of each of `objects` whose request may ever be permitted.
    fn each(
        &self,
        all: &mut Vec<(Capability, f64)>,
        names: &PortNames,
        (verb, weight): (Name, f64),
        requests: &[RequestId],
        objects: &[Name],
    ) {
        for (&request, object) in requests.iter().zip(objects) {
            if self.table.ever_permits(request) {
                all.push(((names.device, verb, *object), weight));
            }
        }
    }
}

/// The rule number of a verdict, or [`NO_RULE`].
pub(crate) fn rule_of(verdict: Verdict) -> u16 {
    match verdict {
        Verdict::Permit(rule) | Verdict::Forbid(rule) => rule.0,
        Verdict::NoGrant => NO_RULE,
    }
}
