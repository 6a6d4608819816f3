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

/// A journal with these trials, closed again.
fn written(out: &Path, trials: &[u64]) -> PathBuf {
    let [first, rest @ ..] = trials else { panic!("a study has a first trial") };
    let journal = Journal::begin(out, &header(1), &trial(*first)).expect("begun");
    rest.iter().for_each(|number| journal.append(&trial(*number)).expect("written"));
    journal.path
}

fn numbers(journal: &Journal) -> Vec<u64> {
    let trials = journal.trials().expect("a journal");
    trials.map(|trial| trial.expect("whole").number).collect()
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
    let journal = Journal::go_on(dir.path(), &header(1)).expect("the same study");
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
        let journal = Journal::go_on(dir.path(), &header(1)).expect("the same study");
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
    let journal = Journal::go_on(dir.path(), &header(1)).expect("the same study");
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
    check_refused(Journal::go_on(dir.path(), &header(1)), "is damaged at byte");
}

#[test]
fn a_trial_that_is_there_twice_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    written(dir.path(), &[0, 1, 1]);
    check_refused(Journal::go_on(dir.path(), &header(1)), "is damaged at byte");
}

#[test]
fn another_study_is_refused_and_named() {
    let dir = tempfile::tempdir().expect("a directory");
    written(dir.path(), &[0]);
    let other = |change: fn(&mut Header)| {
        let mut header = header(1);
        change(&mut header);
        Journal::go_on(dir.path(), &header)
    };
    check_refused(other(|h| h.seed = 2), "begun with --seed 1, not 2");
    check_refused(other(|h| h.trials = 20), "begun with --trials 10, not 20");
    check_refused(other(|h| h.scenario = "t".into()), "its scenario was s and is t");
    check_refused(other(|h| h.plan_sha256 = "01".into()), "its plan");
    check_refused(other(|h| h.engine = "1".into()), "its engine was 0 and is 1");
    check_refused(other(|h| h.first_trial = vec!["x".into()]), "trial 0 comes out otherwise");
}

#[test]
fn two_at_once_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let _running = Journal::begin(dir.path(), &header(1), &trial(0)).expect("begun");
    check_refused(Journal::go_on(dir.path(), &header(1)), "a study is running in");
}

#[test]
fn what_is_no_journal_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for text in ["", "{}\n", "{\"schema\": \"x\"", "\u{0}\u{0}"] {
        std::fs::write(dir.path().join(JOURNAL), text).expect("written");
        check_refused(Journal::go_on(dir.path(), &header(1)), "cannot read");
    }
}
