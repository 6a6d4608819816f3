//! One bed as the station knows it: what it said last, and which alarms that makes.

use medtwin_sdk::Priority;
use medtwin_vitals::{Alarm, Body, Frame, Values, Vital};

use crate::{SHOWN, priority};

/// Heart rate and pulse rate that differ by more than this part of the larger are not of one heart [E].
const APART: f64 = 0.25;
/// A bed that stays silent is told again after this time [ms] [E]: somebody has to look from time to time.
const REMINDS_MS: u64 = 300_000;
/// For how long, before it counts [ms] [E].
const APART_MS: u64 = 10_000;

/// An alarm of the station about one bed, in the order of the model's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Bell {
    High,
    Medium,
    Low,
    NoData,
    Unanswered,
    Implausible,
}

/// A field of one bed, in the order of the model's list: three vitals, then these.
const ALARM: usize = 3;
const STATE: usize = 4;

/// What comes of something that was heard, or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Raise(Bell, Priority),
    Clear(Bell),
    Show(usize, f64),
    Tell(Told),
}

/// An alarm for the interface engine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) number: u32,
    pub(crate) patient: String,
    pub(crate) alarm: Alarm,
    pub(crate) on: bool,
    pub(crate) value: Option<f64>,
}

/// A bed.
pub(crate) struct Bed {
    /// Its number, as its monitor says.
    pub(crate) number: u32,
    silent_ms: u64,
    escalate_ms: u64,
    cross_checks: bool,
    patient: String,
    values: Values,
    heard_ms: Option<u64>,
    sequence: u32,
    /// Alarms that are on, a bit each.
    on: u16,
    /// The alarm that rings here, and since when [ms].
    rings: Option<(u8, u64)>,
    /// When it was told last [ms].
    rang_ms: u64,
    is_silent: bool,
    /// When that was told last [ms].
    missed_ms: u64,
    has_escalated: bool,
    apart_since_ms: Option<u64>,
    is_implausible: bool,
    shown: [f64; 5],
}

impl Bed {
    pub(crate) fn new(silent_ms: u64, escalate_ms: u64, cross_checks: bool) -> Self {
        Self {
            number: 0,
            silent_ms,
            escalate_ms,
            cross_checks,
            patient: String::new(),
            values: Values::default(),
            heard_ms: None,
            sequence: 0,
            on: 0,
            rings: None,
            rang_ms: 0,
            is_silent: false,
            missed_ms: 0,
            has_escalated: false,
            apart_since_ms: None,
            is_implausible: false,
            shown: [0.0; 5],
        }
    }

    pub(crate) const fn was_heard(&self) -> bool {
        self.heard_ms.is_some()
    }

    /// Its monitor, or who says so, sent a frame.
    pub(crate) fn heard(&mut self, frame: &Frame, now_ms: u64) -> Vec<Event> {
        let mut events = Vec::new();
        let is_first = self.heard_ms.replace(now_ms).is_none();
        self.number = frame.bed;
        if std::mem::take(&mut self.is_silent) {
            events.push(Event::Clear(Bell::NoData));
        }
        self.show(STATE, 1.0, &mut events);
        match &frame.body {
            // What is older than what was shown is passed over; who begins anew begins from 1.
            Body::Numerics { .. } if !is_first && is_older(frame.sequence, self.sequence) => {}
            Body::Numerics { values, patient } => {
                self.sequence = frame.sequence;
                self.values = *values;
                self.patient = String::from_utf8_lossy(patient).into_owned();
                for (field, vital) in SHOWN.into_iter().enumerate() {
                    self.show(field, values.get(vital).unwrap_or(-1.0), &mut events);
                }
                self.ring(frame.priority, now_ms, &mut events);
                self.check(now_ms, &mut events);
            }
            Body::Alarm { alarm, on } => self.alarm(*alarm, *on, now_ms, &mut events),
            _ => {}
        }
        events
    }

    fn alarm(&mut self, number: u8, on: bool, now_ms: u64, events: &mut Vec<Event>) {
        let Some(alarm) = Alarm::of(number) else { return };
        let bit = 1 << number;
        let was_on = self.on & bit != 0;
        self.on = if on { self.on | bit } else { self.on & !bit };
        if was_on != on {
            let value = alarm.vital().and_then(|vital| self.values.get(vital));
            let (number, patient) = (self.number, self.patient.clone());
            events.push(Event::Tell(Told { number, patient, alarm, on, value }));
        }
        let rings = self.rings.map_or(0, |(rings, _)| rings);
        if on && rings < alarm.priority() {
            self.ring(alarm.priority(), now_ms, events);
        } else if on && !was_on && rings == alarm.priority() {
            self.again(now_ms, events);
        }
    }

