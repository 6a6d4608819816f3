//! The capabilities, each handed on to the desk of the event in hand.

use std::collections::BTreeSet;

use medtwin_engine::device::{Denial, Interface, Priority};
use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker};

use crate::device::Guest;
use crate::wit::medtwin::device as wit;
use wit::types;

type Answer<T> = Result<std::result::Result<T, types::Denial>>;

/// Links what is lent, and the types, which are no capability.
pub(crate) fn link(linker: &mut Linker<Guest>, lent: &BTreeSet<Interface>) -> Result<()> {
    wit::types::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    macro_rules! add {
        ($module:ident) => {
            wit::$module::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?
        };
    }
    for interface in lent {
        match interface {
            Interface::Command => add!(command),
            Interface::Clock => add!(clock),
            Interface::Timer => add!(timer),
            Interface::Network => add!(network),
            Interface::Sensor => add!(sensor),
            Interface::Actuator => add!(actuator),
            Interface::Alarm => add!(alarm),
            Interface::Display => add!(display),
            Interface::Storage => add!(storage),
            Interface::Vault => add!(vault),
            Interface::Update => add!(update),
            Interface::Random => add!(random),
            Interface::Log => add!(log),
        }
    }
    Ok(())
}

fn answer<T>(answer: std::result::Result<T, Denial>) -> Answer<T> {
    Ok(answer.map_err(|denial| match denial {
        Denial::NoGrant => types::Denial::NoGrant,
        Denial::Forbidden => types::Denial::Forbidden,
        Denial::Limit => types::Denial::Limit,
        Denial::Exhausted => types::Denial::Exhausted,
        Denial::Unknown => types::Denial::Unknown,
    }))
}

impl types::Host for Guest {}

impl wit::command::Host for Guest {
    fn begin(&mut self, verb: String, digest: Vec<u8>) -> Answer<()> {
        answer(self.charge(verb.len() + digest.len())?.begin(&verb, &digest))
    }
}

impl wit::clock::Host for Guest {
    fn now(&mut self) -> Answer<u64> {
        answer(self.charge(0)?.now())
    }
}

impl wit::timer::Host for Guest {
    fn set(&mut self, id: u32, delay: u64) -> Answer<()> {
        answer(self.charge(0)?.set_timer(id, delay))
    }
    fn cancel(&mut self, id: u32) -> Answer<()> {
        answer(self.charge(0)?.cancel_timer(id))
    }
}

impl wit::network::Host for Guest {
    fn send(&mut self, peer: u32, body: Vec<u8>) -> Answer<()> {
        answer(self.charge(body.len())?.send(peer, &body))
    }
}

impl wit::sensor::Host for Guest {
    fn read(&mut self, port: u32) -> Answer<Option<f64>> {
        answer(self.charge(0)?.read(port))
    }
}

impl wit::actuator::Host for Guest {
    fn set(&mut self, port: u32, value: f64) -> Answer<()> {
        answer(self.charge(0)?.set(port, value))
    }
}

impl wit::alarm::Host for Guest {
    fn raise(&mut self, alarm: u32, priority: types::Priority) -> Answer<()> {
        let priority = match priority {
            types::Priority::Low => Priority::Low,
            types::Priority::Medium => Priority::Medium,
            types::Priority::High => Priority::High,
        };
        answer(self.charge(0)?.raise(alarm, priority))
    }
    fn clear(&mut self, alarm: u32) -> Answer<()> {
        answer(self.charge(0)?.clear(alarm))
    }
}

impl wit::display::Host for Guest {
    fn show(&mut self, field: u32, value: f64) -> Answer<()> {
        answer(self.charge(0)?.show(field, value))
    }
}

impl wit::storage::Host for Guest {
    fn get(&mut self, key: String) -> Answer<Option<Vec<u8>>> {
        answer(self.charge(key.len())?.get(&key))
    }
    fn put(&mut self, key: String, value: Vec<u8>) -> Answer<()> {
        answer(self.charge(key.len() + value.len())?.put(&key, &value))
    }
    fn delete(&mut self, key: String) -> Answer<()> {
        answer(self.charge(key.len())?.delete(&key))
    }
}

impl wit::vault::Host for Guest {
    fn sign(&mut self, key: u32, data: Vec<u8>) -> Answer<Vec<u8>> {
        answer(self.charge(data.len())?.sign(key, &data))
    }
    fn verify(&mut self, key: u32, data: Vec<u8>, tag: Vec<u8>) -> Answer<bool> {
        answer(self.charge(data.len() + tag.len())?.verify(key, &data, &tag))
    }
    fn seal(&mut self, key: u32, data: Vec<u8>) -> Answer<Vec<u8>> {
        answer(self.charge(data.len())?.seal(key, &data))
    }
    fn open(&mut self, key: u32, data: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        answer(self.charge(data.len())?.open(key, &data))
    }
}

impl wit::update::Host for Guest {
    fn stage(&mut self, image: Vec<u8>) -> Answer<()> {
        answer(self.charge(image.len())?.stage(&image))
    }
    fn activate(&mut self) -> Answer<()> {
        answer(self.charge(0)?.activate())
    }
}

impl wit::random::Host for Guest {
    fn bytes(&mut self, len: u32) -> Answer<Vec<u8>> {
        answer(self.charge(len as usize)?.bytes(len))
    }
}

impl wit::log::Host for Guest {
    fn write(&mut self, line: String) -> Answer<()> {
        answer(self.charge(line.len())?.log(&line))
    }
}
