//! Every mistake of an author: what it is, what helps, and where.

use proptest::prelude::*;

use super::{LIBRARY, pack};
use crate::{Intent, Pack, PackError, Source};

const GRANT: &str = "@id(\"a\") @reason(\"r\") permit (principal, action, resource);";

fn errors(cedar: &str, envelope: &str, controls: &str) -> Vec<PackError> {
    let source = Source { name: "x", cedar, envelope, controls };
    Pack::parse(source).err().unwrap_or_default()
}

/// Asserts what an author sees: the message, the help, and the underlined words.
#[track_caller]
fn check(found: &[PackError], text: &str, message: &str, help: &str, underlined: &str) {
    let first = found.first().expect("refused");
    assert!(first.message.contains(message), "{first:?}");
    assert!(first.help.contains(help), "{first:?}");
    let at = text.get(first.at.clone()).expect("a place in the text");
    assert!(at.contains(underlined), "`{at}`");
}

#[track_caller]
fn check_cedar(text: &str, message: &str, help: &str, underlined: &str) {
    check(&errors(text, "", ""), text, message, help, underlined);
}

#[track_caller]
fn check_limit(limit: &str, message: &str, help: &str, underlined: &str) {
    let text = format!("[[model.pump.limit]]\nid = \"l\"\nreason = \"r\"\n{limit}");
    check(&errors(GRANT, &text, ""), &text, message, help, underlined);
}

#[track_caller]
fn check_control(text: &str, message: &str, help: &str, underlined: &str) {
    check(&errors(GRANT, "", text), text, message, help, underlined);
}

/// A rule about boluses when `condition`.
fn bolus(condition: &str) -> String {
    format!(
        "@id(\"a\") @reason(\"r\") permit (principal, action == Action::\"command.bolus\", resource) when {{ {condition} }};"
    )
}

#[test]
fn a_rule_that_does_not_end() {
    check_cedar("@id(\"a\") permit (principal, action, resource", "unexpected end", "", "");
}

#[test]
fn an_action_that_is_not_there() {
    let text = GRANT.replace("action", "action == Action::\"comand.bolus\"");
    let (message, help) = ("unrecognized action", "did you mean `Action::\"command.bolus\"`?");
    check_cedar(&text, message, help, "Action::\"comand.bolus\"");
}

#[test]
fn a_fact_that_is_not_there() {
    let text = bolus("context.authentcated");
    check_cedar(&text, "`authentcated`", "did you mean `authenticated`?", "context.authentcated");
}

#[test]
fn a_role_that_is_not_there() {
    let text = bolus("context.role == Role::\"nurse\"");
    check_cedar(&text, "not declared", "wearer", "Role::\"nurse\"");
}

#[test]
fn a_rule_that_can_never_apply() {
    let text = bolus("context.fresh && false");
    check_cedar(&text, "policy is impossible", "", "context.fresh");
}

#[test]
fn a_rule_without_a_name_or_a_reason() {
    // However it is written, the place is the rule.
    let odd = "// first\n@reason(\"r\")\n  permit ( principal, // who\n action, resource );";
    check_cedar(odd, "a rule has no `@id`", "write `@id(\"…\")`", "permit ( principal, // who");
    let text = "@id(\"a\") permit (principal, action, resource);";
    check_cedar(text, "a rule has no `@reason`", "write `@reason(\"…\")`", "@id(\"a\")");
    let text = "@id(\" \") @reason(\"r\") permit (principal, action, resource);";
    check_cedar(text, "a rule has no `@id`", "write `@id(\"…\")`", "permit");
}

#[test]
fn two_rules_of_one_name() {
    let text = format!("{GRANT}\n{}", GRANT.replace("permit", "forbid"));
    check_cedar(&text, "two rules are called `a`", "give each its own id", "forbid");
}

