//! A table says what Cedar says.

use cedar_policy::Context;
use proptest::prelude::*;

use super::{LIBRARY, pack};
use crate::{Asked, Facts, Inventory, Mode, Pack, RequestId, Role, Source, Verdict};

/// Questions of every kind that the schema has.
pub(super) fn inventory() -> Inventory {
    let resources: &[(&str, &[&str], &[&str])] = &[
        ("Self", &["device"], &["clock.read", "timer.set", "random.draw", "log.write"]),
        ("Peer", &["remote", "cgm", "pump"], &["network.send", "network.receive"]),
        ("Sensor", &["reservoir", "glucose"], &["sensor.read"]),
        ("Actuator", &["basal", "bolus"], &["actuator.set"]),
        ("Alarm", &["beep"], &["alarm.raise"]),
        ("Field", &["basal"], &["display.show"]),
        ("Store", &["own"], &["storage.get", "storage.put", "storage.delete"]),
        ("Key", &["pairing"], &["vault.sign", "vault.verify", "vault.seal", "vault.open"]),
        ("Slot", &["own"], &["update.stage", "update.activate"]),
        ("Channel", &["remote", "panel", "none"], &COMMANDS),
    ];
    let one = |model: &str, action: &str, (kind, id): (&str, &str)| Asked {
        device: "d".to_owned(),
        model: model.to_owned(),
        action: action.to_owned(),
        resource: (kind.to_owned(), id.to_owned()),
        zone: None,
    };
    let mut all = Vec::new();
    for model in ["insulin-pump", "insulin-pump-remote", "cgm", "stranger"] {
        for (kind, ids, actions) in resources {
            for (id, action) in ids.iter().flat_map(|id| actions.iter().map(move |a| (id, a))) {
                all.push(one(model, action, (kind, id)));
            }
        }
    }
    all.extend(UPDATES.map(|(model, action, resource)| one(model, action, resource)));
    Inventory(all)
}

/// What the devices of an update ask that others do not.
const UPDATES: [(&str, &str, (&str, &str)); 16] = [
    ("updater", "network.receive", ("Peer", "server")),
    ("updater", "network.send", ("Peer", "server")),
    ("updater", "update.stage", ("Slot", "own")),
    ("updater", "update.activate", ("Slot", "own")),
    ("updater", "display.show", ("Field", "update")),
    ("updater", "storage.get", ("Store", "own")),
    ("updater", "storage.put", ("Store", "own")),
    ("updater", "vault.sign", ("Key", "attestation")),
    ("update-server", "timer.set", ("Self", "device")),
    ("update-server", "random.draw", ("Self", "device")),
    ("update-server", "vault.verify", ("Key", "quotes")),
    ("update-server", "storage.get", ("Store", "own")),
    ("update-server", "network.send", ("Peer", "updater")),
    ("update-server", "network.receive", ("Peer", "updater")),
    ("update-server", "display.show", ("Field", "answer")),
    ("update-server", "command.status", ("Channel", "none")),
];

/// Every command.
pub(super) const COMMANDS: [&str; 6] = [
    "command.bolus",
    "command.suspend",
    "command.resume",
    "command.temp-basal",
    "command.set-limit",
    "command.status",
];

pub(super) fn facts() -> impl Strategy<Value = Facts> {
    let role = prop::sample::select(vec![Role::None, Role::Wearer, Role::Clinician, Role::Service]);
    let mode = prop::sample::select(vec![Mode::Therapy, Mode::Service]);
    (any::<[bool; 8]>(), role, mode).prop_map(|(flags, role, mode)| {
        let [authenticated, encrypted, fresh, commanded, mfa, break_glass, signed, version_ok] =
            flags;
        Facts {
            authenticated,
            encrypted,
            fresh,
            commanded,
            mfa,
            break_glass,
            signed,
            version_ok,
            role,
            mode,
        }
    })
}

