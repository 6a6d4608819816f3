//! Studies from outside: what they leave, what interrupts them, and what they refuse.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{FIRST, changed, medtwin, path, run, written};

/// A scenario that is quick to run: the first, with short trials.
fn quick() -> tempfile::TempDir {
    changed(FIRST, |text| {
        let text = text.replace("horizon_h = 28 ", "horizon_h = 5 ");
        text.replace("at_min = { uniform = [5, 1440] }", "at_min = { uniform = [5, 60] }")
    })
}

fn study(scenario: &str, out: &Path, more: &[&str]) -> Output {
    let out = out.to_str().expect("a path in UTF-8");
    medtwin(&[&["study", scenario, "--out", out], more].concat())
}

#[track_caller]
fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

#[track_caller]
fn check_refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

/// Every file below a directory, by path.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("a directory") {
            let entry = entry.expect("an entry").path();
            if entry.is_dir() {
                open.push(entry);
            } else {
                let name = entry.strip_prefix(dir).expect("below").display().to_string();
                found.insert(name, std::fs::read(&entry).expect("bytes"));
            }
        }
    }
    found
}

#[track_caller]
fn check_same(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(b[name] == *bytes, "{name} differs");
    }
}

fn json(dir: &Path) -> Value {
    let bytes = std::fs::read(dir.join("study.json")).expect("a study");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn one_thread_and_two_leave_the_same_bytes() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    for (out, threads) in [(&one, "1"), (&two, "2")] {
        done(&study(path(&scenario), out, &["--trials", "30", "--threads", threads]));
    }
    check_same(&one, &two);
    for file in ["study.json", "trials.parquet", "report.html", "plan/plan.json"] {
        assert!(one.join(file).exists(), "{file}");
    }
    assert!(!one.join("study.journal").exists(), "a finished study has no journal");
}

/// Trials that a journal has: what the refusal to begin over it says.
fn finished(scenario: &str, out: &Path) -> u64 {
    let refused = study(scenario, out, &[]);
    check_refused(&refused, &["holds an unfinished study of", "go on with `--resume`"]);
    let said = String::from_utf8_lossy(&refused.stderr).replace(['\n', '│'], " ");
    let words: Vec<&str> = said.split_whitespace().collect();
    let of = words.windows(2).find(|w| w[1] == "of" && w[0].parse::<u64>().is_ok());
    of.expect("how many")[0].parse().expect("a number")
}

/// Begins a study and kills it once it has written more than `bytes`.
fn killed(scenario: &str, out: &Path, trials: &str, bytes: u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medtwin"));
    command.args(["study", scenario, "--trials", trials, "--threads", "1", "--out"]).arg(out);
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child: Child = quiet.spawn().expect("medtwin runs");
    let (journal, begun) = (out.join("study.journal"), Instant::now());
    while std::fs::metadata(&journal).map_or(0, |meta| meta.len()) <= bytes {
        assert!(begun.elapsed() < Duration::from_secs(120), "it writes its trials down");
        assert!(child.try_wait().expect("a child").is_none(), "it was still at work");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("SIGKILL");
    child.wait().expect("dead");
    assert!(!out.join("study.json").exists(), "it was killed before its end");
}

#[test]
fn a_study_that_was_killed_goes_on_and_leaves_the_same_bytes() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    let (whole, broken) = (dir.path().join("whole"), dir.path().join("broken"));
    let scenario = path(&scenario);
    done(&study(scenario, &whole, &["--trials", "60"]));
    killed(scenario, &broken, "60", 40_000);
    let before = finished(scenario, &broken);
    assert!((2..60).contains(&before), "{before} finished");
    let journal = std::fs::read(broken.join("study.journal")).expect("a journal");
    let said = done(&study(scenario, &broken, &["--trials", "60", "--resume"]));
    let kept = format!("going on: {before} of 60 trials are finished");
    assert!(said.contains(&kept), "{said}");
    check_same(&whole, &broken);

    // Once more from what lay there, with its last record torn.
    let torn = dir.path().join("torn");
    std::fs::create_dir(&torn).expect("made");
    std::fs::write(torn.join("study.journal"), &journal[..journal.len() - 7]).expect("torn");
    let said = done(&study(scenario, &torn, &["--trials", "60", "--resume"]));
    let kept = format!("going on: {} of 60 trials are finished", before - 1);
    assert!(said.contains(&kept), "one is lost, it had not finished: {said}");
    check_same(&whole, &torn);
}

