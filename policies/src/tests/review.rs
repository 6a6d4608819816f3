//! A rule that decides nothing is found, with the rules that answer before it.

use super::decisions::inventory;
use super::{LIBRARY, pack};
use crate::{Pack, Source};

#[track_caller]
fn check_unheard(cedar: &str, expected: &[(&str, &[&str])]) {
    let source = Source { name: "p", cedar, envelope: "", controls: "" };
    let pack = Pack::parse(source).unwrap_or_else(|errors| panic!("{errors:?}"));
    let id = |rule: &crate::RuleId| pack.rules()[usize::from(rule.0)].id.clone();
    let found: Vec<_> = pack
        .unheard(&inventory())
        .iter()
        .map(|unheard| (id(&unheard.rule), unheard.behind.iter().map(id).collect::<Vec<_>>()))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(rule, behind)| {
            ((*rule).to_owned(), behind.iter().map(|b| (*b).to_owned()).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(found, expected);
}

const ALL: &str = r#"@id("all") @reason("r") permit (principal, action, resource);"#;

#[test]
fn a_grant_that_an_earlier_one_gives_already() {
    let cedar = format!(
        r#"{ALL} @id("clock") @reason("r") permit (principal, action == Action::"clock.read", resource);"#
    );
    check_unheard(&cedar, &[("clock", &["all"])]);
}

#[test]
fn a_grant_that_a_rule_forbids_altogether() {
    let cedar = r#"@id("keys") @reason("r") permit (principal, action in Action::"vault", resource);
        @id("no-keys") @reason("r") forbid (principal, action in Action::"vault", resource);"#;
    check_unheard(cedar, &[("keys", &["no-keys"])]);
}

#[test]
fn a_grant_about_a_model_that_does_not_do_that() {
    let cedar = format!(
        r#"{ALL} @id("odd") @reason("r") permit (principal in Model::"glucometer", action == Action::"clock.read", resource);"#
    );
    check_unheard(&cedar, &[("odd", &[])]);
}

#[test]
fn every_rule_of_the_library_decides_something() {
    for source in LIBRARY {
        assert_eq!(pack(source.name).unheard(&inventory()), [], "{}", source.name);
    }
}
