//! What whoever takes over a device's software could do with it, under a pack.
//!
//! Of what the pack grants the device, that which its component imports: the rest is not linked. A
//! component that imports what nothing grants does not start, and reaches nothing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use medtwin_engine::plan::DeviceSetup;
use medtwin_engine::rules::{Capability, action_of, resource_of};
use medtwin_policy::{Asked, Facts, Inventory, Pack, RequestId, Verdict, interface_of};

use crate::case::Case;

/// Something that a device may do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Act {
    action: String,
    resource: String,
    /// From 1, reading its own clock, to 10 (POL-1).
    danger: f64,
    /// What holds it back while nobody proved who they are and no command is begun; none if nothing does.
    held_by: Option<String>,
}

/// Who can get a frame to a device's software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exposure {
    Nobody,
    /// Whoever has a key of its links.
    Peers,
    /// Whoever is near.
    Anybody,
}

/// What a device may do.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    pub(super) exposure: Exposure,
    /// The most dangerous first.
    acts: Vec<Act>,
    /// An interface without which the component does not start.
    missing: Option<String>,
}

/// The reach of every device of a case under a pack that grants `granted`.
pub(super) fn of_all(case: &Case, pack: &Pack, granted: &BTreeMap<Capability, f64>) -> Vec<Reach> {
    let names = &case.resolved.setup.names;
    let devices = case.resolved.setup.nodes.iter().flat_map(|node| &node.devices);
    let of_device = |device: &DeviceSetup| {
        let own = granted.iter().filter(|((of, _, _), _)| names.text(*of) == device.text);
        let asked = own.map(|(&(_, verb, object), weight)| {
            (asked(device, names.text(verb), names.text(object)), *weight)
        });
        Reach::of(device, pack, &asked.collect::<Vec<_>>())
    };
    devices.map(of_device).collect()
}

/// The question by which a device asks for a capability of the trace.
fn asked(device: &DeviceSetup, verb: &str, object: &str) -> Asked {
    let action = action_of(verb);
    let (kind, own) = resource_of(&action);
    Asked {
        device: device.text.clone(),
        model: device.manifest.name.clone(),
        resource: (kind.to_owned(), own.unwrap_or(object).to_owned()),
        zone: None,
        action,
    }
}

impl Reach {
    fn of(device: &DeviceSetup, pack: &Pack, granted: &[(Asked, f64)]) -> Self {
        let table =
            pack.compile(&Inventory(granted.iter().map(|(asked, _)| asked.clone()).collect()));
        let held_by = |at: u32| match table.decide(RequestId(at), Facts::default()) {
            Verdict::Permit(_) => None,
            Verdict::Forbid(rule) => Some(format!("`{}`", pack.rules()[usize::from(rule.0)].id)),
            Verdict::NoGrant => Some("the condition of its grant".to_owned()),
        };
        let imports = device.recipe.imports();
        let act = |((asked, danger), at): (&(Asked, f64), u32)| Act {
            action: asked.action.clone(),
            resource: asked.resource.1.clone(),
            danger: *danger,
            held_by: held_by(at),
        };
        let mut acts: Vec<_> = granted.iter().zip(0..).map(act).collect();
        let lends = |word: &&String| acts.iter().any(|act| act.interface() == Some(word.as_str()));
        let missing = imports.iter().find(|word| !lends(word)).cloned();
        acts.retain(|act| act.interface().is_none_or(|word| imports.iter().any(|i| i == word)));
        if missing.is_some() {
            acts.clear();
        }
        acts.sort_by(Act::compare);
        Self { exposure: exposure(device, pack, &acts), acts, missing }
    }

    /// The danger of the most dangerous act, from 1 to 10; 0 if there is none.
    pub(super) fn danger(&self) -> f64 {
        self.acts.first().map_or(0.0, |act| act.danger)
    }

    /// The dangers of all acts.
    pub(super) fn sum(&self) -> f64 {
        self.acts.iter().map(|act| act.danger).sum()
    }

