//! What people outside the world do in it: a drill's inputs.
//!
//! An [`Input`] takes effect through the same devices, hands and minutes as everything else, and is
//! an entry of the trace. A plan that holds the inputs of a drill runs to the same trace without
//! the people.
//!
//! From the first act of a player on, the wearer's hands are theirs: what a wearer would do of their
//! own about a beep, an alarm or a low is left to them. Meals and their doses go on as planned.

use serde::{Deserialize, Serialize};

use crate::plan::Setup;
use crate::time::SimTime;

/// One act of somebody outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// When it was given [ns since the start].
    pub at_ns: u64,
    /// At whose bedside, or by which adversary.
    pub who: String,
    /// What.
    #[serde(flatten)]
    pub action: Action,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Action {
    /// Stop the pump at its panel.
    Suspend,
    /// Start it again.
    Resume,
    /// Dose at the pump.
    Bolus {
        /// 0.05 to 25 [U].
        units: f64,
    },
    /// Eat fast carbohydrate.
    Eat {
        /// 1 to 200 [g].
        carbs_g: f64,
    },
    /// Switch the pump's remote option off in its menu.
    RemoteOff,
    /// Take the pump off and put on a spare with another serial number, paired anew.
    ReplacePump,
    /// Call somebody who can treat a low.
    CallForHelp,
    /// The adversary starts a step now, whether or not its trigger came.
    StartStep {
        /// Its number in the scenario.
        step: u16,
    },
    /// Take over the wearer's hands and do nothing: in the place of an act whose effect is asked for.
    /// It leaves no entry, and nobody can ask for it.
    #[serde(skip)]
    Watch,
}

/// The hands at one bedside: they do one thing after another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hands {
    free_ns: u64,
}

impl Hands {
    /// Takes an act that is given at `given_ns`; when they begin with it, and when it takes effect
    /// [ns].
    pub fn take(&mut self, given_ns: u64, action: &Action) -> (u64, u64) {
        let begins = given_ns.max(self.free_ns);
        self.free_ns = begins + (action.seconds() * 1e9) as u64;
        (begins, self.free_ns)
    }
}

/// Why an input is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody of that name is in the scenario, or they cannot do that.
    #[error("nobody called `{0}` can do that here")]
    Nobody(String),
    /// A number is not one, or out of range.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// The run is over, or the input lies before what has happened.
    #[error("it is too late for that")]
    TooLate,
}

impl Action {
    /// Its name in traces.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Bolus { .. } => "bolus",
            Self::Eat { .. } => "eat",
            Self::RemoteOff => "remote-off",
            Self::ReplacePump => "replace-pump",
            Self::CallForHelp => "call-for-help",
            Self::StartStep { .. } => "start-step",
            Self::Watch => "watch",
        }
    }

    /// Its number: [U], [g], or 0.
    pub const fn value(&self) -> f64 {
        match self {
            Self::Bolus { units } => *units,
            Self::Eat { carbs_g } => *carbs_g,
            _ => 0.0,
        }
    }

    /// How long a person's hands are busy with it [s]: assumptions [E], the spare after drills.md R14.
    pub const fn seconds(&self) -> f64 {
        match self {
            Self::Suspend | Self::Resume => 5.0,
            Self::Bolus { .. } => 25.0,
            Self::Eat { .. } => 60.0,
            Self::RemoteOff => 20.0,
            Self::ReplacePump => 600.0,
            Self::CallForHelp => 120.0,
            Self::StartStep { .. } | Self::Watch => 0.0,
        }
    }

    /// Whether those who look after the wearer do it, not an adversary.
    pub const fn is_of_team(&self) -> bool {
        !matches!(self, Self::StartStep { .. })
    }

    /// Key presses that it takes at the pump [E].
    pub const fn key_presses(&self) -> f64 {
        match self {
            Self::Suspend | Self::Resume => 3.0,
            Self::Bolus { .. } => 12.0,
            Self::RemoteOff => 6.0,
            Self::ReplacePump => 40.0,
            Self::Eat { .. } | Self::CallForHelp | Self::StartStep { .. } | Self::Watch => 0.0,
        }
    }

    fn check(&self) -> Result<(), Refused> {
        match self {
            Self::Bolus { units } if !(0.05..=25.0).contains(units) => {
                Err(Refused::OutOfRange("a bolus is 0.05 to 25 U"))
            }
            Self::Eat { carbs_g } if !(1.0..=200.0).contains(carbs_g) => {
                Err(Refused::OutOfRange("a snack is 1 to 200 g of carbohydrate"))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Suspend => f.write_str("stop the pump"),
            Self::Resume => f.write_str("start the pump again"),
            Self::Bolus { units } => write!(f, "give a bolus of {units} U"),
            Self::Eat { carbs_g } => write!(f, "eat {carbs_g} g of fast carbohydrate"),
            Self::RemoteOff => f.write_str("turn the remote off"),
            Self::ReplacePump => f.write_str("replace the pump"),
            Self::CallForHelp => f.write_str("call for help"),
            Self::StartStep { step } => write!(f, "start step {}", step + 1),
            Self::Watch => f.write_str("watch"),
        }
    }
}

/// When each of `inputs` (in order of time) takes effect.
pub fn take_effect(inputs: &[Input]) -> Vec<SimTime> {
    let mut hands = std::collections::BTreeMap::<_, Hands>::new();
    let mut ends = |Input { at_ns, who, action }: &Input| {
        let (_, ends) = hands.entry(who.clone()).or_default().take(*at_ns, action);
        SimTime::from_nanos(ends)
    };
    inputs.iter().map(&mut ends).collect()
}

impl Input {
    /// When.
    pub fn at(&self) -> SimTime {
        SimTime::from_nanos(self.at_ns)
    }

    /// The node that it is for.
    ///
    /// # Errors
    /// When nobody there can do it, or a number is out of range.
    pub fn node(&self, setup: &Setup) -> Result<u32, Refused> {
        self.action.check()?;
        let is_named = |node: &&crate::plan::NodeSetup| setup.names.text(node.name) == self.who;
        let found = setup.nodes.iter().zip(0..).find(|(node, _)| is_named(node));
        let able = found.filter(|(node, _)| match self.action {
            Action::StartStep { step } => {
                let steps = node.adversary.iter().flat_map(|adversary| &adversary.steps);
                steps.into_iter().any(|own| own.number == step)
            }
            _ => node.wearer().is_some(),
        });
        able.map(|(_, id)| id).ok_or_else(|| Refused::Nobody(self.who.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_reads_back_from_its_line() {
        for action in [
            Action::Suspend,
            Action::Bolus { units: 1.5 },
            Action::Eat { carbs_g: 15.0 },
            Action::StartStep { step: 2 },
        ] {
            let input = Input { at_ns: 7, who: "alex".to_owned(), action };
            let line = serde_json::to_string(&input).expect("a line");
            assert_eq!(serde_json::from_str::<Input>(&line).expect("an input"), input, "{line}");
        }
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        for units in [0.0, -1.0, 26.0, f64::NAN, f64::INFINITY] {
            assert!(Action::Bolus { units }.check().is_err(), "{units}");
        }
        assert!(Action::Eat { carbs_g: 1e9 }.check().is_err());
        assert!(Action::Eat { carbs_g: 15.0 }.check().is_ok());
    }
}
