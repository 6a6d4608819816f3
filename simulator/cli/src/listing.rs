//! What `list`, `model`, `policy check` and `scenario check` say.

use std::path::Path;

use medtwin_engine::device::Recipe as _;
use medtwin_engine::manifest::Manifest;
use medtwin_engine::scenario::Scenario;
use serde_json::{Value, json};

use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::write::say;
use crate::{arms, library, result};

/// Prints a value as JSON, or else the lines.
fn print(as_json: bool, value: &Value, lines: impl IntoIterator<Item = String>) {
    if as_json {
        say!("{value:#}");
    } else {
        lines.into_iter().for_each(|line| say!("{line}"));
    }
}

/// Something of the library, and one line on what it is.
struct Item {
    kind: &'static str,
    name: String,
    about: String,
}

/// Lists the library.
pub(crate) fn list(as_json: bool) -> Result<(), Problems> {
    let title = |kind, names: Vec<String>, file: &'static str| {
        names.into_iter().map(move |name| {
            let about =
                library::text(kind, &name, file).and_then(|text| Scenario::parse(&text).ok());
            Item { kind, name, about: about.map(|scenario| scenario.title).unwrap_or_default() }
        })
    };
    let pack = |name: String| {
        let readme = library::text("pack", &name, "README.md").unwrap_or_default();
        Item { kind: "pack", name, about: first_sentence(&readme) }
    };
    let model = |name: String| {
        let about = library::manifest(&name).map(|manifest| manifest.summary).unwrap_or_default();
        Item { kind: "device model", name, about }
    };
    let items: Vec<Item> = title("scenario", library::scenario_names(), "scenario.toml")
        .chain(title("site", library::site_names(), "site.toml"))
        .chain(library::pack_names().into_iter().map(pack))
        .chain(library::artifact_names(true).into_iter().map(model))
        .collect();
    let lines = items.iter().map(|i| format!("{:<14}{:<24}{}", i.kind, i.name, i.about));
    let value = |i: &Item| json!({ "kind": i.kind, "name": i.name, "about": i.about });
    let value = json!({ "library": items.iter().map(value).collect::<Vec<_>>() });
    print(as_json, &value, lines);
    Ok(())
}

/// The first sentence below the heading of a README.
fn first_sentence(readme: &str) -> String {
    let body = readme.lines().skip(1).collect::<Vec<_>>().join(" ");
    let body = body.trim();
    body.find(". ").map_or(body, |end| &body[..=end]).to_owned()
}

/// Lists the device models.
pub(crate) fn models(as_json: bool) {
    let models: Vec<_> = library::manifests();
    let lines = models.iter().map(|model| format!("{:<24}{}", model.name, model.summary));
    let value = |model: &Manifest| {
        json!({ "name": model.name, "summary": model.summary, "supplier": model.supplier,
            "version": model.version, "support_end": model.support_end.map(|day| day.to_string()) })
    };
    print(as_json, &json!({ "models": models.iter().map(value).collect::<Vec<_>>() }), lines);
}

/// Says what a component is; with `whole`, what it wants.
pub(crate) fn model(file: &Path, whole: bool, as_json: bool) -> Result<(), Problems> {
    let (bytes, recipe) = Components::default().open(file)?;
    let (name, sha256) = (file.display().to_string(), result::hex(&recipe.digest()));
    let mut lines = vec![format!("{name}: a device model")];
    if whole {
        lines.push(format!("sha256   {sha256}"));
        lines.push(format!("bytes    {}", bytes.len()));
        lines.push(format!("imports  {}", recipe.imports().join(", ")));
    }
    let imports = recipe.imports();
    let value = json!({ "file": name, "sha256": sha256, "bytes": bytes.len(), "imports": imports });
    print(as_json, &value, lines);
    Ok(())
}

/// Says what a scenario that was checked comes to.
pub(crate) fn scenario(case: &Case, as_json: bool) -> Result<(), Problems> {
    let arms: Vec<String> = arms::usual(case)?.iter().map(ToString::to_string).collect();
    let (steps, expectations) = (&case.resolved.steps, case.scenario.expect.len());
    let line = format!(
        "{}: {} arms, {} steps, {expectations} expectations",
        case.name(),
        arms.len(),
        steps.len()
    );
    let expectations: Vec<_> = case.scenario.expect.iter().map(|e| e.id.get_ref()).collect();
    let value = json!({ "scenario": case.name(), "title": case.scenario.title,
        "sha256": result::hex(&case.sha256), "arms": arms, "steps": steps,
        "expectations": expectations });
    print(as_json, &value, [line]);
    Ok(())
}
