//! The sandbox from outside: nothing a guest does may end, slow or alter another or the run.

use medtwin_engine::Lent;
use medtwin_engine::device::{Event, Fault, Interface, Recipe as _, Terms};
use medtwin_host::{LoadError, Sandbox};

/// A component of the contract whose exports run `code`; what it imports is in `imports`.
fn guest(code: &str, imports: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
  {imports}
  (memory (export "memory") 1)
  (func $again (result i32) (i32.add (call $again) (i32.const 1)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "start") (param i32 i32) {start})
  (func (export "on-timer") (param i32) {code})
  (func (export "on-frame") (param i32 i32 i32))
  (func (export "on-input") (param i32 f64))
  (func (export "save") (result i32) (i32.const 16))
  (func (export "load") (param i32 i32)))"#,
        start = if code == "start" { "unreachable" } else { "" },
        code = if code == "start" { "" } else { code },
    );
    let mut module = wat::parse_str(&text).expect("valid text");
    let mut resolve = wit_parser::Resolve::default();
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../device-models/wit");
    let (package, _) = resolve.push_dir(dir).expect("the contract");
    let world = resolve.select_world(&[package], Some("device")).expect("its world");
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
    )
    .expect("embedded");
    wit_component::ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .expect("encoded")
}

const CLOCK: &str = r#"(import "medtwin:device/clock@0.1.0" "now" (func $now (param i32)))"#;

/// What comes of a timer.
fn timer(bytes: &[u8], terms: &Terms) -> Result<(), Fault> {
    let recipe = Sandbox::new().load(bytes).expect("a device model");
    let mut device = recipe.build(terms)?;
    let mut lent = Box::<Lent>::default();
    device.start(&mut lent, &[])?;
    device.handle(&mut lent, Event::Timer(0))
}

#[track_caller]
fn check_fault(code: &str, imports: &str, expected: &str) {
    let fault = timer(&guest(code, imports), &Terms::default()).expect_err("a fault");
    assert_eq!(fault.word(), expected, "{fault}");
    let again = timer(&guest(code, imports), &Terms::default()).expect_err("a fault");
    assert_eq!(fault, again);
}

#[test]
fn one_that_does_nothing_has_no_fault() {
    assert_eq!(timer(&guest("", ""), &Terms::default()), Ok(()));
}

#[test]
fn one_that_loops() {
    check_fault("(loop $l (br $l))", "", "out-of-fuel");
}

#[test]
fn one_that_allocates_without_end() {
    let grow =
        "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    check_fault(grow, "", "out-of-memory");
}

#[test]
fn one_that_recurses() {
    let terms = Terms { fuel_per_event: u64::MAX / 2, ..Terms::default() };
    let fault = timer(&guest("(drop (call $again))", ""), &terms);
    assert_eq!(fault, Err(Fault::StackOverflow));
}

#[test]
fn one_that_floods_host_calls() {
    check_fault("(loop $l (call $now (i32.const 64)) (br $l))", CLOCK, "host-call-flood");
}

#[test]
fn one_that_traps() {
    check_fault("unreachable", "", "trap");
}

#[test]
fn one_that_traps_in_start() {
    check_fault("start", "", "trap");
}

#[test]
fn one_that_wants_what_it_is_not_lent() {
    let mut terms = Terms::default();
    terms.interfaces.remove(&Interface::Clock);
    let fault = timer(&guest("(call $now (i32.const 64))", CLOCK), &terms);
    assert_eq!(fault, Err(Fault::NotLent { import: "clock".to_owned() }));
}

#[test]
fn a_denial_is_an_answer_and_no_fault() {
    assert_eq!(timer(&guest("(call $now (i32.const 64))", CLOCK), &Terms::default()), Ok(()));
}

#[test]
fn a_device_works_on_beside_one_that_trapped() {
    let sandbox = Sandbox::new();
    let (bad, good) = (guest("unreachable", ""), guest("", ""));
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
    assert_eq!(refused(&core), Some(LoadError::CoreModule.to_string()));
    assert!(refused(b"\x7fELF").is_some_and(|said| said.contains("not a WebAssembly component")));
    let cut = &guest("", "")[..200];
    assert!(refused(cut).is_some());
}

#[test]
fn the_models_of_the_library_import_what_they_say() {
    for (name, expected) in [
        ("insulin-pump", "command clock timer network sensor actuator alarm display vault"),
        ("pump-implant", "command timer actuator display"),
        ("cgm", "timer network sensor alarm display"),
    ] {
        let artifact = medtwin_artifacts::ALL.iter().find(|a| a.name == name).expect("built");
        let recipe = Sandbox::new().load(artifact.component).expect("a device model");
        assert_eq!(recipe.imports().join(" "), expected, "{name}");
    }
}
