//! Records in memory, as files, and sealed in either: a device cannot tell where it keeps them.

use std::sync::{Arc, Mutex};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use medtwin_engine::device::{Denial, Device, Event, Fault, Lent, Setting};
use medtwin_engine::plan::Arm;
use medtwin_engine::records::{Opens, Records, in_memory};
use medtwin_engine::resolve::Resolved;
use medtwin_host::{Failures, Files, Sandbox};
use proptest::prelude::*;

use crate::world::{HELD, Models, Native, arm_with, ran_on, resolved, wearer};

/// What a device does with its records.
#[derive(Clone, Debug)]
enum Does {
    Get(String),
    Put(String, Vec<u8>),
    Delete(String),
}

type Answer = Result<Option<Vec<u8>>, Denial>;

/// Software that does what it is told at power on.
#[derive(Clone, Default)]
struct Scripted {
    script: Arc<Mutex<Vec<Does>>>,
    answers: Arc<Mutex<Vec<Answer>>>,
}

impl Device for Scripted {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let script = self.script.lock().expect("not poisoned").clone();
        let does = |does: &Does| match does {
            Does::Get(key) => lent.get(key),
            Does::Put(key, value) => lent.put(key, value).map(|()| None),
            Does::Delete(key) => lent.delete(key).map(|()| None),
        };
        *self.answers.lock().expect("not poisoned") = script.iter().map(does).collect();
        Ok(())
    }
    fn handle(&mut self, _: &mut Box<Lent>, _: Event<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

/// The memory of a device under test [bytes].
const QUOTA: usize = 100;
const SEALED: &str = "[rest_protection]\nsuite = \"chacha20-poly1305\"\n";

/// A world with a scripted pump, in clear and sealed.
struct Worlds {
    pump: Scripted,
    resolved: Resolved,
    arms: [Arc<Arm>; 2],
}

impl Worlds {
    fn new() -> Self {
        let pump = Scripted::default();
        let mut models = Models::new(&Sandbox::new());
        models.held = Some(Arc::new(Native(pump.clone())));
        let text = format!("title = \"Records\"\nhorizon_h = 0.05\n{}", wearer("z"));
        let resolved = resolved(&text, &models);
        let quota = format!("[model.insulin-pump]\nstorage_bytes = {QUOTA}\n");
        let arms = ["", SEALED].map(|controls| arm_with(&resolved, &quota, controls));
        Self { pump, resolved, arms }
    }

    /// What the pump is answered, and all that happens, in words.
    fn told(&self, arm: &Arc<Arm>, open: &Opens<'_>) -> (Vec<Answer>, Vec<String>) {
        let ran = ran_on(&self.resolved, arm, open);
        let entries = ran.entries.iter().map(|entry| format!("{entry:?}")).collect();
        (self.pump.answers.lock().expect("not poisoned").clone(), entries)
    }
}

/// A store in a directory that is gone with the first result.
fn files() -> (tempfile::TempDir, Failures) {
    (tempfile::tempdir().expect("a directory"), Failures::default())
}

fn store(dir: &tempfile::TempDir, failures: &Failures) -> Files {
    let opened = Dir::open_ambient_dir(dir.path(), ambient_authority()).expect("opened");
    Files::new(opened, failures.clone())
}

/// What a device whose records are a map would be answered.
fn by_the_book(script: &[Does]) -> Vec<Answer> {
    let mut records = std::collections::BTreeMap::<&str, &[u8]>::new();
    let mut answers = Vec::new();
    for does in script {
        answers.push(match does {
            Does::Get(key) => Ok(records.get(&**key).map(|value| value.to_vec())),
            Does::Delete(key) => {
                records.remove(&**key);
                Ok(None)
            }
            Does::Put(key, value) => {
                let others = records.iter().filter(|(own, _)| ***own != **key);
                let used: usize = others.map(|(own, value)| own.len() + value.len()).sum();
                if used + key.len() + value.len() > QUOTA {
                    Err(Denial::Exhausted)
                } else {
                    records.insert(key, value);
                    Ok(None)
                }
            }
        });
    }
    answers
}

fn keys() -> impl Strategy<Value = String> {
    let hostile =
        ["", "a", "A", "../x", "..", "/etc/passwd", "a\0b", "a/b", "state", "record/a", "CON", "ä"];
    let hostile = prop::sample::select(hostile.map(str::to_owned).to_vec());
    prop_oneof![8 => hostile, 1 => Just("x".repeat(10_000)), 2 => any::<String>()]
}

fn script() -> impl Strategy<Value = Vec<Does>> {
    let value = prop::collection::vec(any::<u8>(), 0..60);
    let does = prop_oneof![
        3 => keys().prop_map(Does::Get),
        4 => (keys(), value).prop_map(|(key, value)| Does::Put(key, value)),
        1 => keys().prop_map(Does::Delete),
    ];
    prop::collection::vec(does, 0..40)
}

#[test]
fn a_device_cannot_tell_where_it_keeps_its_records() {
    let worlds = Worlds::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(48));
    let done = runner.run(&script(), |script| {
        *worlds.pump.script.lock().expect("not poisoned") = script.clone();
        let expected = by_the_book(&script);
        let mut traces = Vec::new();
        for arm in &worlds.arms {
            let (dir, failures) = files();
            let on_disk = |device: &str| -> Box<dyn Records> {
                if device == HELD { Box::new(store(&dir, &failures)) } else { in_memory(device) }
            };
            for (answers, trace) in [worlds.told(arm, &in_memory), worlds.told(arm, &on_disk)] {
                prop_assert_eq!(&answers, &expected);
                traces.push(trace);
            }
            prop_assert_eq!(failures.first(), None);
        }
        prop_assert!(traces.windows(2).all(|pair| pair[0] == pair[1]));
        Ok(())
    });
    done.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_quota_is_met_exactly_and_not_passed_by_one_wherever_records_lie() {
    let worlds = Worlds::new();
    let put = |key: &str, len| Does::Put(key.to_owned(), vec![1; len]);
    let script = vec![put("k", QUOTA - 1), put("k", QUOTA), put("", 0), put("j", 0)];
    *worlds.pump.script.lock().expect("not poisoned") = script;
    let (fits, over) = (Ok(None), Err(Denial::Exhausted));
    for arm in &worlds.arms {
        let (dir, failures) = files();
        let on_disk = |_: &str| -> Box<dyn Records> { Box::new(store(&dir, &failures)) };
        for open in [&in_memory as &Opens<'_>, &on_disk] {
            let (answers, _) = worlds.told(arm, open);
            assert_eq!(answers, [fits.clone(), over.clone(), fits.clone(), over.clone()]);
        }
    }
}

#[test]
fn a_file_is_named_by_a_digest_and_lies_in_the_directory_that_was_given() {
    let (dir, failures) = files();
    let mut store = store(&dir, &failures);
    for name in ["../x", "a\0b", "/etc/passwd", "A", "a", &"x".repeat(10_000)] {
        store.put(name, name.as_bytes());
        assert_eq!(store.get(name).as_deref(), Some(name.as_bytes()));
    }
    assert_eq!(failures.first(), None);
    let entries = std::fs::read_dir(dir.path()).expect("a directory").flatten();
    let names: Vec<_> =
        entries.map(|entry| entry.file_name().into_string().expect("ASCII")).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    let is_digest = |name: &String| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(names.iter().all(is_digest), "{names:?}");
    store.delete("a");
    assert_eq!((store.get("a"), failures.first()), (None, None));
    assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 5);
}