    /// The worse comes first: by the most dangerous act, whether anything holds it back, who can get at
    /// the device, and the sum.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let worst = |reach: &Self| {
            let act = reach.acts.first();
            (act.map_or(usize::MAX, Act::order), act.is_some_and(|act| act.held_by.is_some()))
        };
        (other.danger().total_cmp(&self.danger()))
            .then_with(|| worst(self).cmp(&worst(other)))
            .then_with(|| other.exposure.cmp(&self.exposure))
            .then_with(|| other.sum().total_cmp(&self.sum()))
    }

    /// The most dangerous that it may do, in words.
    pub(super) fn worst(&self) -> String {
        let Some(worst) = self.acts.first() else {
            return self.missing.as_ref().map_or("nothing".to_owned(), |import| {
                format!("nothing: it imports `{import}`, which nothing grants, and does not start")
            });
        };
        let alike = |act: &&Act| {
            (act.interface(), act.danger.to_bits(), &act.held_by)
                == (worst.interface(), worst.danger.to_bits(), &worst.held_by)
        };
        let on: BTreeSet<_> = self.acts.iter().filter(alike).map(|a| a.resource.as_str()).collect();
        let on = on.into_iter().collect::<Vec<_>>().join(", ");
        let held = worst.held_by.as_ref();
        let when = held.map_or("whenever it likes".to_owned(), |by| format!("where {by} lets it"));
        format!("{}, {when}", words(&worst.action, &on))
    }

    /// Who can get at it, in words.
    pub(super) fn reached_by(&self) -> &'static str {
        match self.exposure {
            Exposure::Nobody => "nobody",
            Exposure::Peers => "who has a key of its links",
            Exposure::Anybody => "anybody on its links",
        }
    }
}

impl Act {
    /// None for a frame that it receives: that comes to it.
    fn interface(&self) -> Option<&str> {
        interface_of(&self.action)
    }

    /// What reaches the patient comes before what else is as dangerous.
    fn order(&self) -> usize {
        let kinds = ["actuator", "update", "vault"];
        kinds.iter().position(|kind| self.action.starts_with(kind)).unwrap_or(kinds.len())
    }

    fn compare(&self, other: &Self) -> Ordering {
        let rest = |act: &'_ Self| {
            (act.order(), act.held_by.clone(), act.action.clone(), act.resource.clone())
        };
        other.danger.total_cmp(&self.danger).then_with(|| rest(self).cmp(&rest(other)))
    }
}

/// Who can get a frame past link and policy. A frame that nobody vouches for is let in if the pack
/// permits to receive it on no facts, and links are not sealed.
fn exposure(device: &DeviceSetup, pack: &Pack, acts: &[Act]) -> Exposure {
    let is_linked = |name: &str| {
        let peers = device.manifest.peers.iter().zip(&device.peers);
        peers.into_iter().any(|(peer, linked)| peer == name && linked.is_some())
    };
    let receives = acts.iter().filter(|act| act.action == "network.receive");
    let stranger = |act: &Act| act.held_by.is_none() && !pack.controls().encryption();
    let one = |act: &Act| if stranger(act) { Exposure::Anybody } else { Exposure::Peers };
    let linked = receives.filter(|act| is_linked(&act.resource));
    linked.map(one).max().unwrap_or(Exposure::Nobody)
}

fn words(action: &str, on: &str) -> String {
    match action.split_once('.') {
        Some(("actuator", _)) => format!("sets {on}, which reaches the patient"),
        Some(("update", _)) => "replaces its own firmware".to_owned(),
        Some(("vault", _)) => format!("uses the key {on}"),
        Some(("command", _)) => format!("begins commands of {on}"),
        Some(("network", "send")) => format!("sends frames to {on}"),
        Some(("network", _)) => format!("receives frames of {on}"),
        Some(("alarm", _)) => format!("raises the alarms {on}"),
        Some(("display", _)) => format!("shows {on}"),
        Some(("sensor", _)) => format!("reads {on}"),
        _ => action.to_owned(),
    }
}
