//! What a device starts, what an interruption leaves of an update, and what is believed of it.

use serde_json::Value;

use crate::bad_input::put_pack;
use crate::firmware::{entries, life, words};
use crate::{arm, changed, metric, path, run, step_of};

const BOOT: &str = "secure-boot";
const HARDENED: &str = "hardened/attack";

/// The scenario with some words changed; each must be there.
fn with(changes: &[(&str, &str)]) -> tempfile::TempDir {
    changed(BOOT, |text| {
        changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        })
    })
}

/// How the life of the pump begins when power is cut at `at_min`, `times` times.
fn begins(at_min: &str, times: u32, slots: u32, of: usize) -> Vec<String> {
    let repeat = format!("at_min = {at_min}\nrepeat = {{ times = {times}, every_min = 2.2 }}");
    let slots = format!("firmware_version = 11\nslots = {slots}");
    let dir = with(&[("at_min = 30.2 ", &format!("{repeat} ")), ("firmware_version = 11", &slots)]);
    let life = life(path(&dir), HARDENED);
    life.into_iter().take(of).map(|(word, value)| format!("{word} {value}")).collect()
}

#[test]
fn an_update_that_is_interrupted_while_it_is_written_leaves_the_old_slot_and_comes_again() {
    let began = begins("30.2", 1, 2, 4);
    assert_eq!(began, ["power-lost 0", "rebooted 11", "down 0", "updated 12"]);
}

#[test]
fn an_update_that_is_interrupted_while_it_starts_is_started_again() {
    assert_eq!(begins("31.2", 1, 2, 3), ["down 0", "power-lost 0", "updated 12"]);
    assert_eq!(begins("31.2", 2, 2, 4), ["down 0", "power-lost 0", "power-lost 0", "updated 12"]);
}

#[test]
fn what_is_interrupted_three_times_while_it_starts_gives_way_to_the_old_slot() {
    let began = begins("31.2", 3, 2, 5);
    let cut = "power-lost 0";
    assert_eq!(began, ["down 0", cut, cut, cut, "rebooted 11"]);
}

#[test]
fn one_slot_that_is_interrupted_while_it_is_written_leaves_nothing_to_start() {
    let began = begins("30.2", 1, 1, 9);
    assert_eq!(began[..4], ["down 0", "power-lost 0", "boot-failed 0", "fail-safe 0"]);
    assert!(!began.contains(&"updated 12".to_owned()), "its loader lay there: {began:?}");
}

#[test]
fn one_slot_that_is_written_is_started_however_often_power_goes() {
    assert_eq!(begins("31.2", 1, 1, 3), ["down 0", "power-lost 0", "updated 12"]);
}

#[test]
fn a_battery_that_fails_needs_no_adversary() {
    let dir =
        with(&[("firmware_version = 11", "firmware_version = 11\npower_lost_min = [60, 70]")]);
    let life = life(path(&dir), "hardened/clean");
    assert_eq!(words(&life), ["down", "updated", "power-lost", "rebooted", "confirmed"]);
    let run = run(path(&dir), &["--arm", "hardened/clean"]);
    let up = metric(&run, "hardened/clean", "AVL-1.pump");
    let expected = 1.0 - (0.5 + 10.0 + 1.0 / 6.0) / 480.0; // the update, the battery, the start
    assert!((up - expected).abs() < 1e-9, "{up} {expected}");
}

#[test]
fn what_has_no_power_runs_no_old_version() {
    let dir =
        with(&[("firmware_version = 11", "firmware_version = 11\npower_lost_min = [10, 20]")]);
    let lived = entries(path(&dir), "as-sold/clean", "life", "pump");
    let down = lived.iter().find(|entry| entry["verb"] == "down").expect("the update");
    let until = down["t_s"].as_f64().expect("a time") / 60.0;
    let run = run(path(&dir), &["--arm", "as-sold/clean"]);
    let exposed = metric(&run, "as-sold/clean", "LIF-3.exposed.pump") * 480.0;
    let expected = until - 10.0 - 1.0 / 6.0; // without power, and while it starts
    assert!((exposed - expected).abs() < 1e-9, "{exposed} {expected}");
}

