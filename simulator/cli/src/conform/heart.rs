//! Vectors of a heart, alone and with a pacemaker: a run with both, measured from its trace.
//!
//! The heart is a patient of the run, the pacemaker the component in them, and what is programmed comes from a
//! programmer over a link. So it arrives some ms late, and takes effect at the next beat as it would at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use medtwin_engine::Plan;
use medtwin_engine::device::{Recipe, Value as Config};
use medtwin_engine::manifest::Manifest;
use medtwin_engine::resolve::{Component, Library, Model, resolve};
use medtwin_engine::scenario::Scenario;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::{Entry, Kind, Names};
use medtwin_policy::{Intent, Pack, Source};
use serde::Deserialize;
use serde_json::Value;

use super::file::{self, check_time, refused, whole};
use super::pacemaker::{Params, Setup, decoded, numbers};
use super::{Marker, Tested};
use crate::components::Components;
use crate::library;
use crate::problem::Problems;

const SHAPE: &str = "an object with `heart_nominal` and `cases`, each with `id`, `heart_params`, `pacemaker_params`, `pvc_ms`, `commands`, `sa_first`, `t_end`, `heart_events` and `markers`";

/// Everything is granted: what is looked at is the models.
const CEDAR: &str = r#"@id("all")
@reason("a model that conforms does so without a policy")
permit (principal, action, resource);
"#;
const ENVELOPE: &str = "[model.pacemaker]\nwakes_per_min = 60000\n";

/// The words of a heart's parameters in vectors: the scenario's key.
const PARAMETERS: [(&str, &str); 14] = [
    ("SA_CL", "sinus_ms"),
    ("A_ERP", "a_erp_ms"),
    ("AV_ERP", "av_erp_ms"),
    ("AV_dmin", "av_least_ms"),
    ("AV_alpha", "av_slowing_ms"),
    ("AV_tau", "av_recovery_ms"),
    ("AV_block_N", "drops_every"),
    ("retro_d", "retrograde_ms"),
    ("V_ERP", "v_erp_ms"),
    ("V_RRP", "v_vulnerable_ms"),
    ("J_esc", "junction_ms"),
    ("V_esc", "escape_ms"),
    ("p_vf", "p_fibrillation"),
    ("VF_CL", "fibrillation_ms"),
];
/// What is always so here: a sinus node that works, stimuli that are strong enough.
const ON: [&str; 3] = ["SA_on", "A_thr", "V_thr"];
/// The words of AV conduction.
const CONDUCTION: [(&str, &str); 4] =
    [("normal", "normal"), ("second_1", "normal"), ("second_2", "second"), ("third", "third")];
/// The words of sources, by number.
const SOURCES: [&str; 10] =
    ["sa", "av", "pace", "retro", "ectopic", "pvc", "esc_j", "esc_v", "vt", "vf"];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    heart_nominal: Params,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    heart_params: Params,
    pacemaker_params: Option<Params>,
    pvc_ms: Vec<i64>,
    commands: Vec<Command>,
    sa_first: Option<i64>,
    t_end: i64,
    heart_events: Vec<Marker>,
    markers: Vec<Marker>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    t: i64,
    program: Params,
}

pub(super) fn test(name: &str, text: &str) -> Result<Vec<Tested>, Problems> {
    let file: File = file::read(name, text, SHAPE)?;
    file::check_times(name, file.cases.iter().map(|case| (case.id.as_str(), case.t_end)))?;
    let models = Models::default();
    let mut tested = Vec::new();
    for case in &file.cases {
        let scenario = scenario(name, case, &file.heart_nominal)?;
        let (names, entries) = run(name, &case.id, &scenario, &models)?;
        let until = |marker: &Marker| marker.0 <= case.t_end;
        let of = |kind: &str, expected: &[Marker], got: Vec<Marker>| Tested {
            id: format!("{} {kind}", case.id),
            expected: expected.to_vec(),
            got: got.into_iter().filter(until).collect(),
        };
        let happened = entries.iter().filter_map(|entry| happened(&names, entry)).collect();
        tested.push(of("heart", &case.heart_events, happened));
        if case.pacemaker_params.is_some() {
            let shown = entries
                .iter()
                .filter(|entry| entry.kind == Kind::Show && names.text(entry.object) == "marker");
            let markers = shown.filter_map(|entry| decoded(entry.value)).collect();
            tested.push(of("markers", &case.markers, markers));
        }
    }
    Ok(tested)
}

