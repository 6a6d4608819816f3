//! Vectors of oref0: the status of one decision in, the decision out, by the insulin pump's component.
//!
//! The pump is put on its own bench: `bench_status` is the vector's status, and settings are its profile, in the keys
//! of therapy. The function that decides is that of therapy, and the six fields of the display show what it decided.
//! A vector that sets what the model has fixed is refused.

use medtwin_engine::device::{Fault, Setting, Value as Config};
use medtwin_engine::workbench::{Done, Workbench};
use serde::Deserialize;

use super::file::{self, check_times, refused};
use super::pacemaker::{recipe, setting};
use super::{Marker, Tested};
use crate::problem::Problems;

const SHAPE: &str = "an object with `cases`, each with `id`, `glucose_status`, `profile`, `current_temp`, `past_doses_U_at_min` and `expected`";
/// The most doses of one vector.
const MOST_DOSES: usize = 1000;
/// Fields of the display that show a part of the decision, and the words of vectors; -1 is none.
const SHOWN: [(u32, &str); 5] =
    [(0, "rate"), (5, "duration"), (4, "eventualBG"), (1, "insulinReq"), (3, "carbsReq")];

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    glucose_status: Glucose,
    profile: Profile,
    current_temp: Temp,
    #[serde(rename = "past_doses_U_at_min")]
    past_doses: Vec<Dose>,
    expected: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Glucose {
    bg: f64,
    delta: f64,
    short_avgdelta: f64,
    long_avgdelta: f64,
}

#[derive(Deserialize)]
struct Profile {
    dia: f64,
    current_basal: f64,
    max_iob: f64,
    max_basal: f64,
    max_daily_basal: f64,
    max_daily_safety_multiplier: f64,
    current_basal_safety_multiplier: f64,
    sens: f64,
    carb_ratio: f64,
    min_bg: f64,
    max_bg: f64,
    #[serde(rename = "enableUAM")]
    enable_uam: bool,
    curve: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Temp {
    rate: f64,
    duration: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dose {
    t: f64,
    #[serde(rename = "U")]
    units: f64,
}

pub(super) fn test(name: &str, text: &str) -> Result<Vec<Tested>, Problems> {
    let file: File = file::read(name, text, SHAPE)?;
    check_times(name, file.cases.iter().map(|case| (case.id.as_str(), 0)))?;
    let recipe = recipe("insulin-pump")?;
    let of = |case: &Case| {
        check(name, case)?;
        let got = run(&recipe, case).map_err(|fault| {
            refused(name, &case.id, format!("the model broke off: {fault}"), "")
        })?;
        Ok(Tested { id: case.id.clone(), expected: expected(case), got })
    };
    file.cases.iter().map(of).collect()
}

/// What the restriction of the model leaves out must be off, and what it has fixed as it is.
fn check(name: &str, case: &Case) -> Result<(), Problems> {
    let profile = &case.profile;
    let is = |value: f64, fixed: f64| (value - fixed).abs() < 1e-9;
    let peak = peak_min(&profile.curve).is_some();
    let fits = peak
        && !profile.enable_uam
        && is(profile.min_bg, profile.max_bg)
        && is(profile.max_daily_basal, profile.current_basal)
        && is(profile.max_daily_safety_multiplier, 3.0)
        && is(profile.current_basal_safety_multiplier, 4.0);
    if !fits {
        let help = "no unannounced meals, one target, one basal rate, safety multipliers 3 and 4, the curve `rapid-acting` or `ultra-rapid`";
        return Err(refused(name, &case.id, "the model has no such profile", help));
    }
    if case.past_doses.len() > MOST_DOSES {
        let message = format!("it has {} doses", case.past_doses.len());
        return Err(refused(name, &case.id, message, &format!("at most {MOST_DOSES}")));
    }
    Ok(())
}

fn peak_min(curve: &str) -> Option<f64> {
    match curve {
        "rapid-acting" => Some(75.0),
        "ultra-rapid" => Some(55.0),
        _ => None,
    }
}

fn expected(case: &Case) -> Vec<Marker> {
    let value = |word: &str| case.expected.get(word).and_then(serde_json::Value::as_f64);
    SHOWN.iter().map(|(_, word)| marker(word, value(word))).collect()
}

fn marker(word: &str, value: Option<f64>) -> Marker {
    // As many decimals as oref0 gives.
    let told = value.map_or("none".to_owned(), |value| ((value * 1e3).round() / 1e3).to_string());
    (0, format!("{word} {told}"))
}

/// As the pump's bench reads numbers.
fn thousandths(x: f64) -> i32 {
    (x * 1000.0).round() as i32
}

fn config(case: &Case) -> Vec<Setting> {
    let (profile, glucose, temp) = (&case.profile, &case.glucose_status, &case.current_temp);
    let dose = |dose: &Dose| format!("{} {}", thousandths(dose.t), thousandths(dose.units));
    let doses: Vec<String> = case.past_doses.iter().map(dose).collect();
    let changes = [glucose.bg, glucose.delta, glucose.short_avgdelta, glucose.long_avgdelta];
    let [changes, temp] = [&changes[..], &[temp.rate, temp.duration]]
        .map(|of| of.iter().map(|x| thousandths(*x).to_string()).collect::<Vec<_>>().join(" "));
    let status = format!("{changes}; {temp}; {}", doses.join(", "));
    let numbers = [
        ("basal_u_per_h", profile.current_basal),
        ("correction_mg_dl_per_u", profile.sens),
        ("carb_ratio_g_per_u", profile.carb_ratio),
        ("target_mg_dl", profile.min_bg),
        ("max_iob_u", profile.max_iob),
        ("loop_max_basal_u_per_h", profile.max_basal),
        ("insulin_action_h", profile.dia),
        ("insulin_peak_min", peak_min(&profile.curve).unwrap_or(75.0)),
    ];
    let numbers = numbers.map(|(key, value)| setting(key, Config::Number(value)));
    let words = [("controller", "oref0".to_owned()), ("bench_status", status)];
    let words = words.map(|(key, text)| setting(key, Config::Text(text)));
    numbers.into_iter().chain(words).collect()
}

fn run(recipe: &medtwin_host::ComponentRecipe, case: &Case) -> Result<Vec<Marker>, Fault> {
    let mut bench = Workbench::start(recipe, &config(case), Vec::new())?;
    let done = bench.take_done();
    let shown = |field: u32| {
        done.iter().rev().find_map(|(_, done)| match done {
            Done::Shown(own, value) if *own == field => Some(*value),
            _ => None,
        })
    };
    let is_some = |value: &f64| (value + 1.0).abs() > 1e-9;
    Ok(SHOWN.iter().map(|(field, word)| marker(word, shown(*field).filter(is_some))).collect())
}
