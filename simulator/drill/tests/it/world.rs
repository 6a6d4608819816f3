//! The exercise of these tests: a night at home, an adversary who knows the pump's serial number.

use std::path::Path;
use std::sync::{Arc, Mutex};

use medtwin_drill::{Exercise, Input, Options, Room};
use medtwin_engine::Plan;
use medtwin_engine::device::Recipe;
use medtwin_engine::manifest::Manifest;
use medtwin_engine::resolve::{Library, Model, resolve, rules};
use medtwin_engine::scenario::Scenario;
use medtwin_engine::seed::Seed;
use medtwin_policy::{Intent, Pack, Source};

use crate::devices::Native;

pub(crate) const TITLE: &str = "Forged boluses on the radio";

const SCENARIO: &str = r#"
horizon_h = 3
start_clock_h = 22.5
[patient.alex]
model = "uva-padova"
id = "adult#001"
[device.pump]
model = "insulin-pump"
patient = "alex"
config = { serial = 508042, remote_enabled = true }
[device.remote]
model = "insulin-pump-remote"
patient = "alex"
config = { serial = 508042 }
[device.cgm]
model = "cgm"
patient = "alex"
config = { serial = 508042 }
[link.rf]
medium = "proprietary-900mhz"
nodes = ["pump", "remote", "cgm"]
[adversary.mallory]
position = "adjacent-radio"
links = ["rf"]
knows = ["pump.serial"]
[[step]]
id = "forged-dose"
by = "mallory"
do = "inject"
to = "pump"
verb = "bolus"
args = { units = 3.0 }
at_min = 30
repeat = { times = 3, every_min = 8 }
technique = { id = "T1692.001", attack = "19.1", was = "T0855" }
"#;

const INTENT: &str = r#"@id("wearer-commands") @reason("the wearer treats themself")
permit (principal, action in Action::"command", resource)
when { context.origin == Origin::"person" };"#;

struct Shelf;

impl Library for Shelf {
    fn model(&self, name: &str) -> Result<Model, Vec<String>> {
        let (text, native) = match name {
            "insulin-pump" => {
                (include_str!("../../../../device-models/insulin-pump/model.toml"), Native::Pump)
            }
            "insulin-pump-remote" => (
                include_str!("../../../../device-models/insulin-pump-remote/model.toml"),
                Native::Remote,
            ),
            _ => (include_str!("../../../../device-models/cgm/model.toml"), Native::Cgm),
        };
        let manifest = Arc::new(Manifest::parse(text).expect("a manifest"));
        Ok(Model { manifest, recipe: Arc::new(native) })
    }

    fn replacement(&self, _: &str) -> Option<Arc<dyn Recipe>> {
        None
    }

    fn artefact(&self, _: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        Err(Vec::new())
    }
}

fn pack(name: &str) -> Pack {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/library").join(name);
    let text = |file: &str| std::fs::read_to_string(library.join(file)).expect("a pack");
    let (cedar, envelope, controls) =
        (text("policy.cedar"), text("envelope.toml"), text("controls.toml"));
    let source = Source { name, cedar: &cedar, envelope: &envelope, controls: &controls };
    Pack::parse(source).expect("a pack without mistakes")
}

/// The exercise under a pack.
pub(crate) fn exercise(policy: &str, seed: u64) -> Exercise {
    let scenario: Scenario = toml::from_str(SCENARIO).expect("a scenario");
    let intent = Intent::parse(INTENT).expect("an intent");
    let resolved = resolve(&scenario, &intent, &Shelf).map_err(|errors| format!("{errors:?}"));
    let resolved = resolved.expect("a scenario without mistakes");
    let pack = pack(policy);
    let plan = Plan {
        seed: Seed { seed, trial: 0 },
        attack: true,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::clone(&resolved.setup),
        arm: Arc::new(resolved.arm(&pack)),
    };
    Exercise {
        title: TITLE.to_owned(),
        note: "No harm is documented.".to_owned(),
        scenario: "a-night-with-mallory".to_owned(),
        arm: format!("{policy}/drill"),
        plan,
        plan_sha256: "0123".to_owned(),
        start_clock_h: 22.5,
        steps: resolved.steps.clone(),
        rules: rules(&pack).into_iter().map(|rule| rule.id).collect(),
    }
}

pub(crate) fn options(state: &Path) -> Options {
    let listen = "127.0.0.1:8080".parse().expect("an address");
    Options { listen, speed: 60.0, state: state.to_owned() }
}

/// What `finish` was given.
pub(crate) type Finished = Arc<Mutex<Option<(Vec<Input>, [u8; 32])>>>;

/// A room under `as-sold`, and what its exercise came to.
pub(crate) fn room(state: &Path) -> (Room, Finished) {
    room_of(&exercise("as-sold", 1), state)
}

pub(crate) fn room_of(exercise: &Exercise, state: &Path) -> (Room, Finished) {
    let finished = Finished::default();
    let kept = Arc::clone(&finished);
    let finish = move |inputs: &[Input], fingerprint| {
        *kept.lock().expect("kept") = Some((inputs.to_vec(), fingerprint));
        Ok("<style>p{}</style><p>EXERCISE debrief</p>".to_owned())
    };
    (Room::open(exercise, &options(state), finish).expect("a room"), finished)
}
