//! The pages of both seats, and what they are made of.
//!
//! Nothing comes from elsewhere: scripts and style are in the program, the charts are Plotly's, out
//! of the crate that ships it. A player is served no file that is the instructor's.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use crate::exercise::Exercise;
use crate::seat::Seat;

mod acts;
mod bedside;
mod instructor;
mod player;
mod plots;

/// What every view, message and export says.
pub(crate) const BANNER: &str = "EXERCISE";

/// The page of each seat.
pub(crate) struct Pages {
    instructor: String,
    player: String,
}

impl Pages {
    pub(crate) fn of(exercise: &Exercise) -> Self {
        Self {
            instructor: instructor::page(exercise).into_string(),
            player: player::page(exercise).into_string(),
        }
    }

    pub(crate) fn of_seat(&self, seat: Seat) -> Html<String> {
        Html(match seat {
            Seat::Instructor => self.instructor.clone(),
            Seat::Player => self.player.clone(),
        })
    }
}

/// A script or style of a seat's page.
pub(crate) fn asset(seat: Seat, file: &str) -> Option<Response> {
    let script = |text: &'static str| Some((text, "text/javascript; charset=utf-8"));
    let style = |text: &'static str| Some((text, "text/css; charset=utf-8"));
    let found = match (seat, file) {
        (_, "style.css") => style(include_str!("../page/style.css")),
        (_, "device.css") => style(include_str!("../page/device.css")),
        (_, "plots.css") => style(include_str!("../page/plots.css")),
        (_, "acts.js") => script(include_str!("../page/acts.js")),
        (_, "alarms.js") => script(include_str!("../page/alarms.js")),
        (_, "bedside.js") => script(include_str!("../page/bedside.js")),
        (_, "charts.js") => script(include_str!("../page/charts.js")),
        (_, "connect.js") => script(include_str!("../page/connect.js")),
        (_, "frame.js") => script(include_str!("../page/frame.js")),
        (_, "keys.js") => script(include_str!("../page/keys.js")),
        (_, "sound.js") => script(include_str!("../page/sound.js")),
        (_, "words.js") => script(include_str!("../page/words.js")),
        (_, plots::FILE) => return Some(plots::script()),
        (Seat::Player, "player.js") => script(include_str!("../page/player.js")),
        (Seat::Instructor, "instructor.js") => script(include_str!("../page/instructor.js")),
        (Seat::Instructor, "attack.js") => script(include_str!("../page/attack.js")),
        (Seat::Instructor, "instructor.css") => style(include_str!("../page/instructor.css")),
        _ => None,
    };
    found.map(|(text, kind)| (StatusCode::OK, [(header::CONTENT_TYPE, kind)], text).into_response())
}

/// A page with one sentence, for whoever is not let in.
pub(crate) fn notice(text: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (BANNER) }
            }
            body { main { h1 { (BANNER) } p { (text) } } }
        }
    }
}

/// What both pages have: head, banner, clock, sound and stop; `body` stands below.
fn frame(seat: Seat, title: &str, body: Markup) -> Markup {
    let at = |file: &str| format!("/{}/assets/{file}", seat.as_str());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (BANNER) " · " (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(at("style.css"));
                link rel="stylesheet" href=(at("device.css"));
                // Plotly writes its rules into this sheet, so that no inline style need be allowed.
                link rel="stylesheet" id="plotly.js-style-global" href=(at("plots.css"));
                @if seat == Seat::Instructor { link rel="stylesheet" href=(at("instructor.css")); }
                script type="module" src=(at(&format!("{}.js", seat.as_str()))) {}
                script defer src=(at(plots::FILE)) {}
            }
            body data-seat=(seat.as_str()) data-state="ready" {
                a.skip href="#main" { "Skip to the bedside" }
                header .top { (banner()) (bar(seat, title)) }
                div #notice .notice role="status" hidden {}
                (body)
                p #said .visually-hidden aria-live="assertive" {}
                p #toast .toast role="status" {}
            }
        }
    }
}

fn banner() -> Markup {
    html! {
        p.exercise { strong { (BANNER) } span { "A simulated patient. No device is connected." } }
    }
}

fn bar(seat: Seat, title: &str) -> Markup {
    html! {
        div.bar {
            h1 { (title) }
            p.clock {
                span #time .time { "--:--" }
                span #state .state { "connecting" }
            }
            @if seat == Seat::Instructor { (instructor::clock()) }
            p #connection .connection data-up="false" { "connecting" }
            button #sound type="button" aria-pressed="false" { "Turn sound on" }
            button #stop .stop type="button" aria-keyshortcuts="x" {
                span aria-hidden="true" { "■ " } "STOP"
            }
        }
    }
}
