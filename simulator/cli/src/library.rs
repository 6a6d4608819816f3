//! Models, packs, sites and scenarios: embedded in this program, or in a directory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use include_dir::{Dir as Embedded, include_dir};
use medtwin_engine::device::Recipe;
use medtwin_engine::manifest::Manifest;
use medtwin_engine::resolve::{self, Model};
use medtwin_host::{ComponentRecipe, Sandbox};
use medtwin_policy::{Pack, Source};

use crate::problem::Problems;

static SCENARIOS: Embedded<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");
static PACKS: Embedded<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policies/library");

/// Components compiled once, when first asked for.
#[derive(Default)]
pub(crate) struct Models {
    sandbox: Sandbox,
    compiled: [OnceLock<Arc<ComponentRecipe>>; medtwin_artifacts::ALL.len()],
    replacements: BTreeMap<String, Arc<dyn Recipe>>,
}

impl Models {
    /// Puts the component in `file` in the place of `device`'s own.
    pub(crate) fn replace(&mut self, device: &str, file: &Path) -> Result<(), Problems> {
        let recipe = self.load(file)?;
        self.replacements.insert(device.to_owned(), Arc::new(recipe));
        Ok(())
    }

    /// Loads a component from a file.
    pub(crate) fn load(&self, file: &Path) -> Result<ComponentRecipe, Problems> {
        let name = file.display();
        let size = std::fs::metadata(file).map(|meta| meta.len());
        let most = medtwin_host::MAX_COMPONENT_BYTES as u64;
        if size.is_ok_and(|size| size > most) {
            let help = "build with opt-level \"s\", lto and strip";
            return Err(Problems::one(format!("`{name}` is larger than {most} bytes"), help));
        }
        let bytes = std::fs::read(file)
            .map_err(|error| Problems::one(format!("cannot read `{name}`: {error}"), ""))?;
        self.sandbox
            .load(&bytes)
            .map_err(|error| Problems::one(format!("`{name}`: {error}"), error.help()))
    }

    fn compiled(&self, name: &str) -> Option<Arc<ComponentRecipe>> {
        let at = medtwin_artifacts::ALL.iter().position(|artifact| artifact.name == name)?;
        let recipe = self.compiled[at].get_or_init(|| {
            let loaded = self.sandbox.load(medtwin_artifacts::ALL[at].component);
            Arc::new(
                loaded.unwrap_or_else(|error| unreachable!("built with this program: {error}")),
            )
        });
        Some(Arc::clone(recipe))
    }
}

fn names(with_manifest: bool) -> Vec<String> {
    let all = medtwin_artifacts::ALL.iter();
    let of_kind = all.filter(|artifact| artifact.manifest.is_some() == with_manifest);
    of_kind.map(|artifact| artifact.name.to_owned()).collect()
}

/// The device models of the library.
pub(crate) fn model_names() -> Vec<String> {
    names(true)
}

impl resolve::Library for Models {
    fn model(&self, name: &str) -> Result<Model, Vec<String>> {
        let artifact = medtwin_artifacts::ALL.iter().find(|artifact| artifact.name == name);
        let manifest = artifact.and_then(|artifact| artifact.manifest).map(Manifest::parse);
        match (manifest, self.compiled(name)) {
            (Some(Ok(manifest)), Some(recipe)) => {
                Ok(Model { manifest: Arc::new(manifest), recipe })
            }
            _ => Err(names(true)),
        }
    }

    fn replacement(&self, device: &str) -> Option<Arc<dyn Recipe>> {
        self.replacements.get(device).cloned()
    }

    fn artefact(&self, name: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        let is_one = names(false).iter().any(|own| own == name);
        self.compiled(name)
            .filter(|_| is_one)
            .map_or_else(|| Err(names(false)), |recipe| Ok(recipe as _))
    }
}

/// A directory of text files: part of this program, or opened on disk and not to be left.
pub(crate) enum Shelf {
    Embedded(&'static Embedded<'static>),
    Disk(Dir),
}

impl Shelf {
    /// The file's text, if there is such a file.
    pub(crate) fn read(&self, file: &str) -> Result<Option<String>, Problems> {
        match self {
            Self::Embedded(dir) => {
                let found = dir.get_file(dir.path().join(file));
                Ok(found.and_then(include_dir::File::contents_utf8).map(str::to_owned))
            }
            Self::Disk(dir) => match dir.read_to_string(file) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Problems::one(
                    format!("cannot read `{file}`: {error}"),
                    "a scenario's files lie in its own directory, and are text in UTF-8",
                )),
            },
        }
    }
}

fn inside(dir: &'static Embedded<'static>, name: &str) -> Option<Shelf> {
    dir.get_dir(name).map(Shelf::Embedded)
}

/// The scenario called `name`, or in the directory `name`.
pub(crate) fn scenario(name: &str) -> Result<Shelf, Problems> {
    if let Some(shelf) = inside(&SCENARIOS, name).filter(|_| !name.contains('/') && name != "sites")
    {
        return Ok(shelf);
    }
    let path = Path::new(name);
    let path = if path.is_file() { path.parent().unwrap_or(path) } else { path };
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    Dir::open_ambient_dir(path, ambient_authority()).map(Shelf::Disk).map_err(|_| {
        let help = format!("the library has: {}; or give a directory", scenario_names().join(", "));
        Problems::one(format!("there is no scenario `{name}`"), help)
    })
}

/// The site called `name`.
pub(crate) fn site(name: &str) -> Option<Shelf> {
    inside(&SCENARIOS, &format!("sites/{name}"))
}

/// The pack called `name`.
pub(crate) fn pack(name: &str) -> Result<Pack, Problems> {
    let dir = PACKS.get_dir(name).map(Shelf::Embedded);
    let dir = match dir {
        Some(dir) => dir,
        None => {
            Dir::open_ambient_dir(name, ambient_authority()).map(Shelf::Disk).map_err(|_| {
                let help =
                    format!("the library has: {}; or give a directory", pack_names().join(", "));
                Problems::one(format!("there is no pack `{name}`"), help)
            })?
        }
    };
    let read = |file: &str| Ok(dir.read(file)?.unwrap_or_default());
    let (cedar, envelope, controls) =
        (read("policy.cedar")?, read("envelope.toml")?, read("controls.toml")?);
    let short = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let source = Source { name: short, cedar: &cedar, envelope: &envelope, controls: &controls };
    Pack::parse(source).map_err(|errors| {
        let text = |file: &str| match file {
            "policy.cedar" => cedar.clone(),
            "envelope.toml" => envelope.clone(),
            _ => controls.clone(),
        };
        Problems::of_pack(name, text, errors)
    })
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

/// The packs of the library.
pub(crate) fn pack_names() -> Vec<String> {
    directories(&PACKS)
}
