//! `ORU^R40`: that an alarm began, goes on or ended (IHE PCD-04).

use alloc::format;
use alloc::string::String;

use crate::observations::{begin, header};
use crate::text::{Number, Writer};
use crate::{Code, Header, Message};

/// How urgent, as IEC 60601-1-8 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Awareness is required.
    Low,
    /// A prompt response is.
    Medium,
    /// An immediate one is.
    High,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It began.
    Start,
    /// It goes on.
    Continue,
    /// It ended.
    End,
}

/// The message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Who, whom, when.
    pub header: Header,
    /// OBX-18.
    pub device: String,
    /// What people read.
    pub text: String,
    /// Of which measurement it is; none if it is a technical one.
    pub about: Option<Code>,
    /// What was measured then.
    pub value: Option<Number>,
    /// How urgent.
    pub urgency: Urgency,
    /// How far it is.
    pub phase: Phase,
    /// Whether somebody acknowledged it.
    pub acknowledged: bool,
}

const URGENCIES: [(Urgency, &str); 3] =
    [(Urgency::Low, "PL"), (Urgency::Medium, "PM"), (Urgency::High, "PH")];
const PHASES: [(Phase, &str); 3] =
    [(Phase::Start, "start"), (Phase::Continue, "continue"), (Phase::End, "end")];

fn word<T: Copy + PartialEq>(table: &[(T, &'static str)], wanted: T) -> &'static str {
    table.iter().find(|(own, _)| *own == wanted).map_or("", |(_, word)| word)
}

fn named<T: Copy>(table: &[(T, &str)], word: &str) -> Option<T> {
    table.iter().find(|(_, own)| *own == word).map(|(own, _)| *own)
}

impl Alert {
    /// The message.
    pub fn write(&self) -> String {
        let mut out = Writer::default();
        begin(
            &mut out,
            &self.header,
            "ORU^R40^ORU_R40",
            "IHE_PCD_004^IHE PCD^1.3.6.1.4.1.19376.1.6.4^ISO",
        );
        let at = format!("{}", self.header.at);
        out.segment("OBR").raw("1").value(&self.header.control_id).value(&self.header.control_id);
        out.raw("196616^MDC_EVT_ALARM^MDC").skip(2).raw(&at);
        // The event, then what it is about, then its attributes, each an OBX of one alert (1.x.y.1 on).
        self.line(&mut out, 1, ("ST", "196616^MDC_EVT_ALARM^MDC"), &crate::escape(&self.text));
        match self.about {
            Some(code) => {
                let (number, name) = code.id();
                let value = self.value.map_or_else(String::new, |value| format!("{value}"));
                self.line(&mut out, 2, ("NM", &format!("{number}^{name}^MDC")), &value);
            }
            None => self.line(&mut out, 2, ("NM", "68480^MDC_ATTR_ALERT_SOURCE^MDC"), ""),
        }
        let phase = word(&PHASES, self.phase);
        self.line(&mut out, 3, ("ST", "68481^MDC_ATTR_EVENT_PHASE^MDC"), phase);
        let state = if self.phase == Phase::End { "inactive" } else { "active" };
        self.line(&mut out, 4, ("ST", "68482^MDC_ATTR_ALARM_STATE^MDC"), state);
        let sound = if self.acknowledged { "alarm-acknowledged" } else { "enabled" };
        self.line(&mut out, 5, ("ST", "68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC"), sound);
        let urgency = word(&URGENCIES, self.urgency);
        self.line(&mut out, 6, ("ST", "68484^MDC_ATTR_ALARM_PRIORITY^MDC"), urgency);
        let kind = if self.about.is_some() { "SP" } else { "ST" };
        self.line(&mut out, 7, ("ST", "68485^MDC_ATTR_ALERT_TYPE^MDC"), kind);
        out.finish()
    }

    fn line(&self, out: &mut Writer, n: usize, (kind, code): (&str, &str), value: &str) {
        out.segment("OBX")
            .raw(&format!("{n}"))
            .raw(kind)
            .raw(code)
            .raw(&format!("1.0.0.{n}"))
            .raw(value);
        out.skip(5)
            .raw("R")
            .skip(2)
            .raw(&format!("{}", self.header.at))
            .skip(3)
            .value(&self.device);
    }

    /// Reads it.
    pub fn read(message: &Message<'_>) -> Option<Self> {
        if message.kind() != ("ORU", "R40") {
            return None;
        }
        let obx = || message.segments().filter(|segment| segment.name() == "OBX");
        let of = |number: &str| obx().find(|own| own.field(3).component(1).raw() == number);
        let said = |number: &str| of(number).map(|own| own.field(5).raw());
        let mut coded = obx().filter_map(|own| {
            Some((
                Code::of(own.field(3).component(1).raw().parse().ok()?)?,
                own.field(5).first().raw(),
            ))
        });
        let about = coded.next();
        Some(Self {
            header: header(message)?,
            device: obx().next().map_or_else(String::new, |own| own.field(18).text()),
            text: of("196616").map(|own| own.field(5).text())?,
            about: about.map(|(code, _)| code),
            value: about.and_then(|(_, value)| Number::parse(value)),
            urgency: named(&URGENCIES, said("68484")?)?,
            phase: named(&PHASES, said("68481")?)?,
            acknowledged: said("68483") == Some("alarm-acknowledged"),
        })
    }
}
