//! What a run and a drill leave in a directory: the plan, traces, results, reports.

use medtwin_engine::seed::Seed;
use serde_json::Value;

use crate::arms::{ArmName, ArmResult, Arms, Steps};
use crate::bundle::Asked;
use crate::case::Case;
use crate::pcap::Capture;
use crate::problem::Problems;
use crate::recorded::{self, Header, Recorder};
use crate::report;
use crate::run::Done;
use crate::write::Out;

/// What is left beside traces and results.
#[derive(Clone, Copy, Default)]
pub(crate) struct More {
    /// The traces as lines of JSON.
    pub(crate) lines: bool,
    /// What was on each link, as pcapng.
    pub(crate) pcap: bool,
}

/// Runs the arms and leaves the trace of each that has one, and what else is wanted.
pub(crate) fn traces(
    out: &Out,
    case: &Case,
    arms: &Arms,
    (seed, steps): (Seed, Steps),
    more: More,
) -> Result<Vec<ArmResult>, Problems> {
    let resolved = &case.resolved;
    let header = |arm: &ArmName| {
        let rules = arms.names().find(|(name, _)| *name == arm).map_or(&[][..], |(_, r)| r);
        Header::of(arm, rules, &resolved.setup, &resolved.steps)
    };
    let recorder = |arm: &ArmName| {
        let lines = more.lines.then(Vec::new);
        let capture = more.pcap.then(|| Capture::new(out, arm, &resolved.setup));
        let kept = arm.is_traced().then(|| Recorder::create(out, arm, &header(arm)));
        ((kept, lines), capture)
    };
    let (results, sinks) = arms.run_into(seed, steps, true, recorder);
    arms.check_kept()?;
    for (result, ((recorder, lines), capture)) in results.iter().zip(sinks) {
        capture.map_or(Ok(()), Capture::finish)?;
        if let Some(recorder) = recorder {
            recorder.finish()?;
        }
        if let Some(entries) = lines {
            recorded::write_lines(out, &header(&result.name), &entries)?;
        }
    }
    Ok(results)
}

/// Leaves the plan, report.html and run.json beside the traces; run.json last, since it says that all
/// is there.
pub(crate) fn results(
    out: &Out,
    case: &Case,
    asked: &Asked,
    done: &Done,
    json: &Value,
) -> Result<(), Problems> {
    case.bundle.save(out, asked)?;
    out.write("report.html", report::of_run(case, &done.results, json).as_bytes())?;
    out.write("run.json", format!("{json:#}\n").as_bytes())
}