/// A case as a scenario. Nothing of its text is the file's but numbers.
fn scenario(name: &str, case: &Case, nominal: &Params) -> Result<String, Problems> {
    let id = &case.id;
    let mut params = nominal.clone();
    params.extend(case.heart_params.clone());
    let times = case.pvc_ms.iter().copied().chain(case.sa_first);
    let times = times.chain(case.commands.iter().map(|command| command.t));
    for at in times.chain(case.heart_events.iter().chain(&case.markers).map(|marker| marker.0)) {
        check_time(name, id, at)?;
    }
    let mut heart = String::from("varies = false, fibrillation_jitter_ms = 0");
    for (word, value) in &params {
        if let Some((key, value)) = parameter(name, id, word, value)? {
            let _ = write!(heart, ", {key} = {value}");
        }
    }
    if let Some(first) = case.sa_first {
        let _ = write!(heart, ", first_sinus_ms = {first}");
    }
    let _ = write!(heart, ", premature_ms = {:?}", case.pvc_ms);
    let horizon_h = (case.t_end as f64 + 0.5) / 3.6e6;
    let mut text = format!(
        "title = \"a vector\"\nsources = []\nhorizon_h = {horizon_h}\nreference = \"all\"\n\
         candidate = \"all\"\n[patient.x]\nmodel = \"heart\"\nid = \"nsr\"\nheart = {{ {heart} }}\n"
    );
    if let Some(params) = &case.pacemaker_params {
        text += &devices(name, case, params)?;
    } else if !case.commands.is_empty() {
        return Err(refused(name, id, "it programs a pacemaker that is not there", ""));
    }
    Ok(text)
}

fn devices(name: &str, case: &Case, params: &Params) -> Result<String, Problems> {
    let setup = Setup::of(name, &case.id, params)?;
    let mut config = String::from("radio = \"sniff\", serial = 1");
    for setting in &setup.config {
        let _ = match &setting.value {
            Config::Text(text) => write!(config, ", {} = \"{text}\"", setting.key),
            Config::Flag(on) => write!(config, ", {} = {on}", setting.key),
            Config::Number(number) => write!(config, ", {} = {number}", setting.key),
        };
    }
    let mut text =
        format!("[device.pm]\nmodel = \"pacemaker\"\npatient = \"x\"\nconfig = {{ {config} }}\n");
    let (at_min, orders) = match case.commands.as_slice() {
        [] => return Ok(text),
        [one] => (one.t as f64 / 60_000.0, numbers(name, &case.id, &one.program)?),
        _ => return Err(refused(name, &case.id, "it has several commands", "one at most")),
    };
    let orders: Vec<String> =
        orders.iter().map(|(number, value)| format!("{number}={value}")).collect();
    let _ = write!(
        text,
        "peers = {{ programmer = \"prog\" }}\n[device.prog]\nmodel = \"pacemaker-programmer\"\n\
         peers = {{ implant = \"pm\" }}\nconfig = {{ serial = 1, session_at_min = {at_min}, orders = \"{}\" }}\n\
         [link.rf]\nmedium = \"usb-serial\"\nnodes = [\"pm\", \"prog\"]\n",
        orders.join(" ")
    );
    Ok(text)
}

