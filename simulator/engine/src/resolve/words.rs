//! Words that a scenario may not have: keys that nothing reads, and names of nothing.
//!
//! Whatever would be passed over in silence is a mistake: a dose of `unit = 5` would otherwise be
//! one of 0 units.

use std::collections::BTreeMap;

use medtwin_frames::Kind;
use medtwin_policy::PRESCRIBED;

use toml::Spanned;

use crate::device::Value;
use crate::manifest::Manifest;
use crate::scenario::{Args, Device, Patient, Scenario, ScenarioError, Step, Wearer};

/// The age groups of the published patients.
const GROUPS: [&str; 3] = ["adult", "adolescent", "child"];

/// Models of patients who wear nothing and decide nothing.
const BEDDED: [&str; 3] = ["heart", "opioid-respiration", "course"];

/// Checks the words of `scenario` that no other part of it gives a meaning to.
pub(super) fn check(scenario: &Scenario, errors: &mut Vec<ScenarioError>) {
    for (name, patient) in &scenario.patient {
        check_group(name, patient, errors);
        check_prescription(name, &patient.prescription, errors);
        check_kind(name, patient, errors);
    }
    for (name, device) in &scenario.device {
        check_config(name, device, errors);
        check_prescription(name, &device.prescription, errors);
    }
    for step in &scenario.step {
        check_order(step, errors);
        check_args(step, errors);
        check_login(step, errors);
    }
    check_clock(scenario, errors);
}

fn check_clock(scenario: &Scenario, errors: &mut Vec<ScenarioError>) {
    let Some(hour) = &scenario.start_clock_h else { return };
    if !(0.0..24.0).contains(hour.get_ref()) {
        let message = format!("`start_clock_h` is {}", hour.get_ref());
        errors.push(ScenarioError::at(hour, message, "an hour of the day: from 0, below 24"));
    }
}

fn check_group(name: &str, patient: &Patient, errors: &mut Vec<ScenarioError>) {
    let group = patient.population.as_ref().and_then(|population| population.group.as_ref());
    if let Some(group) = group.filter(|group| !GROUPS.contains(&group.get_ref().as_str())) {
        let message = format!("patient `{name}` is of the group `{}`", group.get_ref());
        let help = format!("one of: {}; all if it is left out", GROUPS.join(", "));
        errors.push(ScenarioError::at(group, message, help));
    }
}

/// What only one kind of patient has.
fn check_kind(name: &str, patient: &Patient, errors: &mut Vec<ScenarioError>) {
    let model = patient.model.get_ref().as_str();
    let restless = patient.motion_per_h.is_some() || patient.loose_per_h.is_some();
    for (key, is_there, of) in [
        ("heart", patient.heart.is_some(), &["heart"][..]),
        ("pain", patient.pain.is_some(), &["opioid-respiration"]),
        ("orders", !patient.orders.is_empty(), &["opioid-respiration"]),
        ("course", !patient.course.is_empty(), &["course"]),
        ("recovers", patient.recovers.is_some(), &["course"]),
        ("motion_per_h, loose_per_h", restless, &["course", "opioid-respiration"]),
    ] {
        if is_there && !of.contains(&model) {
            let message = format!("patient `{name}` of model `{model}` has no `{key}`");
            let help = format!("`{key}` is of patients of model {}", of.join(" or "));
            errors.push(ScenarioError::at(&patient.model, message, help));
        }
    }
    let wears = patient.wearer != Wearer::default();
    for (key, is_there) in [("meals", !patient.meals.is_empty()), ("wearer", wears)] {
        if is_there && BEDDED.contains(&model) {
            let message = format!("patient `{name}` of model `{model}` has no `{key}`");
            let help = "that is of patients who wear an insulin pump";
            errors.push(ScenarioError::at(&patient.model, message, help));
        }
    }
}

