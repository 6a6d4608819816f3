//! What people read after a run.

use comfy_table::{Cell, CellAlignment, Table, TableComponent, presets::UTF8_HORIZONTAL_ONLY};
use medtwin_engine::outcome::{METRICS, StepOutcome, harm_models};
use medtwin_engine::patient::severity_word;

use crate::ablation::{Ablation, Bound, bounds};
use crate::arms::{ArmName, ArmResult};
use crate::bundle::Asked;
use crate::case::Case;
use crate::expect::Judged;
use crate::run::Done;
use crate::write::say;

/// Prints a run.
pub(crate) fn print(case: &Case, asked: &Asked, done: &Done) {
    let trial = if asked.trial > 0 { format!(", trial {}", asked.trial) } else { String::new() };
    let varied = if asked.varied { ", varied" } else { "" };
    say!("{} · {} · seed {}{trial}{varied}\n", case.name(), case.scenario.title, asked.seed);
    let named = || done.results.iter().map(|result| (result.name.to_string(), result));
    let (glucose, others) = kinds(case, &done.results);
    if !glucose.is_empty() {
        say!("{}\n", arms(&glucose, named()));
    }
    if !others.is_empty() {
        say!("{}\n", vitals(&others, &done.results, named()));
    }
    done.results.iter().flat_map(|arm| steps(case, arm)).for_each(|line| say!("{line}"));
    done.results.iter().flat_map(faults).for_each(|line| say!("{line}"));
    if let Some(cost) = cost(case, &done.results) {
        say!("\n{cost}");
    }
    if let Some(ablation) = &done.ablation {
        print_ablation(case, &done.results, ablation);
    }
    say!("\nseverity by {}", harm_models(&case.resolved.setup));
    done.judged.iter().for_each(|judged| say!("{}", sentence(judged)));
}

/// A table as this program prints them, without rows.
pub(crate) fn plain() -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    table.remove_style(TableComponent::HorizontalLines);
    table.remove_style(TableComponent::MiddleIntersections);
    table
}

/// The patients who are followed by their glucose, and the others.
pub(crate) fn kinds<'a>(
    case: &'a Case,
    results: &[ArmResult],
) -> (Vec<&'a String>, Vec<&'a String>) {
    case.scenario.patient.keys().partition(|who| has_glucose(results, who))
}

/// Whether `who` is a patient whose glucose is told.
pub(crate) fn has_glucose(results: &[ArmResult], who: &str) -> bool {
    results.iter().any(|result| result.outcome.glucose.contains_key(who))
}

/// So many patients have a row of their own; more are told together.
const FEW_PATIENTS: usize = 4;
/// So many lines about faults are printed of an arm.
const FEW_LINES: usize = 24;

/// Whose rows a table has: each patient's, or one of all together.
pub(crate) fn rows<'a>(patients: &[&'a String]) -> Vec<Option<&'a String>> {
    match patients.len() {
        few if few <= FEW_PATIENTS => patients.iter().copied().map(Some).collect(),
        _ => vec![None],
    }
}

/// How bad it was: of all together, for the worst off, and for how many it was serious.
pub(crate) fn severity(result: &ArmResult, who: Option<&String>, patients: usize) -> String {
    let of = |part: &str| result.outcome.metrics.get(&metric(part, who)).copied().unwrap_or(0.0);
    let word = format!("{:.0} {}", of("severity"), severity_word(of("severity")));
    match who {
        Some(_) => word,
        None => format!("{word}; serious for {:.0} of {patients}", of("harmed")),
    }
}

/// The id of what happened to a patient, or to all together.
pub(crate) fn metric(part: &str, who: Option<&String>) -> String {
    who.map_or_else(|| format!("SAF.{part}"), |who| format!("SAF.{part}.{who}"))
}

/// What is measured of the safety of `patients`, in the order of the catalogue, without severity.
pub(crate) fn safety_parts(patients: &[&String], results: &[ArmResult]) -> Vec<String> {
    let parts = METRICS.iter().filter_map(|metric| metric.id.strip_prefix("SAF."));
    let has = |part: &&str| {
        let told = |who: &&&String| {
            let id = format!("SAF.{part}.{who}");
            results.iter().any(|result| result.outcome.metrics.contains_key(&id))
        };
        *part != "severity" && patients.iter().any(|who| told(&who))
    };
    parts.filter(has).map(str::to_owned).collect()
}

