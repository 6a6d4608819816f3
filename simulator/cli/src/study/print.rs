//! What people read after a study.

use std::path::Path;

use comfy_table::{Cell, CellAlignment, Table};
use serde_json::Value;

use crate::table::plain;
use crate::write::say;

/// Prints a study, as its study.json has it.
pub(crate) fn print(study: &Value, out: &Path) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    say!("{} · {}", text(&study["scenario"]["key"]), text(&study["scenario"]["title"]));
    let differ = if study["varied"] == true {
        "each draws what [study] says"
    } else {
        "the scenario has no [study]: only luck differs"
    };
    say!("{} trials · seed {} · {differ}", study["trials"], study["seed"]);
    say!(
        "{}\n",
        if study["attacked"] == true {
            "shares are given an attempted attack; they are no frequencies"
        } else {
            "nobody attacks in this scenario: /attack and /clean are the same"
        }
    );
    say!("{}", severities(list(&study["arms"])));
    say!("* one-sided 95 % (Clopper-Pearson): what a claim of safety may rest on");
    say!(
        "** of so many trials: somebody left the patient model's domain of validity, where severity is a guess\n"
    );
    say!("severity 3 or more, trial by trial");
    say!("{}\n", differences(list(&study["differences"])));
    let arms = list(&study["arms"]);
    if had_effect(arms) {
        let within = &study["follow_up_min"];
        say!("within {within} min after the attack's first effect, of the trials that had one");
        say!("{}", moments(arms));
        say!("*** restricted mean: trials without it count with the whole time");
        arms.iter().filter_map(order).for_each(|line| say!("{line}"));
    } else if study["attacked"] == true {
        say!("no attack had an effect in any arm");
    }
    for line in needs(&study["needed"]) {
        say!("{line}");
    }
    for judged in list(&study["expectations"]) {
        say!("{}", expectation(judged));
    }
    say!("\nseverity by {}", text(&study["harm_model"]));
    say!("left in {}: report.html, study.json, trials.parquet, plan/", out.display());
}

/// What became of an expectation, in a word.
pub(crate) fn mark(judged: &Value) -> &'static str {
    match judged["holds"].as_bool() {
        Some(true) => "holds",
        Some(false) => "FAILS",
        None => "not judged",
    }
}

/// An expectation of all trials and what became of it.
fn expectation(judged: &Value) -> String {
    let text = |key: &str| judged[key].as_str().unwrap_or_default();
    let mark = mark(judged);
    let value = judged["value"].as_f64().map_or("–".to_owned(), |value| format!("{value:.3}"));
    format!("{mark:<10} {} · {} is {value} · {}", text("id"), text("arm"), text("text"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A share as people write it; none is a dash.
pub(crate) fn share(value: &Value) -> String {
    value.as_f64().map_or("–".to_owned(), |value| match value {
        v if v > 0.0 && v < 0.001 => format!("{v:.5}"),
        v => format!("{v:.3}"),
    })
}

/// An interval as people write it.
pub(crate) fn interval(value: &Value) -> String {
    let end = |at: usize| value[at].as_f64().map_or("–".to_owned(), |end| format!("{end:.3}"));
    format!("[{}, {}]", end(0), end(1))
}

/// Whether an attack had an effect in any trial.
pub(crate) fn had_effect(arms: &[Value]) -> bool {
    arms.iter().any(|arm| arm["times"]["effects"].as_u64().is_some_and(|effects| effects > 0))
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = plain();
    table.set_header(header);
    table
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn name(arm: &Value) -> Cell {
    Cell::new(arm.as_str().unwrap_or_default())
}

fn severities(arms: &[Value]) -> Table {
    let header =
        ["severity at least", "1", "2", "3", "95 % (Wilson)", "at most*", "4", "5", "outside**"];
    let mut table = table(header);
    for arm in arms {
        let mut row = vec![name(&arm["arm"])];
        for one in list(&arm["severity"]) {
            row.push(right(share(&one["share"])));
            if one["at_least"] == 3 {
                row.push(right(interval(&one["wilson_95"])));
                row.push(right(share(&one["upper_95"])));
            }
        }
        row.push(right(arm["outside_model"]["k"].to_string()));
        table.add_row(row);
    }
    table
}

/// What two arms differ by, and whether that can be said.
fn differences(pairs: &[Value]) -> Table {
    let mut table = table(["", "less", "difference", "95 %", ""]);
    for pair in pairs {
        let serious = &pair["severity"][2];
        let difference = serious["difference"].as_f64().unwrap_or(f64::NAN);
        table.add_row([
            name(&pair["first"]),
            name(&pair["second"]),
            right(format!("{difference:+.3}")),
            right(interval(&serious["bonett_price_95"])),
            name(&serious["words"]),
        ]);
    }
    table
}

/// Harm against noticing, of the attacked arms.
fn moments(arms: &[Value]) -> Table {
    let header =
        ["", "effect", "harm", "95 %", "mean\n[min]***", "noticed", "95 %", "mean\n[min]***"];
    let mut table = table(header);
    for (arm, times) in arms.iter().filter_map(|arm| Some((arm, arm.get("times")?))) {
        let mut row = vec![name(&arm["arm"]), right(times["effects"].to_string())];
        for one in [&times["harm"], &times["notice"]] {
            let mean = one["restricted_mean_min"].as_f64();
            let mean = mean.map_or("–".to_owned(), |mean| format!("{mean:.0}"));
            let around = &one["share_95"];
            let interval = if around.is_null() { "–".to_owned() } else { interval(around) };
            row.extend([right(share(&one["share"])), right(interval), right(mean)]);
        }
        table.add_row(row);
    }
    table
}

/// Of the trials with an effect, in how many somebody noticed before there was harm.
fn order(arm: &Value) -> Option<String> {
    let first = arm.get("times").map(|times| &times["noticed_first"])?;
    let some = first["n"].as_u64().filter(|n| *n > 0)?;
    let (name, share) = (arm["arm"].as_str().unwrap_or_default(), share(&first["share"]));
    let interval = interval(&first["wilson_95"]);
    Some(format!(
        "{name}: noticed before harm, or without, in {share} {interval} of the {some} trials with an effect"
    ))
}

fn needs(needed: &Value) -> Vec<String> {
    if needed.is_null() {
        return Vec::new();
    }
    let precision = &needed["precision"];
    let tell = match needed["to_tell_difference"].as_u64() {
        Some(n) => format!("{n} to tell the observed difference from none four times in five"),
        None => "no difference was observed, or in too few trials to plan from".to_owned(),
    };
    let difference = match needed["for_difference"].as_u64() {
        Some(n) => n.to_string(),
        None => "not to be said from so few".to_owned(),
    };
    vec![
        String::new(),
        format!(
            "trials needed for ±{precision}: share of the reference {}, of the candidate {}, their difference {difference}; {tell}",
            needed["for_reference_share"], needed["for_candidate_share"]
        ),
    ]
}
