//! Everything that a run is made from, as files in memory: gathered from the library and from
//! directories, left as `plan/` beside a run's results, and read back from there alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cap_std::fs::Dir;
use medtwin_engine::input::Input;
use medtwin_engine::scenario::{Scenario, ScenarioError, Study};
use medtwin_host::MAX_COMPONENT_BYTES;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::library::{self, Shelf};
use crate::problem::Problems;
use crate::result::hex;
use crate::write::Out;

const INDEX: &str = "plan/plan.json";
const SCHEMA: &str = "medtwin.plan/1";
const SCENARIO: &str = "scenario/scenario.toml";
const SITE: &str = "site/site.toml";
/// What people did in a drill.
pub(crate) const INPUTS: &str = "inputs.jsonl";
/// The files of a pack, each of which it must have.
pub(crate) const PACK_FILES: [&str; 3] = ["policy.cedar", "envelope.toml", "controls.toml"];

/// The files of a run, by path below `plan/`, and what was asked of them.
#[derive(Clone)]
pub(crate) struct Bundle {
    files: BTreeMap<String, Cow<'static, [u8]>>,
    pub(crate) name: String,
    pub(crate) reference: String,
    pub(crate) candidate: String,
    /// Whether `[study]` is laid over the scenario.
    pub(crate) varied: bool,
}

/// What a command line names instead of the scenario's own.
#[derive(Default)]
pub(crate) struct Instead<'a> {
    pub(crate) reference: Option<&'a str>,
    pub(crate) candidate: Option<&'a str>,
    /// Components by device.
    pub(crate) components: BTreeMap<String, Vec<u8>>,
}

/// `plan/plan.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    schema: String,
    engine: String,
    scenario: String,
    reference: String,
    candidate: String,
    #[serde(flatten)]
    asked: Asked,
    /// SHA-256 by path below `plan/`.
    files: BTreeMap<String, String>,
}

/// Which runs were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) seed: u64,
    pub(crate) trial: u64,
    pub(crate) arms: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) varied: bool,
    /// Whether the scenario's expectations are judged.
    #[serde(default)]
    pub(crate) judge: bool,
    /// Whether every rule and control is taken out or added once.
    #[serde(default)]
    pub(crate) ablate: bool,
}

impl Bundle {
    /// Reads a scenario of the library, or one in a directory, and all that it names.
    pub(crate) fn gather(scenario: &str, instead: &Instead<'_>) -> Result<Self, Problems> {
        Self::gather_from(&library::scenario(scenario)?, scenario, instead)
    }

    /// The same of a scenario that lies on `shelf`.
    pub(crate) fn gather_from(
        shelf: &Shelf,
        scenario: &str,
        instead: &Instead<'_>,
    ) -> Result<Self, Problems> {
        let text = shelf.need("scenario", scenario, "scenario.toml")?;
        let name = library::short(scenario).to_owned();
        let own = parse(&format!("{name}/scenario.toml"), &text)?;
        let pick = |given: Option<&str>, own: &Option<String>, otherwise: &str| {
            given.map(str::to_owned).or_else(|| own.clone()).unwrap_or_else(|| otherwise.to_owned())
        };
        let reference = pick(instead.reference, &own.reference, "as-sold");
        let candidate = pick(instead.candidate, &own.candidate, "hardened");
        let mut bundle = Self {
            files: BTreeMap::new(),
            name,
            reference: library::short(&reference).to_owned(),
            candidate: library::short(&candidate).to_owned(),
            varied: false,
        };
        bundle.put(SCENARIO, text);
        bundle.gather_intent_and_site(shelf, &own)?;
        for (given, name) in [(instead.reference, &reference), (instead.candidate, &candidate)] {
            let pack =
                if given.is_some() { library::pack(name) } else { library::pack_of(shelf, name) };
            bundle.gather_pack(name, &pack?)?;
        }
        for name in &own.compare {
            bundle.gather_pack(name, &library::pack_of(shelf, name)?)?;
        }
        bundle.gather_components(instead)?;
        Ok(bundle)
    }

    fn put(&mut self, path: impl Into<String>, text: String) {
        self.files.insert(path.into(), Cow::Owned(text.into_bytes()));
    }

    fn gather_intent_and_site(&mut self, own: &Shelf, scenario: &Scenario) -> Result<(), Problems> {
        let mut intent = own.read("intent.cedar")?;
        if let Some(site) = &scenario.site {
            let shelf = library::site(site)?;
            self.put(SITE, shelf.read("site.toml")?.unwrap_or_default());
            intent = intent.or(shelf.read("intent.cedar")?);
        }
        let intent = intent.ok_or_else(|| {
            let help = "write intent.cedar beside scenario.toml, or name a `site`";
            Problems::one("the scenario has no intent", help)
        })?;
        self.put("intent.cedar", intent);
        Ok(())
    }

