//! Lines over time, arms over one another, and shares with their intervals, as SVG that needs no
//! script.

use maud::{Markup, html};

use crate::case::Case;

/// A line of a chart.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) style: Style,
    /// Time [min] and value.
    pub(super) points: Vec<(f64, f64)>,
}

/// How a line is told from others, in colour and in print.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) colour: &'static str,
    pub(super) dashed: bool,
}

/// A level to compare with.
pub(super) struct Level {
    pub(super) at: f64,
    pub(super) label: &'static str,
}

/// Something at one time, in the row of an arm.
pub(super) struct Tick {
    pub(super) row: usize,
    pub(super) at_min: f64,
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// The time axis that all charts of a page share.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) horizon_min: f64,
    pub(super) start_clock_h: f64,
}

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 20.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 10.0;

impl Time {
    /// The axis of a run of `case`.
    pub(super) fn of(case: &Case) -> Self {
        Self {
            horizon_min: case.resolved.setup.horizon.as_minutes(),
            start_clock_h: case.scenario.clock_h(),
        }
    }

    fn x(self, minute: f64) -> f64 {
        LEFT + minute / self.horizon_min.max(1.0) * (WIDTH - LEFT - RIGHT)
    }

    /// The time of day at `minute`, such as `23:05`.
    pub(super) fn clock(self, minute: f64) -> String {
        let hour = (self.start_clock_h + minute / 60.0).rem_euclid(24.0);
        format!("{:02.0}:{:02.0}", hour.floor(), (hour.fract() * 60.0).floor())
    }

    /// Full hours to label: at most about twelve.
    fn hours(self) -> Vec<(f64, String)> {
        let hours = self.horizon_min / 60.0;
        let step = [1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 168.0];
        let step = step.into_iter().find(|step| hours / step <= 12.0).unwrap_or(1000.0);
        let count = (hours / step).floor() as usize;
        let label = |i: usize| {
            let hour = i as f64 * step;
            let clock = (self.start_clock_h + hour).rem_euclid(24.0);
            let minutes = (clock.fract() * 60.0).round();
            (hour * 60.0, format!("{:02.0}:{minutes:02.0}", clock.floor()))
        };
        (0..=count).map(label).collect()
    }
}

/// A round step that divides `range` into about five.
fn round_step(range: f64) -> f64 {
    let rough = (range / 5.0).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= rough).unwrap_or(10.0);
    factor * power
}

/// A chart of `lines`, with what happened marked along its top. Where lines coincide, the later
/// lies thinner on the earlier, so that both are seen.
pub(super) fn lines(
    label: &str,
    time: Time,
    lines: &[Line],
    levels: &[Level],
    ticks: &[Tick],
) -> Markup {
    let values = lines.iter().flat_map(|line| line.points.iter().map(|point| point.1));
    let top = values.filter(|v| v.is_finite()).fold(0.0f64, f64::max).max(1e-6) * 1.05;
    let step = round_step(top);
    let y = |value: f64| HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP);
    let marks = (0..).map(|i| f64::from(i) * step).take_while(|mark| *mark <= top);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            @for mark in marks {
                line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(round(y(mark))) y2=(round(y(mark))) {}
                text.axis x=(LEFT - 6.0) y=(round(y(mark))) text-anchor="end" { (short(mark)) }
            }
            (hours(time, HEIGHT - BOTTOM))
            @for level in levels.iter().filter(|level| level.at < top) {
                line.level x1=(LEFT) x2=(WIDTH - RIGHT) y1=(round(y(level.at))) y2=(round(y(level.at))) {}
                text.axis x=(WIDTH - RIGHT) y=(round(y(level.at) - 3.0)) text-anchor="end" { (level.label) }
            }
            @for (at, line) in lines.iter().enumerate() {
                polyline fill="none" stroke=(line.style.colour)
                    stroke-width=(round(1.2 + 0.8 * (lines.len() - 1 - at) as f64))
                    stroke-dasharray=[line.style.dashed.then_some("5 4")]
                    points=(points(line, time, y)) { title { (line.label) } }
            }
            @for tick in ticks { (mark(time, tick, TOP + 6.0)) }
        }
    }
}

fn mark(time: Time, tick: &Tick, y: f64) -> Markup {
    let x = round(time.x(tick.at_min));
    html! {
        @match tick.kind {
            "attack" => path.attack d=(format!("M{} {}l8 0l-4 8z", x - 4.0, y - 6.0)) { title { (tick.text) } },
            "act" => circle.act cx=(x) cy=(y - 2.0) r="3.5" { title { (tick.text) } },
            "fault" => rect.fault x=(x - 3.0) y=(y - 6.0) width="6" height="8" { title { (tick.text) } },
            _ => line.alarm x1=(x) x2=(x) y1=(y - 7.0) y2=(y + 3.0) { title { (tick.text) } },
        }
    }
}