/// What happens to the hardware of one kind of pump alone.
pub(super) fn check_hardware(
    name: &str,
    device: &Device,
    scenario: &Scenario,
    manifest: &Manifest,
    errors: &mut Vec<ScenarioError>,
) {
    let patient = device.patient.as_ref().and_then(|who| scenario.patient.get(who.get_ref()));
    let model = patient.map_or("", |patient| patient.model.get_ref().as_str());
    let has = |ports: &[String], port: &str| ports.iter().any(|own| own == port);
    let infuses = model == "opioid-respiration" && has(&manifest.actuators, "flow");
    let doses = !model.is_empty() && !BEDDED.contains(&model) && has(&manifest.actuators, "basal");
    let has_second = infuses && has(&manifest.inputs, "secondary-start");
    let infusing = "that is of an infusion pump at a patient of model opioid-respiration";
    for (key, is_there, may, of) in [
        (
            "occluded_min",
            device.occluded_min.is_some(),
            infuses || doses,
            "that is of a pump at a patient",
        ),
        (
            "reservoir_u",
            device.reservoir_u.is_some(),
            doses,
            "that is of an insulin pump that somebody wears",
        ),
        ("upstream_occluded_min", device.upstream_occluded_min.is_some(), infuses, infusing),
        ("door_open_min", device.door_open_min.is_some(), infuses, infusing),
        ("heated_min", device.heated_min.is_some(), infuses, infusing),
        (
            "second_bag",
            device.second_bag.is_some(),
            has_second,
            "that is of an infusion pump with a second line",
        ),
    ] {
        if is_there && !may {
            let message = format!("device `{name}` has no `{key}`");
            errors.push(ScenarioError::at(&device.model, message, of));
        }
    }
}

fn check_prescription(
    name: &str,
    prescription: &BTreeMap<Spanned<String>, f64>,
    errors: &mut Vec<ScenarioError>,
) {
    for (key, value) in prescription {
        let message = if !PRESCRIBED.contains(&key.get_ref().as_str()) {
            format!("nothing is prescribed as `{}`", key.get_ref())
        } else if !(*value > 0.0 && *value <= 1000.0) {
            format!("`{}` prescribed to `{name}` is {value}", key.get_ref())
        } else {
            continue;
        };
        let help =
            format!("a number above 0 and at most 1000, as one of: {}", PRESCRIBED.join(", "));
        errors.push(ScenarioError::at(key, message, help));
    }
}

fn check_config(name: &str, device: &Device, errors: &mut Vec<ScenarioError>) {
    for (key, value) in &device.config {
        if let Value::Number(number) = value
            && !number.is_finite()
        {
            let message = format!("config `{key}` of device `{name}` is {number}");
            errors.push(ScenarioError::at(&device.model, message, "a number that is one"));
        }
    }
}

/// Config that a model does not take would be passed over, and something else be in force. `whose` is
/// written with the component `at`.
pub(super) fn check_taken(
    whose: &str,
    at: &Spanned<String>,
    config: &BTreeMap<String, Value>,
    manifest: &Manifest,
    errors: &mut Vec<ScenarioError>,
) {
    for (key, value) in config {
        let (message, help) = match manifest.takes.get(key) {
            _ if !manifest.config.contains(key) => (
                format!("{whose} has config `{key}`, which its model does not read"),
                format!("`{}` reads: {}", manifest.name, manifest.config.join(", ")),
            ),
            Some(takes) if !takes.is_met(value) => {
                (format!("config `{key}` of {whose} is {value}"), takes.to_string())
            }
            _ => continue,
        };
        errors.push(ScenarioError::at(at, message, help));
    }
}

/// `if` and `delay_min` are about the step before; `at_min` is instead of one.
fn check_order(step: &Step, errors: &mut Vec<ScenarioError>) {
    let id = step.id.get_ref();
    let help = "`after` another step with `if` and `delay_min`, or alone `at_min`";
    let lone = |key: &str| format!("step `{id}` has `{key}` without `after`");
    match (&step.after, &step.only_if) {
        (None, Some(word)) => errors.push(ScenarioError::at(word, lone("if"), help)),
        (None, None) if step.delay_min.is_some() => {
            errors.push(ScenarioError::at(&step.id, lone("delay_min"), help));
        }
        (Some(after), _) if step.at_min.is_some() => {
            let message = format!("step `{id}` has both `at_min` and `after`");
            errors.push(ScenarioError::at(after, message, help));
        }
        _ => {}
    }
}