#[test]
fn a_control_that_is_not_there_or_in_a_grant() {
    let control = |id: &str, effect: &str| {
        format!(
            "@id(\"a\") @reason(\"r\") @control(\"{id}\") {effect} (principal, action, resource);"
        )
    };
    let text = control("atuh", "forbid");
    check_cedar(&text, "there is no control `atuh`", "one of: auth", "atuh");
    let text = control("auth", "permit");
    check_cedar(&text, "a `permit` carries `@control`", "as a `forbid … unless`", "permit");
}

#[test]
fn a_template() {
    let text = "@id(\"a\") @reason(\"r\") permit (principal == ?principal, action, resource);";
    let found = errors(text, "", "");
    assert!(found.iter().any(|e| e.message == "a pack holds no templates"), "{found:?}");
}

#[test]
fn a_limit_that_limits_nothing_or_too_oddly() {
    let range = "kind = \"range\"\nport = \"bolus\"\n";
    check_limit("kind = \"rang\"", "is of kind `rang`", "one of: range, dose", "rang");
    check_limit("kind = \"dose\"", "limit `l` is not whole", "`window_min` and `max`", "\"l\"");
    let typo = format!("{range}max = {{ prescription = \"max_bolu\" }}");
    check_limit(&typo, "nothing is prescribed as `max_bolu`", "max_bolus_u", "max_bolu");
    check_limit(&format!("{range}max = -1.0"), "`-1` is no amount", "a number from 0", "-1.0");
    check_limit(&format!("{range}max = nan"), "`NaN` is no amount", "a number from 0", "nan");
    let factor = format!("{range}max = {{ prescription = \"max_bolus_u\", factor = -2.0 }}");
    check_limit(&factor, "`-2` is no factor", "a number from 0", "factor = -2.0");
    check_limit(&format!("{range}step = 0.0"), "`step` is 0", "above 0", "0.0");
    check_limit(&format!("{range}control = \"q\""), "no control `q`", "one of: auth", "q");
    let dose = "kind = \"dose\"\nports = [\"bolus\"]\nmax = 1.0\n";
    check_limit(&format!("{dose}window_min = -3.0"), "`window_min` is -3", "above 0", "-3.0");
    let credit = format!("{dose}window_min = 3.0\ncredit = [\"fat\"]");
    check_limit(&credit, "there is no credit `fat`", "one of: carbs", "fat");
}

#[test]
fn a_limit_with_the_name_of_a_rule() {
    let text =
        "[[model.pump.limit]]\nid = \"a\"\nreason = \"r\"\nkind = \"range\"\nport = \"bolus\"";
    let found = errors(GRANT, text, "");
    check(&found, text, "two rules or limits are called `a`", "give each its own id", "\"a\"");
}

#[test]
fn an_envelope_with_a_key_that_is_not_there() {
    let text = "[model.pump]\nfule_per_event = 3";
    let found = errors(GRANT, text, "");
    check(&found, text, "unknown field `fule_per_event`", "", "fule_per_event");
}

