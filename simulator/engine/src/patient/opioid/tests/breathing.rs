use super::*;

/// What is done to the patient of a reference at the start of a second, and infused in it.
type Regimen = fn(u32, &mut OpioidPatient) -> (Drug, f64);

struct Case {
    text: &'static str,
    regimen: Regimen,
    /// Share of oxygen in what is breathed, from the start.
    fio2: f64,
    /// The reference shuts the airway after it wrote its first row.
    is_shut_after_row_0: bool,
}

const COLUMNS: [&str; 16] = [
    "Cp", "Ce", "E", "Sed", "D", "VE_l_min", "RR_bpm", "VT_l", "VA_l_min", "PaCO2", "PeCO2",
    "PAO2", "PaO2", "SaO2_pct", "EtCO2", "apnea",
];
/// Those that a reference shows of an airway that is still open.
const MOVED: [&str; 6] = ["VE_l_min", "RR_bpm", "VT_l", "VA_l_min", "EtCO2", "apnea"];

fn seen(patient: &OpioidPatient, drug: Drug, vitals: &Vitals) -> [f64; 16] {
    let (cp, ce) = patient.concentrations_ng_per_ml(drug);
    let b = &vitals.breath;
    let tidal_l = if b.rate_per_min > 0.0 { b.ventilation_l_per_min / b.rate_per_min } else { 0.0 };
    [
        cp,
        ce,
        vitals.effect.depression,
        vitals.effect.sedation,
        b.drive,
        b.ventilation_l_per_min,
        b.rate_per_min,
        tidal_l,
        b.alveolar_l_per_min,
        b.paco2_mmhg,
        b.effect_co2_mmhg,
        b.pao2_mmhg,
        (b.pao2_mmhg - 10.0).max(1.0),
        100.0 * b.saturation,
        b.etco2_mmhg(),
        f64::from(u8::from(b.is_apnoeic)),
    ]
}

/// The same splitting gives the same numbers to 1e-6, until the dose of hypoxia is 1.
#[track_caller]
fn check_follows(case: &Case) -> usize {
    let table = Table::read(case.text);
    let mut rows = table.rows.iter().peekable();
    let mut patient = adult_on(case.fio2);
    let mut oximeter: Option<Oximeter> = None;
    let mut compared = 0;
    for second in 0.. {
        let (drug, ug) = (case.regimen)(second, &mut patient);
        let vitals = patient.vitals();
        let saturation = vitals.breath.saturation;
        let shown = oximeter.get_or_insert_with(|| Oximeter::new(saturation)).second(saturation);
        let Some(row) = rows.next_if(|row| table.of(row, "t_s") <= f64::from(second)) else {
            if rows.peek().is_none() {
                break;
            }
            patient.second(&vitals, one(drug, ug));
            continue;
        };
        if table.of(row, "hypoxia_dose") > 1.0 {
            break;
        }
        for (name, is) in COLUMNS.into_iter().zip(seen(&patient, drug, &vitals)) {
            if !(case.is_shut_after_row_0 && second == 0 && MOVED.contains(&name)) {
                check_close(is, table.of(row, name), 1e-6, &format!("{name} at {second} s"));
            }
        }
        check_close(patient.hypoxia_min(), table.of(row, "hypoxia_dose"), 1e-6, "hypoxia");
        check_close(vitals.naloxone_ng_per_ml, table.of(row, "naloxone_Ce"), 1e-6, "naloxone");
        let displayed = table.of(row, "SpO2_disp");
        assert!((shown - displayed).abs() < 0.5 + 1e-6, "{shown} at {second} s, not {displayed}");
        compared += 1;
        patient.second(&vitals, one(drug, ug));
    }
    compared
}

fn one(drug: Drug, ug: f64) -> [f64; 3] {
    Drug::ALL.map(|other| if other == drug { ug } else { 0.0 })
}

macro_rules! case {
    ($name:literal, $regimen:expr) => {
        Case {
            text: include_str!(concat!("../../../../tests/data/resp_", $name, ".csv")),
            regimen: $regimen,
            fio2: ROOM_AIR,
            is_shut_after_row_0: false,
        }
    };
}

fn bolus(drug: Drug, ug: f64, second: u32, patient: &mut OpioidPatient) -> (Drug, f64) {
    if second == 0 {
        patient.bolus(drug, ug);
    }
    (drug, 0.0)
}

/// Demands of 20 ug every 10 min until 2 h, then every minute until 2 h 30 min.
pub(super) fn attack(second: u32) -> f64 {
    let is_demanded = match second {
        0..7200 => second.is_multiple_of(600),
        7200..9000 => second.is_multiple_of(60),
        _ => false,
    };
    if is_demanded { 20.0 } else { 0.0 }
}

const SHUT: Regimen = |_, patient| {
    patient.obstruct(true);
    (Drug::Fentanyl, 0.0)
};

#[test]
fn an_airway_that_is_shut() {
    let room = Case { is_shut_after_row_0: true, ..case!("forced_apnea_roomair", SHUT) };
    assert_eq!(check_follows(&room), 241);
}

#[test]
fn an_airway_that_is_shut_on_oxygen() {
    let case = case!("forced_apnea_FIO2_040", SHUT);
    let oxygen = Case { is_shut_after_row_0: true, fio2: 0.40, ..case };
    assert_eq!(check_follows(&oxygen), 97);
}

#[test]
fn fentanyl_that_is_borne() {
    let case = case!("fentanyl_bolus100ug", |s, p| bolus(Drug::Fentanyl, 100.0, s, p));
    assert_eq!(check_follows(&case), 721);
}

#[test]
fn fentanyl_that_stops_breathing() {
    let case = case!("fentanyl_bolus300ug", |s, p| bolus(Drug::Fentanyl, 300.0, s, p));
    assert!(check_follows(&case) > 100);
}

#[test]
fn fentanyl_and_an_antidote_in_time() {
    let case = case!("fentanyl_bolus300ug_naloxone04mg_at_180s", |s, p| {
        if s == 180 {
            p.naloxone(0.4);
        }
        bolus(Drug::Fentanyl, 300.0, s, p)
    });
    assert_eq!(check_follows(&case), 721);
}

#[test]
fn remifentanil_that_comes_and_goes() {
    let case = case!("remifentanil_bolus70ug", |s, p| bolus(Drug::Remifentanil, 70.0, s, p));
    assert_eq!(check_follows(&case), 361);
}

#[test]
fn morphine_by_demand_for_four_hours() {
    let case = case!("morphine_pca_normal", |s, p| {
        if s.is_multiple_of(600) && s < 24 * 600 {
            p.bolus(Drug::Morphine, 1000.0);
        }
        (Drug::Morphine, 0.0)
    });
    assert_eq!(check_follows(&case), 1441);
}

#[test]
fn demands_without_a_lockout() {
    let case = case!("pca_fentanyl_attack_no_interlock", |s, _| (Drug::Fentanyl, attack(s)));
    assert!(check_follows(&case) > 740);
}

#[test]
fn demands_without_a_lockout_that_an_interlock_stops() {
    // It stops at 7438 s: the reference gave nothing from then on.
    let case = case!("pca_fentanyl_attack_interlock", |s, _| {
        (Drug::Fentanyl, if s < 7438 { attack(s) } else { 0.0 })
    });
    assert_eq!(check_follows(&case), 1441);
}
