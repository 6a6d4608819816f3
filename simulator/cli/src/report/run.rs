//! The report of one run.

use maud::{Markup, html};
use medtwin_engine::outcome::harm_models;
use serde_json::Value;

mod strip;
mod vitals;

use super::chart::{self, Level, Line, Style, Tick, Time};
use super::page::{page as shell, table};
use crate::arms::ArmResult;
use crate::case::Case;
use crate::result::hex;
use crate::table::{cost, faults, has_glucose, kinds, metric, severity, steps};

/// Told apart with any colour vision (Okabe and Ito 2008), one for each policy.
pub(super) const COLOURS: [&str; 7] =
    ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];

pub(super) fn page(case: &Case, results: &[ArmResult], json: &Value) -> Markup {
    let time = Time::of(case);
    let body = html! {
        h1 { (case.scenario.title) }
        p { code { (case.name()) } " · seed " (json["seed"]) " · trial " (json["trial"]) " · verdict: " b { (text(&json["verdict"])) } }
        @if !case.scenario.note.is_empty() { p { (case.scenario.note) } }
        p.watermark { "Severity by " (harm_models(&case.resolved.setup)) ". A research tool: it treats nobody." }
        h2 { "What the attack achieved, and what the patient suffered" }
        (summary(case, results))
        @if let Some(cost) = cost(case, results) { p { (cost) } }
        h2 { "What stopped it" }
        ul {
            @for line in results.iter().flat_map(|arm| steps(case, arm)) { li { (line) } }
            @for line in results.iter().flat_map(faults) { li { (line) } }
        }
        @let worst = worst_off(case, results);
        @if worst.len() < case.scenario.patient.len() {
            p { "Charts are of the " (worst.len()) " who were worst off, of " (case.scenario.patient.len()) "." }
        }
        @for who in worst {
            @if has_glucose(results, who) { (charts(who, time, results)) }
            (strip::strips(who, time, results))
            (vitals::charts(who, time, results))
        }
        (displays(time, results))
        h2 { "Timeline" }
        (timeline(time, results))
        (ablation(json))
        h2 { "Expectations" }
        (expectations(json))
        h2 { "What ran" }
        (provenance(case, results, json))
    };
    shell(&format!("{} · medtwin", case.name()), body)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number with so many digits, or a dash.
pub(super) fn number(value: Option<f64>, digits: usize) -> String {
    // Rounded to nothing, what is a little below 0 is 0.
    let text = |value: f64| format!("{value:.digits$}");
    value.map_or("–".to_owned(), |value| match text(value) {
        zero if zero == text(-0.0) => text(0.0),
        text => text,
    })
}

fn summary(case: &Case, results: &[ArmResult]) -> Markup {
    let (glucose, others) = kinds(case, results);
    html! {
        @if !glucose.is_empty() { (glucose_summary(&glucose, results)) }
        @if !others.is_empty() { (vitals::summary(&others, results)) }
    }
}

fn glucose_summary(patients: &[&String], results: &[ArmResult]) -> Markup {
    let mut rows = Vec::new();
    for result in results {
        let get = |id: &str| result.outcome.metrics.get(id).copied();
        for who in crate::table::rows(patients) {
            let of = |part: &str| get(&metric(part, who));
            let lowest = of("min_glucose_mg_dl").map(|v| format!("{v:.0}"));
            rows.push(vec![
                result.name.to_string(),
                who.cloned().unwrap_or_else(|| format!("all {}", patients.len())),
                severity(result, who, patients.len()),
                number(get("INT-1.uca"), 0),
                number(get("INT-1.forged_u"), 1),
                lowest.unwrap_or_else(|| "outside the model".to_owned()),
                number(of("minutes_below_54"), 0),
                number(of("minutes_above_250"), 0),
                number(of("insulin_u"), 1),
                number(get("INT-1.rejected"), 0),
            ]);
        }
    }
    let header = [
        "arm",
        "patient",
        "severity",
        "unauthorised commands",
        "forged [U]",
        "lowest glucose [mg/dL]",
        "below 54 [min]",
        "above 250 [min]",
        "insulin [U]",
        "false rejects",
    ];
    table(&header, 3, &rows)
}

/// So many patients, and so many displays, have a chart; so many devices a line.
const MOST_CHARTS: usize = 8;
const MOST_DEVICES: usize = 200;

/// The patients who have charts: all, or those who were worst off in any arm.
fn worst_off<'a>(case: &'a Case, results: &[ArmResult]) -> Vec<&'a String> {
    let worst = |who: &String| {
        let of = |result: &ArmResult| {
            result.outcome.metrics.get(&metric("severity", Some(who))).copied()
        };
        results.iter().filter_map(of).fold(0.0, f64::max)
    };
    let mut all: Vec<_> = case.scenario.patient.keys().map(|who| (worst(who), who)).collect();
    if all.len() > MOST_CHARTS {
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.truncate(MOST_CHARTS);
    }
    all.into_iter().map(|(_, who)| who).collect()
}

