//! What is known of a frame that was opened, and what refuses it.

use proptest::prelude::*;

use super::*;
use crate::channel::Protection;
use crate::pairing::KeyLife;
use crate::plan::{Arm, Setup};
use crate::seed::Seed;
use crate::time::SimTime;
use crate::trace::Names;

const KEY: [u8; 32] = [7; 32];
const LIFE_NS: u64 = 1_000_000;
const SENDER: u32 = 3;
const BODY: &[u8] = b"bolus";
/// The bits of the first byte that mean something.
const FLAGS: u8 = 7;
const ALL: Protection = Protection { authentication: true, encryption: true, freshness: true };

fn plan(protection: Protection, accepts_clear: bool) -> Plan {
    let key_life = Some(KeyLife { life_ns: LIFE_NS, renew_before_ns: None });
    let arm = Arm { protection, accepts_clear, key_life, nonce_window: 64, ..Arm::default() };
    let setup = Setup {
        names: Names::default(),
        horizon: SimTime::START,
        nodes: Vec::new(),
        links: Vec::new(),
        artefacts: Vec::new(),
        firmware: Vec::new(),
        network: crate::network::Network::default(),
    };
    Plan {
        seed: Seed { seed: 1, trial: 0 },
        attack: true,
        threads: 1,
        split: 1,
        inputs: Arc::default(),
        setup: Arc::new(setup),
        arm: Arc::new(arm),
    }
}

fn receiver(plan: &Plan) -> Unit {
    let key = LinkKey::paired(KEY, 0, plan.arm.key_life);
    Unit::new(None, &[None], vec![key], Arc::default(), None)
}

fn frame(bytes: &[u8]) -> Frame {
    Frame { body: SmallVec::from_slice(bytes), ..Frame::default() }
}

/// What a receiver under `plan` knows at `at` of these bytes, and what they carry.
fn opened(plan: &Plan, at: u64, bytes: &[u8]) -> (Facts, Result<Vec<u8>, Own>) {
    let frame = frame(bytes);
    let (facts, body) = receiver(plan).open((plan, at), SENDER, &frame);
    (facts, body.map(Cow::into_owned))
}

#[test]
fn a_frame_is_believed_to_the_last_nanosecond_of_its_key_and_refused_at_its_end() {
    let plan = plan(ALL, false);
    let sent = channel::wrap(ALL, &KEY, SENDER, 1, BODY);
    let (facts, body) = opened(&plan, LIFE_NS - 1, &sent);
    assert!(facts.authenticated && facts.encrypted && facts.fresh);
    assert_eq!(body.as_deref(), Ok(BODY));
    assert_eq!(opened(&plan, LIFE_NS, &sent), (Facts::default(), Err(Own::KeyExpired)));
}

#[test]
fn a_key_that_ended_leaves_what_needs_no_key_as_it_was() {
    let tagged = Protection { encryption: false, ..ALL };
    let clear = channel::in_clear(BODY);
    for at in [0, LIFE_NS] {
        let known = opened(&plan(tagged, false), at, &clear);
        assert_eq!(known, (Facts::default(), Ok(BODY.to_vec())), "no tag, no fact");
        assert_eq!(opened(&plan(ALL, false), at, &clear).1, Err(Own::Sealed));
    }
}

#[test]
fn a_new_pairing_makes_the_old_key_worthless_and_the_new_one_good() {
    let plan = plan(ALL, false);
    let mut unit = receiver(&plan);
    unit.rest.peers =
        smallvec::smallvec![Some(Peer { link: 0, far: 0, node: 4, unit: 0, back: 0 })];
    let renewed = [8; 32];
    unit.pair(4, vec![LinkKey::paired(renewed, LIFE_NS, plan.arm.key_life)]);
    let mut opens = |key: &[u8; 32], counter| {
        let frame = frame(&channel::wrap(ALL, key, SENDER, counter, BODY));
        unit.open((&plan, LIFE_NS), SENDER, &frame).1.is_ok()
    };
    assert!(opens(&renewed, 1));
    assert!(!opens(&KEY, 2));
}

#[test]
fn a_sealed_link_takes_clear_where_the_pack_says_so_and_believes_nothing_of_it() {
    let sealed = Protection { encryption: true, ..Protection::default() };
    let clear = channel::in_clear(BODY);
    assert_eq!(opened(&plan(sealed, false), 0, &clear).1, Err(Own::Sealed));
    let taken = opened(&plan(sealed, true), 0, &clear);
    assert_eq!(taken, (Facts::default(), Ok(BODY.to_vec())));
    let other = channel::wrap(sealed, &[8; 32], SENDER, 1, BODY);
    assert_eq!(opened(&plan(sealed, true), 0, &other).1, Err(Own::Sealed), "of another key");
}

