//! What devices of one bedside seal with a key that all of them have.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use medtwin_engine::Plan;
use medtwin_engine::device::{Denial, Device, Event, Fault, Lent, Recipe, Setting};
use medtwin_engine::input::{Action, Input};
use medtwin_engine::resolve::{Library, Model};
use medtwin_engine::seed::Seed;
use medtwin_host::Sandbox;

use crate::world::{Kept, Models, Native, arm, resolved, wearer};

const PAIRING: u32 = 0;
const SAID: &[u8] = b"insulin";
/// Bytes in front of a ciphertext.
const NONCE: usize = 12;
const MINUTE_US: u64 = 60_000_000;

type Answers = Mutex<Vec<Result<Option<Vec<u8>>, Denial>>>;

/// Software of every device: it seals twice when it starts, and opens a minute later what all sealed.
#[derive(Clone, Default)]
struct Sealing {
    sealed: Arc<Mutex<Vec<Vec<u8>>>>,
    opened: Arc<Answers>,
    damaged: Arc<Answers>,
}

impl Device for Sealing {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let mut all = self.sealed.lock().expect("no device panicked");
        all.extend((0..2).filter_map(|_| lent.seal(PAIRING, SAID).ok()));
        let _ = lent.set_timer(0, MINUTE_US);
        Ok(())
    }
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        if !matches!(event, Event::Timer(_)) {
            return Ok(());
        }
        let all = self.sealed.lock().expect("no device panicked");
        let mut open = |sealed: &[u8]| lent.open(PAIRING, sealed);
        self.opened.lock().expect("not poisoned").extend(all.iter().map(|sealed| open(sealed)));
        let damaged = all.iter().flat_map(|sealed| damaged(sealed));
        self.damaged.lock().expect("not poisoned").extend(damaged.map(|sealed| open(&sealed)));
        Ok(())
    }
}

/// Cut off anywhere, longer, and with each byte changed.
fn damaged(sealed: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cut = (0..sealed.len()).map(|len| sealed[..len].to_vec());
    let longer = std::iter::once([sealed, &[0]].concat());
    let changed = (0..sealed.len()).map(|at| {
        let mut changed = sealed.to_vec();
        changed[at] ^= 1;
        changed
    });
    cut.chain(longer).chain(changed)
}

/// The models of the library with this software in each of them.
struct AllSeal {
    models: Models,
    software: Sealing,
}

impl Library for AllSeal {
    fn model(&self, name: &str) -> Result<Model, Vec<String>> {
        let model = self.models.model(name)?;
        Ok(Model { recipe: Arc::new(Native(self.software.clone())), ..model })
    }
    fn replacement(&self, _: &str) -> Option<Arc<dyn Recipe>> {
        None
    }
    fn artefact(&self, _: &str) -> Result<Arc<dyn Recipe>, Vec<String>> {
        Err(Vec::new())
    }
}

/// Half an hour at the bedsides of two wearers, at one of which the pump is replaced.
fn ran() -> Sealing {
    let library = AllSeal { models: Models::new(&Sandbox::new()), software: Sealing::default() };
    let text = format!("title = \"Seals\"\nhorizon_h = 1\n{}{}", wearer("a"), wearer("b"));
    let resolved = resolved(&text, &library);
    let at_ns = 5 * MINUTE_US * 1000;
    let replaced = Input { at_ns, who: "a".to_owned(), action: Action::ReplacePump };
    let plan = Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack: false,
        threads: 1,
        split: 1,
        inputs: Arc::from([replaced]),
        setup: Arc::clone(&resolved.setup),
        arm: arm(&resolved, ""),
    };
    medtwin_engine::run(&plan, &mut Kept::default());
    library.software
}

#[test]
fn no_two_devices_with_one_key_nor_a_spare_seal_under_the_same_nonce() {
    let ran = ran();
    let sealed = ran.sealed.lock().expect("not poisoned");
    let nonces: BTreeSet<&[u8]> = sealed.iter().map(|sealed| &sealed[..NONCE]).collect();
    assert!(sealed.len() > 12, "{}: six devices, and spares", sealed.len());
    assert_eq!(nonces.len(), sealed.len());
}

#[test]
fn what_one_device_sealed_each_with_the_key_opens_and_nothing_else() {
    let ran = ran();
    let opened = ran.opened.lock().expect("not poisoned");
    assert!(opened.len() > 6 * 12, "{}", opened.len());
    assert!(opened.iter().all(|opened| *opened == Ok(Some(SAID.to_vec()))), "{opened:?}");
    let damaged = ran.damaged.lock().expect("not poisoned");
    assert!(damaged.len() > 1000, "{}", damaged.len());
    assert!(damaged.iter().all(|opened| *opened == Ok(None)));
}
