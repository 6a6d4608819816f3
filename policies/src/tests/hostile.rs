//! Packs that are made to end, stall or fool the process.

use std::fmt::Write as _;

use super::decisions::inventory;
use super::{LIBRARY, pack};
use crate::{Facts, Intent, Pack, PackError, RequestId, Source, Vocabulary};

const GRANT: &str = "@id(\"a\") @reason(\"r\") permit (principal, action, resource)";

fn parse(cedar: &str, envelope: &str) -> Result<Pack, Vec<PackError>> {
    Pack::parse(Source { name: "x", cedar, envelope, controls: "" })
}

/// Asserts that rules are refused, as a pack and as an intent, with this message and help.
#[track_caller]
fn check_refused(cedar: &str, message: &str, help: &str) {
    for found in [parse(cedar, "").err(), Intent::parse(cedar).err()] {
        let found = found.expect("refused");
        let first = found.first().expect("an error");
        assert!(first.message.contains(message) && first.help.contains(help), "{first:?}");
        assert_eq!(found.len(), 1, "one error for one mistake");
    }
}

#[test]
fn a_reason_that_would_command_a_terminal() {
    for (escape, code) in [("\\u{1b}[2J", "U+001B"), ("\\u{202e}", "U+202E")] {
        let message = format!("a text has the control character {code}");
        for key in ["id", "reason"] {
            let rule = |own: &str| if own == key { format!("x{escape}") } else { "x".to_owned() };
            let notes = format!("@id(\"{}\") @reason(\"{}\")", rule("id"), rule("reason"));
            check_refused(
                &format!("{notes} permit (principal, action, resource);"),
                &message,
                "leave it out",
            );
        }
    }
    let limit = "[[model.insulin-pump.limit]]\nid = \"a\\u0007\"\n";
    let found = parse(&(GRANT.to_owned() + ";"), limit).err().expect("refused");
    assert!(found[0].message.contains("U+0007"), "{found:?}");
}

/// A rule about one action when `condition`.
fn when(condition: &str) -> String {
    GRANT.replace("action", "action == Action::\"command.bolus\"") + " when { " + condition + " };"
}

#[test]
fn a_hundred_thousand_parentheses() {
    let deep = format!("{}context.fresh{}", "(".repeat(100_000), ")".repeat(100_000));
    check_refused(&when(&deep), "brackets are nested 100001 deep", "at most 40");
    let opened = when(&"{[(".repeat(20_000));
    check_refused(&opened, "brackets are nested 60001 deep", "at most 40");
}

#[test]
fn twenty_thousand_terms() {
    for term in ["true && ", "!", "1 + ", "if x then y else "] {
        let long = term.repeat(20_000) + "true";
        let long = &long[..long.len().min(200_000)];
        check_refused(&when(long), "words and signs", "at most 1000: make several rules");
    }
}

#[test]
fn eight_thousand_rules_and_a_file_without_end() {
    let rule = |i| format!("{};\n", GRANT.replace("\"a\"", &format!("\"a{i}\"")));
    let many: String = (0..3000).map(rule).collect();
    check_refused(&many, "has 3000 rules", "at most 500");
    check_refused(&"// all of it\n".repeat(30_000), "has 390000 bytes", "at most 262144");
}

#[test]
fn what_stands_in_strings_and_comments_is_not_measured() {
    let text = format!("// {}\n{GRANT};", "((((;".repeat(2000))
        .replace("\"r\"", &format!("\"\\\"{}\"", "[{(;//".repeat(500)));
    parse(&text, "").unwrap_or_else(|errors| panic!("{errors:?}"));
}

#[test]
fn the_longest_rule_is_decided_on_the_smallest_stack() {
    let terms = vec!["context.fresh"; 190].join(" && ");
    let cedar = when(&terms) + &when(&format!("{}true{}", "(".repeat(38), ")".repeat(38)));
    let cedar = cedar.replacen("\"a\"", "\"b\"", 1);
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let decided = small.spawn(move || {
        let pack = parse(&cedar, "").unwrap_or_else(|errors| panic!("{errors:?}"));
        pack.compile(&inventory()).decide(RequestId(0), Facts::default());
        pack.without_rule("a").decide_slow(&inventory().0[0], Facts::default())
    });
    decided.expect("a thread").join().expect("decided");
}

