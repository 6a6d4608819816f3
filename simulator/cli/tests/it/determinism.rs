//! Equal plans give equal runs, however they are stepped.

use crate::{FIRST, arm, changed, path, run};

fn fingerprints(run: &serde_json::Value) -> Vec<String> {
    let arms = run["arms"].as_array().expect("arms");
    arms.iter().map(|arm| arm["fingerprint"].to_string()).collect()
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let once = fingerprints(&run(FIRST, &["--seed", "7"]));
    assert_eq!(once, fingerprints(&run(FIRST, &["--seed", "7"])));
    assert_ne!(once, fingerprints(&run(FIRST, &["--seed", "8"])));
}

#[test]
fn threads_and_windows_change_nothing() {
    for scenario in [FIRST, "minimed-remote-replay", "pump-implant"] {
        let plain = fingerprints(&run(scenario, &[]));
        assert_eq!(plain, fingerprints(&run(scenario, &["--threads", "2"])), "{scenario}");
        for split in ["2", "5"] {
            assert_eq!(
                plain,
                fingerprints(&run(scenario, &["--split", split])),
                "{scenario} {split}"
            );
        }
    }
}

#[test]
fn an_adversary_without_steps_changes_nothing() {
    let dir = changed(FIRST, |text| text.split("[[step]]").next().unwrap_or_default().to_owned());
    let run = run(path(&dir), &[]);
    let of = |name: &str| arm(&run, name)["fingerprint"].clone();
    assert_eq!(of("as-sold/attack"), of("as-sold/clean"));
}

#[test]
fn an_added_adversary_changes_no_draw_of_anybody_else() {
    let dir = changed(FIRST, |text| {
        let text = text.split("[[step]]").next().unwrap_or_default().to_owned();
        format!("{text}[adversary.zoe]\nposition = \"adjacent-radio\"\nlinks = [\"rf\"]\n")
    });
    let glucose = |run: &serde_json::Value| arm(run, "as-sold/clean")["metrics"].clone();
    assert_eq!(glucose(&run(path(&dir), &[])), glucose(&run(FIRST, &[])));
}
