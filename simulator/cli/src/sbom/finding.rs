//! Advisories that are about a library of a device, ranked.

use std::collections::BTreeMap;

use semver::Version;

use super::advisories::Advisories;
use super::osv::Record;
use super::reach::Reach;
use super::stock::Stock;

/// An advisory about a library of a device.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) aliases: Vec<String>,
    /// The method of a score as CycloneDX names it, and its vector.
    pub(super) scores: Vec<(&'static str, String)>,
    /// By place in the stock.
    pub(super) device: usize,
    /// By place in the list of what the device runs.
    pub(super) library: usize,
    pub(super) fixed: Option<Version>,
}

/// Every finding; the worst device first, and of one device by advisory.
pub(super) fn ranked(stock: &Stock, read: &Advisories, reaches: &[Reach]) -> Vec<Finding> {
    let about = by_crate(read);
    let mut found = BTreeMap::new();
    for (place, device) in stock.devices.iter().enumerate() {
        for (at, library) in stock.run_by(device).libraries().iter().enumerate() {
            let records = about.get(&*library.name).filter(|_| library.is_of_crates_io());
            let affects = |record: &&&Record| record.affects(&library.name, &library.version);
            for record in records.into_iter().flatten().filter(affects) {
                let fixed = record.fixed_after(&library.name, &library.version);
                let key = (place, record.id.clone(), at);
                found.entry(key).or_insert_with(|| Finding::new(record, place, at, fixed));
            }
        }
    }
    let mut findings: Vec<Finding> = found.into_values().collect();
    findings.sort_by(|a, b| reaches[a.device].compare(&reaches[b.device]));
    findings
}

fn by_crate(read: &Advisories) -> BTreeMap<&str, Vec<&Record>> {
    let mut about: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &read.records {
        record.crates().for_each(|name| about.entry(name).or_default().push(record));
    }
    about
}

impl Finding {
    fn new(record: &Record, device: usize, library: usize, fixed: Option<Version>) -> Self {
        let scores = record.severity.iter().map(|s| (method(&s.kind, &s.score), s.score.clone()));
        Self {
            id: record.id.clone(),
            summary: record.summary.clone(),
            aliases: record.aliases.clone(),
            scores: scores.collect(),
            device,
            library,
            fixed,
        }
    }
}

/// How a score was made, as CycloneDX names it.
fn method(kind: &str, score: &str) -> &'static str {
    match kind {
        "CVSS_V2" => "CVSSv2",
        "CVSS_V3" if score.starts_with("CVSS:3.1/") => "CVSSv31",
        "CVSS_V3" => "CVSSv3",
        "CVSS_V4" => "CVSSv4",
        _ => "other",
    }
}
