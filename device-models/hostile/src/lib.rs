//! Device modules that misbehave, each in one way: what tests of the sandbox run.
//!
//! A module is a text in `modules/`: its first line says what it does, its second the fault that
//! comes of it, or `none`. [`module`] puts `prelude.wat` before it, which imports all that the
//! contract offers, and adds the exports that it leaves out.
//!
//! Absent here: what is done about them.

use include_dir::{Dir, include_dir};

static MODULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/modules");
const PRELUDE: &str = include_str!("../prelude.wat");

/// What stands for an export that a module does not have.
const EXPORTS: [(&str, &str); 9] = [
    ("memory", r#"(memory (export "memory") 1)"#),
    (
        "cabi_realloc",
        r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))"#,
    ),
    ("start", r#"(func (export "start") (param i32 i32) (call $wake))"#),
    ("on-timer", r#"(func (export "on-timer") (param i32) (call $wake))"#),
    ("on-frame", r#"(func (export "on-frame") (param i32 i32 i32))"#),
    ("on-sense", r#"(func (export "on-sense") (param i32 f64))"#),
    ("on-input", r#"(func (export "on-input") (param i32 f64))"#),
    ("save", r#"(func (export "save") (result i32) (i32.const 16))"#),
    ("load", r#"(func (export "load") (param i32 i32))"#),
];

/// A module that misbehaves.
#[derive(Clone, Debug)]
pub struct Hostile {
    /// The file's name.
    pub name: String,
    /// What it does.
    pub what: String,
    /// The word of the fault that comes of it, if one does.
    pub fault: Option<String>,
    /// The core module.
    pub module: Vec<u8>,
}

/// All of them, by name.
///
/// # Panics
/// When a file of this directory is not what the text above says.
pub fn all() -> Vec<Hostile> {
    let mut all: Vec<_> = MODULES.files().map(|file| read(file.path(), text(file))).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn text<'a>(file: &'a include_dir::File<'a>) -> &'a str {
    file.contents_utf8().unwrap_or_else(|| panic!("{} is text", file.path().display()))
}

fn read(path: &std::path::Path, text: &str) -> Hostile {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut lines = text.lines();
    let mut says = |prefix| lines.next().and_then(|line| line.strip_prefix(prefix));
    let what = says(";; ").unwrap_or_else(|| panic!("{name} says what it does"));
    let fault = says(";; fault: ").unwrap_or_else(|| panic!("{name} says what comes of it"));
    let fault = (fault != "none").then(|| fault.to_owned());
    Hostile { what: what.to_owned(), fault, module: module(text), name }
}

/// A core module of the contract from its fields.
///
/// # Panics
/// When the text is no module.
pub fn module(fields: &str) -> Vec<u8> {
    let is_missing = |(name, _): &&(&str, &str)| !fields.contains(&format!("(export \"{name}\")"));
    let missing: String = EXPORTS.iter().filter(is_missing).map(|(_, text)| *text).collect();
    let text = format!("(module {PRELUDE} {missing}\n{fields})");
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
