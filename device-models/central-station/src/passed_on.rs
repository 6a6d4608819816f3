//! Alarms on their way to the interface engine, each until it was answered.

use medtwin_hl7::{Ack, Alert, Answer, Code, Header, Message, Number, Phase, Time, Urgency, mllp};
use medtwin_sdk::network;
use medtwin_vitals::Vital;

use crate::ENGINE;
use crate::bed::Told;

/// Sent again after this time without an answer [ms] [E].
const AGAIN_MS: u64 = 10_000;
/// The most that wait; the oldest is dropped for one more [E].
const ROOM: usize = 100;

/// A message without an answer.
struct Open {
    id: String,
    block: Vec<u8>,
    sent_ms: u64,
}

/// All of them.
#[derive(Default)]
pub(crate) struct PassedOn {
    open: Vec<Open>,
    count: u64,
}

impl PassedOn {
    pub(crate) fn tell(&mut self, bed: usize, told: Told, epoch_ms: u64, now_ms: u64) {
        self.count += 1;
        let id = format!("C{}-{}", bed + 1, self.count);
        let alert = Alert {
            header: Header {
                sender: "CENTRAL_STATION".to_owned(),
                control_id: id.clone(),
                at: Time::of_millis(epoch_ms + now_ms),
                patient_id: told.patient,
                patient_name: String::new(),
                bed: told.number.to_string(),
            },
            device: format!("MON-{}", told.number),
            text: told.alarm.text().to_owned(),
            about: told.alarm.vital().map(code),
            value: told.value.and_then(Number::of),
            urgency: urgency(told.alarm.priority()),
            phase: if told.on { Phase::Start } else { Phase::End },
            acknowledged: false,
        };
        let block = mllp::frame(alert.write().as_bytes());
        let _ = network::send(ENGINE, &block);
        if self.open.len() == ROOM {
            self.open.remove(0);
        }
        self.open.push(Open { id, block, sent_ms: now_ms });
    }

    /// Sends again what was not answered, one message a second.
    pub(crate) fn again(&mut self, now_ms: u64) {
        let due = |open: &&mut Open| now_ms >= open.sent_ms + AGAIN_MS;
        if let Some(open) = self.open.iter_mut().find(due) {
            open.sent_ms = now_ms;
            let _ = network::send(ENGINE, &open.block);
        }
    }

    pub(crate) fn answered(&mut self, body: &[u8]) {
        for message in mllp::messages(body) {
            let ack = Message::parse(&message).ok().and_then(|message| Ack::read(&message));
            if let Some(ack) = ack.filter(|ack| ack.answer != Answer::Reject) {
                self.open.retain(|open| open.id != ack.of);
            }
        }
    }
}

const fn urgency(priority: u8) -> Urgency {
    match priority {
        3 => Urgency::High,
        2 => Urgency::Medium,
        _ => Urgency::Low,
    }
}

const fn code(vital: Vital) -> Code {
    match vital {
        Vital::HeartRate => Code::HeartRate,
        Vital::SpO2 => Code::SpO2,
        Vital::PulseRate => Code::PulseRate,
        Vital::RespRate => Code::RespRate,
        Vital::EtCo2 => Code::EtCo2,
        Vital::Systolic => Code::Systolic,
        Vital::Diastolic => Code::Diastolic,
        Vital::Mean => Code::Mean,
        Vital::Temperature => Code::Temperature,
    }
}
