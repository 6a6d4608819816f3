use super::*;

const MAN: Covariates =
    Covariates { age_a: 40.0, weight_kg: 70.0, height_cm: 170.0, sex: Sex::Male };
const WOMAN: Covariates =
    Covariates { age_a: 65.0, weight_kg: 60.0, height_cm: 160.0, sex: Sex::Female };

/// Steps of a second through a reference: a bolus of `ug(second)` at its start, `ug_per_min` while
/// `infused_s` lasts.
#[track_caller]
fn check_follows(
    text: &str,
    rates: Rates,
    ug: impl Fn(u32) -> f64,
    ug_per_min: f64,
    infused_s: u32,
) {
    let table = Table::read(text);
    let step = Step::new(&rates, SECOND_MIN);
    let (mut x, mut second): (Compartments, u32) = ([0.0; 4], 0);
    x[0] += ug(0);
    for row in &table.rows {
        let until = (60.0 * table.of(row, "t_min")).round() as u32;
        while second < until {
            x = step.from(&x, if second < infused_s { ug_per_min } else { 0.0 });
            second += 1;
            x[0] += ug(second);
        }
        let what = |name: &str| format!("{name} at {until} s");
        ["A1", "A2", "A3"].iter().zip(x).for_each(|(name, is)| {
            check_close(is, table.of(row, name), 1e-9, &what(name));
        });
        check_close(x[0] / rates.v1_l, table.of(row, "Cp_central"), 1e-9, &what("Cp"));
        check_close(x[3], table.of(row, "Ce"), 1e-9, &what("Ce"));
    }
    assert!(table.rows.len() > 100);
}

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/data/", $name))
    };
}

fn once(ug: f64) -> impl Fn(u32) -> f64 {
    move |second| if second == 0 { ug } else { 0.0 }
}

#[test]
fn remifentanil_after_a_bolus() {
    let rates = Drug::Remifentanil.rates(&MAN);
    check_follows(data!("pk_remifentanil_minto_bolus70ug.csv"), rates, once(70.0), 0.0, 0);
}

#[test]
fn remifentanil_during_and_after_an_hour_of_infusion() {
    let rates = Drug::Remifentanil.rates(&MAN);
    let text = data!("pk_remifentanil_minto_inf_7ug_min_60min.csv");
    check_follows(text, rates, once(0.0), 7.0, 3600);
}

#[test]
fn fentanyl_at_the_effect_site_of_breathing_and_of_the_eeg() {
    let breathing = Drug::Fentanyl.rates(&MAN);
    let text = data!("pk_fentanyl_shafer_bolus100ug_ke0_00408.csv");
    check_follows(text, breathing, once(100.0), 0.0, 0);
    let eeg = Rates { ke0: Drug::Fentanyl.analgesic_ke0(&MAN), ..breathing };
    let text = data!("pk_fentanyl_shafer_bolus100ug_ke0_0147.csv");
    check_follows(text, eeg, once(100.0), 0.0, 0);
}

#[test]
fn morphine_by_forty_demands_six_minutes_apart() {
    let rates = Drug::Morphine.rates(&MAN);
    let demand = |second: u32| {
        if second.is_multiple_of(360) && second < 40 * 360 { 1000.0 } else { 0.0 }
    };
    check_follows(data!("pk_morphine_sarton_pca_1mg_per_6min_4h.csv"), rates, demand, 0.0, 0);
}

#[test]
fn morphine_loaded_and_then_infused() {
    let rates = Drug::Morphine.rates(&MAN);
    let text = data!("pk_morphine_sarton_basal1mg_h_load4mg.csv");
    check_follows(text, rates, once(4000.0), 1000.0 / 60.0, 6 * 3600);
}

fn presets() -> serde_json::Value {
    serde_json::from_str(data!("pk_presets.json")).expect("JSON")
}

