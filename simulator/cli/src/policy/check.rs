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

fn open(name: &str) -> Result<Pack, Problems> {
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
            Layout::append(&mut inventory, &manifest.name, &manifest);
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
        let grants = pack.rules().iter().zip(0..).filter(|(rule, _)| rule.is_permit());
        let unused = grants.filter(|(_, number)| {
            let asked = pack.permitted_by(RuleId(*number), &self.inventory);
            !asked.is_empty()
                && !asked.iter().any(|q| self.is_used(&self.inventory.0[q.0 as usize]))
        });
        unused.map(|(rule, _)| {
            format!("`{}` grants what no component of the library imports", rule.id)
        })
    }

    /// A frame is received without an import.
    fn is_used(&self, asked: &Asked) -> bool {
        let interface = asked.action.split('.').next().unwrap_or_default();
        let imported = (asked.model.clone(), interface.to_owned());
        asked.action == "network.receive" || self.imports.contains(&imported)
    }

    /// Components that import what nothing grants them.
    fn wanted<'a>(&'a self, pack: &'a Pack) -> impl Iterator<Item = String> + 'a {
        let table = pack.compile(&self.inventory);
        let is_lent = move |model: &str, interface: &str| {
            let asks = |asked: &Asked| {
                asked.model == model
                    && asked.action != "network.receive"
                    && asked.action.split('.').next() == Some(interface)
            };
            let questions = self.inventory.0.iter().zip(0..).filter(|(asked, _)| asks(asked));
            questions.into_iter().any(|(_, q)| table.ever_permits(medtwin_policy::RequestId(q)))
        };
        let wanted = self.imports.iter().filter(move |(model, import)| !is_lent(model, import));
        wanted.map(|(model, import)| {
            format!("`{model}` imports `{import}`, which nothing grants: it does not start under this pack")
        })
    }
}
