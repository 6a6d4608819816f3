//! Journals of studies: the trials that are trusted are written again as the same bytes.

use medtwin::doors::study_journal;

const HEADER: &str = r#"{"schema":"medtwin.journal/1","scenario":"s","plan_sha256":"00","engine":"0.1.0","seed":1,"trials":9,"arms":["a/clean","a/attack"],"columns":["INT-1","SAF"],"first_trial":[]}"#;
/// Bytes of a trial of two arms and two columns, and of what stands before it.
const TRIAL: usize = 8 + 2 * (32 + 2 * 8);
const HEAD: usize = 8;

pub(super) fn good() -> Vec<Vec<u8>> {
    let trial = |number: u64| {
        let arm = |value: f64| {
            [&[number as u8; 32][..], &value.to_le_bytes(), &f64::NAN.to_le_bytes()].concat()
        };
        let body = [number.to_le_bytes().to_vec(), arm(0.5), arm(-3.0)].concat();
        let head =
            [(body.len() as u32).to_le_bytes(), crc32fast::hash(&body).to_le_bytes()].concat();
        [head, body].concat()
    };
    let begun = || [HEADER.as_bytes(), b"\n"].concat();
    let whole = [begun(), trial(0), trial(2), trial(1)].concat();
    let torn = whole[..whole.len() - 20].to_vec();
    let blank = [&whole[..], &[0; 40]].concat();
    vec![begun(), whole, torn, blank]
}

/// Makes the checksums of whole records right.
pub(super) fn repair(input: &mut [u8]) {
    let begin = input.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    for record in input[begin..].chunks_exact_mut(HEAD + TRIAL) {
        let sum = crc32fast::hash(&record[HEAD..]);
        record[4..HEAD].copy_from_slice(&sum.to_le_bytes());
    }
}

pub(super) fn open(input: &[u8]) {
    let Ok(journal) = study_journal(input) else { return };
    let begin = input.iter().position(|byte| *byte == b'\n').map_or(input.len(), |at| at + 1);
    assert_eq!(journal.written, input[begin..journal.end as usize], "as they were written");
}
