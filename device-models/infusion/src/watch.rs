//! What a pump's sensors say of its line, its reservoir, its motor and its power.
//!
//! | trouble | rule | then |
//! |---|---|---|
//! | door | open | off |
//! | occlusion | 517 mmHg (10 psi) in the line | off |
//! | upstream occlusion | the plunger draws against 51.7 mmHg (1 psi) | off |
//! | air in line | a bubble of 50 uL, or 1 mL within 15 min [E] | off |
//! | empty | less than 0.5 mL left | off |
//! | overheated | more than 55 C | off |
//! | over-infusion | more than was asked for by 0.5 mL/h and a tenth, over 5 min | KVO; a volume pump stops |
//! | low reservoir | less than 1 mL left | KVO |
//! | low battery | less than 3 min left, without mains | KVO |
//! | under-infusion | less by as much and 20 s of the highest rate; the plunger takes that to begin | goes on |
//! | battery backup | without mains | goes on |
//!
//! A bubble ends with fluid that passes, or when somebody who saw to the line starts the pump; a look at a
//! plunger that stood ends none. Too much and too little are told above what a tolerance of 0.5 mL/h
//! hides: at 1 mL/h a motor that gives nothing, at 4 mL/h one that gives two thirds.
//!
//! What is left out: free flow (a set that siphons passes no motor), voltages, and the shorter window
//! of 1 min for what is given too much within a bolus.

use medtwin_sdk::Priority;

use crate::rolling::Rolling;

const OCCLUDED_MMHG: f64 = 517.0;
const UPSTREAM_MMHG: f64 = -51.7;
const BUBBLE_UL: f64 = 50.0;
const AIR_UL: f64 = 1000.0;
const EMPTY_ML: f64 = 0.5;
const LOW_ML: f64 = 1.0;
const HOT_C: f64 = 55.0;
const LOW_BATTERY_MIN: f64 = 3.0;
const BASAL_TOLERANCE_ML_PER_H: f64 = 0.5;
const BASAL_WINDOW_US: u64 = 300_000_000;
/// A step of the plunger, which may wait from before the window [mL].
const STEP_ML: f64 = 0.006;
/// The motor's encoder is read once a second [h].
const READ_H: f64 = 1.0 / 3600.0;
/// So long the plunger takes to find the piston (models.md 3.5) [h].
const START_UP_H: f64 = 20.0 / 3600.0;

/// What sensors read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Senses {
    /// Pressure in the line to the patient [mmHg].
    pub pressure_mmhg: f64,
    /// Air that passed so far [uL].
    pub air_ul: f64,
    /// What is left [mL].
    pub left_ml: f64,
    /// What the motor gave so far [mL].
    pub given_ml: f64,
    /// The door is open.
    pub is_open: bool,
    /// Pressure between reservoir and pump [mmHg]; below zero it draws in vain.
    pub upstream_mmhg: f64,
    /// The pump's own temperature [C].
    pub temperature_c: f64,
    /// How long the battery lasts [min].
    pub battery_min: f64,
    /// There is mains power.
    pub has_mains: bool,
}

/// What is wrong; by number also the place of its alarm in `model.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The line is shut: stop.
    Occluded = 0,
    /// Air in the line: stop.
    Air = 1,
    /// Nothing is left: stop.
    Empty = 2,
    /// Little is left: keep the vein open.
    Low = 3,
    /// The door is open: stop.
    Door = 4,
    /// Too much was given: keep the vein open.
    Over = 5,
    /// Too little was given: go on.
    Under = 6,
    /// Nothing comes from the reservoir: stop.
    Upstream = 7,
    /// Too hot: stop.
    Hot = 8,
    /// Soon without any power: keep the vein open.
    LowBattery = 9,
    /// Without mains: go on.
    OnBattery = 10,
}

impl Trouble {
    /// How urgent its alarm is.
    pub const fn priority(self) -> Priority {
        match self {
            Self::Over => Priority::High,
            Self::Low | Self::Under | Self::LowBattery | Self::OnBattery => Priority::Low,
            _ => Priority::Medium,
        }
    }
}

