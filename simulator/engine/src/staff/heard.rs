//! Which alarms ring, and about whom.

use crate::node::View;
use crate::queue::Key;

/// An alarm as it is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bell {
    /// The device: entity, and which of its devices.
    device: (u32, u16),
    alarm: u16,
    /// 1 to 3; 0 when it ended.
    pub(super) priority: u8,
    /// The bed that it is about.
    pub(super) bed: u32,
    /// It rings there, and not in a place that all hear.
    pub(super) at_bed: bool,
}

impl Bell {
    /// What an event of [`What::Heard`](crate::queue::What::Heard) is; none if it is about nobody.
    pub(super) fn of(key: Key, view: View<'_>) -> Option<Self> {
        let device = (key.source(), key.unit);
        let (alarm, priority) = ((key.slot & 0xffff) as u16, (key.slot >> 16) as u8);
        let node = view.plan.setup.nodes.get(device.0 as usize)?;
        let setup = node.devices.get(usize::from(device.1))?;
        let name = setup.manifest.alarms.get(usize::from(alarm))?;
        let about = setup.manifest.about.get(name);
        let bed = match about {
            Some(role) => setup.peer(role)?.node,
            None => device.0,
        };
        Some(Self { device, alarm, priority, bed, at_bed: about.is_none() })
    }
}

/// All that ring.
#[derive(Default)]
pub(super) struct Ringing(Vec<Bell>);

impl Ringing {
    /// Takes an alarm; whether it is one that begins.
    pub(super) fn rings(&mut self, bell: Bell) -> bool {
        let same = |own: &Bell| (own.device, own.alarm) == (bell.device, bell.alarm);
        self.0.retain(|own| !same(own));
        if bell.priority > 0 {
            self.0.push(bell);
        }
        bell.priority > 0
    }
}
