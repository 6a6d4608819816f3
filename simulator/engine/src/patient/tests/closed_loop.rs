//! Controllers on patients, against `glucose_CL_*.csv`: the same commands, glucose within 0.1 mg/dL.
//!
//! In the splitting of the references: readings are glucose, rounded, every five minutes; the controller
//! decides, then the minute is lived with what it set. Meals of 45, 70 and 80 g are dosed by hand.

use medtwin_controllers::history::{History, Reading};
use medtwin_controllers::insulin::{Curve, Dose};
use medtwin_controllers::oref0::{Profile, Status, decide};
use medtwin_controllers::pid::Pid;
use medtwin_controllers::suspend::Low;
use medtwin_controllers::{Temp, rounding};

use super::*;

/// A row of a reference: every five minutes.
struct Row {
    glucose: f64,
    reading: f64,
    on_board: Option<f64>,
    rate: f64,
    bolus: f64,
    command: Option<Temp>,
}

fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cell: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cell[at].parse::<f64>();
        let said: Vec<&str> = cell[7].split(' ').collect();
        let command = if let ["temp", rate, "for", minutes] = said[..] {
            let number = |text: &str| text.parse().expect("a number");
            Some(Temp { rate_u_per_h: number(rate), minutes: number(minutes) })
        } else {
            None
        };
        Row {
            glucose: number(1).expect("glucose"),
            reading: number(3).expect("a reading"),
            on_board: number(4).ok(),
            rate: number(5).expect("a rate"),
            bolus: number(6).expect("a bolus"),
            command,
        }
    };
    text.lines().skip(1).map(row).collect()
}

fn meal_g(minute: u32) -> f64 {
    match minute {
        420 => 45.0,
        720 => 70.0,
        1080 => 80.0,
        _ => 0.0,
    }
}

/// What a controller does with a reading: the rate that runs [U/h], and the command, if it is one.
trait Controls {
    fn decides(&mut self, reading: Reading) -> (f64, Option<Temp>);
    /// A bolus was given.
    fn given(&mut self, _dose: Dose) {}
    /// Insulin on board after the decision [U].
    fn on_board_u(&self, _now_min: f64) -> Option<f64> {
        None
    }
}

/// Lives through a day with `controller` on readings raised by `spoof`.
#[track_caller]
fn check_day(id: &str, text: &str, mut controller: impl Controls, spoof: impl Fn(u32) -> f64) {
    let rows = rows(text);
    assert_eq!(rows.len(), 289, "every five minutes of a day");
    let mut patient = Patient::by_id(id).expect("a published patient");
    let ratio = patient.therapy().carb_ratio_g_per_u;
    for (slice, row) in rows.iter().enumerate() {
        let minute = 5 * slice as u32;
        let off = (patient.glucose_mg_dl() - row.glucose).abs();
        assert!(off <= 0.1, "minute {minute}: {off} mg/dL");
        let mg_dl = rounding::whole(patient.glucose_mg_dl()) + spoof(minute);
        assert!((mg_dl - row.reading).abs() < 1e-9, "minute {minute}: the reading is {mg_dl}");
        let reading = Reading { at_min: f64::from(minute), mg_dl };
        let (rate, command) = controller.decides(reading);
        assert_eq!(command, row.command, "minute {minute}");
        assert!((rate - row.rate).abs() < 1e-9, "minute {minute}: {rate} U/h");
        let bolus = rounding::to(meal_g(minute) / ratio, 20.0);
        assert!((bolus - row.bolus).abs() < 1e-9, "minute {minute}: a bolus of {bolus} U");
        if bolus > 0.0 {
            controller.given(Dose { at_min: f64::from(minute), units: bolus });
        }
        if let (Some(ours), Some(theirs)) = (controller.on_board_u(f64::from(minute)), row.on_board)
        {
            assert!((ours - theirs).abs() < 1e-6, "minute {minute}: {ours} U on board");
        }
        for within in 0..5 {
            let bolus = if within == 0 { bolus } else { 0.0 };
            patient.step(meal_g(minute + within), rate / 60.0 + bolus, 0.0);
        }
    }
}

/// oref0-lite with its temporary rate.
struct Oref0 {
    profile: Profile,
    curve: Curve,
    history: History,
    doses: Vec<Dose>,
    temp: Temp,
}

impl Oref0 {
    fn of(id: &str) -> Self {
        let therapy = Patient::by_id(id).expect("a published patient").therapy();
        let basal = rounding::basal(therapy.basal_u_per_h);
        Self {
            profile: Profile {
                basal_u_per_h: basal,
                sens_mg_dl_per_u: therapy.correction_mg_dl_per_u,
                carb_ratio_g_per_u: therapy.carb_ratio_g_per_u,
                target_mg_dl: 110.0,
                max_iob_u: 5.0,
                max_basal_u_per_h: 4.0 * basal,
                max_daily_basal_u_per_h: basal,
            },
            curve: Curve::new(5.0, 75.0),
            history: History::default(),
            doses: Vec::new(),
            temp: Temp { rate_u_per_h: 0.0, minutes: 0.0 },
        }
    }
}

