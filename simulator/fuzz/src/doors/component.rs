//! Components: what is loaded imports nothing but the contract, is the same each time, and whatever it
//! does when it runs is a fault of its own.

use std::collections::BTreeSet;

use medtwin_engine::device::{Device, Event, Fault, Interface, Lent, Recipe as _, Terms};
use medtwin_host::{ComponentRecipe, component};

use crate::models::MODELS;

/// The hostile modules: small, and each in another way at the edge of what is taken.
pub(super) fn good() -> Vec<Vec<u8>> {
    let modules = || medtwin_hostile::all().into_iter().map(|hostile| hostile.module);
    let encoded =
        modules().step_by(8).filter_map(|module| Some(component(&module).ok()?.into_owned()));
    modules().chain(encoded).collect()
}

pub(super) fn open(input: &[u8]) {
    let encoded = match component(input) {
        Ok(encoded) => encoded,
        Err(error) => return assert!(!error.to_string().is_empty() && !error.help().is_empty()),
    };
    match MODELS.sandbox.load(&encoded) {
        Ok(recipe) => loaded(&recipe),
        Err(error) => assert!(!error.to_string().is_empty() && !error.help().is_empty()),
    }
}

fn loaded(recipe: &ComponentRecipe) {
    let contract = BTreeSet::from(Interface::ALL.map(Interface::as_str));
    let imports: BTreeSet<&str> = recipe.imports().iter().map(String::as_str).collect();
    assert!(imports.is_subset(&contract), "{imports:?}");
    let nothing = Terms { interfaces: BTreeSet::new(), ..Terms::default() };
    let refused = matches!(recipe.build(&nothing), Err(Fault::NotLent { .. }));
    assert_eq!(refused, !imports.is_empty(), "what is not lent is not linked");
    let once = runs(recipe);
    assert_eq!(once, runs(recipe), "a fault is the same each time");
}

/// What comes of each event.
fn runs(recipe: &ComponentRecipe) -> Vec<Result<(), Fault>> {
    let mut device = match recipe.build(&Terms::default()) {
        Ok(device) => device,
        Err(fault) => return vec![Err(fault)],
    };
    let lent = &mut Box::<Lent>::default();
    let mut ran = vec![device.start(lent, &[])];
    for event in [
        Event::Timer(0),
        Event::Frame { peer: 0, body: b"frame" },
        Event::Sense { sensor: 0, value: 1.0 },
        Event::Input { input: 0, value: 1.0 },
    ] {
        ran.push(device.handle(lent, event));
    }
    ran.push(saves(&mut *device, lent));
    ran
}

fn saves(device: &mut dyn Device, lent: &mut Box<Lent>) -> Result<(), Fault> {
    let state = device.save(lent)?;
    device.load(lent, &state)
}
