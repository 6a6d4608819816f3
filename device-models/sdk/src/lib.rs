//! What a device model is written with: the capabilities of the contract as plain functions, and
//! [`device!`], which makes a [`Model`] a component.
//!
//! Each module here is one capability. A model imports those that it calls and no other: its import
//! list is the list of what it wants.

#[allow(missing_docs, reason = "generated from the contract, which has the words")]
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "device",
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "medtwin_sdk::bindings",
    });
}

pub use bindings::medtwin::device::types::{Denial, Priority, Setting, Value};
pub use bindings::medtwin::device::{
    actuator, alarm, clock, display, log, network, random, sensor, storage, timer, update, vault,
};

/// Asked before acting on a command.
pub mod command {
    use sha2::{Digest as _, Sha256};

    /// Begins `verb` with `arguments`, of which the host sees the SHA-256.
    ///
    /// # Errors
    /// When the policy denies it. A model that honours its policy stops here.
    pub fn begin(verb: &str, arguments: &[u8]) -> Result<(), crate::Denial> {
        let digest: [u8; 32] = Sha256::digest(arguments).into();
        crate::bindings::medtwin::device::command::begin(verb, &digest)
    }
}

/// The logic of a device.
pub trait Model: Sized {
    /// Power on.
    fn start(config: &Config) -> Self;
    /// A timer is due.
    fn on_timer(&mut self, _id: u32) {}
    /// A frame from a peer, by index into the model's list.
    fn on_frame(&mut self, _peer: u32, _body: &[u8]) {}
    /// The hardware noticed something at a sensor, by index into the model's list.
    fn on_sense(&mut self, _sensor: u32, _value: f64) {}
    /// A person pressed a key, by index into the model's list.
    fn on_input(&mut self, _input: u32, _value: f64) {}
    /// What to keep over a reboot.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }
    /// Takes back what `save` gave; what makes no sense is ignored.
    fn load(&mut self, _state: &[u8]) {}
}

/// The config that the scenario gives the device.
pub struct Config(Vec<Setting>);

impl Config {
    #[doc(hidden)]
    pub fn new(settings: Vec<Setting>) -> Self {
        Self(settings)
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|setting| setting.key == key).map(|setting| &setting.value)
    }

    /// The number under `key`, or `otherwise`.
    pub fn number(&self, key: &str, otherwise: f64) -> f64 {
        match self.get(key) {
            Some(Value::Number(number)) => *number,
            _ => otherwise,
        }
    }

    /// Whether `key` is on; off when it is not there.
    pub fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Flag(true)))
    }

    /// The text under `key`, or none.
    pub fn text(&self, key: &str) -> &str {
        match self.get(key) {
            Some(Value::Text(own)) => own,
            _ => "",
        }
    }

    /// Whether `key` has this text.
    pub fn is(&self, key: &str, text: &str) -> bool {
        matches!(self.get(key), Some(Value::Text(own)) if own == text)
    }
}

/// Makes a [`Model`] the component of its crate.
#[macro_export]
macro_rules! device {
    ($model:ty) => {
        struct Exported;

        thread_local! {
            static MODEL: std::cell::RefCell<Option<$model>> = const { std::cell::RefCell::new(None) };
        }

        fn with<T: Default>(act: impl FnOnce(&mut $model) -> T) -> T {
            MODEL.with_borrow_mut(|model| model.as_mut().map(act)).unwrap_or_default()
        }

        impl $crate::bindings::Guest for Exported {
            fn start(config: Vec<$crate::Setting>) {
                let model = <$model as $crate::Model>::start(&$crate::Config::new(config));
                MODEL.with_borrow_mut(|slot| *slot = Some(model));
            }
            fn on_timer(id: u32) {
                with(|model| $crate::Model::on_timer(model, id));
            }
            fn on_frame(peer: u32, body: Vec<u8>) {
                with(|model| $crate::Model::on_frame(model, peer, &body));
            }
            fn on_sense(sensor: u32, value: f64) {
                with(|model| $crate::Model::on_sense(model, sensor, value));
            }
            fn on_input(input: u32, value: f64) {
                with(|model| $crate::Model::on_input(model, input, value));
            }
            fn save() -> Vec<u8> {
                with(|model| $crate::Model::save(model))
            }
            fn load(state: Vec<u8>) {
                with(|model| $crate::Model::load(model, &state));
            }
        }

        $crate::bindings::export!(Exported with_types_in $crate::bindings);
    };
}
