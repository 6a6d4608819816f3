//! Vectors of a pacemaker: senses and commands in, markers out.
//!
//! Parameters are the component's config; commands come as frames of a wand, in a session; senses,
//! magnet and battery are its sensors. What is in one millisecond comes in the order of models.md 2.2: commands,
//! atrial sense, ventricular sense, timeouts.

use std::collections::BTreeMap;

use medtwin_engine::device::{Event, Fault, Setting, Value as Config};
use medtwin_engine::workbench::{Done, Workbench};
use medtwin_frames::{Frame, Kind};
use serde::Deserialize;
use serde_json::Value;

use super::file::{self, check_time, ns, refused, whole};
use super::{Marker, Tested};
use crate::components::Components;
use crate::library;
use crate::problem::Problems;

const SHAPE: &str = "an object with `nominal` and `vectors`, each with `id`, `params`, `init`, `inputs`, `t_end`, `expected` and `check`";
/// Places in the pacemaker's manifest.
const SENSORS: usize = 6;
const ATRIAL_SENSE: u32 = 0;
const VENTRICULAR_SENSE: u32 = 1;
const BATTERY: usize = 3;
const MAGNET: u32 = 5;
const WAND: u32 = 1;
const MARKER: u32 = 3;
/// What is sensed [mV].
const SENSED_MV: f64 = 5.0;

/// The words of markers, by number.
const MARKERS: [&str; 11] =
    ["AS", "AP", "VS", "VP", "PVC", "AR", "VR", "TN", "ATR-Dur", "ATR-FB", "ATR-End"];

/// The words of parameters in vectors: the config key, and the number on the air.
const PARAMETERS: [(&str, &str, u16); 20] = [
    ("LRL", "lower_rate_ppm", 1),
    ("URL", "upper_rate_ppm", 2),
    ("MSR", "sensor_rate_ppm", 3),
    ("PAV", "av_delay_ms", 4),
    ("dynAV", "dynamic_av", 5),
    ("minAV", "min_av_delay_ms", 6),
    ("SAV_off", "sensed_av_offset_ms", 7),
    ("VRP", "vrp_ms", 14),
    ("ARP", "arp_ms", 15),
    ("PVARP", "pvarp_ms", 16),
    ("PVARP_ext", "pvarp_extension_ms", 17),
    ("HRL", "hysteresis_rate_ppm", 18),
    ("RS_up", "smoothing_up_pct", 19),
    ("RS_dn", "smoothing_down_pct", 20),
    ("ATR", "atr", 21),
    ("ATR_dur", "atr_duration_cycles", 22),
    ("ATR_FT", "atr_fallback_min", 23),
    ("VBlank", "v_blanking_ms", 24),
    ("PVAB", "pvab_ms", 25),
    ("magnet_resp", "magnet_response", 30),
];
/// The modes by their number on the air.
const MODES: [&str; 19] = [
    "OFF", "DDD", "VDD", "DDI", "DOO", "AOO", "AAI", "VOO", "VVI", "AAT", "VVT", "DDDR", "VDDR",
    "DDIR", "DOOR", "AOOR", "AAIR", "VOOR", "VVIR",
];
/// What the model has fixed.
const FIXED: [(&str, i64); 4] =
    [("ATR_entry", 8), ("ATR_exit", 8), ("noise_n", 5), ("noise_gap", 50)];
/// Battery states, by a voltage within each [V].
const BATTERIES: [(&str, f64); 4] = [("BOL", 2.8), ("ERN", 2.42), ("ERT", 2.35), ("ERP", 2.2)];

pub(super) type Params = BTreeMap<String, Value>;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    nominal: Params,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    params: Params,
    init: Init,
    inputs: Vec<Input>,
    t_end: i64,
    expected: Vec<Expected>,
    check: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Init {
    t: i64,
    ev: String,
    #[serde(default)]
    prev_cci: i64,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    t: i64,
    ch: Option<String>,
    sir: Option<f64>,
    magnet: Option<bool>,
    pace_now: Option<bool>,
    program: Option<Params>,
}

#[derive(Deserialize)]
struct Expected {
    t: i64,
    marker: String,
}

