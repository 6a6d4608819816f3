//! `policy check`: a pack's mistakes, what is in it, and what it says in vain or leaves out for the
//! models of the library.

use std::collections::BTreeSet;

use medtwin_engine::device::Recipe as _;
use medtwin_engine::resolve::{RuleInfo, rules};
use medtwin_engine::rules::Layout;
use medtwin_policy::{Asked, Inventory, Pack, RuleId};
use serde_json::json;

use crate::bundle::PACK_FILES;
use crate::components::Components;
use crate::problem::Problems;
use crate::write::say;
use crate::{case, library, result, vocabulary};

/// Checks a pack and says what is in it.
pub(crate) fn check(name: &str, as_json: bool) -> Result<(), Problems> {
    let pack = open(name)?;
    let limits = pack.envelope().limits().count();
    let rules: Vec<_> = rules(&pack).into_iter().filter(RuleInfo::is_of_pack).collect();
    let controls = pack.control_ids();
    let notes = Models::of_the_library()?.notes(&pack);
    if as_json {
        let sha256 = result::hex(&pack.sha256());
        let value = json!({ "pack": pack.name(), "sha256": sha256, "rules": rules,
            "controls": controls, "notes": notes });
        say!("{value:#}");
        return Ok(());
    }
    say!("{}: {} rules, {limits} limits", pack.name(), pack.rules().len());
    rules.iter().for_each(|r: &RuleInfo| say!("{:<7} {:<28} {}", r.kind, r.id, r.reason));
    say!("controls: {}", controls.join(", "));
    notes.iter().for_each(|note| say!("note: {note}"));
    Ok(())
}

/// Reads a pack by its name or path; every mistake at once.
pub(super) fn open(name: &str) -> Result<Pack, Problems> {
    let shelf = library::pack(name)?;
    let [cedar, envelope, controls] = PACK_FILES.map(|file| shelf.need("pack", name, file));
    let known = vocabulary::of(&library::manifests());
    case::parse_pack(library::short(name), &cedar?, &envelope?, &controls?, &known)
}

/// What the models of the library can ask, and what their components import.
struct Models {
    inventory: Inventory,
    /// Model and interface.
    imports: BTreeSet<(String, String)>,
}

impl Models {
    fn of_the_library() -> Result<Self, Problems> {
        let (mut inventory, mut imports) = (Inventory::default(), BTreeSet::new());
        let components = Components::default();
        for manifest in library::manifests() {
            Layout::append(&mut inventory, &manifest.name, &manifest, |_| None);
            let artifact = library::artifact(&manifest.name);
            let recipe = artifact.map(|artifact| components.compile(artifact.component));
            let recipe = recipe.and_then(Result::ok);
            let words = recipe.iter().flat_map(|recipe| recipe.imports());
            imports.extend(words.map(|word| (manifest.name.clone(), word.clone())));
        }
        Ok(Self { inventory, imports })
    }

    fn notes(&self, pack: &Pack) -> Vec<String> {
        let id = |rule: &RuleId| pack.rules()[usize::from(rule.0)].id.as_str();
        let unheard = pack.unheard(&self.inventory);
        let in_vain = unheard.iter().map(|unheard| {
            let behind: Vec<_> = unheard.behind.iter().map(id).collect();
            match &behind[..] {
                [] => format!(
                    "`{}` is about nothing that a model of the library asks",
                    id(&unheard.rule)
                ),
                rules => format!(
                    "`{}` never decides: {} answers before it",
                    id(&unheard.rule),
                    rules.join(", ")
                ),
            }
        });
        in_vain.chain(self.unused(pack)).chain(self.wanted(pack)).collect()
    }

    /// Grants of interfaces that no component imports.
    fn unused<'a>(&'a self, pack: &'a Pack) -> impl Iterator<Item = String> + 'a {
        let grants = pack.rules().iter().filter(|rule| rule.is_permit());
        let unused = grants.filter(|rule| {
            let mut asked = pack.permitted_by(&rule.id, &self.inventory).peekable();
            asked.peek().is_some() && !asked.any(|asked| self.is_used(asked))
        });
        unused.map(|rule| format!("`{}` grants what no component of the library imports", rule.id))
    }

    fn is_used(&self, asked: &Asked) -> bool {
        let imports = |of: &str| self.imports.contains(&(asked.model.clone(), of.to_owned()));
        asked.interface().is_none_or(imports)
    }

    /// Components that import what nothing grants them.
    fn wanted<'a>(&'a self, pack: &'a Pack) -> impl Iterator<Item = String> + 'a {
        let table = pack.compile(&self.inventory);
        let lent: BTreeSet<(&str, &str)> = (self.inventory.questions())
            .filter(|(question, _)| table.ever_permits(*question))
            .filter_map(|(_, asked)| Some((&*asked.model, asked.interface()?)))
            .collect();
        let wanted = self
            .imports
            .iter()
            .filter(move |(model, import)| !lent.contains(&(model.as_str(), import.as_str())));
        wanted.map(|(model, import)| {
            format!("`{model}` imports `{import}`, which nothing grants: it does not start under this pack")
        })
    }
}
