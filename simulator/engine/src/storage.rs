//! What a device keeps: its records and its state, on one memory, by one account of what is there.
//!
//! The account is the host's: what a record is called, how much of the quota it takes, and by which
//! counter it was sealed last. Sizes are of what the device wrote, so that protection at rest changes
//! nothing of what fits. Whoever has the memory in hand changes records and not the account.
//!
//! Left out: what sealing costs in time and energy, and wear. Names of records are not hidden.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::records::Records;
use crate::trace::NO_STEP;

mod sealing;

pub(crate) use sealing::Sealing;

/// Names of records begin so: none of them is the state's.
const RECORD: &str = "record/";
const STATE: &str = "state";

/// The memory of one device.
pub(crate) struct Storage {
    records: Box<dyn Records>,
    account: BTreeMap<String, Held>,
    used: usize,
    sealing: Option<Sealing>,
}

/// What the host knows of one record.
#[derive(Clone, Copy)]
struct Held {
    /// What it takes of the quota: its key and its value [bytes].
    len: usize,
    counter: u64,
    /// The attack's step that altered it, or [`NO_STEP`].
    step: u16,
}

/// What a device that asks for a record gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// There is none.
    Nothing,
    /// This.
    Record(Vec<u8>),
    /// It is not what the device wrote last under that name.
    Refused,
}

/// What somebody who has a memory in hand can read there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// No record.
    Nothing,
    /// Records that say nothing without the device's vault.
    Sealed,
    /// Each of these.
    Clear(Vec<Vec<u8>>),
}

impl Storage {
    /// An empty memory; with a key, what it keeps is sealed.
    pub(crate) fn new(records: Box<dyn Records>, sealing: Option<Sealing>) -> Self {
        Self { records, account: BTreeMap::new(), used: 0, sealing }
    }

    pub(crate) fn get(&self, key: &str) -> Got {
        self.read(&named(key))
    }

    /// The step that altered a record since the device wrote it, or [`NO_STEP`].
    pub(crate) fn altered_by(&self, key: &str) -> u16 {
        self.account.get(&named(key)).map_or(NO_STEP, |held| held.step)
    }

    /// Whether a record fits beside all others into `most` [bytes].
    pub(crate) fn fits(&self, key: &str, value: &[u8], most: usize) -> bool {
        let old = self.account.get(&named(key)).map_or(0, |held| held.len);
        self.used - old + key.len() + value.len() <= most
    }

    pub(crate) fn put(&mut self, key: &str, value: &[u8]) {
        self.write(named(key), key.len() + value.len(), value);
    }

    pub(crate) fn delete(&mut self, key: &str) {
        self.drop_named(&named(key));
    }

    /// Keeps the state that a reboot gives back. It takes nothing of the quota for records.
    pub(crate) fn keep_state(&mut self, state: &[u8]) {
        self.write(STATE.to_owned(), 0, state);
    }

    pub(crate) fn state(&self) -> Option<Vec<u8>> {
        match self.read(STATE) {
            Got::Record(state) => Some(state),
            Got::Nothing | Got::Refused => None,
        }
    }

    pub(crate) fn forget_state(&mut self) {
        self.drop_named(STATE);
    }

    /// What somebody with the memory in hand reads of the device's records.
    pub(crate) fn copied(&self) -> Copied {
        let names = self.account.keys().filter(|name| name.starts_with(RECORD));
        match (&self.sealing, names.clone().next()) {
            (_, None) => Copied::Nothing,
            (Some(_), _) => Copied::Sealed,
            (None, _) => Copied::Clear(names.filter_map(|name| self.records.get(name)).collect()),
        }
    }

    /// Somebody with the memory in hand writes `bytes` over a record, in `step` of an attack.
    pub(crate) fn overwrite(&mut self, key: &str, bytes: &[u8], step: u16) {
        let name = named(key);
        self.records.put(&name, bytes);
        // What somebody else wrote is not of the device's quota.
        let (len, counter) =
            self.account.get(&name).map_or((0, 0), |held| (held.len, held.counter));
        self.hold(name, Held { len, counter, step });
    }

    fn read(&self, name: &str) -> Got {
        let Some(held) = self.account.get(name) else { return Got::Nothing };
        let kept = self.records.get(name);
        match &self.sealing {
            None => kept.map_or(Got::Nothing, Got::Record),
            Some(sealing) => {
                let opened = kept.and_then(|kept| sealing.open(name, held.counter, &kept));
                opened.map_or(Got::Refused, Got::Record)
            }
        }
    }

    fn write(&mut self, name: String, len: usize, value: &[u8]) {
        let (counter, kept) = match &mut self.sealing {
            None => (0, Cow::Borrowed(value)),
            Some(sealing) => sealing.seal(&name, value),
        };
        self.records.put(&name, &kept);
        self.hold(name, Held { len, counter, step: NO_STEP });
    }

