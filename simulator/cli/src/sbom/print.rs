//! What people read of advisories.

use comfy_table::Table;

use super::finding::Finding;
use super::stock::{Device, Stock};
use super::{Matched, Reach};
use crate::case::Case;
use crate::write::say;

/// Prints what was found, by rank, and what could not be asked.
pub(super) fn findings(case: &Case, stock: &Stock, matched: &Matched) {
    let Matched { pack, read, findings, .. } = matched;
    say!(
        "{} under {pack}: {} advisories, {} withdrawn; {} about a library of a device",
        case.name(),
        read.records.len(),
        read.withdrawn,
        findings.len()
    );
    if !findings.is_empty() {
        say!("\n{}\n", table(stock, matched));
    }
    for (device, reach) in unknown(stock, &matched.reaches) {
        say!("{device}, may {}; reached by {}", reach.worst(), reach.reached_by());
    }
    say!("by name and version: whether a device calls what is at fault is not known");
}

fn table(stock: &Stock, matched: &Matched) -> Table {
    let mut table = crate::table::plain();
    table.set_header(["", "advisory", "library", "mended in", "device", "it may", "reached by"]);
    for (finding, rank) in matched.findings.iter().zip(1..) {
        table.add_row(row(stock, &matched.reaches[finding.device], finding, rank));
    }
    table
}

fn row(stock: &Stock, reach: &Reach, finding: &Finding, rank: usize) -> [String; 7] {
    let device = &stock.devices[finding.device];
    let library = &stock.run_by(device).libraries()[finding.library];
    [
        rank.to_string(),
        format!("{}\n{}", finding.id, plain(&finding.summary)),
        format!("{} {}", library.name, library.version),
        finding.fixed.as_ref().map_or("no version".to_owned(), ToString::to_string),
        device.name.clone(),
        reach.worst(),
        reach.reached_by().to_owned(),
    ]
}

/// One line of a text from elsewhere, which cannot move a terminal's cursor.
pub(super) fn plain(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The devices of which nothing can be said, and why.
fn unknown<'a>(
    stock: &'a Stock,
    reaches: &'a [Reach],
) -> impl Iterator<Item = (String, &'a Reach)> {
    let why = |(device, reach): (&'a Device, &'a Reach)| {
        let why = stock.run_by(device).list.as_ref().err()?;
        Some((format!("{}: dependencies unknown, {}", device.name, plain(why)), reach))
    };
    stock.devices.iter().zip(reaches).filter_map(why)
}
