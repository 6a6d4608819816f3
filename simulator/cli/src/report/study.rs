//! The report of a study.

use maud::{Markup, html};
use medtwin_engine::patient::HARM_MODEL;
use serde_json::Value;

use super::chart;
use super::page::{page as shell, table};

pub(super) fn page(json: &Value) -> Markup {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let arms = json["arms"].as_array().map(Vec::as_slice).unwrap_or_default();
    let share = |arm: &Value| {
        let found = &arm["severity_3_or_more"];
        let (k, n) = (found["k"].as_f64()?, found["n"].as_f64()?);
        let interval = [found["wilson_95"][0].as_f64()?, found["wilson_95"][1].as_f64()?];
        Some((format!("{} ({k}/{n})", text(&arm["arm"])), k / n, interval))
    };
    let rows: Vec<_> = arms.iter().filter_map(share).collect();
    let body = html! {
        h1 { "Study of " (text(&json["scenario"]["key"])) }
        p { (json["trials"]) " trials · seed " (json["seed"]) }
        p.watermark { "Severity by " (HARM_MODEL) ". Proportions are given an attempted attack: they are no frequencies." }
        h2 { "Trials with a severity of 3 or more, with 95 % interval (Wilson)" }
        (chart::intervals(&rows))
        @for arm in arms {
            h2 { (text(&arm["arm"])) }
            (table(&["metric", "mean", "± half of the 95 % interval", "trials"], 1, &means(&arm["metrics"])))
        }
        h2 { "What the attack changes, trial by trial" }
        @for difference in json["attack_minus_clean"].as_array().into_iter().flatten() {
            h2 { (text(&difference["policy"])) ", attacked less clean" }
            (table(&["metric", "mean difference", "± half of the 95 % interval", "trials"], 1, &means(&difference["metrics"])))
        }
    };
    shell(&format!("Study of {} · medtwin", text(&json["scenario"]["key"])), body)
}

fn means(metrics: &Value) -> Vec<Vec<String>> {
    let number = |value: &Value| value.as_f64().map_or("–".to_owned(), |v| format!("{v:.3}"));
    let row = |(id, mean): (&String, &Value)| {
        vec![id.clone(), number(&mean["mean"]), number(&mean["half_width"]), mean["n"].to_string()]
    };
    metrics.as_object().into_iter().flatten().map(row).collect()
}
