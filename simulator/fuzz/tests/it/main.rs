//! Every door, asked by the tests: what once failed, what reached other code, and a bounded number of
//! mutations, the same in each run. `FUZZ_CASES=100000 cargo test --workspace mutations` looks for longer.

use std::panic::catch_unwind;
use std::path::PathBuf;

use medtwin_fuzz::{DOORS, Door, Mutator, corpus, dictionary, door, kept, seeds};

/// Asks a door about an input that was kept.
fn ask_kept(door: &Door, (path, input): (PathBuf, Vec<u8>)) {
    let asked = catch_unwind(|| (door.open)(&input));
    assert!(asked.is_ok(), "again: medtwin-fuzz open {} {}", door.name, path.display());
}

/// Asks a door about mutations, so many or as many as `FUZZ_CASES` says.
fn ask_mutations(name: &str, few: u64) {
    let door = door(name).expect("a door");
    let cases = std::env::var("FUZZ_CASES").ok().and_then(|text| text.parse().ok());
    let mutator = Mutator::new(door);
    for case in 0..cases.unwrap_or(few) {
        let input = mutator.input(1, case);
        let asked = catch_unwind(|| (door.open)(&input));
        assert!(
            asked.is_ok(),
            "again: medtwin-fuzz run {name} 1 {}\n{}",
            case + 1,
            input.escape_ascii()
        );
    }
}

#[test]
fn what_once_failed_fails_no_more() {
    DOORS.iter().for_each(|door| kept(door).into_iter().for_each(|kept| ask_kept(door, kept)));
}

#[test]
fn what_reached_other_code_holds() {
    DOORS.iter().for_each(|door| corpus(door).into_iter().for_each(|kept| ask_kept(door, kept)));
}

#[test]
fn every_door_has_good_inputs_and_they_hold() {
    for door in DOORS {
        let good = (door.good)();
        assert!(!good.is_empty(), "{} has nothing to begin from", door.name);
        good.iter().for_each(|input| (door.open)(input));
        assert!(seeds(door).len() * 2 > good.len(), "seeds of {} are too long", door.name);
    }
}

#[test]
fn a_mutation_is_the_same_each_time_and_not_another_input_again() {
    for door in DOORS {
        let (one, other) = (Mutator::new(door), Mutator::new(door));
        let inputs: std::collections::BTreeSet<_> = (0..64).map(|n| one.input(1, n)).collect();
        assert!((0..64).all(|number| inputs.contains(&other.input(1, number))), "{}", door.name);
        assert!(inputs.len() > 48, "{}: {} of 64 differ", door.name, inputs.len());
    }
}

#[test]
fn the_words_of_scenarios_are_those_of_their_grammar() {
    let words = dictionary(door("scenario").expect("a door"));
    for key in ["lockout_rejects", "daily_dose_share", "occluded_min", "uniform"] {
        assert!(words.contains(&key.as_bytes().to_vec()), "{key}");
    }
}

macro_rules! mutations {
    ($($name:ident: $few:literal;)*) => {
        mod mutations {
            $(#[test]
            fn $name() {
                super::ask_mutations(stringify!($name), $few);
            })*

            #[test]
            fn no_door_is_left_out() {
                let asked = [$(stringify!($name)),*];
                assert!(super::DOORS.iter().all(|door| asked.contains(&door.name)), "{asked:?}");
            }
        }
    };
}

mutations! {
    scenario: 300;
    pack: 100;
    envelope: 500;
    radio: 1000;
    link: 2000;
    vitals: 1000;
    hl7: 1000;
    firmware: 300;
    component: 100;
    dependencies: 1000;
    trace: 500;
    plan: 1000;
    study: 2000;
    journal: 1000;
    request: 2000;
    server: 200;
    advisory: 1000;
    inputs: 2000;
}
