//! A patient alone: what is read, what is written, and what is refused.

use std::path::Path;
use std::process::Output;

use crate::medtwin;

const HEAD: &str = "t_min,carbs_g,insulin_u_per_min\n";

fn patient(inputs: &Path, minutes: &str, out: &Path) -> Output {
    let [inputs, out] = [inputs, out].map(|path| path.to_str().expect("UTF-8"));
    let given = ["--id", "adult#001", "--inputs", inputs, "--minutes", minutes, "--out", out];
    medtwin(&[&["patient", "run", "uva-padova"][..], &given].concat())
}

/// Runs a patient on these rows: what was written, and what was said.
fn ran(rows: &str, minutes: &str) -> (String, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let [inputs, out] = ["in.csv", "out.csv"].map(|name| dir.path().join(name));
    std::fs::write(&inputs, format!("{HEAD}{rows}")).expect("written");
    let output = patient(&inputs, minutes, &out);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    (std::fs::read_to_string(out).expect("written"), said)
}

#[track_caller]
fn check_refused(inputs: &Path, minutes: &str, words: &str) {
    let out = inputs.with_file_name("medtwin-never-written.csv");
    let out = if inputs.starts_with("/dev") { std::env::temp_dir().join("never.csv") } else { out };
    let output = patient(inputs, minutes, &out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(!out.exists());
}

#[test]
fn rows_go_from_minute_0_to_the_last() {
    let (csv, said) = ran("0,0,0.02\n30,40,0.02\n", "120");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "t_min,glucose_mg_dl,plasma_insulin_pmol_l");
    assert_eq!(lines.len(), 122);
    for (minute, line) in lines[1..].iter().enumerate() {
        let numbers: Vec<f64> =
            line.split(',').map(|cell| cell.parse().expect("a number")).collect();
        assert!((numbers[0] - minute as f64).abs() < 1e-9 && numbers[1] > 10.0, "{line}");
    }
    assert_eq!(said, "");
}

#[test]
fn outside_the_model_a_field_is_empty_and_it_is_said() {
    let (csv, said) = ran("0,0,2\n60,0,0\n", "720");
    let empty = csv.lines().find(|line| line.split(',').nth(1) == Some("")).expect("it leaves");
    let minute: usize = empty.split(',').next().and_then(|m| m.parse().ok()).expect("a minute");
    assert!(
        said.contains(&format!("from minute {minute} on glucose is outside the model")),
        "{said}"
    );
    for line in csv.lines().skip(1 + minute) {
        assert_eq!(line.split(',').nth(1), Some(""), "{line}");
    }
    let help = medtwin(&["patient", "run", "--help"]).stdout;
    assert!(String::from_utf8_lossy(&help).contains("the field of glucose is empty"));
}

#[test]
fn inputs_that_make_no_sense_are_refused_with_their_line() {
    for (row, words) in [
        ("0,-5,0", "line 2: `carbs_g` is `-5`"),
        ("0,5001,0", "line 2: `carbs_g` is `5001`"),
        ("0,0,inf", "line 2: `insulin_u_per_min` is `inf`"),
        ("0,0,0\n1,0,50.1", "line 3: `insulin_u_per_min` is `50.1`"),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let inputs = dir.path().join("in.csv");
        std::fs::write(&inputs, format!("{HEAD}{row}\n")).expect("written");
        check_refused(&inputs, "10", words);
    }
}

#[test]
fn more_minutes_than_ten_years_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let inputs = dir.path().join("in.csv");
    std::fs::write(&inputs, HEAD).expect("written");
    check_refused(&inputs, "4294967295", "'--minutes <MINUTES>'");
}

#[test]
fn a_file_without_end_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let inputs = dir.path().join("in.csv");
    std::fs::File::create(&inputs).and_then(|file| file.set_len(65 << 20)).expect("made");
    check_refused(&inputs, "10", "is larger than 67108864 bytes");
    check_refused(dir.path(), "10", "is not a file");
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_refused() {
    check_refused(Path::new("/dev/zero"), "10", "`/dev/zero` is not a file");
    let dir = tempfile::tempdir().expect("a directory");
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|status| status.success()) {
        check_refused(&pipe, "10", "is not a file");
    }
}

