//! A component at work: one store, entered for one event at a time.

use medtwin_engine::Lent;
use medtwin_engine::device::{Device, Event, Fault, Setting, Terms, Value};
use wasmtime::{Engine, ResourceLimiter, Store, Trap};

use crate::wit;

/// What a component's store holds: the desk of the event in hand, and what is left of its budget.
pub(crate) struct Guest {
    pub(crate) lent: Box<Lent>,
    calls_left: u32,
    bytes_left: usize,
    flooded: bool,
    /// Linear memory that may still be taken, by all memories of the component together.
    memory_left: usize,
    wanted_memory: bool,
}

/// A component as a device.
pub struct ComponentDevice {
    store: Store<Guest>,
    exports: wit::Device,
    fuel_start: u64,
    fuel_per_event: u64,
    calls: u32,
    bytes: usize,
}

impl Guest {
    /// Charges one call that carries `bytes`.
    pub(crate) fn charge(&mut self, bytes: usize) -> wasmtime::Result<&mut Lent> {
        let left = self.calls_left.checked_sub(1).zip(self.bytes_left.checked_sub(bytes));
        let Some((calls, bytes)) = left else {
            self.flooded = true;
            return Err(wasmtime::Error::msg("host calls of the event are spent"));
        };
        (self.calls_left, self.bytes_left) = (calls, bytes);
        Ok(&mut self.lent)
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let left = self.memory_left.checked_sub(desired.saturating_sub(current));
        self.wanted_memory |= left.is_none();
        self.memory_left = left.unwrap_or(self.memory_left);
        Ok(left.is_some())
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= 1024)
    }
}

impl ComponentDevice {
    pub(crate) fn new(
        engine: &Engine,
        ready: &wit::DevicePre<Guest>,
        terms: &Terms,
    ) -> Result<Self, Fault> {
        let guest = Guest {
            lent: Box::default(),
            calls_left: 0,
            bytes_left: 0,
            flooded: false,
            memory_left: terms.memory_bytes,
            wanted_memory: false,
        };
        let mut store = Store::new(engine, guest);
        store.limiter(|guest| guest);
        let entered = store.set_fuel(terms.fuel_start).and_then(|()| ready.instantiate(&mut store));
        let exports = match entered {
            Ok(exports) => exports,
            Err(error) => return Err(fault(&store, &error)),
        };
        Ok(Self {
            store,
            exports,
            fuel_start: terms.fuel_start,
            fuel_per_event: terms.fuel_per_event,
            calls: terms.host_calls_per_event,
            bytes: terms.bytes_per_event,
        })
    }

    /// Enters the component with the desk in its store, and takes the desk back whatever happens.
    fn enter<T>(
        &mut self,
        lent: &mut Box<Lent>,
        fuel: u64,
        call: impl FnOnce(&wit::Device, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Fault> {
        let guest = self.store.data_mut();
        (guest.calls_left, guest.bytes_left) = (self.calls, self.bytes);
        std::mem::swap(&mut guest.lent, lent);
        let (store, exports) = (&mut self.store, &self.exports);
        let done = store.set_fuel(fuel).and_then(|()| call(exports, store));
        std::mem::swap(&mut self.store.data_mut().lent, lent);
        done.map_err(|error| fault(&self.store, &error))
    }
}

/// What broke off, in words that do not depend on the build.
fn fault(store: &Store<Guest>, error: &wasmtime::Error) -> Fault {
    let guest = store.data();
    match error.downcast_ref::<Trap>() {
        _ if guest.flooded => Fault::HostCallFlood,
        Some(Trap::OutOfFuel) => Fault::OutOfFuel,
        Some(Trap::StackOverflow) => Fault::StackOverflow,
        _ if guest.wanted_memory => Fault::OutOfMemory,
        Some(trap) => Fault::Trap(trap.to_string()),
        None => Fault::Trap(format!("{}", error.root_cause())),
    }
}

impl Device for ComponentDevice {
    fn start(&mut self, lent: &mut Box<Lent>, config: &[Setting]) -> Result<(), Fault> {
        let settings: Vec<_> = config.iter().map(setting).collect();
        self.enter(lent, self.fuel_start, |exports, store| exports.call_start(store, &settings))
    }

    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        self.enter(lent, self.fuel_per_event, |exports, store| match event {
            Event::Timer(id) => exports.call_on_timer(store, id),
            Event::Frame { peer, body } => exports.call_on_frame(store, peer, body),
            Event::Sense { sensor, value } => exports.call_on_sense(store, sensor, value),
            Event::Input { input, value } => exports.call_on_input(store, input, value),
        })
    }

    fn save(&mut self, lent: &mut Box<Lent>) -> Result<Vec<u8>, Fault> {
        self.enter(lent, self.fuel_per_event, |exports, store| exports.call_save(store))
    }

    fn load(&mut self, lent: &mut Box<Lent>, state: &[u8]) -> Result<(), Fault> {
        self.enter(lent, self.fuel_per_event, |exports, store| exports.call_load(store, state))
    }
}

fn setting(setting: &Setting) -> wit::medtwin::device::types::Setting {
    use wit::medtwin::device::types::Value as Wire;
    let value = match &setting.value {
        Value::Flag(flag) => Wire::Flag(*flag),
        Value::Number(number) => Wire::Number(*number),
        Value::Text(text) => Wire::Text(text.clone()),
    };
    wit::medtwin::device::types::Setting { key: setting.key.clone(), value }
}