/// A pack that reads every fact.
fn curious() -> Pack {
    let cedar = r#"
@id("grant") @reason("r") permit (principal, action, resource) when { context.mode == Mode::"therapy" || context.break_glass };
@id("one") @reason("r") @control("mfa") forbid (principal, action in [Action::"update", Action::"command"], resource) unless { context.mfa && context.signed };
@id("two") @reason("r") @control("auth") forbid (principal in Model::"cgm", action == Action::"network.receive", resource == Peer::"pump") when { context.role == Role::"service" || !context.encrypted };
@id("three") @reason("r") forbid (principal, action in Action::"vault", resource) unless { context.version_ok && context.fresh && context.commanded && context.authenticated };
"#;
    let source = Source { name: "curious", cedar, envelope: "", controls: "" };
    Pack::parse(source).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn check_same(pack: &Pack, facts: Facts, at: usize) -> Result<(), TestCaseError> {
    let inventory = inventory();
    let asked = &inventory.0[at % inventory.0.len()];
    let table = pack.compile(&Inventory(vec![asked.clone()]));
    prop_assert_eq!(table.decide(RequestId(0), facts), pack.decide_slow(asked, facts));
    Ok(())
}

proptest! {
    #[test]
    fn a_table_says_what_cedar_says(which in 0..5usize, at in any::<usize>(), facts in facts()) {
        let pack = LIBRARY.get(which).map_or_else(curious, |source| pack(source.name));
        check_same(&pack, facts, at)?;
    }
}

/// Everything that a host can know, each once.
fn all_facts() -> Vec<Facts> {
    let roles = [Role::None, Role::Wearer, Role::Clinician, Role::Service];
    let of = |bits: u16| {
        let on = |bit: u16| bits & 1 << bit != 0;
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
    };
    (0..1 << 11).map(of).collect()
}

/// Asks table and Cedar, with all rules of the pack, about every question under all facts; how often.
fn check_everywhere(pack: &Pack, inventory: &Inventory) -> usize {
    let (table, rules) = (pack.compile(inventory), pack.cedar_rules().all());
    let facts: Vec<_> = all_facts()
        .into_iter()
        .map(|facts| (facts, Context::from_pairs(facts.pairs()).expect("a context")))
        .collect();
    for (request, asked) in inventory.questions() {
        let entities = crate::cedar::entities(asked).expect("entities");
        for (facts, context) in &facts {
            let said = rules.decide(asked, context.clone(), &entities);
            assert_eq!(table.decide(request, *facts), said, "{asked:?} {facts:?}");
        }
    }
    inventory.0.len() * facts.len()
}

#[test]
fn a_table_says_what_cedar_says_of_every_request_of_each_pack() {
    let mut inventory = inventory();
    inventory.0.retain(|asked| asked.model != "stranger"); // nothing names it: the random test has it
    let inventory = &inventory;
    std::thread::scope(|scope| {
        let packs = LIBRARY.iter().map(|source| pack(source.name)).chain([curious()]);
        let checks: Vec<_> =
            packs.map(|pack| scope.spawn(move || check_everywhere(&pack, inventory))).collect();
        for check in checks {
            assert_eq!(check.join().expect("the same"), (3 * 43 + 16) * 2048);
        }
    });
}

#[test]
fn an_interface_is_lent_exactly_when_some_facts_permit_it() {
    let inventory = inventory();
    for source in LIBRARY {
        let pack = pack(source.name);
        let table = pack.compile(&inventory);
        for (at, asked) in inventory.0.iter().enumerate() {
            let request = RequestId(at as u32);
            let some = (0..512u16).any(|bits| {
                let on = |bit: u16| bits & (1 << bit) != 0;
                let facts = Facts {
                    authenticated: on(0),
                    encrypted: on(1),
                    fresh: on(2),
                    commanded: on(3),
                    mfa: on(4),
                    signed: on(5),
                    version_ok: on(6),
                    role: [Role::None, Role::Wearer, Role::Clinician, Role::Service]
                        [usize::from(bits >> 7)],
                    ..Facts::default()
                };
                matches!(table.decide(request, facts), Verdict::Permit(_))
            });
            assert_eq!(table.ever_permits(request), some, "{} {asked:?}", source.name);
        }
    }
}

#[test]
fn what_no_grant_names_is_denied() {
    let pack = pack("hardened");
    let table = pack.compile(&Inventory(Vec::new()));
    assert_eq!(table.decide(RequestId(0), Facts::default()), Verdict::NoGrant);
    let mut asked = inventory().0[0].clone();
    asked.model = "stranger".to_owned();
    assert_eq!(pack.decide_slow(&asked, Facts::default()), Verdict::NoGrant);
}

#[test]
fn the_order_of_rules_decides_who_speaks_and_never_what_is_said() {
    let source = LIBRARY[2];
    let rules: Vec<&str> = source.cedar.split_inclusive(";\n").collect();
    let reversed: String = rules.iter().rev().copied().collect();
    let reversed = Pack::parse(Source { cedar: &reversed, ..source }).expect("still a pack");
    let said = |verdict| match verdict {
        Verdict::Permit(_) => "permit",
        Verdict::Forbid(_) => "forbid",
        Verdict::NoGrant => "no grant",
    };
    for asked in &inventory().0 {
        for facts in [Facts::default(), super::at_the_panel()] {
            let (one, other) =
                (pack("hardened").decide_slow(asked, facts), reversed.decide_slow(asked, facts));
            assert_eq!(said(one), said(other), "{asked:?}");
        }
    }
}

#[test]
fn a_rule_may_be_about_a_zone() {
    let cedar = r#"
@id("all") @reason("r") permit (principal, action, resource);
@id("not-from-outside") @reason("r") @control("segmentation")
forbid (principal, action in [Action::"network.receive", Action::"command.bolus"], resource in Zone::"outside");
"#;
    let source = Source { name: "zoned", cedar, envelope: "", controls: "" };
    let pack = Pack::parse(source).expect("a pack");
    for (zone, kind, action, is_let) in [
        (Some("outside"), "Peer", "network.receive", false),
        (Some("outside"), "Channel", "command.bolus", false),
        (Some("outside"), "Channel", "command.suspend", true),
        (Some("ward"), "Peer", "network.receive", true),
        (None, "Peer", "network.receive", true),
    ] {
        let asked = Asked {
            device: "d".to_owned(),
            model: "insulin-pump".to_owned(),
            action: action.to_owned(),
            resource: (kind.to_owned(), "remote".to_owned()),
            zone: zone.map(str::to_owned),
        };
        let table = pack.compile(&Inventory(vec![asked.clone()]));
        for verdict in [
            table.decide(RequestId(0), Facts::default()),
            pack.decide_slow(&asked, Facts::default()),
        ] {
            assert_eq!(matches!(verdict, Verdict::Permit(_)), is_let, "{asked:?}");
        }
    }
}

#[test]
fn a_rule_about_one_device_says_nothing_of_another_of_its_model() {
    let cedar = "@id(\"all\") @reason(\"r\") permit (principal, action == Action::\"clock.read\", resource);\n\
        @id(\"two\") @reason(\"r\") forbid (principal == Device::\"bed-2\", action == Action::\"clock.read\", resource);\n\
        @id(\"log\") @reason(\"r\") permit (principal, action == Action::\"log.write\", resource) when { principal == Device::\"bed-3\" };\n";
    let pack = Pack::parse(Source { name: "beds", cedar, envelope: "", controls: "" });
    let asked = |device: &str, action: &str| Asked {
        device: device.to_owned(),
        model: "insulin-pump".to_owned(),
        action: action.to_owned(),
        resource: ("Self".to_owned(), "device".to_owned()),
        zone: None,
    };
    let beds = ["bed-1", "bed-2", "bed-3", "bed-4"];
    let all = ["clock.read", "log.write"].map(|action| beds.map(|bed| asked(bed, action)));
    let inventory = Inventory(all.concat());
    let table = pack.expect("a pack").compile(&inventory);
    let permits = |at| matches!(table.decide(RequestId(at), Facts::default()), Verdict::Permit(_));
    let permitted: Vec<u32> = (0..8).filter(|&at| permits(at)).collect();
    assert_eq!(permitted, [0, 2, 3, 6]);
    let lent: Vec<u32> = (0..8).filter(|&at| table.ever_permits(RequestId(at))).collect();
    assert_eq!(lent, permitted);
}
