//! Implants as components, in a heart, and who speaks with them.

use std::sync::Arc;

use medtwin_engine::device::{Device, Event, Fault, Lent, Setting};
use medtwin_engine::trace::Kind as Entries;
use medtwin_frames::{Frame, Kind};
use medtwin_host::Sandbox;

use crate::world::{HELD, Models, Native, Ran, arm, ran, resolved};

const SERIAL: u32 = 740_042;
const ENVELOPE: &str = "[model.icd]\nwakes_per_min = 60000\n";

/// A heart with an ICD, for six minutes; what comes over the heart is TOML.
fn heart(models: &Models, icd: &str, name: &str, comes: &str, more: &str) -> Ran {
    let text = format!(
        "title = \"A heart\"\nhorizon_h = 0.1\n[patient.dora]\nmodel = \"heart\"\nid = \"nsr\"\n\
         heart = {{ {comes} }}\n[device.{name}]\nmodel = \"icd\"\npatient = \"dora\"\n\
         config = {{ serial = {SERIAL}, authentication = \"none\", radio = \"sniff\" {icd} }}\n{more}"
    );
    let world = resolved(&text, models);
    ran(&world, &arm(&world, ENVELOPE))
}

fn alone(icd: &str, comes: &str) -> Ran {
    heart(&Models::new(&Sandbox::new()), icd, "icd", comes, "")
}

/// When the ICD paced at the strength of a burst [s].
fn bursts_s(ran: &Ran) -> Vec<f64> {
    let text = |name| ran.setup.names.text(name);
    let set = ran.entries.iter().filter(|entry| entry.kind == Entries::Actuate);
    let paces = set.filter(|entry| text(entry.object) == "ventricular-pace" && entry.value > 7.0);
    paces.map(|entry| entry.at.as_minutes() * 60.0).collect()
}

const VT: &str = "vt_at_min = [1.0]";

#[test]
fn a_magnet_ends_a_burst_that_had_begun() {
    let whole = bursts_s(&alone("", VT));
    assert!(whole.len() >= 8, "{whole:?}");
    let at_min = f64::midpoint(whole[2], whole[3]) / 60.0;
    let cut = bursts_s(&alone("", &format!("{VT}, magnet_min = [{at_min}, 6.0]")));
    assert_eq!(cut, whole[..3]);
}

#[test]
fn a_magnet_ends_the_alarm_of_an_episode_that_is_looked_at_no_more() {
    let icd = ", max_shocks = 0, atp_bursts = 0";
    let ran = alone(icd, "vf_at_min = [1.0], magnet_min = [3.0, 6.0]");
    let alarms = ran.alarms("icd", "therapy");
    assert_eq!(alarms.iter().map(|&(_, value)| value as u32).collect::<Vec<_>>(), [3, 0]);
    assert!((60.0..90.0).contains(&alarms[0].0) && (180.0..181.0).contains(&alarms[1].0));
}

/// An implant that answers nobody here: each second it says to `peer` what somebody else asked for.
#[derive(Clone)]
struct Elsewhere {
    peer: u32,
    says: Kind,
    a: u16,
}

impl Device for Elsewhere {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let _ = lent.set_timer(0, 1_000_000);
        Ok(())
    }
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        if let Event::Timer(_) = event {
            let frame = Frame { serial: SERIAL, kind: self.says, sequence: 4711, a: self.a, b: 1 };
            let _ = lent.send(self.peer, &frame.encode());
            let _ = lent.set_timer(0, 1_000_000);
        }
        Ok(())
    }
}

/// Beside an implant that says so, `model` with its config.
fn beside(says: Elsewhere, role: &str, model: &str, config: &str) -> Ran {
    let mut models = Models::new(&Sandbox::new());
    models.held = Some(Arc::new(Native(says)));
    let more = format!(
        "peers = {{ {role} = \"beside\" }}\n[device.beside]\nmodel = \"{model}\"\n\
         config = {{ serial = {SERIAL}, authentication = \"none\", {config} }}\n\
         peers = {{ implant = \"{HELD}\" }}\n[link.rf]\nmedium = \"mics\"\nloss = 0\n\
         nodes = [\"{HELD}\", \"beside\"]\n"
    );
    heart(&models, "", HELD, "", &more)
}

#[test]
fn a_programmer_waits_for_its_own_answer_and_says_when_none_comes() {
    for (says, a) in [(Kind::Status, Kind::Wake as u16), (Kind::Report, 256)] {
        let implant = Elsewhere { peer: 0, says, a };
        let ran = beside(implant, "programmer", "pacemaker-programmer", "session_at_min = 1");
        let alarms = ran.alarms("beside", "no-answer");
        assert_eq!(alarms.len(), 1, "{says:?}: {alarms:?}");
        assert!((75.0..75.1).contains(&alarms[0].0), "three times five seconds: {alarms:?}");
        assert_eq!(ran.shown("beside", "battery"), None, "{says:?}");
    }
}

#[test]
fn a_home_monitor_takes_no_report_that_it_did_not_ask_for() {
    let implant = Elsewhere { peer: 2, says: Kind::Report, a: 256 };
    let ran = beside(implant, "monitor", "home-monitor", "read_at_h = 0.05");
    assert_eq!(ran.shown("beside", "reads"), None);
}