#[test]
fn a_counter_in_clear_moves_no_window_of_a_sealed_link() {
    let sealed = Protection { authentication: false, ..ALL };
    let (plan, counted) =
        (plan(sealed, true), Protection { freshness: true, ..Protection::default() });
    let mut unit = receiver(&plan);
    let mut is_fresh = |bytes: &[u8]| {
        let frame = frame(bytes);
        unit.open((&plan, 0), SENDER, &frame).0.fresh
    };
    assert!(!is_fresh(&channel::wrap(counted, &KEY, SENDER, u64::MAX, BODY)));
    assert!(is_fresh(&channel::wrap(sealed, &KEY, SENDER, 1, BODY)), "the peer is still heard");
}

/// A frame that a peer or an adversary sent, and what was done to it on its way.
#[derive(Clone, Debug)]
struct Sent {
    by: Protection,
    holds_key: bool,
    sender: u32,
    /// The first byte, which says how it is protected, is changed by this.
    flags: u8,
    /// Another byte is changed by this.
    byte: (prop::sample::Index, u8),
    cut: usize,
}

fn protection() -> impl Strategy<Value = Protection> {
    any::<[bool; 3]>().prop_map(|[authentication, encryption, freshness]| Protection {
        authentication,
        encryption,
        freshness,
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    let flags = prop_oneof![Just(0), 0..8u8, any::<u8>()];
    let mask = prop_oneof![4 => Just(0), 1 => any::<u8>()];
    let cut = prop_oneof![4 => Just(0usize), 1 => 0..40usize];
    let byte = (any::<prop::sample::Index>(), mask);
    (protection(), any::<bool>(), 3..5u32, flags, byte, cut).prop_map(
        |(by, holds_key, sender, flags, byte, cut)| Sent {
            by,
            holds_key,
            sender,
            flags,
            byte,
            cut,
        },
    )
}

impl Sent {
    fn as_sent(&self) -> Vec<u8> {
        let key = if self.holds_key { KEY } else { [8; 32] };
        channel::wrap(self.by, &key, self.sender, 1, BODY)
    }

    fn as_received(&self) -> Vec<u8> {
        let mut bytes = self.as_sent();
        bytes[0] ^= self.flags;
        let at = self.byte.0.index(bytes.len());
        bytes[at] ^= self.byte.1;
        bytes.truncate(bytes.len().saturating_sub(self.cut));
        bytes
    }

    /// Bytes of the tag at its end.
    fn tag(&self) -> usize {
        if self.by.authentication { channel::TAG_LEN } else { 0 }
    }
}

proptest! {
    #[test]
    fn no_flags_of_a_frame_raise_what_is_known_above_what_was_proven(
        arm in protection(),
        accepts_clear in any::<bool>(),
        sent in sent(),
    ) {
        let plan = plan(arm, accepts_clear);
        let (was, is) = (sent.as_sent(), sent.as_received());
        let (facts, body) = opened(&plan, 0, &is);
        let is_of_peer = sent.holds_key && sent.sender == SENDER && arm != Protection::default();
        let sealed = was.len() - sent.tag();
        let proves_sender = is_of_peer && sent.by.authentication && was == is;
        let proves_secrecy = is_of_peer
            && sent.by.encryption
            && is.get(1..sealed) == Some(&was[1..sealed])
            && (is[0] ^ was[0]) & FLAGS == 0;
        prop_assert!(!facts.authenticated || proves_sender, "{facts:?}");
        prop_assert!(!facts.encrypted || proves_secrecy, "{facts:?}");
        let vouches = arm.authentication || arm.encryption;
        prop_assert!(!facts.fresh || !vouches || proves_sender || proves_secrecy, "{facts:?}");
        let none = Facts { authenticated: false, encrypted: false, fresh: false, ..facts };
        prop_assert_eq!(none, Facts::default(), "a link knows nothing else");
        if proves_sender || facts.encrypted {
            prop_assert_eq!(body.as_deref(), if arm.encryption && !facts.encrypted && !accepts_clear { Err(&Own::Sealed) } else { Ok(BODY) });
        } else if arm.encryption && !accepts_clear {
            prop_assert_eq!(body, Err(Own::Sealed));
        }
    }

    #[test]
    fn a_frame_that_comes_twice_is_fresh_once_whatever_flags_it_has(
        arm in protection(),
        sent in sent(),
    ) {
        let plan = plan(arm, true);
        let mut unit = receiver(&plan);
        let frame = frame(&sent.as_received());
        let fresh = (0..2).filter(|_| unit.open((&plan, 0), SENDER, &frame).0.fresh);
        prop_assert!(fresh.count() <= 1);
    }
}

#[test]
fn a_spare_goes_on_counting_so_that_no_nonce_comes_twice_with_a_shared_key() {
    let plan = plan(ALL, false);
    let sent = |unit: &mut Unit| {
        let mut bytes = BODY.to_vec();
        let at = unit.wrap(ALL, SENDER, 0, 0..BODY.len(), &mut bytes);
        channel::open(&KEY, SENDER, &bytes[at]).counter
    };
    let (mut old, mut spare) = (receiver(&plan), receiver(&plan));
    assert_eq!((sent(&mut old), sent(&mut old)), (Some(1), Some(2)));
    spare.counts_on(&old);
    assert_eq!(sent(&mut spare), Some(3));
}
