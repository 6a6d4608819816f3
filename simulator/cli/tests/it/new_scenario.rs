//! A scenario to begin from: it runs and holds as it is, and nothing is ever written over.

use std::path::Path;
use std::process::{Command, Output};

use crate::medtwin;

/// Runs `medtwin` in `dir`, where nobody is at a terminal.
fn within(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medtwin"));
    command.args(arguments).current_dir(dir).output().expect("medtwin runs")
}

#[track_caller]
fn check_refused(dir: &Path, more: &[&str], words: &[&str]) {
    let output = within(dir, &[&["scenario", "new"], more].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

/// The sites of the library, each with the attacks it brings.
fn attacks() -> Vec<(String, String)> {
    let sites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/sites");
    let names = |dir: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(dir).into_iter().flatten();
        let stem = |entry: std::fs::DirEntry| {
            entry.path().file_stem().map(|s| s.to_string_lossy().into_owned())
        };
        entries.filter_map(|entry| stem(entry.ok()?)).collect()
    };
    let of = |site: String| {
        let attacks = names(&sites.join(&site).join("attacks"));
        attacks.into_iter().map(move |attack| (site.clone(), attack))
    };
    names(&sites).into_iter().flat_map(of).collect()
}

#[test]
fn every_attack_of_every_site_runs_and_holds_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let all = attacks();
    assert!(all.len() >= 5, "{all:?}");
    for (site, attack) in &all {
        let name = format!("{site}-{attack}");
        let made = within(
            dir.path(),
            &["scenario", "new", "--site", site, "--attack", attack, "--out", &name],
        );
        assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
        let verified = within(dir.path(), &["verify", &name]);
        let said = String::from_utf8_lossy(&verified.stdout);
        assert!(
            verified.status.success() && said.ends_with("1 passed, 0 failed\n"),
            "{name}: {said}"
        );
        let readme =
            std::fs::read_to_string(dir.path().join(&name).join("README.md")).expect("a README");
        let rows = readme.lines().filter(|line| line.starts_with("| `")).count();
        assert!(rows > 0 && readme.contains(&format!("medtwin run {name}")), "{readme}");
    }
}

#[test]
fn a_title_and_a_patient_are_taken_as_they_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let title = "A \"child\" at home \\ 100 %";
    let made = within(
        dir.path(),
        &[
            "scenario",
            "new",
            "--site",
            "home",
            "--patient",
            "child#001",
            "--title",
            title,
            "--out",
            "child",
        ],
    );
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let checked = within(dir.path(), &["scenario", "check", "child", "--format", "json"]);
    let checked: serde_json::Value = serde_json::from_slice(&checked.stdout).expect("JSON");
    assert_eq!(checked["title"], title);
    assert!(within(dir.path(), &["verify", "child"]).status.success());
}

#[test]
fn nothing_is_written_over_and_nothing_half_is_left() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("taken")).expect("made");
    std::fs::write(dir.path().join("file"), "mine").expect("written");
    let home = ["--site", "home"];
    for out in ["taken", "file", "../x y", ".", "..", "/", "", "a/..", "x\ny", &"x".repeat(65)] {
        check_refused(dir.path(), &[&home[..], &["--out", out]].concat(), &["help"]);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", dir.path().join("link")).expect("linked");
        check_refused(dir.path(), &[&home[..], &["--out", "link"]].concat(), &["there already"]);
        std::fs::remove_file(dir.path().join("link")).expect("removed");
    }
    let long = "x".repeat(201);
    for title in ["", "two\nlines", "\u{1b}[31m", long.as_str()] {
        check_refused(
            dir.path(),
            &["--site", "home", "--out", "x", "--title", title],
            &["is no title"],
        );
    }
    let patient = ["--site", "home", "--out", "x", "--patient", "nobody"];
    check_refused(dir.path(), &patient, &["whom the model does not have"]);
    check_refused(dir.path(), &["--site", "moon", "--out", "x"], &["no site `moon`", "home"]);
    check_refused(dir.path(), &["--site", "../home", "--out", "x"], &["no site"]);
    let attack = ["--site", "home", "--out", "x", "--attack", "../none"];
    check_refused(dir.path(), &attack, &["brings no attack", "forged-bolus"]);
    let left: Vec<_> = std::fs::read_dir(dir.path()).expect("read").collect();
    assert_eq!(left.len(), 2, "nothing was made: {left:?}");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    check_refused(dir.path(), &[], &["there is no `--site`, and nobody to ask", "home"]);
    check_refused(dir.path(), &["--site", "home"], &["there is no `--out`"]);
}

#[test]
fn the_help_and_the_list_teach() {
    let help = medtwin(&["scenario", "new", "--help"]).stdout;
    let help = String::from_utf8_lossy(&help);
    assert!(help.contains("Examples:") && help.contains("medtwin verify my-child"), "{help}");
    let listed = medtwin(&["list"]).stdout;
    let listed = String::from_utf8_lossy(&listed);
    for site in ["home", "fleet"] {
        let is = |line: &str| line.starts_with("site") && line.contains(site);
        assert!(listed.lines().any(is), "{site}: {listed}");
    }
}