/// The most that a table of a terminal has of what is measured of a patient.
const MOST_PARTS: usize = 6;

/// One row per arm and patient who is not followed by their glucose.
fn vitals<'a>(
    patients: &[&String],
    results: &[ArmResult],
    arms: impl Iterator<Item = (String, &'a ArmResult)>,
) -> Table {
    let mut parts = safety_parts(patients, results);
    parts.truncate(MOST_PARTS);
    let mut table = plain();
    let own = parts.iter().map(|part| part.replace('_', " "));
    let header = ["arm", "unauthorised\ncommands", "severity"].map(str::to_owned);
    table.set_header(header.into_iter().chain(own));
    for (label, result) in arms {
        for who in rows(patients) {
            let of = |part: &str| result.outcome.metrics.get(&metric(part, who)).copied();
            let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
            let uca = result.outcome.metrics.get("INT-1.uca").copied();
            let label = named(&label, who, patients.len());
            let mut row = vec![Cell::new(label), right(number(uca, 0))];
            row.push(Cell::new(severity(result, who, patients.len())));
            row.extend(parts.iter().map(|part| right(number(of(part), 1))));
            table.add_row(row);
        }
    }
    table
}

/// One row per arm and patient: what the attack achieved, and what the patient suffered.
fn arms<'a>(patients: &[&String], arms: impl Iterator<Item = (String, &'a ArmResult)>) -> Table {
    let mut table = plain();
    table.set_header([
        "arm",
        "unauthorised\ncommands",
        "forged\n[U]",
        "lowest glucose\n[mg/dL]",
        "below 54\n[min]",
        "above 250\n[min]",
        "severity",
        "false\nrejects",
    ]);
    for (label, result) in arms {
        for who in rows(patients) {
            let label = named(&label, who, patients.len());
            let cells = cells(result, who, patients.len());
            table.add_row(std::iter::once(Cell::new(label)).chain(cells));
        }
    }
    table
}

/// An arm, with whose row it is where there are several.
fn named(arm: &str, who: Option<&String>, patients: usize) -> String {
    who.filter(|_| patients > 1).map_or_else(|| arm.to_owned(), |who| format!("{arm} {who}"))
}