#[test]
fn a_study_goes_on_only_as_it_was_begun() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    let out = dir.path().join("study");
    killed(path(&scenario), &out, "500", 20_000);
    let resume = |more: &[&str]| study(path(&scenario), &out, &[&["--resume"], more].concat());
    check_refused(&resume(&["--trials", "500", "--seed", "2"]), &["--seed 1, not 2"]);
    check_refused(&resume(&["--trials", "400"]), &["--trials 500, not 400"]);
    let other = study("minimed-508-suspend", &out, &["--trials", "500", "--resume"]);
    check_refused(&other, &["holds another study", "minimed-508-suspend", "another `--out`"]);
    let file = scenario.path().join("scenario.toml");
    let text = std::fs::read_to_string(&file).expect("a scenario");
    std::fs::write(&file, text.replace("uniform = [0.02, 0.25]", "uniform = [0.02, 0.26]"))
        .expect("written");
    check_refused(&resume(&["--trials", "500"]), &["holds another study", "its plan"]);
}

#[test]
fn a_study_writes_over_nothing() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    let (finished, run) = (dir.path().join("study"), dir.path().join("run"));
    done(&study(path(&scenario), &finished, &["--trials", "3"]));
    let before = files(&finished);
    for more in [&["--trials", "5"][..], &["--trials", "3", "--resume"]] {
        check_refused(&study(path(&scenario), &finished, more), &["holds a finished study"]);
    }
    assert_eq!(before.len(), files(&finished).len());
    let left = run.to_str().expect("a path in UTF-8");
    medtwin(&["run", path(&scenario), "--out", left]);
    check_refused(&study(path(&scenario), &run, &[]), &["holds a run"]);
    let nowhere = dir.path().join("nowhere");
    let resumed = study(path(&scenario), &nowhere, &["--resume"]);
    check_refused(&resumed, &["holds no unfinished study", "without `--resume`"]);
}

#[test]
fn one_trial_of_a_study_can_be_run_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let left = dir.path().join("study");
    done(&study(FIRST, &left, &["--trials", "4", "--seed", "3"]));
    let summary = json(&left);
    let arms = summary["arms"].as_array().expect("arms");
    let mut sums: BTreeMap<(usize, String), f64> = BTreeMap::new();
    for trial in 0..4 {
        let number = trial.to_string();
        let again = run(FIRST, &["--seed", "3", "--trial", &number, "--varied"]);
        assert_eq!(again["varied"], true);
        for (arm, found) in again["arms"].as_array().expect("arms").iter().enumerate() {
            for (id, value) in found["metrics"].as_object().expect("metrics") {
                let value = value.as_f64().unwrap_or(f64::NAN);
                *sums.entry((arm, id.clone())).or_default() += value / 4.0;
            }
        }
    }
    let defined = sums.iter().filter(|(_, mean)| !mean.is_nan());
    for ((arm, id), mean) in defined.clone() {
        let found = arms[*arm]["metrics"][id]["mean"].as_f64().expect("a mean");
        assert!((found - mean).abs() <= 1e-9 * (1.0 + mean.abs()), "{id}: {found}, run: {mean}");
    }
    assert!(defined.count() > 150, "all metrics of six arms");
}

#[test]
fn a_varied_run_replays() {
    let dir = tempfile::tempdir().expect("a directory");
    let left = dir.path().to_str().expect("a path in UTF-8");
    let arms = ["--arm", "as-sold/attack", "--trial", "5"];
    run(FIRST, &[&["--varied", "--out", left], &arms[..]].concat());
    let replayed = medtwin(&["replay", left]);
    let said = String::from_utf8_lossy(&replayed.stdout);
    assert!(said.contains("same: 1 arms"), "{said}");
}

#[test]
fn nothing_is_varied_without_a_word_on_it() {
    let dir = changed(FIRST, |text| {
        let (begin, rest) = text.split_once("[study]").expect("a study");
        format!("{begin}[[expect]]{}", rest.split_once("[[expect]]").expect("expectations").1)
    });
    let output = medtwin(&["run", path(&dir), "--varied"]);
    check_refused(&output, &["has no `[study]`", "--varied"]);
    let left = tempfile::tempdir().expect("a directory");
    let output = study(path(&dir), left.path(), &["--trials", "2"]);
    done(&output);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("the scenario has no [study]"), "{said}");
}

#[track_caller]
fn check_scenario(from: &str, to: &str, words: &[&str]) {
    let dir = changed(FIRST, |text| {
        assert!(text.contains(from), "`{from}` is in the scenario");
        text.replacen(from, to, 1)
    });
    for command in [&["scenario", "check", path(&dir)][..], &["run", path(&dir)]] {
        check_refused(&medtwin(command), words);
    }
}

