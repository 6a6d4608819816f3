//! Scenarios, sites, packs and models: embedded in this program, or in a directory.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use include_dir::{Dir as Embedded, include_dir};
use medtwin_artifacts::{ALL, Artifact};
use medtwin_engine::manifest::Manifest;

use crate::problem::Problems;

static SCENARIOS: Embedded<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");
static PACKS: Embedded<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policies/library");

/// The longest text that is read [bytes].
const MAX_TEXT_BYTES: u64 = 1 << 20;

/// A directory of text files: part of this program, or opened on disk and not to be left.
pub(crate) enum Shelf {
    Embedded(&'static Embedded<'static>),
    Disk(Dir),
    /// Not yet on any disk.
    Written(BTreeMap<String, String>),
}

impl Shelf {
    /// The file's text, if there is such a file.
    pub(crate) fn read(&self, file: &str) -> Result<Option<String>, Problems> {
        match self {
            Self::Embedded(dir) => {
                let found = dir.get_file(dir.path().join(file));
                Ok(found.and_then(include_dir::File::contents_utf8).map(str::to_owned))
            }
            Self::Written(files) => Ok(files.get(file).cloned()),
            Self::Disk(dir) => match read(dir, file, MAX_TEXT_BYTES) {
                Ok(bytes) => String::from_utf8(bytes)
                    .map(Some)
                    .map_err(|_| unreadable(file, "it is not text in UTF-8")),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unreadable(file, &error.to_string())),
            },
        }
    }
}

impl Shelf {
    /// The text of a file that `what` needs.
    pub(crate) fn need(&self, what: &str, name: &str, file: &str) -> Result<String, Problems> {
        self.read(file)?.ok_or_else(|| {
            let help = match what {
                "pack" => "a pack is a directory with policy.cedar, envelope.toml, controls.toml",
                _ => "a scenario is a directory with a scenario.toml",
            };
            Problems::one(format!("{what} `{name}` has no {file}"), help)
        })
    }

    /// The directory `name` below this one; no path leads out of it.
    fn below(&self, name: &str) -> Option<Self> {
        match self {
            Self::Embedded(dir) => dir.get_dir(dir.path().join(name)).map(Self::Embedded),
            Self::Disk(dir) => dir.open_dir(name).ok().map(Self::Disk),
            Self::Written(_) => None,
        }
    }
}

fn unreadable(file: &str, why: &str) -> Problems {
    let help = "files lie in their own directory, and are text in UTF-8 of at most 1 MiB";
    Problems::one(format!("cannot read `{file}`: {why}"), help)
}

