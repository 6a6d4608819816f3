//! The device models of the library, for scenarios that name them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use medtwin_engine::device::Recipe;
use medtwin_engine::manifest::Manifest;
use medtwin_engine::resolve::{Component, Library, Model};
use medtwin_host::Sandbox;

/// Every component of the library, compiled once.
pub(crate) static MODELS: LazyLock<Models> = LazyLock::new(Models::new);

pub(crate) struct Models {
    pub(crate) sandbox: Sandbox,
    compiled: BTreeMap<&'static str, Compiled>,
}

struct Compiled {
    /// None of an attacker's component.
    manifest: Option<Arc<Manifest>>,
    recipe: Arc<dyn Recipe>,
    bytes: &'static [u8],
}

impl Models {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let one = |artifact: &medtwin_artifacts::Artifact| {
            let manifest = artifact.manifest.map(Manifest::parse).transpose().expect("a manifest");
            let recipe = sandbox.load(artifact.component).expect("a device model");
            let recipe: Arc<dyn Recipe> = Arc::new(recipe);
            let (manifest, bytes) = (manifest.map(Arc::new), artifact.component);
            (artifact.name, Compiled { manifest, recipe, bytes })
        };
        let compiled = medtwin_artifacts::ALL.iter().map(one).collect();
        Self { sandbox, compiled }
    }

    /// What runs as `name`.
    pub(crate) fn recipe(&self, name: &str) -> Option<&Arc<dyn Recipe>> {
        self.compiled.get(name).map(|compiled| &compiled.recipe)
    }

    fn names(&self) -> Vec<String> {
        self.compiled.keys().map(|name| (*name).to_owned()).collect()
    }
}

impl Library for Models {
    fn model(&self, name: &str) -> Result<Model, Vec<String>> {
        match self.compiled.get(name) {
            Some(Compiled { manifest: Some(manifest), recipe, .. }) => {
                Ok(Model { manifest: Arc::clone(manifest), recipe: Arc::clone(recipe) })
            }
            _ => Err(self.names()),
        }
    }

    fn replacement(&self, _: &str) -> Option<Arc<dyn Recipe>> {
        None
    }

    fn artefact(&self, name: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        self.recipe(name).cloned().ok_or_else(|| self.names())
    }

    fn component(&self, name: &str) -> Result<Component, Vec<String>> {
        let Compiled { manifest, recipe, bytes } =
            self.compiled.get(name).ok_or_else(|| self.names())?;
        let (recipe, bytes) = (Arc::clone(recipe), bytes.to_vec());
        Ok(Component { recipe, bytes, hostile: manifest.is_none() })
    }
}
