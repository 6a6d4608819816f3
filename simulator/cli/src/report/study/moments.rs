//! When: harm against noticing over time, and harm against dose.

use maud::{Markup, html};
use medtwin_engine::study::FEWEST_EVENTS;
use serde_json::Value;

use super::super::chart::{self, Line, Point, Style, Time};
use super::super::page::table;
use super::super::run::COLOURS;
use super::{ends, interval, list, text};
use crate::study::share;

fn attacked(json: &Value) -> Vec<(&Value, Style)> {
    let arms = list(&json["arms"]).iter().filter(|arm| arm["attack"] == true);
    let colour = |at: usize| COLOURS[at % COLOURS.len()];
    arms.enumerate().map(|(at, arm)| (arm, Style { colour: colour(at), dashed: false })).collect()
}

fn legend(arms: &[(&Value, Style)]) -> Markup {
    html! {
        p.legend { @for (arm, style) in arms {
            span {
                svg viewBox="0 0 36 10" { line x1="0" x2="36" y1="5" y2="5" stroke=(style.colour) stroke-width="3" {} }
                " " (text(&arm["arm"]))
            }
        } }
    }
}

pub(super) fn times(json: &Value) -> Markup {
    let arms = attacked(json);
    let horizon_min = json["follow_up_min"].as_f64().unwrap_or(0.0);
    let line = |(arm, style): &(&Value, Style), key: &str, dashed: bool| {
        let step = arm["times"]["curve_step_min"].as_f64().unwrap_or(1.0);
        let points = list(&arm["times"][key]["curve"]).iter().enumerate();
        let point =
            |(at, value): (usize, &Value)| (at as f64 * step, value.as_f64().unwrap_or(0.0));
        let label = format!("{}: {key}", text(&arm["arm"]));
        Line { label, style: Style { dashed, ..*style }, points: points.map(point).collect() }
    };
    let both = arms.iter().flat_map(|arm| [line(arm, "harm", false), line(arm, "notice", true)]);
    let lines: Vec<Line> = both.collect();
    let cells: Vec<_> = arms.iter().map(|(arm, _)| time_row(arm)).collect();
    let header = [
        "arm",
        "had an effect",
        "harmed",
        "restricted mean to harm [min]",
        "noticed",
        "restricted mean to noticing [min]",
        "noticed before harm",
    ];
    html! {
        h2 { "Until harm, and until somebody noticed" }
        p { "Of the trials in which the attack had an effect, counted from the first, for " (horizon_min) " minutes (hours and minutes below). Solid: harmed so far. Dashed: noticed so far. "
            "Harm is true glucose below 54 mg/dL or other harm of severity 3 or more; noticing is the wearer's first noticing of anything." }
        (legend(&arms))
        (chart::lines("share harmed and share noticed over time", Time { horizon_min, start_clock_h: 0.0 }, &lines, &[], &[]))
        (table(&header, 1, &cells))
        p { "A restricted mean counts the trials in which it did not happen with the whole time; it has no interval with fewer than " (FEWEST_EVENTS) " in which it did." }
    }
}

fn time_row(arm: &Value) -> Vec<String> {
    let times = &arm["times"];
    let shared = |key: &str| {
        let (part, around) = (&times[key]["share"], &times[key]["share_95"]);
        if around.is_null() {
            "–".to_owned()
        } else {
            format!("{} {}", share(part), interval(around))
        }
    };
    let mean = |key: &str| {
        let Some(mean) = times[key]["restricted_mean_min"].as_f64() else {
            return "–".to_owned();
        };
        let around = &times[key]["restricted_mean_95"];
        let [low, high] = ends(around);
        let around = (!around.is_null()).then(|| format!(" [{low:.0},\u{a0}{high:.0}]"));
        format!("{mean:.0}{}", around.unwrap_or_default())
    };
    let first = &times["noticed_first"];
    let order = match first["n"].as_u64() {
        Some(0) | None => "–".to_owned(),
        _ => format!("{} {}", share(&first["share"]), interval(&first["wilson_95"])),
    };
    let (harm, notice) = ("harm", "notice");
    vec![
        text(&arm["arm"]),
        times["effects"].to_string(),
        shared(harm),
        mean(harm),
        shared(notice),
        mean(notice),
        order,
    ]
}

pub(super) fn doses(json: &Value) -> Markup {
    let middle = |bin: &Value| {
        let from = bin["from"].as_f64().unwrap_or(0.0);
        (from + bin["until"].as_f64().unwrap_or(from + 0.1)) / 2.0
    };
    let point = |bin: &Value| {
        let text = format!(
            "{} of {}: {} {}",
            bin["k"],
            bin["n"],
            share(&bin["share"]),
            interval(&bin["wilson_95"])
        );
        Some(Point {
            at: middle(bin),
            share: bin["share"].as_f64()?,
            interval: ends(&bin["wilson_95"]),
            text,
        })
    };
    let arms = attacked(json);
    let series = arms.iter().map(|(arm, style)| {
        (*style, list(&arm["dose"]).iter().filter_map(point).collect::<Vec<_>>())
    });
    let series: Vec<_> = series.collect();
    let bins = || list(&json["arms"]).iter().flat_map(|arm| list(&arm["dose"]));
    let has_dose = json["dose_of"] == "asked" || bins().any(|bin| middle(bin) > 0.1);
    let cells = |bin: &Value| {
        let until = bin["until"].as_f64().map_or("more".to_owned(), |until| format!("{until:.1}"));
        let harmed = format!("{} of {}", bin["k"], bin["n"]);
        let dose = format!("{:.1} to {until}", bin["from"].as_f64().unwrap_or(0.0));
        [dose, harmed, format!("{} {}", share(&bin["share"]), interval(&bin["wilson_95"]))]
    };
    let rows: Vec<_> = arms
        .iter()
        .flat_map(|(arm, _)| list(&arm["dose"]).iter().map(|bin| (text(&arm["arm"]), cells(bin))))
        .map(|(arm, cells)| std::iter::once(arm).chain(cells).collect::<Vec<_>>())
        .collect();
    let of = match json["dose_of"].as_str() {
        Some("asked") => "what the attack asks for in all, whatever became of it",
        _ => "what the device accepted without authority",
    };
    html! {
        @if has_dose {
            h2 { "Harm against dose" }
            p { "Share of trials with harm of severity 3 or more, by the dose as a share of the patient's total daily dose: " (of) ". The last bin is open." }
            (legend(&arms))
            (chart::shares("share harmed by dose", 1.1, &series))
            details { summary { "The same as a table" }
                (table(&["arm", "dose, share of the daily dose", "harmed", "share"], 2, &rows)) }
        }
    }
}
