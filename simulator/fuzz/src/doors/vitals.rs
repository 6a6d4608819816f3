//! Frames of monitors: what is read is what was written, and no frame breaks a device of the library off.

use medtwin_vitals::{ALIVE, Body, Frame, Values, Vital};

use super::radio::hears;

pub(super) fn good() -> Vec<Vec<u8>> {
    let mut values = Values::default();
    Vital::ALL.into_iter().for_each(|vital| values.set(vital, Some(80.0)));
    let bodies = [
        Body::Numerics { values, patient: b"10042".to_vec() },
        Body::Numerics { values: Values::default(), patient: Vec::new() },
        Body::Alarm { alarm: 1, on: true },
        Body::Alarm { alarm: 4, on: false },
        Body::Received { alarm: 1 },
        Body::Received { alarm: ALIVE },
        Body::Pause { seconds: 120 },
        Body::SetLimit { vital: 1, low: 500, high: 1000 },
    ];
    let frame = |body| Frame { bed: 1, sequence: 7, at_ms: 1_767_225_661_000, priority: 2, body };
    bodies.into_iter().map(|body| frame(body).encode()).collect()
}

pub(super) fn open(input: &[u8]) {
    if let Some((frame, rest)) = Frame::decode(input) {
        assert_eq!([&frame.encode()[..], rest].concat(), input, "{frame:?}");
    }
    [("patient-monitor", 0), ("central-station", 0), ("central-station", 15)]
        .iter()
        .for_each(|&(model, peer)| hears(model, peer, &[], input));
}