fn cells(result: &ArmResult, who: Option<&String>, patients: usize) -> [Cell; 7] {
    let get = |id: &str| result.outcome.metrics.get(id).copied();
    let of = |part: &str| get(&metric(part, who));
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    [
        right(number(get("INT-1.uca"), 0)),
        right(number(get("INT-1.forged_u"), 1)),
        right(of("min_glucose_mg_dl").map_or("outside model".into(), |v| format!("{v:.0}"))),
        right(number(of("minutes_below_54"), 0)),
        right(number(of("minutes_above_250"), 0)),
        Cell::new(severity(result, who, patients)),
        right(number(get("INT-1.rejected"), 0)),
    ]
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

/// How each step of an attack fared, and what stopped it; those that a `*` made are told together.
pub(crate) fn steps(case: &Case, result: &ArmResult) -> Vec<String> {
    let rule = |number: &u16| {
        let rule = result.rules.get(usize::from(*number));
        rule.map_or("no grant names it".to_owned(), |rule| format!("{} ({})", rule.id, rule.reason))
    };
    let line = |(step, beds): (StepOutcome, usize)| {
        let stopped: Vec<_> = step.stopped_by.iter().map(rule).collect();
        let by = if stopped.is_empty() { "" } else { " · stopped by " };
        let notes: String = step.notes.iter().map(|note| format!(" · {note}")).collect();
        let frames =
            if step.frames > 0 { format!(" · {} frames", step.frames) } else { String::new() };
        let beds = if beds > 1 { format!(" at {beds} beds") } else { String::new() };
        format!(
            "{}: {}{beds} tried {}, succeeded {}{frames}{by}{}{notes}",
            result.name,
            step.id,
            step.attempts,
            step.succeeded,
            stopped.join("; ")
        )
    };
    let attacked = result.name.attack.then(|| told_together(case, &result.outcome.steps));
    attacked.into_iter().flatten().map(line).collect()
}

/// The steps as the scenario writes them, each with how many beds it was at.
fn told_together(case: &Case, steps: &[StepOutcome]) -> Vec<(StepOutcome, usize)> {
    let mut told: Vec<(StepOutcome, usize)> = Vec::new();
    for (step, written) in steps.iter().zip(&case.scenario.step) {
        let id = written.written.as_ref();
        match told.last_mut().filter(|(last, _)| id == Some(&last.id)) {
            Some((all, beds)) => {
                all.attempts += step.attempts;
                all.succeeded += step.succeeded;
                all.frames += step.frames;
                all.stopped_by.extend(&step.stopped_by);
                all.notes.extend(step.notes.iter().cloned());
                *beds += 1;
            }
            None => {
                let id = id.unwrap_or(&step.id).clone();
                told.push((StepOutcome { id, ..step.clone() }, 1));
            }
        }
    }
    told
}

/// Which devices broke off, and by what.
pub(crate) fn faults(result: &ArmResult) -> Vec<String> {
    let line = |device: &medtwin_engine::outcome::FaultOutcome| {
        let each = device.faults.iter().map(|(word, times)| format!("{word} ({times})"));
        let each: Vec<_> = each.collect();
        let (name, down) = (&device.device, device.down_min);
        format!("{}: {name} broke off: {}; down {down:.0} min", result.name, each.join(", "))
    };
    let all = &result.outcome.faults;
    let more = all.len().saturating_sub(FEW_LINES);
    let rest = (more > 0).then(|| format!("{}: {more} more devices broke off", result.name));
    all.iter().take(FEW_LINES).map(line).chain(rest).collect()
}

/// What the candidate costs when nobody attacks.
pub(crate) fn cost(case: &Case, arms: &[ArmResult]) -> Option<String> {
    let clean = |policy: &str| {
        let name = ArmName::new(policy, false);
        arms.iter().find(|arm| arm.name == name).map(|arm| &arm.outcome.metrics)
    };
    let (with, without) = (clean(case.candidate())?, clean(case.reference())?);
    let more =
        |id: &str| with.get(id).copied().unwrap_or(0.0) - without.get(id).copied().unwrap_or(0.0);
    let insulin: f64 =
        case.scenario.patient.keys().map(|who| more(&format!("SAF.insulin_u.{who}"))).sum();
    Some(format!(
        "cost of {} without attack: {:+.0} false rejects, {insulin:+.2} U insulin, {:+.0} key presses, {:+.0} s at devices",
        case.candidate(),
        more("INT-1.rejected"),
        more("COST.key_presses"),
        more("COST.seconds"),
    ))
}

fn print_ablation(case: &Case, all: &[ArmResult], ablation: &[Ablation]) {
    let whole = ArmName::new(case.candidate(), true);
    let whole = all.iter().filter(|result| result.name == whole);
    let whole = whole.map(|result| ("(whole)".to_owned(), result));
    let attacked = ablation.iter().map(|change| (change.change.clone(), &change.attacked));
    say!(
        "\nablation, attacked: {} less one rule or control (-), {} with one control more (+)\n",
        case.candidate(),
        case.reference()
    );
    let (glucose, others) = kinds(case, all);
    let rows: Vec<_> = whole.chain(attacked).collect();
    if !glucose.is_empty() {
        say!("{}", arms(&glucose, rows.iter().cloned()));
    }
    if !others.is_empty() {
        say!("{}", vitals(&others, all, rows.into_iter()));
    }
    say!("\nwhat bounds the harm under {}:", case.candidate());
    let bounds = bounds(case, all, ablation);
    bounds.iter().for_each(|bound| say!("  {}", bounded(bound)));
    if bounds.is_empty() {
        say!("  nothing by itself: no single rule or control makes a difference here");
    }
}

/// What taking a rule out lets through.
pub(crate) fn bounded(bound: &Bound) -> String {
    let then = match bound.then_stopped_by.as_slice() {
        [] => String::new(),
        others => format!("; then bounded by {}", others.join(", ")),
    };
    format!(
        "{}: without it {:+.0} unauthorised commands, {:+.1} U forged, {:+.1} U insulin, severity {:+.0}{then}",
        bound.id, bound.uca, bound.forged_u, bound.over_u, bound.severity
    )
}

/// An expectation and what became of it.
pub(crate) fn sentence(judged: &Judged) -> String {
    let mark = match judged.holds {
        Some(true) => "holds",
        Some(false) => "FAILS",
        None => "not judged",
    };
    let (id, arm, text) = (&judged.id, &judged.arm, &judged.text);
    format!("{mark:<10} {id} · {arm} is {} · {text}", number(judged.value, 2))
}