#[track_caller]
fn check_preset(name: &str, rates: Rates) {
    let preset = &presets()[name];
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let of = [rates.v1_l, rates.k10, rates.k12, rates.k13, rates.k21, rates.k31, rates.ke0];
    let keys = ["V1", "k10", "k12", "k13", "k21", "k31", "ke0"];
    for (key, is) in keys.into_iter().zip(of) {
        check_close(is, number(&preset["params"][key]), 1e-12, &format!("{name} {key}"));
    }
    for (key, h_min) in [("h_1s", SECOND_MIN), ("h_1min", 1.0)] {
        let step = Step::new(&rates, h_min);
        let (phi, gamma) = step.matrices();
        for i in 0..4 {
            let what = format!("{name} {key} row {i}");
            check_close(gamma[i], number(&preset[key]["Gamma"][i]), 1e-9, &what);
            for (j, is) in phi[i].iter().enumerate() {
                check_close(*is, number(&preset[key]["Phi"][i][j]), 1e-9, &what);
            }
        }
    }
}

/// The rates of every preset.
fn of_presets() -> [(&'static str, Rates); 6] {
    let eeg = |drug: Drug| Rates { ke0: drug.analgesic_ke0(&MAN), ..drug.rates(&MAN) };
    [
        ("remifentanil_minto_m40y_70kg_170cm", Drug::Remifentanil.rates(&MAN)),
        ("remifentanil_minto_f65y_60kg_160cm", Drug::Remifentanil.rates(&WOMAN)),
        ("fentanyl_shafer_ke0_0.147", eeg(Drug::Fentanyl)),
        ("fentanyl_shafer_ke0_0.0408", Drug::Fentanyl.rates(&MAN)),
        ("morphine_sarton_70kg_ke0_0.0073", eeg(Drug::Morphine)),
        ("morphine_sarton_70kg_ke0_0.0026", Drug::Morphine.rates(&MAN)),
    ]
}

#[test]
fn every_preset_has_its_rates_and_its_exact_matrices() {
    of_presets().into_iter().for_each(|(name, rates)| check_preset(name, rates));
    assert_eq!(presets().as_object().map(serde_json::Map::len), Some(6));
}

/// Steps of a second after a bolus of 1 ug.
fn after_a_unit(rates: &Rates) -> impl Iterator<Item = Compartments> + use<> {
    let step = Step::new(rates, SECOND_MIN);
    std::iter::successors(Some([1.0, 0.0, 0.0, 0.0]), move |x| Some(step.from(x, 0.0)))
}

#[test]
fn a_unit_leaves_the_blood_as_the_three_exponentials_of_each_preset() {
    for (name, rates) in of_presets() {
        let preset = &presets()[name];
        let of = |key: &str, i: usize| preset[key][i].as_f64().expect("a number");
        let exponential = |minutes: f64, i: usize| {
            of("unit_disposition_coef_per_L", i) * libm::exp(-of("lambda_per_min", i) * minutes)
        };
        for (second, x) in after_a_unit(&rates).enumerate().step_by(60).take(600) {
            let minutes = second as f64 / 60.0;
            let should: f64 = (0..3).map(|i| exponential(minutes, i)).sum();
            check_close(x[0] / rates.v1_l, should, 1e-9, &format!("{name} at {minutes} min"));
        }
        for i in 0..3 {
            let half_life = core::f64::consts::LN_2 / of("lambda_per_min", i);
            check_close(half_life, of("half_lives_min", i), 1e-12, name);
        }
    }
}

#[test]
fn the_effect_peaks_when_and_as_high_as_each_preset_says() {
    for (name, rates) in of_presets() {
        let ce = after_a_unit(&rates).map(|x| x[3]).enumerate().take(4 * 3600);
        let (second, highest) = ce.max_by(|a, b| a.1.total_cmp(&b.1)).expect("seconds");
        let preset = &presets()[name];
        let peak_s = 60.0 * preset["tpeak_effect_min"].as_f64().expect("a number");
        assert!((second as f64 - peak_s).abs() <= 1.0, "{name}: {second} s, not {peak_s}");
        let unit = preset["Ce_peak_per_unit_bolus_per_L"].as_f64().expect("a number");
        check_close(highest, unit, 1e-5, name);
    }
}

#[test]
fn lean_mass_is_held_at_the_formulas_highest() {
    let at = |weight_kg: f64| drug::lean_kg(&Covariates { weight_kg, ..WOMAN });
    assert!((drug::lean_kg(&MAN) - 55.30).abs() < 0.01);
    let heaviest = 1.07 * 160.0 * 160.0 / (2.0 * 148.0);
    assert!(at(heaviest) > at(heaviest - 20.0));
    check_close(at(heaviest + 60.0), at(heaviest), 1e-12, "beyond the highest");
}
