//! Each budget of an envelope is met exactly, and not passed by one.

use std::sync::{Arc, Mutex};

use medtwin_engine::device::{Denial, Device, Event, Fault, Lent, Setting, Terms};
use medtwin_engine::trace::Outcome;
use medtwin_host::Sandbox;

use crate::world::{HELD, Models, Native, Ran, arm, honest, ran, resolved, wearer};
use crate::{component, guest, timer};

type Answers = Vec<Result<(), Denial>>;
type Asks = fn(&mut Lent) -> Answers;

/// Software that asks for something at power on, and again at each timer.
#[derive(Clone)]
struct Probe {
    asks: Asks,
    told: Arc<Mutex<Vec<Answers>>>,
}

impl Device for Probe {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        self.told.lock().expect("not poisoned").push((self.asks)(lent));
        Ok(())
    }
    fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
        if let Event::Timer(_) = event {
            self.told.lock().expect("not poisoned").push((self.asks)(lent));
        }
        Ok(())
    }
}

/// An hour under `budget`, and what `asks` was answered each time.
fn probed(budget: &str, asks: Asks) -> (Ran, Vec<Answers>) {
    let probe = Probe { asks, told: Arc::default() };
    let mut models = Models::new(&Sandbox::new());
    models.held = Some(Arc::new(Native(probe.clone())));
    let world = resolved(&(honest() + &wearer("z")), &models);
    let arm = arm(&world, &format!("[model.insulin-pump]\n{budget}\n"));
    let ran = ran(&world, &arm);
    let told = probe.told.lock().expect("not poisoned").clone();
    (ran, told)
}

/// Under `budget`, what `asks` is answered at power on; so many that are over are in the trace.
#[track_caller]
fn check_budget(budget: &str, asks: Asks, expected: &[Result<(), Denial>], over: usize) {
    let (ran, told) = probed(budget, asks);
    assert_eq!(told[0], expected);
    let of_held = |name| ran.setup.names.text(name) == HELD;
    let first = ran.entries.iter().filter(|entry| {
        of_held(entry.subject) && entry.outcome == Outcome::Exhausted && entry.at.as_nanos() == 0
    });
    assert_eq!(first.count(), over, "denials in the trace");
}

const OK: Result<(), Denial> = Ok(());
const OVER: Result<(), Denial> = Err(Denial::Exhausted);

#[test]
fn frames_in_a_minute() {
    let asks: Asks = |lent| (0..3).map(|_| lent.send(0, &[0])).collect();
    check_budget("frames_per_min = 2", asks, &[OK, OK, OVER], 1);
}

#[test]
fn wakes_in_a_minute() {
    let asks: Asks = |lent| (0..3).map(|_| lent.set_timer(0, 3_600_000_000)).collect();
    check_budget("wakes_per_min = 2", asks, &[OK, OK, OVER], 1);
}

#[test]
fn timers_at_a_time() {
    let asks: Asks = |lent| [0, 1, 2, 1].map(|id| lent.set_timer(id, 3_600_000_000)).to_vec();
    check_budget("timers = 2", asks, &[OK, OK, OVER, OK], 1);
}

#[test]
fn more_timers_than_a_device_without_an_envelope_has() {
    let asks: Asks = |lent| (0..101).map(|id| lent.set_timer(id, 3_600_000_000)).collect();
    let expected: Vec<_> = (0..101).map(|id| if id < 100 { OK } else { OVER }).collect();
    check_budget("timers = 100", asks, &expected, 1);
}

#[test]
fn bytes_logged_in_an_hour() {
    let asks: Asks = |lent| ["12345", "67890", "1", ""].map(|line| lent.log(line)).to_vec();
    check_budget("log_bytes_per_h = 10", asks, &[OK, OK, OVER, OK], 1);
}

#[test]
fn bytes_kept() {
    let asks: Asks = |lent| {
        let puts = [("k", &[0_u8; 9][..]), ("k", &[0; 10]), ("j", &[]), ("k", &[1; 9])];
        puts.map(|(key, value)| lent.put(key, value)).to_vec()
    };
    check_budget("storage_bytes = 10", asks, &[OK, OVER, OVER, OK], 2);
}

#[test]
fn a_budget_is_whole_again_when_its_time_is_over() {
    let asks: Asks = |lent| {
        let _ = lent.set_timer(0, 60_000_000);
        (0..2).map(|_| lent.send(0, &[0])).collect()
    };
    let (_, told) = probed("frames_per_min = 1", asks);
    assert_eq!(told.len(), 61, "minutes 0 to 60");
    assert!(told.iter().all(|answers| answers == &[OK, OVER]), "{told:?}");
}

/// What comes of a timer at which a component does something `times` times.
fn times(code: &str, times: u32, terms: &Terms) -> Result<(), Fault> {
    let all = format!(
        "(local $left i32) (local.set $left (i32.const {times}))
        (loop $l (if (local.get $left) (then {code}
            (local.set $left (i32.sub (local.get $left) (i32.const 1))) (br $l))))"
    );
    timer(&guest(&all), terms)
}

#[test]
fn host_calls_in_an_event() {
    let (call, terms) =
        ("(call $now (i32.const 64))", Terms { host_calls_per_event: 5, ..Terms::default() });
    assert_eq!(times(call, 5, &terms), Ok(()));
    assert_eq!(times(call, 6, &terms), Err(Fault::HostCallFlood));
}

#[test]
fn bytes_in_an_event() {
    let send = "(call $send (i32.const 0) (i32.const 0) (i32.const 10) (i32.const 64))";
    let terms = Terms { bytes_per_event: 30, ..Terms::default() };
    assert_eq!(times(send, 3, &terms), Ok(()));
    assert_eq!(times(send, 4, &terms), Err(Fault::HostCallFlood));
}

#[test]
fn memory() {
    let grow = "(if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))";
    let terms = Terms { memory_bytes: 3 << 16, ..Terms::default() };
    assert_eq!(times(grow, 2, &terms), Ok(()), "one page from the start, and two more");
    assert_eq!(times(grow, 3, &terms), Err(Fault::OutOfMemory));
}

#[test]
fn fuel_in_an_event() {
    let with = |fuel| Terms { fuel_per_event: fuel, ..Terms::default() };
    let enough = |fuel: &u64| times("", 10, &with(*fuel)).is_ok();
    let least = (1..10_000).find(enough).expect("a few instructions");
    assert!(least > 10, "{least}");
    assert_eq!(times("", 10, &with(least)), Ok(()));
    assert_eq!(times("", 11, &with(least)), Err(Fault::OutOfFuel));
    assert_eq!(times("", 10, &with(least - 1)), Err(Fault::OutOfFuel));
}

#[test]
fn fuel_to_start() {
    let start = component(
        "(func (export \"start\") (param i32 i32) (local $left i32) (local.set $left (i32.const 100))
        (loop $l (local.set $left (i32.sub (local.get $left) (i32.const 1))) (br_if $l (local.get $left))))",
    );
    let with = |fuel_start| Terms { fuel_start, ..Terms::default() };
    assert_eq!(timer(&start, &with(2000)), Ok(()));
    assert_eq!(timer(&start, &with(100)), Err(Fault::OutOfFuel));
}
