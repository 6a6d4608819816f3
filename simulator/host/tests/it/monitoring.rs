//! A monitor, a central station, an interface engine and records, all components: real bytes between them.

use std::sync::Arc;

use medtwin_engine::plan::Arm;
use medtwin_engine::trace::Kind;
use medtwin_host::Sandbox;

use crate::world::{Models, Ran, arm, ran, resolved};

const ENVELOPE: &str = include_str!("../../../../policies/library/as-sold/envelope.toml");

/// Two beds whose monitors nobody is attached to. `loss` is that of the link to the records.
fn ward(minutes: f64, loss: f64) -> String {
    let monitor = |n: u32| {
        format!(
            r#"
[device.bed-{n}]
model = "patient-monitor"
config = {{ bed = {n}, patient_id = "1004{n}", central = true }}
peers = {{ central = "station" }}
"#
        )
    };
    format!(
        r#"
title = "Two beds"
horizon_h = {}
{}{}
[device.station]
model = "central-station"
peers = {{ monitor = "bed-1", "monitor-2" = "bed-2" }}
[device.engine]
model = "interface-engine"
config = {{ passes_on = true, room = 20 }}
peers = {{ monitor = "bed-1", "monitor-2" = "bed-2", central = "station" }}
[device.records]
model = "interface-engine"
peers = {{ monitor = "engine" }}
[link.ward]
medium = "ble"
loss = 0
nodes = ["bed-1", "bed-2", "station", "engine"]
[link.office]
medium = "ble"
loss = {loss}
nodes = ["engine", "records"]
"#,
        minutes / 60.0,
        monitor(1),
        monitor(2)
    )
}

fn run(text: &str) -> Ran {
    let world = resolved(text, &Models::new(&Sandbox::new()));
    let arm: Arc<Arm> = arm(&world, ENVELOPE);
    let ran = ran(&world, &arm);
    assert!(!ran.entries.iter().any(|e| e.kind == Kind::Fault), "nothing breaks off");
    ran
}

impl Ran {
    /// What `device` showed last at `field`.
    pub(crate) fn shown(&self, device: &str, field: &str) -> Option<f64> {
        let text = |name| self.setup.names.text(name);
        let mut shown = self.entries.iter().rev().filter(|entry| entry.kind == Kind::Show);
        let is_it = |e: &&medtwin_engine::trace::Entry| {
            text(e.subject) == device && text(e.object) == field
        };
        shown.find(is_it).map(|entry| entry.value)
    }

    /// When `device` raised or cleared `alarm` [s], and with what priority.
    pub(crate) fn alarms(&self, device: &str, alarm: &str) -> Vec<(f64, f64)> {
        let text = |name| self.setup.names.text(name);
        let alarms = self.entries.iter().filter(|entry| entry.kind == Kind::Alarm);
        let of = alarms.filter(|e| text(e.subject) == device && text(e.object) == alarm);
        of.map(|entry| (entry.at.as_minutes() * 60.0, entry.value)).collect()
    }
}

#[test]
fn reports_reach_the_records_and_each_is_answered() {
    let ran = run(&ward(10.5, 0.0));
    assert_eq!(ran.shown("engine", "taken"), Some(20.0), "two beds, ten minutes");
    assert_eq!(ran.shown("engine", "passed-on"), Some(20.0));
    assert_eq!(ran.shown("engine", "queued"), Some(0.0));
    assert_eq!(ran.shown("records", "taken"), Some(20.0));
    assert_eq!(ran.shown("engine", "wrong"), None);
    assert_eq!(ran.shown("station", "state"), Some(1.0));
    assert_eq!(ran.shown("station", "state-2"), Some(1.0));
    assert_eq!(ran.shown("station", "state-3"), None, "nobody is there");
}

