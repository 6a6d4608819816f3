//! The pump on a bench: it decides once on a status that it is given, shows what it decided, and delivers nothing.
//!
//! `bench_status` is `glucose delta short long; rate minutes; at units, at units, …`, all in whole thousandths: glucose
//! and its changes [mg/dL], the temporary rate that runs [U/h] and what is left of it [min], and doses [U] at minutes
//! before now.
//! Settings are those of therapy, and so is the function that decides. The display has six fields, which show on
//! the bench:
//!
//! | field | shows | none |
//! |---|---|---|
//! | `basal` | the rate to set [U/h] | -1 |
//! | `state` | its minutes | -1 |
//! | `reading` | eventual glucose [mg/dL] | -1 |
//! | `last-bolus` | insulin required [U] | -1 |
//! | `reservoir` | carbohydrate required [g] | -1 |
//! | `insulin-on-board` | insulin on board [U] | |

use medtwin_controllers::Temp;
use medtwin_controllers::history::Trend;
use medtwin_controllers::insulin::Dose;
use medtwin_controllers::oref0::Status;
use medtwin_sdk::{Config, display};

use crate::automatic::{curve, decision, profile};
use crate::ports;

/// Decides, if this is a bench.
pub(crate) fn decides(config: &Config) {
    let Some(status) = status(config, config.text("bench_status")) else { return };
    let decision = decision(config, &status);
    let or_none = |value: Option<f64>| value.unwrap_or(-1.0);
    let outlook = decision.outlook;
    let shown = [
        (ports::BASAL, or_none(decision.command.map(|temp| temp.rate_u_per_h))),
        (ports::STATE, or_none(decision.command.map(|temp| temp.minutes))),
        (ports::READING, or_none(outlook.map(|outlook| outlook.eventual_mg_dl))),
        (ports::LAST_BOLUS, or_none(outlook.map(|outlook| outlook.insulin_required_u))),
        (ports::RESERVOIR_FIELD, or_none(outlook.and_then(|outlook| outlook.carbs_required_g))),
        (ports::ON_BOARD, status.on_board.units),
    ];
    for (field, value) in shown {
        let _ = display::show(field, value);
    }
}

fn status(config: &Config, text: &str) -> Option<Status> {
    let numbers = |text: &str| -> Option<Vec<f64>> {
        let thousandth = |word: &str| Some(f64::from(word.parse::<i32>().ok()?) / 1000.0);
        text.split_whitespace().map(thousandth).collect()
    };
    let mut parts = text.split(';');
    let [mg_dl, delta, short, long] = numbers(parts.next()?)?[..] else { return None };
    let [rate_u_per_h, minutes] = numbers(parts.next()?)?[..] else { return None };
    let mut doses = Vec::new();
    for dose in parts.next()?.split(',').filter(|dose| !dose.trim().is_empty()) {
        let [at_min, units] = numbers(dose)?[..] else { return None };
        doses.push(Dose { at_min, units });
    }
    Some(Status {
        trend: Trend { mg_dl, delta, short, long },
        age_min: 0.0,
        believes_flat: config.flag("believes_flat"),
        temp: Temp { rate_u_per_h, minutes },
        on_board: curve(config).on_board(&doses, 0.0, profile(config).basal_u_per_h),
    })
}

#[cfg(test)]
mod tests {
    use medtwin_sdk::Config;

    use super::*;

    #[test]
    fn a_status_is_read_with_its_doses() {
        let config = Config::new(Vec::new());
        let status = status(&config, "258000 3300 4600 5600; 0 0; -239000 1540, -161000 20")
            .expect("a status");
        assert_eq!(status.trend, Trend { mg_dl: 258.0, delta: 3.3, short: 4.6, long: 5.6 });
        assert!((status.on_board.units - 0.057).abs() < 1e-9, "as oref0 works it out");
    }

    #[test]
    fn what_is_no_status_is_none() {
        let config = Config::new(Vec::new());
        for text in
            ["", "258", "258 1 1; 0 0;", "258 1 1 1; 0 0", "a 1 1 1; 0 0;", "25.8 1 1 1; 0 0;"]
        {
            assert_eq!(status(&config, text), None, "{text}");
        }
        assert!(status(&config, "258 1 1 1; 0 0;").is_some());
    }
}