/// The scenario's key and value of a parameter; none of what is always so.
fn parameter(
    name: &str,
    id: &str,
    word: &str,
    value: &Value,
) -> Result<Option<(&'static str, String)>, Problems> {
    let unknown = || {
        let words = PARAMETERS.map(|(word, _)| word).join(", ");
        let help = format!("AV_mode, and numbers for: {words}");
        refused(name, id, format!("`{word}` cannot be `{value}`"), &help)
    };
    if ON.contains(&word) {
        return if value == true { Ok(None) } else { Err(unknown()) };
    }
    if word == "AV_mode" {
        let found = CONDUCTION.iter().find(|(own, _)| value == own).ok_or_else(unknown)?;
        return Ok(Some(("conduction", format!("\"{}\"", found.1))));
    }
    let (_, key) = PARAMETERS.iter().find(|(own, _)| *own == word).ok_or_else(unknown)?;
    if value.is_null() || (word == "AV_block_N" && whole(value) == Some(0)) {
        return Ok(None);
    }
    if matches!(word, "AV_alpha" | "AV_tau" | "p_vf") {
        let number = value.as_f64().filter(|n| (0.0..=1e6).contains(n)).ok_or_else(unknown)?;
        return Ok(Some((*key, format!("{number:?}"))));
    }
    let number = value.as_u64().filter(|n| *n <= 600_000).ok_or_else(unknown)?;
    Ok(Some((*key, number.to_string())))
}

fn run(name: &str, id: &str, text: &str, models: &Models) -> Result<(Names, Vec<Entry>), Problems> {
    let wrong = |why: String| refused(name, id, why, "the vector makes no scenario");
    let all = |errors: Vec<String>| wrong(errors.join("; "));
    let scenario = Scenario::parse(text).map_err(|error| wrong(error.message))?;
    let intent =
        Intent::parse("").map_err(|errors| all(errors.into_iter().map(|e| e.message).collect()))?;
    let resolved = resolve(&scenario, &intent, models)
        .map_err(|errors| all(errors.into_iter().map(|e| e.message).collect()))?;
    let source = Source { name: "all", cedar: CEDAR, envelope: ENVELOPE, controls: "" };
    let pack = Pack::parse(source)
        .map_err(|errors| all(errors.into_iter().map(|e| e.message).collect()))?;
    let plan = Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack: false,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::clone(&resolved.setup),
        arm: Arc::new(resolved.arm(&pack)),
    };
    let mut entries = Vec::new();
    medtwin_engine::run(&plan, &mut entries);
    if let Some(fault) = entries.iter().find(|entry| entry.kind == Kind::Fault) {
        let word = plan.setup.names.text(fault.verb).to_owned();
        return Err(wrong(format!("a device broke off: {word}")));
    }
    Ok((plan.setup.names.clone(), entries))
}

/// What happened in the heart, by its word.
fn happened(names: &Names, entry: &Entry) -> Option<Marker> {
    if entry.kind != Kind::Vital {
        return None;
    }
    let at = (entry.at.as_nanos() / 1_000_000) as i64;
    let source = || SOURCES.get((entry.value as usize).checked_sub(1)?);
    let word = match names.text(entry.object) {
        "atrium" => format!("a:{}", source()?),
        "ventricle" => format!("v:{}", source()?),
        "reentry" if entry.value > 1.5 => "VF".to_owned(),
        "reentry" if entry.value > 0.5 => "VT".to_owned(),
        _ => return None,
    };
    Some((at, word))
}

/// The models of the library, compiled once each.
#[derive(Default)]
struct Models(Components, std::cell::RefCell<BTreeMap<String, Arc<dyn Recipe>>>);

impl Library for Models {
    fn model(&self, name: &str) -> Result<Model, Vec<String>> {
        let none = || library::artifact_names(true);
        let artifact = library::artifact(name).ok_or_else(none)?;
        let manifest =
            artifact.manifest.and_then(|text| Manifest::parse(text).ok()).ok_or_else(none)?;
        let mut compiled = self.1.borrow_mut();
        if !compiled.contains_key(name) {
            let recipe: Arc<dyn Recipe> = self.0.compile(artifact.component).map_err(|_| none())?;
            compiled.insert(name.to_owned(), recipe);
        }
        let recipe = compiled.get(name).cloned().ok_or_else(none)?;
        Ok(Model { manifest: Arc::new(manifest), recipe })
    }

    fn replacement(&self, _: &str) -> Option<Arc<dyn Recipe>> {
        None
    }

    fn component(&self, _: &str) -> Result<Component, Vec<String>> {
        Err(Vec::new())
    }

    fn artefact(&self, _: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        Err(Vec::new())
    }
}
