//! Firmware images and who holds them: names to indices, components to images.

use std::sync::Arc;

use toml::Spanned;

use super::{Library, Places, known, words};
use crate::device::{Recipe, Setting};
use crate::firmware::{self, FirmwareSetup, Head, Signer};
use crate::plan::{FlashSetup, IMAGE, NodeSetup, Updates};
use crate::scenario::{Device, Firmware, Scenario, ScenarioError};

/// Every image of the scenario, in the order of their names; their components are appended to
/// `artefacts`.
pub(super) fn all(
    scenario: &Scenario,
    library: &dyn Library,
    artefacts: &mut Vec<Arc<dyn Recipe>>,
    errors: &mut Vec<ScenarioError>,
) -> Vec<FirmwareSetup> {
    let mut images = Vec::new();
    for (name, written) in &scenario.firmware {
        // What an adversary's component reads is nobody's list.
        if let Ok(model) = library.model(written.component.get_ref()) {
            let (whose, at) = (format!("firmware `{name}`"), &written.component);
            words::check_taken(&whose, at, &written.config, &model.manifest, errors);
        }
        match one(name, written, library, artefacts) {
            Ok(image) => images.push(image),
            Err(error) => errors.push(*error),
        }
    }
    splice(scenario, &mut images, errors);
    images
}

/// Puts the head of another image in front of the components that the scenario says.
fn splice(scenario: &Scenario, images: &mut [FirmwareSetup], errors: &mut Vec<ScenarioError>) {
    for (name, written) in &scenario.firmware {
        let Some(of) = &written.head_of else { continue };
        let is_own = scenario.firmware.get(of.get_ref()).is_some_and(|of| of.head_of.is_none());
        let find = |name: &str| images.iter().position(|image| image.name == name);
        let (Some(other), true) = (find(of.get_ref()), is_own) else {
            let message = format!("firmware `{name}` has the head of `{}`", of.get_ref());
            let help = "another firmware image that has a head of its own";
            errors.push(ScenarioError::at(of, message, help));
            continue;
        };
        let Some(at) = find(name) else { continue };
        let (head, version) = (Arc::clone(&images[other].image), images[other].version);
        let image: Arc<[u8]> = firmware::spliced(&images[at].image, &head).into();
        let arrives = firmware::read(&image).is_some_and(|read| read.digest == images[at].digest);
        let own = images[at].clone();
        images[at] = FirmwareSetup { image, version, arrives, signed: false, ..own };
    }
}

fn one(
    name: &str,
    written: &Firmware,
    library: &dyn Library,
    artefacts: &mut Vec<Arc<dyn Recipe>>,
) -> Result<FirmwareSetup, Box<ScenarioError>> {
    let signer = signer(name, written)?;
    let component = library.component(written.component.get_ref()).map_err(|names| {
        let message = format!("there is no component `{}`", written.component.get_ref());
        let help = format!("the library has: {}", names.join(", "));
        ScenarioError::at(&written.component, message, help)
    })?;
    let mut image = firmware::image(&component.bytes, written.version, signer);
    image.truncate(written.arriving_bytes.unwrap_or(usize::MAX));
    let setting =
        |(key, value): (&String, &_)| Setting { key: key.clone(), value: Clone::clone(value) };
    artefacts.push(Arc::clone(&component.recipe));
    let digest = component.recipe.digest();
    let read = firmware::read(&image);
    Ok(FirmwareSetup {
        name: name.to_owned(),
        arrives: read.is_some_and(|read| read.digest == digest),
        signed: read.is_some_and(|read| read.signed),
        image: image.into(),
        digest,
        version: written.version,
        artefact: artefacts.len() as u32 - 1,
        config: written.config.iter().map(setting).collect(),
        hostile: component.hostile,
    })
}

fn signer(name: &str, written: &Firmware) -> Result<Signer, Box<ScenarioError>> {
    let Some(word) = &written.signed_by else { return Ok(Signer::default()) };
    let found = Signer::WORDS.into_iter().find(|(known, _)| known == word.get_ref());
    found.map(|(_, signer)| signer).ok_or_else(|| {
        let message = format!("firmware `{name}` is signed by `{}`", word.get_ref());
        let words = Signer::WORDS.map(|(word, _)| word).join(", ");
        Box::new(ScenarioError::at(word, message, format!("one of: {words}")))
    })
}

/// Gives update processors their slots, and servers their image.
pub(super) fn hold(
    scenario: &Scenario,
    nodes: &mut [NodeSetup],
    places: &Places,
    images: &[FirmwareSetup],
    errors: &mut Vec<ScenarioError>,
) {
    for (name, device) in &scenario.device {
        has_slots(name, device, scenario, errors);
        let Some(&(node, unit)) = places.get(name) else { continue };
        if let Some(target) = &device.updates {
            match places.get(target.get_ref()) {
                Some(&(there, of)) if there == node && of != unit => {
                    let held = &scenario.device[target.get_ref()];
                    let version = held.firmware_version.unwrap_or(0);
                    let devices = &mut nodes[node as usize].devices;
                    devices[unit as usize].updates = Some(Updates { unit: of, version });
                    // What the factory put in was never sent: it states no length.
                    let digest = devices[of as usize].recipe.digest();
                    let head = Head::new(digest, 0, version, Signer::Vendor);
                    let slots = slots(held, errors);
                    devices[of as usize].flash = Some(FlashSetup { slots, head });
                }
                _ => {
                    let message = format!("`{name}` updates `{}`", target.get_ref());
                    let help = "another device of the same patient, whose slots it holds";
                    errors.push(ScenarioError::at(target, message, help));
                }
            }
        }
        if let Some(held) = &device.firmware {
            let found = image(scenario, held, errors).and_then(|at| images.get(at));
            if let Some(found) = found {
                let own = &mut nodes[node as usize].devices[unit as usize];
                own.storage.push((IMAGE.to_owned(), Arc::clone(&found.image)));
            }
        }
    }
}

/// Slots are those of a device that an update processor writes to.
fn has_slots(name: &str, device: &Device, scenario: &Scenario, errors: &mut Vec<ScenarioError>) {
    let is_held = |by: &Device| by.updates.as_ref().is_some_and(|held| held.get_ref() == name);
    if let Some(slots) = &device.slots
        && !scenario.device.values().any(is_held)
    {
        let message = format!("`{name}` has `slots`, and no update processor holds them");
        let help = format!("a device with `updates = \"{name}\"`, or no `slots`");
        errors.push(ScenarioError::at(slots, message, help));
    }
}

fn slots(device: &Device, errors: &mut Vec<ScenarioError>) -> u8 {
    let Some(slots) = &device.slots else { return 2 };
    if !(1..=2).contains(slots.get_ref()) {
        let message = format!("`slots` is {}", slots.get_ref());
        errors.push(ScenarioError::at(slots, message, "a device has 1 firmware slot, or 2"));
    }
    *slots.get_ref()
}

/// The index of an image by its name.
pub(super) fn image(
    scenario: &Scenario,
    name: &Spanned<String>,
    errors: &mut Vec<ScenarioError>,
) -> Option<usize> {
    let found = scenario.firmware.keys().position(|own| own == name.get_ref());
    if found.is_none() {
        let message = format!("there is no firmware `{}`", name.get_ref());
        errors.push(ScenarioError::at(name, message, known(scenario.firmware.keys())));
    }
    found
}
