//! The report of a study, from its study.json alone.

use maud::{Markup, html};
use serde_json::Value;

use super::chart;
use super::page::{page as shell, table};
use crate::study::{had_effect, mark, share};

mod moments;

use moments::{doses, times};

pub(super) fn page(json: &Value) -> Markup {
    let key = text(&json["scenario"]["key"]);
    let body = html! {
        h1 { "Study: " (text(&json["scenario"]["title"])) }
        p { code { (key) } " · " (json["trials"]) " trials · seed " (json["seed"]) }
        @if let Some(question) = json["question"].as_str().filter(|q| !q.is_empty()) { p { b { (question) } } }
        p.watermark { "Severity by " (text(&json["harm_model"])) ". Shares are given " (text(&json["given"])) ". A research tool: it treats nobody." }
        (headline(json))
        (expected(json))
        (severities(json))
        (differences(json))
        @if had_effect(list(&json["arms"])) {
            (times(json))
            (doses(json))
        } @else if json["attacked"] == true { p { "No attack had an effect in any arm." } }
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

/// An interval that is not broken over two lines.
fn interval(value: &Value) -> String {
    crate::study::interval(value).replace(' ', "\u{a0}")
}

fn headline(json: &Value) -> Markup {
    let found = &json["headline"];
    let one = |key: &str| {
        let arm = &found[key];
        let (arm_name, of) = (text(&arm["arm"]), format!("{} of {}", arm["k"], arm["n"]));
        let at_most = share(&arm["upper_95"]);
        (arm_name, of, share(&arm["share"]), interval(&arm["wilson_95"]), at_most, without(arm))
    };
    if found.is_null() {
        return html! {};
    }
    let difference = &found["difference"];
    html! {
        div.headline {
            @for (arm, of, share, interval, at_most, without) in [one("reference"), one("candidate")] {
                p { "Harm of severity " (found["at_least"]) " or more in " (of) " trials of " code { (arm) } ": "
                    b { (share) } " " (interval) ", and at most " (at_most) " (one-sided, Clopper–Pearson)." (without) }
            }
            p { "The candidate less the reference, trial by trial: " b { (signed(&difference["difference"])) } " "
                (interval(&difference["bonett_price_95"])) ": "
                @if difference["enough"] == true { "the candidate has " (text(&difference["words"])) " harm." }
                @else { (text(&difference["words"])) "." } }
        }
    }
}

/// What the author expected of all trials, where they did.
fn expected(json: &Value) -> Markup {
    let row = |judged: &Value| {
        let value =
            judged["value"].as_f64().map_or("–".to_owned(), |value| format!("{value:.3}"));
        vec![
            mark(judged).into(),
            text(&judged["id"]),
            text(&judged["arm"]),
            text(&judged["text"]),
            value,
        ]
    };
    let rows: Vec<_> = list(&json["expectations"]).iter().map(row).collect();
    html! {
        @if !rows.is_empty() {
            h2 { "What was expected of all trials" }
            (table(&["holds", "expectation", "arm", "what", "value"], 4, &rows))
        }
    }
}

/// What happens in an arm without the attack, what the attack adds, and how much of it is a guess.
fn without(arm: &Value) -> String {
    let (clean, less) = (&arm["clean"], &arm["attacked_less_clean"]);
    let clean = (!clean.is_null()).then(|| {
        let (added, around) = (signed(&less["difference"]), interval(&less["bonett_price_95"]));
        format!(" Without the attack {}; the attack adds {added} {around}.", share(&clean["share"]))
    });
    let outside = arm["outside_model"].as_u64().filter(|k| *k > 0).map(|k| {
        format!(" In {k} of the trials the patient left the model's domain of validity: how severe they were is a guess.")
    });
    [clean, outside].into_iter().flatten().collect()
}

fn p_value(p: f64) -> String {
    if p < 0.001 { format!("{p:.0e}") } else { format!("{p:.3}") }
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
        let outside = arm["outside_model"]["k"].to_string();
        std::iter::once(text(&arm["arm"])).chain(cells).chain([bound, outside]).collect::<Vec<_>>()
    };
    let cells: Vec<_> = arms.iter().map(row).collect();
    html! {
        h2 { "Trials with harm of severity 3 or more" }
        (chart::intervals(&rows, (0.0, 1.0)))
        h3 { "Share of trials with a severity of k or more, with the 95 % interval of Wilson" }
        (table(&["arm", "k = 1", "k = 2", "k = 3", "k = 4", "k = 5", "k = 3, at most", "outside the model"], 1, &cells))
        p { "“Outside the model”: trials in which somebody left the patient model's domain of validity; their severity is a guess. Each interval is by itself. “At most” is the one-sided 95 % bound of Clopper and Pearson: what a claim of safety may rest on." }
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
            found["mcnemar_p"].as_f64().map_or("–".to_owned(), p_value),
        ]
    };
    let cells: Vec<_> = pairs.iter().map(row).collect();
    let header = ["arms", "in the first", "difference", "95 %", "first alone", "second alone", "p"];
    html! {
        h2 { "What changes it: differences in that share, trial by trial" }
        (chart::intervals(&rows, (-most, most)))
        (table(&header, 2, &cells))
        p { "All arms of a trial share patient, day, luck and attack. Intervals by Bonett and Price, p by McNemar (exact). "
            "Where the interval covers 0 there were not enough runs to say which arm has more; where it is wider than 0.10, by how much." }
    }
}

fn needed(needed: &Value) -> Markup {
    html! {
        @if !needed.is_null() {
            h2 { "Trials needed" }
            p { "For ±" (needed["precision"]) " at 95 %: " (needed["for_reference_share"]) " for the share of the reference, "
                (needed["for_candidate_share"]) " for that of the candidate"
                @if let Some(n) = needed["for_difference"].as_u64() { ", " (n) " for their difference" }
                ". "
                @match needed["to_tell_difference"].as_u64() {
                    Some(n) => { "To tell a difference like the observed one from none four times in five: " (n) "." },
                    None => { "No difference was observed, or in too few trials to plan from." },
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
        p { "No interval stands where nothing varied, and none at extremes of glucose where trials left the model's domain: their extremes are missing, and they are the worst." }
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
        let around = &mean["t_95"];
        let interval = if around.is_null() { "–".to_owned() } else { interval(around) };
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
