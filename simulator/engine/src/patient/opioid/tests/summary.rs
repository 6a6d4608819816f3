//! The extremes of each reference case, and what is published of such doses.

use super::*;

struct Extremes {
    ce_max: f64,
    ventilation_min: f64,
    rate_min: f64,
    paco2_max: f64,
    saturation_min_percent: f64,
    hypoxia_min: f64,
    below_90_s: u32,
    below_85_s: u32,
    slow_s: u32,
    apnoea_s: u32,
}

const NOTHING: Extremes = Extremes {
    ce_max: 0.0,
    ventilation_min: f64::INFINITY,
    rate_min: f64::INFINITY,
    paco2_max: 0.0,
    saturation_min_percent: 100.0,
    hypoxia_min: 0.0,
    below_90_s: 0,
    below_85_s: 0,
    slow_s: 0,
    apnoea_s: 0,
};

impl Extremes {
    fn second(&mut self, ce: f64, breath: &Breath, shown_percent: f64) {
        self.ce_max = self.ce_max.max(ce);
        self.ventilation_min = self.ventilation_min.min(breath.ventilation_l_per_min);
        self.rate_min = self.rate_min.min(breath.rate_per_min);
        self.paco2_max = self.paco2_max.max(breath.paco2_mmhg);
        let percent = 100.0 * breath.saturation;
        self.saturation_min_percent = self.saturation_min_percent.min(percent);
        self.below_90_s += u32::from(shown_percent < 90.0);
        self.below_85_s += u32::from(shown_percent < 85.0);
        self.slow_s += u32::from(breath.rate_per_min < 8.0);
    }
}

/// What is done to a patient at the start of a second; the mass that runs in during it [ug].
type Regimen = fn(u32, &mut OpioidPatient) -> f64;

/// Runs `drug` by `regimen` for `seconds`.
fn extremes(mut patient: OpioidPatient, drug: Drug, seconds: u32, regimen: Regimen) -> Extremes {
    let rest = patient.vitals();
    let mut oximeter = Oximeter::new(rest.breath.saturation);
    let mut found = NOTHING;
    for second in 0..=seconds {
        let ug = regimen(second, &mut patient);
        let vitals = patient.vitals();
        // The references shut an airway after their first row.
        let is_still_open = second == 0 && patient.is_obstructed;
        let breath = if is_still_open { rest.breath } else { vitals.breath };
        let shown = libm::floor(oximeter.second(breath.saturation) + 0.5);
        found.second(patient.concentrations_ng_per_ml(drug).1, &breath, shown);
        found.hypoxia_min = patient.hypoxia_min();
        // The references count rows, and of apnoea the seconds between them.
        found.apnoea_s += u32::from(second < seconds && vitals.breath.is_apnoeic);
        let given = Drug::ALL.map(|other| if other == drug { ug } else { 0.0 });
        patient.second(&vitals, given);
    }
    found
}

#[track_caller]
fn check_summary(case: &str, found: &Extremes) {
    let text = include_str!("../../../../tests/data/resp_summary.csv");
    let line = text.lines().find(|line| line.split(',').nth(1) == Some(case)).expect("the case");
    let cells: Vec<f64> = line.split(',').skip(2).flat_map(str::parse).collect();
    let is = [
        found.ce_max,
        found.ventilation_min,
        found.rate_min,
        found.paco2_max,
        found.saturation_min_percent,
    ];
    is.into_iter().zip(&cells).for_each(|(is, should)| check_close(is, *should, 1e-6, case));
    let seconds = [found.below_90_s, found.below_85_s, found.slow_s, found.apnoea_s];
    let should: Vec<u32> = cells[5..9].iter().map(|s| *s as u32).collect();
    assert_eq!(seconds.as_slice(), should, "{case}");
    check_close(found.hypoxia_min, cells[9], 1e-6, case);
}

fn once(drug: Drug, ug: f64, second: u32, patient: &mut OpioidPatient) -> f64 {
    if second == 0 {
        patient.bolus(drug, ug);
    }
    0.0
}

fn after(drug: Drug, regimen: Regimen, seconds: u32) -> Extremes {
    extremes(adult(), drug, seconds, regimen)
}

/// A microgram per kilogram of remifentanil, as a bolus.
const REMIFENTANIL: Regimen = |s, p| once(Drug::Remifentanil, 70.0, s, p);

