//! The page to look back on a drill with: what happened, what would have, and what each act changed.

use maud::{Markup, html};
use medtwin_engine::adversary::Act;
use medtwin_engine::input::{Action, Input, take_effect};
use medtwin_engine::outcome::harm_models;
use medtwin_engine::patient::severity_word;

use super::chart::{self, Level, Line, Style, Tick, Time};
use super::page::{page as shell, table};
use super::run::{glucose, insulin, number};
use crate::ablation::worst_severity;
use crate::arms::{ArmResult, Played};
use crate::case::Case;

/// Level-2 hypoglycaemia [mg/dL] (ADA/EASD consensus): from here on, time to harm.
const HARM_BELOW_MG_DL: f64 = 54.0;

/// The three runs that are laid over one another, on the same draws.
struct Curves<'a> {
    clean: &'a ArmResult,
    nobody: &'a ArmResult,
    team: &'a ArmResult,
}

impl<'a> Curves<'a> {
    fn of(results: &'a [ArmResult]) -> Option<Self> {
        let find = |attack: bool, played: Played| {
            results.iter().find(|r| r.name.attack == attack && r.name.played == played)
        };
        Some(Self {
            clean: find(false, Played::Nobody)?,
            nobody: find(true, Played::Nobody)?,
            team: find(true, Played::All)?,
        })
    }

    fn named(&self) -> [(&'static str, &'a ArmResult, Style); 3] {
        let style = |colour, dashed| Style { colour, dashed };
        [
            ("nobody acted", self.nobody, style("#d55e00", false)),
            ("what the team did", self.team, style("#0072b2", false)),
            ("no attack", self.clean, style("#009e73", true)),
        ]
    }
}

pub(super) fn page(case: &Case, results: &[ArmResult]) -> Markup {
    let time = Time::of(case);
    let name = case.name();
    let body = html! {
        p.watermark { b { "EXERCISE" } " · nothing here happened to anybody · severity by " (harm_models(&case.resolved.setup)) }
        h1 { "After the drill: " (case.scenario.title) }
        p { code { (name) } " · policy " code { (case.reference()) } " · "
            (team(case).count()) " acts of the team" }
        @match Curves::of(results) {
            Some(curves) => (looked_back(case, time, results, &curves)),
            None => p { "the drill has no curves" },
        }
        h2 { "To see it again" }
        p { "The directory of this drill replays without people: " code { "medtwin replay DIR" } ". "
            "report.html beside this page shows displays and every trace." }
    };
    shell(&format!("After the drill: {name} · medtwin"), body)
}

