//! Radio frames: what is read is what was written, and no frame breaks a device of the library off.

use medtwin_engine::device::{Event, Lent, Setting, Terms, Value};
use medtwin_frames::{Frame, Kind};

use crate::models::MODELS;

const SERIAL: u32 = 508_042;
/// Who hears radio frames.
const HEARS: [&str; 4] = ["insulin-pump", "insulin-pump-remote", "updater", "update-server"];

pub(super) fn good() -> Vec<Vec<u8>> {
    let frame = |kind| Frame { serial: SERIAL, kind, sequence: 7, a: 40, b: 30 }.encode().to_vec();
    let mut frames: Vec<_> = Kind::ALL.into_iter().map(frame).collect();
    frames.push([&frames[0][..], &[0xa5; 16]].concat()); // with a tag behind it
    frames
}

pub(super) fn open(input: &[u8]) {
    if let Some((frame, rest)) = Frame::decode(input) {
        assert_eq!([&frame.encode()[..], rest].concat(), input, "{frame:?}");
    }
    let mut repaired = input.to_vec();
    medtwin_frames::repair(&mut repaired);
    let is_kind = |byte: u8| Kind::ALL.iter().any(|kind| *kind as u8 == byte);
    let is_one = input.len() >= medtwin_frames::LEN && is_kind(input[4]);
    assert_eq!(Frame::decode(&repaired).is_some(), is_one, "a checksum made right is right");
    let setting = |key: &str, value| Setting { key: key.to_owned(), value };
    let config = [
        setting("serial", Value::Number(f64::from(SERIAL))),
        setting("remote_enabled", Value::Flag(true)),
        setting("authentication", Value::Text("static-mac".to_owned())),
        setting("lockout_rejects", Value::Number(2.0)),
    ];
    for model in HEARS {
        (0..2).for_each(|peer| hears(model, peer, &config, input));
    }
}

/// Hands a frame to a device of `model`, as if from one of its peers.
pub(super) fn hears(model: &str, peer: u32, config: &[Setting], body: &[u8]) {
    let recipe = MODELS.recipe(model).expect("a model of the library");
    let mut device = recipe.build(&Terms::default()).expect("it starts");
    let mut lent = Box::<Lent>::default();
    device.start(&mut lent, config).expect("it starts");
    let heard = device.handle(&mut lent, Event::Frame { peer, body });
    assert_eq!(heard, Ok(()), "{model} breaks off");
}