#[test]
fn records_that_are_silent_fill_the_queue_until_senders_are_turned_away() {
    let ran = run(&ward(30.0, 1.0));
    assert_eq!(ran.shown("engine", "passed-on"), None);
    assert_eq!(ran.shown("engine", "queued"), Some(20.0), "all the room there is");
    assert!(ran.shown("engine", "turned-away").is_some_and(|n| n > 10.0), "and no more");
    let silent = ran.alarms("engine", "records-silent");
    assert!(silent.first().is_some_and(|&(at, _)| (60.0..130.0).contains(&at)), "{silent:?}");
}

/// A device starts for ten seconds when its power is back.
#[test]
fn a_bed_without_power_is_missed_by_the_station_within_seconds() {
    let dark = "patient_id = \"10041\", central = true }\npower_lost_min = [5, 7]";
    let text = ward(10.0, 0.0).replace("patient_id = \"10041\", central = true }", dark);
    let ran = run(&text);
    let told = ran.alarms("station", "no-data");
    assert!(
        matches!(told[..], [(from, 2.0), (until, 0.0)]
        if (309.0..312.0).contains(&from) && (430.0..433.0).contains(&until)),
        "{told:?}"
    );
    assert_eq!(ran.alarms("station", "no-data-2"), []);
}

#[test]
fn a_station_without_power_is_missed_by_the_monitors() {
    let text = ward(10.0, 0.0)
        .replace("[device.station]\n", "[device.station]\npower_lost_min = [5, 7]\n");
    let told = run(&text).alarms("bed-1", "no-central");
    assert!(
        matches!(told[..], [(from, 1.0), (until, 0.0)]
        if (325.0..340.0).contains(&from) && (420.0..435.0).contains(&until)),
        "{told:?}"
    );
}

/// A patient whose pacemaker stops pacing after five minutes, when somebody turns its output down, and the monitor at the bed.
const PACED: &str = r#"
title = "A monitor at the bed of somebody with a pacemaker"
horizon_h = 0.2
[patient.paul]
model = "heart"
id = "pacemaker-dependent"
heart = { escape_ms = 0 }
[device.pm]
model = "pacemaker"
patient = "paul"
config = { serial = 7, radio = "sniff" }
peers = { programmer = "prog" }
[device.prog]
model = "pacemaker-programmer"
config = { serial = 7, session_at_min = 5, orders = "9=500" }
peers = { implant = "pm" }
[device.bed]
model = "patient-monitor"
patient = "paul"
[link.rf]
medium = "mics"
loss = 0.0
nodes = ["pm", "prog"]
"#;

#[test]
fn a_monitor_averages_the_beats_of_a_heart_and_tells_of_asystole_within_six_seconds() {
    let ran = run(PACED);
    let text = |name| ran.setup.names.text(name);
    let is_beat =
        |e: &&medtwin_engine::trace::Entry| e.kind == Kind::Vital && text(e.object) == "ventricle";
    let last = ran.entries.iter().rev().find(is_beat).expect("it beats").at.as_minutes() * 60.0;
    assert!((300.0..306.0).contains(&last), "{last}: a session takes up to five seconds to open");
    let rates = ran.entries.iter().filter(|e| {
        e.kind == Kind::Show && (text(e.subject), text(e.object)) == ("bed", "heart-rate")
    });
    let rates: Vec<(f64, f64)> = rates.map(|e| (e.at.as_minutes() * 60.0, e.value)).collect();
    let while_paced = rates.iter().filter(|(at, _)| (20.0..300.0).contains(at));
    for (at, rate) in while_paced {
        assert!((67.0..=74.0).contains(rate), "{rate} at {at} s: its own sinus, tracked");
    }
    let asystole = ran.alarms("bed", "asystole");
    assert_eq!(asystole.len(), 1, "{asystole:?}");
    let after = asystole[0].0 - last;
    assert!((4.0..6.0).contains(&after), "{after} s after the last beat");
    assert_eq!(ran.shown("bed", "heart-rate"), Some(0.0));
}
