//! A scenario with all that it names, ready to run.

use std::collections::BTreeMap;

use medtwin_engine::resolve::{Resolved, resolve};
use medtwin_engine::scenario::Scenario;
use medtwin_policy::{Intent, Pack};
use sha2::{Digest as _, Sha256};

use crate::library::{self, Models, Shelf};
use crate::problem::Problems;

/// A scenario with all that it names.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) resolved: Resolved,
    pub(crate) packs: BTreeMap<String, Pack>,
    pub(crate) reference: String,
    pub(crate) candidate: String,
    pub(crate) sha256: [u8; 32],
}

/// Packs that the command line names instead of the scenario's.
#[derive(Default)]
pub(crate) struct Instead<'a> {
    pub(crate) reference: Option<&'a str>,
    pub(crate) candidate: Option<&'a str>,
}

impl Case {
    /// Reads scenario, site, intent and packs, and resolves them.
    pub(crate) fn open(
        name: &str,
        models: &Models,
        instead: &Instead<'_>,
    ) -> Result<Self, Problems> {
        let shelf = library::scenario(name)?;
        let Some(text) = shelf.read("scenario.toml")? else {
            return Err(Problems::one(format!("`{name}` has no scenario.toml"), ""));
        };
        let refuse =
            |errors| Problems::of_scenario(&format!("{name}/scenario.toml"), &text, errors);
        let own = Scenario::parse(&text).map_err(|error| refuse(vec![error]))?;
        let site = own.site.as_deref().map(site).transpose()?;
        let (scenario, site) = match site {
            Some((site, shelf)) => (own.over(site), Some(shelf)),
            None => (own, None),
        };
        let intent = intent(&shelf, site.as_ref())?;
        let resolved = resolve(&scenario, &intent, models).map_err(refuse)?;
        let pick = |given: Option<&str>, own: &Option<String>, otherwise: &str| {
            given.map(str::to_owned).or_else(|| own.clone()).unwrap_or_else(|| otherwise.to_owned())
        };
        let reference = pick(instead.reference, &scenario.reference, "as-sold");
        let candidate = pick(instead.candidate, &scenario.candidate, "hardened");
        let wanted = [&reference, &candidate].into_iter().chain(&scenario.compare);
        let packs = wanted.map(|name| Ok((name.clone(), library::pack(name)?)));
        let packs = packs.collect::<Result<_, Problems>>()?;
        let sha256 = Sha256::digest(&text).into();
        let name = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name).to_owned();
        Ok(Self { name, scenario, resolved, packs, reference, candidate, sha256 })
    }
}

fn site(name: &str) -> Result<(Scenario, Shelf), Problems> {
    let shelf = library::site(name).ok_or_else(|| {
        Problems::one(format!("there is no site `{name}`"), "the library has: home")
    })?;
    let text = shelf.read("site.toml")?.unwrap_or_default();
    let site = Scenario::parse(&text).map_err(|error| {
        Problems::of_scenario(&format!("sites/{name}/site.toml"), &text, vec![error])
    })?;
    Ok((site, shelf))
}

fn intent(own: &Shelf, site: Option<&Shelf>) -> Result<Intent, Problems> {
    let text = match (own.read("intent.cedar")?, site) {
        (Some(text), _) => text,
        (None, Some(site)) => site.read("intent.cedar")?.unwrap_or_default(),
        (None, None) => {
            let help = "write intent.cedar beside scenario.toml, or name a `site`";
            return Err(Problems::one("the scenario has no intent", help));
        }
    };
    Intent::parse(&text).map_err(|errors| Problems::of_pack("intent", |_| text.clone(), errors))
}
