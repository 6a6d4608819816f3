//! Builds every device model to a component, so that a fresh machine needs no step before `cargo run`,
//! and writes into each what it is built from.

mod dependencies;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const MODELS: [&str; 25] = [
    "insulin-pump",
    "insulin-pump-remote",
    "cgm",
    "pump-implant",
    "pump-implant-wide",
    "ring-node",
    "updater",
    "updater-implant",
    "update-server",
    "handset",
    "patient-monitor",
    "central-station",
    "interface-engine",
    "pacemaker",
    "icd",
    "pacemaker-programmer",
    "home-monitor",
    "remote-care-server",
    "pca-pump",
    "large-volume-pump",
    "syringe-pump",
    "docking-gateway",
    "pump-server",
    "pca-interlock",
    "monitor-implant",
];
const TARGET: &str = "wasm32-unknown-unknown";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    for watched in [
        "wit",
        "sdk",
        "controllers",
        "frames",
        "hl7",
        "implant",
        "infusion",
        "session",
        "vitals",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed=../{watched}");
    }
    println!("cargo::rerun-if-changed=dependencies.rs");
    ensure_target();
    let modules = MODELS.map(|model| {
        println!("cargo::rerun-if-changed=../{model}");
        build(model, &out)
    });
    // After the build, which has fetched what the lock file names.
    let metadata = dependencies::metadata("..".as_ref(), TARGET);
    for (model, module) in MODELS.iter().zip(modules) {
        let mut component = encode(&module);
        dependencies::append(&mut component, &metadata, model);
        fs::write(out.join(format!("{model}.wasm")), component).expect("OUT_DIR is writable");
    }
}

/// Adds the WebAssembly target where it is missing, and says so.
fn ensure_target() {
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let printed =
        Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    let dir = printed.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    if dir.is_ok_and(|dir| Path::new(&dir).is_dir()) {
        return;
    }
    println!("cargo::warning=the target {TARGET} is missing: running `rustup target add {TARGET}`");
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    assert!(
        added.is_ok_and(|status| status.success()),
        "\n\nThe device models need the target {TARGET}. Type:\n\n    rustup target add {TARGET}\n\n"
    );
}

/// Runs a nested cargo with a target directory of its own: the outer one is locked. All builds of this
/// crate, those of clippy and for fuzzing too, share it. Paths are remapped, so that a component is the
/// same bytes wherever it is built.
fn build(model: &str, out: &Path) -> PathBuf {
    let root = fs::canonicalize("..").expect("the models are beside this crate");
    let home = env::var("CARGO_HOME").unwrap_or_default();
    let mut flags = vec!["-Clink-arg=-zstack-size=32768".to_owned()];
    flags.push(format!("--remap-path-prefix={}=/medtwin", root.display()));
    if !home.is_empty() {
        flags.push(format!("--remap-path-prefix={home}=/cargo"));
    }
    // OUT_DIR is target/PROFILE/build/CRATE/out.
    let target = out.ancestors().nth(3).unwrap_or(out).join("components");
    let status = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"))
        .current_dir(&root)
        .args(["build", "--release", "--locked", "--target", TARGET, "--package", model])
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .expect("cargo starts");
    assert!(status.success(), "building the device model `{model}` failed");
    target.join(TARGET).join("release").join(format!("{}.wasm", model.replace('-', "_")))
}

fn encode(module: &Path) -> Vec<u8> {
    let bytes = fs::read(module).expect("the module was just built");
    wit_component::ComponentEncoder::default()
        .module(&bytes)
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("the module carries its world")
}
