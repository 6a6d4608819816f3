use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

fn frame(body: Body) -> Frame {
    Frame { bed: 3, sequence: 17, at_ms: 1_767_225_661_000, priority: 2, body }
}

fn bodies() -> Vec<Body> {
    let mut values = Values::default();
    values.set(Vital::HeartRate, Some(80.0));
    values.set(Vital::Temperature, Some(36.84));
    vec![
        Body::Numerics { values, patient: b"10042".to_vec() },
        Body::Alarm { alarm: 4, on: true },
        Body::Received { alarm: 4 },
        Body::Pause { seconds: 120 },
        Body::SetLimit { vital: 1, low: 500, high: 1000 },
    ]
}

#[test]
fn a_frame_reads_back_with_what_follows_it() {
    for body in bodies() {
        let own = frame(body);
        let mut bytes = own.encode();
        bytes.extend([1, 2]);
        assert_eq!(Frame::decode(&bytes), Some((own, &[1, 2][..])));
    }
}

#[test]
fn a_damaged_or_short_frame_is_none() {
    for body in bodies() {
        let bytes = frame(body).encode();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // A length that shrank leaves bytes behind the frame: those are not of it.
            let whole = Frame::decode(&damaged).filter(|(_, rest)| rest.is_empty());
            assert_eq!(whole, None, "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert_eq!(Frame::decode(&bytes[..len]), None, "{len} bytes");
        }
    }
}

#[test]
fn values_are_kept_to_a_tenth() {
    let mut values = Values::default();
    for (set, got) in [
        (36.84, Some(36.8)),
        (-0.26, Some(-0.3)),
        (f64::NAN, None),
        (4000.0, None),
        (-4000.0, None),
    ] {
        values.set(Vital::Temperature, Some(set));
        assert_eq!(values.get(Vital::Temperature), got, "{set}");
    }
    assert_eq!(values.get(Vital::SpO2), None);
}

#[test]
fn a_checksum_made_right_is_right() {
    let mut bytes = frame(Body::Pause { seconds: 0 }).encode();
    bytes[20] = 120;
    repair(&mut bytes);
    assert_eq!(Frame::decode(&bytes).map(|(own, _)| own.body), Some(Body::Pause { seconds: 120 }));
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_written(bytes in proptest::collection::vec(any::<u8>(), 0..80), kind in 0u8..7) {
        let mut bytes = bytes;
        if bytes.len() > 24 {
            bytes[..2].copy_from_slice(&MAGIC);
            bytes[2] = kind;
            bytes[3] %= 4;
        }
        repair(&mut bytes);
        if let Some((read, rest)) = Frame::decode(&bytes) {
            prop_assert_eq!([&read.encode()[..], rest].concat(), bytes);
        }
    }
}