/// Everything that may be wrong.
pub const TROUBLES: [Trouble; 11] = [
    Trouble::Occluded,
    Trouble::Air,
    Trouble::Empty,
    Trouble::Low,
    Trouble::Door,
    Trouble::Over,
    Trouble::Under,
    Trouble::Upstream,
    Trouble::Hot,
    Trouble::LowBattery,
    Trouble::OnBattery,
];

/// What is wrong at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles(u16);

impl Troubles {
    /// Whether `trouble` is among them.
    pub const fn has(self, trouble: Trouble) -> bool {
        self.0 & (1 << trouble as u16) != 0
    }

    /// Whether the pump must not turn.
    pub fn stops(self) -> bool {
        use Trouble::{Air, Door, Empty, Hot, Occluded, Upstream};
        [Occluded, Upstream, Air, Empty, Door, Hot].into_iter().any(|trouble| self.has(trouble))
    }

    /// Whether it may only keep the vein open.
    pub fn keeps_open(self) -> bool {
        use Trouble::{Low, LowBattery, Over};
        [Over, Low, LowBattery].into_iter().any(|trouble| self.has(trouble))
    }

    /// The same without what the pump does not look at.
    #[must_use]
    pub const fn without(self, trouble: Trouble) -> Self {
        Self(self.0 & !(1 << trouble as u16))
    }

    const fn with(self, trouble: Trouble, holds: bool) -> Self {
        Self(self.0 | (holds as u16) << trouble as u16)
    }
}

/// Watches over time.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    bubble_ul: f64,
    /// Air that had passed at the last look [uL]; what passed before the first is no bubble of now.
    air_ul: Option<f64>,
    /// What the motor had given at the last look [mL].
    given_ml: f64,
    /// Air of the last quarter of an hour [mL].
    window: Option<Rolling>,
    motor: Option<Check>,
    /// What the last check of the motor found.
    found: Option<Trouble>,
    asked_ml: f64,
    /// The last rate that was asked for, and the highest since the check of the motor began [mL/h].
    rates_ml_per_h: (f64, f64),
    since_us: u64,
}

/// A check of the motor: when it began, with what was given and what had been asked for [mL].
#[derive(Clone, Copy, Debug)]
struct Check {
    from_us: u64,
    given_ml: f64,
    asked_ml: f64,
}

impl Watch {
    /// What was asked for since the last look [mL/h].
    pub fn asked(&mut self, now_us: u64, ml_per_h: f64) {
        let hours = now_us.saturating_sub(self.since_us) as f64 / 3.6e9;
        self.asked_ml += ml_per_h * hours;
        self.rates_ml_per_h = (ml_per_h, self.rates_ml_per_h.1.max(ml_per_h));
        self.since_us = now_us;
    }

    /// Somebody saw to the line: no bubble is in it any more.
    pub const fn seen_to(&mut self) {
        self.bubble_ul = 0.0;
    }

    /// What is wrong. Too much and too little are among it at the look that ends their window.
    pub fn look(&mut self, now_us: u64, s: &Senses) -> Troubles {
        let is_much = self.air(now_us, s);
        let motor = self.motor(now_us, s);
        let is_low = !s.has_mains && s.battery_min < LOW_BATTERY_MIN;
        Troubles::default()
            .with(Trouble::Door, s.is_open)
            .with(Trouble::Occluded, s.pressure_mmhg >= OCCLUDED_MMHG)
            .with(Trouble::Upstream, s.upstream_mmhg <= UPSTREAM_MMHG)
            .with(Trouble::Air, self.bubble_ul >= BUBBLE_UL || is_much)
            .with(Trouble::Empty, s.left_ml < EMPTY_ML)
            .with(Trouble::Hot, s.temperature_c > HOT_C)
            .with(Trouble::Over, motor == Some(Trouble::Over))
            .with(Trouble::Low, (EMPTY_ML..LOW_ML).contains(&s.left_ml))
            .with(Trouble::LowBattery, is_low)
            .with(Trouble::OnBattery, !s.has_mains)
            .with(Trouble::Under, motor == Some(Trouble::Under))
    }

