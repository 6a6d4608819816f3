//! How much: budgets of the sandbox, and limits on what actuators are set to.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::bounds::MAX_RULES;
use crate::error::PackError;
use crate::vocabulary::Named;

const FILE: &str = "envelope.toml";

/// The envelope of a pack, by device model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// By model name. A model that is not here has the default.
    pub models: BTreeMap<String, ModelEnvelope>,
    /// The models that it names.
    pub(crate) named: Vec<Named>,
    /// Where its limits stand.
    pub(crate) places: Vec<Place>,
}

/// Where a limit stands in the file, by its id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) id: String,
    pub(crate) at: Range<usize>,
    /// The actuators that it limits.
    ports: Vec<Spanned<String>>,
}

/// What one device of a model may use.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEnvelope {
    /// Fuel to start with [wasmtime fuel units, about one per instruction].
    pub fuel_start: u64,
    /// Fuel for one event.
    pub fuel_per_event: u64,
    /// Calls of the host in one event.
    pub host_calls_per_event: u32,
    /// Linear memory [KiB].
    pub memory_kib: u32,
    /// Bytes that the calls of one event may carry.
    pub bytes_per_event: u32,
    /// Wake-ups asked for per minute.
    pub wakes_per_min: u32,
    /// Frames sent per minute.
    pub frames_per_min: u32,
    /// Timers at a time.
    pub timers: u32,
    /// Bytes logged per hour.
    pub log_bytes_per_h: u32,
    /// Bytes kept in storage.
    pub storage_bytes: u32,
    /// Limits on actuators.
    pub limits: Vec<Limit>,
}

/// A limit on actuators.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its name, unique among the rules of its pack.
    pub id: String,
    /// Why.
    pub reason: String,
    /// The control that it enforces.
    pub control: Option<String>,
    /// What it limits.
    pub kind: LimitKind,
}

/// What a limit limits.
#[derive(Clone, Debug, PartialEq)]
pub enum LimitKind {
    /// What one port may be set to, in the port's unit.
    Range {
        /// The actuator.
        port: String,
        /// Lowest value; 0 if absent.
        min: Option<Amount>,
        /// Highest value; no limit if absent.
        max: Option<Amount>,
        /// Values are whole multiples of this.
        step: Option<f64>,
    },
    /// What several ports may deliver within a sliding window [U].
    Dose {
        /// The actuators.
        ports: Vec<String>,
        /// The window [min].
        window_min: f64,
        /// The dose [U].
        max: Amount,
        /// What adds to it: `carbs`, carbohydrate that a person keyed in, over the prescribed ratio.
        credit: Vec<String>,
    },
}

impl LimitKind {
    /// The actuators that it limits.
    fn ports(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::Range { port, .. } => std::slice::from_ref(port).iter(),
            Self::Dose { ports, .. } => ports.iter(),
        }
    }
}

/// A number, or one from the patient's prescription.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    /// The same for everybody.
    Number(f64),
    /// What is prescribed under `key`, times `factor`.
    #[serde(rename_all = "snake_case")]
    Prescription {
        /// A key of the prescription, such as `max_bolus_u`.
        #[serde(rename = "prescription")]
        key: String,
        /// 1 if absent.
        #[serde(default = "one")]
        factor: f64,
    },
}

const fn one() -> f64 {
    1.0
}