    fn hold(&mut self, name: String, held: Held) {
        let old = self.account.insert(name, held);
        self.used = self.used + held.len - old.map_or(0, |old| old.len);
    }

    fn drop_named(&mut self, name: &str) {
        if let Some(old) = self.account.remove(name) {
            self.used -= old.len;
            self.records.delete(name);
        }
    }
}

fn named(key: &str) -> String {
    format!("{RECORD}{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Memory;

    fn storage(sealed: bool) -> Storage {
        let key = sealed.then(|| Sealing::new([7; 32]));
        Storage::new(Box::<Memory>::default(), key)
    }

    fn record(bytes: &[u8]) -> Got {
        Got::Record(bytes.to_vec())
    }

    #[test]
    fn what_was_put_is_what_is_got_until_it_is_deleted() {
        for mut storage in [storage(false), storage(true)] {
            storage.put("a", b"1");
            storage.put("a", b"22");
            storage.put("", b"");
            storage.put("state", b"no state");
            assert_eq!((storage.get("a"), storage.get("")), (record(b"22"), record(b"")));
            assert_eq!(storage.state(), None, "a record of that name is another");
            storage.delete("a");
            assert_eq!(storage.get("a"), Got::Nothing);
        }
    }

    #[test]
    fn what_fits_does_not_depend_on_protection() {
        for mut storage in [storage(false), storage(true)] {
            storage.put("key", &[0; 7]);
            assert!(storage.fits("k", &[0; 9], 20) && !storage.fits("k", &[0; 10], 20));
            assert!(storage.fits("key", &[0; 17], 20) && !storage.fits("key", &[0; 18], 20));
            storage.keep_state(&[0; 1000]);
            storage.delete("key");
            storage.delete("key");
            assert!(storage.fits("", &[0; 20], 20) && !storage.fits("", &[0; 21], 20));
        }
    }

    #[test]
    fn in_clear_what_was_altered_is_believed_and_sealed_it_is_not() {
        for (sealed, got) in [(false, record(b"3")), (true, Got::Refused)] {
            let mut storage = storage(sealed);
            storage.put("ratio", b"10");
            storage.overwrite("ratio", b"3", 5);
            assert_eq!((storage.get("ratio"), storage.altered_by("ratio")), (got, 5));
            storage.put("ratio", b"11");
            assert_eq!(
                (storage.get("ratio"), storage.altered_by("ratio")),
                (record(b"11"), NO_STEP)
            );
        }
    }

    #[test]
    fn a_sealed_record_of_another_name_or_of_before_is_refused() {
        let mut storage = storage(true);
        storage.put("a", b"1");
        storage.put("b", b"2");
        let raw = |storage: &Storage, key| storage.records.get(&named(key)).expect("kept");
        let (old, other) = (raw(&storage, "a"), raw(&storage, "b"));
        storage.overwrite("a", &other, 0);
        assert_eq!(storage.get("a"), Got::Refused, "another's");
        storage.put("a", b"3");
        storage.overwrite("a", &old, 0);
        assert_eq!(storage.get("a"), Got::Refused, "what it was before");
        storage.overwrite("new", b"", 0);
        assert_eq!(storage.get("new"), Got::Refused, "what the device never wrote");
        storage.records.delete(&named("b"));
        assert_eq!(storage.get("b"), Got::Refused, "taken away");
    }

    #[test]
    fn one_changed_bit_anywhere_in_a_sealed_record_is_noticed() {
        let mut storage = storage(true);
        storage.put("a", b"secret");
        let whole = storage.records.get(&named("a")).expect("kept");
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            storage.overwrite("a", &changed, 0);
            assert_eq!(storage.get("a"), Got::Refused, "bit {bit}");
        }
        storage.overwrite("a", &whole, 0);
        assert_eq!(storage.get("a"), record(b"secret"));
    }

    #[test]
    fn what_is_read_by_hand_is_all_unless_it_is_sealed() {
        let (mut open, mut sealed) = (storage(false), storage(true));
        for storage in [&mut open, &mut sealed] {
            storage.keep_state(b"state");
            assert_eq!(storage.copied(), Copied::Nothing, "a state is no record");
            storage.put("a", b"secret");
        }
        assert_eq!(open.copied(), Copied::Clear(vec![b"secret".to_vec()]));
        assert_eq!(sealed.copied(), Copied::Sealed);
        for name in ["state", "record/a"] {
            let raw = sealed.records.get(name).expect("kept");
            assert!(!raw.windows(5).any(|part| part == b"state" || part == b"secre"), "{name}");
        }
        assert_eq!(sealed.state().as_deref(), Some(&b"state"[..]));
    }
}
