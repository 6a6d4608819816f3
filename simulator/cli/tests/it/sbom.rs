//! What devices are made of, and what advisories are about it.

use std::path::Path;

use serde_json::{Value, json};

use crate::{FIRST, medtwin, path, run};

/// What the command prints, by bytes.
#[track_caller]
fn printed(arguments: &[&str]) -> Vec<u8> {
    let output = medtwin(&[&["sbom", FIRST], arguments].concat());
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    output.stdout
}

#[track_caller]
fn document(arguments: &[&str]) -> Value {
    serde_json::from_slice(&printed(arguments)).expect("JSON")
}

#[track_caller]
fn check_refused(arguments: &[&str], words: &[&str]) {
    let output = medtwin(&[&["sbom", FIRST], arguments].concat());
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    words.iter().for_each(|word| assert!(err.contains(word), "`{word}` is not in: {err}"));
}

/// The official schema, with the two that it refers to at hand.
#[track_caller]
fn check_valid(document: &Value) {
    let schema = |text: &str| serde_json::from_str::<Value>(text).expect("a schema");
    let at = |name: &str| format!("http://cyclonedx.org/schema/{name}");
    let spdx = schema(include_str!("../data/cyclonedx/spdx.schema.json"));
    let jsf = schema(include_str!("../data/cyclonedx/jsf-0.82.schema.json"));
    let bom = schema(include_str!("../data/cyclonedx/bom-1.6.schema.json"));
    let referred = [(at("spdx.schema.json"), &spdx), (at("jsf-0.82.schema.json"), &jsf)];
    let known = jsonschema::Registry::new().extend(referred).and_then(|all| all.prepare());
    let known = known.expect("schemas");
    let options = jsonschema::options().should_validate_formats(true).with_registry(&known);
    let validator = options.offline().build(&bom).expect("a schema");
    let wrong: Vec<_> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn each<'a>(document: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    document[list].as_array().expect("a list").iter()
}

fn of_type<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    each(document, "components").filter(|component| component["type"] == kind).collect()
}

fn property<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    let named = each(of, "properties").find(|property| property["name"] == name);
    named.and_then(|property| property["value"].as_str())
}

/// A directory with an advisory about versions of a crate.
fn advisory(name: &str, events: Value) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let record = json!({ "id": "RUSTSEC-2026-0001", "modified": "2026-01-01T00:00:00Z",
        "summary": "made up \u{1b}[2Jfor a test", "aliases": ["CVE-2026-0001"],
        "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
        "affected": [{ "package": { "ecosystem": "crates.io", "name": name },
            "ranges": [{ "type": "SEMVER", "events": events }] }] });
    std::fs::create_dir(dir.path().join("crates")).expect("made");
    leave(dir.path(), "crates/one.json", record.to_string().as_bytes());
    dir
}

fn leave(dir: &Path, file: &str, bytes: &[u8]) {
    std::fs::write(dir.join(file), bytes).expect("written");
}

/// Every device links sha2, which the SDK uses; this is an advisory about it.
fn of_sha2() -> tempfile::TempDir {
    advisory("sha2", json!([{ "introduced": "0" }, { "fixed": "0.10.999" }]))
}

/// Devices in the order of their rank.
#[track_caller]
fn ranked(pack: &str) -> Vec<(String, String)> {
    let dir = of_sha2();
    let document = document(&["--advisories", path(&dir), "--policy", pack, "--format", "json"]);
    check_valid(&document);
    let property = |of: &Value, name| property(of, name).expect("a property").to_owned();
    let one = |(found, rank): (&Value, usize)| {
        assert_eq!(property(found, "medtwin:rank"), rank.to_string());
        (property(found, "medtwin:device"), property(found, "medtwin:may"))
    };
    each(&document, "vulnerabilities").zip(1..).map(one).collect()
}

/// A pack of the library with other words in its rules.
fn changed_pack(pack: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/library").join(pack);
    let dir = tempfile::tempdir().expect("a directory");
    for file in ["policy.cedar", "envelope.toml", "controls.toml"] {
        let text = std::fs::read_to_string(library.join(file)).expect("a file of the library");
        let text = if file == "policy.cedar" { change(text) } else { text };
        leave(dir.path(), file, text.as_bytes());
    }
    dir
}

#[test]
fn the_document_is_valid_cyclonedx_1_6() {
    check_valid(&document(&[]));
    let broken = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}] });
    assert!(std::panic::catch_unwind(|| check_valid(&broken)).is_err(), "the schema is used");
}