/// One colour for each policy; the clean arm is dashed.
pub(super) fn style(result: &ArmResult, results: &[ArmResult]) -> Style {
    let mut policies: Vec<&str> = results.iter().map(|r| r.name.policy.as_str()).collect();
    policies.dedup();
    let at = policies.iter().position(|policy| *policy == result.name.policy).unwrap_or(0);
    Style { colour: COLOURS[at % COLOURS.len()], dashed: !result.name.attack }
}

pub(super) fn legend(results: &[ArmResult]) -> Markup {
    html! {
        p.legend {
            @for result in results {
                @let style = style(result, results);
                span {
                    svg viewBox="0 0 36 10" { line x1="0" x2="36" y1="5" y2="5" stroke=(style.colour)
                        stroke-width="3" stroke-dasharray=[style.dashed.then_some("5 4")] {} }
                    " " (result.name)
                }
            }
        }
    }
}

type Series = fn(&ArmResult, &str) -> Vec<(f64, f64)>;

pub(super) fn glucose(result: &ArmResult, who: &str) -> Vec<(f64, f64)> {
    let minutes = result.outcome.glucose.get(who).into_iter().flatten();
    minutes.enumerate().map(|(minute, value)| (minute as f64, *value)).collect()
}

/// Insulin delivered so far.
pub(super) fn insulin(result: &ArmResult, who: &str) -> Vec<(f64, f64)> {
    let minutes = result.outcome.insulin.get(who).into_iter().flatten();
    let sum = minutes.scan(0.0, |sum, units| {
        *sum += units;
        Some(*sum)
    });
    sum.enumerate().map(|(minute, sum)| (minute as f64 + 1.0, sum)).collect()
}

fn charts(who: &str, time: Time, results: &[ArmResult]) -> Markup {
    let lines = |series: Series| -> Vec<Line> {
        let line = |result: &ArmResult| Line {
            label: result.name.to_string(),
            style: style(result, results),
            points: series(result, who),
        };
        results.iter().map(line).collect()
    };
    let levels = [
        Level { at: 54.0, label: "54" },
        Level { at: 70.0, label: "70" },
        Level { at: 180.0, label: "180" },
    ];
    let mut acts = ticks(results);
    acts.retain(|tick| matches!(tick.kind, "attack" | "act"));
    html! {
        h2 { "True glucose of " (who) " [mg/dL]" }
        (legend(results))
        (chart::lines("true glucose", time, &lines(glucose), &levels, &acts))
        h2 { "Insulin that reached " (who) ", summed [U]" }
        (chart::lines("insulin", time, &lines(insulin), &[], &acts))
    }
}

/// A field that has a time in it and is drawn elsewhere: what a pacemaker writes beside a strip.
const MARKER: &str = "/marker";

/// What devices showed, where it changed more than once: not what was delivered.
fn displays(time: Time, results: &[ArmResult]) -> Markup {
    let mut fields: Vec<&String> = results.iter().flat_map(|r| r.outcome.shown.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    let changed =
        |r: &ArmResult, field: &str| r.outcome.shown.get(field).is_some_and(|s| s.len() > 2);
    fields.retain(|field| {
        !field.ends_with(MARKER) && results.iter().any(|result| changed(result, field))
    });
    let left_out = fields.len().saturating_sub(3 * MOST_CHARTS);
    fields.truncate(3 * MOST_CHARTS);
    let line = |result: &ArmResult, field: &String| Line {
        label: result.name.to_string(),
        style: style(result, results),
        points: held(result.outcome.shown.get(field).map_or(&[][..], Vec::as_slice), time),
    };
    html! {
        h2 { "What the displays showed" }
        p { "Shown is not delivered: an attacker's component may show what it likes." }
        @if left_out > 0 { p { (left_out) " more are in the traces." } }
        @for field in fields {
            h3 { (field) }
            (chart::lines(field, time, &results.iter().map(|r| line(r, field)).collect::<Vec<_>>(), &[], &[]))
        }
    }
}

/// A shown value stands until the next.
fn held(shown: &[(f64, f64)], time: Time) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for (at, &(from, value)) in shown.iter().enumerate() {
        let until = shown.get(at + 1).map_or(time.horizon_min, |next| next.0);
        points.extend([(from, value), (until, value)]);
    }
    points
}

/// What happened in each arm, which is its row.
pub(super) fn ticks(results: &[ArmResult]) -> Vec<Tick> {
    let of = |(row, result): (usize, &ArmResult)| -> Vec<Tick> {
        let tick = |mark: &medtwin_engine::outcome::Mark| Tick {
            row,
            at_min: mark.at_min,
            kind: mark.kind,
            text: mark.text.clone(),
        };
        result.outcome.marks.iter().map(tick).collect()
    };
    results.iter().enumerate().flat_map(of).collect()
}

fn timeline(time: Time, results: &[ArmResult]) -> Markup {
    let rows: Vec<String> = results.iter().map(|result| result.name.to_string()).collect();
    let ticks = ticks(results);
    let told = told(&ticks, &rows, time);
    html! {
        p { "▼ attack · ● wearer · ■ device fault · | alarm" }
        (chart::ticks(time, &rows, &ticks))
        details open { summary { "The same as a table" } (table(&["time", "arm", "what", ""], 9, &told)) }
    }
}

