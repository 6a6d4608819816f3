//! Decisions that oref0 0.7.1 itself made, and what bad data does.

use serde_json::Value;

use super::*;
use crate::insulin::{Curve, Dose};

const VECTORS: &str = include_str!("../../tests/data/oref0_vectors.json");

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} is no number in {value}"))
}

fn profile(case: &Value) -> Profile {
    let profile = &case["profile"];
    Profile {
        basal_u_per_h: number(profile, "current_basal"),
        sens_mg_dl_per_u: number(profile, "sens"),
        carb_ratio_g_per_u: number(profile, "carb_ratio"),
        target_mg_dl: number(profile, "min_bg"),
        max_iob_u: number(profile, "max_iob"),
        max_basal_u_per_h: number(profile, "max_basal"),
        max_daily_basal_u_per_h: number(profile, "max_daily_basal"),
    }
}

fn status(case: &Value, scheduled_u_per_h: f64) -> Status {
    let glucose = &case["glucose_status"];
    let temp = &case["current_temp"];
    let doses = case["past_doses_U_at_min"].as_array().expect("doses");
    let doses: Vec<Dose> = doses
        .iter()
        .map(|dose| Dose { at_min: number(dose, "t"), units: number(dose, "U") })
        .collect();
    Status {
        trend: Trend {
            mg_dl: number(glucose, "bg"),
            delta: number(glucose, "delta"),
            short: number(glucose, "short_avgdelta"),
            long: number(glucose, "long_avgdelta"),
        },
        age_min: 0.0,
        believes_flat: false,
        temp: Temp { rate_u_per_h: number(temp, "rate"), minutes: number(temp, "duration") },
        on_board: Curve::new(5.0, 75.0).on_board(&doses, 0.0, scheduled_u_per_h),
    }
}

fn cases() -> Vec<Value> {
    let file: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    file["cases"].as_array().expect("cases").clone()
}

#[track_caller]
fn check_same(case: &Value, key: &str, ours: Option<f64>) {
    let theirs = case["expected"][key].as_f64();
    let is_same = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-9,
        (ours, theirs) => ours == theirs,
    };
    assert!(is_same, "{}: {key} is {ours:?}, not {theirs:?}", case["id"]);
}

#[test]
fn every_decision_is_the_one_that_oref0_made() {
    let cases = cases();
    assert_eq!(cases.len(), 40);
    for case in &cases {
        let profile = profile(case);
        let decision = decide(&profile, &status(case, profile.basal_u_per_h));
        let outlook = decision.outlook.expect("the data are plausible");
        check_same(case, "rate", decision.command.map(|temp| temp.rate_u_per_h));
        check_same(case, "duration", decision.command.map(|temp| temp.minutes));
        check_same(case, "eventualBG", Some(outlook.eventual_mg_dl));
        check_same(case, "insulinReq", Some(outlook.insulin_required_u));
        check_same(case, "carbsReq", outlook.carbs_required_g);
    }
}

#[test]
fn insulin_on_board_is_what_oref0_works_out() {
    for case in &cases() {
        let on_board = status(case, profile(case).basal_u_per_h).on_board;
        assert!((on_board.units - number(case, "iob0")).abs() < 1e-9, "{}", case["id"]);
        let columns = [
            ("activity_5min", on_board.activity),
            ("activity_zerotemp_5min", on_board.activity_at_zero),
        ];
        for (key, ours) in columns {
            let theirs = case[key].as_array().expect(key);
            for (ours, theirs) in ours.iter().zip(theirs) {
                let off = (ours - theirs.as_f64().expect(key)).abs();
                assert!(off < 1e-9, "{} {key}: {ours}, not {theirs}", case["id"]);
            }
        }
    }
}

#[test]
fn old_or_impossible_readings_end_a_high_rate_and_shorten_a_stop() {
    let case = &cases()[0];
    let profile = profile(case);
    let good = status(case, profile.basal_u_per_h);
    let flat = Trend { mg_dl: 150.0, delta: 0.0, short: 0.2, long: 0.1 };
    let code = Trend { mg_dl: 38.0, ..good.trend };
    let bad = [
        Status { age_min: 13.0, ..good.clone() },
        Status { trend: flat, ..good.clone() },
        Status { trend: code, ..good.clone() },
    ];
    for status in bad {
        let answer = |rate_u_per_h, minutes| {
            let temp = Temp { rate_u_per_h, minutes };
            decide(&profile, &Status { temp, ..status.clone() }).command
        };
        let basal = Some(Temp { rate_u_per_h: profile.basal_u_per_h, minutes: 30.0 });
        assert_eq!(answer(3.0, 20.0), basal);
        assert_eq!(answer(0.0, 60.0), Some(Temp { rate_u_per_h: 0.0, minutes: 30.0 }));
        assert_eq!(answer(0.0, 20.0), None);
    }
    let simulated = Status { trend: flat, believes_flat: true, ..good };
    assert!(decide(&profile, &simulated).outlook.is_some());
}