#[test]
fn each_case_that_is_borne_has_the_extremes_of_its_reference() {
    let case = after(Drug::Fentanyl, |s, p| once(Drug::Fentanyl, 100.0, s, p), 3600);
    check_summary("resp_fentanyl_bolus100ug", &case);
    check_summary("resp_remifentanil_bolus70ug", &after(Drug::Remifentanil, REMIFENTANIL, 1800));
    let rescued: Regimen = |s, p| {
        if s == 180 {
            p.naloxone(0.4);
        }
        once(Drug::Fentanyl, 300.0, s, p)
    };
    let case = after(Drug::Fentanyl, rescued, 3600);
    check_summary("resp_fentanyl_bolus300ug_naloxone04mg_at_180s", &case);
    let infused: Regimen = |s, _| if s < 2400 { 0.14 * 70.0 / 60.0 } else { 0.0 };
    let case = after(Drug::Remifentanil, infused, 3600);
    check_summary("resp_remifentanil_inf_014_ug_kg_min", &case);
    let demands: Regimen = |s, p| {
        if s.is_multiple_of(600) && s < 24 * 600 {
            p.bolus(Drug::Morphine, 1000.0);
        }
        0.0
    };
    check_summary("resp_morphine_pca_normal", &after(Drug::Morphine, demands, 4 * 3600));
    let stopped: Regimen = |s, _| if s < 7438 { breathing::attack(s) } else { 0.0 };
    let case = after(Drug::Fentanyl, stopped, 4 * 3600);
    check_summary("resp_pca_fentanyl_attack_interlock", &case);
}

#[test]
fn an_airway_that_is_shut_has_the_extremes_of_its_reference() {
    let shut: Regimen = |_, patient| {
        patient.obstruct(true);
        0.0
    };
    let room = extremes(adult(), Drug::Fentanyl, 240, shut);
    check_summary("resp_forced_apnea_roomair", &room);
    let oxygen = extremes(adult_on(0.40), Drug::Fentanyl, 480, shut);
    check_summary("resp_forced_apnea_FIO2_040", &oxygen);
}

#[test]
fn the_integrator_goes_on_as_the_references_do_after_an_arrest() {
    let case = after(Drug::Fentanyl, |s, p| once(Drug::Fentanyl, 300.0, s, p), 3600);
    check_summary("resp_fentanyl_bolus300ug", &case);
    let case = after(Drug::Fentanyl, |s, _| breathing::attack(s), 4 * 3600);
    check_summary("resp_pca_fentanyl_attack_no_interlock", &case);
}

/// The second at which an airway that is shut on room air leaves this saturation [%].
fn falls_below(percent: f64) -> u32 {
    let mut patient = adult();
    patient.obstruct(true);
    let seconds = (0..300).find(|_| {
        let vitals = patient.vitals();
        patient.second(&vitals, [0.0; 3]);
        100.0 * vitals.breath.saturation < percent
    });
    seconds.expect("it falls")
}

#[test]
fn without_breath_saturation_falls_as_described() {
    // Described: 48, 90 and 127 s. The reference rows cross 80 % at 92 s, as this does.
    for (percent, s) in [(90.0, 48), (80.0, 90), (70.0, 127)] {
        let is = falls_below(percent);
        assert!(is.abs_diff(s) <= 2, "{percent} % after {is} s");
    }
}

#[test]
fn a_microgram_per_kilogram_does_what_is_published() {
    let share = |found: &Extremes| found.ventilation_min / 6.0;
    let remifentanil = share(&after(Drug::Remifentanil, REMIFENTANIL, 1800));
    assert!((remifentanil - 0.16).abs() < 0.005, "{remifentanil}");
    // Published: about 45 to 50 % with rebreathed CO2 (Gelberg 2012); this model gives 57 %.
    let mut fentanyl = adult();
    fentanyl.bolus(Drug::Fentanyl, 70.0);
    let least = (0..3600).map(|_| {
        let vitals = fentanyl.vitals();
        fentanyl.second(&vitals, [0.0; 3]);
        vitals.breath.ventilation_l_per_min
    });
    let least = least.fold(f64::INFINITY, f64::min) / 6.0;
    assert!((least - 0.57).abs() < 0.01, "{least}");
}

