//! From bytes to something a plan can hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use medtwin_engine::device::{Device, Fault, Interface, Recipe, Terms};
use sha2::{Digest as _, Sha256};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

use crate::capability;
use crate::device::{ComponentDevice, Guest};
use crate::wit::DevicePre;

/// The largest component that is loaded [bytes].
pub const MAX_COMPONENT_BYTES: usize = 8 << 20;
const PACKAGE: &str = "medtwin:device/";
const STACK_BYTES: usize = 256 << 10;

/// The compiler that all devices of a process share.
#[derive(Clone)]
pub struct Sandbox(Engine);

/// Bytes that are no device model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Larger than [`MAX_COMPONENT_BYTES`].
    #[error("the component has {bytes} bytes, and may have {MAX_COMPONENT_BYTES}")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// A core module that does not become a component of the contract.
    #[error("this core WebAssembly module is no device model: {0}")]
    CoreModule(String),
    /// Something else altogether.
    #[error("this is not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// An import of WASI.
    #[error("the component imports `{0}`: a device model has no WASI")]
    Wasi(String),
    /// An import from elsewhere.
    #[error("the component imports `{0}`, which is not in the device contract")]
    UnknownImport(String),
    /// Another contract, or another version of it.
    #[error("the component does not fit the device contract: {0}")]
    Contract(String),
}

impl LoadError {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "build with opt-level \"s\", lto and strip",
            Self::CoreModule(_) => {
                "export `memory`, `cabi_realloc` and the functions of device-models/wit, import no others"
            }
            Self::NotAComponent(_) => "give the .wasm file of a component",
            Self::Wasi(_) => "build for wasm32-unknown-unknown, and use the SDK's capabilities",
            Self::UnknownImport(_) | Self::Contract(_) => {
                "build against device-models/wit, package medtwin:device@0.1.0"
            }
        }
    }
}

impl Sandbox {
    /// A sandbox in which the same component takes the same steps on every machine.
    ///
    /// # Panics
    /// If this machine cannot run WebAssembly at all.
    pub fn new() -> Self {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .cranelift_nan_canonicalization(true)
            .wasm_component_model(true)
            .max_wasm_stack(STACK_BYTES)
            // Tens of thousands of memories live at a time. A mapping of its own for each, for the image in
            // it and for what it may grow into, would be more than a process may have: so they are plain
            // memory that lies side by side, which the kernel takes for few mappings.
            .memory_init_cow(false)
            .memory_reservation(128 << 10)
            .memory_reservation_for_growth(0)
            .memory_guard_size(0);
        Self(Engine::new(&config).expect("the configuration is valid on every supported machine"))
    }

    /// Checks and compiles a component. Precompiled code is not accepted.
    ///
    /// # Errors
    /// When the bytes are no device model.
    pub fn load(&self, bytes: &[u8]) -> Result<ComponentRecipe, LoadError> {
        if bytes.len() > MAX_COMPONENT_BYTES {
            return Err(LoadError::TooLarge { bytes: bytes.len() });
        }
        if wasmparser::Parser::is_core_wasm(bytes) {
            return Err(LoadError::CoreModule("it was not encoded as a component".to_owned()));
        }
        if !wasmparser::Parser::is_component(bytes) {
            return Err(LoadError::NotAComponent("it does not begin as one does".to_owned()));
        }
        let component = Component::from_binary(&self.0, bytes)
            .map_err(|error| LoadError::NotAComponent(format!("{:#}", error.root_cause())))?;
        let imports = imports(&self.0, &component)?;
        let recipe = ComponentRecipe {
            engine: self.0.clone(),
            component,
            digest: Sha256::digest(bytes).into(),
            words: imports.iter().map(|i| i.as_str().to_owned()).collect(),
            imports,
            linked: Arc::default(),
        };
        let all = BTreeSet::from(Interface::ALL);
        recipe
            .link(&all)
            .map_err(|error| LoadError::Contract(format!("{:#}", error.root_cause())))?;
        Ok(recipe)
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

/// The interfaces with functions that a component imports; one of types alone is no capability.
fn imports(engine: &Engine, component: &Component) -> Result<BTreeSet<Interface>, LoadError> {
    let mut found = BTreeSet::new();
    for (name, import) in component.component_type().imports(engine) {
        if name.starts_with("wasi:") {
            return Err(LoadError::Wasi(name.to_owned()));
        }
        let word = name.strip_prefix(PACKAGE).and_then(|rest| rest.split('@').next());
        if word == Some("types") {
            continue;
        }
        let interface =
            word.and_then(|word| Interface::ALL.into_iter().find(|i| i.as_str() == word));
        let interface = interface.ok_or_else(|| LoadError::UnknownImport(name.to_owned()))?;
        if let ComponentItem::ComponentInstance(instance) = import.ty {
            let has_functions = instance
                .exports(engine)
                .any(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
            if has_functions {
                found.insert(interface);
            }
        }
    }
    Ok(found)
}

type Linked = Arc<Mutex<BTreeMap<BTreeSet<Interface>, DevicePre<Guest>>>>;

/// A compiled component, from which devices are made.
pub struct ComponentRecipe {
    engine: Engine,
    component: Component,
    digest: [u8; 32],
    imports: BTreeSet<Interface>,
    words: Vec<String>,
    linked: Linked,
}

impl ComponentRecipe {
    /// Links what is lent, once for each set of interfaces.
    fn link(&self, lent: &BTreeSet<Interface>) -> wasmtime::Result<DevicePre<Guest>> {
        let mut linked = self.linked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(ready) = linked.get(lent) {
            return Ok(ready.clone());
        }
        let mut linker = Linker::new(&self.engine);
        capability::link(&mut linker, lent)?;
        let ready = DevicePre::new(linker.instantiate_pre(&self.component)?)?;
        linked.insert(lent.clone(), ready.clone());
        Ok(ready)
    }
}

impl Recipe for ComponentRecipe {
    fn build(&self, terms: &Terms) -> Result<Box<dyn Device>, Fault> {
        if let Some(import) = self.imports.difference(&terms.interfaces).next() {
            return Err(Fault::NotLent { import: import.as_str().to_owned() });
        }
        let start = |error: wasmtime::Error| Fault::Start(format!("{:#}", error.root_cause()));
        let ready = self.link(&terms.interfaces).map_err(start)?;
        Ok(Box::new(ComponentDevice::new(&self.engine, &ready, terms)?))
    }

    fn digest(&self) -> [u8; 32] {
        self.digest
    }

    fn imports(&self) -> &[String] {
        &self.words
    }
}
