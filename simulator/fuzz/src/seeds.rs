//! What fuzzing begins from: good inputs, the corpus, what once failed, and the words of all of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::mutate::text;
use crate::{Door, Shape};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files called `name` below `dir`, in order.
pub(crate) fn files(dir: &str, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(dir)];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|file| file == name) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Inputs that reached code which no other did.
pub fn corpus(door: &Door) -> Vec<(PathBuf, Vec<u8>)> {
    below("corpus", door)
}

/// Inputs that once failed.
pub fn kept(door: &Door) -> Vec<(PathBuf, Vec<u8>)> {
    below("regressions", door)
}

/// All that mutations of a door begin from.
pub fn seeds(door: &Door) -> Vec<Vec<u8>> {
    let mut seeds = (door.good)();
    seeds.extend(corpus(door).into_iter().chain(kept(door)).map(|(_, input)| input));
    seeds.retain(|seed| seed.len() <= door.most);
    seeds
}

/// The words that inputs of a door are made of: those of its seeds, and of the grammar of scenarios.
pub fn dictionary(door: &Door) -> Vec<Vec<u8>> {
    if door.shape != Shape::Text {
        return Vec::new();
    }
    let mut words: BTreeSet<Vec<u8>> = BTreeSet::new();
    for seed in seeds(door) {
        words.extend(text::tokens(&seed).into_iter().map(|at| seed[at].to_vec()));
    }
    if door.name == "scenario" {
        keys(&medtwin_engine::scenario::schema(), &mut words);
    }
    words.retain(|word| (2..=48).contains(&word.len()));
    words.into_iter().collect()
}

/// The names of all properties of a JSON Schema.
fn keys(schema: &serde_json::Value, into: &mut BTreeSet<Vec<u8>>) {
    match schema {
        serde_json::Value::Object(object) => {
            if let Some(serde_json::Value::Object(properties)) = object.get("properties") {
                into.extend(properties.keys().map(|key| key.as_bytes().to_vec()));
            }
            object.values().for_each(|value| keys(value, into));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, into)),
        _ => {}
    }
}

fn below(dir: &str, door: &Door) -> Vec<(PathBuf, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir).join(door.name);
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let read = |path: PathBuf| std::fs::read(&path).ok().map(|bytes| (path, bytes));
    files.into_iter().filter_map(read).collect()
}
