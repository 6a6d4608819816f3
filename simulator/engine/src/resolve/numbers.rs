//! Numbers that a scenario may not have: what is none, what is negative, and what never ends.

use toml::Spanned;

use super::known;
use crate::scenario::{
    Device, Distribution, Meal, Number, Patient, Scenario, ScenarioError, Staff, Step,
};

/// The most attempts of all steps together.
const MAX_ATTEMPTS: u64 = 100_000;
/// The most frames of all floods together.
const MAX_FLOODED: f64 = 1e6;
/// The most searches for a key: one takes some 20 ms of the machine.
const MAX_SEARCHES: usize = 16;
/// The widest log-normal distribution: at 3, one draw in forty is 400 times the median.
const MAX_SIGMA: f64 = 3.0;
/// The shortest pause between two [min]: 10 ms.
const MIN_PAUSE_MIN: f64 = 0.01 / 60.0;
/// The most meals of a patient.
const MAX_MEALS: usize = 255;
/// The most devices of a patient: a nonce has 8 bits to tell them apart.
const MAX_WORN: usize = 256;

/// Checks every number of `scenario`.
pub(super) fn check(scenario: &Scenario, errors: &mut Vec<ScenarioError>) {
    let mut checker = Checker(errors);
    let worn = super::worn(scenario);
    for (name, patient) in &scenario.patient {
        checker.patient(name, patient);
        checker.worn(name, patient, worn.get(name).map_or(0, Vec::len));
    }
    for (name, device) in &scenario.device {
        checker.device(name, device);
    }
    for (name, link) in &scenario.link {
        checker.number(&link.medium, &format!("`loss` of `{name}`"), link.loss, 1.0);
        checker.number(&link.medium, &format!("`range_m` of `{name}`"), link.range_m, 1e6);
    }
    for (name, adversary) in &scenario.adversary {
        let what = format!("`distance_m` of `{name}`");
        checker.number(&adversary.position, &what, adversary.distance_m, 1e6);
    }
    for (name, staff) in &scenario.staff {
        checker.staff(name, staff);
    }
    for step in &scenario.step {
        checker.step(step);
        checker.reach(scenario, step);
    }
    checker.attempts(scenario);
    checker.searches(scenario);
    checker.floods(scenario);
}

struct Checker<'a>(&'a mut Vec<ScenarioError>);

