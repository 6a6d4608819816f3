//! A patient, the hardware wired to them, and who looks after them: one place, in time order.
//!
//! What a bedside is like depends on the patient: each kind implements [`Bedside`]. A kind advances
//! its patient on its own grid ([`What::Patient`](crate::queue::What)), refreshes what sensors
//! measure, applies what actuators were set to, and lets people act. It meets its devices by the
//! names of their ports: see [`Probe`].

use smallvec::SmallVec;

use crate::lent::Hand;
use crate::node::{Errand, Node, Outbox, View};
use crate::people::{Care, Looks};
use crate::plan::DeviceSetup;
use crate::queue::Key;

mod cardiac;
mod contact;
mod course;
mod inpatient;
mod wearer;

pub(crate) use cardiac::Cardiac;
pub(crate) use course::Course;
pub(crate) use inpatient::Inpatient;
pub(crate) use wearer::Wearer;

/// What a device set an actuator to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    /// Which of the node's devices.
    pub(crate) unit: usize,
    /// Which of its actuators.
    pub(crate) port: u32,
    /// In the port's unit.
    pub(crate) value: f64,
    /// Nobody with a right to it ordered it.
    pub(crate) forged: bool,
}

/// What a device raised, or cleared with priority 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm {
    /// Which of the node's devices.
    pub(crate) unit: usize,
    /// Which of its alarms.
    pub(crate) alarm: u32,
    /// IEC 60601-1-8, 1 to 3.
    pub(crate) priority: u8,
}

/// One kind of patient with hardware and people. While it acts it is away from its node: what it
/// does to devices, it leaves as [errands](crate::node::Errand).
pub(crate) trait Bedside: Send + Sync {
    /// The run begins; the devices have power.
    fn start(&mut self, node: &mut Node, view: View<'_>, out: &mut Outbox);

    /// A step of the patient is over, or something happens in them now.
    fn due(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox);

    /// A device set an actuator.
    fn set(&mut self, node: &mut Node, set: Set, at: u64, view: View<'_>, out: &mut Outbox);

    /// A device went down: its actuators take their fail-safe values.
    fn device_down(
        &mut self,
        node: &mut Node,
        unit: usize,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let manifest = &view.plan.setup.nodes[node.id as usize].devices[unit].manifest;
        for (name, &value) in &manifest.fail_safe {
            if let Some(port) = manifest.actuators.iter().position(|a| a == name) {
                let set = Set { unit, port: port as u32, value, forged: false };
                self.set(node, set, at, view, out);
            }
        }
    }

    /// A person at this bedside does what stands on their agenda.
    fn act(&mut self, _node: &mut Node, _key: Key, _view: View<'_>, _out: &mut Outbox) {}

    /// Somebody outside the world acts here.
    fn in_hand(&mut self, _node: &mut Node, _key: Key, _view: View<'_>, _out: &mut Outbox) {}

    /// A device raised or cleared an alarm; it is in the trace already.
    fn alarm(
        &mut self,
        _node: &mut Node,
        _alarm: Alarm,
        _when: (u64, Hand),
        _view: View<'_>,
        _out: &mut Outbox,
    ) {
    }

    /// Somebody of the staff treats the patient.
    fn care(
        &mut self,
        _node: &mut Node,
        _care: Care,
        _at: u64,
        _view: View<'_>,
        _out: &mut Outbox,
    ) {
    }

    /// Somebody of the staff is at the bed: what came off the patient is put on again.
    fn looked_at(&mut self) {}

    /// The patient as somebody at the bed sees them.
    fn looks(&self) -> Looks {
        Looks::default()
    }

    /// What a person wanted of a device comes only now.
    fn expects_from(&mut self, _at: u64) {}

    /// Key presses and seconds were spent at devices here.
    fn spend(&self, _id: u32, _at: u64, _effort: (f64, f64), _view: View<'_>, _out: &mut Outbox) {}

    /// Somebody here did something that has a word.
    fn told(&self, _id: u32, _at: u64, _word: &str, _view: View<'_>, _out: &mut Outbox) {}
}

/// Where at a bedside the sensors of one name are: every device that has one measures the same
/// patient.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe(SmallVec<[(u16, u16); 2]>);

impl Probe {
    /// The sensors called `name` of `devices`.
    pub(crate) fn of(devices: &[DeviceSetup], name: &str) -> Self {
        let port = |device: &DeviceSetup| device.manifest.sensors.iter().position(|s| s == name);
        let found = devices.iter().zip(0..).filter_map(|(d, unit)| Some((unit, port(d)? as u16)));
        Self(found.collect())
    }

    /// They all read `value` from now on; none if there is nothing to measure.
    pub(crate) fn reads(&self, node: &mut Node, value: Option<f64>) {
        for &(unit, port) in &self.0 {
            if let Some(desk) = node.units[usize::from(unit)].desk() {
                desk.sensors[usize::from(port)] = value;
            }
        }
    }

    /// They notice something now, in the port's unit.
    pub(crate) fn notices(&self, node: &mut Node, value: f64, at: u64) {
        for (unit, sensor) in self.places() {
            node.runs(Errand::Sense { unit, sensor, value, at });
        }
    }

    /// Where they are: device, and sensor of it.
    pub(crate) fn places(&self) -> impl Iterator<Item = (usize, u32)> {
        self.0.iter().map(|&(unit, port)| (usize::from(unit), u32::from(port)))
    }
}