    fn gather_pack(&mut self, name: &str, shelf: &Shelf) -> Result<(), Problems> {
        let short = library::short(name);
        if matches!(short, "" | "." | "..") {
            let help = "give the directory by its name: arms are named after their pack";
            return Err(Problems::one(format!("`{name}` is no name of a pack"), help));
        }
        for file in PACK_FILES {
            let (path, text) = (format!("packs/{short}/{file}"), shelf.need("pack", name, file)?);
            if self.files.get(&path).is_some_and(|other| **other != *text.as_bytes()) {
                let help = "rename one of the directories: arms are named after their pack";
                return Err(Problems::one(format!("two packs are called `{short}`"), help));
            }
            self.put(path, text);
        }
        Ok(())
    }

    /// What the library does not have is left for `resolve` to name, with its place.
    fn gather_components(&mut self, instead: &Instead<'_>) -> Result<(), Problems> {
        let scenario = self.scenario()?;
        let models = scenario.device.values().map(|device| device.model.get_ref());
        for artifact in models.filter_map(|name| library::artifact(name)) {
            let Some(manifest) = artifact.manifest else { continue };
            let at = format!("models/{}", artifact.name);
            self.put(format!("{at}/model.toml"), manifest.to_owned());
            self.files.insert(format!("{at}/component.wasm"), artifact.component.into());
        }
        let artefacts = scenario.step.iter().filter_map(|step| step.artefact.as_ref());
        for artifact in artefacts.filter_map(|name| library::artifact(name.get_ref())) {
            let path = format!("artefacts/{}.wasm", artifact.name);
            self.files.insert(path, artifact.component.into());
        }
        let images = scenario.firmware.values().map(|firmware| firmware.component.get_ref());
        for artifact in images.filter_map(|name| library::artifact(name)) {
            let path = format!("firmware/{}.wasm", artifact.name);
            self.files.insert(path, artifact.component.into());
        }
        for (device, bytes) in &instead.components {
            if !scenario.device.contains_key(device) {
                let known: Vec<_> = scenario.device.keys().cloned().collect();
                let help = format!("the scenario has: {}", known.join(", "));
                return Err(Problems::one(format!("there is no device `{device}`"), help));
            }
            self.files.insert(format!("replacements/{device}.wasm"), bytes.clone().into());
        }
        Ok(())
    }

    /// The same with what people did in a drill.
    pub(crate) fn with_inputs(mut self, inputs: &[Input]) -> Self {
        let line = |input| serde_json::to_string(input).unwrap_or_default() + "\n";
        self.put(INPUTS, inputs.iter().map(line).collect());
        self
    }

