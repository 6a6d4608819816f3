//! What both seats see of the bedside.

use maud::{Markup, html};

/// The reading, large; `more` stands below.
pub(super) fn reading(more: Markup) -> Markup {
    html! {
        section #reading-card .card aria-labelledby="reading-title" {
            h2 #reading-title { "Glucose reading" }
            p.reading data-level="none" #reading {
                span #reading-value .value { "---" }
                span.side {
                    span #reading-arrow .arrow aria-hidden="true" { "" }
                    span.unit { "mg/dL" }
                }
            }
            p #reading-words .words { "No reading yet" }
            (more)
        }
    }
}

/// The pump, as a device.
pub(super) fn pump() -> Markup {
    html! {
        section #pump-card .card aria-labelledby="pump-title" {
            h2 #pump-title { "Pump" }
            div #pump .device data-power="on" {
                div.screen {
                    p.screen-top { span #pump-state { "RUNNING" } span #pump-time { "--:--" } }
                    dl {
                        div { dt { "Basal" } dd { span #pump-basal { "--" } small { " U/h" } } }
                        div.wide {
                            dt { "Last bolus" }
                            dd { span #pump-bolus { "--" } small { " U" } span #pump-bolus-at .at {} }
                        }
                        div { dt { "On board" } dd { span #pump-on-board { "--" } small { " U" } } }
                        div { dt { "Reservoir" } dd { span #pump-reservoir { "--" } small { " U" } } }
                    }
                }
                p.keys aria-hidden="true" { span { "▲" } span { "ACT" } span { "▼" } }
            }
        }
    }
}

/// The strip of alarms.
pub(super) fn alarms() -> Markup {
    html! {
        section #alarms .alarms aria-label="Alarms" {
            p #alarms-none { "No alarm" }
            ul #alarm-list {}
        }
    }
}

/// The curves.
pub(super) fn charts(title: &str, glucose: &str) -> Markup {
    html! {
        section #charts-card .card aria-labelledby="charts-title" {
            h2 #charts-title { (title) }
            div #glucose-chart .chart role="img" aria-label=(glucose) {}
            div #insulin-chart .chart .low role="img" aria-label="Insulin as the pump reports it, over time" {}
        }
    }
}

/// The messages.
pub(super) fn log(title: &str) -> Markup {
    html! {
        section #log-card .card aria-labelledby="log-title" {
            h2 #log-title { (title) }
            div .log role="log" aria-live="polite" aria-labelledby="log-title" tabindex="0" {
                ol #log {}
            }
        }
    }
}
