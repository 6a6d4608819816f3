//! `ORU^R01`: what a monitor measured, once a minute or so (IHE PCD-01).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::text::{Number, Writer};
use crate::{Code, Header, Message, Time};

/// One OBX segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What.
    pub code: Code,
    /// In the code's unit; none if it could not be measured.
    pub value: Option<Number>,
    /// The alarm limits in force, low and high.
    pub limits: Option<(Number, Number)>,
    /// When it was measured, by the device's clock.
    pub at: Time,
}

/// The message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observations {
    /// Who, whom, when.
    pub header: Header,
    /// OBX-18.
    pub device: String,
    /// What was measured.
    pub observed: Vec<Observation>,
}

impl Observations {
    /// The message.
    pub fn write(&self) -> String {
        let mut out = Writer::default();
        begin(
            &mut out,
            &self.header,
            "ORU^R01^ORU_R01",
            "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
        );
        let at = format!("{}", self.header.at);
        out.segment("OBR").raw("1").value(&self.header.control_id).value(&self.header.control_id);
        out.raw("182777000^monitoring of patient^SCT").skip(2).raw(&at);
        for (n, observation) in self.observed.iter().enumerate() {
            self.observation(&mut out, n + 1, observation);
        }
        out.finish()
    }

    fn observation(&self, out: &mut Writer, n: usize, own: &Observation) {
        let (number, name) = own.code.id();
        let (unit, unit_name) = own.code.unit().id();
        out.segment("OBX").raw(&format!("{n}")).raw("NM").raw(&format!("{number}^{name}^MDC"));
        out.raw(&format!("1.{}.1.{number}", channel(own.code)));
        match own.value {
            Some(value) => out.raw(&format!("{value}")),
            None => out.skip(1),
        };
        out.raw(&format!("{unit}^{unit_name}^MDC"));
        match own.limits {
            Some((low, high)) => out.raw(&format!("{low}-{high}")),
            None => out.skip(1),
        };
        out.raw(own.flag()).skip(2);
        out.raw(if own.value.is_some() { "R" } else { "X" }).skip(2).raw(&format!("{}", own.at));
        out.skip(3).value(&self.device);
    }

    /// Reads it: observations of a code that is not known here, or with no number, are passed over.
    pub fn read(message: &Message<'_>) -> Option<Self> {
        if message.kind() != ("ORU", "R01") {
            return None;
        }
        let obx = || message.segments().filter(|segment| segment.name() == "OBX");
        let observed = obx().filter_map(|segment| {
            let code = Code::of(segment.field(3).component(1).raw().parse().ok()?)?;
            let limits = segment.field(7).raw();
            // The second number may be below zero, and then has a sign of its own.
            let limits = limits.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| {
                Some((Number::parse(&limits[..at])?, Number::parse(&limits[at + 1..])?))
            });
            Some(Observation {
                code,
                value: Number::parse(segment.field(5).first().raw()),
                limits: limits.flatten(),
                at: Time::parse(segment.field(14).raw())?,
            })
        });
        let device = obx().next().map_or_else(String::new, |segment| segment.field(18).text());
        Some(Self { header: header(message)?, device, observed: observed.collect() })
    }
}

impl Observation {
    /// OBX-8: how it lies to its limits.
    fn flag(&self) -> &'static str {
        match (self.value, self.limits) {
            (Some(value), Some((low, _))) if value < low => "L",
            (Some(value), Some((_, high))) if value > high => "H",
            (Some(_), Some(_)) => "N",
            _ => "",
        }
    }
}

/// The channel of the device's containment tree that a value hangs under, in OBX-4.
const fn channel(code: Code) -> u32 {
    match code {
        Code::HeartRate => 1,
        Code::PulseRate | Code::SpO2 => 2,
        Code::RespRate | Code::EtCo2 => 3,
        Code::Systolic | Code::Diastolic | Code::Mean => 4,
        Code::Temperature => 5,
    }
}

/// MSH, PID and PV1.
pub(crate) fn begin(out: &mut Writer, header: &Header, kind: &str, profile: &str) {
    let at = format!("{}", header.at);
    out.segment("MSH")
        .raw("^~\\&")
        .value(&header.sender)
        .value(&header.bed)
        .skip(2)
        .raw(&at)
        .skip(1);
    out.raw(kind).value(&header.control_id).raw("P").raw("2.6").skip(2).raw("NE").raw("AL").skip(4);
    out.raw(profile);
    out.segment("PID").skip(2).raw(&format!("{}^^^^PI", crate::escape(&header.patient_id))).skip(1);
    out.raw(&format!("{}^^^^^^L", crate::escape(&header.patient_name)));
    out.segment("PV1").skip(1).raw("I").raw(&format!("^^{}", crate::escape(&header.bed)));
}

pub(crate) fn header(message: &Message<'_>) -> Option<Header> {
    Some(Header {
        sender: message.field("MSH", 3).text(),
        control_id: message.field("MSH", 10).text(),
        at: Time::parse(message.field("MSH", 7).raw())?,
        patient_id: message.field("PID", 3).component(1).text(),
        patient_name: message.field("PID", 5).component(1).text(),
        bed: message.field("PV1", 3).component(3).text(),
    })
}
