//! The reports as a reader of a wire sees them: what is written reads back, and is what the profile shows.

use medtwin_hl7::{
    Ack, Alert, Answer, Code, EPOCH_S, Header, Message, Number, Observation, Observations, Phase,
    Time, Urgency,
};
use proptest::prelude::*;

fn header() -> Header {
    Header {
        sender: "MONITOR".into(),
        control_id: "bed3-17".into(),
        at: Time::of_millis(EPOCH_S * 1000 + 61_000),
        patient_id: "10042".into(),
        patient_name: "Doe^Jane|x".into(),
        bed: "3".into(),
    }
}

fn observations() -> Observations {
    let observed = |code, value, limits: (f64, f64)| Observation {
        code,
        value: Number::of(value),
        limits: Number::of(limits.0).zip(Number::of(limits.1)),
        at: header().at,
    };
    Observations {
        header: header(),
        device: "monitor-3".into(),
        observed: vec![
            observed(Code::HeartRate, 80.0, (50.0, 120.0)),
            observed(Code::SpO2, 88.0, (90.0, 100.0)),
            observed(Code::Temperature, f64::NAN, (36.0, 38.5)),
        ],
    }
}

fn alert() -> Alert {
    Alert {
        header: header(),
        device: "monitor-3".into(),
        text: "SpO2 88 < 90".into(),
        about: Some(Code::SpO2),
        value: Number::of(88.0),
        urgency: Urgency::Medium,
        phase: Phase::Start,
        acknowledged: false,
    }
}

#[test]
fn observations_read_back() {
    let written = observations().write();
    let message = Message::parse(written.as_bytes()).expect("a message");
    assert_eq!(Observations::read(&message), Some(observations()));
    assert_eq!(Alert::read(&message), None);
    assert_eq!(Ack::read(&message), None);
}

#[test]
fn a_line_of_observations_is_that_of_the_profile() {
    let written = observations().write();
    let line = written.split('\r').find(|line| line.contains("SAT_O2")).expect("the line");
    assert_eq!(
        line,
        "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.2.1.150456|88|262688^MDC_DIM_PERCENT^MDC|90-100|L|||R|||20260101000101.000+0000||||monitor-3"
    );
    assert!(written.starts_with("MSH|^~\\&|MONITOR|3|||20260101000101.000+0000||ORU^R01^ORU_R01|bed3-17|P|2.6|||NE|AL|||||IHE_PCD_001"));
    assert!(written.contains("\rPID|||10042^^^^PI||Doe\\S\\Jane\\F\\x^^^^^^L\r"));
}

#[test]
fn nine_observations_are_as_long_as_models_md_says() {
    let mut all = observations();
    all.observed = Code::ALL.map(|code| Observation { code, ..all.observed[0].clone() }).to_vec();
    assert!((800..2000).contains(&all.write().len()), "{}", all.write().len());
}

#[test]
fn an_alert_reads_back() {
    for (urgency, phase) in [
        (Urgency::Low, Phase::Continue),
        (Urgency::Medium, Phase::Start),
        (Urgency::High, Phase::End),
    ] {
        let one = Alert { urgency, phase, acknowledged: phase == Phase::End, ..alert() };
        let technical = Alert { about: None, value: None, ..one.clone() };
        for alert in [one, technical] {
            let written = alert.write();
            let message = Message::parse(written.as_bytes()).expect("a message");
            assert_eq!(Alert::read(&message), Some(alert));
        }
    }
}

#[test]
fn an_answer_reads_back_and_names_what_it_answers() {
    for answer in [Answer::Accept, Answer::Error, Answer::Reject] {
        let ack = Ack { answer, of: "bed3|17".into(), sender: "ENGINE".into(), at: header().at };
        let written = ack.write("R01");
        let message = Message::parse(written.as_bytes()).expect("a message");
        assert_eq!(message.kind(), ("ACK", "R01"));
        assert_eq!(Ack::read(&message), Some(ack));
    }
}

proptest! {
    #[test]
    fn whatever_people_are_called_reads_back(name in "(?s).{0,40}", bed in "(?s).{0,8}", id in "(?s).{0,20}") {
        let header = Header { patient_name: name, bed, patient_id: id, ..header() };
        let report = Observations { header, ..observations() };
        let written = report.write();
        let message = Message::parse(written.as_bytes()).expect("a message");
        prop_assert_eq!(Observations::read(&message), Some(report));
    }

    #[test]
    fn no_bytes_break_a_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..900) {
        let mut damaged = observations().write().into_bytes();
        let end = (at + bytes.len()).min(damaged.len());
        if at < end {
            damaged[at..end].copy_from_slice(&bytes[..end - at]);
        }
        for bytes in [bytes, damaged] {
            if let Ok(message) = Message::parse(&bytes) {
                let _ = (Observations::read(&message), Alert::read(&message), Ack::read(&message));
                for segment in message.segments() {
                    (0..20).for_each(|n| drop(segment.field(n).component(n).subcomponent(n).text()));
                }
            }
        }
    }
}
