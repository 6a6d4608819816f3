//! The insulin pump's component on a workbench, and a patient beside it, against `glucose_CL_*.csv`.
//!
//! In the splitting of the references: a reading comes as a frame, the controller decides, then the minutes are lived
//! with the rate that the component set. The same commands, and glucose within 0.1 mg/dL. Between pump and patient is no
//! motor: that releases insulin in pulses of 0.05 U, which the references do not.

use medtwin_engine::device::{Event, Setting, Value};
use medtwin_engine::patient::Patient;
use medtwin_engine::workbench::{Done, Workbench};
use medtwin_frames::{Frame, Kind};
use medtwin_host::Sandbox;

const MIN_NS: u64 = 60_000_000_000;
/// Places in the pump's manifest: fields that show what it set, a peer and a key.
const BASAL: u32 = 0;
const BOLUS: u32 = 1;
const CGM: u32 = 1;
const BOLUS_KEY: u32 = 0;

struct Row {
    glucose: f64,
    reading: f64,
    rate: f64,
    bolus: f64,
    command: Option<String>,
}

fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cell: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cell[at].parse::<f64>().expect("a number");
        let said: Vec<&str> = cell[7].split(' ').collect();
        let command = if let ["temp", rate, "for", minutes] = said[..] {
            let number = |text: &str| text.parse::<f64>().expect("a number");
            let (rate, minutes) = (number(rate), number(minutes));
            Some(format!("temp-basal {rate:.3} U/h for {minutes} min by the controller"))
        } else {
            None
        };
        Row { glucose: number(1), reading: number(3), rate: number(5), bolus: number(6), command }
    };
    text.lines().skip(1).map(row).collect()
}

/// The pump of `patient`, set up as in the references.
fn config(controller: &str, patient: &Patient) -> Vec<Setting> {
    let therapy = patient.therapy();
    // oref0 and low suspend go by the rate in steps of a pump, PID by the rate itself.
    let step = if therapy.basal_u_per_h < 1.0 { 40.0 } else { 20.0 };
    let stepped = (therapy.basal_u_per_h * step + 0.5).floor() / step;
    let basal = if controller == "pid" { therapy.basal_u_per_h } else { stepped };
    let number = |key: &str, value| Setting { key: key.to_owned(), value: Value::Number(value) };
    vec![
        Setting { key: "controller".to_owned(), value: Value::Text(controller.to_owned()) },
        Setting { key: "believes_flat".to_owned(), value: Value::Flag(true) },
        number("serial", 7.0),
        number("basal_u_per_h", basal),
        number("max_bolus_u", 25.0),
        number("correction_mg_dl_per_u", therapy.correction_mg_dl_per_u),
        number("carb_ratio_g_per_u", therapy.carb_ratio_g_per_u),
        number("total_daily_u", therapy.total_daily_u),
        number("target_mg_dl", 110.0),
    ]
}

fn meal_g(minute: u64) -> f64 {
    match minute {
        420 => 45.0,
        720 => 70.0,
        1080 => 80.0,
        _ => 0.0,
    }
}

/// Fires what is due by `at` [ns].
fn fire_until(pump: &mut Workbench, at: u64) {
    while pump.next_timer().is_some_and(|due| due <= at) {
        pump.fire().expect("the pump runs");
    }
}

#[track_caller]
fn check_day(controller: &str, id: &str, text: &str) {
    let rows = rows(text);
    assert_eq!(rows.len(), 289, "every five minutes of a day");
    let artifact = medtwin_artifacts::ALL.iter().find(|a| a.name == "insulin-pump").expect("built");
    let recipe = Sandbox::new().load(artifact.component).expect("a device model");
    let mut patient = Patient::by_id(id).expect("a published patient");
    let config = config(controller, &patient);
    let mut pump = Workbench::start(&recipe, &config, vec![None; 2]).expect("it starts");
    let (mut rate, mut bolus) = (0.0, 0.0);
    for (slice, row) in rows.iter().enumerate() {
        let minute = 5 * slice as u64;
        let off = (patient.glucose_mg_dl() - row.glucose).abs();
        assert!(off <= 0.1, "minute {minute}: {off} mg/dL");
        let at = minute * MIN_NS;
        fire_until(&mut pump, at);
        let (kind, a) = (Kind::Reading, row.reading as u16);
        let body = Frame { serial: 7, kind, sequence: 0, a, b: 0 }.encode();
        pump.tell(at, Event::Frame { peer: CGM, body: &body }).expect("it hears");
        fire_until(&mut pump, at + 1000);
        if row.bolus > 0.0 {
            let key = Event::Input { input: BOLUS_KEY, value: row.bolus };
            pump.tell(at + 1000, key).expect("the key works");
        }
        let mut command = None;
        for (_, done) in pump.take_done() {
            match done {
                Done::Shown(BASAL, shown) => rate = shown,
                Done::Shown(BOLUS, shown) => bolus = shown,
                Done::Line(line) if line.starts_with("temp-basal") => command = Some(line),
                _ => {}
            }
        }
        if controller == "oref0" {
            assert_eq!(command, row.command, "minute {minute}");
        }
        assert!((rate - row.rate).abs() < 1e-9, "minute {minute}: {rate} U/h, not {}", row.rate);
        assert!((bolus - row.bolus).abs() < 1e-9, "minute {minute}: {bolus} U");
        for within in 0..5 {
            let bolus = if within == 0 { std::mem::take(&mut bolus) } else { 0.0 };
            patient.step(meal_g(minute + within), rate / 60.0 + bolus, 0.0);
        }
    }
}

macro_rules! follows {
    ($($name:ident: $controller:literal $id:literal $file:literal;)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!("../../../engine/tests/data/glucose_CL_", $file, ".csv"));
            check_day($controller, $id, text);
        }
    )*};
}

follows! {
    the_component_runs_oref0_on_an_adult: "oref0" "adult#001" "oref_adult001";
    the_component_runs_oref0_on_an_adolescent: "oref0" "adolescent#001" "oref_adolescent001";
    the_component_runs_oref0_on_a_child: "oref0" "child#001" "oref_child001";
    the_component_believes_readings_that_are_too_high_for_an_adult: "oref0" "adult#001" "oref_cgmspoof_adult001";
    the_component_believes_readings_that_are_too_high_for_an_adolescent: "oref0" "adolescent#001" "oref_cgmspoof_adolescent001";
    the_component_runs_pid_on_an_adult: "pid" "adult#001" "pid_adult001";
    the_component_runs_pid_on_an_adolescent: "pid" "adolescent#001" "pid_adolescent001";
    the_component_runs_pid_on_a_child: "pid" "child#001" "pid_child001";
    the_component_suspends_for_an_adult: "lgs" "adult#001" "basal_lgs70_adult001";
    the_component_suspends_for_an_adolescent: "lgs" "adolescent#001" "basal_lgs70_adolescent001";
    the_component_suspends_for_a_child: "lgs" "child#001" "basal_lgs70_child001";
}