#[test]
fn what_lay_in_the_directory_before_is_no_record() {
    let (dir, failures) = files();
    store(&dir, &failures).put("a", b"of another run");
    assert_eq!(store(&dir, &failures).get("a"), None);
}

/// What a store notes after `damage` was done to its directory, when it is used.
#[track_caller]
fn check_noted(damage: impl Fn(&std::path::Path), used: impl Fn(&mut Files), words: &str) {
    let (dir, failures) = files();
    let mut store = store(&dir, &failures);
    store.put("a", b"kept");
    let file = std::fs::read_dir(dir.path()).expect("a directory").flatten().next();
    damage(&file.expect("a record").path());
    used(&mut store);
    let first = failures.first().unwrap_or_default();
    assert!(first.contains(words), "`{first}`");
}

#[test]
fn a_store_that_loses_a_record_says_so_and_does_not_make_one_up() {
    let gone = |file: &std::path::Path| std::fs::remove_file(file).expect("removed");
    let got = |store: &mut Files| assert_eq!(store.get("a"), None);
    check_noted(gone, got, "cannot read a record");
    check_noted(gone, |store| store.delete("a"), "cannot delete a record");
    let changed = |file: &std::path::Path| {
        let mut bytes = std::fs::read(file).expect("read");
        bytes.reverse();
        std::fs::write(file, bytes).expect("written");
    };
    check_noted(changed, got, "somebody else changed it");
    let longer = |file: &std::path::Path| std::fs::write(file, [0; 4096]).expect("written");
    check_noted(longer, got, "somebody else changed it");
    let in_the_way = |file: &std::path::Path| {
        std::fs::remove_file(file).expect("removed");
        std::fs::create_dir(file).expect("made");
    };
    check_noted(in_the_way, |store| store.put("a", b"more"), "cannot write a record");
}

#[test]
fn hostile_software_fills_its_own_directory_up_to_its_quota_and_no_other() {
    let sandbox = Sandbox::new();
    let hostile = medtwin_hostile::all().into_iter();
    let mut names = Vec::new();
    for module in hostile.filter(|module| ["fill-storage", "long-keys"].contains(&&*module.name)) {
        let recipe = sandbox.load(&crate::encoded(&module.module)).expect("a device model");
        let mut models = Models::new(&sandbox);
        models.held = Some(Arc::new(recipe));
        let text = format!("title = \"Records\"\nhorizon_h = 0.2\n{}", wearer("z"));
        let world = resolved(&text, &models);
        let arm =
            arm_with(&world, &format!("[model.insulin-pump]\nstorage_bytes = {QUOTA}\n"), SEALED);
        let (dir, failures) = files();
        let on_disk = |device: &str| -> Box<dyn Records> {
            if device == HELD { Box::new(store(&dir, &failures)) } else { in_memory(device) }
        };
        let told = |open: &Opens<'_>| format!("{:?}", ran_on(&world, &arm, open).entries);
        assert_eq!(told(&on_disk), told(&in_memory), "{}", module.name);
        assert_eq!(failures.first(), None);
        names.push((module.name, std::fs::read_dir(dir.path()).expect("a directory").count()));
    }
    let expected = [("fill-storage", 1), ("long-keys", 0)]; // of 65 and 2,001 bytes each
    assert_eq!(names, expected.map(|(name, files)| (name.to_owned(), files)));
}