/// Keys that a prescription has.
pub const PRESCRIBED: [&str; 11] = [
    "basal_u_per_h",
    "max_basal_u_per_h",
    "max_bolus_u",
    "carb_ratio_g_per_u",
    "correction_mg_dl_per_u",
    "target_mg_dl",
    "dose_3h_u",
    "total_daily_u",
    "flow_ml_per_h",
    "dose_1h_ml",
    "lockout_min",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    model: BTreeMap<Spanned<String>, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    fuel_start: u64,
    fuel_per_event: u64,
    host_calls_per_event: u32,
    memory_kib: u32,
    bytes_per_event: u32,
    wakes_per_min: u32,
    frames_per_min: u32,
    timers: u32,
    log_bytes_per_h: u32,
    storage_bytes: u32,
    limit: Vec<WrittenLimit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLimit {
    id: Spanned<String>,
    reason: String,
    control: Option<Spanned<String>>,
    kind: Spanned<String>,
    port: Option<Spanned<String>>,
    min: Option<Spanned<Amount>>,
    max: Option<Spanned<Amount>>,
    step: Option<Spanned<f64>>,
    #[serde(default)]
    ports: Vec<Spanned<String>>,
    window_min: Option<Spanned<f64>>,
    #[serde(default)]
    credit: Vec<Spanned<String>>,
}

impl Default for Written {
    fn default() -> Self {
        let own = ModelEnvelope::default();
        Self {
            fuel_start: own.fuel_start,
            fuel_per_event: own.fuel_per_event,
            host_calls_per_event: own.host_calls_per_event,
            memory_kib: own.memory_kib,
            bytes_per_event: own.bytes_per_event,
            wakes_per_min: own.wakes_per_min,
            frames_per_min: own.frames_per_min,
            timers: own.timers,
            log_bytes_per_h: own.log_bytes_per_h,
            storage_bytes: own.storage_bytes,
            limit: Vec::new(),
        }
    }
}

impl Default for ModelEnvelope {
    /// About a hundred times what the models of this library use in an event, so that a budget ends
    /// runaways and nothing else.
    fn default() -> Self {
        Self {
            fuel_start: 5_000_000,
            fuel_per_event: 1_000_000,
            host_calls_per_event: 64,
            memory_kib: 1024,
            bytes_per_event: 4096,
            wakes_per_min: 600,
            frames_per_min: 30,
            timers: 8,
            log_bytes_per_h: 65_536,
            storage_bytes: 16_384,
            limits: Vec::new(),
        }
    }
}

impl ModelEnvelope {
    /// Every budget, by its key in `envelope.toml`.
    pub fn budgets(&self) -> [(&'static str, u64); 10] {
        [
            ("fuel_start", self.fuel_start),
            ("fuel_per_event", self.fuel_per_event),
            ("host_calls_per_event", self.host_calls_per_event.into()),
            ("memory_kib", self.memory_kib.into()),
            ("bytes_per_event", self.bytes_per_event.into()),
            ("wakes_per_min", self.wakes_per_min.into()),
            ("frames_per_min", self.frames_per_min.into()),
            ("timers", self.timers.into()),
            ("log_bytes_per_h", self.log_bytes_per_h.into()),
            ("storage_bytes", self.storage_bytes.into()),
        ]
    }
}

impl Envelope {
    /// What a device of `model` may use.
    pub fn model(&self, model: &str) -> ModelEnvelope {
        self.models.get(model).cloned().unwrap_or_default()
    }

    /// Every limit, with its model.
    pub fn limits(&self) -> impl Iterator<Item = (&str, &Limit)> {
        let all = self.models.iter();
        all.flat_map(|(name, model)| model.limits.iter().map(move |limit| (name.as_str(), limit)))
    }

    /// Limits on ports that `model` with these `actuators` does not have: they would limit nothing.
    pub fn misfits(&self, model: &str, actuators: &[String]) -> Vec<PackError> {
        let limits = self.models.get(model).into_iter().flat_map(|model| &model.limits);
        let misfit = |limit: &Limit| {
            let port = limit.kind.ports().find(|port| !actuators.contains(port))?;
            let message = format!("limit `{}` is on `{port}`, which `{model}` has not", limit.id);
            let help = format!("its actuators are: {}", actuators.join(", "));
            Some(PackError::new(FILE, self.port_at(&limit.id, port), message, help))
        };
        limits.filter_map(misfit).collect()
    }

    /// Where the limit `id` names `port`.
    fn port_at(&self, id: &str, port: &str) -> Range<usize> {
        let place = self.places.iter().find(|place| place.id == id);
        let named = place.and_then(|place| place.ports.iter().find(|own| own.get_ref() == port));
        named.map(Spanned::span).or(place.map(|place| place.at.clone())).unwrap_or(0..0)
    }

    /// Reads an `envelope.toml`; that a limit has not the name of a rule is seen when a pack is read.
    ///
    /// # Errors
    /// Every mistake of its author at once.
    pub fn read(text: &str) -> Result<Self, Vec<PackError>> {
        PackError::check_toml(FILE, text)?;
        let file: File =
            toml::from_str(text).map_err(|error| vec![PackError::of_toml(FILE, &error)])?;
        let mut errors = too_many(&file).into_iter().collect();
        let named = file.model.keys().map(named).collect();
        let places = file.model.values().flat_map(|model| &model.limit).map(WrittenLimit::place);
        let places = places.collect();
        let models = file.model.into_iter();
        let models = models.map(|(name, model)| (name.into_inner(), model.read(&mut errors)));
        let models = models.collect();
        if errors.is_empty() { Ok(Self { models, named, places }) } else { Err(errors) }
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&Limit) -> bool) {
        self.models.values_mut().for_each(|model| model.limits.retain(&keep));
    }

    pub(crate) fn take_over(&mut self, from: &Self, pick: impl Fn(&Limit) -> bool) {
        for (name, model) in &from.models {
            for limit in model.limits.iter().filter(|limit| pick(limit)) {
                let own = self.models.entry(name.clone()).or_default();
                if own.limits.iter().all(|other| other.id != limit.id) {
                    own.limits.push(limit.clone());
                }
            }
        }
    }
}

fn named(model: &Spanned<String>) -> Named {
    let (kind, id) = ("Model".to_owned(), model.get_ref().clone());
    Named { file: FILE, kind, id, at: model.span() }
}

fn too_many(file: &File) -> Option<PackError> {
    let limits: usize = file.model.values().map(|model| model.limit.len()).sum();
    let message = format!("{FILE} has {limits} limits");
    let error = || PackError::new(FILE, 0..0, message, format!("at most {MAX_RULES}"));
    (limits > MAX_RULES).then(error)
}

impl Written {
    fn read(self, errors: &mut Vec<PackError>) -> ModelEnvelope {
        let limits = self.limit.into_iter().filter_map(|limit| limit.read(errors)).collect();
        ModelEnvelope {
            fuel_start: self.fuel_start,
            fuel_per_event: self.fuel_per_event,
            host_calls_per_event: self.host_calls_per_event,
            memory_kib: self.memory_kib,
            bytes_per_event: self.bytes_per_event,
            wakes_per_min: self.wakes_per_min,
            frames_per_min: self.frames_per_min,
            timers: self.timers,
            log_bytes_per_h: self.log_bytes_per_h,
            storage_bytes: self.storage_bytes,
            limits,
        }
    }
}

impl WrittenLimit {
    fn place(&self) -> Place {
        let ports = self.port.iter().chain(&self.ports).cloned().collect();
        Place { id: self.id.get_ref().clone(), at: self.id.span(), ports }
    }

    fn read(self, errors: &mut Vec<PackError>) -> Option<Limit> {
        let before = errors.len();
        self.check(errors);
        let id = self.id.get_ref().clone();
        let kind = match self.kind.get_ref().as_str() {
            "range" => self.port.map(|port| LimitKind::Range {
                port: port.into_inner(),
                min: self.min.map(Spanned::into_inner),
                max: self.max.map(Spanned::into_inner),
                step: self.step.map(Spanned::into_inner),
            }),
            _ => self.window_min.zip(self.max).map(|(window_min, max)| LimitKind::Dose {
                ports: self.ports.into_iter().map(Spanned::into_inner).collect(),
                window_min: window_min.into_inner(),
                max: max.into_inner(),
                credit: self.credit.into_iter().map(Spanned::into_inner).collect(),
            }),
        };
        if kind.is_none() && errors.len() == before {
            let help = "a `range` needs `port`; a `dose` needs `ports`, `window_min` and `max`";
            errors.push(PackError::new(
                FILE,
                self.id.span(),
                format!("limit `{id}` is not whole"),
                help,
            ));
        }
        let control = self.control.map(Spanned::into_inner);
        kind.map(|kind| Limit { id, reason: self.reason, control, kind })
    }

    fn check(&self, errors: &mut Vec<PackError>) {
        let mut refuse =
            |at, message, help: String| errors.push(PackError::new(FILE, at, message, help));
        if !matches!(self.kind.get_ref().as_str(), "range" | "dose") {
            let message =
                format!("limit `{}` is of kind `{}`", self.id.get_ref(), self.kind.get_ref());
            refuse(self.kind.span(), message, "one of: range, dose".to_owned());
        }
        if let Some(control) =
            self.control.as_ref().filter(|c| !crate::CONTROLS.contains(&c.get_ref().as_str()))
        {
            let message = format!("there is no control `{}`", control.get_ref());
            refuse(control.span(), message, format!("one of: {}", crate::CONTROLS.join(", ")));
        }
        for credit in self.credit.iter().filter(|credit| credit.get_ref() != "carbs") {
            let message = format!("there is no credit `{}`", credit.get_ref());
            refuse(credit.span(), message, "one of: carbs".to_owned());
        }
        for (name, number) in [("window_min", &self.window_min), ("step", &self.step)] {
            if let Some(number) =
                number.as_ref().filter(|n| !(n.get_ref().is_finite() && *n.get_ref() > 0.0))
            {
                let message = format!("`{name}` is {}", number.get_ref());
                refuse(number.span(), message, "a number above 0".to_owned());
            }
        }
        for amount in [&self.min, &self.max].into_iter().flatten() {
            let message = match amount.get_ref() {
                Amount::Number(number) if !number.is_finite() || *number < 0.0 => {
                    format!("`{number}` is no amount")
                }
                Amount::Prescription { factor, .. } if !(factor.is_finite() && *factor >= 0.0) => {
                    format!("`{factor}` is no factor")
                }
                Amount::Prescription { key, .. } if !PRESCRIBED.contains(&key.as_str()) => {
                    format!("nothing is prescribed as `{key}`")
                }
                _ => continue,
            };
            refuse(
                amount.span(),
                message,
                format!("a number from 0, or one of: {}", PRESCRIBED.join(", ")),
            );
        }
    }
}
