//! A scenario with all that it names, ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::device::Recipe;
use medtwin_engine::input::Input;
use medtwin_engine::manifest::Manifest;
use medtwin_engine::resolve::{Component, Library, Model, Resolved, resolve};
use medtwin_engine::scenario::Scenario;
use medtwin_policy::{Intent, Pack, Source, Vocabulary};
use sha2::{Digest as _, Sha256};

use crate::bundle::{Bundle, INPUTS, Instead};
use crate::components::Components;
use crate::problem::Problems;
use crate::{expect, library, vocabulary};

/// A scenario with all that it names.
pub(crate) struct Case {
    pub(crate) bundle: Bundle,
    pub(crate) scenario: Scenario,
    pub(crate) resolved: Resolved,
    pub(crate) packs: BTreeMap<String, Pack>,
    pub(crate) sha256: [u8; 32],
    /// What people did, if it was a drill.
    pub(crate) inputs: Arc<[Input]>,
}

impl Case {
    /// Resolves a bundle; every mistake of its scenario at once.
    pub(crate) fn of(bundle: Bundle, components: &Components) -> Result<Self, Problems> {
        let scenario = bundle.scenario()?;
        let text = bundle.text("intent.cedar");
        let intent = Intent::parse(text)
            .map_err(|errors| Problems::of_pack("intent", |_| text.to_owned(), errors))?;
        let found = Found { bundle: &bundle, components };
        let resolved = resolve(&scenario, &intent, &found);
        let resolved = resolved.map_err(|errors| bundle.problems(errors))?;
        let known = known(&resolved);
        let strangers = intent.strangers(&known);
        if !strangers.is_empty() {
            return Err(Problems::of_pack("intent", |_| text.to_owned(), strangers));
        }
        let packs = bundle
            .packs()
            .into_iter()
            .map(|name| Ok((name.to_owned(), pack(&bundle, &resolved, &known, name)?)));
        let packs = packs.collect::<Result<_, Problems>>()?;
        let sha256 = Sha256::digest(bundle.text("scenario/scenario.toml")).into();
        let inputs = inputs(&bundle, &resolved)?;
        let case = Self { bundle, scenario, resolved, packs, sha256, inputs };
        let mistakes = expect::mistakes(&case);
        if mistakes.is_empty() { Ok(case) } else { Err(case.bundle.problems(mistakes)) }
    }

    /// A scenario of the library or a directory, with other packs in the place of its own if they are
    /// given.
    pub(crate) fn between(
        scenario: &str,
        reference: Option<&str>,
        candidate: Option<&str>,
        components: &Components,
    ) -> Result<Self, Problems> {
        let instead = Instead { reference, candidate, ..Instead::default() };
        Self::of(Bundle::gather(scenario, &instead)?, components)
    }

    pub(crate) fn name(&self) -> &str {
        &self.bundle.name
    }

    pub(crate) fn reference(&self) -> &str {
        &self.bundle.reference
    }

    pub(crate) fn candidate(&self) -> &str {
        &self.bundle.candidate
    }
}

/// The inputs of a drill, a line each; every one must be possible.
fn inputs(bundle: &Bundle, resolved: &Resolved) -> Result<Arc<[Input]>, Problems> {
    let one = |(line, text): (usize, &str)| {
        let wrong = |why: String| {
            let message = format!("{INPUTS}, line {}: {why}", line + 1);
            Problems::one(message, "give a directory that `medtwin drill` left")
        };
        let input: Input = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        input.node(&resolved.setup).map_err(|refused| wrong(refused.to_string()))?;
        Ok(input)
    };
    bundle.text(INPUTS).lines().enumerate().map(one).collect()
}

/// What rules may name: what any model of the library or of the scenario has, and its devices.
fn known(resolved: &Resolved) -> Vocabulary {
    let devices = || resolved.setup.nodes.iter().flat_map(|node| &node.devices);
    let own = devices().map(|device| &*device.manifest);
    let mut known = vocabulary::of(library::manifests().iter().chain(own));
    known.add("Device", devices().map(|device| device.text.as_str()));
    known
}

fn pack(
    bundle: &Bundle,
    resolved: &Resolved,
    known: &Vocabulary,
    name: &str,
) -> Result<Pack, Problems> {
    let text = |file: &str| bundle.text(&format!("packs/{name}/{file}"));
    let envelope = text("envelope.toml");
    let pack = parse_pack(name, text("policy.cedar"), envelope, text("controls.toml"), known)?;
    let devices = resolved.setup.nodes.iter().flat_map(|node| &node.devices);
    let models: BTreeMap<_, _> = devices.map(|d| (&d.manifest.name, &d.manifest)).collect();
    let misfits = models
        .iter()
        .flat_map(|(model, manifest)| pack.envelope().misfits(model, &manifest.actuators));
    let misfits: Vec<_> = misfits.collect();
    if misfits.is_empty() {
        return Ok(pack);
    }
    Err(Problems::of_pack(name, |_| envelope.to_owned(), misfits))
}

/// Reads a pack; every mistake at once.
pub(crate) fn parse_pack(
    name: &str,
    cedar: &str,
    envelope: &str,
    controls: &str,
    known: &Vocabulary,
) -> Result<Pack, Problems> {
    let wrong = |errors| {
        let text = |file: &str| match file {
            "policy.cedar" => cedar.to_owned(),
            "envelope.toml" => envelope.to_owned(),
            _ => controls.to_owned(),
        };
        Problems::of_pack(name, text, errors)
    };
    let pack = Pack::parse(Source { name, cedar, envelope, controls }).map_err(wrong)?;
    let strangers = pack.strangers(known);
    if strangers.is_empty() { Ok(pack) } else { Err(wrong(strangers)) }
}

/// What a bundle has, for `resolve`.
struct Found<'a> {
    bundle: &'a Bundle,
    components: &'a Components,
}

impl Found<'_> {
    fn compiled(&self, path: &str) -> Option<Arc<dyn Recipe>> {
        let recipe = self.components.compile(self.bundle.bytes(path)?).ok()?;
        Some(recipe)
    }
}

impl Library for Found<'_> {
    fn model(&self, name: &str) -> Result<Model, Vec<String>> {
        let manifest = Manifest::parse(self.bundle.text(&format!("models/{name}/model.toml")));
        let recipe = self.compiled(&format!("models/{name}/component.wasm"));
        match (manifest, recipe) {
            (Ok(manifest), Some(recipe)) => Ok(Model { manifest: Arc::new(manifest), recipe }),
            _ => Err(library::artifact_names(true)),
        }
    }

    fn replacement(&self, device: &str) -> Option<Arc<dyn Recipe>> {
        self.compiled(&format!("replacements/{device}.wasm"))
    }

    fn component(&self, name: &str) -> Result<Component, Vec<String>> {
        let path = format!("firmware/{name}.wasm");
        let hostile = library::artifact(name).is_none_or(|artifact| artifact.manifest.is_none());
        match (self.compiled(&path), self.bundle.bytes(&path)) {
            (Some(recipe), Some(bytes)) => Ok(Component { recipe, bytes: bytes.to_vec(), hostile }),
            _ => Err([true, false].map(library::artifact_names).concat()),
        }
    }

    fn artefact(&self, name: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        let recipe = self.compiled(&format!("artefacts/{name}.wasm"));
        recipe.ok_or_else(|| library::artifact_names(false))
    }
}