#[test]
fn mistakes_in_what_is_varied_have_a_place_and_a_help() {
    for (from, to, words) in [
        (
            "[study.step.forged-bolus]",
            "[study.step.forged-bolos]",
            &["`[study]` varies step `forged-bolos`", "the scenario has: forged-bolus"][..],
        ),
        ("[study.link.rf]", "[study.link.fr]", &["varies link `fr`", "the scenario has: rf"]),
        ("[study.patient.alex]", "[study.patient.al]", &["varies patient `al`", "alex"]),
        ("population = {}", "popullation = {}", &["unknown field `popullation`"]),
        ("population = {}", "id = \"adult#099\"", &["adult#099", "patient list"]),
        ("daily_dose_share", "daily_dose", &["unknown field `daily_dose`"]),
        ("loss = { uniform", "loss = { unifrm", &["unknown variant `unifrm`", "uniform"]),
        ("uniform = [0.01, 0.05]", "uniform = [0.05, 0.01]", &["`loss` of `rf` cannot be"]),
        ("uniform = [0.2, 0.8]", "uniform = [0.2, 1.8]", &["`notices_beep` of `alex`"]),
        ("carbs_g_per_kg = { uniform = [0.45, 0.75] }", "carbs_g = -3", &["`carbs_g` of a meal"]),
        (
            "carbs_g_per_kg = { uniform = [0.45, 0.75] }, dose",
            "dose",
            &["needs either `carbs_g` or `carbs_g_per_kg`"],
        ),
        (
            "args = { daily_dose_share",
            "args = { units = 3, daily_dose_share",
            &["two doses", "either `units` or `daily_dose_share`"],
        ),
        ("start_clock_h = 7.0", "follow_up_min = 0", &["`follow_up_min` is 0"]),
    ] {
        check_scenario(from, to, words);
    }
}

#[test]
fn a_study_says_what_it_is_conditional_on_and_when_it_cannot_tell() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    let output = study(path(&scenario), dir.path(), &["--trials", "5"]);
    done(&output);
    let said = String::from_utf8_lossy(&output.stdout);
    for words in ["given an attempted attack; they are no frequencies", "not enough runs to say"] {
        assert!(said.contains(words), "`{words}` is not in {said}");
    }
    let summary = json(dir.path());
    assert_eq!(summary["headline"]["difference"]["enough"], false);
    let report = std::fs::read_to_string(dir.path().join("report.html")).expect("a report");
    for words in ["given an attempted attack", "not enough runs to say", "What each trial draws"] {
        assert!(report.contains(words), "`{words}` is not in the report");
    }
    for outside in ["<script", "http://", "https://", "<link", "@import"] {
        assert!(!report.contains(outside), "the report needs `{outside}`");
    }
}

#[test]
fn a_report_is_rendered_again_from_what_a_study_left() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    done(&study(path(&scenario), dir.path(), &["--trials", "5"]));
    let report = dir.path().join("report.html");
    let first = std::fs::read(&report).expect("a report");
    std::fs::remove_file(&report).expect("removed");
    done(&medtwin(&["report", path(&dir)]));
    assert!(first == std::fs::read(&report).expect("a report"));
}

#[test]
fn every_study_of_the_library_runs() {
    for scenario in crate::scenarios() {
        let dir = tempfile::tempdir().expect("a directory");
        done(&study(&scenario, dir.path(), &["--trials", "2"]));
        let summary = json(dir.path());
        assert_eq!(summary["trials"], 2, "{scenario}");
    }
}

#[test]
fn what_a_study_draws_differs_from_trial_to_trial() {
    let dir = written(include_str!("../data/two-patients.toml"));
    let left = tempfile::tempdir().expect("a directory");
    done(&study(path(&dir), left.path(), &["--trials", "3"]));
    let varied = tempfile::tempdir().expect("a directory");
    done(&study(FIRST, varied.path(), &["--trials", "3"]));
    let spread = |dir: &Path, who: &str| {
        let id = format!("SAF.insulin_u.{who}");
        json(dir)["arms"][0]["metrics"][id]["deviation"].as_f64().expect("a deviation")
    };
    assert!(spread(varied.path(), "alex") > 5.0, "patients of all sizes");
    assert!(spread(left.path(), "alex") < 1.0, "the same patient");
}

#[test]
fn two_studies_that_begin_at_once_do_not_share_a_directory() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    let out = dir.path().join("study");
    let begin = |seed: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medtwin"));
        command.args(["study", path(&scenario), "--trials", "40", "--seed", seed, "--out"]);
        command.arg(&out).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("runs")
    };
    let both = [begin("1"), begin("2")].map(|child| child.wait_with_output().expect("an end"));
    let codes = both.each_ref().map(|output| output.status.code());
    assert!(codes == [Some(0), Some(2)] || codes == [Some(2), Some(0)], "{codes:?}");
    let study = json(&out);
    let of = if codes[0] == Some(0) { 1 } else { 2 };
    assert_eq!((&study["seed"], &study["trials"]), (&of.into(), &40.into()));
}

