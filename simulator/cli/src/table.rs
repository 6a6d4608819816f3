//! What people read after a run.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use medtwin_engine::patient::HARM_MODEL;

use crate::arms::ArmResult;
use crate::case::Case;
use crate::expect::Judged;

/// Prints a run.
pub(crate) fn print(case: &Case, seed: u64, arms: &[ArmResult], judged: &[Judged]) {
    println!("{} · {} · seed {seed}\n", case.name, case.scenario.title);
    println!("{}\n", self::arms(case, arms));
    print_steps(arms);
    print_cost(case, arms);
    println!("severity: {HARM_MODEL}");
    print_expectations(judged);
}

/// One row per arm: what the attack achieved, and what the patient suffered.
pub(crate) fn arms(case: &Case, arms: &[ArmResult]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "arm",
        "unauthorised\ncommands",
        "forged\n[U]",
        "lowest glucose\n[mg/dL]",
        "below 54\n[min]",
        "severity\n0-5",
        "false\nrejects",
    ]);
    for result in arms {
        let get = |id: &str| result.outcome.metrics.get(id).copied();
        for who in case.scenario.patient.keys() {
            let lowest = get(&format!("SAF.min_glucose_mg_dl.{who}"));
            let cells = [
                number(get("INT-1.uca"), 0),
                number(get("INT-1.forged_u"), 1),
                lowest.map_or("outside model".to_owned(), |v| format!("{v:.0}")),
                number(get(&format!("SAF.minutes_below_54.{who}")), 0),
                number(get(&format!("SAF.severity.{who}")), 0),
                number(get("INT-1.rejected"), 0),
            ];
            let cells = cells.map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
            table.add_row([Cell::new(&result.name)].into_iter().chain(cells));
        }
    }
    table
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

fn print_steps(arms: &[ArmResult]) {
    for result in arms.iter().filter(|result| result.name.attack) {
        for step in &result.outcome.steps {
            let rule = |n: &u16| {
                result.rules.get(usize::from(*n)).map_or("no grant names it".to_owned(), |rule| {
                    format!("{} ({})", rule.id, rule.reason)
                })
            };
            let stopped: Vec<_> = step.stopped_by.iter().map(rule).collect();
            let by = if stopped.is_empty() {
                String::new()
            } else {
                format!(" · stopped by {}", stopped.join("; "))
            };
            let notes: String = step.notes.iter().map(|note| format!(" · {note}")).collect();
            println!(
                "{}: {} tried {}, succeeded {}{by}{notes}",
                result.name, step.id, step.attempts, step.succeeded
            );
        }
    }
    println!();
}

/// What the candidate costs when nobody attacks.
fn print_cost(case: &Case, arms: &[ArmResult]) {
    let clean = |policy: &str| {
        arms.iter()
            .find(|arm| arm.name.policy == policy && !arm.name.attack)
            .map(|arm| &arm.outcome.metrics)
    };
    let (Some(with), Some(without)) = (clean(&case.candidate), clean(&case.reference)) else {
        return;
    };
    let more =
        |id: &str| with.get(id).copied().unwrap_or(0.0) - without.get(id).copied().unwrap_or(0.0);
    let insulin: f64 =
        case.scenario.patient.keys().map(|who| more(&format!("SAF.insulin_u.{who}"))).sum();
    println!(
        "cost of {} without attack: {:+.0} false rejects, {insulin:+.2} U insulin, {:+.0} key presses, {:+.0} s at devices\n",
        case.candidate,
        more("INT-1.rejected"),
        more("COST.key_presses"),
        more("COST.seconds"),
    );
}

fn print_expectations(judged: &[Judged]) {
    for j in judged {
        let mark = match j.holds {
            Some(true) => "holds",
            Some(false) => "FAILS",
            None => "not judged",
        };
        println!("{mark:>10}  {} · {} is {} · {}", j.id, j.arm, number(j.value, 2), j.text);
    }
}