pub(super) fn test(name: &str, text: &str) -> Result<Vec<Tested>, Problems> {
    let file: File = file::read(name, text, SHAPE)?;
    file::check_times(name, file.vectors.iter().map(|v| (v.id.as_str(), v.t_end)))?;
    let recipe = recipe("pacemaker")?;
    let of = |vector: &Vector| {
        let mut params = file.nominal.clone();
        params.extend(vector.params.clone());
        let setup = Setup::of(name, &vector.id, &params)?;
        check(name, vector)?;
        let got = run(&recipe, vector, &setup).map_err(|fault| {
            refused(name, &vector.id, format!("the model broke off: {fault}"), "")
        })?;
        let expected = vector.expected.iter().map(|one| (one.t, one.marker.clone())).collect();
        Ok(Tested { id: vector.id.clone(), expected, got })
    };
    file.vectors.iter().map(of).collect()
}

/// The component of the library that is tested.
pub(super) fn recipe(
    model: &str,
) -> Result<std::sync::Arc<medtwin_host::ComponentRecipe>, Problems> {
    let missing = || Problems::one(format!("there is no model `{model}`"), "");
    let artifact = library::artifact(model).ok_or_else(missing)?;
    let refused = |error: medtwin_host::LoadError| Problems::one(error.to_string(), error.help());
    Components::default().compile(artifact.component).map_err(refused)
}

fn check(name: &str, vector: &Vector) -> Result<(), Problems> {
    let (id, init) = (&vector.id, &vector.init);
    if init.t != 0 || !["AP", "VP"].contains(&init.ev.as_str()) {
        let message = format!("it begins with `{}` at {}", init.ev, init.t);
        return Err(refused(name, id, message, "`init` is AP or VP at 0"));
    }
    let times = vector.inputs.iter().map(|input| input.t);
    for at in times.chain(vector.expected.iter().map(|one| one.t)) {
        check_time(name, id, at)?;
    }
    for input in &vector.inputs {
        let is_one = [
            input.ch.is_some(),
            input.sir.is_some(),
            input.magnet.is_some(),
            input.pace_now.is_some(),
            input.program.is_some(),
        ];
        let channel = input.ch.as_deref().is_none_or(|ch| ["A", "V"].contains(&ch));
        let rate = input.sir.is_none_or(|ppm| (0.0..=1000.0).contains(&ppm));
        if is_one.iter().filter(|is| **is).count() != 1 || !channel || !rate {
            let message = format!("the input at {} is none", input.t);
            let help = "one of `ch` (A or V), `sir`, `magnet`, `pace_now`, `program`";
            return Err(refused(name, id, message, help));
        }
        if let Some(params) = &input.program {
            numbers(name, id, params)?;
        }
    }
    Ok(())
}

/// A vector's parameters as the component takes them.
pub(super) struct Setup {
    pub(super) config: Vec<Setting>,
    volt: f64,
}

impl Setup {
    pub(super) fn of(name: &str, id: &str, params: &Params) -> Result<Self, Problems> {
        let mut config = vec![setting("markers", Config::Flag(true))];
        let mut volt = BATTERIES[0].1;
        for (word, value) in params {
            if word == "battery" {
                let found = BATTERIES.iter().find(|(state, _)| value == state);
                let help = "BOL, ERN, ERT or ERP";
                volt = found.ok_or_else(|| unknown(name, id, word, value, help))?.1;
            } else if word == "mode" {
                config
                    .push(setting("mode", Config::Text(MODES[mode(name, id, value)?].to_owned())));
            } else if !is_fixed(word, value) {
                let (key, _, number) = parameter(name, id, word, value)?;
                config.push(setting(key, Config::Number(number as f64)));
            }
        }
        Ok(Self { config, volt })
    }
}

/// Numbers on the air, and values, of what is programmed.
pub(super) fn numbers(name: &str, id: &str, params: &Params) -> Result<Vec<(u16, i16)>, Problems> {
    let one = |(word, value): (&String, &Value)| {
        if word == "mode" {
            return Ok((0, mode(name, id, value)? as i16));
        }
        let (_, number, value) = parameter(name, id, word, value)?;
        Ok((number, value))
    };
    params.iter().map(one).collect()
}

fn is_fixed(word: &str, value: &Value) -> bool {
    FIXED.iter().any(|(fixed, number)| *fixed == word && value.as_i64() == Some(*number))
}

fn mode(name: &str, id: &str, value: &Value) -> Result<usize, Problems> {
    let found = value.as_str().and_then(|text| MODES.iter().position(|mode| *mode == text));
    found.ok_or_else(|| unknown(name, id, "mode", value, &format!("one of: {}", MODES.join(", "))))
}

