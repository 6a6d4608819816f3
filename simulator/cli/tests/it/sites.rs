//! Beds by rule, from the outside: they run, they are told readably, and mistakes in them have a place.

use std::path::Path;

use crate::{arm, medtwin, metric, path, run, written};

const ATTACK: &str = r#"
[adversary.eve]
position = "adjacent-radio"
links = ["home-*-rf"]
[[step]]
id = "forged"
by = "eve"
do = "inject"
to = "home-*-pump"
verb = "bolus"
args = { units = 3 }
at_min = 20
repeat = { times = 3, every_min = 1 }
"#;

/// A fleet of so many homes, where the adversary sends boluses to every pump.
fn fleet(homes: u32, more: &str) -> tempfile::TempDir {
    let rule = format!("[replicate.home]\ncount = {homes}\n");
    let knows = ATTACK.replace("[[step]]", "knows = [\"home-*-pump.serial\"]\n[[step]]");
    written(&format!("horizon_h = 1\nsite = \"fleet\"\n{rule}{knows}{more}"))
}

fn fingerprints(run: &serde_json::Value) -> Vec<&serde_json::Value> {
    run["arms"].as_array().expect("arms").iter().map(|arm| &arm["fingerprint"]).collect()
}

#[test]
fn a_fleet_runs_and_every_pump_is_reached() {
    let dir = fleet(5, "");
    let run = run(path(&dir), &[]);
    let steps = arm(&run, "as-sold/attack")["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 5);
    assert!(steps.iter().all(|step| step["succeeded"].as_u64() > Some(0)), "{steps:?}");
    assert_eq!(arm(&run, "hardened/attack")["metrics"]["INT-1.uca"], 0.0);
    let insulin = |bed: &str| metric(&run, "as-sold/clean", &format!("SAF.insulin_u.{bed}"));
    assert!((insulin("home-01") - insulin("home-02")).abs() > 1e-3, "they are not one patient");
}

/// A home as its author would write it without a rule.
const HOME: &str = r#"
[patient.home-0N]
model = "uva-padova"
population = { group = "adult" }
meals = [{ at_h = { uniform = [0.02, 0.12] }, carbs_g = 45, dose = "remote" }]
[device.home-0N-pump]
model = "insulin-pump"
patient = "home-0N"
config = { serial = 60000N, authentication = "none", remote_enabled = true }
peers = { remote = "home-0N-remote", cgm = "home-0N-cgm" }
[device.home-0N-remote]
model = "insulin-pump-remote"
patient = "home-0N"
config = { serial = 60000N, authentication = "none" }
peers = { pump = "home-0N-pump" }
[device.home-0N-cgm]
model = "cgm"
patient = "home-0N"
config = { serial = 60000N }
peers = { pump = "home-0N-pump" }
[link.home-0N-rf]
medium = "proprietary-900mhz"
nodes = ["home-0N-pump", "home-0N-remote", "home-0N-cgm"]
"#;

#[test]
fn a_rule_is_what_it_stands_for() {
    let (eve, step) = ATTACK.split_once("[[step]]").expect("a step");
    let links = eve.replace("\"home-*-rf\"", "\"home-01-rf\", \"home-02-rf\"");
    let knows = "knows = [\"home-01-pump.serial\", \"home-02-pump.serial\"]\n";
    let mut text = format!("horizon_h = 1\n{links}{knows}");
    for n in ["1", "2"] {
        let named = step.replace("\"forged\"", &format!("\"forged-home-0{n}\""));
        text += &HOME.replace('N', n);
        text += &format!("[[step]]{}", named.replace('*', &format!("0{n}")));
    }
    let by_hand = written(&text);
    let intent =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/sites/home/intent.cedar");
    std::fs::copy(intent, by_hand.path().join("intent.cedar")).expect("copied");
    let by_rule = fleet(2, "");
    let (by_hand, by_rule) = (run(path(&by_hand), &[]), run(path(&by_rule), &[]));
    assert_eq!(fingerprints(&by_hand), fingerprints(&by_rule));
}

#[test]
fn beds_that_are_stepped_side_by_side_come_to_the_same() {
    let dir = fleet(7, "");
    let plain = run(path(&dir), &[]);
    for steps in [["--threads", "2"], ["--threads", "4"], ["--split", "2"], ["--split", "5"]] {
        assert_eq!(fingerprints(&plain), fingerprints(&run(path(&dir), &steps)), "{steps:?}");
    }
}

#[test]
fn what_many_patients_come_to_is_told_together() {
    let dir = fleet(40, "");
    let run = run(path(&dir), &[]);
    let of = |id: &str| metric(&run, "as-sold/attack", id);
    let each: Vec<f64> =
        (1..=40).map(|home| of(&format!("SAF.min_glucose_mg_dl.home-{home:02}"))).collect();
    let least = each.iter().copied().fold(f64::MAX, f64::min);
    assert_eq!(of("SAF.min_glucose_mg_dl").to_bits(), least.to_bits());
    assert!(of("SAF.harmed") <= 40.0 && of("AVL-1") > 0.99);
    let output = medtwin(&["run", path(&dir)]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.lines().count() < 30, "{said}");
    assert!(said.contains("as-sold/attack: forged at 40 beds tried 120"), "{said}");
    assert!(said.contains("of 40"), "{said}");
}

#[test]
fn an_expectation_is_of_every_bed() {
    let id = |home: u32| format!("SAF.min_glucose_mg_dl.home-{home:02}");
    let plain = run(path(&fleet(9, "")), &[]);
    let mut each: Vec<f64> =
        (1..=9).map(|home| metric(&plain, "as-sold/clean", &id(home))).collect();
    each.sort_by(f64::total_cmp);
    let between = (each[3] + each[4]) / 2.0;
    let bounds = [format!("at_least = {}", each[0] - 1.0), format!("at_most = {}", each[8] + 1.0)];
    let bounds =
        bounds.into_iter().chain(["at_least", "at_most"].map(|b| format!("{b} = {between}")));
    let expect = |bound: String| {
        let metric = "SAF.min_glucose_mg_dl.home-*";
        format!(
            "[[expect]]\nid = \"{bound}\"\narm = \"as-sold/clean\"\nmetric = \"{metric}\"\n{bound}\n"
        )
    };
    let all: String = bounds.map(expect).collect();
    let run = run(path(&fleet(9, &all)), &[]);
    let judged = run["expectations"].as_array().expect("expectations").iter();
    let judged: Vec<_> = judged.map(|j| (j["holds"] == true, j["value"].as_f64())).collect();
    let (least, most) = (Some(each[0]), Some(each[8]));
    assert_eq!(judged, [(true, least), (true, most), (false, least), (false, most)]);
}

#[test]
fn a_mistake_in_a_rule_is_told_once_and_where_it_is_written() {
    let wrong = "[replicate.home.device.phone]\nmodel = \"telephone\"\npatient = \"home\"\n";
    let dir = fleet(500, wrong);
    let output = medtwin(&["run", path(&dir)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("device `home-001-phone` has model `telephone`"), "{said}");
    assert!(said.contains("scenario.toml:") && said.matches("telephone").count() < 4, "{said}");
    let dir = fleet(0, "");
    let said = medtwin(&["scenario", "check", path(&dir)]).stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("`home` is to be there 0 times"), "{said}");
}

#[test]
fn a_ward_has_as_many_beds_as_its_scenario_says() {
    let ward = |beds: u32| {
        let packs = "reference = \"ward-as-sold\"\ncandidate = \"ward-hardened\"";
        let rule = format!("site = \"ward\"\n[replicate.bed]\ncount = {beds}\n");
        written(&format!("horizon_h = 0.25\n{packs}\n{rule}"))
    };
    for beds in [1, 16] {
        let run = run(path(&ward(beds)), &["--arm", "ward-hardened/clean"]);
        let metrics = arm(&run, "ward-hardened/clean")["metrics"].as_object().expect("metrics");
        let pumps =
            metrics.keys().filter(|id| id.starts_with("AVL-1.bed-") && id.ends_with("pump"));
        assert_eq!(pumps.count() as u32, beds);
        assert_eq!(metrics["INT-1.rejected"], 0.0, "a server asks no pump that is not there");
    }
    let refused = medtwin(&["run", path(&ward(17))]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("has no peer `monitor-17`"), "{said}");
}
