//! Links with a rate: what waits, what is dropped, and what a flood does to others.

use crate::determinism::check_stepping;
use crate::{changed, metric, path, run, written};

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
        let flood = crate::step_of(crate::arm(&run, &attack), "flood");
        assert_eq!((&flood["attempts"], &flood["succeeded"]), (&1.into(), &1.into()), "{flood}");
        let frames = flood["frames"].as_u64().expect("a count");
        assert!((1..72_000).contains(&frames), "{frames} of 72,000 were carried");
    }
}

#[test]
fn an_expectation_may_be_of_a_link() {
    let expect = |metric: &str| {
        format!(
            "\n[[expect]]\nid = \"e\"\narm = \"as-sold/attack\"\nmetric = \"{metric}\"\nat_least = 2\n"
        )
    };
    let run = run(path(&at_a_slow_link(&(FLOOD.to_owned() + &expect("AVL-6.dropped.rf")))), &[]);
    assert_eq!(run["expectations"][0]["holds"], true, "{}", run["expectations"]);
    for nobody in ["AVL-6.dropped.pump", "AVL-1.rf"] {
        let dir = at_a_slow_link(&(FLOOD.to_owned() + &expect(nobody)));
        let refused = crate::medtwin(&["run", path(&dir)]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("there is no metric `{nobody}`")), "{said}");
    }
}