    /// Whether the alarm of `trouble` holds, where `wrong` is what this look found: that of the motor
    /// until the next check of it.
    pub fn holds(&self, trouble: Trouble, wrong: Troubles) -> bool {
        let is_of_motor = matches!(trouble, Trouble::Over | Trouble::Under);
        if is_of_motor { self.found == Some(trouble) } else { wrong.has(trouble) }
    }

    /// What air passed since the last look, as a bubble and in all; whether in all it is too much.
    fn air(&mut self, now_us: u64, s: &Senses) -> bool {
        let before_ul = self.air_ul.replace(s.air_ul).unwrap_or(s.air_ul);
        let new_ul = (s.air_ul - before_ul).max(0.0);
        let is_fluid = new_ul <= 0.0 && s.given_ml > self.given_ml;
        self.given_ml = s.given_ml;
        self.bubble_ul = if is_fluid { 0.0 } else { self.bubble_ul + new_ul };
        let window = self.window.get_or_insert_with(Rolling::quarter_hour);
        window.delivered(now_us, new_ul / 1000.0);
        1000.0 * window.within_ml(now_us) >= AIR_UL
    }

    /// Compares what the motor gave with what it was asked for, over five minutes.
    fn motor(&mut self, now_us: u64, s: &Senses) -> Option<Trouble> {
        let new = Check { from_us: now_us, given_ml: s.given_ml, asked_ml: self.asked_ml };
        let begun = *self.motor.get_or_insert(new);
        let past_us = now_us.saturating_sub(begun.from_us);
        if past_us < BASAL_WINDOW_US {
            return None;
        }
        self.motor = Some(new);
        let asked_ml = new.asked_ml - begun.asked_ml;
        let more_ml = new.given_ml - begun.given_ml - asked_ml;
        let highest = self.rates_ml_per_h.1;
        self.rates_ml_per_h.1 = self.rates_ml_per_h.0;
        // A step, a reading that is late, and a tenth of what was asked for, are no error.
        let slack_ml = BASAL_TOLERANCE_ML_PER_H * past_us as f64 / 3.6e9
            + STEP_ML
            + highest * READ_H
            + 0.1 * asked_ml;
        self.found = match more_ml {
            more if more > slack_ml => Some(Trouble::Over),
            more if more < -slack_ml - highest * START_UP_H => Some(Trouble::Under),
            _ => None,
        };
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;
    const FULL: Senses = Senses {
        pressure_mmhg: 10.0,
        air_ul: 0.0,
        left_ml: 30.0,
        given_ml: 0.0,
        is_open: false,
        upstream_mmhg: 0.0,
        temperature_c: 30.0,
        battery_min: 30.0,
        has_mains: true,
    };

    /// What is wrong when a change has come since the first look.
    fn look(change: fn(&mut Senses)) -> Vec<Trouble> {
        let (mut watch, mut senses) = (Watch::default(), FULL);
        watch.look(0, &senses);
        change(&mut senses);
        let wrong = watch.look(S, &senses);
        TROUBLES.into_iter().filter(|&trouble| wrong.has(trouble)).collect()
    }

    #[test]
    fn each_sensor_has_its_threshold() {
        assert_eq!(look(|_| {}), []);
        assert_eq!(look(|s| s.pressure_mmhg = 516.0), []);
        assert_eq!(look(|s| s.pressure_mmhg = 517.0), [Trouble::Occluded]);
        assert_eq!(look(|s| s.upstream_mmhg = -51.0), []);
        assert_eq!(look(|s| s.upstream_mmhg = -52.0), [Trouble::Upstream]);
        assert_eq!(look(|s| s.air_ul = 49.0), []);
        assert_eq!(look(|s| s.air_ul = 50.0), [Trouble::Air]);
        assert_eq!(look(|s| s.left_ml = 0.9), [Trouble::Low]);
        assert_eq!(look(|s| s.left_ml = 0.4), [Trouble::Empty]);
        assert_eq!(look(|s| s.is_open = true), [Trouble::Door]);
        assert_eq!(look(|s| s.temperature_c = 55.0), []);
        assert_eq!(look(|s| s.temperature_c = 55.1), [Trouble::Hot]);
    }

    #[test]
    fn a_battery_matters_while_there_is_no_mains() {
        assert_eq!(look(|s| s.battery_min = 1.0), []);
        assert_eq!(look(|s| s.has_mains = false), [Trouble::OnBattery]);
        let soon = look(|s| (s.has_mains, s.battery_min) = (false, 2.9));
        assert_eq!(soon, [Trouble::LowBattery, Trouble::OnBattery]);
    }

    #[test]
    fn what_is_wrong_says_what_is_to_be_done() {
        let only = |trouble| Troubles::default().with(trouble, true);
        for trouble in TROUBLES {
            use Trouble::{Low, LowBattery, OnBattery, Over, Under};
            let keeps = [Over, Low, LowBattery].contains(&trouble);
            let goes_on = [Under, OnBattery].contains(&trouble);
            let wrong = only(trouble);
            assert_eq!((wrong.stops(), wrong.keeps_open()), (!keeps && !goes_on, keeps));
            assert_eq!(wrong.without(trouble), Troubles::default());
        }
    }

    #[test]
    fn small_bubbles_add_up_to_an_alarm() {
        let mut watch = Watch::default();
        watch.look(0, &FULL);
        let mut air_ul = 0.0;
        let at = (1..200).find(|i| {
            let bubble = if i % 2 == 0 { 40.0 } else { 0.0 };
            air_ul += bubble;
            let senses = Senses { air_ul, given_ml: *i as f64 * 0.04, ..FULL };
            watch.look(i * S, &senses).has(Trouble::Air)
        });
        assert_eq!(at, Some(50), "25 bubbles of 40 uL");
    }

    /// What air of 5 uL a step is taken for, with so many looks between two steps.
    fn looks_at(watch: &mut Watch, steps: u64, looks: u64, is_air: bool) -> bool {
        let (air_ul, given_ml) = (watch.air_ul.unwrap_or(0.0), watch.given_ml);
        let mut seen = false;
        for look in 1..=steps * looks {
            let ul = 5.0 * (look / looks) as f64;
            let air_ul = air_ul + if is_air { ul } else { 0.0 };
            let senses = Senses { air_ul, given_ml: given_ml + ul / 1000.0, ..FULL };
            seen = watch.look(look * S, &senses).has(Trouble::Air);
        }
        seen
    }

    #[test]
    fn a_bubble_goes_on_while_the_plunger_stands_and_ends_with_fluid() {
        let mut watch = Watch::default();
        let before = Senses { air_ul: 900.0, ..FULL };
        assert!(!watch.look(0, &before).has(Trouble::Air), "it passed before power on");
        assert!(!looks_at(&mut watch, 9, 3, true), "45 uL");
        assert!(looks_at(&mut watch, 1, 3, true), "50 uL, of ten steps");
        assert!(looks_at(&mut watch.clone(), 1, 1, true), "and more of it");
        assert!(!looks_at(&mut watch.clone(), 1, 1, false), "fluid ends it");
        watch.seen_to();
        assert!(!looks_at(&mut watch, 9, 3, true));
    }

    /// What five minutes at `ml_per_h` are found to be, of a motor that gives `share` of them.
    fn checked(ml_per_h: f64, share: f64) -> Option<Trouble> {
        let mut watch = Watch::default();
        for s in (0..=300).step_by(10) {
            watch.asked(s * S, ml_per_h);
            let given_ml = share * ml_per_h * s as f64 / 3600.0;
            watch.look(s * S, &Senses { given_ml, ..FULL });
        }
        watch.found
    }

    #[test]
    fn a_motor_that_stands_is_noticed_at_the_rates_that_people_use() {
        for ml_per_h in [1.0, 4.0, 20.0, 99.0, 999.0] {
            assert_eq!(checked(ml_per_h, 0.0), Some(Trouble::Under), "{ml_per_h}");
            assert_eq!(checked(ml_per_h, 1.0), None, "{ml_per_h}");
        }
        assert_eq!(checked(4.0, 0.6), Some(Trouble::Under));
        assert_eq!(checked(0.5, 0.0), None, "half a millilitre an hour is its tolerance");
    }

    #[test]
    fn what_a_plunger_takes_to_begin_is_no_under_infusion_nor_is_a_dose_within_it() {
        for ml_per_h in [0.5, 4.0, 99.0, 999.0] {
            assert_eq!(begun_with(ml_per_h, ml_per_h), None, "{ml_per_h}");
            assert_eq!(begun_with(ml_per_h, 0.5), None, "20 s at {ml_per_h}");
        }
    }

    /// Five minutes of a motor that begins after 20 s, in which it was asked for `first` and after which
    /// for `then` [mL/h].
    fn begun_with(first: f64, then: f64) -> Option<Trouble> {
        let mut watch = Watch::default();
        let mut given_ml = 0.0;
        for s in 0..=300 {
            let rate = if s <= 20 { first } else { then };
            watch.asked(s * S, rate);
            given_ml += if s > 20 { rate / 3600.0 } else { 0.0 };
            watch.look(s * S, &Senses { given_ml, ..FULL });
        }
        watch.found
    }

    #[test]
    fn a_dose_at_the_turn_of_a_check_is_no_error_though_the_encoder_is_read_late() {
        for ml_per_h in [99.0, 999.0] {
            for (from, to) in [(290, 301), (299, 320)] {
                assert_eq!(read_late(ml_per_h, from, to), [None, None], "{ml_per_h} from {from}");
            }
        }
    }

    /// What the first two checks find where a dose runs for these seconds, and readings are a second old.
    fn read_late(ml_per_h: f64, from: u64, to: u64) -> [Option<Trouble>; 2] {
        let mut watch = Watch::default();
        let mut given = vec![0.0];
        [300, 600].map(|end| {
            for s in given.len() as u64 - 1..=end {
                let rate = if (from + 1..=to).contains(&s) { ml_per_h } else { 0.5 };
                watch.asked(s * S, rate);
                let before = given[given.len() - 1];
                watch.look(s * S, &Senses { given_ml: before, ..FULL });
                given.push(before + rate / 3600.0);
            }
            watch.found
        })
    }

    #[test]
    fn a_motor_that_gives_twice_what_is_asked_is_noticed_within_five_minutes() {
        let mut watch = Watch::default();
        let mut given_ml = 0.0;
        let at = (0..600).step_by(10).find(|s| {
            watch.asked(s * S, 10.0);
            given_ml += 20.0 / 360.0;
            watch.look(s * S, &Senses { given_ml, ..FULL }).has(Trouble::Over)
        });
        assert_eq!(at, Some(300));
        let mut rises = |from: u64, ml: f64| {
            (from..from + 300)
                .step_by(10)
                .map(|s| {
                    watch.asked(s * S, 10.0);
                    given_ml += ml / 30.0;
                    let wrong = watch.look(s * S, &Senses { given_ml, ..FULL });
                    (watch.holds(Trouble::Over, wrong), wrong.has(Trouble::Over))
                })
                .collect::<Vec<_>>()
        };
        assert!(rises(310, 10.0 / 12.0)[..29].iter().all(|seen| *seen == (true, false)));
        assert_eq!(rises(610, 10.0 / 12.0).last(), Some(&(false, false)));
    }

    #[test]
    fn a_motor_that_does_as_asked_is_let_alone() {
        let mut watch = Watch::default();
        for s in (0..36_000).step_by(10) {
            watch.asked(s * S, 1.0);
            let steps = (s as f64 / 3600.0 / 0.005).floor();
            let senses = Senses { given_ml: steps * 0.005, ..FULL };
            assert_eq!(watch.look(s * S, &senses), Troubles::default());
        }
    }
}
