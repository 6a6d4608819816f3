//! `model new`: a crate to begin from, with all that it is built on.

use std::path::Path;

use crate::problem::Problems;
use crate::write::{Out, say};

/// The longest name of a model.
const MAX_NAME: usize = 64;

macro_rules! models {
    ($path:literal) => {
        include_str!(concat!("../../../device-models/", $path))
    };
}

/// Files in which `NAME` and `FILE` stand for the model's name and that of its module.
const TEMPLATE: [(&str, &str); 4] = [
    ("Cargo.toml", models!("template/Cargo.toml.in")),
    (".cargo/config.toml", models!("template/config.toml")),
    ("README.md", models!("template/README.md")),
    (".gitignore", "target\n"),
];

/// Files as they are.
const BUILT_ON: [(&str, &str); 6] = [
    ("src/lib.rs", models!("template/src/lib.rs")),
    ("Cargo.lock", models!("Cargo.lock")),
    ("wit/device.wit", models!("wit/device.wit")),
    ("sdk/src/lib.rs", models!("sdk/src/lib.rs")),
    ("frames/src/lib.rs", models!("frames/src/lib.rs")),
    ("frames/src/update.rs", models!("frames/src/update.rs")),
];

/// Makes the directory `name` with a model in it.
pub(crate) fn new(name: &str) -> Result<(), Problems> {
    check(name)?;
    let path = Path::new(name);
    if path.symlink_metadata().is_ok() {
        return Err(Problems::one(
            format!("`{name}` is there already"),
            "give another name, or make it elsewhere",
        ));
    }
    let out = Out::open(path)?;
    let file = name.replace('-', "_");
    for (path, text) in TEMPLATE {
        out.write(
            path,
            text.replace("NAME", name).replace("FILE.wasm", &format!("{file}.wasm")).as_bytes(),
        )?;
    }
    for (path, text) in BUILT_ON {
        out.write(path, text.as_bytes())?;
    }
    out.write("sdk/Cargo.toml", manifest("medtwin-sdk", &sdk_dependencies()).as_bytes())?;
    out.write("frames/Cargo.toml", manifest("medtwin-frames", "").as_bytes())?;
    say!("made {name}: its logic is src/lib.rs, and README.md explains it in ten minutes\n");
    say!("    cd {name}");
    say!("    cargo build --release --target wasm32-unknown-unknown");
    say!(
        "    medtwin run minimed-508-rf-control --model cgm=target/wasm32-unknown-unknown/release/{file}.wasm"
    );
    Ok(())
}

/// The name is that of a crate and of a directory here.
fn check(name: &str) -> Result<(), Problems> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(is_letter)
        && name.len() <= MAX_NAME
        && !["medtwin-sdk", "medtwin-frames", "test", "core", "std"].contains(&name);
    if is_name {
        return Ok(());
    }
    let help = format!("small letters, digits and `-`, at most {MAX_NAME}, such as `my-pump`");
    Err(Problems::one(format!("`{name}` is no name for a model"), help))
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"Apache-2.0\"\npublish = false\n\n\
        [dependencies]\n{dependencies}"
    )
}

/// What the SDK is built on, as the workspace of the library's models has it.
fn sdk_dependencies() -> String {
    let workspace = models!("Cargo.toml").lines();
    let is_one =
        |line: &&str| ["sha2 = ", "wit-bindgen = "].iter().any(|name| line.starts_with(name));
    workspace.filter(is_one).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_a_model_is_built_on_comes_with_it() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../device-models");
        for of in ["sdk/src", "frames/src"] {
            for file in std::fs::read_dir(models.join(of)).expect("a directory") {
                let name = file.expect("a file").file_name();
                let path = format!("{of}/{}", name.to_str().expect("UTF-8"));
                assert!(BUILT_ON.iter().any(|(own, _)| *own == path), "{path}");
            }
        }
    }
}
