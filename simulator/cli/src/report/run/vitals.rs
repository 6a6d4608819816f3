//! Patients who are not followed by their glucose: what they suffered, and their vital signs.

use maud::{Markup, html};

use super::{legend, number, style, ticks};
use crate::arms::ArmResult;
use crate::report::chart::{self, Level, Line, Time};
use crate::report::page::table;
use crate::table::{metric, rows as rows_of, safety_parts, severity};

/// Levels to compare a vital sign with: where monitors alarm as they are delivered (models.md 4.2).
const LEVELS: [(&str, &[Level]); 5] = [
    ("spo2", &[Level { at: 90.0, label: "90" }]),
    ("resp-rate", &[Level { at: 8.0, label: "8" }]),
    ("etco2", &[Level { at: 60.0, label: "60" }]),
    ("heart-rate", &[Level { at: 40.0, label: "40" }, Level { at: 150.0, label: "150" }]),
    ("map", &[Level { at: 50.0, label: "50" }]),
];

/// A row for each arm and patient: severity, then what is measured of them.
pub(super) fn summary(patients: &[&String], results: &[ArmResult]) -> Markup {
    let parts = safety_parts(patients, results);
    let mut header = vec!["arm", "patient", "severity", "unauthorised commands"];
    header.extend(parts.iter().map(String::as_str));
    let mut rows = Vec::new();
    for result in results {
        for who in rows_of(patients) {
            let of = |part: &str| result.outcome.metrics.get(&metric(part, who)).copied();
            let uca = result.outcome.metrics.get("INT-1.uca").copied();
            let severity = severity(result, who, patients.len());
            let who = who.cloned().unwrap_or_else(|| format!("all {}", patients.len()));
            let mut row = vec![result.name.to_string(), who, severity, number(uca, 0)];
            row.extend(parts.iter().map(|part| number(of(part), 1)));
            rows.push(row);
        }
    }
    table(&header, 3, &rows)
}

/// Each vital sign of `who`, arms over one another.
pub(super) fn charts(who: &str, time: Time, results: &[ArmResult]) -> Markup {
    let of = |result: &'_ ArmResult| result.outcome.vitals.get(who).cloned().unwrap_or_default();
    let mut names: Vec<String> = results.iter().flat_map(|r| of(r).into_keys()).collect();
    names.sort_unstable();
    names.dedup();
    let line = |result: &ArmResult, vital: &String| Line {
        label: result.name.to_string(),
        style: style(result, results),
        points: of(result).remove(vital).unwrap_or_default(),
    };
    let mut acts = ticks(results);
    acts.retain(|tick| matches!(tick.kind, "attack" | "act"));
    let levels = |vital: &String| {
        let found = LEVELS.iter().find(|(name, _)| name == vital);
        found.map_or(&[][..], |(_, levels)| levels)
    };
    html! {
        @if !names.is_empty() {
            h2 { "Vital signs of " (who) }
            (legend(results))
        }
        @for vital in &names {
            h3 { (vital) }
            (chart::lines(vital, time, &results.iter().map(|r| line(r, vital)).collect::<Vec<_>>(), levels(vital), &acts))
        }
    }
}