    /// Every file.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()))
    }

    /// A file, if the run has it.
    pub(crate) fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(AsRef::as_ref)
    }

    /// A file's text, empty if there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.bytes(path).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// The scenario, laid over its site, and its `[study]` over both if that is asked for.
    pub(crate) fn scenario(&self) -> Result<Scenario, Problems> {
        let scenario = self.own()?;
        let scenario = match &scenario.site {
            Some(_) => {
                let (text, before) = (self.text(SITE), self.text(SCENARIO).len());
                let base = Scenario::parse_site(text, before);
                scenario.over(base.map_err(|error| self.problems(vec![error]))?)
            }
            None => scenario,
        };
        let scenario = scenario.replicated().map_err(|errors| self.problems(errors))?;
        if !self.varied {
            return Ok(scenario);
        }
        scenario.varied().map_err(|errors| self.problems(errors))
    }

    /// Mistakes with their place in the scenario or in the site under it.
    pub(crate) fn problems(&self, errors: Vec<ScenarioError>) -> Problems {
        let one = |error| self.problem(error).0;
        Problems(errors.into_iter().flat_map(one).collect())
    }

    fn problem(&self, mut error: ScenarioError) -> Problems {
        let own = self.text(SCENARIO);
        let site = self.own().ok().and_then(|scenario| scenario.site);
        let of_site = error.at.as_ref().is_some_and(|at| at.start >= own.len());
        let (Some(site), true) = (site, of_site) else {
            return Problems::of_scenario(&self.file(), own, vec![error]);
        };
        error.at = error.at.map(|at| at.start - own.len()..at.end - own.len());
        Problems::of_scenario(&format!("sites/{site}/site.toml"), self.text(SITE), vec![error])
    }

    fn file(&self) -> String {
        format!("{}/scenario.toml", self.name)
    }

    /// The scenario as its file has it.
    fn own(&self) -> Result<Scenario, Problems> {
        parse(&self.file(), self.text(SCENARIO))
    }

    /// What differs between the trials of a study, if the scenario says.
    pub(crate) fn study(&self) -> Result<Option<Study>, Problems> {
        Ok(self.own()?.study)
    }

    /// From now on as a study runs it.
    pub(crate) fn vary(&mut self) -> Result<(), Problems> {
        self.varied = true;
        if self.study()?.is_none() {
            let help =
                "`--varied` lays the scenario's `[study]` over it: write one, or leave it out";
            return Err(Problems::one(format!("`{}` has no `[study]`", self.name), help));
        }
        Ok(())
    }

    /// One digest of all that runs are made from.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for (path, bytes) in &self.files {
            digest.update((path.len() as u64).to_le_bytes());
            digest.update(path);
            digest.update(Sha256::digest(bytes));
        }
        for word in [&self.name, &self.reference, &self.candidate] {
            digest.update((word.len() as u64).to_le_bytes());
            digest.update(word);
        }
        digest.update([u8::from(self.varied)]);
        digest.finalize().into()
    }

    /// The names of the packs.
    pub(crate) fn packs(&self) -> Vec<&str> {
        let paths = self.files.keys().filter_map(|path| path.strip_prefix("packs/"));
        paths.filter_map(|path| path.strip_suffix("/policy.cedar")).collect()
    }

    /// Leaves everything in `out/plan`; the index last, since it makes the rest count.
    pub(crate) fn save(&self, out: &Out, asked: &Asked) -> Result<(), Problems> {
        for (path, bytes) in &self.files {
            out.write(format!("plan/{path}"), bytes)?;
        }
        let digest = |bytes: &Cow<'_, [u8]>| hex(&Sha256::digest(bytes));
        let index = Index {
            schema: SCHEMA.to_owned(),
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: self.name.clone(),
            reference: self.reference.clone(),
            candidate: self.candidate.clone(),
            asked: asked.clone(),
            files: self.files.iter().map(|(path, bytes)| (path.clone(), digest(bytes))).collect(),
        };
        let text = serde_json::to_string_pretty(&index).unwrap_or_default();
        out.write(INDEX, format!("{text}\n").as_bytes())
    }

    /// Reads back what [`Bundle::save`] left; what was changed since is refused.
    pub(crate) fn load(dir: &Dir) -> Result<(Self, Asked), Problems> {
        Self::load_from(&|file, most| library::read(dir, file, most))
    }

    /// The same from files that lie anywhere: `read` gives one of at most so many bytes.
    pub(crate) fn load_from(read: &Read<'_>) -> Result<(Self, Asked), Problems> {
        let index = read(INDEX, 4 << 20)
            .map_err(|error| Problems::one(format!("cannot read `{INDEX}`: {error}"), HELP))?;
        let index: Index = serde_json::from_slice(&index)
            .map_err(|error| Problems::one(format!("`{INDEX}`: {error}"), HELP))?;
        if index.schema != SCHEMA {
            let message = format!("`{INDEX}` has schema `{}`", index.schema);
            return Err(Problems::one(message, format!("this version reads `{SCHEMA}`")));
        }
        let mut files = BTreeMap::new();
        for (path, expected) in index.files {
            let bytes = load_one(read, &path, &expected)?;
            files.insert(path, Cow::Owned(bytes));
        }
        let (name, reference, candidate) = (index.scenario, index.reference, index.candidate);
        let varied = index.asked.varied;
        Ok((Self { files, name, reference, candidate, varied }, index.asked))
    }
}

const HELP: &str = "give the directory that `medtwin run … --out DIR` left";

/// Reads a file of at most so many bytes.
pub(crate) type Read<'a> = dyn Fn(&str, u64) -> std::io::Result<Vec<u8>> + 'a;

fn load_one(read: &Read<'_>, path: &str, expected: &str) -> Result<Vec<u8>, Problems> {
    let bytes = read(&format!("plan/{path}"), MAX_COMPONENT_BYTES as u64)
        .map_err(|error| Problems::one(format!("cannot read `plan/{path}`: {error}"), HELP))?;
    if hex(&Sha256::digest(&bytes)) != *expected {
        let help = "its SHA-256 is not the one in plan/plan.json: it was changed after the run";
        return Err(Problems::one(format!("`plan/{path}` is not what ran"), help));
    }
    Ok(bytes)
}

fn parse(file: &str, text: &str) -> Result<Scenario, Problems> {
    Scenario::parse(text).map_err(|error| Problems::of_scenario(file, text, vec![error]))
}
