//! Vectors of an ICD: ventricular senses in, detections and therapies out, by the lines of its log.

use medtwin_engine::device::{Event, Fault, Setting, Value as Config};
use medtwin_engine::workbench::{Done, Workbench};
use serde::Deserialize;
use serde_json::Value;

use super::file::{self, check_time, ns, refused, whole};
use super::pacemaker::{Params, fire_before, recipe, setting};
use super::{Marker, Tested};
use crate::problem::Problems;

const SHAPE: &str =
    "an object with `nominal` and `cases`, each with `id`, `params`, `senses_ms` and `expected`";
const SENSORS: usize = 4;
const SENSE: u32 = 0;
/// What is sensed [mV].
const SENSED_MV: f64 = 10.0;

/// The words of parameters in vectors: the config key.
const PARAMETERS: [(&str, &str); 15] = [
    ("VF_ppm", "vf_rate_ppm"),
    ("VT_ppm", "vt_rate_ppm"),
    ("VT_on", "vt_zone"),
    ("win", "window"),
    ("win_in", "window_in"),
    ("win_keep", "window_keep"),
    ("VF_dur", "vf_duration_ms"),
    ("VT_dur", "vt_duration_ms"),
    ("ATP_bursts", "atp_bursts"),
    ("ATP_pulses", "atp_pulses"),
    ("ATP_pct", "atp_pct"),
    ("ATP_dec", "atp_step_ms"),
    ("ATP_min", "atp_least_ms"),
    ("max_shocks", "max_shocks"),
    ("end_slow", "end_slow"),
];
/// What the model has fixed.
const FIXED: [(&str, i64); 2] = [("charge_ms", 8000), ("post_shock_blank", 500)];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    nominal: Params,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    params: Params,
    senses_ms: Vec<i64>,
    expected: Vec<(i64, String)>,
}

impl Case {
    fn end(&self) -> i64 {
        self.senses_ms.last().copied().unwrap_or(0)
    }
}

pub(super) fn test(name: &str, text: &str) -> Result<Vec<Tested>, Problems> {
    let file: File = file::read(name, text, SHAPE)?;
    file::check_times(name, file.cases.iter().map(|case| (case.id.as_str(), case.end())))?;
    let recipe = recipe("icd")?;
    let of = |case: &Case| {
        let mut params = file.nominal.clone();
        params.extend(case.params.clone());
        let config = config(name, &case.id, &params)?;
        check(name, case)?;
        let got = run(&recipe, case, &config).map_err(|fault| {
            refused(name, &case.id, format!("the model broke off: {fault}"), "")
        })?;
        Ok(Tested { id: case.id.clone(), expected: case.expected.clone(), got })
    };
    file.cases.iter().map(of).collect()
}

fn check(name: &str, case: &Case) -> Result<(), Problems> {
    for &at in case.senses_ms.iter().chain(case.expected.iter().map(|(at, _)| at)) {
        check_time(name, &case.id, at)?;
    }
    if let Some(pair) = case.senses_ms.windows(2).find(|pair| pair[0] >= pair[1]) {
        let message = format!("the sense at {} stands after that at {}", pair[1], pair[0]);
        return Err(refused(name, &case.id, message, "senses stand in order of time"));
    }
    Ok(())
}

fn config(name: &str, id: &str, params: &Params) -> Result<Vec<Setting>, Problems> {
    let words = PARAMETERS.map(|(word, _)| word).join(", ");
    let one = |(word, value): (&String, &Value)| {
        if FIXED.iter().any(|(own, fixed)| own == word && value.as_i64() == Some(*fixed)) {
            return None;
        }
        let found = PARAMETERS.iter().find(|(own, _)| own == word);
        let number = whole(value).and_then(|number| i16::try_from(number).ok());
        Some(
            found
                .zip(number)
                .map(|((_, key), number)| setting(key, Config::Number(f64::from(number))))
                .ok_or_else(|| {
                    let message = format!("`{word}` cannot be `{value}`");
                    refused(name, id, message, &format!("whole numbers for: {words}"))
                }),
        )
    };
    params.iter().filter_map(one).collect()
}

fn run(
    recipe: &medtwin_host::ComponentRecipe,
    case: &Case,
    config: &[Setting],
) -> Result<Vec<Marker>, Fault> {
    let mut bench = Workbench::start(recipe, config, vec![None; SENSORS])?;
    for &at in &case.senses_ms {
        fire_before(&mut bench, at)?;
        bench.tell(ns(at), Event::Sense { sensor: SENSE, value: SENSED_MV })?;
    }
    // The words of vectors are in capitals; its other lines are for people.
    let word = |done: (u64, Done)| match done {
        (at, Done::Line(line)) if !line.contains(char::is_lowercase) => {
            Some(((at / 1_000_000) as i64, line))
        }
        _ => None,
    };
    Ok(bench.take_done().into_iter().filter_map(word).collect())
}