/// The arguments of a command over the radio, all of them needed; of those in one place, one.
const fn arguments(kind: Kind) -> &'static [&'static [&'static str]] {
    match kind {
        Kind::Bolus => &[&["units", "daily_dose_share"]],
        Kind::SetLimit => &[&["units"]],
        Kind::TempBasal => &[&["rate_u_per_h"], &["minutes"]],
        Kind::Parameter => &[&["parameter"], &["value"]],
        Kind::SensorTest => &[&["value"]],
        _ => &[],
    }
}

/// The arguments that a step gives.
fn given(args: &Args) -> impl Iterator<Item = &'static str> {
    [
        ("units", args.units),
        ("daily_dose_share", args.daily_dose_share),
        ("rate_u_per_h", args.rate_u_per_h),
        ("minutes", args.minutes),
        ("carbs_g", args.carbs_g),
        ("parameter", args.parameter),
        ("value", args.value),
    ]
    .into_iter()
    .filter_map(|(key, number)| number.map(|_| key))
}

/// A key takes one number, or none.
fn check_pressed(step: &Step, errors: &mut Vec<ScenarioError>) {
    let given: Vec<_> = given(&step.args).collect();
    if given.len() > 1 || given.contains(&"minutes") {
        let message = format!("step `{}` keys in `{}`", step.id.get_ref(), given.join("` and `"));
        let help = "one of `units`, `daily_dose_share`, `rate_u_per_h`, `carbs_g`, or none";
        errors.push(ScenarioError::at(&step.act, message, help));
    }
}

/// Who logs in, and with what, is of a login alone.
fn check_login(step: &Step, errors: &mut Vec<ScenarioError>) {
    let keys = [
        ("account", step.account.is_some()),
        ("secret", step.secret.is_some()),
        ("code_age_s", step.code_age_s.is_some()),
    ];
    let given = keys.into_iter().filter(|(_, given)| *given && step.act.get_ref() != "log-in");
    for (key, _) in given {
        let message = format!("step `{}` has `{key}` and logs in nowhere", step.id.get_ref());
        errors.push(ScenarioError::at(&step.act, message, "`do = \"log-in\"`, or without it"));
    }
}

fn check_args(step: &Step, errors: &mut Vec<ScenarioError>) {
    if step.act.get_ref() == "press" {
        return check_pressed(step, errors);
    }
    let commands = matches!(step.act.get_ref().as_str(), "inject" | "use-credential");
    let verb = step.verb.as_ref().filter(|_| commands);
    let known = match verb.map(|verb| Kind::of_verb(verb.get_ref())) {
        None => &[][..],
        Some(Some(kind)) => arguments(kind),
        Some(None) => return, // there is no such command, and that is said
    };
    let what = verb.unwrap_or(&step.act);
    let list: Vec<String> = known.iter().map(|place| place.join(" or ")).collect();
    let list = if list.is_empty() { "no arguments".to_owned() } else { list.join(", ") };
    let mut refuse = |message: String| {
        errors.push(ScenarioError::at(what, message, format!("`{}` takes {list}", what.get_ref())));
    };
    let id = step.id.get_ref();
    for key in given(&step.args).filter(|key| !known.iter().any(|place| place.contains(key))) {
        refuse(format!("step `{id}` has an argument `{key}`"));
    }
    for place in known {
        match given(&step.args).filter(|key| place.contains(key)).count() {
            0 => refuse(format!("step `{id}` has no argument `{}`", place.join("` or `"))),
            1 => {}
            _ => refuse(format!("step `{id}` has both `{}`", place.join("` and `"))),
        }
    }
}