const MOST_ROWS: usize = 200;

fn told(ticks: &[Tick], rows: &[String], time: Time) -> Vec<Vec<String>> {
    let mut ticks: Vec<&Tick> = ticks.iter().collect();
    ticks.sort_by(|a, b| a.at_min.total_cmp(&b.at_min).then(a.row.cmp(&b.row)));
    let told =
        |t: &&Tick| vec![time.clock(t.at_min), rows[t.row].clone(), t.kind.into(), t.text.clone()];
    let mut lines: Vec<Vec<String>> = ticks.iter().take(MOST_ROWS).map(told).collect();
    if ticks.len() > MOST_ROWS {
        let more = format!("{} more, in the traces", ticks.len() - MOST_ROWS);
        lines.push(vec![String::new(), String::new(), String::new(), more]);
    }
    lines
}

fn ablation(json: &Value) -> Markup {
    let all = json["ablation"].as_array().map(Vec::as_slice).unwrap_or_default();
    let metric = |row: &Value, id: &str| number(row["metrics"][id].as_f64(), 0);
    let worst = |row: &Value| {
        let metrics = row["metrics"].as_object().into_iter().flatten();
        let severities = metrics.filter(|(id, _)| id.starts_with("SAF.severity."));
        format!("{:.0}", severities.filter_map(|(_, v)| v.as_f64()).fold(0.0, f64::max))
    };
    let list = |value: &Value| {
        let ids = value.as_array().into_iter().flatten();
        ids.map(text).collect::<Vec<_>>().join(", ")
    };
    let row = |both: &[Value]| {
        let [clean, attacked] = both else { return Vec::new() };
        let [uca, forged] = ["INT-1.uca", "INT-1.forged_u"].map(|id| metric(attacked, id));
        let (stopped, severity) = (list(&attacked["stopped_by"]), worst(attacked));
        let cost = [worst(clean), metric(clean, "INT-1.rejected")];
        let row = [text(&attacked["removed"]), stopped, uca, forged, severity];
        row.into_iter().chain(cost).collect()
    };
    let rows: Vec<Vec<String>> = all.chunks(2).map(row).collect();
    let bounds = json["bounds"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !rows.is_empty() {
            h2 { "What each rule and control is worth" }
            ul { @for bound in bounds {
                li { b { (text(&bound["id"])) } " bounds the harm: without it "
                    (number(bound["uca"].as_f64(), 0)) " more unauthorised commands, "
                    (number(bound["forged_u"].as_f64(), 1)) " U more forged, "
                    (number(bound["over_u"].as_f64(), 1)) " U more insulin"
                    @if let Some([_, ..]) = bound["then_stopped_by"].as_array().map(Vec::as_slice) {
                        "; then bounded by " (list(&bound["then_stopped_by"]))
                    }
                }
            } }
            (table(&["changed", "then stopped by", "unauthorised commands", "forged [U]", "worst severity", "worst severity, clean", "false rejects, clean"], 2, &rows))
        }
    }
}

fn expectations(json: &Value) -> Markup {
    let row = |judged: &Value| {
        let holds = match judged["holds"].as_bool() {
            Some(true) => "holds",
            Some(false) => "FAILS",
            None => "not judged",
        };
        let value = number(judged["value"].as_f64(), 2);
        vec![holds.into(), text(&judged["id"]), text(&judged["arm"]), text(&judged["text"]), value]
    };
    let all = json["expectations"].as_array().into_iter().flatten();
    let rows: Vec<_> = all.map(row).collect();
    table(&["holds", "expectation", "arm", "what", "value"], 4, &rows)
}

fn provenance(case: &Case, results: &[ArmResult], json: &Value) -> Markup {
    let models = json["models"].as_array().map_or(&[][..], Vec::as_slice);
    let left_out = models.len().saturating_sub(MOST_DEVICES);
    let list = |value: &Value| {
        let words = value.as_array().into_iter().flatten();
        words.map(text).collect::<Vec<_>>().join(", ")
    };
    html! {
        p { "medtwin " (text(&json["engine"]["version"])) ", wasmtime " (text(&json["engine"]["wasmtime"]))
            " · scenario " code { (hex(&case.sha256)) } }
        @if !case.scenario.sources.is_empty() { p { "Sources: " (case.scenario.sources.join(", ")) } }
        table {
            thead { tr { th { "device" } th { "model" } th { "may import" } th { "SHA-256 of the component" } } }
            tbody { @for model in models.iter().take(MOST_DEVICES) { tr {
                td { (text(&model["device"])) } td { (text(&model["model"])) }
                td { (list(&model["imports"])) } td { code { (text(&model["sha256"])) } }
            } } }
        }
        @if left_out > 0 { p { (left_out) " more devices are in run.json." } }
        table {
            thead { tr { th { "arm" } th { "fingerprint of its trace" } } }
            tbody { @for result in results { tr {
                td { (result.name) } td { code { (hex(&result.fingerprint)) } }
            } } }
        }
    }
}
