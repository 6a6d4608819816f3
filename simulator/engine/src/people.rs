//! The wearer of a pump: when they eat and dose, what they notice, and what they do about it.
//!
//! Sources: models.md 1.8 [E] for symptoms, rescue carbohydrate and delays. What a wearer notices is
//! keyed by minute, not by turn, so that an attack that adds beeps changes no other draw.
//!
//! Left out: what a wearer does about an empty reservoir or an occluded line, forgetting a meal bolus, misjudging carbohydrate, alarm fatigue.

use crate::adversary::Spread;
use crate::dose::Prescription;
use crate::input::Action;
use crate::trace::Name;

mod care;
mod course;
mod inpatient;
mod looks;
mod staff;
mod varied;

pub use care::Care;
pub use course::{CourseSetup, Signs, Unrest};
pub use inpatient::{InpatientSetup, KeyedOrder, Mishap, MishapKind};
pub use looks::Looks;
pub use staff::{Manner, StaffSetup};
pub use varied::Varied;

/// A patient, and how they live with their devices.
#[derive(Clone, Debug)]
pub struct WearerSetup {
    /// Their name in traces.
    pub name: Name,
    /// Their name as words, for streams.
    pub text: String,
    /// Which equations they follow.
    pub model: crate::patient::Model,
    /// Who they are.
    pub who: Who,
    /// What was prescribed, where it differs from what follows from the patient.
    pub prescription: Prescription,
    /// What they eat.
    pub meals: Vec<Meal>,
    /// What they notice and do.
    pub habits: Habits,
    /// What of that differs between trials.
    pub varied: Varied,
    /// Which of the node's devices they use.
    pub wiring: Wiring,
    /// The error of the glucose sensor.
    pub sensor: SensorError,
    /// When the infusion line is occluded: from, until [min].
    pub occluded: Option<(f64, f64)>,
    /// Insulin in the reservoir at the start [U].
    pub reservoir_u: f64,
    /// Time of day at the start [h].
    pub start_clock_h: f64,
}

/// Which virtual patient.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// One of the model's, such as `adult#001`.
    Id(String),
    /// Drawn anew in each trial from an age group, or from all.
    Population(Option<String>),
}

/// A meal.
#[derive(Clone, Debug, PartialEq)]
pub struct Meal {
    /// When it starts [min].
    pub at: Spread,
    /// How much carbohydrate.
    pub carbs: Carbs,
    /// How its insulin is dosed.
    pub dose: Dosing,
}

/// The carbohydrate of a meal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Carbs {
    /// [g]
    Plain(Spread),
    /// By body weight [g/kg].
    PerKg(Spread),
}

impl Carbs {
    /// At quantile `u` in (0, 1), for somebody of `weight_kg` [kg]: never below 0 [g].
    pub fn at(self, u: f64, weight_kg: f64) -> f64 {
        match self {
            Self::Plain(spread) => spread.at(u).max(0.0),
            Self::PerKg(spread) => (spread.at(u) * weight_kg).max(0.0),
        }
    }
}

/// How a wearer doses for a meal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dosing {
    /// Units from the remote; at the pump if the remote does not work.
    Remote,
    /// Carbohydrate keyed in at the pump.
    Panel,
    /// Not at all.
    None,
}

/// The devices of a node that the wearer uses, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// The pump.
    pub pump: Option<usize>,
    /// The remote.
    pub remote: Option<usize>,
    /// The glucose sensor.
    pub cgm: Option<usize>,
}

/// Which error model the glucose sensor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensorError {
    /// None: the reading is the interstitial glucose.
    None,
    /// Breton-Kovatchev 2008.
    Breton,
    /// Vettoretti 2019.
    Vettoretti,
}

/// What a wearer notices and does.
#[derive(Clone, Debug, PartialEq)]
pub struct Habits {
    /// Probability that they notice a beep that they did not cause.
    pub notices_beep: f64,
    /// Probability that they notice a device's warning of low glucose.
    pub notices_alarm: f64,
    /// How long noticing takes, awake [min].
    pub notice_delay: Spread,
    /// The same asleep [min].
    pub notice_delay_asleep: Spread,
    /// At which hour of the day they read the pump's log [h], and compare it with what they dosed.
    pub reads_log_h: Option<f64>,
    /// Asleep from this hour to that of the day.
    pub asleep_h: (f64, f64),
    /// Probability that they feel a low, glucose below `feels_below`; by age if not given.
    pub feels_low: Option<f64>,
    /// [mg/dL]
    pub feels_below_mg_dl: f64,
    /// How long it takes to feel it [min].
    pub feel_delay: Spread,
    /// What they eat then [g].
    pub rescue_carbs_g: f64,
    /// After what time a suspended pump is resumed [min].
    pub resume_after_min: f64,
    /// Probability that somebody helps once they are unconscious, awake.
    pub companion: f64,
    /// The same at night.
    pub companion_asleep: f64,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            notices_beep: 0.5,
            notices_alarm: 1.0,
            notice_delay: Spread::LogNormal(2.0, 0.8),
            notice_delay_asleep: Spread::LogNormal(15.0, 0.8),
            reads_log_h: None,
            asleep_h: (23.0, 7.0),
            feels_low: None,
            feels_below_mg_dl: 65.0,
            feel_delay: Spread::Uniform(5.0, 15.0),
            rescue_carbs_g: 15.0,
            resume_after_min: 60.0,
            companion: 0.9,
            companion_asleep: 0.5,
        }
    }
}