impl Checker<'_> {
    fn refuse<T>(&mut self, at: &Spanned<T>, message: String, help: String) {
        self.0.push(ScenarioError::at(at, message, help));
    }

    fn plain<T>(&mut self, at: &Spanned<T>, what: &str, number: Option<f64>, low: f64, high: f64) {
        if let Some(number) = number.filter(|number| !(low..=high).contains(number)) {
            self.refuse(
                at,
                format!("{what} is {number}"),
                format!("a number from {low} to {high}"),
            );
        }
    }

    /// A number or a distribution that gives none below 0 or, as far as that can be said, above `most`.
    fn number<T>(&mut self, at: &Spanned<T>, what: &str, number: Option<Number>, most: f64) {
        let fits = |value: f64| (0.0..=most).contains(&value);
        let sound = match number {
            None => true,
            Some(Number::Fixed(value)) => fits(value),
            Some(Number::Drawn(Distribution::Uniform([low, high]))) => {
                fits(low) && fits(high) && low <= high
            }
            Some(Number::Drawn(Distribution::Exponential(mean))) => fits(mean) && mean > 0.0,
            Some(Number::Drawn(Distribution::Lognormal { median, sigma })) => {
                fits(median) && median > 0.0 && (0.0..=MAX_SIGMA).contains(&sigma)
            }
        };
        if !sound {
            let help = format!(
                "a number from 0 to {most}, or {{ uniform = [low, high] }}, {{ exponential = mean }}, {{ lognormal = {{ median, sigma }} }} of such, with mean and median above 0 and sigma at most {MAX_SIGMA}"
            );
            let message = match number {
                Some(Number::Fixed(value)) => format!("{what} cannot be {value}"),
                _ => format!("{what} cannot be"),
            };
            self.refuse(at, message, help);
        }
    }

    fn staff(&mut self, name: &str, staff: &Staff) {
        let times = [
            ("response_low_s", staff.response_low_s),
            ("response_medium_s", staff.response_medium_s),
            ("response_high_s", staff.response_high_s),
            ("walk_s", staff.walk_s),
            ("handle_s", staff.handle_s),
        ];
        for (key, number) in times {
            self.number(&staff.nurses, &format!("`{key}` of `{name}`"), number, 1e6);
        }
        let hears = format!("`hears_bedside` of `{name}`");
        self.plain(&staff.nurses, &hears, staff.hears_bedside, 0.0, 1.0);
        let fatigue = format!("`fatigue_alarms` of `{name}`");
        self.plain(&staff.nurses, &fatigue, staff.fatigue_alarms, 0.001, 1e9);
    }

    fn device(&mut self, name: &str, device: &Device) {
        let at = &device.model;
        self.plain(at, &format!("`reservoir_u` of `{name}`"), device.reservoir_u, 0.0, 10_000.0);
        let spans = [
            ("occluded_min", device.occluded_min),
            ("upstream_occluded_min", device.upstream_occluded_min),
            ("door_open_min", device.door_open_min),
            ("heated_min", device.heated_min),
        ];
        for (key, span) in spans {
            for min in span.into_iter().flatten() {
                self.plain(at, &format!("`{key}` of `{name}`"), Some(min), 0.0, 1e6);
            }
            if let Some([from, until]) = span.filter(|[from, until]| from > until) {
                let message = format!("`{key}` of `{name}` is from {from} to {until}");
                self.refuse(at, message, "two times, the first below the second".to_owned());
            }
        }
        if let Some(bag) = device.second_bag {
            let what = |key: &str| format!("`{key}` of the second bag of `{name}`");
            self.plain(at, &what("at_min"), Some(bag.at_min), 0.0, 1e6);
            self.plain(at, &what("ml"), Some(bag.ml), 0.0, 10_000.0);
        }
        let Some([from, until]) = device.power_lost_min else { return };
        let fits = |min: f64| (0.0..=1e6).contains(&min);
        if !(fits(from) && fits(until) && from < until) {
            let message = format!("`power_lost_min` of `{name}` is from {from} until {until}");
            let help = "two numbers from 0 to 1000000, the first below the second";
            self.refuse(at, message, help.to_owned());
        }
    }

    fn patient(&mut self, name: &str, patient: &Patient) {
        let at = &patient.model;
        if patient.meals.len() > MAX_MEALS {
            let message = format!("patient `{name}` has {} meals", patient.meals.len());
            self.refuse(at, message, format!("at most {MAX_MEALS}"));
        }
        for meal in &patient.meals {
            self.number(at, &format!("`at_h` of a meal of `{name}`"), Some(meal.at_h), 1000.0);
            self.meal(at, name, meal);
        }
        for order in &patient.orders {
            let key = order.key.get_ref();
            let what = format!("`at_min` of the order `{key}` of `{name}`");
            self.number(&order.key, &what, order.at_min, 1e6);
            let what = format!("`value` of the order `{key}` of `{name}`");
            self.plain(&order.key, &what, Some(order.value), 0.0, 1e6);
        }
        let wearer = &patient.wearer;
        for (key, chance) in [
            ("notices_beep", wearer.notices_beep),
            ("notices_alarm", wearer.notices_alarm),
            ("feels_low", wearer.feels_low),
            ("companion", wearer.companion),
        ] {
            self.number(at, &format!("`{key}` of `{name}`"), chance, 1.0);
        }
        let resume = wearer.resume_after_min;
        self.plain(at, &format!("`resume_after_min` of `{name}`"), resume, 0.0, 1e6);
        self.plain(at, &format!("`reads_log_h` of `{name}`"), wearer.reads_log_h, 0.0, 24.0);
        for hour in wearer.asleep_h.into_iter().flatten() {
            self.number(at, &format!("`asleep_h` of `{name}`"), Some(hour), 48.0);
        }
        let delay = wearer.notice_delay_min;
        self.number(at, &format!("`notice_delay_min` of `{name}`"), delay, 1e6);
    }

    fn meal(&mut self, at: &Spanned<String>, name: &str, meal: &Meal) {
        if meal.carbs_g.is_some() == meal.carbs_g_per_kg.is_some() {
            let message = format!("a meal of `{name}` needs either `carbs_g` or `carbs_g_per_kg`");
            let help = "`carbs_g = 45`, or by body weight `carbs_g_per_kg = 0.6`";
            self.refuse(at, message, help.to_owned());
        }
        self.number(at, &format!("`carbs_g` of a meal of `{name}`"), meal.carbs_g, 1000.0);
        let per_kg = meal.carbs_g_per_kg;
        self.number(at, &format!("`carbs_g_per_kg` of a meal of `{name}`"), per_kg, 20.0);
    }

    fn step(&mut self, step: &Step) {
        let (at, id) = (&step.id, step.id.get_ref());
        for (key, number) in [("at_min", step.at_min), ("delay_min", step.delay_min)] {
            self.number(at, &format!("`{key}` of step `{id}`"), number, 1e6);
        }
        for (key, number) in [("for_min", step.for_min), ("by_s", step.by_s)] {
            self.plain(at, &format!("`{key}` of step `{id}`"), number, 0.0, 1e6);
        }
        self.plain(at, &format!("`code_age_s` of step `{id}`"), step.code_age_s, 0.0, 86_400.0);
        let tries = step.tries_per_s;
        self.plain(at, &format!("`tries_per_s` of step `{id}`"), tries, 1e-3, 1e12);
        self.plain(at, &format!("`rate_per_s` of step `{id}`"), step.rate_per_s, 0.1, 1e5);
        let bytes = step.bytes.map(f64::from);
        self.plain(at, &format!("`bytes` of step `{id}`"), bytes, 1.0, 9000.0);
        for (key, number, most) in [
            ("units", step.args.units, 3000.0),
            ("daily_dose_share", step.args.daily_dose_share, 100.0),
            ("rate_u_per_h", step.args.rate_u_per_h, 3000.0),
            ("minutes", step.args.minutes, 65_535.0),
            ("carbs_g", step.args.carbs_g, 1000.0),
        ] {
            self.number(at, &format!("argument `{key}` of step `{id}`"), number, most);
        }
        let Some(repeat) = &step.repeat else { return };
        self.number(at, &format!("`every_min` of step `{id}`"), Some(repeat.every_min), 1e6);
        let times = f64::from(repeat.times);
        let most = MAX_ATTEMPTS as f64;
        self.plain(at, &format!("`times` of step `{id}`"), Some(times), 1.0, most);
        let every = pause(repeat.every_min);
        if repeat.times > 1 && (0.0..MIN_PAUSE_MIN).contains(&every) {
            let message = format!("step `{id}` repeats every {every} min");
            self.refuse(at, message, "at least every 10 ms: `every_min = 0.0002`".to_owned());
        }
    }

    /// Single steps are bounded; together they are as well.
    fn attempts(&mut self, scenario: &Scenario) {
        let times = |step: &Step| step.repeat.as_ref().map_or(1, |r| u64::from(r.times));
        let is_sound = |step: &&Step| times(step) <= MAX_ATTEMPTS;
        let attempts: u64 = scenario.step.iter().filter(is_sound).map(times).sum();
        let longest = scenario.step.iter().filter(is_sound).max_by_key(|step| times(step));
        if let Some(step) = longest.filter(|_| attempts > MAX_ATTEMPTS) {
            let message = format!("the steps make {attempts} attempts together");
            self.refuse(&step.id, message, format!("at most {MAX_ATTEMPTS} in a run"));
        }
    }

    fn worn(&mut self, name: &str, patient: &Patient, devices: usize) {
        if devices > MAX_WORN {
            let message = format!("patient `{name}` wears more than {MAX_WORN} devices");
            self.refuse(&patient.model, message, format!("at most {MAX_WORN}"));
        }
    }

    /// A search costs the machine more than any other act.
    fn searches(&mut self, scenario: &Scenario) {
        let mut searches = scenario.step.iter().filter(|step| step.act.get_ref() == "crack");
        if let Some(step) = searches.nth(MAX_SEARCHES) {
            let message = format!("step `{}` is one search for a key too many", step.id.get_ref());
            self.refuse(&step.act, message, format!("at most {MAX_SEARCHES} in a scenario"));
        }
    }

    fn floods(&mut self, scenario: &Scenario) {
        let floods = || scenario.step.iter().filter(|step| step.act.get_ref() == "flood");
        let frames =
            |step: &Step| step.rate_per_s.unwrap_or(100.0) * step.for_min.unwrap_or(1.0) * 60.0;
        let all: f64 = floods().map(frames).sum();
        let largest = floods().max_by(|one, other| frames(one).total_cmp(&frames(other)));
        if let Some(step) = largest.filter(|_| all > MAX_FLOODED) {
            let message = format!("floods send {all} frames together");
            self.refuse(&step.act, message, format!("at most {MAX_FLOODED} in a run"));
        }
    }

    /// A step acts on a link that its adversary has.
    fn reach(&mut self, scenario: &Scenario, step: &Step) {
        let Some(adversary) = scenario.adversary.get(step.by.get_ref()) else { return };
        let has = |name: &str| adversary.links.iter().any(|link| link.get_ref() == name);
        if let Some(on) = step.on.as_ref().filter(|on| !has(on.get_ref())) {
            let message = format!(
                "step `{}` is on a link that `{}` does not have",
                step.id.get_ref(),
                step.by.get_ref()
            );
            let links: Vec<String> =
                adversary.links.iter().map(|link| link.get_ref().clone()).collect();
            self.refuse(on, message, known(links.iter()));
        }
    }
}

/// The shortest or the usual pause between two repeats [min].
fn pause(every: Number) -> f64 {
    match every {
        Number::Fixed(every) => every,
        Number::Drawn(Distribution::Uniform([low, _])) => low,
        Number::Drawn(Distribution::Exponential(mean)) => mean,
        Number::Drawn(Distribution::Lognormal { median, .. }) => median,
    }
}
