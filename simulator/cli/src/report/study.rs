//! The report of a study, from its study.json alone.

use maud::{Markup, html};
use serde_json::Value;

use super::chart::{self, Line, Point, Style, Time};
use super::page::{page as shell, table};
use super::run::COLOURS;
use crate::study::{interval, share};

pub(super) fn page(json: &Value) -> Markup {
    let key = text(&json["scenario"]["key"]);
    let body = html! {
        h1 { "Study: " (text(&json["scenario"]["title"])) }
        p { code { (key) } " · " (json["trials"]) " trials · seed " (json["seed"]) }
        @if let Some(question) = json["question"].as_str().filter(|q| !q.is_empty()) { p { b { (question) } } }
        p.watermark { "Severity by " (text(&json["harm_model"])) ". Shares are given " (text(&json["given"])) ". A research tool: it treats nobody." }
        (headline(json))
        (severities(json))
        (differences(json))
        (times(json))
        (doses(json))
        (needed(&json["needed"]))
        (drawn(json))
        (metrics(json))
        (provenance(json))
    };
    shell(&format!("Study of {key} · medtwin"), body)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn ends(value: &Value) -> [f64; 2] {
    [0, 1].map(|at| value[at].as_f64().unwrap_or(f64::NAN))
}

fn headline(json: &Value) -> Markup {
    let found = &json["headline"];
    let one = |key: &str| {
        let arm = &found[key];
        let (arm_name, of) = (text(&arm["arm"]), format!("{} of {}", arm["k"], arm["n"]));
        let at_most = share(&arm["upper_95"]);
        (arm_name, of, share(&arm["share"]), interval(&arm["wilson_95"]), at_most)
    };
    if found.is_null() {
        return html! {};
    }
    let difference = &found["difference"];
    html! {
        div.headline {
            @for (arm, of, share, interval, at_most) in [one("reference"), one("candidate")] {
                p { "Harm of severity " (found["at_least"]) " or more in " (of) " trials of " code { (arm) } ": "
                    b { (share) } " " (interval) ", and at most " (at_most) " (one-sided, Clopper–Pearson)." }
            }
            p { "The candidate less the reference, trial by trial: " b { (signed(&difference["difference"])) } " "
                (interval(&difference["bonett_price_95"])) " · " (text(&difference["words"])) "." }
        }
    }
}

fn signed(value: &Value) -> String {
    value.as_f64().map_or("–".to_owned(), |value| format!("{value:+.3}"))
}

fn severities(json: &Value) -> Markup {
    let arms = list(&json["arms"]);
    let serious = |arm: &Value| {
        let found = &arm["severity"][2];
        let label = format!("{} ({}/{})", text(&arm["arm"]), found["k"], found["n"]);
        Some((label, found["share"].as_f64()?, ends(&found["wilson_95"])))
    };
    let rows: Vec<_> = arms.iter().filter_map(serious).collect();
    let row = |arm: &Value| {
        let cell =
            |one: &Value| format!("{} {}", share(&one["share"]), interval(&one["wilson_95"]));
        let severity = list(&arm["severity"]);
        let bound = severity.get(2).map_or("–".to_owned(), |one| share(&one["upper_95"]));
        let cells = severity.iter().map(cell);
        std::iter::once(text(&arm["arm"])).chain(cells).chain([bound]).collect::<Vec<_>>()
    };
    let cells: Vec<_> = arms.iter().map(row).collect();
    html! {
        h2 { "Trials with harm of severity 3 or more" }
        (chart::intervals(&rows, (0.0, 1.0)))
        h3 { "Share of trials with a severity of k or more, with the 95 % interval of Wilson" }
        (table(&["arm", "k = 1", "k = 2", "k = 3", "k = 4", "k = 5", "k = 3, at most"], 1, &cells))
        p { "Each interval is by itself. “At most” is the one-sided 95 % bound of Clopper and Pearson: what a claim of safety may rest on." }
    }
}

fn differences(json: &Value) -> Markup {
    let pairs = list(&json["differences"]);
    let label = |pair: &Value| format!("{} less {}", text(&pair["first"]), text(&pair["second"]));
    let serious = |pair: &Value| {
        let found = &pair["severity"][2];
        Some((label(pair), found["difference"].as_f64()?, ends(&found["bonett_price_95"])))
    };
    let rows: Vec<_> = pairs.iter().filter_map(serious).collect();
    let most = rows.iter().flat_map(|(_, _, [low, high])| [low.abs(), high.abs()]);
    let most = (most.fold(0.1, f64::max) * 10.0).ceil() / 10.0;
    let row = |pair: &Value| {
        let found = &pair["severity"][2];
        let count = |key: &str| found[key].to_string();
        vec![
            label(pair),
            text(&found["words"]),
            signed(&found["difference"]),
            interval(&found["bonett_price_95"]),
            count("first_only"),
            count("second_only"),
            found["mcnemar_p"].as_f64().map_or("–".to_owned(), |p| format!("{p:.2e}")),
        ]
    };
    let cells: Vec<_> = pairs.iter().map(row).collect();
    let header = ["arms", "in the first", "difference", "95 %", "first alone", "second alone", "p"];
    html! {
        h2 { "What changes it: differences in that share, trial by trial" }
        (chart::intervals(&rows, (-most, most)))
        (table(&header, 2, &cells))
        p { "All arms of a trial share patient, day, luck and attack. Intervals by Bonett and Price, p by McNemar (exact). "
            "Nothing is said of a difference whose interval covers 0 or is wider than 0.10." }
    }
}

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

fn times(json: &Value) -> Markup {
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
        let [low, high] = ends(&times[key]["restricted_mean_95"]);
        format!("{mean:.0} [{low:.0}, {high:.0}]")
    };
    let first = &times["noticed_first"];
    let order = format!("{} {}", share(&first["share"]), interval(&first["wilson_95"]));
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

fn doses(json: &Value) -> Markup {
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

fn needed(needed: &Value) -> Markup {
    html! {
        @if !needed.is_null() {
            h2 { "Trials needed" }
            p { "For ±" (needed["precision"]) " at 95 %: " (needed["for_reference_share"]) " for the share of the reference, "
                (needed["for_candidate_share"]) " for that of the candidate, " (needed["for_difference"]) " for their difference. "
                @match needed["to_tell_difference"].as_u64() {
                    Some(n) => { "To tell a difference like the observed one from none four times in five: " (n) "." },
                    None => { "No difference was observed." },
                }
            }
        }
    }
}

fn drawn(json: &Value) -> Markup {
    let sources = list(&json["sources"]);
    html! {
        h2 { "What each trial draws" }
        @if json["varied"] == true {
            p { "The scenario's own words. [E] marks an assumption." }
            pre { (text(&json["draws"])) }
            @if !sources.is_empty() { p { "Sources:" } ul { @for source in sources { li { (text(source)) } } } }
        } @else {
            p { "The scenario has no [study]: patient, meals and attack are the same in every trial, and only noise, losses and the wearer's luck differ." }
        }
    }
}

fn metrics(json: &Value) -> Markup {
    let header = ["metric", "mean", "95 % (Student)", "deviation", "trials"];
    html! {
        h2 { "Every metric" }
        @for arm in list(&json["arms"]) {
            details { summary { (text(&arm["arm"])) } (table(&header, 1, &means(&arm["metrics"]))) }
        }
        h2 { "Every metric, trial by trial" }
        @for pair in list(&json["differences"]) {
            details { summary { (text(&pair["first"])) " less " (text(&pair["second"])) }
                (table(&header, 1, &means(&pair["metrics"]))) }
        }
    }
}

fn means(metrics: &Value) -> Vec<Vec<String>> {
    let number = |value: &Value| value.as_f64().map_or("–".to_owned(), |v| format!("{v:.3}"));
    let row = |(id, mean): (&String, &Value)| {
        let interval = interval(&mean["t_95"]);
        let (m, deviation) = (number(&mean["mean"]), number(&mean["deviation"]));
        vec![id.clone(), m, interval, deviation, mean["n"].to_string()]
    };
    metrics.as_object().into_iter().flatten().map(row).collect()
}

fn provenance(json: &Value) -> Markup {
    html! {
        h2 { "What ran" }
        p { "medtwin " (text(&json["engine"]["version"])) ", wasmtime " (text(&json["engine"]["wasmtime"]))
            " · scenario " code { (text(&json["scenario"]["sha256"])) } " · plan " code { (text(&json["plan_sha256"])) } }
        p { "One trial again: " code { "medtwin run " (text(&json["scenario"]["key"])) " --seed " (json["seed"])
            " --trial N" @if json["varied"] == true { " --varied" } } }
    }
}
