//! An infusion pump at a bedside: its hardware, what is in it, and the sensors that look at both.
//!
//! A pump is warmed to 60 C above the room by whatever heats it, with a time constant of 10 min; by
//! itself it is as warm as the room and a little more. Its battery is full when mains fail. All [E].

use super::Set;
use crate::device::Value;
use crate::fluidics::Fluidics;
use crate::node::Node;
use crate::patient::opioid::Drug;
use crate::people::MishapKind;
use crate::plan::{BATTERY, DeviceSetup};
use crate::time::MINUTE;

/// By itself [C].
const WARM_C: f64 = 28.0;
/// Where something heats it, in the end [C].
const HEATED_C: f64 = 85.0;
/// Of that it takes so much a second.
const WARMS_PER_S: f64 = 1.0 / 600.0;

/// Its sensors, in the order of [`Pump::senses`].
const SENSORS: [&str; 9] = [
    "line-pressure",
    "air-in-line",
    "volume-left",
    "volume-given",
    "door-open",
    "upstream-pressure",
    "pump-temperature",
    BATTERY,
    "mains",
];

/// A pump's hardware, and what is in its reservoir.
pub(super) struct Pump {
    pub(super) unit: usize,
    pub(super) flow_port: u32,
    pub(super) button: Option<u32>,
    pub(super) fluidics: Fluidics,
    pub(super) drug: Option<Drug>,
    pub(super) ug_per_ml: f64,
    /// Fluid that left the pump since it was last said [mL].
    pub(super) unsaid_ml: f64,
    ports: [Option<usize>; SENSORS.len()],
    is_open: bool,
    is_heated: bool,
    temperature_c: f64,
    battery_ns: u64,
    mains_lost: Vec<(u64, u64)>,
}

impl Pump {
    /// The hardware of a device that has a `flow`.
    pub(super) fn of(unit: usize, device: &DeviceSetup) -> Option<Self> {
        let manifest = &device.manifest;
        let flow = manifest.actuators.iter().position(|port| port == "flow")?;
        let button = manifest.inputs.iter().position(|input| input == "patient-button");
        let number = |key: &str, otherwise: f64| match device.setting(key) {
            Some(Value::Number(number)) => *number,
            _ => otherwise,
        };
        let drug = match device.setting("drug") {
            Some(Value::Text(name)) => Drug::named(name),
            _ => None,
        };
        let is_primed = !matches!(device.setting("line_primed"), Some(Value::Flag(false)));
        let most = most_ml_per_h(&manifest.name);
        Some(Self {
            unit,
            flow_port: flow as u32,
            button: button.map(|at| at as u32),
            fluidics: Fluidics::new(most, number("reservoir_ml", 50.0), is_primed),
            drug,
            // What was filled in is not always what the label says.
            ug_per_ml: number("filled_ug_per_ml", number("concentration_ug_per_ml", 0.0)),
            unsaid_ml: 0.0,
            ports: SENSORS.map(|name| manifest.sensors.iter().position(|sensor| sensor == name)),
            is_open: false,
            is_heated: false,
            temperature_c: WARM_C,
            battery_ns: device.battery_ns().unwrap_or(0),
            mains_lost: device.mains_lost.clone(),
        })
    }

    /// Something happens to it.
    pub(super) fn meets(&mut self, what: MishapKind) {
        match what {
            MishapKind::Line(is_shut) => self.fluidics.shut(is_shut),
            MishapKind::Above(is_shut) => self.fluidics.shut_above(is_shut),
            MishapKind::Door(is_open) => self.is_open = is_open,
            MishapKind::Heat(is_heated) => self.is_heated = is_heated,
            MishapKind::SecondBag(ml) => self.fluidics.hang_second(ml),
        }
    }

    /// What an actuator is set to from `at` on.
    pub(super) fn set(&mut self, node: &mut Node, set: Set, at: u64) {
        let desk = node.units[set.unit].desk();
        let prescribed = desk.map_or(0.0, |desk| desk.dose.prescribed(set.port as usize));
        let forged = if set.forged { set.value - prescribed } else { 0.0 };
        self.fluidics.set_flow(at, set.value, forged);
    }

    /// A second of warming or cooling.
    pub(super) fn warms(&mut self) {
        let towards_c = if self.is_heated { HEATED_C } else { WARM_C };
        self.temperature_c += (towards_c - self.temperature_c) * WARMS_PER_S;
    }

    /// Its sensors read what is true now.
    pub(super) fn senses(&self, node: &mut Node, now: u64) {
        let Some(desk) = node.units[self.unit].desk() else { return };
        let lost_for =
            |&(from, until): &(u64, u64)| (from..until).contains(&now).then(|| now - from);
        let lost_ns = self.mains_lost.iter().filter_map(lost_for).max();
        let left_ns = self.battery_ns.saturating_sub(lost_ns.unwrap_or(0));
        let f = &self.fluidics;
        let values = [
            f.pressure_mmhg(),
            f.air_ul(),
            f.reservoir_ml(),
            f.pumped_ml(),
            f64::from(u8::from(self.is_open)),
            f.above_mmhg(),
            self.temperature_c,
            left_ns as f64 / MINUTE as f64,
            f64::from(u8::from(lost_ns.is_none())),
        ];
        for (port, value) in self.ports.iter().zip(values) {
            if let Some(sensor) = port.and_then(|port| desk.sensors.get_mut(port)) {
                *sensor = Some(value);
            }
        }
    }
}

/// What the motor of a pump gives at most [mL/h] (models.md 3.5; the syringe pump's is [E]).
fn most_ml_per_h(model: &str) -> f64 {
    match model {
        "pca-pump" => 100.0,
        "syringe-pump" => 200.0,
        _ => 999.0,
    }
}
