//! Traces: what is read is written again as it was, told as JSON, and found wherever it differs.

use medtwin::doors::Trace;

const TRACE: &[u8] = include_bytes!("../../corpus/trace/as-sold.attack");

pub(super) fn good() -> Vec<Vec<u8>> {
    vec![TRACE.to_vec()]
}

pub(super) fn open(input: &[u8]) {
    let ours = Trace::read(TRACE).expect("a trace");
    let differs = ours.difference(input);
    assert_eq!(differs.is_none(), input == TRACE, "a change is found: {differs:?}");
    let Some(trace) = Trace::read(input) else { return };
    let written = trace.write();
    let line = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    assert_eq!(written[line(&written)..], input[line(input)..], "entries are written as they were");
    let again = Trace::read(&written).expect("what was written reads");
    assert_eq!(again.write(), written);
    assert_eq!(trace.difference(&written), None);
    for told in trace.tell() {
        let value: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        assert!(value["seq"].is_u64() && value["kind"].is_string(), "{told}");
    }
}