#[test]
fn a_step_that_drops_or_delays_succeeds_with_the_first_frame_it_takes() {
    let step = |act: &str, at_min: u32, more: &str| {
        let head = "[[step]]\nid = \"cut\"\nby = \"eve\"\non = \"rf\"\nfor_min = 30\n";
        format!("{head}do = \"{act}\"\nat_min = {at_min}\n{more}")
    };
    let of = |step: &str| {
        let run = run(path(&at_a_slow_link(step)), &[]);
        let cut = crate::step_of(crate::arm(&run, "as-sold/attack"), "cut");
        let count = |key: &str| cut[key].as_u64().expect("a count");
        (count("attempts"), count("succeeded"), count("frames"))
    };
    for (act, more) in [("drop", ""), ("jam", ""), ("delay", "by_s = 2\n")] {
        let (attempts, succeeded, frames) = of(&step(act, 20, more));
        assert_eq!((attempts, succeeded), (1, 1), "{act}");
        assert!((1..100).contains(&frames), "{act}: {frames} of a few readings in half an hour");
    }
    let never = step("drop", 20, "to = \"remote\"\n").replace("for_min = 30", "for_min = 0.001");
    assert_eq!(of(&never), (1, 0, 0), "nothing passed in 60 ms");
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

/// A pump in a ward, its remote at a desk, an adversary with a port in an office, and a switch between them.
fn hospital(segment: &str, more: &str) -> tempfile::TempDir {
    let text = format!(
        "title = \"A pump on a ward's network\"
horizon_h = 3
reference = \"as-sold\"
candidate = \"hardened\"
site = \"home\"

[patient.alex]
model = \"uva-padova\"
id = \"adult#001\"
meals = [{{ at_h = 1.0, carbs_g = 45, dose = \"remote\" }}]

[link.rf]
medium = \"wifi\"
zone = \"ward\"
nodes = [\"pump\", \"cgm\"]
[link.desk]
medium = \"ethernet-100\"
nodes = [\"remote\"]
[link.office]
medium = \"ethernet-1000\"
nodes = []
[switch.core]
links = [\"rf\", \"desk\", \"office\"]

[[conduit]]
from = \"remote\"
to = \"ward\"
why = \"the wearer doses from the desk\"

[adversary.eve]
position = \"hospital-network\"
segment = \"{segment}\"
links = [\"office\", \"rf\", \"desk\"]
knows = [\"pump.serial\"]

[[step]]
id = \"listen\"
by = \"eve\"
do = \"listen\"
on = \"rf\"
from = \"cgm\"
to = \"pump\"
for_min = 60
[[step]]
id = \"forged\"
by = \"eve\"
do = \"inject\"
to = \"pump\"
from = \"remote\"
verb = \"bolus\"
args = {{ units = 2.0 }}
at_min = 20

{more}"
    );
    written(&text)
}

/// The pack as sold, with segments kept apart so much.
fn segmented(level: &str) -> tempfile::TempDir {
    with_control(&format!("[segmentation]\nlevel = \"{level}\"\n"))
}

/// The pack as sold, with a control more.
fn with_control(control: &str) -> tempfile::TempDir {
    let library = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/library");
    let dir = tempfile::tempdir().expect("a directory");
    for file in std::fs::read_dir(library.join("as-sold")).expect("a pack") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), dir.path().join(file.file_name())).expect("copied");
    }
    let controls = dir.path().join("controls.toml");
    let own = std::fs::read_to_string(&controls).unwrap_or_default();
    std::fs::write(controls, format!("{own}\n{control}")).expect("written");
    dir
}

/// Whether the forged bolus was taken, and whether the sensor was overheard, under segments kept apart so much.
fn attacked_from(segment: &str, level: &str) -> (bool, bool) {
    let (dir, pack) = (hospital(segment, ""), segmented(level));
    let reference = if level == "flat" { "as-sold" } else { path(&pack) };
    let run = run(path(&dir), &["--reference", reference]);
    let arms = run["arms"].as_array().expect("arms");
    let attacked = arms.iter().find(|arm| arm["attack"] == true).expect("an attacked arm");
    let clean = arms.iter().find(|arm| arm["attack"] == false).expect("a clean arm");
    assert_eq!(clean["metrics"]["AVL-2.served"], 1.0, "{level}: the remote still doses");
    assert_eq!(clean["metrics"]["AVL-6.refused.core"], 0.0, "{level}: nobody is kept out wrongly");
    let succeeded = |id| crate::step_of(attacked, id)["succeeded"].as_u64().expect("a count") > 0;
    (succeeded("forged"), succeeded("listen"))
}

#[test]
fn what_a_firewall_keeps_decides_how_far_a_port_in_an_office_reaches() {
    assert_eq!(attacked_from("office", "flat"), (true, true), "one network: they stand in between");
    assert_eq!(attacked_from("office", "vlan"), (true, false), "routed openly, and not heard");
    assert_eq!(attacked_from("office", "vlan-acl"), (false, false), "no conduit from an office");
    assert_eq!(attacked_from("office", "micro"), (false, false));
}

#[test]
fn an_address_is_believed_on_its_own_link_unless_every_port_knows_its_device() {
    assert_eq!(
        attacked_from("desk", "vlan-acl"),
        (true, false),
        "the remote's address, from its link"
    );
    assert_eq!(attacked_from("desk", "micro"), (false, false));
}

#[test]
fn a_firewall_that_stops_a_step_is_named() {
    let (dir, pack) = (hospital("office", ""), segmented("vlan-acl"));
    let run = run(path(&dir), &["--reference", path(&pack)]);
    let arms = run["arms"].as_array().expect("arms");
    let attacked = arms.iter().find(|arm| arm["attack"] == true).expect("an attacked arm");
    let stopped = crate::step_of(attacked, "forged")["stopped_by"].to_string();
    assert!(stopped.contains("control:segmentation"), "{stopped}");
}

#[test]
fn switches_and_firewalls_are_the_same_for_every_window_and_number_of_threads() {
    let failure = "[[failure]]\nwhat = \"switch\"\nof = \"core\"\nat_min = 100\nfor_min = 30\n";
    check_stepping(path(&hospital("office", failure)));
}

#[test]
fn what_is_down_carries_nothing_and_what_has_no_power_does_nothing() {
    let fails = |what: &str, of: &str| {
        let failure =
            format!("[[failure]]\nwhat = \"{what}\"\nof = \"{of}\"\nat_min = 55\nfor_min = 20\n");
        run(path(&hospital("office", &failure)), &[])
    };
    for (what, of) in [("switch", "core"), ("link", "desk")] {
        let run = fails(what, of);
        let lost = metric(&run, "as-sold/clean", &format!("AVL-6.loss.{of}"));
        assert!(lost > 0.0, "{what} {of}: {lost}");
    }
    let dark = fails("power", "rf");
    assert!(metric(&dark, "as-sold/clean", "AVL-1.pump") < 0.95, "the pump had no power");
    assert!(metric(&dark, "as-sold/clean", "AVL-1.remote") > 0.999);
}

#[test]
fn what_an_author_gets_wrong_about_a_network_is_told_with_its_place() {
    for (more, words) in [
        ("[switch.two]\nlinks = [\"rf\", \"attic\"]", &["switch `two` joins `attic`", "desk"][..]),
        (
            "[switch.two]\nlinks = [\"rf\", \"rf\"]",
            &["does not join two links or more", "scenario.toml:"],
        ),
        ("[switch.two]\nlinks = []", &["does not join two links or more"]),
        ("[switch.rf]\nlinks = [\"rf\", \"desk\"]", &["has the name of a link"]),
        ("[switch.two]\nlinks = [\"rf\", \"desk\"]\nmedium = \"wire\"", &["medium `wire`", "core"]),
        (
            "[[conduit]]\nfrom = \"attic\"\nto = \"rf\"",
            &["no device, link or zone `attic`", "ward"],
        ),
        ("[[conduit]]\nfrom = \"rf\"\nto = \"rf\"\nport = 70000", &["expected u16"]),
        (
            "[[conduit]]\nfrom = \"rf\"\nto = \"rf\"\nports = 7",
            &["unknown field `ports`", "`port`"],
        ),
        (
            "[[failure]]\nwhat = \"fire\"\nof = \"rf\"\nat_min = 1\nfor_min = 1",
            &["what = \"fire\"", "link, switch, power"],
        ),
        (
            "[[failure]]\nwhat = \"switch\"\nof = \"rf\"\nat_min = 1\nfor_min = 1",
            &["no switch `rf`", "core"],
        ),
        (
            "[[failure]]\nwhat = \"link\"\nof = \"rf\"\nat_min = nan\nfor_min = 1",
            &["`rf` fails at NaN min"],
        ),
        (
            "[[failure]]\nwhat = \"link\"\nof = \"rf\"\nat_min = 1\nfor_min = 0",
            &["`for_min` above 0"],
        ),
    ] {
        let dir = hospital("office", more);
        let done = crate::medtwin(&["run", path(&dir)]);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{more}: {said}");
        words.iter().for_each(|word| assert!(said.contains(word), "`{word}` is not in: {said}"));
    }
}

#[test]
fn a_capture_has_a_file_for_each_link_with_the_step_of_the_attack_in_its_packets() {
    let (dir, out) = (hospital("office", ""), tempfile::tempdir().expect("a directory"));
    run(path(&dir), &["--out", path(&out), "--pcap"]);
    let read = |file: &str| std::fs::read(out.path().join("pcap").join(file)).expect("a capture");
    // Links in order of their names, then the backbone.
    let (desk, rf) = (read("as-sold.attack.0-desk.pcapng"), read("as-sold.attack.2-rf.pcapng"));
    let has =
        |file: &[u8], words: &str| file.windows(words.len()).any(|part| part == words.as_bytes());
    assert_eq!(desk[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    assert!(has(&rf, "attack step forged by eve") && !has(&desk, "attack step"));
    assert!(!has(&read("as-sold.clean.2-rf.pcapng"), "attack step"));
    let again = tempfile::tempdir().expect("a directory");
    run(path(&dir), &["--out", path(&again), "--pcap", "--threads", "2", "--split", "5"]);
    let other = std::fs::read(again.path().join("pcap/as-sold.attack.2-rf.pcapng"));
    assert_eq!(rf, other.expect("a capture"), "the same bytes for every window");
}

#[test]
fn the_name_of_a_link_leads_a_capture_nowhere_else() {
    let strange =
        "[link.\"../../../x\"]\nmedium = \"ethernet-100\"\nnodes = [\"pump\", \"remote\"]\n";
    let (dir, out) = (hospital("office", strange), tempfile::tempdir().expect("a directory"));
    run(path(&dir), &["--out", path(&out), "--pcap"]);
    let files = std::fs::read_dir(out.path().join("pcap")).expect("captures");
    let names: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
    assert!(names.iter().any(|name| name == "as-sold.attack.0-_________x.pcapng"), "{names:?}");
}

/// A ward whose pump sets its clock, and whose remote needs an address and names.
fn served(more: &str) -> tempfile::TempDir {
    let devices = "[device.pump]
model = \"insulin-pump\"
patient = \"alex\"
config = { serial = 508042, authentication = \"none\", remote_enabled = true }
time_from = \"clock\"
[service.clock]
kind = \"ntp\"
link = \"desk\"
[service.names]
kind = \"dns\"
link = \"office\"
[service.leases]
kind = \"dhcp\"
link = \"office\"
";
    hospital("office", &format!("{devices}{more}"))
}

const SPOOF: &str = "[[step]]
id = \"spoof\"
by = \"eve\"
do = \"spoof-time\"
on = \"rf\"
by_s = 3600
at_min = 30
for_min = 60
";

#[test]
fn who_stands_in_the_path_sets_a_clock_unless_answers_must_be_authentic() {
    let dir = served(SPOOF);
    let sold = run(path(&dir), &[]);
    let offset = |run: &serde_json::Value, attack: bool| {
        let arms = run["arms"].as_array().expect("arms").iter();
        let arm = arms.clone().find(|arm| arm["attack"] == attack).expect("an arm").clone();
        (arm["metrics"]["INT-6.offset_s.pump"].as_f64().expect("a clock"), arm)
    };
    let (ahead, attacked) = offset(&sold, true);
    assert!((3599.0..3602.0).contains(&ahead), "the clock follows the adversary: {ahead}");
    assert!(crate::step_of(&attacked, "spoof")["succeeded"].as_u64() > Some(0));
    assert!(offset(&sold, false).0 < 0.2, "and is right otherwise: {}", offset(&sold, false).0);
    let pack = with_control("[time_auth]\nmost_step_s = 1.0\n");
    let (kept, attacked) = offset(&run(path(&dir), &["--reference", path(&pack)]), true);
    assert!(kept < 0.2, "{kept}");
    let stopped = crate::step_of(&attacked, "spoof")["stopped_by"].to_string();
    assert!(stopped.contains("control:time_auth"), "{stopped}");
}

#[test]
fn a_receiver_that_is_deceived_moves_clocks_no_further_than_a_step_may_be() {
    let wrong =
        "[[failure]]\nwhat = \"clock\"\nof = \"clock\"\nat_min = 60\nfor_min = 60\nby_s = 1440\n";
    let dir = served(wrong);
    let ahead = metric(&run(path(&dir), &[]), "as-sold/clean", "INT-6.offset_s.pump");
    assert!((1439.0..1442.0).contains(&ahead), "{ahead}");
    let pack = with_control("[time_auth]\nmost_step_s = 1.0\n");
    let kept = run(path(&dir), &["--reference", path(&pack)]);
    let clean = kept["arms"].as_array().expect("arms").iter().find(|arm| arm["attack"] == false);
    let ahead = clean.expect("an arm")["metrics"]["INT-6.offset_s.pump"].as_f64();
    assert!(ahead.expect("a clock") < 0.2, "its messages are authentic, and too far off");
}

#[test]
fn a_clock_that_nobody_sets_drifts() {
    let down = "[[failure]]\nwhat = \"service\"\nof = \"clock\"\nat_min = 5\nfor_min = 175\n";
    let drifts = metric(&run(path(&served(down)), &[]), "as-sold/clean", "INT-6.offset_s.pump");
    let set = metric(&run(path(&served("")), &[]), "as-sold/clean", "INT-6.offset_s.pump");
    assert!(drifts > set && drifts < 0.22, "{drifts} against {set}: 20 ppm of three hours at most");
}

/// How often a device of the clean arm as sold could not send, and why.
fn unsent(failures: &str) -> Vec<String> {
    let (dir, out) = (served(failures), tempfile::tempdir().expect("a directory"));
    run(path(&dir), &["--out", path(&out), "--jsonl"]);
    let lines = std::fs::read_to_string(out.path().join("traces/as-sold.clean.jsonl"));
    let entries = lines.expect("a trace");
    let entries = entries.lines().map(|line| {
        serde_json::from_str::<serde_json::Value>(line).expect("an entry")["verb"].to_string()
    });
    entries.filter(|verb| verb.starts_with("\"no-")).collect()
}

#[test]
fn a_device_that_starts_without_dhcp_has_no_address_and_one_without_dns_finds_nobody() {
    let dark = "[[failure]]\nwhat = \"power\"\nof = \"remote\"\nat_min = 50\nfor_min = 5\n";
    let down = |of: &str| {
        format!("[[failure]]\nwhat = \"service\"\nof = \"{of}\"\nat_min = 5\nfor_min = 170\n")
    };
    assert!(unsent(dark).is_empty(), "with an address in time");
    assert!(unsent(&down("leases")).is_empty(), "an address that it has it keeps");
    let without = unsent(&(dark.to_owned() + &down("leases")));
    assert!(without.iter().any(|why| why == "\"no-address\""), "{without:?}");
    let without = unsent(&down("names"));
    assert!(without.iter().any(|why| why == "\"no-name\""), "{without:?}");
}

#[test]
fn services_are_the_same_for_every_window_and_number_of_threads() {
    check_stepping(path(&served(SPOOF)));
}
