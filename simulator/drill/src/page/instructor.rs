//! The instructor's page: the same bedside, what is true, the attack, and the clock.

use maud::{Markup, html};

use super::{acts, bedside, frame};
use crate::exercise::Exercise;
use crate::seat::Seat;
use crate::steps;
use crate::words::capital;

/// The page.
pub(super) fn page(exercise: &Exercise) -> Markup {
    let body = html! {
        (bedside::alarms())
        main #main .instructor {
            (how(exercise))
            (bedside::reading(html! { p #true-now .true { "True: --" } }))
            (bedside::pump())
            (bedside::charts("What is true, and what is shown", "True glucose and readings over time"))
            (attack())
            (bedside::log("Everything that happens"))
            section #acts-card .card aria-labelledby="acts-title" {
                h2 #acts-title { "At the bedside" }
                details.help {
                    summary { "Act for the players" }
                    (acts::list())
                }
                (acts::keys(&[("space", "pause, or go on"), ("n", "step, while paused")]))
            }
        }
        (ending())
    };
    frame(Seat::Instructor, "Instructor", body)
}

/// The controls of the clock.
pub(super) fn clock() -> Markup {
    html! {
        div.controls role="group" aria-label="Clock" {
            button #run .primary type="button" aria-keyshortcuts="space" disabled { "Start" }
            label {
                span.visually-hidden { "Pace" }
                select #speed {
                    @for (x, label) in PACES { option value=(x) { (label) } }
                }
            }
            form #step {
                button type="submit" aria-keyshortcuts="n" disabled { "Step" }
                input type="number" name="minutes" value="5" min="1" max="60" step="1" required
                    aria-label="Minutes to step";
                span aria-hidden="true" { "min" }
            }
            button #end type="button" disabled { "End…" }
        }
    }
}

const PACES: [(&str, &str); 9] = [
    ("0.25", "¼ × life"),
    ("1", "1 × life"),
    ("5", "5 × life"),
    ("10", "10 × life"),
    ("30", "30 × life"),
    ("60", "1 min = 1 h"),
    ("120", "1 min = 2 h"),
    ("300", "1 min = 5 h"),
    ("600", "1 min = 10 h"),
];

fn how(exercise: &Exercise) -> Markup {
    let who = capital(&exercise.wearer());
    let hours = exercise.plan.setup.horizon.as_minutes() / 60.0;
    html! {
        section #how-card .card aria-labelledby="how-title" {
            details.help open {
                summary { h2 #how-title { "How to run this exercise" } }
                div.two {
                    div {
                        h3 { "What will happen" }
                        p { strong { (exercise.title) } ". " (exercise.note) }
                        p { "Scenario " code { (exercise.scenario) } ", arm " code { (exercise.arm) } ", "
                            (crate::words::amount(hours)) " h, from " (time(exercise.start_clock_h)) "." }
                        ul { @for step in steps::of(exercise) {
                            li { (step.by) " " (step.what) ", " (step.when) "." }
                        } }
                    }
                    div {
                        h3 { "What you do" }
                        ol {
                            li { "Give the players their address; the program printed it. Let them find \
                                  the reading, the pump and their acts." }
                            li { "Press Start. 10 × life is good for a first hour, 30 × for a night." }
                            li { "Slow down when something happens. The players have only what devices \
                                  show; do not tell them more." }
                            li { "To make it harder or sooner, start a step of the attack yourself." }
                            li { "End it when " (who) " is safe, or past help. The debrief compares \
                                  nobody acting, your team, and no attack." }
                        }
                    }
                }
            }
        }
    }
}

fn time(hour: f64) -> String {
    let minutes = (hour.rem_euclid(24.0) * 60.0).round() as u64;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

fn attack() -> Markup {
    html! {
        section #attack-card .card aria-labelledby="attack-title" {
            h2 #attack-title { "The attack" }
            ul #steps .steps {}
            p #attack-facts .facts {}
        }
    }
}

/// What is asked before the end, and what stands after it.
fn ending() -> Markup {
    html! {
        dialog #ending aria-labelledby="ending-title" {
            h2 #ending-title { "End the exercise?" }
            p { "Nobody can act any more. The world lives on to its end without people, and the debrief \
                 is written." }
            form method="dialog" {
                button value="no" { "Go on" }
                button #end-now .danger value="yes" { "End it" }
            }
        }
    }
}
