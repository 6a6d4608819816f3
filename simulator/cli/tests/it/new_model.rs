//! A model to begin from. That it builds and runs is tried by CI: it takes a compiler.

use std::process::Command;

fn new(dir: &std::path::Path, name: &str) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medtwin"));
    command.args(["model", "new", "--", name]).current_dir(dir).output().expect("medtwin runs")
}

#[test]
fn a_new_model_has_its_name_and_what_it_is_built_on() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(new(dir.path(), "my-monitor").status.success());
    let read =
        |file: &str| std::fs::read_to_string(dir.path().join("my-monitor").join(file)).expect(file);
    assert!(read("Cargo.toml").contains("name = \"my-monitor\""));
    assert!(read("README.md").contains("release/my_monitor.wasm"));
    assert!(read("sdk/Cargo.toml").contains("wit-bindgen = "));
    assert!(read("sdk/Cargo.toml").contains("sha2 = "));
    let contract = include_str!("../../../../device-models/wit/device.wit");
    assert_eq!(read("wit/device.wit"), contract);
}

#[test]
fn names_that_are_no_crate_or_lead_elsewhere_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("taken")).expect("made");
    for name in ["../x", "/x", "A", "", "x y", "-x", "taken", "medtwin-sdk", &"x".repeat(65)] {
        let output = new(dir.path(), name);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("help"), "{name}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).expect("read").count(), 1, "nothing was made");
}
