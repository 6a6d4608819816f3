//! Envelopes: what is taken has limits that are numbers, each with a name of its own.

use std::collections::BTreeSet;

use medtwin_policy::{Amount, LimitKind, Pack, Source};

use crate::{check, seeds};

const GRANT: &str = "@id(\"a\") @reason(\"r\") permit (principal, action, resource);";

pub(super) fn good() -> Vec<Vec<u8>> {
    let files = ["policies/library", "scenarios"].map(|dir| seeds::files(dir, "envelope.toml"));
    files.concat().into_iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

pub(super) fn open(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let source = Source { name: "fuzzed", cedar: GRANT, envelope: text, controls: "" };
    match Pack::parse(source) {
        Ok(pack) => holds(&pack, text),
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a mistake");
            for error in errors {
                assert_eq!(error.file, "envelope.toml", "{error:?}");
                check::told(text, &error.message, Some(&error.at));
            }
        }
    }
}

fn holds(pack: &Pack, text: &str) {
    let mut ids = BTreeSet::from(["a"]);
    for (model, limit) in pack.envelope().limits() {
        assert!(ids.insert(&limit.id), "`{}` is the name of two", limit.id);
        numbers(&limit.kind);
        let misfits = pack.envelope().misfits(model, &[], text);
        misfits.iter().for_each(|misfit| check::told(text, &misfit.message, Some(&misfit.at)));
    }
}

fn numbers(kind: &LimitKind) {
    let is_number = |number: f64| number.is_finite() && number >= 0.0;
    let is_amount = |amount: &Amount| match amount {
        Amount::Number(number) | Amount::Prescription { factor: number, .. } => is_number(*number),
    };
    let holds = match kind {
        LimitKind::Range { min, max, step, .. } => {
            min.iter().chain(max).all(is_amount)
                && step.is_none_or(|step| is_number(step) && step > 0.0)
        }
        LimitKind::Dose { window_min, max, .. } => {
            is_number(*window_min) && *window_min > 0.0 && is_amount(max)
        }
    };
    assert!(holds, "{kind:?}");
}
