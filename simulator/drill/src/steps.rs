//! The steps of the attack, in words for the instructor.

use medtwin_engine::adversary::{Act, Amount, Intention, Meddling, Repeat, Spread, Trigger};
use medtwin_engine::plan::Setup;
use serde::Serialize;

use crate::exercise::Exercise;
use crate::words::amount;

/// A step as it is planned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Step {
    pub(crate) number: u16,
    /// Its name in the scenario.
    pub(crate) id: String,
    /// Who does it.
    pub(crate) by: String,
    /// What it does.
    pub(crate) what: String,
    /// What starts it, and how often.
    pub(crate) when: String,
}

/// The steps of all adversaries, in the order of the scenario.
pub(crate) fn of(exercise: &Exercise) -> Vec<Step> {
    let setup = &exercise.plan.setup;
    let mut steps: Vec<Step> = setup
        .adversaries()
        .flat_map(|(by, intention)| {
            intention.steps.iter().map(move |step| Step {
                number: step.number,
                id: exercise.steps.get(step.number as usize).unwrap_or(&step.text).clone(),
                by: by.to_owned(),
                what: what(&step.act, setup),
                when: format!("{}{}", when(&step.trigger, intention), often(&step.repeat)),
            })
        })
        .collect();
    steps.sort_by_key(|step| step.number);
    steps
}

fn what(act: &Act, setup: &Setup) -> String {
    let device = |(node, unit): (u32, u16)| {
        let devices = setup.nodes.get(node as usize).map(|node| &node.devices);
        let device = devices.and_then(|devices| devices.get(unit as usize));
        device.map_or_else(|| "?".to_owned(), |device| device.text.clone())
    };
    match act {
        Act::Listen { record: Some((from, to)), .. } => {
            format!("records a frame from {} to {}", device(*from), device(*to))
        }
        Act::Listen { .. } => "listens for a serial number".to_owned(),
        Act::Crack { .. } => "tries out keys on what was recorded".to_owned(),
        Act::Inject { kind, args, target, .. } => {
            format!("sends {} a forged {}", device(target.to), order(*kind, args.amount))
        }
        Act::Send { body, target, .. } => {
            format!("sends {} {} bytes of its own making", device(target.to), body.len())
        }
        Act::Replay { target, .. } => format!("repeats a recorded frame to {}", device(target.to)),
        Act::Interfere(interference) => match interference.how {
            Meddling::Drop => "keeps frames from arriving".to_owned(),
            Meddling::Delay(ns) => format!("delays frames by {} s", amount(ns as f64 / 1e9)),
            Meddling::Time(ns) => format!("moves the time by {} s", amount(ns as f64 / 1e9)),
            Meddling::Alter { .. } => "alters frames on their way".to_owned(),
        },
        Act::Flash { image, target } => {
            let name = setup.firmware.get(*image as usize).map_or("?", |image| &image.name);
            format!("sends {} the firmware {name}", device(target.to))
        }
        Act::Flood { target, flood } => {
            format!("floods {} with {} frames", device(target.to), flood.frames)
        }
        Act::Press { device: at, .. } => format!("presses a key of {}", device(*at)),
        Act::LogIn { device: at, .. } => format!("tries to log in at {}", device(*at)),
        Act::BreakGlass { device: at } => format!("breaks the glass of {}", device(*at)),
        Act::ReadStorage { device: at } => format!("reads the memory of {}", device(*at)),
        Act::WriteStorage { device: at, record, .. } => {
            format!("writes over `{record}` in the memory of {}", device(*at))
        }
        Act::Install { device: at, .. } => {
            format!("puts another component in the place of {}", device(*at))
        }
        Act::Write { device: at, image } => {
            let name = setup.firmware.get(*image as usize).map_or("?", |image| &image.name);
            format!("puts the firmware {name} into {}", device(*at))
        }
        Act::CutPower { device: at, for_ns } => {
            format!("takes the power of {} for {} s", device(*at), amount(*for_ns as f64 / 1e9))
        }
    }
}

fn order(kind: impl std::fmt::Debug, asked: Amount) -> String {
    let asked = match asked {
        Amount::Units(Spread::Fixed(units)) => format!(" of {}", amount(units)),
        _ => String::new(),
    };
    match format!("{kind:?}").as_str() {
        "Bolus" if asked.is_empty() => "bolus".to_owned(),
        "Bolus" => format!("bolus{asked} U"),
        "TempBasal" if asked.is_empty() => "basal rate".to_owned(),
        "TempBasal" => format!("basal rate{asked} U/h"),
        other => other.to_lowercase(),
    }
}

fn when(trigger: &Trigger, intention: &Intention) -> String {
    match trigger {
        Trigger::At(at) => format!("at {}", minutes(*at)),
        Trigger::After { step, succeeded, delay } => {
            let before = intention.steps.get(*step).map_or("?", |step| step.text.as_str());
            let how = match succeeded {
                Some(true) => "succeeds",
                Some(false) => "fails",
                None => "ends",
            };
            format!("{} after {before} {how}", minutes(*delay))
        }
    }
}

fn often(repeat: &Repeat) -> String {
    match repeat.times {
        0 | 1 => String::new(),
        times => format!(", {times} times, {} apart", minutes(repeat.every)),
    }
}

fn minutes(spread: Spread) -> String {
    match spread {
        Spread::Fixed(min) => format!("{} min", amount(min)),
        Spread::Uniform(low, high) => format!("{} to {} min", amount(low), amount(high)),
        Spread::Exponential(mean) => format!("a time drawn around {} min", amount(mean)),
        Spread::LogNormal(median, _) => format!("a time drawn around {} min", amount(median)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_as_a_sentence() {
        let repeat = Repeat { times: 4, every: Spread::Fixed(8.0) };
        let at = when(&Trigger::At(Spread::Uniform(60.0, 90.5)), &Intention::default());
        assert_eq!(at + &often(&repeat), "at 60 to 90.5 min, 4 times, 8 min apart");
    }
}
