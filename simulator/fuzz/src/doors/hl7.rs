//! HL7 over MLLP: what is read is written back as the same message, in whatever pieces it comes, and no
//! bytes break a device of the library off.

use medtwin_engine::device::Setting;
use medtwin_engine::device::Value;
use medtwin_hl7::{
    Ack, Alert, Answer, Code, EPOCH_S, Header, Message, Number, Observation, Observations, Phase,
    Time, Urgency, mllp,
};

use super::radio::hears;

/// Who hears it, and from which peer.
const HEARS: [(&str, u32); 4] = [
    ("patient-monitor", 1),
    ("central-station", 16),
    ("interface-engine", 0),
    ("interface-engine", 17),
];

pub(super) fn good() -> Vec<Vec<u8>> {
    let at = Time::of_millis(EPOCH_S * 1000);
    let header = Header {
        sender: "PATIENT_MONITOR".to_owned(),
        control_id: "M3-60".to_owned(),
        at,
        patient_id: "10042".to_owned(),
        patient_name: "Doe^Jane".to_owned(),
        bed: "3".to_owned(),
    };
    let observed = Code::ALL.map(|code| {
        let limits = Number::of(50.0).zip(Number::of(120.0));
        Observation { code, value: Number::of(80.0), limits, at }
    });
    let device = "MON-3".to_owned();
    let report = Observations {
        header: header.clone(),
        device: device.clone(),
        observed: observed.to_vec(),
    };
    let alert = Alert {
        header,
        device,
        text: "SpO2".to_owned(),
        about: Some(Code::SpO2),
        value: Number::of(88.0),
        urgency: Urgency::Medium,
        phase: Phase::Start,
        acknowledged: false,
    };
    let ack = Ack { answer: Answer::Accept, of: "M3-60".to_owned(), sender: "E".to_owned(), at };
    let messages = [report.write(), alert.write(), ack.write("R01")];
    messages.map(|message| mllp::frame(message.as_bytes())).to_vec()
}

pub(super) fn open(input: &[u8]) {
    let whole = mllp::messages(input);
    let (mut stream, mut in_pieces) = (mllp::Stream::default(), Vec::new());
    for piece in input.chunks(7) {
        stream.take(piece, |message| in_pieces.push(message.to_vec()));
    }
    assert_eq!(whole, in_pieces, "a stream has no pieces");
    whole.iter().filter_map(|bytes| Message::parse(bytes).ok()).for_each(|own| reads_back(&own));
    let config = Setting { key: "passes_on".to_owned(), value: Value::Flag(true) };
    HEARS
        .iter()
        .for_each(|&(model, peer)| hears(model, peer, std::slice::from_ref(&config), input));
}

/// What a reader made of a message, it makes again of what it writes.
fn reads_back(message: &Message<'_>) {
    if let Some(own) = Observations::read(message) {
        let written = own.write();
        let again = Message::parse(written.as_bytes()).expect("a message");
        let read = Observations::read(&again).expect("a report");
        // A device's name stands in its observations: without one it is nowhere.
        let device = if own.observed.is_empty() { String::new() } else { own.device.clone() };
        assert_eq!(read, Observations { device, ..own });
    }
    if let Some(own) = Alert::read(message) {
        let written = own.write();
        let again = Message::parse(written.as_bytes()).expect("a message");
        assert_eq!(Alert::read(&again), Some(own));
    }
    if let Some(own) = Ack::read(message) {
        let written = own.write("R01");
        let again = Message::parse(written.as_bytes()).expect("a message");
        assert_eq!(Ack::read(&again), Some(own));
    }
}
