//! `sbom`: what the devices of a scenario are made of, and what advisories say of it.
//!
//! A *firmware* is the component that a device runs; a *list* is what it says it was built from. Nobody
//! checks a list: a component without one, or with one that cannot be read, has unknown dependencies.
//! A *finding* is an advisory about a library of a device; its rank is what that device may do.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::arms::{ArmName, Arms};
use crate::bundle::{Bundle, Instead};
use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::run;
use crate::write::say;

mod advisories;
mod cyclonedx;
mod finding;
mod list;
mod osv;
mod print;
mod reach;
mod stock;

pub(crate) use list::read as libraries;
pub(crate) use osv::Record;

use advisories::Advisories;
use finding::Finding;
use reach::Reach;
use stock::Stock;

/// Print what the devices of a scenario are made of, as CycloneDX 1.6
///
/// One `device` for each device of the scenario, the `firmware` that it runs, with SHA-256, supplier and end
/// of support, and the libraries that the firmware says it was built from. The same scenario gives the same
/// bytes.
///
/// With --advisories, prints a table of the advisories that are about a library of a device instead, ranked
/// by what the policy lets that device do; with --format json, the CycloneDX document with the same as its
/// `vulnerabilities`. Nothing is fetched. An advisory goes by name and version: whether the device ever
/// calls what is at fault is not known.
#[derive(Args)]
pub(crate) struct Sbom {
    /// A scenario of the library (`medtwin list`), or a directory with a scenario.toml
    scenario: String,
    /// Every .json file below DIR is an OSV record, such as those of the RustSec database
    #[arg(long, value_name = "DIR")]
    advisories: Option<PathBuf>,
    /// The pack that says what a device may do; the scenario's reference if left out
    #[arg(long, value_name = "PACK", requires = "advisories")]
    policy: Option<String>,
    /// Another component in a device, as in `medtwin run`
    #[arg(long = "model", value_name = "DEVICE=FILE.wasm")]
    models: Vec<String>,
}

/// What advisories are about, and under which pack that was ranked.
struct Matched {
    pack: String,
    read: Advisories,
    /// By rank.
    findings: Vec<Finding>,
    /// By device, in the order of the stock.
    reaches: Vec<Reach>,
}

impl Sbom {
    pub(crate) fn obey(&self, as_json: bool) -> Result<(), Problems> {
        let case = self.case()?;
        let stock = Stock::of(&case);
        let matched = self.advisories.as_ref().map(|dir| self.matched(&case, &stock, dir));
        match matched.transpose()? {
            Some(matched) if !as_json => print::findings(&case, &stock, &matched),
            matched => say!("{:#}", cyclonedx::document(&case, &stock, matched.as_ref())),
        }
        Ok(())
    }

    fn case(&self) -> Result<Case, Problems> {
        let components = Components::default();
        let replaced = run::replaced(&self.models, &components)?;
        let reference = self.policy.as_deref();
        let instead = Instead { reference, candidate: None, components: replaced };
        Case::of(Bundle::gather(&self.scenario, &instead)?, &components)
    }

    fn matched(&self, case: &Case, stock: &Stock, dir: &Path) -> Result<Matched, Problems> {
        let read = Advisories::read(dir)?;
        let arm = ArmName::new(case.reference(), false);
        let arms = Arms::of(case, std::slice::from_ref(&arm))?;
        let granted = arms.granted(&arm).cloned().unwrap_or_default();
        let reaches = reach::of_all(case, &case.packs[case.reference()], &granted);
        let findings = finding::ranked(stock, &read, &reaches);
        Ok(Matched { pack: case.reference().to_owned(), read, findings, reaches })
    }
}
