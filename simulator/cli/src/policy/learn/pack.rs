//! A pack that grants what was seen, and no more.

use std::collections::{BTreeMap, BTreeSet};

use medtwin_engine::plan::Setup;
use medtwin_policy::{ModelEnvelope, Pack};

use super::seen::{Granted, Seen};

/// `policy.cedar`: one grant for each action of each model.
pub(super) fn cedar(seen: &Seen) -> String {
    let mut actions: BTreeMap<(&str, &str), Vec<&Granted>> = BTreeMap::new();
    for granted in seen.used.keys() {
        actions.entry((&granted.model, &granted.action)).or_default().push(granted);
    }
    let grants = actions.iter().map(|((model, action), granted)| {
        let times = granted.iter().map(|granted| seen.used[*granted]).max().unwrap_or(0);
        let id = format!("{model}-{}", action.replace('.', "-"));
        let when = resources(granted);
        let reason = match times {
            0 => format!("imported, and used in none of {} runs without attack: without it the component does not start", seen.runs),
            _ => format!("used in {times} of {} runs without attack", seen.runs),
        };
        format!(
            "\n@id(\"{id}\")\n@reason(\"{reason}\")\npermit (principal in Model::\"{model}\", action == Action::\"{action}\", resource){when};\n"
        )
    });
    let head = "// Learned from runs without attack: what the devices used, and no more. To be reviewed.\n";
    head.to_owned() + &grants.collect::<String>() + &silent(seen)
}

fn resources(granted: &[&Granted]) -> String {
    let named = |g: &&Granted| format!("{}::{}", g.kind, quoted(&g.resource));
    match granted {
        [one] if one.kind == "Self" => String::new(),
        [one] => format!("\nwhen {{ resource == {} }}", named(one)),
        several => {
            let all: Vec<_> = several.iter().map(named).collect();
            format!("\nwhen {{ [{}].contains(resource) }}", all.join(", "))
        }
    }
}

/// Names come from a `model.toml`: they are quoted as Cedar quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.escape_default())
}

/// What was never done without a command needs one.
fn silent(seen: &Seen) -> String {
    if seen.silent > 0.0 {
        return String::new();
    }
    format!(
        "\n@id(\"no-silent-setting\") @control(\"least_privilege\")\n@reason(\"in {} runs without attack no device set an actuator beyond its running prescription without a begun command\")\nforbid (principal, action == Action::\"actuator.set\", resource) unless {{ context.commanded }};\n",
        seen.runs
    )
}

/// `envelope.toml`: the budgets that the reference gives the models of `setup`, without its limits.
pub(super) fn envelope(setup: &Setup, reference: &Pack) -> String {
    let devices = setup.nodes.iter().flat_map(|node| &node.devices);
    let models: BTreeSet<&str> = devices.map(|device| &*device.manifest.name).collect();
    let given = &reference.envelope().models;
    let tables = models.iter().filter_map(|model| Some(budgets(model, given.get(*model)?)));
    let head = "# The budgets of the reference: what was used of one does not show what is needed of it.\n";
    head.to_owned() + &tables.collect::<String>()
}

/// The budgets of a model that are not the default.
fn budgets(model: &str, envelope: &ModelEnvelope) -> String {
    let given = envelope.budgets().into_iter().zip(ModelEnvelope::default().budgets());
    let own = given.filter(|(own, default)| own != default).map(|((key, most), _)| (key, most));
    let lines: String = own.map(|(key, most)| format!("{key} = {most}\n")).collect();
    if lines.is_empty() { lines } else { format!("\n[model.{model}]\n{lines}") }
}

/// The pack's README.
pub(super) fn readme(name: &str, scenario: &str, reference: &str, seen: &Seen) -> String {
    format!(
        "# {name}\n\nWhat devices used in {} runs of `{scenario}` without attack under `{reference}`, and no more. Not reviewed: what \
people need on a rare day may be missing. {:.3} capabilities more are expected in the next such run (Good and Turing). \
Budgets are those of `{reference}`, without its limits; link and access are protected by nothing.\n",
        seen.runs,
        seen.expected_new(),
    )
}