#[test]
fn half_a_microgram_of_remifentanil_leaves_a_quarter_of_the_drive() {
    // Published nadir of the slope by CO2: 27 % of control at 2 min (Babenco 2000).
    let mut patient = adult();
    patient.bolus(Drug::Remifentanil, 35.0);
    let mut lowest = (0, 1.0);
    for second in 0..600 {
        let vitals = patient.vitals();
        let left = 1.0 - vitals.effect.depression;
        if left < lowest.1 {
            lowest = (second, left);
        }
        patient.second(&vitals, [0.0; 3]);
    }
    assert!((lowest.1 - 0.27_f64).abs() < 0.005, "{lowest:?}");
    assert!((f64::from(lowest.0) / 60.0 - 1.4).abs() < 0.1, "{lowest:?}");
}

#[test]
fn oxygen_hides_from_the_finger_what_the_breath_shows() {
    let with = |fio2: f64| {
        let mut patient = adult();
        patient.breathe(fio2);
        (0..600).for_each(|_| {
            let vitals = patient.vitals();
            patient.second(&vitals, [0.0; 3]);
        });
        patient.bolus(Drug::Fentanyl, 100.0);
        let mut lowest = (100.0_f64, 0.0_f64);
        for _ in 0..1200 {
            let vitals = patient.vitals();
            lowest.0 = lowest.0.min(100.0 * vitals.breath.saturation);
            lowest.1 = lowest.1.max(vitals.breath.etco2_mmhg());
            patient.second(&vitals, [0.0; 3]);
        }
        lowest
    };
    let (air, oxygen) = (with(ROOM_AIR), with(0.40));
    assert!(air.0 < 88.0 && oxygen.0 > 97.0, "{air:?} {oxygen:?}");
    assert!(oxygen.1 > 45.0 && air.1 > 40.0, "{air:?} {oxygen:?}");
}

#[test]
fn a_voice_makes_one_breathe_for_a_minute() {
    let mut patient = adult();
    patient.bolus(Drug::Fentanyl, 150.0);
    let mut step = |stimulate: bool| {
        if stimulate {
            patient.stimulate();
        }
        let vitals = patient.vitals();
        patient.second(&vitals, [0.0; 3]);
        vitals.breath.drive
    };
    let before = (0..180).map(|_| step(false)).last().expect("a second");
    let during = step(true);
    assert!((during / before - 1.5).abs() < 0.02, "{before} {during}");
    let rest = (0..59).map(|_| step(false)).last().expect("a second");
    let after = step(false);
    assert!((rest / after - 1.5).abs() < 0.02, "{rest} {after}");
}

#[test]
fn a_heart_hurries_then_fails_then_stops() {
    let mut patient = adult();
    patient.obstruct(true);
    let mut rates = Vec::new();
    for _ in 0..600 {
        let vitals = patient.vitals();
        rates.push(vitals.heart_rate_per_min);
        if patient.second(&vitals, [0.0; 3]) {
            break;
        }
    }
    let highest = rates.iter().copied().fold(0.0, f64::max);
    assert!((highest - 75.0 * 1.3).abs() < 0.1, "{highest}");
    let arrest_s = rates.len();
    assert!((240..600).contains(&arrest_s), "{arrest_s}");
    assert!(rates[arrest_s - 1] < 75.0);
    assert!(patient.vitals().is_arrested);
    assert_eq!(patient.vitals().heart_rate_per_min.to_bits(), 0.0_f64.to_bits());
}

#[test]
fn relief_stops_the_presses_and_so_does_sleep() {
    let mut patient = adult();
    let vitals = patient.vitals();
    let suffering = patient.presses_per_min(&vitals);
    assert!((suffering - 4.0 / 21.0).abs() < 1e-12, "{suffering}");
    patient.bolus(Drug::Fentanyl, 100.0);
    (0..300).for_each(|_| {
        let vitals = patient.vitals();
        patient.second(&vitals, [0.0; 3]);
    });
    let vitals = patient.vitals();
    assert!(vitals.pain < 3.0 && patient.presses_per_min(&vitals) <= 0.0, "{}", vitals.pain);
}

#[test]
fn people_who_are_drawn_are_adults_within_the_domain() {
    let mut state = 1_u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    for _ in 0..2000 {
        let person = Person::drawn(&mut uniform);
        assert!((18.0..=85.0).contains(&person.body.age_a));
        assert!((30.0..=160.0).contains(&person.body.weight_kg), "{person:?}");
        let vitals = OpioidPatient::new(person).vitals();
        assert!(vitals.breath.saturation > 0.95);
    }
}