#[test]
fn a_study_writes_over_no_file_of_somebody_else() {
    let (scenario, dir) = (quick(), tempfile::tempdir().expect("a directory"));
    for file in ["report.html", "trials.parquet", "plan"] {
        let out = dir.path().join(file);
        std::fs::create_dir(&out).expect("made");
        std::fs::write(out.join(file), "mine").expect("written");
        check_refused(&study(path(&scenario), &out, &["--trials", "2"]), &["already"]);
        assert_eq!(files(&out).len(), 1);
    }
}

#[test]
fn a_study_says_how_much_of_it_lies_outside_the_model() {
    let dir = tempfile::tempdir().expect("a directory");
    let said = study("pump-implant", dir.path(), &["--trials", "30"]);
    done(&said);
    let study = json(dir.path());
    let outside = study["headline"]["reference"]["outside_model"].as_u64().expect("a number");
    assert!(outside > 10, "an implant that pumps a reservoir leaves the model: {outside}");
    let arm = &study["arms"].as_array().expect("arms")[1];
    assert_eq!(arm["arm"], "as-sold/attack");
    let lowest = &arm["metrics"]["SAF.min_glucose_mg_dl.alex"];
    assert!(lowest["n"].as_u64() < Some(30) && lowest["t_95"].is_null(), "{lowest}");
    let clean = &study["headline"]["candidate"]["clean"]["share"];
    assert!(clean.is_number(), "what happens without the attack stands beside it: {clean}");
    let page = std::fs::read_to_string(dir.path().join("report.html")).expect("a page");
    assert!(page.contains("left the model's domain of validity"));
}

#[test]
fn a_report_is_of_no_other_schema() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("study.json"), r#"{"a": 1}"#).expect("written");
    check_refused(&medtwin(&["report", path(&dir)]), &["study.json", "medtwin.study/1"]);
}

/// A quick scenario whose study expects this as well.
fn expecting(expect: &str) -> tempfile::TempDir {
    let dir = quick();
    let file = dir.path().join("scenario.toml");
    let text = std::fs::read_to_string(&file).expect("a scenario");
    std::fs::write(&file, format!("{text}\n[[study.expect]]\n{expect}")).expect("written");
    dir
}

#[test]
fn a_study_ends_with_code_1_when_one_trial_is_not_as_expected() {
    let bound = |most: &str| {
        let about = "id = \"few\"\narm = \"as-sold/attack\"\nmetric = \"INT-1.uca\"\n";
        expecting(&format!("{about}of = \"every-trial\"\nat_most = {most}\nwhy = \"some say\"\n"))
    };
    let dir = tempfile::tempdir().expect("a directory");
    let run = |most: &str, to: &str| {
        let out = dir.path().join(to);
        let output = study(path(&bound(most)), &out, &["--trials", "12"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said, json(&out))
    };
    let (code, said, found) = run("1000", "holds");
    assert_eq!((code, &found["verdict"]), (Some(0), &"holds".into()), "{said}");
    assert!(said.contains("holds      few · as-sold/attack is "), "{said}");
    let (code, said, found) = run("0", "fails");
    assert_eq!((code, &found["verdict"]), (Some(1), &"fails".into()), "{said}");
    assert!(said.contains("FAILS      few"), "{said}");
    let judged = &found["expectations"][0];
    assert_eq!(judged["text"], "INT-1.uca at most 0 in each of 12 trials: some say");
    assert!(judged["value"].as_f64() >= Some(1.0), "the worst trial: {judged}");
    let report = std::fs::read_to_string(dir.path().join("fails/report.html")).expect("a report");
    assert!(report.contains("What was expected of all trials") && report.contains("FAILS"));
}

#[test]
fn what_a_study_cannot_tell_it_may_not_expect() {
    let of = "of = \"mean\"\n";
    for (expect, words) in [
        (
            "arm = \"hardened-nonce/clean\"\nmetric = \"INT-1.uca\"\nat_most = 0\n",
            "the study has no arm",
        ),
        ("arm = \"*\"\nmetric = \"INT-1.uca\"\nat_most = 0\n", "the study has no arm `*`"),
        (
            "arm = \"*/clean\"\nmetric = \"INT-1.ucb\"\nat_most = 0\n",
            "there is no metric `INT-1.ucb`",
        ),
        ("arm = \"*/clean\"\nmetric = \"INT-1.uca\"\n", "has no bound"),
        ("arm = \"*/clean\"\nmetric = \"INT-1.uca\"\nat_most = inf\n", "is no number"),
        ("arm = \"*/clean\"\nmetric = \"INT-1.uca\"\nequals = 0\n", "unknown field `equals`"),
    ] {
        let scenario = expecting(&format!("id = \"x\"\n{of}{expect}"));
        let dir = tempfile::tempdir().expect("a directory");
        check_refused(&study(path(&scenario), &dir.path().join("out"), &[]), &[words]);
        check_refused(&medtwin(&["scenario", "check", path(&scenario)]), &[words]);
    }
}
