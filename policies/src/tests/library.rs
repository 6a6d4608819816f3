//! What every pack of the library must leave to a person.

use super::decisions::COMMANDS;
use super::{LIBRARY, at_the_panel, pack};
use crate::{Amount, Asked, Facts, Intent, Inventory, LimitKind, Origin, Pack, RequestId, Verdict};

fn command(action: &str, channel: &str) -> Asked {
    Asked {
        device: "pump".to_owned(),
        model: "insulin-pump".to_owned(),
        action: action.to_owned(),
        resource: ("Channel".to_owned(), channel.to_owned()),
        zone: None,
    }
}

fn stop_works(pack: &Pack) -> bool {
    let verdict = pack.decide_slow(&command("command.suspend", "panel"), at_the_panel());
    matches!(verdict, Verdict::Permit(_))
}

#[test]
fn the_local_stop_works_under_every_pack_and_without_any_one_control() {
    for source in LIBRARY {
        let whole = pack(source.name);
        assert!(stop_works(&whole), "{}", source.name);
        for control in whole.control_ids() {
            assert!(stop_works(&whole.without_control(&control)), "{}-{control}", source.name);
        }
        for rule in whole.rules().iter().filter(|rule| !rule.is_permit()) {
            assert!(stop_works(&whole.without_rule(&rule.id)), "{}-{}", source.name, rule.id);
        }
    }
}

#[test]
fn nothing_is_within_every_limit() {
    for source in LIBRARY {
        for (_, limit) in pack(source.name).envelope().limits() {
            if let LimitKind::Range { min: Some(Amount::Number(min)), .. } = limit.kind {
                assert!(min <= 0.0, "{} keeps an actuator from stopping", limit.id);
            }
        }
    }
}

#[test]
fn a_frame_without_proof_commands_nothing_under_hardened() {
    let hardened = pack("hardened");
    for action in COMMANDS {
        for facts in [
            Facts::default(),
            Facts { encrypted: true, fresh: true, ..Facts::default() },
            Facts { authenticated: true, encrypted: true, ..Facts::default() },
        ] {
            let verdict = hardened.decide_slow(&command(action, "remote"), facts);
            assert!(matches!(verdict, Verdict::Forbid(_)), "{action} {facts:?}");
        }
    }
}

#[test]
fn every_rule_and_limit_of_the_library_gives_a_reason() {
    for source in LIBRARY {
        let pack = pack(source.name);
        assert!(pack.rules().iter().all(|rule| rule.reason.len() > 10), "{}", source.name);
        assert!(pack.envelope().limits().all(|(_, limit)| limit.reason.len() > 10));
    }
}

#[test]
fn at_home_the_wearer_is_meant_and_no_adversary_ever() {
    let intent = Intent::parse(include_str!("../../../scenarios/sites/home/intent.cedar"));
    let intent = intent.unwrap_or_else(|errors| panic!("{errors:?}"));
    let channels = ["panel", "remote", "none"];
    let asked = COMMANDS.iter().flat_map(|a| channels.iter().map(|c| command(a, c)));
    let inventory = Inventory(asked.collect());
    let table = intent.compile(&inventory);
    for at in 0..inventory.0.len() as u32 {
        for ordered in [false, true] {
            let allows = |origin| table.allows(RequestId(at), origin, ordered);
            assert!(allows(Origin::Person));
            assert!(
                !allows(Origin::Adversary) && !allows(Origin::Replay) && !allows(Origin::Device)
            );
        }
    }
}
