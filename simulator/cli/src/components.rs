//! Components, compiled once each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use medtwin_host::{ComponentRecipe, LoadError, MAX_COMPONENT_BYTES, Sandbox};
use sha2::{Digest as _, Sha256};

use crate::problem::Problems;

/// A sandbox, and the components that were compiled in it, by digest.
#[derive(Default)]
pub(crate) struct Components {
    sandbox: Sandbox,
    compiled: Mutex<BTreeMap<[u8; 32], Arc<ComponentRecipe>>>,
}

impl Components {
    /// The device that these bytes are.
    pub(crate) fn compile(&self, bytes: &[u8]) -> Result<Arc<ComponentRecipe>, LoadError> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recipe) = compiled.get(&digest) {
            return Ok(Arc::clone(recipe));
        }
        let recipe = Arc::new(self.sandbox.load(bytes)?);
        tracing::debug!(bytes = bytes.len(), "compiled a component");
        compiled.insert(digest, Arc::clone(&recipe));
        Ok(recipe)
    }

    /// The device in a file, a component or the core module of one, and the component's bytes.
    pub(crate) fn open(&self, file: &Path) -> Result<(Vec<u8>, Arc<ComponentRecipe>), Problems> {
        let name = file.display();
        let meta = std::fs::metadata(file)
            .map_err(|error| Problems::one(format!("cannot read `{name}`: {error}"), ""))?;
        if !meta.is_file() {
            return Err(Problems::one(format!("`{name}` is not a file"), "give a .wasm file"));
        }
        if meta.len() > MAX_COMPONENT_BYTES as u64 {
            let help = "build with opt-level \"s\", lto and strip";
            let message = format!("`{name}` is larger than {MAX_COMPONENT_BYTES} bytes");
            return Err(Problems::one(message, help));
        }
        let bytes = std::fs::read(file)
            .map_err(|error| Problems::one(format!("cannot read `{name}`: {error}"), ""))?;
        let refused = |error: LoadError| Problems::one(format!("`{name}`: {error}"), error.help());
        let component = medtwin_host::component(&bytes).map_err(refused)?.into_owned();
        let recipe = self.compile(&component).map_err(refused)?;
        Ok((component, recipe))
    }
}
