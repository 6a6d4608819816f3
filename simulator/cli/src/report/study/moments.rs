//! When: harm against noticing over time, and harm against dose.

use maud::{Markup, html};
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
        p { "Counted from the attack's first effect, for " (horizon_min) " minutes (hours and minutes below). Solid: harmed so far. Dashed: noticed so far. "
            "Harm is true glucose below 54 mg/dL or other harm of severity 3 or more; noticing is the wearer's first noticing of anything." }
        (legend(&arms))
        (chart::lines("share harmed and share noticed over time", Time { horizon_min, start_clock_h: 0.0 }, &lines, &[], &[]))
        (table(&header, 1, &cells))
        p { "A restricted mean counts the trials in which it did not happen with the whole time. A trial without an effect counts as never harmed and never noticed. "
            "The last column is of the trials with an effect." }
    }
}

fn time_row(arm: &Value) -> Vec<String> {
    let times = &arm["times"];
    let shared = |key: &str| {
        format!("{} {}", share(&times[key]["share"]), interval(&times[key]["share_95"]))
    };
    let mean = |key: &str| {
        let mean = times[key]["restricted_mean_min"].as_f64().unwrap_or(f64::NAN);
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
    let has_dose =
        list(&json["arms"]).iter().flat_map(|arm| list(&arm["dose"])).any(|bin| middle(bin) > 0.1);
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
        }
    }
}
