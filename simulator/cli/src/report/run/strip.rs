//! Ten seconds of a heart, about the moment from which the attack made it go another way: with the attack, and the
//! same seconds without it.
//!
//! Lead II is drawn here, from events that the trace has, and nowhere before: a run that nobody looks at
//! draws none. It is for the eye alone (models.md 2.3).

use maud::{Markup, html};
use medtwin_engine::patient::heart::strip::Strip;

use crate::arms::ArmResult;
use crate::report::chart::Time;

/// How much is shown before that moment, and in all [ms].
const BEFORE_MS: i64 = 3000;
const SHOWN_MS: i64 = 10_000;
/// The paper: its width, the room for what stands beside it, pixels for a millivolt, and how far it reaches [mV].
const WIDTH: f64 = 960.0;
const LEFT: f64 = 150.0;
const PER_MV: f64 = 45.0;
const REACH_MV: (f64, f64) = (-1.0, 2.4);
/// Above the line: markers, in rows since two may stand close together.
const MARKERS: f64 = 40.0;
const ROWS: usize = 3;
const ROW: f64 = 11.0;
const BELOW: f64 = 18.0;

/// The strips of `who`: of each policy under which the attack changed anything.
pub(super) fn strips(who: &str, time: Time, results: &[ArmResult]) -> Markup {
    let pairs: Vec<_> = results.iter().filter_map(|result| pair(who, result, results)).collect();
    let differ = pairs.iter().filter_map(|(pair, from)| Some((pair, (*from)?)));
    let same = pairs.iter().filter(|(_, from)| from.is_none());
    let same: Vec<&str> = same.map(|([(arm, _), _], _)| arm.name.policy.as_str()).collect();
    html! {
        @if !pairs.is_empty() { h2 { "Lead II of " (who) " [mV]" } }
        @for (arms, from) in differ {
            h3 { (arms[0].0.name.policy) ": from " (clock(time, from)) " on the heart goes another way" }
            @for (arm, strip) in arms {
                (paper(&arm.name.to_string(), strip, from - BEFORE_MS))
            }
        }
        @if !same.is_empty() {
            p { "With the attack as without it, beat for beat: " (same.join(", ")) "." }
        }
        @if !pairs.is_empty() {
            p { "Drawn from events, to look at: no device senses this line, and nothing may be diagnosed on it. "
                "Letters are a device's markers: P paced, S sensed, R refractory, of A the atrium or V the ventricle." }
        }
    }
}

type Pair<'a> = [(&'a ArmResult, &'a Strip); 2];

/// An attacked arm and the clean one of its policy, with the moment from which their hearts differ [ms].
fn pair<'a>(
    who: &str,
    attacked: &'a ArmResult,
    results: &'a [ArmResult],
) -> Option<(Pair<'a>, Option<i64>)> {
    let of = |result: &'a ArmResult| {
        let strip = result.outcome.strips.get(who).filter(|strip| !strip.is_empty());
        strip.map(|strip| (result, strip))
    };
    let clean = results.iter().find(|result| result.name == attacked.name.clean());
    let pair = [of(attacked).filter(|_| attacked.name.attack)?, of(clean?)?];
    Some((pair, pair[0].1.first_difference(pair[1].1)))
}

/// The time of day, with its seconds.
fn clock(time: Time, at_ms: i64) -> String {
    let seconds = (at_ms / 1000).rem_euclid(60);
    format!("{}:{seconds:02}", time.clock((at_ms / 60_000) as f64))
}

fn paper(label: &str, strip: &Strip, from_ms: i64) -> Markup {
    let until_ms = from_ms + SHOWN_MS;
    let x = |at_ms: f64| LEFT + (at_ms - from_ms as f64) * (WIDTH - LEFT) / SHOWN_MS as f64;
    let y = |mv: f64| MARKERS + (REACH_MV.1 - mv) * PER_MV;
    let (top, bottom) = (y(REACH_MV.1), y(REACH_MV.0));
    let height = bottom + BELOW;
    let line = strip.line(from_ms, until_ms).into_iter();
    let points: Vec<String> = line.map(|(at, mv)| format!("{:.1},{:.1}", x(at), y(mv))).collect();
    let markers = strip.markers(from_ms, until_ms).iter().zip((0..ROWS).cycle());
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(format!("lead II, {label}")) {
            @for second in 0..=SHOWN_MS / 1000 {
                @let at = format!("{:.1}", x((from_ms + 1000 * second) as f64));
                line.grid x1=(at) x2=(at) y1=(top) y2=(bottom) {}
                text.axis x=(at) y=(bottom + 14.0) text-anchor="middle" { (second) " s" }
            }
            @for mv in [-1.0, 0.0, 1.0, 2.0] {
                line.grid x1=(LEFT) x2=(WIDTH) y1=(y(mv)) y2=(y(mv)) {}
                text.axis x=(LEFT - 6.0) y=(y(mv) + 4.0) text-anchor="end" { (mv) }
            }
            text.row x="0" y=(top + 12.0) { (label) }
            polyline fill="none" stroke="#000000" stroke-width="1.2" points=(points.join(" ")) {}
            @for ((at, marker), row) in markers {
                @let at = format!("{:.1}", x(*at as f64));
                line.alarm x1=(at) x2=(at) y1=(top - 4.0) y2=(top + 2.0) {}
                text.axis x=(at) y=(top - 7.0 - ROW * row as f64) text-anchor="middle" { (marker) }
            }
        }
    }
}