#[test]
fn a_control_that_nothing_runs() {
    check_control("[autth]", "there is no control `autth`", "one of: auth", "autth");
    check_control(
        "[monitoring]",
        "`monitoring` has no settings of its own",
        "a rule with `@control",
        "monitoring",
    );
    check_control("[auth]\nkeyscope = 1", "unknown field `keyscope`", "", "[auth]");
    for (key, why) in [
        ("pairing_s = -3.0", "`pairing_s` from 0 to 86400 s"),
        ("pairing_s = 86401.0", "`pairing_s` from 0 to 86400 s"),
        ("pairing_s = nan", "`pairing_s` from 0 to 86400 s"),
        ("pairing_presses = -1.0", "`pairing_presses` is from 0 to 10000"),
        ("pairing_presses = 10001.0", "`pairing_presses` is from 0 to 10000"),
        ("pairing_presses = inf", "`pairing_presses` is from 0 to 10000"),
    ] {
        check_control(&format!("[auth]\n{key}"), why, "README", "[auth]");
    }
    check_control("[auth]\nkey_life_h = 0.0", "`key_life_h` is from 0.1", "README", "[auth]");
    check_control("[auth]\nkey_life_h = nan", "`key_life_h` is from 0.1", "README", "[auth]");
    let both = "[auth]\nkey_life_h = 4.0\nrenew_before_h = 4.0";
    check_control(both, "ends 0.1 h before `key_life_h`", "README", "[auth]");
    check_control("[auth]\nrenew_before_h = 1.0", "`renew_before_h`", "README", "[auth]");
    check_control("[nonce]\nwindow = 99", "at most 64 frames", "README", "[nonce]");
    check_control("[encryption]\nsuite = \"rot13\"", "`rot13`", "", "[encryption]");
    check_control("[mfa]\nroles = []", "`roles` names nobody", "README", "[mfa]");
    check_control("[mfa]\nroles = [\"nurse\"]", "unknown variant `nurse`", "", "[mfa]");
    check_control("[mfa]\nskew_steps = 5", "at most 4 steps", "README", "[mfa]");
    for (key, why) in [
        ("tries = 0", "1 to 100"),
        ("tries = 101", "1 to 100"),
        ("session_min = 0", "0.1 to 1440 min"),
        ("lockout_min = nan", "0.1 to 1440 min"),
        ("break_glass_min = 1441", "0.1 to 1440 min"),
    ] {
        let text = format!("[cred_hygiene]\n{key}");
        check_control(&text, why, "README", "[cred_hygiene]");
    }
    let week = "from 1 min to a week";
    check_control("[signed_update]\nconfirm_min = 0.5", week, "README", "[signed_update]");
    let floor = "[signed_update]\nsecure_boot = false\nrollback_floor = true";
    check_control(floor, "`rollback_floor` needs `secure_boot`", "README", "[signed_update]");
    check_control("[signed_update]\nsecure = true", "field `secure`", "", "[signed_update]");
    check_control("[patching]\nfirst_wave = 0", "`first_wave` and", "README", "[patching]");
    check_control("[patching]\nsoak_min = nan", week, "README", "[patching]");
    check_control("[rate_limit]", "missing field `per_h`", "", "[rate_limit]");
    check_control("[rest_protection]", "missing field `suite`", "", "[rest_protection]");
    check_control("[rest_protection]\nsuite = \"none\"", "`none`", "", "[rest_protection]");
}

#[test]
fn the_longest_pairing_is_none() {
    let text = "[auth]\npairing_s = 86400.0\npairing_presses = 10000.0";
    assert_eq!(errors(GRANT, "", text), []);
}

#[test]
fn mistakes_in_all_files_are_told_at_once() {
    let found =
        errors("permit (principal, action, resource);", "[model.pump]\nx = 1", "[monitoring]");
    let files: Vec<_> = found.iter().map(|error| error.file).collect();
    assert_eq!(files, ["policy.cedar", "policy.cedar", "envelope.toml", "controls.toml"]);
}

#[test]
fn an_intent_that_asks_for_what_nobody_knows() {
    let text = "@id(\"a\") @reason(\"r\") permit (principal, action in Action::\"command\", resource) when { context.orign == Origin::\"person\" };";
    let found = Intent::parse(text).err().expect("refused");
    check(&found, text, "`orign`", "did you mean `origin`?", "context.orign");
}

proptest! {
    #[test]
    fn no_text_makes_a_pack_panic(cedar in ".{0,200}", envelope in ".{0,200}", controls in ".{0,200}") {
        errors(&cedar, &envelope, &controls);
        let _ = Intent::parse(&cedar);
    }

    #[test]
    fn no_changed_byte_of_a_pack_makes_it_panic(which in 0..4usize, at in any::<prop::sample::Index>(), byte in 32..127u8) {
        let source = LIBRARY[which];
        let change = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let texts = [source.cedar, source.envelope, source.controls].map(change);
        let found = errors(&texts[0], &texts[1], &texts[2]);
        for error in found {
            let text = texts.iter().any(|text| text.get(error.at.clone()).is_some());
            prop_assert!(text, "{error:?} has no place in its file");
        }
    }
}

#[test]
fn the_packs_of_the_library_have_no_mistakes() {
    LIBRARY.iter().for_each(|source| assert_eq!(pack(source.name).name(), source.name));
}
