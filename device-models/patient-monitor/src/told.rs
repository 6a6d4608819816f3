//! What a monitor tells others: numerics each second, alarms until they are received, a report each
//! minute until it is answered.

use medtwin_hl7::{
    Ack, Answer, Code, Header, Message, Number, Observation, Observations, Time, mllp,
};
use medtwin_sdk::network;
use medtwin_vitals::{Alarm, Body, Frame, Values, Vital};

use crate::settings::Settings;
use crate::watch::Limits;

/// Peers, by the model's list.
pub(crate) const CENTRAL: u32 = 0;
pub(crate) const ENGINE: u32 = 1;
const VENDOR: u32 = 2;
/// An alarm is sent again after this time, until it is received [ms] (models.md 4.4).
const AGAIN_MS: u64 = 2000;
/// A report is sent again after this time, until it is answered or the next one is due [ms] [E].
const REPORT_AGAIN_MS: u64 = 10_000;
/// A central station that said nothing for so long is not there [ms] [E].
const SILENT_MS: u64 = 30_000;

/// An alarm on its way.
struct Pending {
    alarm: Alarm,
    on: bool,
    sent_ms: Option<u64>,
}

/// What was told, and what is still to be.
pub(crate) struct Told {
    bed: u32,
    patient_id: String,
    patient_name: String,
    epoch_ms: u64,
    has_central: bool,
    calls_home: bool,
    report_ms: u64,
    sequence: u32,
    pending: Vec<Pending>,
    heard_central_ms: u64,
    reported_ms: u64,
    /// The last report, its control id, and when it was sent [ms]: nobody answered it yet.
    open: Option<(Vec<u8>, String, u64)>,
}

impl Told {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            bed: settings.bed,
            patient_id: settings.patient_id.clone(),
            patient_name: settings.patient_name.clone(),
            epoch_ms: settings.epoch_ms,
            has_central: settings.has_central,
            calls_home: settings.calls_home,
            report_ms: settings.report_ms,
            sequence: 0,
            pending: Vec::new(),
            heard_central_ms: 0,
            reported_ms: 0,
            open: None,
        }
    }

    /// Whether the central station spoke within half a minute.
    pub(crate) fn hears_central(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.heard_central_ms) < SILENT_MS
    }

    /// The central station spoke.
    pub(crate) fn heard(&mut self, frame: &Frame, now_ms: u64) {
        self.heard_central_ms = now_ms;
        if let Body::Received { alarm } = frame.body {
            self.pending.retain(|own| own.alarm as u8 != alarm);
        }
    }

    /// An alarm began or ended.
    pub(crate) fn alarm(&mut self, alarm: Alarm, on: bool, now_ms: u64) {
        self.pending.retain(|own| own.alarm != alarm);
        self.pending.push(Pending { alarm, on, sent_ms: None });
        self.send_alarms(now_ms);
    }

    /// What is due each second.
    pub(crate) fn second(&mut self, values: &Values, priority: u8, limits: &Limits, now_ms: u64) {
        let patient = self.patient_id.clone().into_bytes();
        let body = Body::Numerics { values: *values, patient };
        if self.has_central || self.calls_home {
            let frame = self.frame(priority, body, now_ms);
            self.to_each(&frame);
        }
        self.send_alarms(now_ms);
        if self.report_ms > 0 && now_ms >= self.reported_ms + self.report_ms {
            self.reported_ms = now_ms;
            self.report(values, limits, now_ms);
        } else {
            self.report_again(now_ms);
        }
    }

    fn to_each(&self, frame: &[u8]) {
        if self.has_central {
            let _ = network::send(CENTRAL, frame);
        }
        if self.calls_home {
            let _ = network::send(VENDOR, frame);
        }
    }

    fn frame(&mut self, priority: u8, body: Body, now_ms: u64) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let at_ms = self.epoch_ms + now_ms;
        Frame { bed: self.bed, sequence: self.sequence, at_ms, priority, body }.encode()
    }

    fn send_alarms(&mut self, now_ms: u64) {
        if !self.has_central {
            self.pending.clear();
        }
        for at in 0..self.pending.len() {
            let Pending { alarm, on, sent_ms } = self.pending[at];
            if sent_ms.is_none_or(|sent| now_ms >= sent + AGAIN_MS) {
                let body = Body::Alarm { alarm: alarm as u8, on };
                let frame = self.frame(alarm.priority(), body, now_ms);
                let _ = network::send(CENTRAL, &frame);
                self.pending[at].sent_ms = Some(now_ms);
            }
        }
    }

    fn report(&mut self, values: &Values, limits: &Limits, now_ms: u64) {
        let at = Time::of_millis(self.epoch_ms + now_ms);
        let observed = Vital::ALL.into_iter().filter_map(|vital| {
            let (low, high) = limits.of[vital as usize];
            let value = Some(Number::of(values.get(vital)?)?);
            Some(Observation {
                code: code(vital),
                value,
                limits: Number::of(low).zip(Number::of(high)),
                at,
            })
        });
        let control_id = format!("M{}-{}", self.bed, now_ms / 1000);
        let report = Observations {
            header: Header {
                sender: "PATIENT_MONITOR".to_owned(),
                control_id: control_id.clone(),
                at,
                patient_id: self.patient_id.clone(),
                patient_name: self.patient_name.clone(),
                bed: self.bed.to_string(),
            },
            device: format!("MON-{}", self.bed),
            observed: observed.collect(),
        };
        let block = mllp::frame(report.write().as_bytes());
        let _ = network::send(ENGINE, &block);
        self.open = Some((block, control_id, now_ms));
    }

    fn report_again(&mut self, now_ms: u64) {
        if let Some((block, _, sent_ms)) = &mut self.open
            && now_ms >= *sent_ms + REPORT_AGAIN_MS
        {
            let _ = network::send(ENGINE, block);
            *sent_ms = now_ms;
        }
    }

    /// The engine answered: what it took, or will never take, is not sent again.
    pub(crate) fn answered(&mut self, body: &[u8]) {
        for message in mllp::messages(body) {
            let ack = Message::parse(&message).ok().and_then(|message| Ack::read(&message));
            let Some(ack) = ack else { continue };
            let is_open = self.open.as_ref().is_some_and(|(_, id, _)| *id == ack.of);
            if is_open && ack.answer != Answer::Reject {
                self.open = None;
            }
        }
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