#[test]
fn what_hands_put_in_without_power_is_told_of_when_it_runs() {
    let sold = "as-sold/attack";
    let dir = with(&[("at_min = 30.2", "at_min = 121"), ("for_min = 2", "for_min = 5")]);
    let lived = entries(path(&dir), sold, "life", "pump");
    let old = lived.iter().find(|entry| entry["value"] == 10.0).expect("version 10 runs");
    assert_eq!((&old["verb"], &old["step"]), (&"updated".into(), &"old-by-hand".into()));
    assert!(old["t_s"].as_f64() > Some(126.0 * 60.0), "{old}");
    let run = run(path(&dir), &["--arm", sold]);
    assert_eq!(step_of(arm(&run, sold), "old-by-hand")["succeeded"], 1);
    let exposed = metric(&run, sold, "LIF-3.exposed.pump") * 480.0;
    let expected = 31.0 + 242.0 - 126.2; // until the update, and until the implant
    assert!((exposed - expected).abs() < 0.1, "{exposed} {expected}");
}

#[test]
fn hands_in_a_device_end_the_update_that_was_being_started() {
    let dir = with(&[("at_min = 30.2", "at_min = 479"), ("at_min = 122\n", "at_min = 31.2\n")]);
    let life = life(path(&dir), "as-sold/attack");
    let began = [("down".to_owned(), 0.0), ("updated".to_owned(), 10.0)];
    assert_eq!(life[..2], began, "{life:?}");
    assert!(!life.contains(&("updated".to_owned(), 12.0)), "{life:?}");
}

#[test]
fn what_is_cut_off_does_not_start_by_hand_either() {
    let image = "component = \"pump-implant\"\nversion = 13\narriving_bytes = 20000";
    let dir = with(&[
        ("artefact = \"pump-implant\"", "firmware = \"by-hand\""),
        ("[adversary.mallory]", &format!("[firmware.by-hand]\n{image}\n\n[adversary.mallory]")),
    ]);
    let life = life(path(&dir), "as-sold/attack");
    assert!(words(&life).contains(&"boot-failed"), "{life:?}");
    assert!(!words(&life).contains(&"replaced"), "{life:?}");
}

#[test]
fn a_version_is_confirmed_by_its_own_hour_and_not_by_that_of_another() {
    let dir = with(&[
        ("at_min = 30.2", "at_min = 479"),
        ("ask_every_min = 15", "ask_every_min = 0"),
        ("version = 10", "version = 11"),
        ("at_min = 122\n", "at_min = 50\n"),
    ]);
    let life = life(path(&dir), HARDENED);
    assert_eq!(life[1..3], [("updated".to_owned(), 12.0), ("updated".to_owned(), 11.0)]);
    assert!(!words(&life).contains(&"confirmed"), "11 is no newer than the floor: {life:?}");
}

#[test]
fn a_server_that_may_check_no_quote_believes_nothing() {
    let dir = changed(BOOT, |text| {
        let text = text.split("[[expect]]").next().unwrap_or_default().to_owned();
        text.replace("candidate = \"hardened\"", "candidate = \"packs/mine\"")
    });
    let forbid = "@id(\"no-verify\")\n@reason(\"nobody checks quotes\")\nforbid (principal in Model::\"update-server\", action == Action::\"vault.verify\", resource == Key::\"quotes\");\n";
    put_pack(&dir.path().join("packs/mine"), |text| text);
    let policy = dir.path().join("packs/mine/policy.cedar");
    let text = std::fs::read_to_string(&policy).expect("a policy");
    std::fs::write(&policy, format!("{text}\n{forbid}")).expect("written");
    let shown = shown(path(&dir), "mine/attack");
    assert_eq!(shown, [-1.0], "no claim stands in for what may not be checked");
}

#[test]
fn what_hands_put_into_a_slot_is_refused_with_the_reason() {
    let run = run(BOOT, &[]);
    let hardened = arm(&run, HARDENED);
    for (id, rule) in
        [("old-by-hand", "control:rollback_floor"), ("implant-by-hand", "control:secure_boot")]
    {
        let step = step_of(hardened, id);
        assert_eq!((&step["succeeded"], &step["stopped_by"][0]), (&0.into(), &rule.into()), "{id}");
        assert_eq!(step_of(arm(&run, "as-sold/attack"), id)["succeeded"], 1, "{id} as sold");
    }
}

#[test]
fn the_factory_fills_two_slots_and_an_implant_in_one_leaves_the_other() {
    let dir = with(&[
        ("at_min = 30.2", "at_min = 479"),
        ("at_min = 122\n", "at_min = 20\n"),
        ("firmware = \"pump-10\"\nat_min", "artefact = \"pump-implant\"\nat_min"),
        ("at_min = 242", "at_min = 10"),
    ]);
    let life: Vec<_> = life(path(&dir), HARDENED);
    let began = ["boot-failed", "rolled-back", "rebooted", "boot-failed", "fail-safe", "down"];
    assert_eq!(words(&life)[..6], began, "one implant, another, and the server's offer");
    assert_eq!(life[6], ("updated".to_owned(), 12.0));
}

