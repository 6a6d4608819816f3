//! Links with a rate: what waits, what is dropped, and what a flood does to others.

use crate::determinism::check_stepping;
use crate::{changed, metric, path, run};

/// A day of suspends as a day at a slow telemetry link, with a flood in it.
fn at_a_slow_link(flood: &str) -> tempfile::TempDir {
    changed("minimed-508-suspend", |text| {
        let (head, _) = text.split_once("[[step]]").expect("steps");
        let pump = "[link.rf]\nmedium = \"wmts\"\nnodes = [\"pump\", \"remote\", \"cgm\"]\n\n";
        let head = head.replace("horizon_h = 24", "horizon_h = 6");
        let meals = "meals = [{ at_h = 1.0, carbs_g = 45, dose = \"remote\" }]\n";
        let (before, after) = head.split_once("meals = [").expect("meals");
        let (_, after) = after.split_once("]\n").expect("meals");
        format!("{before}{meals}{after}{pump}{flood}")
    })
}

const FLOOD: &str = "[[step]]
id = \"flood\"
by = \"eve\"
do = \"flood\"
to = \"pump\"
at_min = 20
for_min = 60
rate_per_s = 20
bytes = 1000
";

#[test]
fn a_flood_fills_the_queue_and_everybody_waits_or_is_dropped() {
    let run = run(path(&at_a_slow_link(FLOOD)), &[]);
    let of = |arm: &str, part: &str| metric(&run, arm, &format!("AVL-6.{part}.rf"));
    for pack in ["as-sold", "hardened"] {
        let (clean, attack) = (format!("{pack}/clean"), format!("{pack}/attack"));
        assert!(of(&clean, "dropped") < 0.5, "nothing waits on a day without a flood");
        assert!(of(&clean, "delay_p99_ms") < 500.0, "{}", of(&clean, "delay_p99_ms"));
        assert!(of(&attack, "dropped") >= 2.0, "{pack}: {}", of(&attack, "dropped"));
        assert!(of(&attack, "delay_p99_ms") > 1000.0, "{pack}: 8 kB wait at 30 kbit/s");
        assert!(of(&attack, "loss") > of(&clean, "loss"));
    }
}

#[test]
fn a_flood_below_the_rate_of_the_link_drops_nothing() {
    let gentle = FLOOD.replace("rate_per_s = 20", "rate_per_s = 2");
    let run = run(path(&at_a_slow_link(&gentle)), &[]);
    assert!(metric(&run, "as-sold/attack", "AVL-6.dropped.rf") < 0.5);
}

#[test]
fn queues_are_the_same_for_every_window_and_number_of_threads() {
    check_stepping(path(&at_a_slow_link(FLOOD)));
}