    /// What rings already is told once more: something came to it, or nobody took note for long.
    fn again(&mut self, now_ms: u64, events: &mut Vec<Event>) {
        if let Some((number, _)) = self.rings {
            self.rang_ms = now_ms;
            events.push(Event::Raise(bell(number), priority(number)));
        }
    }

    /// What rings for this bed is of this priority from now on; 0 is nothing.
    fn ring(&mut self, number: u8, now_ms: u64, events: &mut Vec<Event>) {
        if self.rings.map_or(0, |(rings, _)| rings) == number {
            return;
        }
        self.quiet(events);
        if number > 0 {
            events.push(Event::Raise(bell(number), priority(number)));
            (self.rings, self.rang_ms) = (Some((number, now_ms)), now_ms);
        }
        self.show(ALARM, f64::from(number), events);
    }

    fn quiet(&mut self, events: &mut Vec<Event>) {
        if let Some((rings, _)) = self.rings.take() {
            events.push(Event::Clear(bell(rings)));
        }
        if std::mem::take(&mut self.has_escalated) {
            events.push(Event::Clear(Bell::Unanswered));
        }
    }

    /// Somebody here took note.
    pub(crate) fn acknowledge(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        self.quiet(&mut events);
        events
    }

    /// A second passed.
    pub(crate) fn second(&mut self, now_ms: u64) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(heard_ms) = self.heard_ms else { return events };
        if self.is_silent && now_ms >= self.missed_ms + REMINDS_MS {
            self.missed_ms = now_ms;
            events.push(Event::Raise(Bell::NoData, Priority::Medium));
        }
        if !self.is_silent && now_ms >= heard_ms + self.silent_ms {
            (self.is_silent, self.missed_ms) = (true, now_ms);
            events.push(Event::Raise(Bell::NoData, Priority::Medium));
            self.show(STATE, 2.0, &mut events);
            (0..SHOWN.len()).for_each(|field| self.show(field, -1.0, &mut events));
        }
        if self.rings.is_some() && now_ms >= self.rang_ms + REMINDS_MS {
            self.again(now_ms, &mut events);
        }
        if let Some((3, since_ms)) = self.rings
            && !self.has_escalated
            && now_ms >= since_ms + self.escalate_ms
        {
            self.has_escalated = true;
            events.push(Event::Raise(Bell::Unanswered, Priority::High));
        }
        events
    }

    /// Whether the heart of the electrodes and that of the finger can be one.
    fn check(&mut self, now_ms: u64, events: &mut Vec<Event>) {
        let both = self.values.get(Vital::HeartRate).zip(self.values.get(Vital::PulseRate));
        let is_apart =
            both.is_some_and(|(heart, pulse)| (heart - pulse).abs() > APART * heart.max(pulse));
        self.apart_since_ms = is_apart.then(|| self.apart_since_ms.unwrap_or(now_ms));
        let counts = self.cross_checks
            && self.apart_since_ms.is_some_and(|since| now_ms >= since + APART_MS);
        if counts != self.is_implausible {
            self.is_implausible = counts;
            events.push(match counts {
                true => Event::Raise(Bell::Implausible, Priority::Medium),
                false => Event::Clear(Bell::Implausible),
            });
        }
    }

    fn show(&mut self, field: usize, value: f64, events: &mut Vec<Event>) {
        if self.shown[field].to_bits() != value.to_bits() {
            self.shown[field] = value;
            events.push(Event::Show(field, value));
        }
    }
}

const fn bell(priority: u8) -> Bell {
    match priority {
        3 => Bell::High,
        2 => Bell::Medium,
        _ => Bell::Low,
    }
}

