//! A small world: ten honest devices, and a pump that runs what a test puts into it.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::Plan;
use medtwin_engine::device::{Device, Fault, Recipe, Terms};
use medtwin_engine::manifest::Manifest;
use medtwin_engine::plan::{Arm, Setup};
use medtwin_engine::records::{Opens, in_memory};
use medtwin_engine::resolve::{Library, Model, Resolved, resolve};
use medtwin_engine::scenario::Scenario;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::{Entry, Kind, Sink};
use medtwin_host::Sandbox;
use medtwin_policy::{Intent, Pack, Source};

/// Software in Rust: each device that is made of it is a copy.
pub(crate) struct Native<D>(pub(crate) D);

impl<D: Device + Clone + 'static> Recipe for Native<D> {
    fn build(&self, _: &Terms) -> Result<Box<dyn Device>, Fault> {
        Ok(Box::new(self.0.clone()))
    }
    fn digest(&self) -> [u8; 32] {
        [0; 32]
    }
    fn imports(&self) -> &[String] {
        &[]
    }
}

/// The pump that runs what an attacker wrote.
pub(crate) const HELD: &str = "z-pump";
pub(crate) const INTENT: &str = r#"@id("wearer") @reason("the wearer doses")
permit (principal, action in Action::"command", resource) when { context.ordered };"#;
/// As the product was sold: everything that it has is lent.
pub(crate) const AS_SOLD: &str = include_str!("../../../../policies/library/as-sold/policy.cedar");

/// Wearers a to c with pump, remote and sensor, and d with a sensor alone: ten honest devices.
pub(crate) fn honest() -> String {
    let mut text = String::from("title = \"Beside hostile software\"\nhorizon_h = 1\n");
    ["a", "b", "c"].iter().for_each(|who| text += &wearer(who));
    text + "[patient.d]\nmodel = \"uva-padova\"\nid = \"child#001\"\n[device.d-cgm]\nmodel = \"cgm\"\npatient = \"d\"\n"
}

pub(crate) fn wearer(who: &str) -> String {
    format!(
        r#"
[patient.{who}]
model = "uva-padova"
id = "adult#001"
meals = [{{ at_h = 0.3, carbs_g = 40, dose = "panel" }}]
[device.{who}-pump]
model = "insulin-pump"
patient = "{who}"
peers = {{ remote = "{who}-remote", cgm = "{who}-cgm" }}
[device.{who}-remote]
model = "insulin-pump-remote"
patient = "{who}"
peers = {{ pump = "{who}-pump" }}
[device.{who}-cgm]
model = "cgm"
patient = "{who}"
peers = {{ pump = "{who}-pump" }}
[link.{who}]
medium = "proprietary-900mhz"
nodes = ["{who}-pump", "{who}-remote", "{who}-cgm"]
"#
    )
}

/// The models of the library, and what runs in the held pump instead of its own.
pub(crate) struct Models {
    models: BTreeMap<&'static str, Model>,
    pub(crate) held: Option<Arc<dyn Recipe>>,
}

impl Models {
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let model = |artifact: &medtwin_artifacts::Artifact| {
            let manifest = Manifest::parse(artifact.manifest?).expect("a manifest");
            let recipe = sandbox.load(artifact.component).expect("a device model");
            Some((artifact.name, Model { manifest: Arc::new(manifest), recipe: Arc::new(recipe) }))
        };
        Self { models: medtwin_artifacts::ALL.iter().filter_map(model).collect(), held: None }
    }
}

impl Models {
    /// The same, with the manifest of a model changed.
    pub(crate) fn with(mut self, name: &str, change: impl Fn(&mut Manifest)) -> Self {
        let model = self.models.get_mut(name).expect("a model");
        let mut manifest = Manifest::clone(&model.manifest);
        change(&mut manifest);
        model.manifest = Arc::new(manifest);
        self
    }
}

impl Library for Models {
    fn model(&self, name: &str) -> Result<Model, Vec<String>> {
        self.models.get(name).cloned().ok_or_else(Vec::new)
    }
    fn replacement(&self, device: &str) -> Option<Arc<dyn Recipe>> {
        self.held.clone().filter(|_| device == HELD)
    }
    fn artefact(&self, _: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        Err(Vec::new())
    }
}

