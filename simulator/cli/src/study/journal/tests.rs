use std::path::Path;

use super::super::trial::ArmValues;
use super::*;

fn header(seed: u64) -> Header {
    Header {
        schema: Header::SCHEMA.to_owned(),
        scenario: "s".to_owned(),
        plan_sha256: "00".to_owned(),
        engine: "0".to_owned(),
        seed,
        trials: 10,
        arms: vec!["a/clean".to_owned(), "a/attack".to_owned()],
        columns: vec!["x".to_owned()],
        first_trial: Vec::new(),
    }
}

fn trial(number: u64) -> Trial {
    let arm = |values: f64| ArmValues { fingerprint: [number as u8; 32], values: vec![values] };
    Trial { number, arms: vec![arm(number as f64), arm(f64::NAN)] }
}

fn begin(out: &Path, first: u64) -> Journal {
    Journal::begin(&Out::open(out).expect("a directory"), &header(1), &trial(first)).expect("begun")
}

fn go_on(out: &Path, header: &Header) -> Result<Journal, Problems> {
    Journal::go_on(&Out::open(out).expect("a directory"), header)
}

/// A journal with these trials, closed again.
fn written(out: &Path, trials: &[u64]) -> PathBuf {
    let [first, rest @ ..] = trials else { panic!("a study has a first trial") };
    let journal = begin(out, *first);
    rest.iter().for_each(|number| journal.append(&trial(*number)).expect("written"));
    out.join(JOURNAL)
}

fn numbers(journal: &Journal) -> Vec<u64> {
    let trials = journal.trials().expect("a journal");
    trials.map_while(Result::ok).map(|trial| trial.number).collect()
}

#[track_caller]
fn check_refused(result: Result<Journal, Problems>, words: &str) {
    let Err(problems) = result else { panic!("not refused") };
    let said = format!("{problems:?}");
    assert!(said.contains(words), "`{words}` is not in {said}");
}

#[test]
fn trials_come_back_in_order_however_they_finished() {
    let dir = tempfile::tempdir().expect("a directory");
    written(dir.path(), &[2, 0, 1, 4, 3]);
    let journal = go_on(dir.path(), &header(1)).expect("the same study");
    assert_eq!(numbers(&journal), [0, 1, 2, 3, 4]);
    assert_eq!(journal.done(), &Done { before: 5, after: BTreeSet::new() });
    let first = journal.trials().expect("a journal").next().expect("one").expect("whole");
    assert!(first.arms[0].values[0].abs() < 1e-12 && first.arms[1].values[0].is_nan());
}

#[test]
fn a_torn_end_is_cut_off_wherever_it_was_torn() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = written(dir.path(), &[0, 1, 2]);
    let whole = std::fs::read(&path).expect("bytes");
    let two = (whole.len() - whole.iter().position(|b| *b == b'\n').expect("a line") - 1) / 3;
    for cut in 1..two {
        std::fs::write(&path, &whole[..whole.len() - cut]).expect("torn");
        let journal = go_on(dir.path(), &header(1)).expect("the same study");
        assert_eq!(journal.done().count(), 2, "{cut} bytes less");
        journal.append(&trial(2)).expect("written");
        drop(journal);
        assert_eq!(std::fs::read(&path).expect("bytes"), whole, "{cut} bytes less");
    }
}

#[test]
fn zeros_at_the_end_are_no_trials() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = written(dir.path(), &[0, 1]);
    let mut bytes = std::fs::read(&path).expect("bytes");
    bytes.extend([0; 500]);
    std::fs::write(&path, bytes).expect("written");
    let journal = go_on(dir.path(), &header(1)).expect("the same study");
    assert_eq!(numbers(&journal), [0, 1]);
}

#[test]
fn a_record_that_was_changed_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = written(dir.path(), &[0, 1, 2]);
    let mut bytes = std::fs::read(&path).expect("bytes");
    let begin = bytes.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    bytes[begin + HEAD + 3] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    check_refused(go_on(dir.path(), &header(1)), "is damaged at byte");
}

#[test]
fn a_trial_that_is_there_twice_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    written(dir.path(), &[0, 1, 1]);
    check_refused(go_on(dir.path(), &header(1)), "is damaged at byte");
}

#[test]
fn another_study_is_refused_and_named() {
    let dir = tempfile::tempdir().expect("a directory");
    written(dir.path(), &[0]);
    let other = |change: fn(&mut Header)| {
        let mut header = header(1);
        change(&mut header);
        go_on(dir.path(), &header)
    };
    check_refused(other(|h| h.seed = 2), "begun with --seed 1, not 2");
    check_refused(other(|h| h.trials = 20), "begun with --trials 10, not 20");
    check_refused(other(|h| h.scenario = "t".into()), "its scenario was s and is t");
    check_refused(other(|h| h.plan_sha256 = "01".into()), "its plan");
    check_refused(other(|h| h.engine = "1".into()), "its engine was 0 and is 1");
    check_refused(other(|h| h.first_trial = vec!["x".into()]), "trial 0 comes out otherwise");
}

#[test]
fn a_length_that_was_changed_is_no_torn_end() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = written(dir.path(), &[0, 1, 2]);
    let whole = std::fs::read(&path).expect("bytes");
    let begin = whole.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    for (byte, bit) in [(0, 3), (2, 5), (3, 7)] {
        let mut bytes = whole.clone();
        bytes[begin + byte] ^= 1 << bit;
        std::fs::write(&path, bytes).expect("written");
        check_refused(go_on(dir.path(), &header(1)), "is damaged at byte");
    }
}

#[test]
fn a_study_with_a_gap_is_not_read_to_its_end() {
    let dir = tempfile::tempdir().expect("a directory");
    for trials in [&[0, 1, 3, 4, 5, 6, 7, 8, 9][..], &[0, 1, 2]] {
        let dir = dir.path().join(trials.len().to_string());
        written(&dir, trials);
        let journal = go_on(&dir, &header(1)).expect("the same study");
        let last = journal.trials().expect("a journal").last().expect("some");
        assert!(last.is_err(), "ten trials were promised");
    }
}

#[cfg(unix)]
#[test]
fn a_journal_that_was_planted_as_a_link_is_not_followed() {
    let dir = tempfile::tempdir().expect("a directory");
    let outside = tempfile::tempdir().expect("a directory");
    let path = written(outside.path(), &[0, 1]);
    std::os::unix::fs::symlink(&path, dir.path().join(JOURNAL)).expect("linked");
    check_refused(go_on(dir.path(), &header(1)), "cannot read");
}

#[test]
fn what_is_no_journal_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for text in ["", "{}\n", "{\"schema\": \"x\"", "\u{0}\u{0}"] {
        std::fs::write(dir.path().join(JOURNAL), text).expect("written");
        check_refused(go_on(dir.path(), &header(1)), "cannot read");
    }
}