/// Whether `sequence` was sent before `last`, by a sender who did not begin anew since.
const fn is_older(sequence: u32, last: u32) -> bool {
    let behind = last.wrapping_sub(sequence);
    behind < 1000 && sequence != 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numerics(sequence: u32, priority: u8, heart: f64) -> Frame {
        let mut values = Values::default();
        values.set(Vital::HeartRate, Some(heart));
        values.set(Vital::PulseRate, Some(80.0));
        let body = Body::Numerics { values, patient: b"10042".to_vec() };
        Frame { bed: 3, sequence, at_ms: 0, priority, body }
    }

    fn alarm(alarm: Alarm, on: bool) -> Frame {
        let body = Body::Alarm { alarm: alarm as u8, on };
        Frame { bed: 3, sequence: 9, at_ms: 0, priority: alarm.priority(), body }
    }

    fn bed() -> Bed {
        Bed::new(10_000, 120_000, true)
    }

    #[test]
    fn a_bed_that_falls_silent_is_told_after_ten_seconds_and_again_from_time_to_time() {
        let mut bed = bed();
        assert_eq!(bed.second(60_000), [], "nobody was ever there");
        bed.heard(&numerics(1, 0, 80.0), 60_000);
        assert_eq!(bed.second(69_999), []);
        assert!(bed.second(70_000).contains(&Event::Raise(Bell::NoData, Priority::Medium)));
        assert_eq!(bed.second(71_000), []);
        assert!(bed.second(370_000).contains(&Event::Raise(Bell::NoData, Priority::Medium)));
        assert_eq!(bed.second(371_000), []);
        let events = bed.heard(&numerics(2, 0, 80.0), 372_000);
        assert!(events.contains(&Event::Clear(Bell::NoData)));
        assert!(events.contains(&Event::Show(0, 80.0)), "{events:?}");
    }

    #[test]
    fn an_alarm_rings_once_however_often_it_is_sent_and_is_passed_on() {
        let mut bed = bed();
        bed.heard(&numerics(1, 0, 80.0), 1000);
        let events = bed.heard(&alarm(Alarm::Apnoea, true), 2000);
        assert!(events.contains(&Event::Raise(Bell::High, Priority::High)));
        assert!(matches!(events[0], Event::Tell(Told { alarm: Alarm::Apnoea, on: true, .. })));
        assert_eq!(bed.heard(&alarm(Alarm::Apnoea, true), 4000), []);
        let events = bed.heard(&numerics(2, 0, 80.0), 5000);
        assert!(events.contains(&Event::Clear(Bell::High)), "somebody took note at the bed");
    }

    #[test]
    fn what_nobody_takes_note_of_rings_again_and_so_does_what_comes_to_it() {
        let mut bed = bed();
        bed.heard(&numerics(1, 0, 80.0), 0);
        let medium = Event::Raise(Bell::Medium, Priority::Medium);
        assert!(bed.heard(&alarm(Alarm::ProbeOff, true), 1000).contains(&medium));
        assert!(bed.heard(&alarm(Alarm::EtCo2, true), 60_000).contains(&medium));
        assert_eq!(bed.heard(&alarm(Alarm::EtCo2, true), 62_000), []);
        let mut rang = Vec::new();
        for s in 63..=700_u64 {
            let is_heard = bed.heard(&numerics(s as u32, 2, 80.0), s * 1000);
            let told = [is_heard, bed.second(s * 1000)].concat();
            rang.extend(told.contains(&medium).then_some(s));
        }
        assert_eq!(rang, [360, 660]);
        bed.acknowledge();
        assert_eq!(bed.second(2_000_000).iter().filter(|event| **event == medium).count(), 0);
    }

    #[test]
    fn an_alarm_that_was_lost_rings_by_the_numerics() {
        let mut bed = bed();
        bed.heard(&numerics(1, 0, 80.0), 1000);
        let events = bed.heard(&numerics(2, 2, 80.0), 2000);
        assert!(events.contains(&Event::Raise(Bell::Medium, Priority::Medium)));
    }

    #[test]
    fn an_urgent_alarm_that_nobody_answers_is_escalated() {
        let mut bed = bed();
        bed.heard(&numerics(1, 3, 80.0), 0);
        (1..120).for_each(|s| assert!(!bed.second(s * 1000).iter().any(is_unanswered)));
        assert!(bed.second(120_000).iter().any(is_unanswered));
        assert!(bed.acknowledge().contains(&Event::Clear(Bell::Unanswered)));
    }

    fn is_unanswered(event: &Event) -> bool {
        matches!(event, Event::Raise(Bell::Unanswered, Priority::High))
    }

    #[test]
    fn a_heart_that_is_not_the_pulse_is_implausible_after_ten_seconds() {
        let mut bed = bed();
        let mut told = Vec::new();
        for s in 0..=12 {
            told.extend(bed.heard(&numerics(s + 1, 0, 0.0), u64::from(s) * 1000));
            let is_told = told.contains(&Event::Raise(Bell::Implausible, Priority::Medium));
            assert_eq!(is_told, s >= 10, "second {s}");
        }
        let events = bed.heard(&numerics(20, 0, 80.0), 14_000);
        assert!(events.contains(&Event::Clear(Bell::Implausible)));
    }

    #[test]
    fn what_is_older_than_what_is_shown_is_passed_over() {
        let mut bed = bed();
        bed.heard(&numerics(50, 0, 80.0), 1000);
        assert_eq!(bed.heard(&numerics(49, 0, 70.0), 2000), []);
        assert!(bed.heard(&numerics(51, 0, 70.0), 3000).contains(&Event::Show(0, 70.0)));
        assert!(bed.heard(&numerics(1, 0, 60.0), 4000).contains(&Event::Show(0, 60.0)), "a reboot");
    }
}
