//! An adversary with a device in hand reads its memory, or writes there.
//!
//! No policy of the device is asked: it does not run for that. What protects the memory is whether
//! what lies there can be read, and is believed.
//!
//! Left out: a device that wrote no record shows nothing, though the state that it saved and its link keys
//! lie there too.

use super::{Node, Outbox, View, entry};
use crate::adversary::{Act, Step};
use crate::queue::{Key, What};
use crate::storage::Copied;
use crate::trace::{Entry, Kind, Origin};

impl Node {
    pub(super) fn memory_in_hand(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some((_, step)) = view.plan.setup.step(key.slot) else { return };
        let Some(desk) = self.units[key.unit as usize].desk() else { return };
        if let Act::WriteStorage { record, text, .. } = &step.act {
            return desk.storage.overwrite(record, text.as_bytes(), step.number);
        }
        let (subject, copied) = (desk.names.device, desk.storage.copied());
        match copied {
            Copied::Nothing => self.read_in_vain("no-records", key, step, view, out),
            Copied::Sealed => self.read_in_vain("sealed", key, step, view, out),
            Copied::Clear(records) => {
                let device = Entry { subject, ..self.by_hand(key, step, view) };
                disclose(&records, device, view, out);
                self.tell_reader(&records, key, step, view, out);
            }
        }
    }

    /// The entry for what `step` does by hand.
    fn by_hand(&self, key: Key, step: &Step, view: View<'_>) -> Entry {
        let verb = view.plan.setup.names.find("read-storage").unwrap_or_default();
        let (cause, origin, number) = (key.cause(), Origin::Adversary, step.number);
        let disclosed = entry(self.id, key.at, Kind::Disclosure);
        Entry { cause, verb, origin, step: number, ..disclosed }
    }

    fn read_in_vain(&self, why: &str, key: Key, step: &Step, view: View<'_>, out: &mut Outbox) {
        if view.recording {
            let verb = view.plan.setup.names.find(why).unwrap_or_default();
            let (subject, kind) = (step.name, Kind::Attack);
            let by_hand = self.by_hand(key, step, view);
            out.lent.entries.push(Entry { subject, kind, verb, ..by_hand });
        }
    }

    /// Whoever reads is told with the next exchange, and of the serial number that stands there.
    fn tell_reader(
        &mut self,
        records: &[Vec<u8>],
        key: Key,
        step: &Step,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(eve) = view.plan.setup.adversary_of(step.number) else { return };
        let at = key.at + view.plan.setup.lookahead_ns();
        let serial = records.iter().find_map(|record| serial_in(record)).unwrap_or(0);
        let told = Key::new(at, What::Read, eve, self.id, self.next_ordinal());
        out.keys.push(told.unit(step.number).slot(serial));
    }
}

/// Each record in clear is disclosed.
fn disclose(records: &[Vec<u8>], device: Entry, view: View<'_>, out: &mut Outbox) {
    if view.recording {
        let disclosed = |record: &Vec<u8>| Entry { value: record.len() as f64, ..device };
        out.lent.entries.extend(records.iter().map(disclosed));
    }
}

/// The serial number in a record of the pump family: a line `serial = N`, as its adversaries know.
fn serial_in(record: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(record).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    lines.find(|(key, _)| key.trim() == "serial")?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::serial_in;

    #[test]
    fn a_serial_number_is_found_in_a_line_of_its_own_alone() {
        assert_eq!(serial_in(b"paired = yes\nserial = 508042\n"), Some(508_042));
        for none in [&b""[..], b"serial", b"serial = many", b"cereal = 5", b"serial = 1\xff"] {
            assert_eq!(serial_in(none), None);
        }
    }
}
