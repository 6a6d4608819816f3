//! Hearts and their implants as a whole program shows them.

use crate::{medtwin, path, run, step};

/// CVE-2019-6538 is of use to nobody while the radio is off, whatever controls there are.
#[test]
fn an_icd_without_any_control_is_written_to_only_while_its_radio_is_on() {
    let ran = run("conexus-implant-write", &["--arm", "as-sold/attack"]);
    let fared = |id: &str| {
        let step = step(&ran, "as-sold/attack", id);
        (step["attempts"].as_u64(), step["succeeded"].as_u64())
    };
    for early in ["too-early", "write-too-early"] {
        assert_eq!(fared(early), (Some(1), Some(0)), "{early}");
    }
    for in_time in ["wake", "open", "write", "stolen-monitor-writes"] {
        assert_eq!(fared(in_time), (Some(1), Some(1)), "{in_time}");
    }
}

#[test]
fn a_report_shows_the_seconds_in_which_the_attack_reached_the_heart_and_the_same_without_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let output = medtwin(&["run", "abbott-pacemaker-auth-bypass", "--out", path(&dir)]);
    assert_eq!(output.status.code(), Some(0));
    let report = std::fs::read_to_string(dir.path().join("report.html")).expect("a report");
    assert!(report.contains("Lead II of paul [mV]"));
    let part = |from: &str, until: &str| {
        let found = report.split(from).nth(1).unwrap_or_else(|| panic!("no {from}"));
        found.split(until).next().unwrap_or_default().to_owned()
    };
    let as_sold = part("<h3>as-sold: from ", "</h3>");
    assert!(as_sold.ends_with(" on the heart goes another way"), "{as_sold}");
    assert!(report.contains("beat for beat: implants-hardened, implants-field-mitigated"));
    let strip = |arm: &str| part(&format!("aria-label=\"lead II, {arm}\""), "</svg>");
    let (attacked, clean) = (strip("as-sold/attack"), strip("as-sold/clean"));
    // The pacemaker goes on as if nothing were amiss: only beats are missing.
    for (strip, name) in [(&attacked, "attacked"), (&clean, "clean")] {
        for marker in [">AS<", ">VP<"] {
            assert!(strip.contains(marker), "{name}: no {marker}");
        }
        assert!(strip.contains("<polyline"), "{name}");
    }
    assert_ne!(attacked, clean);
    assert!(!report.contains("<h3>pm/marker</h3>"), "markers are no curve of a display");
}
