//! A spare pump is paired when it is put on.

use std::sync::Arc;

use medtwin_engine::Plan;
use medtwin_engine::input::{Action, Input};
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::{Entry, Kind, Origin, Outcome, Sink};
use medtwin_host::Sandbox;
use medtwin_policy::{Pack, Source};

use crate::world::{AS_SOLD, Models, resolved, wearer};

/// Somebody has the keys of the remote, and sends a bolus before and after the pump is replaced.
fn scenario() -> String {
    let steps = r#"
[adversary.eve]
position = "adjacent-radio"
links = ["a"]
knows = ["a-pump.serial"]
[[step]]
id = "stolen"
by = "eve"
do = "use-credential"
credential = "a-remote"
to = "a-pump"
verb = "bolus"
args = { units = 1.0 }
at_min = 30
repeat = { times = 2, every_min = 90 }
"#;
    let wearer = wearer("a").replacen(
        "model = \"insulin-pump\"\n",
        "model = \"insulin-pump\"\nconfig = { serial = 7, remote_enabled = true }\n",
        1,
    );
    format!("horizon_h = 3\n{wearer}{steps}")
}

struct Received(Vec<Outcome>);

impl Sink for Received {
    fn take(&mut self, entry: &Entry) {
        let is_of_eve = entry.origin == Origin::Adversary && entry.kind == Kind::Frame;
        if is_of_eve && entry.outcome != Outcome::None {
            self.0.push(entry.outcome);
        }
    }
}

const SEALED: &str = "[encryption]\nsuite = \"chacha20-poly1305\"\n";

/// Whether the pump's policy lets each frame of the thief in, under these controls.
fn received(controls: &str) -> Vec<Outcome> {
    let resolved = resolved(&scenario(), &Models::new(&Sandbox::new()));
    let source = Source { name: "sealed", cedar: AS_SOLD, envelope: "", controls };
    let pack = Pack::parse(source).unwrap_or_else(|errors| panic!("{errors:?}"));
    let replaced =
        Input { at_ns: 40 * 60_000_000_000, who: "a".to_owned(), action: Action::ReplacePump };
    let plan = Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack: true,
        threads: 1,
        split: 1,
        inputs: Arc::from([replaced]),
        setup: Arc::clone(&resolved.setup),
        arm: Arc::new(resolved.arm(&pack)),
    };
    let mut received = Received(Vec::new());
    medtwin_engine::run(&plan, &mut received);
    received.0
}

#[test]
fn a_key_stolen_from_the_old_pair_opens_no_spare_unless_all_have_the_same() {
    let of_scope = |scope: &str| received(&format!("[auth]\nkey_scope = \"{scope}\"\n{SEALED}"));
    assert_eq!(of_scope("device"), [Outcome::Permit, Outcome::Forbid]);
    assert_eq!(of_scope("fleet"), [Outcome::Permit, Outcome::Permit]);
}

#[test]
fn a_link_that_seals_and_does_not_sign_is_paired_anew_as_well() {
    assert_eq!(received(SEALED), [Outcome::Permit, Outcome::Forbid]);
}
