//! OSV records: what is affected is mended in a later version, if in any.

use medtwin::doors::advisory;
use semver::Version;

const VERSIONS: [&str; 6] =
    ["0.0.0-0", "0.9.9", "1.0.0-rc.1", "1.0.0", "1.2.3", "18446744073709551615.0.0"];

pub(super) fn good() -> Vec<Vec<u8>> {
    let record = |affected: &str| {
        format!(
            r#"{{"id":"RUSTSEC-2026-0001","modified":"2026-01-01T00:00:00Z","withdrawn":null,"aliases":["CVE-2026-1"],
"summary":"words","severity":[{{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}],
"affected":[{{"package":{{"ecosystem":"crates.io","name":"a"}},"versions":["1.2.3"],"ranges":[{affected}]}}]}}"#
        )
    };
    let ranges = [
        r#"{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.0"},{"introduced":"2.0.0-rc.1"},{"last_affected":"2.4.0"}]}"#,
        r#"{"type":"ECOSYSTEM","events":[{"introduced":"1.0.0"},{"limit":"*"}]},{"type":"GIT","events":[{"introduced":"abc"}]}"#,
    ];
    ranges.map(|range| record(range).into_bytes()).to_vec()
}

pub(super) fn open(input: &[u8]) {
    for version in VERSIONS.map(|text| Version::parse(text).expect("a version")) {
        match advisory(input, "a", &version) {
            Ok((_, Some(fixed))) => assert!(fixed > version, "{fixed} is after {version}"),
            Ok((_, None)) => {}
            Err(why) => assert!(!why.is_empty()),
        }
    }
}