fn points(line: &Line, time: Time, y: impl Fn(f64) -> f64) -> String {
    let finite = line.points.iter().filter(|point| point.1.is_finite());
    let point = |&(at, value): &(f64, f64)| format!("{},{}", round(time.x(at)), round(y(value)));
    finite.map(point).collect::<Vec<_>>().join(" ")
}

fn hours(time: Time, bottom: f64) -> Markup {
    html! {
        @for (minute, label) in time.hours() {
            line.grid x1=(round(time.x(minute))) x2=(round(time.x(minute))) y1=(TOP) y2=(bottom) {}
            text.axis x=(round(time.x(minute))) y=(bottom + 16.0) text-anchor="middle" { (label) }
        }
    }
}

/// A row of ticks for each arm: what the adversary did, what people did, what broke.
pub(super) fn ticks(time: Time, rows: &[String], ticks: &[Tick]) -> Markup {
    let height = TOP + 22.0 * rows.len() as f64 + BOTTOM;
    let y = |row: usize| TOP + 22.0 * row as f64 + 14.0;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="timeline" {
            (hours(time, height - BOTTOM))
            @for (row, label) in rows.iter().enumerate() {
                text.row x="0" y=(y(row) + 2.0) { (label) }
            }
            @for tick in ticks { (mark(time, tick, y(tick.row))) }
        }
    }
}

/// A value with its interval, one row each, from `from` to `until`.
pub(super) fn intervals(rows: &[(String, f64, [f64; 2])], (from, until): (f64, f64)) -> Markup {
    let left = 330.0;
    let x = |value: f64| round(left + (value - from) / (until - from) * (WIDTH - left - RIGHT));
    let height = TOP + 24.0 * rows.len() as f64 + BOTTOM;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="values with intervals" {
            @for tenth in 0..=10 {
                @let value = from + (until - from) * f64::from(tenth) / 10.0;
                line.grid x1=(x(value)) x2=(x(value)) y1=(TOP) y2=(height - BOTTOM) {}
                text.axis x=(x(value)) y=(height - 8.0) text-anchor="middle" { (short(value)) }
            }
            @if from < 0.0 { line.zero x1=(x(0.0)) x2=(x(0.0)) y1=(TOP) y2=(height - BOTTOM) {} }
            @for (row, (label, value, [low, high])) in rows.iter().enumerate() {
                @let y = TOP + 24.0 * row as f64 + 14.0;
                text.row x="4" y=(y + 4.0) { (label) }
                line.interval x1=(x(*low)) x2=(x(*high)) y1=(y) y2=(y) {}
                circle.act cx=(x(*value)) cy=(y) r="4" { title { (format!("{value:.4} [{low:.4}, {high:.4}]")) } }
            }
        }
    }
}

/// A share with its interval at a place of an axis.
pub(super) struct Point {
    pub(super) at: f64,
    pub(super) share: f64,
    pub(super) interval: [f64; 2],
    pub(super) text: String,
}

/// Shares over an axis from 0 to `until`, one series beside the other where they coincide.
pub(super) fn shares(label: &str, until: f64, series: &[(Style, Vec<Point>)]) -> Markup {
    let x = |at: f64| LEFT + at / until * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP));
    let step = round_step(until * 0.5);
    let marks = (0..).map(|i| f64::from(i) * step).take_while(|mark| *mark <= until);
    let beside = |at: usize| 9.0 * (at as f64 - (series.len() as f64 - 1.0) / 2.0);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            @for fifth in 0..=5 {
                @let share = f64::from(fifth) / 5.0;
                line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y(share)) y2=(y(share)) {}
                text.axis x=(LEFT - 6.0) y=(y(share)) text-anchor="end" { (short(share)) }
            }
            @for mark in marks {
                line.grid x1=(round(x(mark))) x2=(round(x(mark))) y1=(TOP) y2=(HEIGHT - BOTTOM) {}
                text.axis x=(round(x(mark))) y=(HEIGHT - BOTTOM + 16.0) text-anchor="middle" { (short(mark)) }
            }
            @for (number, (style, points)) in series.iter().enumerate() {
                @for point in points {
                    @let at = round(x(point.at) + beside(number));
                    line x1=(at) x2=(at) y1=(y(point.interval[0])) y2=(y(point.interval[1])) stroke=(style.colour) stroke-width="2" {}
                    circle cx=(at) cy=(y(point.share)) r="4" fill=(style.colour) { title { (point.text) } }
                }
            }
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn short(value: f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}