fn parameter(
    name: &str,
    id: &str,
    word: &str,
    value: &Value,
) -> Result<(&'static str, u16, i16), Problems> {
    let words = PARAMETERS.map(|(word, _, _)| word).join(", ");
    let help = format!("whole numbers for mode, battery and: {words}");
    let found = PARAMETERS.iter().find(|(own, _, _)| *own == word);
    let whole = whole(value).and_then(|number| i16::try_from(number).ok());
    let (&(_, key, number), value) =
        found.zip(whole).ok_or_else(|| unknown(name, id, word, value, &help))?;
    Ok((key, number, value))
}

fn unknown(name: &str, id: &str, word: &str, value: &Value, help: &str) -> Problems {
    refused(name, id, format!("`{word}` cannot be `{value}`"), help)
}

pub(super) fn setting(key: &str, value: Config) -> Setting {
    Setting { key: key.to_owned(), value }
}

fn run(
    recipe: &medtwin_host::ComponentRecipe,
    vector: &Vector,
    setup: &Setup,
) -> Result<Vec<Marker>, Fault> {
    let mut config = setup.config.clone();
    config.push(setting("previous_cycle_ms", Config::Number(vector.init.prev_cci as f64)));
    let mut sensors = vec![None; SENSORS];
    sensors[BATTERY] = Some(setup.volt);
    let mut bench = Workbench::start(recipe, &config, sensors)?;
    let mut inputs: Vec<&Input> = vector.inputs.iter().collect();
    inputs.sort_by(|one, other| (one.t, &one.ch).cmp(&(other.t, &other.ch)));
    let mut frames = 0;
    for input in inputs.into_iter().filter(|input| input.t <= vector.t_end) {
        fire_before(&mut bench, input.t)?;
        give(&mut bench, input, &mut frames)?;
    }
    fire_before(&mut bench, vector.t_end + 1)?;
    let checks = |word: &str| match &vector.check {
        Some(listed) => listed.iter().any(|one| one == word),
        None => true,
    };
    let markers = bench.take_done().into_iter().filter_map(|(_, done)| marker(&done));
    Ok(markers.filter(|(_, word)| checks(word)).collect())
}

/// Lets timers fire that are due before a time [ms].
pub(super) fn fire_before(bench: &mut Workbench, ms: i64) -> Result<(), Fault> {
    while bench.next_timer().is_some_and(|at| at < ns(ms)) {
        bench.fire()?;
    }
    Ok(())
}

fn give(bench: &mut Workbench, input: &Input, frames: &mut u16) -> Result<(), Fault> {
    let at = ns(input.t);
    if let Some(channel) = &input.ch {
        let sensor = if channel == "A" { ATRIAL_SENSE } else { VENTRICULAR_SENSE };
        return bench.tell(at, Event::Sense { sensor, value: SENSED_MV });
    }
    if let Some(magnet) = input.magnet {
        let value = f64::from(u8::from(magnet));
        return bench.tell(at, Event::Sense { sensor: MAGNET, value });
    }
    let mut wanted = vec![(Kind::OpenSession, 0, 0)];
    for (number, value) in input.program.iter().flat_map(|p| numbers("", "", p).unwrap_or_default())
    {
        wanted.push((Kind::Parameter, number, value as u16));
    }
    if input.program.is_some() {
        wanted.push((Kind::Program, 0, 0));
    }
    if input.pace_now == Some(true) {
        wanted.push((Kind::PaceNow, 0, 0));
    }
    if let Some(ppm) = input.sir {
        wanted.push((Kind::SensorTest, ppm as u16, 0));
    }
    for (kind, a, b) in wanted {
        *frames = frames.wrapping_add(1);
        let frame = Frame { serial: 0, kind, sequence: *frames, a, b };
        bench.tell(at, Event::Frame { peer: WAND, body: &frame.encode() })?;
    }
    Ok(())
}

/// A marker that the pacemaker showed: 32 times the time and its number.
fn marker(done: &Done) -> Option<Marker> {
    let Done::Shown(MARKER, value) = done else { return None };
    decoded(*value)
}

/// The marker that a value of the field `marker` says.
pub(super) fn decoded(value: f64) -> Option<Marker> {
    let value = value as i64;
    let word = MARKERS.get(usize::try_from(value % 32).ok()?.checked_sub(1)?)?;
    Some((value / 32, (*word).to_owned()))
}
