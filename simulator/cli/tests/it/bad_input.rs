//! Whatever cannot be run is refused, with place, words and help.

use std::path::Path;

use crate::{FIRST, changed, medtwin, path, written};

#[track_caller]
fn check_refused(arguments: &[&str], words: &[&str]) {
    let output = medtwin(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[track_caller]
fn check_scenario(change: impl Fn(String) -> String, words: &[&str]) {
    let dir = changed(FIRST, change);
    check_refused(&["run", path(&dir)], words);
}

#[test]
fn an_unknown_key() {
    check_scenario(
        |text| text.replace("horizon_h", "horizont_h"),
        &["unknown field", "horizont_h"],
    );
}

#[test]
fn power_that_comes_back_before_it_goes() {
    for never in ["[60, 20]", "[60, 60]", "[-1, 5]", "[nan, 5]", "[5, nan]", "[5, inf]", "[5, 1e7]"]
    {
        let version = "firmware_version = 11";
        let lost = format!("{version}\npower_lost_min = {never}");
        let dir = changed("secure-boot", |text| text.replacen(version, &lost, 1));
        let words = ["`power_lost_min` of `pump` is from", "scenario.toml:", "the first below"];
        check_refused(&["run", path(&dir)], &words);
    }
}

#[test]
fn hours_ages_and_slots_that_cannot_be() {
    let check = |scenario: &str, from: &str, to: &str, words: &[&str]| {
        let dir = changed(scenario, |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        check_refused(&["run", path(&dir)], words);
    };
    for age in ["nan", "-1", "inf", "86401"] {
        let age = format!("code_age_s = {age}");
        let words = ["`code_age_s` of step", "a number from 0 to 86400"];
        check("vendor-account", "code_age_s = 180", &age, &words);
    }
    for hour in ["nan", "-1", "24.5"] {
        let hour = format!("reads_log_h = {hour}");
        let words = ["`reads_log_h` of", "a number from 0 to 24"];
        check("insulin-pump-insider", "reads_log_h = 7.0", &hour, &words);
    }
    let slots = "model = \"insulin-pump-remote\"\nslots = 1";
    let words = ["`remote` has `slots`", "no update processor", "updates = \"remote\""];
    check("secure-boot", "model = \"insulin-pump-remote\"", slots, &words);
}

#[test]
fn config_that_a_model_does_not_take() {
    const INTENT: &str =
        "@id(\"all\") @reason(\"it is never run\")\npermit (principal, action, resource);\n";
    let check = |scenario: &str, from: &str, to: &str, words: &[&str]| {
        let dir = changed(scenario, |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        std::fs::write(dir.path().join("intent.cedar"), INTENT).expect("written");
        check_refused(&["run", path(&dir)], words);
    };
    let words = ["config `interlock` of device `pump` is `tickets`", "one of: none, ticket"];
    check("pca-interlock", "interlock = \"ticket\"", "interlock = \"tickets\"", &words);
    let words = ["config `reservoir_ml` of device `pump` is -250", "a number from"];
    check("pca-interlock", "reservoir_ml = 250", "reservoir_ml = -250", &words);
    let words = ["config `authentication` of firmware `", "is `nil`", "one of: none"];
    check(
        "firmware-update",
        "\nconfig = { authentication = \"none\" }",
        "\nconfig = { authentication = \"nil\" }",
        &words,
    );
    let words = ["config `running` of device `pump` is `yes`", "true or false"];
    check("pca-interlock", "running = true", "running = \"yes\"", &words);
}

#[test]
fn a_text_that_would_command_a_terminal() {
    let title = "title = \"\\u001b]0;gone\\u0007\"\n";
    let with_title = |text: String| title.to_owned() + text.split_once('\n').expect("a title").1;
    let words = ["a text has the control character U+001B", "scenario.toml:1", "leave it out"];
    check_scenario(with_title, &words);
    let dir = changed(FIRST, |text| text.replace("horizon_h = 6", "horizon_h = \u{1b}[2J6"));
    let said = medtwin(&["run", path(&dir)]).stderr;
    assert!(!said.contains(&0x1b), "what is wrong is shown, and does nothing to who reads it");
}

#[test]
fn a_wrong_unit() {
    check_scenario(|text| text.replace("horizon_h = 6", "horizon_min = 360"), &["horizon_min"]);
}

#[test]
fn a_mistake_that_shows_in_the_site_has_its_place_there() {
    let text = "horizon_h = 2\nsite = \"home\"\n[study.patient.alex]\nmeals = [{ at_h = { exponential = -1 }, carbs_g = 45 }]\n";
    check_refused(
        &["run", path(&written(text))],
        &["`at_h` of a meal of `alex` cannot be", "sites/home/site.toml:4:9", "\"uva-padova\""],
    );
}

#[test]
fn a_patient_who_is_not_there() {
    let patient = "[patient.alex]\nmodel = \"uva-padova\"\nid = \"adult#099\"\n\n[adversary.eve]";
    check_scenario(|text| text.replace("[adversary.eve]", patient), &["adult#099", "patient list"]);
}

#[test]
fn steps_that_wait_for_each_other() {
    check_scenario(
        |text| text.replace("at_min = 125", "after = \"forged-bolus\""),
        &["waits for itself"],
    );
}

#[test]
fn several_mistakes_at_once() {
    check_scenario(
        |text| {
            text.replace("to = \"pump\"", "to = \"pomp\"")
                .replace("links = [\"rf\"]", "links = [\"fr\"]")
        },
        &["no device `pomp`", "no link `fr`"],
    );
}

#[test]
fn a_scenario_that_is_not_there() {
    check_refused(&["run", "minimed-509"], &["minimed-509", "dana-rs-ble"]);
}

#[test]
fn a_site_out_of_the_library() {
    for outside in ["../home", "../../policies/library/hardened", "/etc"] {
        let site = format!("site = \"{outside}\"");
        check_scenario(
            |text| text.replace("site = \"home\"", &site),
            &["there is no site", "the library has:", "home"],
        );
    }
}

#[test]
fn numbers_that_are_none() {
    for number in ["nan", "inf", "-1.0", "0.0"] {
        let horizon = format!("horizon_h = {number}");
        check_scenario(
            |text| text.replace("horizon_h = 6", &horizon),
            &["`horizon_h` is", "more than 0 and at most 1000 h"],
        );
    }
}

#[test]
fn numbers_of_a_step_that_cannot_be() {
    for (from, to, message) in [
        ("times = 4", "times = 4000000000", "`times` of step `forged-bolus` is 4000000000"),
        ("times = 4", "times = 0", "`times` of step `forged-bolus` is 0"),
        ("every_min = 8", "every_min = 0", "repeats every 0 min"),
        ("every_min = 8", "every_min = { uniform = [9, 3] }", "`every_min` of step"),
        ("at_min = 125", "at_min = nan", "`at_min` of step `forged-bolus` cannot be"),
        ("at_min = 125", "at_min = -5", "`at_min` of step `forged-bolus` cannot be"),
        ("units = 10.0", "units = inf", "argument `units` of step `forged-bolus` cannot be inf"),
        ("links = [\"rf\"]", "links = [\"rf\"]\ndistance_m = -1", "`distance_m` of `eve`"),
    ] {
        check_scenario(|text| text.replace(from, to), &[message]);
    }
}

#[test]
fn a_patient_with_more_devices_than_a_nonce_tells_apart() {
    let more: String = (0..257)
        .map(|n| format!("[device.more-{n}]\nmodel = \"cgm\"\npatient = \"alex\"\n"))
        .collect();
    let words = ["patient `alex` wears more than 256 devices", "at most 256"];
    check_scenario(|text| text + &more, &words);
}

#[test]
fn distributions_without_an_end() {
    for (from, to, message) in [
        ("every_min = 8", "every_min = { exponential = 0 }", "`every_min` of step `forged-bolus`"),
        ("every_min = 8", "every_min = { exponential = 1e-9 }", "repeats every 0.000000001 min"),
        ("every_min = 8", "every_min = { uniform = [0, 9] }", "repeats every 0 min"),
        (
            "every_min = 8",
            "every_min = { lognormal = { median = 0, sigma = 1 } }",
            "`every_min` of",
        ),
        (
            "every_min = 8",
            "every_min = { lognormal = { median = 8, sigma = 3.1 } }",
            "`every_min` of",
        ),
        ("at_min = 125", "at_min = { exponential = -1 }", "`at_min` of step `forged-bolus` cannot"),
        ("times = 4", "times = 100001", "`times` of step `forged-bolus` is 100001"),
    ] {
        check_scenario(|text| text.replace(from, to), &[message]);
    }
    let two = |text: String| {
        let text = text.replace("times = 4", "times = 60000");
        let start = text.rfind("[[step]]").expect("a step");
        let end = text.find("[study]").expect("a study");
        let second = text[start..end].replace("forged-bolus", "forged-again");
        format!("{}{second}{}", &text[..end], &text[end..])
    };
    check_scenario(two, &["the steps make 120001 attempts together", "at most 100000 in a run"]);
}

#[test]
fn a_tail_that_no_clock_holds_ends_the_run_in_time() {
    let dir = changed(FIRST, |text| {
        let drawn = "{ lognormal = { median = 1000000, sigma = 3 } }";
        let text = text.split("[[expect]]").next().unwrap_or_default().to_owned();
        text.replace("at_min = 125", &format!("at_min = {drawn}"))
            .replace("every_min = 8", &format!("every_min = {drawn}"))
    });
    for seed in ["1", "2", "3"] {
        let run = medtwin(&["run", path(&dir), "--arm", "as-sold/attack", "--seed", seed]);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn arguments_that_a_command_does_not_take() {
    for (args, words) in [
        ("{ unit = 10.0 }", ["unknown field `unit`", "known keys: units"]),
        ("{ units_ml = 10.0 }", ["unknown field `units_ml`", "did you mean `units`?"]),
        ("{ units = 1.0, minutes = 3 }", ["has an argument `minutes`", "`bolus` takes units"]),
        ("{ units = 1, daily_dose_share = 0.1 }", ["has both `units`", "`bolus` takes units or"]),
        ("{}", ["has no argument `units`", "`bolus` takes units"]),
    ] {
        let given = format!("args = {args}");
        check_scenario(|text| text.replace("args = { units = 10.0 }", &given), &words);
    }
    let suspend = |text: String| text.replace("verb = \"bolus\"", "verb = \"suspend\"");
    check_scenario(suspend, &["has an argument `units`", "`suspend` takes no arguments"]);
    let temp = |text: String| text.replace("verb = \"bolus\"", "verb = \"temp-basal\"");
    check_scenario(temp, &["has an argument `units`", "takes rate_u_per_h, minutes"]);
    let listen = |text: String| text.replace("do = \"inject\"", "do = \"listen\"\non = \"rf\"");
    check_scenario(listen, &["has an argument `units`", "`listen` takes no arguments"]);
}

/// The first scenario with a patient of its own.
#[track_caller]
fn check_patient(keys: &str, words: &[&str]) {
    let patient = format!("[patient.alex]\nmodel = \"uva-padova\"\n{keys}\n\n[adversary.eve]");
    check_scenario(|text| text.replace("[adversary.eve]", &patient), words);
}

#[test]
fn words_of_a_patient_that_mean_nothing() {
    check_patient("population = { group = \"adlut\" }", &["group `adlut`", "one of: adult"]);
    let id = "id = \"adult#001\"\nprescription = ";
    let typo = format!("{id}{{ max_bolu = 5 }}");
    check_patient(&typo, &["nothing is prescribed as `max_bolu`", "max_bolus_u", "5 }"]);
    for value in ["nan", "inf", "0.0", "-1.0"] {
        let given = format!("{id}{{ max_bolus_u = {value} }}");
        check_patient(&given, &["`max_bolus_u` prescribed to `alex` is", "a number above 0"]);
    }
}

#[test]
fn a_population_of_a_model_whose_patients_do_not_differ() {
    let patient = "[patient.alex]\nmodel = \"hovorka\"\npopulation = {}\n\n[adversary.eve]";
    let words = ["patients of `hovorka` do not differ", "populations are of `uva-padova`"];
    check_scenario(|text| text.replace("[adversary.eve]", patient), &words);
}

#[test]
fn a_clock_that_there_is_not() {
    for hour in ["nan", "1e308", "24.0", "-0.5"] {
        let clock = format!("start_clock_h = {hour}");
        check_scenario(
            |text| text.replace("start_clock_h = 22.0", &clock),
            &["`start_clock_h` is", "from 0, below 24"],
        );
    }
}

#[test]
fn what_is_about_another_step_without_one() {
    for (key, message) in [
        ("if = \"succeeded\"", "has `if` without `after`"),
        ("if = \"suceeded\"", "has `if` without `after`"),
        ("delay_min = 3", "has `delay_min` without `after`"),
    ] {
        let given = format!("at_min = 125\n{key}");
        check_scenario(|text| text.replace("at_min = 125", &given), &[message]);
    }
    let dir = crate::changed("minimed-remote-replay", |text| {
        text.replace("after = \"record\"", "after = \"record\"\nif = \"suceeded\"\nat_min = 3")
    });
    let words = ["`if = \"suceeded\"`", "has both `at_min` and `after`"];
    check_refused(&["run", path(&dir)], &words);
}

#[test]
fn keys_that_a_device_has_not_and_numbers_that_no_key_takes() {
    for (from, to, words) in [
        ("key = \"bolus\"", "key = \"eject\"", "device `pump` has no key `eject`"),
        ("key = \"bolus\"", "", "has no `key`"),
        ("units = 8.0", "units = 8.0, minutes = 3", "keys in `units` and `minutes`"),
        ("to = \"pump\"", "to = \"pomp\"", "there is no device `pomp`"),
    ] {
        let dir = changed("insulin-pump-insider", |text| text.replace(from, to));
        check_refused(&["run", path(&dir)], &[words]);
    }
}

#[test]
fn orders_and_prescriptions_of_a_bed_that_cannot_be() {
    let check = |from: &str, to: &str, words: &[&str]| {
        let dir = changed("pump-server-twelve-beds", |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        check_refused(&["run", path(&dir)], words);
    };
    let second = "{ after_s = 20, device = \"pump\", key = \"start\" }";
    let when = "it is not said when `start` is pressed";
    for other in ["", "after_s = -1, ", "after_s = nan, ", "at_min = 1, after_s = 1, "] {
        let order = second.replace("after_s = 20, ", other);
        check(second, &order, &[when, "scenario.toml:", "`after_s`, from 0 to 86400"]);
    }
    let first =
        "{ at_min = { uniform = [20, 80] }, device = \"pump\", key = \"rate\", value = 4.0 },";
    check(first, "", &[when]);
    check(second, &second.replace("pump", "pomp"), &["`pomp` is no device of `bed-"]);
    check(second, &second.replace("start", "eject"), &["has no key `eject`"]);
    let model = "model = \"large-volume-pump\"";
    let prescribed = |what: &str| format!("{model}\nprescription = {{ {what} }}");
    check(model, &prescribed("flow = 1"), &["nothing is prescribed as `flow`", "scenario.toml:"]);
    check(model, &prescribed("dose_1h_ml = -1"), &["`dose_1h_ml` prescribed to `bed-", "is -1"]);
    let open = format!("{model}\ndoor_open_min = [5, 1]");
    check(model, &open, &["`door_open_min` of `bed-", "is from 5 to 1", "scenario.toml:"]);
    let kind = "model = \"opioid-respiration\"";
    for (line, key) in [("recovers = true", "recovers"), ("course = [{ at_min = 1 }]", "course")] {
        check(kind, &format!("{kind}\n{line}"), &[&format!("has no `{key}`"), "scenario.toml:"]);
    }
    for rate in ["nan", "-1", "1e9"] {
        let line = format!("motion_per_h = {rate}");
        check("motion_per_h = 4.0", &line, &["`motion_per_h` of patient `bed-", "from 0 to 1000"]);
    }
}

#[test]
fn hands_that_are_elsewhere_press_no_key() {
    let dir = changed("insulin-pump-insider", |text| {
        text.split("[[expect]]")
            .next()
            .unwrap_or_default()
            .replace("insider\"\n\n", "internet\"\n\n")
    });
    let run = crate::run(path(&dir), &[]);
    assert!(crate::metric(&run, "as-sold/attack", "INT-1.forged_u").abs() < 1e-9);
}

#[test]
fn a_config_that_is_no_number() {
    let cgm = "[device.cgm]\nmodel = \"cgm\"\npatient = \"alex\"\nconfig = { serial = 1, period_min = nan }\n\n[adversary.eve]";
    check_scenario(
        |text| text.replace("[adversary.eve]", cgm),
        &["config `period_min` of device `cgm` is NaN"],
    );
}

#[test]
fn expectations_of_nothing() {
    for (from, to, words) in [
        ("at_least = 15", "", ["has no bound: it would hold whatever came out", "`at_least`"]),
        ("at_least = 15", "at_least = nan", ["is no number", "`at_least`"]),
        ("within_of = \"hardened/clean\"", "", ["only one of `within_of` and `by`", "`at_least`"]),
        (
            "INT-1.forged_u",
            "INT-1.forgd_u",
            ["no metric `INT-1.forgd_u`", "did you mean `INT-1.forged_u`?"],
        ),
        (
            "SAF.minutes_below_54.alex",
            "SAF.minutes_below_54.alec",
            ["no metric", "below_54.alex`?"],
        ),
        (
            "arm = \"hardened/attack\"",
            "arm = \"hardend/attack\"",
            ["no arm `hardend/attack`", "did you mean `hardened/attack`?"],
        ),
        (
            "arm = \"hardened/clean\"",
            "arm = \"hardened-nothing/clean\"",
            ["no arm `hardened-nothing/clean`", "PACK/attack"],
        ),
    ] {
        check_scenario(|text| text.replacen(from, to, 1), &words);
    }
}

#[test]
fn every_mistake_of_a_scenario_is_told_once_and_with_the_others() {
    let dir = changed(FIRST, |text| {
        text.replace("units = 10.0", "units = 10.0, minutes = 3")
            .replace("start_clock_h = 22.0", "start_clock_h = 25.0")
            .replace("at_min = 125", "at_min = 125\nif = \"failed\"")
    });
    let said = medtwin(&["run", path(&dir)]).stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    for words in ["has an argument `minutes`", "`start_clock_h` is 25", "has `if` without `after`"]
    {
        assert_eq!(said.matches(words).count(), 1, "{said}");
    }
    assert_eq!(said.matches("help:").count(), 3, "{said}");
}

#[test]
fn a_directory_where_a_file_should_be() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("scenario.toml")).expect("made");
    check_refused(&["run", path(&dir)], &["cannot read `scenario.toml`", "not a file"]);
}

#[test]
fn a_text_that_is_no_text_or_too_long() {
    for bytes in [vec![0xff; 100], vec![b'#'; (1 << 20) + 1]] {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("scenario.toml"), bytes).expect("written");
        check_refused(&["run", path(&dir)], &["cannot read `scenario.toml`"]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_scenario() {
    let dir = tempfile::tempdir().expect("a directory");
    let outside = changed(FIRST, |text| text);
    std::os::unix::fs::symlink(
        outside.path().join("scenario.toml"),
        dir.path().join("scenario.toml"),
    )
    .expect("linked");
    check_refused(&["run", path(&dir)], &["cannot read `scenario.toml`"]);
}

/// Puts a copy of `hardened` with some words changed into `dir`.
pub(crate) fn put_pack(dir: &Path, change: impl Fn(String) -> String) {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/library");
    std::fs::create_dir_all(dir).expect("made");
    for file in ["policy.cedar", "envelope.toml", "controls.toml"] {
        let text = std::fs::read_to_string(library.join("hardened").join(file)).expect("a pack");
        std::fs::write(dir.join(file), change(text)).expect("written");
    }
}

/// Asserts that a changed copy of `hardened` is refused.
#[track_caller]
fn check_pack(change: impl Fn(String) -> String, words: &[&str]) {
    let dir = tempfile::tempdir().expect("a directory");
    put_pack(dir.path(), change);
    check_refused(&["run", FIRST, "--candidate", path(&dir)], words);
}

#[test]
fn a_pack_that_is_made_to_end_or_stall_the_process() {
    let rule = |condition: &str| {
        format!(
            "@id(\"x\") @reason(\"r\") permit (principal, action, resource) when {{ {condition} }};\n"
        )
    };
    let deep = rule(&format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)));
    let long = rule(&"context.fresh && ".repeat(20_000));
    let many: String = (0..8000).map(|_| "permit (principal, action, resource);").collect();
    for (cedar, words) in [
        (deep, ["brackets are nested", "at most 40"]),
        (long, ["has 340070 bytes", "at most 262144"]),
        (rule(&"context.fresh||".repeat(15_000)), ["words and signs", "at most 1000"]),
        (many.replace(", ", ",")[..200_000].to_owned(), ["rules", "at most 500"]),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        put_pack(dir.path(), |text| text);
        std::fs::write(dir.path().join("policy.cedar"), cedar).expect("written");
        check_refused(&["policy", "check", path(&dir)], &words);
        check_refused(&["run", FIRST, "--candidate", path(&dir)], &words);
    }
}

#[test]
fn a_rule_about_what_no_device_has() {
    for (from, to, message) in [
        ("Peer::\"remote\"", "Peer::\"remot\"", "no device has Peer::\"remot\""),
        ("Model::\"cgm\"", "Model::\"cgmm\"", "no device has Model::\"cgmm\""),
        ("[model.insulin-pump]", "[model.insulin-pumpp]", "no device has Model::\"insulin-pumpp\""),
    ] {
        check_pack(|text| text.replace(from, to), &[message, "the known names are: "]);
        let dir = tempfile::tempdir().expect("a directory");
        put_pack(dir.path(), |text| text.replace(from, to));
        check_refused(&["policy", "check", path(&dir)], &[message]);
    }
    let device = |text: String| {
        text.replace("principal in Model::\"cgm\"", "principal == Device::\"cgm-2\"")
    };
    check_pack(device, &["no device has Device::\"cgm-2\"", "cgm, pump, remote"]);
}

#[test]
fn a_pack_that_lacks_a_file() {
    for file in ["policy.cedar", "envelope.toml", "controls.toml"] {
        let dir = tempfile::tempdir().expect("a directory");
        put_pack(dir.path(), |text| text);
        std::fs::remove_file(dir.path().join(file)).expect("there");
        let message = format!("has no {file}");
        check_refused(&["policy", "check", path(&dir)], &[&message, "a pack is a directory with"]);
        check_refused(&["run", FIRST, "--candidate", path(&dir)], &[&message]);
    }
}

#[test]
fn packs_that_a_scenario_may_not_reach() {
    let elsewhere = tempfile::tempdir().expect("a directory");
    put_pack(&elsewhere.path().join("mine"), |text| text);
    let absolute = elsewhere.path().join("mine");
    let absolute = absolute.to_str().expect("UTF-8");
    let name = elsewhere.path().file_name().and_then(|name| name.to_str()).expect("UTF-8");
    for outside in [absolute, &format!("../{name}/mine"), "link/mine", ".", "/etc"] {
        for (from, to) in [
            ("reference = \"as-sold\"", format!("reference = \"{outside}\"")),
            ("candidate = \"hardened\"", format!("candidate = \"{outside}\"")),
            ("compare = [\"field-mitigated\"]", format!("compare = [\"{outside}\"]")),
        ] {
            let dir = changed(FIRST, |text| text.replace(from, &to));
            #[cfg(unix)]
            std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("link")).expect("linked");
            check_refused(&["run", path(&dir)], &["pack"]);
            check_refused(&["scenario", "check", path(&dir)], &["pack"]);
        }
    }
}

#[test]
fn a_pack_below_the_scenario_or_named_on_the_command_line() {
    let dir = changed(FIRST, |text| {
        let text = text.split("[[expect]]").next().unwrap_or_default().to_owned();
        text.replace("candidate = \"hardened\"", "candidate = \"packs/mine\"")
    });
    put_pack(&dir.path().join("packs/mine"), |text| text);
    let run = medtwin(&["run", path(&dir), "--arm", "mine/attack"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let anywhere = dir.path().join("packs/mine");
    let anywhere = anywhere.to_str().expect("UTF-8");
    let run = medtwin(&["run", FIRST, "--candidate", anywhere, "--arm", "mine/attack"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn more_threads_than_a_machine_has() {
    for threads in ["257", "100000", "18446744073709551615"] {
        check_refused(&["run", FIRST, "--threads", threads], &["--threads", "256"]);
        check_refused(&["study", FIRST, "--out", "x", "--threads", threads], &["--threads", "256"]);
    }
    check_refused(&["run", FIRST, "--threads", "0"], &["--threads", "1..=256"]);
}

#[test]
fn a_limit_on_a_port_that_is_not_there() {
    check_pack(
        |text| text.replace("[\"basal\", \"bolus\"]", "[\"basel\", \"bolus\"]"),
        &["limit `dose-within-three-hours` is on `basel`", "its actuators are: basal, bolus"],
    );
}

#[test]
fn a_pack_with_an_unknown_fact() {
    check_pack(
        |text| text.replace("context.fresh", "context.frsh"),
        &["`frsh`", "did you mean `fresh`?", "policy.cedar"],
    );
}

#[track_caller]
fn check_component(bytes: &[u8], words: &[&str]) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("guest.wasm");
    std::fs::write(&file, bytes).expect("written");
    let file = file.to_str().expect("a path in UTF-8");
    check_refused(&["model", "check", file], words);
    check_refused(&["run", FIRST, "--model", &format!("pump={file}")], words);
}

#[test]
fn a_file_that_is_no_component() {
    check_component(b"hello", &["not a WebAssembly component"]);
    check_component(b"\0asm\x01\0\0\0", &["core WebAssembly module"]);
}

#[test]
fn a_component_that_is_too_large() {
    check_component(&vec![0; (8 << 20) + 1], &["larger than 8388608 bytes"]);
}

#[test]
fn a_component_that_wants_wasi() {
    let text = r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#;
    check_component(&wat::parse_str(text).expect("valid"), &["wasi:cli/environment", "no WASI"]);
}

#[test]
fn accounts_that_cannot_be() {
    let account = |lines: &str| format!("[account.ward]\n{lines}\n\n[adversary.eve]");
    let good = "devices = [\"pump\"]\nrole = \"wearer\"\nsecret = \"2580\"";
    for (from, to, message, help) in [
        ("wearer", "nurse", "has the role `nurse`", "one of: wearer, clinician, service"),
        ("\"pump\"", "\"pomp\"", "account `ward` is of `pomp`", "the scenario has: cgm, pump"),
        ("2580", "25", "has the secret `25`", "4 to 64 letters"),
        ("2580", "2580\\t", "has the secret", "4 to 64 letters"),
        (
            "2580\"",
            "2580\"\nvisits = [{ at_h = 1, for_min = 9 }]",
            "is not of service",
            "no visits",
        ),
        (
            "wearer\"",
            "service\"\nvisits = [{ at_h = -1, for_min = 9 }]",
            "has a visit at no time",
            "`at_h` from 0",
        ),
        ("2580\"", "2580\"\npin = 1", "unknown field `pin`", "known keys"),
        ("[\"pump\"]", "[]", "is of no device", "name one"),
        ("[\"pump\"]", "[\"pump\", \"pump\"]", "is of `pump` twice", "name each device once"),
    ] {
        let lines = account(&good.replace(from, to));
        check_scenario(|text| text.replace("[adversary.eve]", &lines), &[message, help]);
    }
}

#[test]
fn a_login_as_nobody() {
    let log_in = |more: &str| format!("do = \"log-in\"\n{more}");
    for (more, message, help) in [
        ("", "has no `account`", "`do = \"log-in\"` needs `account`"),
        ("account = \"root\"", "`pump` has no account `root`", "the scenario has none"),
    ] {
        let lines = log_in(more);
        check_scenario(|text| text.replacen("do = \"inject\"", &lines, 1), &[message, help]);
    }
}

#[test]
fn the_head_of_an_image_that_has_none() {
    for of in ["pump-99", "spliced"] {
        let image = format!(
            "[firmware.spliced]\ncomponent = \"insulin-pump\"\nversion = 1\nhead_of = \"{of}\"\n\n[adversary.eve]"
        );
        check_scenario(
            |text| text.replace("[adversary.eve]", &image),
            &["has the head of", of, "that has a head of its own"],
        );
    }
}

#[test]
fn a_glass_where_there_is_none_and_a_secret_for_no_login() {
    let lines = "do = \"break-glass\"\nsecret = \"known\"";
    check_scenario(
        |text| text.replacen("do = \"inject\"", lines, 1),
        &["no glass to break at `pump`", "has `secret` and logs in nowhere"],
    );
}

#[test]
fn floods_and_rates_that_cannot_be() {
    let flood = |more: &str| {
        format!(
            "[[step]]\nid = \"f\"\nby = \"eve\"\ndo = \"flood\"\nto = \"pump\"\n{more}\n\n[[step]]"
        )
    };
    for (more, words) in [
        ("rate_per_s = nan", ["`rate_per_s` of step `f`", "from 0.1 to 100000"]),
        ("rate_per_s = 0", ["`rate_per_s` of step `f`", "from 0.1 to 100000"]),
        ("bytes = 0", ["`bytes` of step `f`", "from 1 to 9000"]),
        ("bytes = 4000000000", ["`bytes` of step `f`", "from 1 to 9000"]),
        ("rate_per_s = 1000\nfor_min = 20", ["floods send 1200000 frames", "at most 1000000"]),
        ("strip = true", ["step `f` strips nothing", "`strip = true` is for"]),
    ] {
        check_scenario(|text| text.replacen("[[step]]", &flood(more), 1), &words);
    }
    let link = |more: &str| {
        let link = format!(
            "[link.rf]\nmedium = \"wmts\"\nnodes = [\"pump\", \"remote\", \"cgm\"]\n{more}\n\n[adversary.eve]"
        );
        move |text: String| text.replacen("[adversary.eve]", &link, 1)
    };
    for rate in ["0", "-1", "nan", "inf", "1e9"] {
        let rate = format!("bandwidth_kbit_s = {rate}");
        check_scenario(link(&rate), &["link `rf` has", "from 1 to 100000000 kbit/s"]);
    }
    let ble = |text: String| link("bandwidth_kbit_s = 9")(text).replacen("wmts", "ble", 1);
    check_scenario(ble, &["nothing waits on `ble`", "leave `bandwidth_kbit_s` out"]);
}
