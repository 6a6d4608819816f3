//! Packs: what is refused is told with a place in its file; of what is taken, the table decides as Cedar
//! does, and taking out a control leaves nothing of it.

use medtwin_policy::{
    Asked, Facts, Intent, Inventory, Mode, Pack, PackError, RequestId, Role, Source,
};
use sha2::{Digest as _, Sha256};

use crate::{check, seeds};

const FILES: [&str; 3] = ["policy.cedar", "envelope.toml", "controls.toml"];

/// Questions that devices ask: model, action, type and id of the resource.
const QUESTIONS: [(&str, &str, &str, &str); 12] = [
    ("insulin-pump", "command.bolus", "Channel", "remote"),
    ("insulin-pump", "command.suspend", "Channel", "panel"),
    ("insulin-pump", "command.set-limit", "Channel", "remote"),
    ("insulin-pump", "network.receive", "Peer", "remote"),
    ("insulin-pump", "actuator.set", "Actuator", "bolus"),
    ("insulin-pump", "vault.verify", "Key", "pairing"),
    ("insulin-pump", "timer.set", "Self", "device"),
    ("insulin-pump-remote", "network.send", "Peer", "pump"),
    ("cgm", "sensor.read", "Sensor", "glucose"),
    ("cgm", "storage.put", "Store", "own"),
    ("updater", "update.activate", "Slot", "own"),
    ("stranger", "command.bolus", "Channel", "none"),
];

pub(super) fn good() -> Vec<Vec<u8>> {
    let texts = |policy: &std::path::PathBuf| {
        let file = |name: &&str| std::fs::read(policy.with_file_name(name)).unwrap_or_default();
        FILES.iter().map(file).collect::<Vec<_>>().join(&0)
    };
    let policies = ["policies/library", "scenarios"].map(|dir| seeds::files(dir, FILES[0]));
    policies.concat().iter().map(texts).collect()
}

/// A pack of the library.
pub(super) fn of_library(name: &str) -> Pack {
    let dir = seeds::root().join("policies/library").join(name);
    let text = |file: &str| std::fs::read_to_string(dir.join(file)).expect("a pack");
    let [cedar, envelope, controls] = &FILES.map(text);
    Pack::parse(Source { name, cedar, envelope, controls }).expect("a pack without mistakes")
}

pub(super) fn open(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut texts = text.splitn(3, '\0');
    let [cedar, envelope, controls] = FILES.map(|_| texts.next().unwrap_or_default());
    let source = Source { name: "fuzzed", cedar, envelope, controls };
    match Pack::parse(source) {
        Ok(pack) => decides(&pack, &Sha256::digest(input).into()),
        Err(errors) => told(source, &errors),
    }
    if let Err(errors) = Intent::parse(cedar) {
        told(source, &errors);
    }
}

fn told(source: Source<'_>, errors: &[PackError]) {
    assert!(!errors.is_empty(), "refused without a mistake");
    for error in errors {
        let text = match error.file {
            "policy.cedar" | "intent.cedar" => source.cedar,
            "envelope.toml" => source.envelope,
            "controls.toml" => source.controls,
            other => panic!("a mistake in `{other}`"),
        };
        check::told(text, &error.message, Some(&error.at));
    }
}

/// Asks a pack one question, picked with its facts by `bits`, of the table and of Cedar.
fn decides(pack: &Pack, bits: &[u8; 32]) {
    let (model, action, kind, id) = QUESTIONS[usize::from(bits[0]) % QUESTIONS.len()];
    let asked = Asked {
        device: "d".to_owned(),
        model: model.to_owned(),
        action: action.to_owned(),
        resource: (kind.to_owned(), id.to_owned()),
        zone: None,
    };
    let table = pack.compile(&Inventory(vec![asked.clone()]));
    for bits in bits[1..].chunks_exact(2) {
        let facts = facts(u16::from_le_bytes([bits[0], bits[1]]));
        let said = table.decide(RequestId(0), facts);
        assert_eq!(said, pack.decide_slow(&asked, facts), "{asked:?} {facts:?}");
    }
    for control in pack.control_ids() {
        let without = pack.without_control(&control);
        assert!(!without.control_ids().contains(&control), "`{control}` was taken out");
        let again = without.with_control(&control, pack);
        assert!(again.control_ids().contains(&control), "`{control}` was put back");
    }
}

fn facts(bits: u16) -> Facts {
    let on = |bit: u16| bits & 1 << bit != 0;
    let roles = [Role::None, Role::Wearer, Role::Clinician, Role::Service];
    Facts {
        authenticated: on(0),
        encrypted: on(1),
        fresh: on(2),
        commanded: on(3),
        mfa: on(4),
        break_glass: on(5),
        signed: on(6),
        version_ok: on(7),
        role: roles[usize::from(bits >> 8 & 3)],
        mode: if on(10) { Mode::Service } else { Mode::Therapy },
    }
}