fn looked_back(case: &Case, time: Time, results: &[ArmResult], curves: &Curves<'_>) -> Markup {
    let ticks = ticks(case, time, curves);
    html! {
        @for who in case.scenario.patient.keys() {
            h2 { "True glucose of " (who) " [mg/dL]" }
            (legend(curves))
            (lines("true glucose", glucose, who, time, curves, &ticks))
            h2 { "Insulin that reached " (who) ", summed [U]" }
            (lines("insulin", insulin, who, time, curves, &ticks))
            h2 { "How it ended" }
            (endings(who, curves))
            h2 { "How fast" }
            (times(case, who, time, curves))
        }
        h2 { "What each act changed" }
        p { "Each row is the drill run again without that one act, on the same draws; the wearer's hands
            stay the team's. What the instructor started is part of the attack, in every run." }
        (acts(case, time, results, curves))
    }
}

fn legend(curves: &Curves<'_>) -> Markup {
    html! {
        p.legend { @for (label, _, style) in curves.named() {
            span {
                svg viewBox="0 0 36 10" aria-hidden="true" { line x1="0" x2="36" y1="5" y2="5"
                    stroke=(style.colour) stroke-width="3"
                    stroke-dasharray=[style.dashed.then_some("5 4")] {} }
                " " (label)
            }
        } }
        p { "▼ attack · ● act of the team, at the time it was given" }
    }
}

fn lines(
    label: &str,
    series: fn(&ArmResult, &str) -> Vec<(f64, f64)>,
    who: &str,
    time: Time,
    curves: &Curves<'_>,
    ticks: &[Tick],
) -> Markup {
    let line = |(label, result, style): (&str, &ArmResult, Style)| Line {
        label: label.to_owned(),
        style,
        points: series(result, who),
    };
    let levels = [Level { at: HARM_BELOW_MG_DL, label: "54" }, Level { at: 70.0, label: "70" }];
    let levels = if label == "insulin" { &[][..] } else { &levels[..] };
    chart::lines(label, time, &curves.named().map(line), levels, ticks)
}

fn ticks(case: &Case, time: Time, curves: &Curves<'_>) -> Vec<Tick> {
    let attacks = curves.team.outcome.marks.iter().filter(|mark| mark.kind == "attack");
    let attacks =
        attacks.map(|m| Tick { row: 0, at_min: m.at_min, kind: "attack", text: m.text.clone() });
    let act = |input: &Input| {
        let at_min = input.at().as_minutes();
        let text = format!("{} {}", time.clock(at_min), input.action);
        let kind = if input.action.is_of_team() { "act" } else { "attack" };
        Tick { row: 0, at_min, kind, text }
    };
    attacks.chain(case.inputs.iter().map(act)).collect()
}

fn metric(result: &ArmResult, part: &str, who: &str) -> Option<f64> {
    result.outcome.metrics.get(&format!("SAF.{part}.{who}")).copied()
}

fn endings(who: &str, curves: &Curves<'_>) -> Markup {
    let row = |(label, result, _): (&str, &ArmResult, Style)| {
        let severity = metric(result, "severity", who).unwrap_or(0.0);
        let get = |id: &str| result.outcome.metrics.get(id).copied();
        vec![
            label.to_owned(),
            format!("{severity:.0} {}", severity_word(severity)),
            number(metric(result, "min_glucose_mg_dl", who), 0),
            number(metric(result, "minutes_below_54", who), 0),
            number(metric(result, "minutes_above_250", who), 0),
            number(get("INT-1.forged_u"), 1),
            number(get("COST.key_presses"), 0),
            number(get("COST.seconds"), 0),
        ]
    };
    let header = [
        "run",
        "severity",
        "lowest glucose [mg/dL]",
        "below 54 [min]",
        "above 250 [min]",
        "forged [U]",
        "key presses",
        "seconds at devices",
    ];
    table(&header, 2, &curves.named().map(row))
}

/// What the team did, each act with its number among all inputs.
fn team(case: &Case) -> impl Iterator<Item = (usize, &Input)> {
    (1..).zip(case.inputs.iter()).filter(|(_, input)| input.action.is_of_team())
}

/// The first minute from `since` on that is below the level of harm.
fn harm_at(result: &ArmResult, who: &str, since: f64) -> Option<f64> {
    let minutes = (0..).map(f64::from).zip(result.outcome.glucose.get(who)?);
    let mut harmful = minutes.filter(|(at, glucose)| *at >= since && **glucose < HARM_BELOW_MG_DL);
    harmful.next().map(|(at, _)| at)
}

/// Whether an act keeps the pump from obeying commands; what it does to this attack, its last effect
/// says.
const fn stops(action: &Action) -> bool {
    matches!(action, Action::Suspend | Action::RemoteOff | Action::ReplacePump)
}

/// When the wearer stopped the pump by themself.
fn stopped_alone(case: &Case, result: &ArmResult) -> Option<f64> {
    let given: Vec<f64> = case.inputs.iter().map(|input| input.at().as_minutes()).collect();
    let is_own = |at: f64| !given.iter().any(|given| (given - at).abs() < 1e-9);
    let suspends = result.outcome.marks.iter().filter(|m| m.kind == "act" && m.text == "suspend");
    suspends.map(|mark| mark.at_min).find(|at| is_own(*at))
}

/// When the attack first did more than listen.
fn tried_at(result: &ArmResult) -> Option<f64> {
    let silent: Vec<String> = result
        .setup
        .steps()
        .filter(|(_, step)| matches!(step.act, Act::Listen { .. }))
        .flat_map(|(_, step)| ["attempt", "learned"].map(|word| format!("{}: {word}", step.text)))
        .collect();
    let marks = result.outcome.marks.iter().filter(|mark| mark.kind == "attack");
    marks.filter(|mark| !silent.contains(&mark.text)).map(|mark| mark.at_min).next()
}

/// When the attack was first tried and first took effect, when people acted, when harm began.
fn times(case: &Case, who: &str, time: Time, curves: &Curves<'_>) -> Markup {
    let Some(tried) = tried_at(curves.team).or_else(|| tried_at(curves.nobody)) else {
        return html! { p { "The attack was not tried before the run was over." } };
    };
    let [with, without] = [curves.team, curves.nobody].map(|result| result.outcome.effect_min);
    let began = with.or(without).map_or(tried, |(first, _)| first);
    // What was done before the first try still stands at it: the last of that, if nothing came after.
    let since = |times: Vec<f64>| {
        let times: Vec<f64> = times.into_iter().filter(|at| *at <= time.horizon_min).collect();
        times.iter().copied().find(|at| *at >= tried).or(times.last().copied())
    };
    let given = team(case).map(|(_, input)| input.at().as_minutes()).collect();
    let done = case.inputs.iter().zip(take_effect(&case.inputs));
    let stopping = done.filter(|(input, _)| stops(&input.action)).map(|(_, at)| at.as_minutes());
    let rows = [
        ("the attack's first try, listening aside", Some(tried)),
        ("its first effect, with the team", with.map(|(first, _)| first)),
        ("its first effect, had nobody acted", without.map(|(first, _)| first)),
        ("the team's first act since the first try, or its last before", since(given)),
        ("stopping: an act that can stop a command took effect", since(stopping.collect())),
        ("the wearer stopped the pump by themself", stopped_alone(case, curves.team)),
        ("the attack's last effect, with the team", with.map(|(_, last)| last)),
        ("harm (below 54 mg/dL), with the team", harm_at(curves.team, who, tried)),
        ("harm, had nobody acted", harm_at(curves.nobody, who, tried)),
    ];
    let row = |(what, at): (&str, Option<f64>)| {
        let clock = at.map_or("never".to_owned(), |at| time.clock(at));
        vec![what.to_owned(), clock, number(at.map(|at| at - began), 1)]
    };
    html! {
        p { (verdict(with.is_some(), without.is_some())) " An effect is a device that accepts what the
            intent denies, or another component in its place; what it delivers comes after. An act that can stop
            a command over the radio does not stop everybody: the attack's last effect says whether it did." }
        (table(&["moment", "time", "minutes after the first effect"], 2, &rows.map(row)))
    }
}

fn verdict(with: bool, without: bool) -> &'static str {
    match (with, without) {
        (true, _) => "The attack took effect.",
        (false, true) => {
            "The team kept the attack from taking effect; minutes are from when it would have."
        }
        (false, false) => {
            "The attack had no effect, with the team or without; minutes are from its first try."
        }
    }
}

fn acts(case: &Case, time: Time, results: &[ArmResult], curves: &Curves<'_>) -> Markup {
    if team(case).next().is_none() {
        return html! { p { "Nobody acted." } };
    }
    let row = |(number, input): (usize, &Input)| {
        let without = results.iter().find(|r| r.name.played == Played::Without(number));
        let because = without
            .map_or("not looked at".to_owned(), |without| changed(case, curves.team, without));
        let takes = format!("{:.0} s", input.action.seconds());
        vec![time.clock(input.at().as_minutes()), input.action.to_string(), takes, because]
    };
    let rows: Vec<_> = team(case).map(row).collect();
    table(&["time", "act", "takes", "because of it"], 4, &rows)
}

/// What one act changed, in words: the drill, less the drill without it.
fn changed(case: &Case, team: &ArmResult, without: &ArmResult) -> String {
    let mut told = Vec::new();
    for who in case.scenario.patient.keys() {
        for (part, what, unit) in [
            ("minutes_below_54", "below 54 mg/dL", "min"),
            ("minutes_above_250", "above 250 mg/dL", "min"),
            ("min_glucose_mg_dl", "lowest glucose", "mg/dL"),
        ] {
            let both = metric(team, part, who).zip(metric(without, part, who));
            let by = both.map_or(0.0, |(with, without)| with - without);
            if by.abs() >= 0.5 {
                told.push(format!("{what} {by:+.0} {unit}"));
            }
        }
    }
    let severity = worst_severity(team) - worst_severity(without);
    if severity.abs() > 0.0 {
        told.push(format!("severity {severity:+.0}"));
    }
    if told.is_empty() { "nothing that is measured here".to_owned() } else { told.join(" · ") }
}
