//! What a component is built from: the custom section `.dep-v0` of cargo-auditable.
//!
//! The section holds the JSON of `auditable-serde`, compressed with zlib. It lists the crates whose code
//! can be in the component: normal dependencies for its target. Build scripts and procedural macros run on
//! the machine that builds, and are left out with all that only they need.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::process::Command;

use auditable_serde::{DependencyKind, Package, Source, VersionInfo};
use serde_json::Value;
use wasm_encoder::{ComponentSection as _, CustomSection};

const SECTION: &str = ".dep-v0";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// What zlib spends on size, of 10.
const LEVEL: u8 = 9;

/// What cargo knows of the workspace at `root`, for `target`.
pub(crate) fn metadata(root: &Path, target: &str) -> Value {
    let output = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"))
        .current_dir(root)
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target])
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

/// Appends the list of what `model` depends on to its component. The same lock file gives the same bytes.
pub(crate) fn append(component: &mut Vec<u8>, metadata: &Value, model: &str) {
    let list = Graph::of(metadata).list(model);
    let json = serde_json::to_vec(&list).expect("a list is JSON");
    let data = miniz_oxide::deflate::compress_to_vec_zlib(&json, LEVEL);
    CustomSection { name: SECTION.into(), data: data.into() }.append_to_component(component);
}

/// The packages of a workspace, and what each needs at run time, by id.
struct Graph<'a> {
    packages: BTreeMap<&'a str, &'a Value>,
    needs: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Value) -> Self {
        let packages: BTreeMap<_, _> =
            each(&metadata["packages"]).map(|package| (text(&package["id"]), package)).collect();
        let is_linked = |id: &&str| !is_macro(packages[id]);
        let needs = each(&metadata["resolve"]["nodes"]).map(|node| {
            let normal = each(&node["deps"]).filter(|dependency| is_normal(dependency));
            let ids = normal.map(|dependency| text(&dependency["pkg"])).filter(is_linked);
            (text(&node["id"]), ids.collect())
        });
        let needs = needs.collect();
        Self { packages, needs }
    }

    /// The list of `model`, by name and version.
    fn list(&self, model: &str) -> VersionInfo {
        let is_root = |id: &&&str| text(&self.packages[**id]["name"]) == model;
        let root = *self.packages.keys().find(is_root).expect("the model is of the workspace");
        let mut ids: Vec<_> = self.reached(root).into_iter().collect();
        ids.sort_by_key(|id| (text(&self.packages[id]["name"]), *id));
        let place = |id: &&str| ids.iter().position(|other| other == id);
        let package = |id: &&str| {
            let mut dependencies: Vec<_> = self.needs[id].iter().filter_map(place).collect();
            dependencies.sort_unstable();
            self.package(id, dependencies, *id == root)
        };
        VersionInfo { packages: ids.iter().map(package).collect(), format: 0 }
    }

    fn reached(&self, root: &'a str) -> BTreeSet<&'a str> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![root]);
        while let Some(id) = open.pop() {
            if reached.insert(id) {
                open.extend(&self.needs[id]);
            }
        }
        reached
    }

    fn package(&self, id: &str, dependencies: Vec<usize>, root: bool) -> Package {
        let package = self.packages[id];
        let version = text(&package["version"]).parse().expect("cargo writes versions");
        let (name, source) = (text(&package["name"]).to_owned(), source(&package["source"]));
        Package { name, version, source, kind: DependencyKind::Runtime, dependencies, root }
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().expect("cargo writes a list here").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo writes text here")
}

fn is_normal(dependency: &Value) -> bool {
    each(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null())
}

fn is_macro(package: &Value) -> bool {
    let mut kinds = each(&package["targets"]).flat_map(|target| each(&target["kind"]));
    kinds.any(|kind| text(kind) == "proc-macro")
}

fn source(source: &Value) -> Source {
    match source.as_str() {
        None => Source::Local,
        Some(CRATES_IO) => Source::CratesIo,
        Some(git) if git.starts_with("git+") => Source::Git,
        Some(_) => Source::Registry,
    }
}