/// Whether version 11, put in by hand at `at_min`, starts in a pump whose version 12 was not cut off.
fn eleven_starts(at_min: f64) -> bool {
    let at = format!("at_min = {at_min}\n");
    let dir = with(&[
        ("at_min = 30.2", "at_min = 479"),
        ("version = 10", "version = 11"),
        ("at_min = 122\n", &at),
    ]);
    life(path(&dir), HARDENED).contains(&("updated".to_owned(), 11.0))
}

#[test]
fn the_floor_rises_when_a_version_has_run_for_an_hour_and_not_before() {
    let dir = with(&[("at_min = 30.2", "at_min = 479")]);
    let lived = entries(path(&dir), HARDENED, "life", "pump");
    let at = |word: &str| {
        let entry = lived.iter().find(|entry| entry["verb"] == word).expect("it happened");
        entry["t_s"].as_f64().expect("a time") / 60.0
    };
    let confirmed = at("confirmed");
    assert!((confirmed - at("updated") - 60.0).abs() < 1e-9);
    assert!(eleven_starts(confirmed - 0.01));
    assert!(!eleven_starts(confirmed + 0.01));
}

#[test]
fn an_image_in_the_slot_is_believed_by_whose_key_signed_it() {
    for (signer, started) in [("vendor", 1), ("stranger", 0), ("nobody", 0)] {
        let image = format!("component = \"pump-implant\"\nsigned_by = \"{signer}\"\nversion = 13");
        let dir = with(&[
            ("artefact = \"pump-implant\"", "firmware = \"by-hand\""),
            ("[adversary.mallory]", &format!("[firmware.by-hand]\n{image}\n\n[adversary.mallory]")),
        ]);
        let run = run(path(&dir), &[]);
        let step = step_of(arm(&run, HARDENED), "implant-by-hand");
        assert_eq!(step["succeeded"], started, "{signer}");
    }
}

/// What the server shows of the version that the pump runs, in order.
fn shown(scenario: &str, arm: &str) -> Vec<f64> {
    let shown = entries(scenario, arm, "show", "server");
    let of_pump = shown.iter().filter(|entry| entry["object"] == "runs");
    of_pump.filter_map(|entry| entry["value"].as_f64()).collect()
}

#[test]
fn a_claim_is_believed_and_a_quote_cannot_be_composed() {
    assert_eq!(shown(BOOT, "as-sold/attack"), [12.0], "whatever runs");
    let shown = shown(BOOT, HARDENED);
    assert_eq!(shown[..2], [11.0, 12.0], "the interruption is seen");
    assert!(shown.contains(&0.0), "and that nothing runs: {shown:?}");
    assert_eq!(shown.last(), Some(&-1.0), "an old quote answers no new question");
}

#[test]
fn an_implant_with_the_makers_signature_starts_and_its_quote_gives_it_away() {
    let dir = with(&[
        ("artefact = \"pump-implant\"", "firmware = \"by-hand\""),
        (
            "[adversary.mallory]",
            "[firmware.by-hand]\ncomponent = \"pump-implant\"\nversion = 12\n\n[adversary.mallory]",
        ),
        ("at_min = 300", "at_min = 479"),
    ]);
    assert_eq!(shown(path(&dir), HARDENED).last(), Some(&-1.0), "its digest was not released");
    let run = run(path(&dir), &[]);
    let hours = metric(&run, HARDENED, "INT-4.attested_wrong.pump") * 8.0;
    // The old version by hand is another quarter of an hour, and what stops it some minutes.
    assert!(hours < 0.49, "until the next question: {hours} h");
}

#[test]
fn who_has_no_hands_on_a_device_does_not_cut_its_power() {
    let dir = with(&[("position = \"physical\"", "position = \"adjacent-radio\"")]);
    let run = run(path(&dir), &[]);
    let step = step_of(arm(&run, HARDENED), "cut-power");
    let notes: &Value = &step["notes"];
    assert_eq!((&step["succeeded"], &notes[0]), (&0.into(), &"out-of-reach".into()));
}

#[test]
fn what_an_author_gets_wrong_about_slots_is_told() {
    for (from, to, said) in [
        ("firmware_version = 11", "firmware_version = 11\nslots = 3", "1 firmware slot, or 2"),
        ("to = \"pump\"\nfirmware", "to = \"remote\"\nfirmware", "can be put into `remote`"),
        ("do = \"cut-power\"\nto = \"pump\"", "do = \"cut-power\"", "has no `to`"),
    ] {
        let dir = with(&[(from, to)]);
        let done = crate::medtwin(&["run", path(&dir)]);
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{error}");
        assert!(error.contains(said), "{error}");
    }
}
