//! Every module of `device-models/hostile`, as an attacker's software in a wearer's pump, beside ten
//! honest devices: what they do is, entry by entry, what they do without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::Plan;
use medtwin_engine::device::{Device, Event, Fault, Lent, Recipe, Setting, Terms};
use medtwin_engine::manifest::Manifest;
use medtwin_engine::plan::Setup;
use medtwin_engine::resolve::{Library, Model, Resolved, resolve};
use medtwin_engine::scenario::Scenario;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::{Entry, Kind, Sink};
use medtwin_host::Sandbox;
use medtwin_policy::{Intent, Pack, Source};

/// The pump that runs what an attacker wrote.
const HELD: &str = "z-pump";
const INTENT: &str = r#"@id("wearer") @reason("the wearer doses")
permit (principal, action in Action::"command", resource) when { context.ordered };"#;
/// As the product was sold: everything that it has is lent.
const AS_SOLD: &str = include_str!("../../../../policies/library/as-sold/policy.cedar");

/// Wearers a to c with pump, remote and sensor, and d with a sensor alone: ten honest devices.
fn honest() -> String {
    let mut text = String::from("title = \"Beside hostile software\"\nhorizon_h = 1\n");
    ["a", "b", "c"].iter().for_each(|who| text += &wearer(who));
    text + "[patient.d]\nmodel = \"uva-padova\"\nid = \"child#001\"\n[device.d-cgm]\nmodel = \"cgm\"\npatient = \"d\"\n"
}

fn wearer(who: &str) -> String {
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
struct Models {
    models: BTreeMap<&'static str, Model>,
    held: Option<Arc<dyn Recipe>>,
}

impl Models {
    fn new(sandbox: &Sandbox) -> Self {
        let model = |artifact: &medtwin_artifacts::Artifact| {
            let manifest = Manifest::parse(artifact.manifest?).expect("a manifest");
            let recipe = sandbox.load(artifact.component).expect("a device model");
            Some((artifact.name, Model { manifest: Arc::new(manifest), recipe: Arc::new(recipe) }))
        };
        Self { models: medtwin_artifacts::ALL.iter().filter_map(model).collect(), held: None }
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
struct Kept(Vec<Entry>);

impl Sink for Kept {
    fn take(&mut self, entry: &Entry) {
        self.0.push(*entry);
    }
}

/// What happened, with the names of whom it happened to.
struct Ran {
    setup: Arc<Setup>,
    entries: Vec<Entry>,
}

impl Ran {
    /// What happened to the honest devices and wearers.
    fn honest(&self) -> Vec<String> {
        self.told(|who| !who.starts_with('z'), |entry| entry.cause)
    }

    /// What happened to those who share the radio link with the held pump. Causes are numbered by
    /// bedside, so that theirs go on after those of the pump.
    fn neighbours(&self) -> Vec<String> {
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

    fn faults(&self) -> Vec<&str> {
        let faults = self.entries.iter().filter(|entry| entry.kind == Kind::Fault);
        let held = faults.filter(|entry| self.setup.names.text(entry.subject) == HELD);
        held.map(|entry| self.setup.names.text(entry.verb)).collect()
    }
}

fn resolved(text: &str, models: &Models) -> Resolved {
    let scenario = Scenario::parse(text).expect("a scenario");
    let intent = Intent::parse(INTENT).expect("an intent");
    resolve(&scenario, &intent, models).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn ran(resolved: &Resolved, arm: &Arc<medtwin_engine::plan::Arm>) -> Ran {
    let plan = Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack: false,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::clone(&resolved.setup),
        arm: Arc::clone(arm),
    };
    let mut kept = Kept::default();
    medtwin_engine::run(&plan, &mut kept);
    Ran { setup: Arc::clone(&resolved.setup), entries: kept.0 }
}

fn as_sold(resolved: &Resolved) -> Arc<medtwin_engine::plan::Arm> {
    let source = Source { name: "as-sold", cedar: AS_SOLD, envelope: "", controls: "" };
    let pack = Pack::parse(source).unwrap_or_else(|errors| panic!("{errors:?}"));
    Arc::new(resolved.arm(&pack))
}

/// Software of the held pump that sends `frames` frames of 64 zeros each minute and does no more.
struct Sender {
    frames: u32,
}

impl Recipe for Sender {
    fn build(&self, _: &Terms) -> Result<Box<dyn Device>, Fault> {
        Ok(Box::new(Self { frames: self.frames }))
    }
    fn digest(&self) -> [u8; 32] {
        [0; 32]
    }
    fn imports(&self) -> &[String] {
        &[]
    }
}

impl Device for Sender {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let _ = lent.set_timer(0, 60_000_000);
        Ok(())
    }
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        if event == Event::Timer(0) {
            let _ = lent.set_timer(0, 60_000_000);
            for _ in 0..self.frames {
                let _ = lent.send(0, &[0; 64]);
            }
        }
        Ok(())
    }
}

/// What a process with all of them, one after another, may take [MiB]: compilers and traces of
/// thirteen devices for an hour; a guest has at most a quarter of one.
const MOST_MIB: u64 = 128;
/// Modules that send, and how many frames they try each minute.
const SENT_BY: [(&str, u32); 1] = [("flood-frames", 40)];

#[test]
fn no_hostile_module_changes_what_honest_devices_do() {
    let sandbox = Sandbox::new();
    let mut models = Models::new(&sandbox);
    let alone = resolved(&honest(), &models);
    let without = ran(&alone, &as_sold(&alone)).honest();
    assert!(without.len() > 1000, "{}", without.len());

    let text = honest() + &wearer("z");
    let mut in_native = |frames| {
        models.held = Some(Arc::new(Sender { frames }));
        let world = resolved(&text, &models);
        let arm = as_sold(&world);
        (ran(&world, &arm).neighbours(), arm)
    };
    let (silent, arm) = in_native(0);
    let sending: BTreeMap<_, _> =
        SENT_BY.iter().map(|(name, frames)| (*name, in_native(*frames).0)).collect();

    let hostile = medtwin_hostile::all();
    assert!(hostile.len() >= 40, "{}", hostile.len());
    for module in hostile {
        let name = module.name.as_str();
        let recipe = sandbox.load(&module.component).unwrap_or_else(|e| panic!("{name}: {e}"));
        models.held = Some(Arc::new(recipe));
        let ran = ran(&resolved(&text, &models), &arm);
        assert_eq!(ran.faults().first().copied(), module.fault.as_deref(), "{name}");
        check_same(name, &without, &ran.honest());
        check_same(name, sending.get(name).unwrap_or(&silent), &ran.neighbours());
    }
    assert!(peak_mib().is_none_or(|mib| mib < MOST_MIB), "{:?} MiB", peak_mib());
}

/// The most memory that this process ever had [MiB], where the system says so.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}

#[track_caller]
fn check_same(module: &str, expected: &[String], found: &[String]) {
    for (expected, found) in expected.iter().zip(found) {
        assert_eq!(expected, found, "beside {module}");
    }
    assert_eq!(expected.len(), found.len(), "beside {module}");
}