#[derive(Default)]
pub(crate) struct Kept(Vec<Entry>);

impl Sink for Kept {
    fn take(&mut self, entry: &Entry) {
        self.0.push(*entry);
    }
}

/// What happened, with the names of whom it happened to.
pub(crate) struct Ran {
    pub(crate) setup: Arc<Setup>,
    pub(crate) entries: Vec<Entry>,
}

impl Ran {
    /// What happened to the honest devices and wearers.
    pub(crate) fn honest(&self) -> Vec<String> {
        self.told(|who| !who.starts_with('z'), |entry| entry.cause)
    }

    /// What happened to those who share the radio link with the held pump. Causes are numbered by
    /// bedside, so that theirs go on after those of the pump.
    pub(crate) fn neighbours(&self) -> Vec<String> {
        self.told(|who| ["z-remote", "z-cgm"].contains(&who), |_| 0)
    }

    /// Entries of whom `is` picks, in words and numbers that do not depend on who else is there.
    fn told(&self, is: impl Fn(&str) -> bool, cause: impl Fn(&Entry) -> u64) -> Vec<String> {
        let text = |name| self.setup.names.text(name);
        let picked = self.entries.iter().filter(|entry| is(text(entry.subject)));
        let told = picked.map(|e| {
            let (subject, object, verb) = (text(e.subject), text(e.object), text(e.verb));
            let value = e.value.to_bits();
            format!(
                "{:?} {:?} {subject} {object} {verb} {value:x} {:?} {} {:?} {} {}",
                e.at,
                e.kind,
                e.outcome,
                e.rule,
                e.origin,
                e.step,
                cause(e)
            )
        });
        told.collect()
    }

    pub(crate) fn faults(&self) -> Vec<&str> {
        let faults = self.entries.iter().filter(|entry| entry.kind == Kind::Fault);
        let held = faults.filter(|entry| self.setup.names.text(entry.subject) == HELD);
        held.map(|entry| self.setup.names.text(entry.verb)).collect()
    }
}

pub(crate) fn resolved(text: &str, models: &dyn Library) -> Resolved {
    let scenario = Scenario::parse(text).expect("a scenario");
    let intent = Intent::parse(INTENT).expect("an intent");
    resolve(&scenario, &intent, models).unwrap_or_else(|errors| panic!("{errors:?}"))
}

pub(crate) fn ran(resolved: &Resolved, arm: &Arc<Arm>) -> Ran {
    ran_on(resolved, arm, &in_memory)
}

/// The same, with its attack.
pub(crate) fn attacked(resolved: &Resolved, arm: &Arc<Arm>) -> Ran {
    run(resolved, arm, true, &in_memory)
}

/// Without an attack, and with the records of devices where `open` says.
pub(crate) fn ran_on(resolved: &Resolved, arm: &Arc<Arm>, open: &Opens<'_>) -> Ran {
    run(resolved, arm, false, open)
}

fn run(resolved: &Resolved, arm: &Arc<Arm>, attack: bool, open: &Opens<'_>) -> Ran {
    let plan = Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::clone(&resolved.setup),
        arm: Arc::clone(arm),
    };
    let mut kept = Kept::default();
    medtwin_engine::run_on(&plan, &mut kept, open);
    Ran { setup: Arc::clone(&resolved.setup), entries: kept.0 }
}

/// The pack as sold, with this envelope.
pub(crate) fn arm(resolved: &Resolved, envelope: &str) -> Arc<Arm> {
    arm_with(resolved, envelope, "")
}

/// The same, with these controls.
pub(crate) fn arm_with(resolved: &Resolved, envelope: &str, controls: &str) -> Arc<Arm> {
    let source = Source { name: "as-sold", cedar: AS_SOLD, envelope, controls };
    let pack = Pack::parse(source).unwrap_or_else(|errors| panic!("{errors:?}"));
    Arc::new(resolved.arm(&pack))
}
