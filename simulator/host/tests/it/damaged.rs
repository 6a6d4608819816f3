//! Whatever is read is hostile: good input, damaged at random, is refused or taken and never ends the
//! process. The seeds are the library's own files. `PROPTEST_CASES=30000 cargo test damaged` looks
//! for minutes where a plain run looks for a second.

use medtwin_engine::channel;
use medtwin_engine::device::{Event, Lent, Recipe as _, Terms};
use medtwin_engine::resolve::resolve;
use medtwin_engine::scenario::Scenario;
use medtwin_engine::trace::{ENTRY_LEN, Entry};
use medtwin_host::{Sandbox, component};
use medtwin_policy::Intent;
use proptest::prelude::*;

use crate::world::{INTENT, Models};

/// The scenarios and sites of the library.
const SCENARIOS: [&str; 5] = [
    include_str!("../../../../scenarios/minimed-508-rf-control/scenario.toml"),
    include_str!("../../../../scenarios/minimed-remote-replay/scenario.toml"),
    include_str!("../../../../scenarios/insulin-pump-insider/scenario.toml"),
    include_str!("../../../../scenarios/large-meal-day/scenario.toml"),
    include_str!("../../../../scenarios/sites/home/site.toml"),
];

/// What is done to good bytes.
#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, u8),
    Put(prop::sample::Index, Vec<u8>),
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        if len == 0 {
            return;
        }
        match self {
            Self::Flip(at, mask) => bytes[at.index(len)] ^= mask,
            Self::Cut(at) => bytes.truncate(at.index(len)),
            Self::Repeat(at, times) => {
                let at = at.index(len);
                let piece = bytes[at..(at + 16).min(len)].repeat(usize::from(*times));
                bytes.splice(at..at, piece);
            }
            Self::Put(at, new) => {
                let at = at.index(len);
                bytes.splice(at..at, new.iter().copied());
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<prop::sample::Index>;
    let one = prop_oneof![
        4 => (at(), 1..=255_u8).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        1 => at().prop_map(Damage::Cut),
        1 => (at(), 1..20_u8).prop_map(|(at, times)| Damage::Repeat(at, times)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, new)| Damage::Put(at, new)),
    ];
    prop::collection::vec(one, 1..4)
}

/// Words that a number of a scenario may be replaced by.
fn words() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "nan",
        "inf",
        "-inf",
        "-1",
        "0",
        "1e308",
        "5e-324",
        "9223372036854775807",
        "true",
        "\"\"",
        "[]",
        "{}",
        "{ uniform = [1, 0] }",
        "{ lognormal = { median = -1, sigma = 0 } }",
    ])
}

thread_local! {
    static MODELS: Models = Models::new(&Sandbox::new());
}

/// So many cases, or as many as `PROPTEST_CASES` says.
fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    if asked { config } else { ProptestConfig { cases: few, ..config } }
}

/// Reads and resolves a text that may be anything.
fn resolve_any(text: &str) {
    let Ok(scenario) = Scenario::parse(text) else { return };
    let intent = Intent::parse(INTENT).expect("an intent");
    let site = Scenario::parse(SCENARIOS[4]).expect("a site");
    MODELS.with(|models| {
        for scenario in [scenario.clone(), scenario.over(site)] {
            let _ = resolve(&scenario, &intent, models);
            let _ = scenario.varied().map(|varied| resolve(&varied, &intent, models).is_ok());
        }
    });
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn a_scenario(which in 0..SCENARIOS.len(), damage in damage()) {
        let mut bytes = SCENARIOS[which].as_bytes().to_vec();
        damage.iter().for_each(|damage| damage.to(&mut bytes));
        resolve_any(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_scenario_with_another_value(which in 0..SCENARIOS.len(), line in any::<prop::sample::Index>(), word in words()) {
        let lines: Vec<&str> = SCENARIOS[which].lines().collect();
        let settings: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains(" = ")).collect();
        let at = settings[line.index(settings.len())];
        let (key, _) = lines[at].split_once(" = ").expect("a setting");
        let changed = format!("{key} = {word}");
        let text: Vec<&str> = (0..lines.len()).map(|i| if i == at { &*changed } else { lines[i] }).collect();
        resolve_any(&text.join("\n"));
    }

    #[test]
    fn a_frame(frame in prop::collection::vec(any::<u8>(), 0..64), key in any::<[u8; 32]>(), sender in any::<u32>()) {
        let opened = channel::open(&key, sender, &frame);
        prop_assert!(!opened.authenticated && !opened.encrypted, "{frame:?}");
        let _ = medtwin_frames::Frame::decode(&frame);
    }

    #[test]
    fn a_frame_of_ours_that_was_changed(body in prop::collection::vec(any::<u8>(), 0..40), damage in damage(), key in any::<[u8; 32]>()) {
        let protection = channel::Protection { authentication: true, encryption: true, freshness: true };
        let whole = channel::wrap(protection, &key, 7, 42, &body);
        let mut frame = whole.clone();
        damage.iter().for_each(|damage| damage.to(&mut frame));
        let opened = channel::open(&key, 7, &frame);
        prop_assert_eq!(opened.authenticated, frame == whole);
    }

    #[test]
    fn an_entry_of_a_trace(bytes in prop::collection::vec(any::<u8>(), ENTRY_LEN)) {
        let bytes: [u8; ENTRY_LEN] = bytes.try_into().expect("so many");
        if let Some(entry) = Entry::decode(&bytes) {
            let again = Entry::decode(&entry.encode()).expect("what was written reads");
            prop_assert_eq!(again.encode(), entry.encode());
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_component(which in 0..medtwin_artifacts::ALL.len(), damage in damage()) {
        let mut bytes = medtwin_artifacts::ALL[which].component.to_vec();
        damage.iter().for_each(|damage| damage.to(&mut bytes));
        let encoded = component(&bytes).map(std::borrow::Cow::into_owned);
        let Ok(recipe) = encoded.and_then(|bytes| Sandbox::new().load(&bytes)) else { return Ok(()) };
        let Ok(mut device) = recipe.build(&Terms::default()) else { return Ok(()) };
        let mut lent = Box::<Lent>::default();
        let _ = device.start(&mut lent, &[]);
        let _ = device.handle(&mut lent, Event::Timer(0));
    }
}
