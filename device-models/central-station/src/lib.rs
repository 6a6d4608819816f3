//! A central station: what monitors of up to 16 beds send, shown and alarmed in one place.
//!
//! Models: numerics each second and alarms at once from each bed, receipt of alarms (they are sent again
//! every two seconds until then), "no data" after ten silent seconds (models.md 4.4), an alarm of its own
//! where one of high priority goes unanswered ([`bed`]), a pause of a bed's sound on request, and
//! `ORU^R40` to an interface engine for each alarm that begins or ends (IHE PCD-04). It believes what
//! a frame says of its bed: the product's flaw, which packs can bound and not mend.
//!
//! `cross_checks` compares what two sensors of a bed say of one heart: a heart rate that is not the pulse
//! rate within 25 % for 10 s [E] is shown as implausible. It is the product's own check, off in products of 2004.
//!
//! Left out: waveforms (drawn where somebody looks), trends, changing limits from here, printers, pagers.
//!
//! Sources: models.md 4.4 (S46). Units: 1/min, %, mmHg, degC, s, as each port says. Domain of validity: adults, up to 16 beds, the
//! frames of `medtwin-vitals`.

mod bed;
mod passed_on;

use bed::{Bed, Event};
use medtwin_sdk::{Config, Model, Priority, alarm, clock, command, display, network, timer};
use medtwin_vitals::{ALIVE, Body, Frame, Vital};
use passed_on::PassedOn;

/// Beds.
const BEDS: usize = 16;
const ENGINE: u32 = BEDS as u32;
/// Alarms and fields of each bed, in the model's lists.
const ALARMS_EACH: u32 = 6;
const FIELDS_EACH: u32 = 5;
const SECOND_US: u64 = 1_000_000;
/// It says that it is there every so often [s] [E].
const ALIVE_EVERY_S: u64 = 10;
/// A pause of sound on request [s] (models.md 4.3).
const PAUSE_S: u16 = 120;

/// The station.
pub struct CentralStation {
    beds: Vec<Bed>,
    passed_on: PassedOn,
    epoch_ms: u64,
    seconds: u64,
    sequence: u32,
}

impl Model for CentralStation {
    fn start(config: &Config) -> Self {
        let _ = timer::set(0, SECOND_US);
        let epoch_ms =
            config.number("epoch_s", medtwin_hl7::EPOCH_S as f64).clamp(0.0, 1e11) as u64 * 1000;
        let bed = || {
            Bed::new(
                config.number("silent_s", 10.0).clamp(1.0, 3600.0) as u64 * 1000,
                config.number("escalate_s", 120.0).clamp(10.0, 86_400.0) as u64 * 1000,
                config.flag("cross_checks"),
            )
        };
        Self {
            beds: (0..BEDS).map(|_| bed()).collect(),
            passed_on: PassedOn::default(),
            epoch_ms,
            seconds: 0,
            sequence: 0,
        }
    }

    fn on_timer(&mut self, _id: u32) {
        let _ = timer::set(0, SECOND_US);
        self.seconds += 1;
        let now_ms = now_ms();
        for bed in 0..BEDS {
            let events = self.beds[bed].second(now_ms);
            self.carry_out(bed, events, now_ms);
            if self.seconds.is_multiple_of(ALIVE_EVERY_S) && self.beds[bed].was_heard() {
                self.send(bed, Body::Received { alarm: ALIVE });
            }
        }
        self.passed_on.again(now_ms);
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        if peer == ENGINE {
            return self.passed_on.answered(body);
        }
        let (bed, now_ms) = (peer as usize, now_ms());
        let Some(((frame, _), own)) = Frame::decode(body).zip(self.beds.get_mut(bed)) else {
            return;
        };
        let events = own.heard(&frame, now_ms);
        self.carry_out(bed, events, now_ms);
        if let Body::Alarm { alarm, .. } = frame.body {
            self.send(bed, Body::Received { alarm });
        }
    }

    fn on_input(&mut self, input: u32, value: f64) {
        let bed = value as usize;
        let Some(bed) = bed.checked_sub(1).filter(|bed| *bed < BEDS) else { return };
        match input {
            0 if command::begin("audio-pause", &[bed as u8]).is_ok() => {
                self.send(bed, Body::Pause { seconds: PAUSE_S });
            }
            1 => {
                let events = self.beds[bed].acknowledge();
                self.carry_out(bed, events, now_ms());
            }
            _ => {}
        }
    }
}

impl CentralStation {
    fn carry_out(&mut self, bed: usize, events: Vec<Event>, now_ms: u64) {
        let (alarms, fields) = (bed as u32 * ALARMS_EACH, bed as u32 * FIELDS_EACH);
        for event in events {
            match event {
                Event::Raise(which, priority) => {
                    let _ = alarm::raise(alarms + which as u32, priority);
                }
                Event::Clear(which) => {
                    let _ = alarm::clear(alarms + which as u32);
                }
                Event::Show(field, value) => {
                    let _ = display::show(fields + field as u32, value);
                }
                Event::Tell(told) => {
                    self.passed_on.tell(bed, told, self.epoch_ms, now_ms);
                }
            }
        }
    }

    fn send(&mut self, bed: usize, body: Body) {
        self.sequence = self.sequence.wrapping_add(1);
        let at_ms = self.epoch_ms + now_ms();
        let number = self.beds[bed].number;
        let frame = Frame { bed: number, sequence: self.sequence, at_ms, priority: 0, body };
        let _ = network::send(bed as u32, &frame.encode());
    }
}

/// Vitals that are shown of a bed, in the order of its fields.
const SHOWN: [Vital; 3] = [Vital::HeartRate, Vital::SpO2, Vital::RespRate];

/// Time since the start of the run [ms]; 0 without a clock.
fn now_ms() -> u64 {
    clock::now().map_or(0, |us| us / 1000)
}

/// An alarm's priority by its number.
const fn priority(number: u8) -> Priority {
    match number {
        3 => Priority::High,
        2 => Priority::Medium,
        _ => Priority::Low,
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(CentralStation);