#[test]
fn rules_that_ask_for_more_decisions_than_there_is_time_for() {
    let facts = "context.authenticated || context.encrypted || context.fresh || context.commanded || \
        context.mfa || context.break_glass || context.signed || context.version_ok || \
        context.role == Role::\"none\" || context.mode == Mode::\"service\"";
    let mut cedar = String::new();
    for i in 0..20 {
        let _ = writeln!(cedar, "{}", when(facts).replacen("\"a\"", &format!("\"a{i}\""), 1));
    }
    let found = parse(&cedar, "").err().expect("refused");
    let message = "20 rules about `command.bolus` read 10 facts: 40960 decisions for each question";
    assert_eq!(found[0].message, message);
    assert!(found[0].help.contains("at most 4000"), "{found:?}");
}

#[test]
fn limits_without_end() {
    let limit = |i| {
        format!("[[model.pump.limit]]\nid=\"l{i}\"\nreason=\"r\"\nkind=\"range\"\nport=\"p\"\n")
    };
    let envelope: String = (0..501).map(limit).collect();
    let found = parse(&format!("{GRANT};"), &envelope).err().expect("refused");
    assert_eq!(found[0].message, "envelope.toml has 501 limits");
}

fn vocabulary() -> Vocabulary {
    let mut known = Vocabulary::default();
    known.add("Model", ["insulin-pump", "insulin-pump-remote", "cgm", "updater", "update-server"]);
    known.add("Model", ["patient-monitor", "central-station", "interface-engine"]);
    known.add("Model", ["pca-pump", "large-volume-pump", "syringe-pump"]);
    known.add("Model", ["docking-gateway", "pump-server", "pca-interlock"]);
    known.add("Peer", ["remote", "cgm", "pump"]);
    known.add("Channel", ["remote", "cgm", "pump"]);
    known
}

/// Asserts that a name is told as one that no device has, with what there is instead.
#[track_caller]
fn check_stranger(cedar: &str, envelope: &str, name: &str, help: &str, underlined: &str) {
    let pack = parse(cedar, envelope).unwrap_or_else(|errors| panic!("{errors:?}"));
    let found = pack.strangers(&vocabulary());
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(one.message, format!("no device has {name}"));
    assert!(one.help.contains(help), "{one:?}");
    let text = if one.file == "policy.cedar" { cedar } else { envelope };
    assert_eq!(&text[one.at.clone()], underlined);
}

#[test]
fn a_rule_about_a_peer_that_no_device_has() {
    let name = "Peer::\"remot\"";
    let scope = GRANT
        .replace("action", "action == Action::\"network.send\"")
        .replace("resource)", &format!("resource == {name});"));
    check_stranger(&scope, "", name, "cgm, pump, remote", name);
    let condition = when("resource == Channel::\"pannel\"");
    let (name, help) = ("Channel::\"pannel\"", "cgm, none, panel, pump, remote");
    check_stranger(&condition, "", name, help, name);
    let several = scope
        .replace("\"network.send\"", "\"network.receive\"")
        .replace("principal", "principal in Model::\"pump\"")
        .replace("remot\"", "remote\"");
    check_stranger(&several, "", "Model::\"pump\"", "insulin-pump-remote", "Model::\"pump\"");
}

#[test]
fn an_envelope_of_a_model_that_there_is_not() {
    let envelope = "[model.insulin-pumpp]\nmemory_kib = 64\n";
    let (name, help) = ("Model::\"insulin-pumpp\"", "docking-gateway, insulin-pump");
    check_stranger(&format!("{GRANT};"), envelope, name, help, "insulin-pumpp");
}

#[test]
fn the_library_names_nobody_that_there_is_not() {
    for source in LIBRARY {
        assert_eq!(pack(source.name).strangers(&vocabulary()), [], "{}", source.name);
    }
}