#[test]
fn a_patient_on_opioids_breathes_until_too_much() {
    let dir = tempfile::tempdir().expect("a directory");
    let [inputs, out] = ["in.csv", "out.csv"].map(|name| dir.path().join(name));
    std::fs::write(&inputs, "t_s,drug,bolus_ug\n60,fentanyl,300\n").expect("written");
    let [input, output] = [&inputs, &out].map(|path| path.to_str().expect("UTF-8"));
    let given = ["--id", "adult-70kg-naive", "--inputs", input, "--minutes", "20", "--out", output];
    let ran = medtwin(&[&["patient", "run", "opioid-respiration"][..], &given].concat());
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(0), "{said}");
    let csv = std::fs::read_to_string(&out).expect("written");
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 1202);
    assert!(rows.iter().all(|row| row.len() == 14));
    let column = |name: &str| rows[0].iter().position(|n| *n == name).expect("a column");
    let ventilation = column("ventilation_l_per_min");
    let at = |second: usize| rows[1 + second][ventilation].parse::<f64>().expect("a number");
    assert!((at(59) - 6.0).abs() < 0.05 && at(120) < 3.0, "{} {}", at(59), at(120));
    assert_eq!(rows[1201][ventilation], "");
    assert!(said.contains("the heart stands still"), "{said}");
    let none = ["--id", "nobody", "--inputs", input, "--minutes", "20", "--out", output];
    let refused = medtwin(&[&["patient", "run", "opioid-respiration"][..], &none].concat());
    assert_eq!(refused.status.code(), Some(2));
    let listed = medtwin(&["patient", "list"]).stdout;
    assert!(String::from_utf8_lossy(&listed).contains("adult-70kg-chronic"));
}

#[test]
fn every_patient_that_is_listed_runs() {
    let listed = medtwin(&["patient", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let patients = listed["patients"].as_array().expect("patients");
    let models: std::collections::BTreeSet<&str> =
        patients.iter().filter_map(|patient| patient["model"].as_str()).collect();
    let glucose = ["bergman", "hovorka", "uva-padova", "uva-padova-counter"];
    assert!(glucose.iter().all(|model| models.contains(model)), "{models:?}");
    let dir = tempfile::tempdir().expect("a directory");
    let [inputs, out] = ["in.csv", "out.csv"].map(|name| dir.path().join(name));
    for patient in patients.iter().filter(|patient| glucose.iter().any(|m| patient["model"] == *m))
    {
        let word = |key: &str| patient[key].as_str().expect(key);
        let basal = patient["basal_u_per_h"].as_f64().expect("a rate") / 60.0;
        std::fs::write(&inputs, format!("{HEAD}0,0,{basal}\n")).expect("written");
        let [inputs, out] = [&inputs, &out].map(|path| path.to_str().expect("UTF-8"));
        let given = ["--inputs", inputs, "--minutes", "60", "--out", out];
        let run = ["patient", "run", word("model"), "--id", word("id")];
        let output = medtwin(&[&run[..], &given].concat());
        assert_eq!(output.status.code(), Some(0), "{patient}");
        let csv = std::fs::read_to_string(out).expect("written");
        assert_eq!(csv.lines().count(), 62, "{patient}");
        let glucose = |line: Option<&str>| -> f64 {
            let cell = line.and_then(|line| line.split(',').nth(1));
            cell.and_then(|cell| cell.parse().ok()).expect("glucose")
        };
        let [first, last] = [csv.lines().nth(1), csv.lines().last()].map(glucose);
        assert!((first - last).abs() < 1e-3, "{patient}: from {first} to {last} mg/dL");
    }
}

#[test]
fn a_patient_model_that_is_not_there() {
    let said = |model: &str, id: &str| {
        let given = ["--id", id, "--inputs", "none.csv", "--out", "none.csv"];
        let output = medtwin(&[&["patient", "run", model][..], &given].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said("simglucose", "adult#001").contains("there is no patient model `simglucose`"));
    assert!(said("bergman", "adult#001").contains("`bergman` has no patient `adult#001`"));
}
