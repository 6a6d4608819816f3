//! The coverage-guided target: one door, named in `DOOR`, asked by libFuzzer.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use medtwin_fuzz::{Door, Mutator, door};

static DOOR: LazyLock<&Door> = LazyLock::new(|| {
    let name = std::env::var("DOOR").unwrap_or_default();
    door(&name).unwrap_or_else(|| panic!("DOOR is `{name}`, which is no door"))
});
static MUTATOR: LazyLock<Mutator> = LazyLock::new(|| Mutator::new(&DOOR));

/// Asks about a good input, so that no time is counted in which models are compiled.
fn begin() {
    LazyLock::force(&MUTATOR);
    (DOOR.good)().first().into_iter().for_each(|input| (DOOR.open)(input));
}

fuzz_target!(init: begin(), |input: &[u8]| {
    if input.len() <= DOOR.most {
        (DOOR.open)(input);
    }
});

// One of eight mutations is libFuzzer's own, which knows what the code compares with.
fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    if seed.is_multiple_of(8) {
        return fuzzer_mutate(data, size, most);
    }
    let mut input = data[..size].to_vec();
    MUTATOR.mutate(&mut input, u64::from(seed));
    input.truncate(most);
    data[..input.len()].copy_from_slice(&input);
    input.len()
});
