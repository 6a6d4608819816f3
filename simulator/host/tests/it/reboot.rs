//! What a reboot leaves: state as the model declares, records in any case.

use std::sync::Arc;

use medtwin_engine::device::{Device, Event, Fault, Lent, Setting};
use medtwin_engine::manifest::OnReboot;
use medtwin_engine::trace::Kind;
use medtwin_host::Sandbox;

use crate::world::{HELD, Models, Native, Ran, arm_with, ran, resolved, wearer};

const ON_BOARD: u32 = 2;
const RESERVOIR: u32 = 3;
/// After the meal that is dosed at minute 18 [µs].
const TRAPS_AT_US: u64 = 40 * 60_000_000;

/// Software that counts the commands it began, in its state and in a record, shows both, and traps.
#[derive(Clone, Copy, Default)]
struct Counting {
    begun: u8,
    traps_on_save: bool,
    traps_on_load: bool,
}

fn trap_if(on: bool) -> Result<(), Fault> {
    if on { Err(Fault::Trap("on purpose".to_owned())) } else { Ok(()) }
}

impl Device for Counting {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let _ = lent.set_timer(0, TRAPS_AT_US);
        let kept = lent.get("begun").ok().flatten().and_then(|kept| kept.first().copied());
        let _ = lent.show(RESERVOIR, kept.map_or(100.0, f64::from));
        let _ = lent.show(ON_BOARD, f64::from(self.begun));
        Ok(())
    }
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        if matches!(event, Event::Input { .. }) && lent.begin("bolus", &[0; 32]).is_ok() {
            self.begun += 1;
            let _ = lent.put("begun", &[self.begun]);
            let _ = lent.show(ON_BOARD, f64::from(self.begun));
        }
        trap_if(matches!(event, Event::Timer(_)))
    }
    fn save(&mut self, _: &mut Box<Lent>) -> Result<Vec<u8>, Fault> {
        trap_if(self.traps_on_save)?;
        Ok(vec![self.begun])
    }
    fn load(&mut self, lent: &mut Box<Lent>, state: &[u8]) -> Result<(), Fault> {
        trap_if(self.traps_on_load)?;
        self.begun = state.first().copied().unwrap_or(0);
        let _ = lent.show(ON_BOARD, f64::from(self.begun));
        Ok(())
    }
}

/// An hour with one meal that is dosed, then a trap and a reboot.
fn rebooted(software: Counting, on_reboot: OnReboot, controls: &str) -> Ran {
    let change = |manifest: &mut medtwin_engine::manifest::Manifest| manifest.on_reboot = on_reboot;
    let mut models = Models::new(&Sandbox::new()).with("insulin-pump", change);
    models.held = Some(Arc::new(Native(software)));
    let world = resolved(&format!("title = \"A reboot\"\nhorizon_h = 1\n{}", wearer("z")), &models);
    ran(&world, &arm_with(&world, "", controls))
}

/// What a field of the pump showed, change by change.
fn shown(ran: &Ran, field: &str) -> Vec<f64> {
    let text = |name| ran.setup.names.text(name);
    let is_it = |(subject, object)| text(subject) == HELD && text(object) == field;
    let shows = ran.entries.iter().filter(|entry| entry.kind == Kind::Show);
    shows.filter(|entry| is_it((entry.subject, entry.object))).map(|entry| entry.value).collect()
}

const SEALED: &str = "[rest_protection]\nsuite = \"chacha20-poly1305\"\n";

#[track_caller]
fn check_reboot(on_reboot: OnReboot, expected: &[f64]) {
    for controls in ["", SEALED] {
        let ran = rebooted(Counting::default(), on_reboot, controls);
        assert_eq!(ran.faults(), ["trap"]);
        assert_eq!(shown(&ran, "insulin-on-board"), expected, "{controls}");
        assert_eq!(shown(&ran, "reservoir"), [100.0, 1.0], "its record is there in any case");
    }
}

#[test]
fn a_device_goes_on_with_its_state_where_its_model_restores_it() {
    check_reboot(OnReboot::Restore, &[1.0, 0.0, 1.0]);
}

#[test]
fn a_device_begins_anew_where_its_model_loses_its_state() {
    check_reboot(OnReboot::Lose, &[1.0, 0.0]);
}

#[test]
fn a_model_that_loses_its_state_is_never_asked_for_it() {
    let software = Counting { traps_on_save: true, traps_on_load: true, ..Counting::default() };
    assert_eq!(rebooted(software, OnReboot::Lose, "").faults(), ["trap"], "the one on purpose");
    let restoring = rebooted(software, OnReboot::Restore, "");
    assert_eq!(restoring.faults().len(), 2, "and once when it was asked to save");
}

#[test]
fn a_device_that_traps_on_its_own_state_is_quarantined() {
    let software = Counting { traps_on_load: true, ..Counting::default() };
    for controls in ["", SEALED] {
        let ran = rebooted(software, OnReboot::Restore, controls);
        assert_eq!(ran.faults(), ["trap"; 4], "three reboots, and no more");
    }
}