impl Habits {
    /// Probability that `patient` feels a low (models.md 1.8 [E]).
    pub(crate) fn feels_low(&self, patient: &str) -> f64 {
        self.feels_low.unwrap_or(if patient.starts_with("child") { 0.7 } else { 0.9 })
    }

    /// Whether the wearer is asleep at `hour` of the day [h].
    pub fn asleep(&self, hour: f64) -> bool {
        let (from, until) = self.asleep_h;
        if from <= until { (from..until).contains(&hour) } else { hour >= from || hour < until }
    }
}

/// Key presses and seconds that an act at a device takes [E]: at the pump, as for anybody there.
pub(crate) fn effort(act: Doing) -> (f64, f64) {
    let at_pump = |action: Action| (action.key_presses(), action.seconds());
    match act {
        Doing::BolusByRemote => (4.0, 8.0),
        Doing::BolusAtPump => at_pump(Action::Bolus { units: 0.0 }),
        Doing::Suspend => at_pump(Action::Suspend),
        Doing::Resume => at_pump(Action::Resume),
        _ => (0.0, 0.0),
    }
}

/// What it takes to log in: the secret, a key each and one to end it, a second each; and a one-time
/// code from an authenticator, 7 keys and 15 s [E].
pub(crate) fn login_effort(secret: usize, asks_code: bool) -> (f64, f64) {
    let keys = secret as f64 + 1.0;
    let (more_keys, more_s) = if asks_code { (7.0, 15.0) } else { (0.0, 0.0) };
    (keys + more_keys, keys + more_s)
}

/// What breaking the glass takes: two keys held down, and a warning to read [E].
pub(crate) const BREAK_GLASS: (f64, f64) = (2.0, 10.0);
/// What it takes to write down why [E].
pub(crate) const JUSTIFY: (f64, f64) = (20.0, 60.0);

/// What a wearer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Starts to eat meal `n`.
    Eat(u8),
    /// Doses from the remote.
    BolusByRemote,
    /// Looks whether the pump took it.
    Check(u8),
    /// Doses at the pump.
    BolusAtPump,
    /// Noticed a beep that they did not cause.
    Noticed,
    /// Noticed a device's warning of low glucose.
    NoticedLow,
    /// Stops the pump.
    Suspend,
    /// Starts it again.
    Resume,
    /// Feels a low.
    FeelLow,
    /// Reads the pump's log.
    ReadLog,
    /// The line becomes occluded, or clear.
    Occlude(bool),
    /// Thinks of pairing their devices anew, before the keys end.
    Renew,
    /// Has paired them anew.
    Paired,
}

impl Doing {
    /// Whether it answers something that the wearer noticed or felt; others who act for them answer
    /// in their own way.
    pub(crate) const fn is_response(self) -> bool {
        matches!(
            self,
            Self::Noticed | Self::NoticedLow | Self::Suspend | Self::Resume | Self::FeelLow
        )
    }

    pub(crate) fn slot(self) -> u32 {
        match self {
            Self::Eat(n) => u32::from(n),
            Self::BolusByRemote => 0x100,
            Self::BolusAtPump => 0x200,
            Self::Check(n) => 0x300 | u32::from(n),
            Self::Noticed => 0x400,
            Self::Suspend => 0x500,
            Self::Resume => 0x600,
            Self::FeelLow => 0x700,
            Self::NoticedLow => 0x900,
            Self::ReadLog => 0xc00,
            Self::Occlude(on) => 0x800 | u32::from(on),
            Self::Renew => 0xa00,
            Self::Paired => 0xb00,
        }
    }

    pub(crate) fn of(slot: u32) -> Self {
        let n = (slot & 0xff) as u8;
        match slot >> 8 {
            0 => Self::Eat(n),
            1 => Self::BolusByRemote,
            2 => Self::BolusAtPump,
            3 => Self::Check(n),
            4 => Self::Noticed,
            5 => Self::Suspend,
            6 => Self::Resume,
            7 => Self::FeelLow,
            9 => Self::NoticedLow,
            10 => Self::Renew,
            11 => Self::Paired,
            12 => Self::ReadLog,
            _ => Self::Occlude(n == 1),
        }
    }
}