/// Reads a regular file below `dir`, of at most `most` bytes.
pub(crate) fn read(dir: &Dir, file: &str, most: u64) -> std::io::Result<Vec<u8>> {
    let meta = dir.metadata(file)?;
    let invalid = |why: String| std::io::Error::new(ErrorKind::InvalidData, why);
    if !meta.is_file() {
        return Err(invalid("it is not a file".to_owned()));
    }
    if meta.len() > most {
        return Err(invalid(format!("it is larger than {most} bytes")));
    }
    let mut bytes = Vec::new();
    dir.open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The last part of a name or path.
pub(crate) fn short(name: &str) -> &str {
    name.trim_end_matches('/').rsplit('/').next().unwrap_or(name)
}

fn find(
    what: &str,
    name: &str,
    embedded: &'static Embedded<'static>,
    known: &[String],
) -> Result<Shelf, Problems> {
    if known.iter().any(|own| own == name)
        && let Some(dir) = embedded.get_dir(embedded.path().join(name))
    {
        return Ok(Shelf::Embedded(dir));
    }
    let path = Path::new(name);
    let path = if path.is_file() { path.parent().unwrap_or(path) } else { path };
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    Dir::open_ambient_dir(path, ambient_authority()).map(Shelf::Disk).map_err(|_| {
        let help = format!("the library has: {}; or give a directory", known.join(", "));
        Problems::one(format!("there is no {what} `{name}`"), help)
    })
}

/// The scenario called `name`, or in the directory `name`.
pub(crate) fn scenario(name: &str) -> Result<Shelf, Problems> {
    find("scenario", name, &SCENARIOS, &scenario_names())
}

/// The pack called `name`, or in the directory `name`.
pub(crate) fn pack(name: &str) -> Result<Shelf, Problems> {
    find("pack", name, &PACKS, &pack_names())
}

/// The pack that a scenario names: one of the library, or in a directory below its own. Only a
/// command line may name any directory.
pub(crate) fn pack_of(scenario: &Shelf, name: &str) -> Result<Shelf, Problems> {
    let known = pack_names();
    if known.iter().any(|own| own == name) {
        return pack(name);
    }
    scenario.below(name).ok_or_else(|| {
        let help = format!(
            "the library has: {}; or give a directory below the scenario's own",
            known.join(", ")
        );
        Problems::one(format!("the scenario has no pack `{name}`"), help)
    })
}

/// A text of the library.
pub(crate) fn text(kind: &str, name: &str, file: &str) -> Option<String> {
    let shelf = match kind {
        "scenario" => scenario(name),
        "site" => site(name),
        _ => pack(name),
    };
    shelf.ok()?.read(file).ok()?
}

/// The manifest of a device model of the library.
pub(crate) fn manifest(name: &str) -> Option<Manifest> {
    Manifest::parse(artifact(name)?.manifest?).ok()
}

/// The manifests of all device models of the library.
pub(crate) fn manifests() -> Vec<Manifest> {
    artifact_names(true).iter().filter_map(|name| manifest(name)).collect()
}

/// The site called `name`; a scenario cannot name one outside the library.
pub(crate) fn site(name: &str) -> Result<Shelf, Problems> {
    let known = site_names();
    let found = SCENARIOS.get_dir(format!("sites/{name}")).filter(|_| known.contains(&name.into()));
    found.map(Shelf::Embedded).ok_or_else(|| {
        let help = format!("the library has: {}", known.join(", "));
        Problems::one(format!("there is no site `{name}`"), help)
    })
}

/// An attack that a site brings, for a scenario to begin from.
pub(crate) struct Attack {
    pub(crate) name: String,
    /// What it is, in a line.
    pub(crate) about: String,
    /// The scenario, without its title and its site.
    pub(crate) text: String,
}

/// The attacks that the site `name` brings, in the order of their names; `none` is the last.
pub(crate) fn attacks(name: &str) -> Result<Vec<Attack>, Problems> {
    site(name)?;
    let dir = SCENARIOS.get_dir(format!("sites/{name}/attacks"));
    let one = |file: &include_dir::File<'_>| {
        let text = file.contents_utf8()?;
        let (about, text) = text.strip_prefix("# ")?.split_once('\n')?;
        let name = file.path().file_stem()?.to_str()?;
        Some(Attack { name: name.to_owned(), about: about.to_owned(), text: text.to_owned() })
    };
    let mut all: Vec<_> = dir.into_iter().flat_map(|dir| dir.files()).filter_map(one).collect();
    all.sort_by(|a, b| (a.name == "none", &a.name).cmp(&(b.name == "none", &b.name)));
    Ok(all)
}

/// The device model or the adversary's component called `name`.
pub(crate) fn artifact(name: &str) -> Option<&'static Artifact> {
    ALL.iter().find(|artifact| artifact.name == name)
}

fn directories(dir: &Embedded<'_>) -> Vec<String> {
    let names = dir.dirs().filter_map(|d| d.path().file_name()?.to_str().map(str::to_owned));
    let mut names: Vec<_> = names.filter(|name| name != "sites").collect();
    names.sort_unstable();
    names
}

/// The scenarios of the library.
pub(crate) fn scenario_names() -> Vec<String> {
    directories(&SCENARIOS)
}

/// The sites of the library.
pub(crate) fn site_names() -> Vec<String> {
    SCENARIOS.get_dir("sites").map(directories).unwrap_or_default()
}

/// The packs of the library.
pub(crate) fn pack_names() -> Vec<String> {
    directories(&PACKS)
}

/// The device models of the library, or, without manifest, what an adversary may install.
pub(crate) fn artifact_names(with_manifest: bool) -> Vec<String> {
    let of_kind = ALL.iter().filter(|artifact| artifact.manifest.is_some() == with_manifest);
    of_kind.map(|artifact| artifact.name.to_owned()).collect()
}