#[test]
fn the_document_is_the_same_bytes_twice() {
    assert_eq!(printed(&[]), printed(&["--format", "json"]));
    let serial = |arguments: &[&str]| document(arguments)["serialNumber"].clone();
    assert_ne!(serial(&[]), serial(&["--advisories", path(&of_sha2()), "--format", "json"]));
}

#[test]
fn firmware_has_the_digest_that_a_run_tells() {
    let document = document(&[]);
    let run = run(FIRST, &[]);
    let firmware = of_type(&document, "firmware");
    for model in each(&run, "models") {
        let name = model["device"].as_str().expect("a name");
        let runs = each(&document, "dependencies").find(|d| d["ref"] == format!("device/{name}"));
        let runs = &runs.expect("a device")["dependsOn"][0];
        let found = firmware.iter().find(|own| own["bom-ref"] == *runs).expect("firmware");
        assert_eq!(found["hashes"][0]["content"], model["sha256"]);
    }
    assert_eq!(of_type(&document, "device").len(), 3);
}

#[test]
fn a_firmware_says_who_made_it_and_how_long_they_mend_it() {
    let document = document(&[]);
    for firmware in of_type(&document, "firmware") {
        assert_eq!(firmware["supplier"]["name"], "medtwin");
        assert_eq!(firmware["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(property(firmware, "medtwin:support-end"), Some("2027-12-31"));
    }
}

#[test]
fn libraries_are_those_that_run_in_the_component() {
    let document = document(&[]);
    let libraries = of_type(&document, "library");
    let named = |name: &str| libraries.iter().find(|library| library["name"] == name);
    let purl = named("sha2").expect("the SDK uses it")["purl"].as_str().expect("a purl");
    assert!(purl.starts_with("pkg:cargo/sha2@0.10."), "{purl}");
    let own = named("medtwin-sdk").expect("the SDK");
    assert!(own.get("purl").is_none() && property(own, "medtwin:source") == Some("local"));
    for builds in ["syn", "wit-bindgen-rust-macro", "version_check", "libc"] {
        assert!(named(builds).is_none(), "{builds} does not run in a component");
    }
    let references: Vec<_> = each(&document, "components").map(|c| &c["bom-ref"]).collect();
    for dependency in each(&document, "dependencies") {
        let known = |on: &Value| references.contains(&on);
        assert!(each(dependency, "dependsOn").all(known), "{dependency}");
    }
}

#[test]
fn a_component_without_a_list_has_unknown_dependencies() {
    let hostile = medtwin_hostile::all().into_iter().find(|one| one.name == "leak");
    let dir = tempfile::tempdir().expect("a directory");
    leave(dir.path(), "leak.wasm", &hostile.expect("a module").module);
    let model = format!("cgm={}/leak.wasm", path(&dir));
    let found = document(&["--model", &model]);
    check_valid(&found);
    let firmware = of_type(&found, "firmware");
    let other = firmware.iter().find(|own| property(own, "medtwin:replaced") == Some("true"));
    let other = other.expect("what was put in its place");
    assert!(other.get("supplier").is_none() && other.get("version").is_none());
    let why = property(other, "medtwin:dependencies").expect("why");
    assert_eq!(why, "unknown: it has no section `.dep-v0`");
    let unknown = each(&found, "compositions").find(|one| one["aggregate"] == "unknown");
    assert_eq!(unknown.expect("one")["dependencies"], json!([other["bom-ref"]]));
    let told = printed(&["--model", &model, "--advisories", path(&of_sha2())]);
    let told = String::from_utf8(told).expect("text");
    assert!(told.contains("cgm: dependencies unknown, it has no section"), "{told}");
}

#[test]
fn an_advisory_about_a_dependency_is_found() {
    let dir = of_sha2();
    let told = String::from_utf8(printed(&["--advisories", path(&dir)])).expect("text");
    assert!(told.contains("3 about a library of a device"), "{told}");
    assert!(told.contains("RUSTSEC-2026-0001") && told.contains("0.10.999"), "{told}");
    assert!(!told.contains('\u{1b}'), "an advisory moves no cursor");
}

#[test]
fn an_advisory_that_is_mended_in_what_is_used_is_not_found() {
    for events in [
        json!([{ "introduced": "0" }, { "fixed": "0.10.1" }]),
        json!([{ "introduced": "0" }, { "last_affected": "0.9.9" }]),
        json!([{ "introduced": "0.11.0" }]),
    ] {
        let dir = advisory("sha2", events);
        let found = document(&["--advisories", path(&dir), "--format", "json"]);
        assert_eq!(found["vulnerabilities"], json!([]));
    }
    let dir = advisory("medtwin-sdk", json!([{ "introduced": "0" }]));
    let found = document(&["--advisories", path(&dir), "--format", "json"]);
    assert_eq!(found["vulnerabilities"], json!([]), "a crate of our own is not that of crates.io");
}

#[test]
fn what_reaches_the_patient_comes_first_and_the_policy_decides_what_does() {
    let sold = ranked("as-sold");
    let devices = |ranked: &[(String, String)]| -> Vec<String> {
        ranked.iter().map(|(device, _)| device.clone()).collect()
    };
    assert_eq!(devices(&sold), ["pump", "remote", "cgm"]);
    assert_eq!(sold[0].1, "sets basal, bolus, which reaches the patient, whenever it likes");
    let hardened = ranked("hardened");
    let held = "sets basal, bolus, which reaches the patient, where `no-silent-dose` lets it";
    assert_eq!(hardened[0], ("pump".to_owned(), held.to_owned()));
    // A pump that is not lent its hardware does not start: its flaws are the least of these.
    let less = changed_pack("hardened", |text| {
        let (grant, to_nobody) =
            ("insulin-pump\", action == Action::\"actuator", "cgm\", action == Action::\"actuator");
        text.replace(grant, to_nobody)
    });
    let less = ranked(path(&less));
    assert_eq!(devices(&less), ["remote", "cgm", "pump"]);
    assert!(less[2].1.contains("imports `actuator`, which nothing grants"), "{less:?}");
}

#[test]
fn a_pack_says_who_gets_a_frame_to_what_is_affected() {
    let dir = of_sha2();
    let reached = |pack: &str| {
        let arguments = ["--advisories", path(&dir), "--policy", pack, "--format", "json"];
        let found = document(&arguments);
        let by = each(&found, "vulnerabilities").map(|one| property(one, "medtwin:reached-by"));
        by.map(|by| by.expect("words").to_owned()).collect::<Vec<_>>()
    };
    let anybody = "anybody on its links";
    assert_eq!(reached("as-sold"), [anybody; 3]);
    let key = "who has a key of its links";
    assert_eq!(reached("hardened"), [key, key, "nobody"]);
}

#[test]
fn files_that_are_no_osv_records_are_refused_by_name() {
    let dir = tempfile::tempdir().expect("a directory");
    check_refused(&["--advisories", path(&dir)], &["no OSV record below", "ossf.github.io"]);
    for (bytes, why) in [
        (&b"{"[..], "EOF"),
        (b"[]", "is no OSV record"),
        (b"\xff\xfe", "is no OSV record"),
        (br#"{"bomFormat":"CycloneDX"}"#, "missing field `id`"),
        (br#"{"id":"X-1"}"#, "missing field `modified`"),
        (&[b'['; 100_000], "is no OSV record"),
        (&vec![b' '; (4 << 20) + 1], "larger than 4194304 bytes"),
    ] {
        leave(dir.path(), "odd.json", bytes);
        check_refused(&["--advisories", path(&dir)], &["odd.json", why]);
    }
    let odd = r#"{"id":"X-1","modified":"","affected":[{"ranges":[{"type":"\u001b[2J"}]}]}"#;
    leave(dir.path(), "odd.json", odd.as_bytes());
    let output = medtwin(&["sbom", FIRST, "--advisories", path(&dir)]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("unknown variant") && !err.contains('\u{1b}'), "{err}");
    leave(dir.path(), "other.json", b"{}");
    check_refused(&["--advisories", path(&dir)], &["odd.json", "other.json"]);
    check_refused(&["--advisories", "/nowhere"], &["/nowhere"]);
    check_refused(&["--policy", "no-such-pack", "--advisories", path(&dir)], &["no-such-pack"]);
}

#[cfg(unix)]
#[test]
fn links_among_advisories_are_not_followed() {
    let outside = of_sha2();
    for name in ["one.json", "directory"] {
        let dir = tempfile::tempdir().expect("a directory");
        std::os::unix::fs::symlink(outside.path().join("crates"), dir.path().join(name))
            .expect("linked");
        check_refused(&["--advisories", path(&dir)], &[name, "is a link"]);
    }
}
