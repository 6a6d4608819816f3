//! The sandbox from outside: nothing a guest does may end, slow or alter another or the run.

use medtwin_engine::Lent;
use medtwin_engine::device::{Event, Fault, Interface, Recipe as _, Terms};
use medtwin_host::Sandbox;

mod budgets;
mod closed_loop;
mod damaged;
mod hostile;
mod implants;
mod monitoring;
mod pairing;
mod pumps;
mod reboot;
mod records;
mod vault;
mod ward;
mod world;

/// The component of a module with these fields.
fn component(fields: &str) -> Vec<u8> {
    encoded(&medtwin_hostile::module(fields))
}

fn encoded(module: &[u8]) -> Vec<u8> {
    medtwin_host::component(module).expect("a module of the contract").into_owned()
}

/// A component of the contract that runs `code` on a timer.
fn guest(code: &str) -> Vec<u8> {
    component(&format!("(func (export \"on-timer\") (param i32) {code})"))
}

/// What comes of a timer.
fn timer(bytes: &[u8], terms: &Terms) -> Result<(), Fault> {
    let recipe = Sandbox::new().load(bytes).expect("a device model");
    let mut device = recipe.build(terms)?;
    let mut lent = Box::<Lent>::default();
    device.start(&mut lent, &[])?;
    device.handle(&mut lent, Event::Timer(0))
}

#[test]
fn one_that_does_nothing_has_no_fault() {
    assert_eq!(timer(&guest(""), &Terms::default()), Ok(()));
}

#[test]
fn a_fault_is_the_same_each_time() {
    for module in medtwin_hostile::all() {
        let component = encoded(&module.module);
        let once = timer(&component, &Terms::default());
        assert_eq!(once, timer(&component, &Terms::default()), "{}", module.name);
    }
}

#[test]
fn one_that_wants_what_it_is_not_lent() {
    let mut terms = Terms::default();
    terms.interfaces.remove(&Interface::Clock);
    let fault = timer(&guest("(call $now (i32.const 64))"), &terms);
    assert_eq!(fault, Err(Fault::NotLent { import: "clock".to_owned() }));
}

#[test]
fn a_denial_is_an_answer_and_no_fault() {
    assert_eq!(timer(&guest("(call $now (i32.const 64))"), &Terms::default()), Ok(()));
}

#[test]
fn a_device_works_on_beside_one_that_trapped() {
    let sandbox = Sandbox::new();
    let (bad, good) = (guest("unreachable"), guest(""));
    let build = |bytes: &[u8]| {
        sandbox.load(bytes).expect("a device model").build(&Terms::default()).expect("built")
    };
    let (mut bad, mut good) = (build(&bad), build(&good));
    let mut lent = Box::<Lent>::default();
    assert!(bad.handle(&mut lent, Event::Timer(0)).is_err());
    assert_eq!(good.handle(&mut lent, Event::Timer(0)), Ok(()));
    assert!(bad.handle(&mut lent, Event::Timer(0)).is_err());
}

#[test]
fn bytes_that_are_no_component() {
    let refused = |bytes: &[u8]| Sandbox::new().load(bytes).err().map(|error| error.to_string());
    let core = wat::parse_str("(module)").expect("valid text");
    assert!(refused(&core).is_some_and(|said| said.contains("not encoded as a component")));
    assert!(refused(b"\x7fELF").is_some_and(|said| said.contains("not a WebAssembly component")));
    let cut = &guest("")[..200];
    assert!(refused(cut).is_some());
}

#[test]
fn the_models_of_the_library_import_what_they_say() {
    for (name, expected) in [
        ("insulin-pump", "command clock timer network sensor actuator alarm display vault log"),
        ("pump-implant", "command timer actuator display"),
        ("cgm", "timer network sensor alarm display"),
    ] {
        let artifact = medtwin_artifacts::ALL.iter().find(|a| a.name == name).expect("built");
        let recipe = Sandbox::new().load(artifact.component).expect("a device model");
        assert_eq!(recipe.imports().join(" "), expected, "{name}");
    }
}