impl Controls for Oref0 {
    fn decides(&mut self, reading: Reading) -> (f64, Option<Temp>) {
        self.history.add(reading);
        let basal = self.profile.basal_u_per_h;
        let command = self.history.trend().and_then(|trend| {
            let on_board = self.curve.on_board(&self.doses, reading.at_min, basal);
            let status =
                Status { trend, age_min: 0.0, believes_flat: true, temp: self.temp, on_board };
            decide(&self.profile, &status).command
        });
        self.temp = command.unwrap_or(self.temp);
        let rate = if self.temp.minutes > 0.0 { self.temp.rate_u_per_h } else { basal };
        self.temp.minutes = (self.temp.minutes - 5.0).max(0.0);
        if self.temp.minutes <= 0.0 {
            self.temp.rate_u_per_h = 0.0;
        }
        self.doses.push(Dose { at_min: reading.at_min, units: (rate - basal) * 5.0 / 60.0 });
        (rate, command)
    }

    fn given(&mut self, dose: Dose) {
        self.doses.push(dose);
    }

    fn on_board_u(&self, now_min: f64) -> Option<f64> {
        let left = |dose: &Dose| dose.units * self.curve.left(now_min - dose.at_min);
        Some(self.doses.iter().map(left).sum())
    }
}

struct OfPid(Pid);

impl Controls for OfPid {
    fn decides(&mut self, reading: Reading) -> (f64, Option<Temp>) {
        (self.0.rate_u_per_h(reading.mg_dl), None)
    }
}

/// The scheduled rate, stopped when glucose is low.
struct LowSuspend(Low, f64);

impl Controls for LowSuspend {
    fn decides(&mut self, reading: Reading) -> (f64, Option<Temp>) {
        (if self.0.suspends(reading) { 0.0 } else { self.1 }, None)
    }
}

fn scheduled(id: &str) -> f64 {
    rounding::basal(Patient::by_id(id).expect("a published patient").therapy().basal_u_per_h)
}

fn pid(id: &str) -> OfPid {
    let therapy = Patient::by_id(id).expect("a published patient").therapy();
    OfPid(Pid::new(therapy.basal_u_per_h, therapy.total_daily_u))
}

fn lgs(id: &str) -> LowSuspend {
    LowSuspend(Low::default(), scheduled(id))
}

/// From 13:00 to 17:00 readings are 120 mg/dL too high.
fn spoofed(minute: u32) -> f64 {
    if (780..1020).contains(&minute) { 120.0 } else { 0.0 }
}

macro_rules! follows {
    ($($name:ident: $id:literal $file:literal $controller:expr, $spoof:expr;)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!("../../../tests/data/glucose_CL_", $file, ".csv"));
            check_day($id, text, $controller($id), $spoof);
        }
    )*};
}

follows! {
    oref0_treats_an_adult_as_in_the_reference: "adult#001" "oref_adult001" Oref0::of, |_| 0.0;
    oref0_treats_an_adolescent_as_in_the_reference: "adolescent#001" "oref_adolescent001" Oref0::of, |_| 0.0;
    oref0_treats_a_child_as_in_the_reference: "child#001" "oref_child001" Oref0::of, |_| 0.0;
    oref0_overdoses_an_adult_on_readings_that_are_too_high: "adult#001" "oref_cgmspoof_adult001" Oref0::of, spoofed;
    oref0_overdoses_an_adolescent_on_readings_that_are_too_high: "adolescent#001" "oref_cgmspoof_adolescent001" Oref0::of, spoofed;
    pid_treats_an_adult_as_in_the_reference: "adult#001" "pid_adult001" pid, |_| 0.0;
    pid_treats_an_adolescent_as_in_the_reference: "adolescent#001" "pid_adolescent001" pid, |_| 0.0;
    pid_treats_a_child_as_in_the_reference: "child#001" "pid_child001" pid, |_| 0.0;
    low_suspend_treats_an_adult_as_in_the_reference: "adult#001" "basal_lgs70_adult001" lgs, |_| 0.0;
    low_suspend_treats_an_adolescent_as_in_the_reference: "adolescent#001" "basal_lgs70_adolescent001" lgs, |_| 0.0;
    low_suspend_treats_a_child_as_in_the_reference: "child#001" "basal_lgs70_child001" lgs, |_| 0.0;
}
