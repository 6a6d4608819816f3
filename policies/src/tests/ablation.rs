//! Taking a pack apart takes out what was named and nothing else.

use super::decisions::inventory;
use super::{LIBRARY, at_the_panel, pack};
use crate::{Facts, Inventory, Pack, RequestId, Table};

fn ids(pack: &Pack) -> Vec<String> {
    let rules = pack.rules().iter().map(|rule| rule.id.clone());
    rules.chain(pack.envelope().limits().map(|(_, limit)| limit.id.clone())).collect()
}

#[test]
fn a_pack_without_a_rule_lacks_that_rule_alone() {
    for source in LIBRARY {
        let whole = pack(source.name);
        for id in ids(&whole) {
            let less = whole.without_rule(&id);
            assert_eq!(less.name(), format!("{}-{id}", source.name));
            let expected: Vec<_> = ids(&whole).into_iter().filter(|other| *other != id).collect();
            assert_eq!(ids(&less), expected);
            assert_eq!(less.controls(), whole.controls());
        }
    }
}

#[test]
fn a_pack_without_a_control_keeps_every_grant() {
    let whole = pack("hardened");
    for control in whole.control_ids() {
        let less = whole.without_control(&control);
        let grants = |pack: &Pack| pack.rules().iter().filter(|rule| rule.is_permit()).count();
        assert_eq!(grants(&less), grants(&whole), "{control}");
        assert!(!less.control_ids().contains(&control));
        let others: Vec<_> = whole.control_ids().into_iter().filter(|c| *c != control).collect();
        assert_eq!(less.control_ids(), others);
    }
}

fn tables(pack: &Pack) -> (Table, Inventory) {
    let inventory = inventory();
    (pack.compile(&inventory), inventory)
}

#[test]
fn a_control_taken_out_and_put_back_decides_as_before() {
    let whole = pack("hardened");
    for control in whole.control_ids() {
        let back = whole.without_control(&control).with_control(&control, &whole);
        assert_eq!(back.controls(), whole.controls(), "{control}");
        assert_eq!(ids(&back).len(), ids(&whole).len());
        let ((one, inventory), (other, _)) = (tables(&whole), tables(&back));
        for at in 0..inventory.0.len() as u32 {
            for facts in [Facts::default(), at_the_panel()] {
                let permits = |table: &Table| {
                    matches!(table.decide(RequestId(at), facts), crate::Verdict::Permit(_))
                };
                assert_eq!(
                    permits(&one),
                    permits(&other),
                    "{control} {:?}",
                    inventory.0[at as usize]
                );
            }
        }
    }
}

#[test]
fn a_control_added_to_as_sold_is_the_one_of_hardened() {
    let more = pack("as-sold").with_control("auth", &pack("hardened"));
    assert_eq!(more.name(), "as-sold+auth");
    assert!(more.controls().auth() && !more.controls().encryption());
    assert!(more.rules().iter().any(|rule| rule.id == "no-forged-command"));
}

#[test]
fn what_is_not_there_is_taken_out_without_effect() {
    let whole = pack("hardened");
    assert_eq!(ids(&whole.without_rule("nonsense")), ids(&whole));
    assert_eq!(ids(&whole.without_control("mfa")), ids(&whole));
}
