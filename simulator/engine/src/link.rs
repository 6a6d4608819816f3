//! Links: how long a frame travels, and whether it arrives.
//!
//! A frame waits for the line if others are on it, may have to wait for a session to open, and then takes
//! base delay plus jitter; it is lost by chance, worse in slots in which the link is bad, or dropped where the
//! queue is full (models.md 6.1). Draws are keyed by link, sender, receiver and time of sending, slot
//! states by link and slot: a frame that is sent in two arms at one time has the same luck in both,
//! however many others there were before it. A count of frames would not do that: an answer to an
//! adversary would shift the luck of all that follow. How long a frame waits in a queue does depend on
//! others: that is what a flood is.
//!
//! Left out: collisions of two frames in the air, distance within the range, channels of a band.

use std::collections::BTreeMap;

use crate::adversary::Spread;
use crate::seed::{Keyed, Seed};

mod burst;
mod line;
mod media;

pub use burst::Burst;
pub use line::Line;
use line::Queues;
pub use media::{MEDIA, medium};

/// How a kind of link delays and loses frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Medium {
    /// Shortest delay [ns]; the smallest of all links is the lookahead.
    pub base_ns: u64,
    /// What comes on top.
    pub jitter: Jitter,
    /// Loss probability of a packet in a good slot.
    pub loss: f64,
    /// Slots in which it is bad.
    pub burst: Option<Burst>,
    /// A packet that is lost is sent again.
    pub arq: Option<Arq>,
    /// What it takes before two can talk.
    pub opening: Option<Opening>,
    /// How fast it carries; what is so slow or so fast that nothing waits has none.
    pub line: Option<Line>,
    /// How far it is heard [m].
    pub range_m: f64,
    /// It is no radio: who is near hears nothing.
    pub is_wire: bool,
    /// IP is spoken on it.
    pub is_ip: bool,
}

/// A packet that is lost is sent again, so often and so far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arq {
    /// How often in all.
    pub tries: u32,
    /// How far apart [ns].
    pub apart_ns: u64,
}

/// A session that must be open before two can talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// How long they listen whether the channel is free [ns].
    pub listen_ns: u64,
    /// How long opening takes at most after that [ns]; uniform.
    pub most_ns: u64,
    /// After how long a silence it ends [ns].
    pub idle_ns: u64,
}

impl Opening {
    /// How long it takes at most until a session is open [ns].
    pub const fn takes_ns(&self) -> u64 {
        self.listen_ns + self.most_ns
    }
}

/// A link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSetup {
    /// Its name.
    pub name: String,
    /// The zone (IEC 62443) that it belongs to.
    pub zone: Option<String>,
    /// Its medium.
    pub medium: Medium,
    /// Loss probability of a frame in a good slot; drawn, if at all, once in a trial.
    pub loss: Spread,
    /// How far it reaches [m]; nothing beyond is heard. Its own members are within it. Drawn, if at
    /// all, once in a trial.
    pub range_m: Spread,
}

impl LinkSetup {
    /// A link as its medium has it.
    pub fn new(name: &str, medium: Medium) -> Self {
        let (loss, range_m) = (Spread::Fixed(medium.loss), Spread::Fixed(medium.range_m));
        Self { name: name.to_owned(), zone: None, medium, loss, range_m }
    }

    /// Its loss probability in the trial of `seed`.
    pub fn loss_of_trial(&self, seed: Seed) -> f64 {
        self.loss.at(self.luck(seed).uniform(0, 0)).clamp(0.0, 1.0)
    }

    /// Its range in the trial of `seed` [m].
    pub fn range_of_trial(&self, seed: Seed) -> f64 {
        self.range_m.at(self.luck(seed).uniform(1, 0))
    }

    fn luck(&self, seed: Seed) -> Keyed {
        seed.keyed(&format!("{}/link", self.name))
    }
}

/// The part of a delay that varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// Uniform up to so many [ns].
    Uniform(u64),
    /// Log-normal: median [ns] and the sigma of the logarithm.
    LogNormal(f64, f64),
    /// Tried again at each connection event, so far apart [ns], while a packet is lost with this
    /// probability: a geometric number of times.
    Retries(u64, f64),
}

/// A frame for a link, as far as the link is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passing {
    /// When it comes to the link [ns].
    pub(crate) at: u64,
    /// When its sender sent it, and the how-manieth it was at that time: its luck hangs on that.
    pub(crate) sent: (u64, u32),
    /// In whose name, and to whom.
    pub(crate) named: u64,
    pub(crate) to: u64,
    pub(crate) bytes: usize,
}

/// A link of a running world.
pub(crate) struct Link {
    pub(crate) setup: LinkSetup,
    loss: f64,
    luck: Keyed,
    slots: Keyed,
    queues: Queues,
    /// Until when the session of two is open, and from when [ns].
    sessions: BTreeMap<(u64, u64), (u64, u64)>,
}

/// Marks the draw of how long a session takes to open.
const OPENS: u64 = 1 << 61;
/// Tells the draws of tries apart: 2^64 over the golden ratio.
const ANOTHER_TRY: u64 = 0x9e37_79b9_7f4a_7c15;

impl Link {
    pub(crate) fn new(setup: LinkSetup, seed: Seed) -> Self {
        let luck = seed.keyed(&format!("{}/frame", setup.name));
        let slots = seed.keyed(&format!("{}/slot", setup.name));
        let (queues, sessions) = (Queues::default(), BTreeMap::new());
        Self { loss: setup.loss_of_trial(seed), setup, luck, slots, queues, sessions }
    }

    /// Whether what it does to a frame depends on the frames before.
    pub(crate) fn remembers(&self) -> bool {
        self.setup.medium.line.is_some() || self.setup.medium.opening.is_some()
    }

    /// When a frame is on its way [ns]: its turn has come, and there is a session. None if the queue
    /// is full. Frames must come in order of time.
    pub(crate) fn leaves(&mut self, frame: &Passing) -> Option<u64> {
        let Medium { line, opening, .. } = self.setup.medium;
        let left = match line {
            Some(line) => self.queues.pass(&line, frame.to, frame.at, frame.bytes)?,
            None => frame.at,
        };
        Some(opening.map_or(left, |opening| left.max(self.opens(opening, frame, left))))
    }

    /// From when on the session of the two ends of `frame` is open. Who speaks in another's name speaks in that one's
    /// session, and is answered there.
    fn opens(&mut self, opening: Opening, frame: &Passing, left: u64) -> u64 {
        let pair = (frame.named.min(frame.to), frame.named.max(frame.to));
        let (from, until) = self.sessions.entry(pair).or_default();
        if left >= *until {
            let share = self.luck.uniform(pair.0 << 20 ^ pair.1 ^ OPENS, frame.sent.0);
            *from = left + opening.listen_ns + (share * opening.most_ns as f64) as u64;
        }
        *until = left.max(*from) + opening.idle_ns;
        *from
    }

    /// What becomes of a frame that has `left` [ns], on the way `way`: its luck is that of when it was
    /// sent.
    #[inline]
    pub(crate) fn carry(&self, left: u64, (sent, nth): (u64, u32), way: u64) -> Option<u64> {
        let when = sent ^ u64::from(nth) << 58;
        let retried = self.arrives_at_try(sent, when, way)?;
        Some(left + retried + self.setup.medium.base_ns + self.jitter(when, way))
    }

    /// How long it takes until a try gets through [ns].
    #[inline]
    fn arrives_at_try(&self, sent: u64, when: u64, way: u64) -> Option<u64> {
        let Arq { tries, apart_ns } =
            self.setup.medium.arq.unwrap_or(Arq { tries: 1, apart_ns: 0 });
        let is_lost = |again: u64| {
            let loss = self.loss_at(sent + again * apart_ns);
            let when = when.wrapping_add(again.wrapping_mul(ANOTHER_TRY));
            loss > 0.0 && self.luck.uniform(way | 1 << 63, when) < loss
        };
        (0..u64::from(tries)).find(|again| !is_lost(*again)).map(|again| again * apart_ns)
    }

    #[inline]
    fn jitter(&self, when: u64, way: u64) -> u64 {
        match self.setup.medium.jitter {
            Jitter::Uniform(0) => 0,
            Jitter::Uniform(most) => {
                let bits = self.luck.bits(way, when);
                ((u128::from(bits) * u128::from(most)) >> 64) as u64
            }
            Jitter::LogNormal(median, sigma) => {
                let z = crate::patient::normal_quantile(self.luck.uniform(way, when));
                (median * libm::exp(sigma * z)).min(60e9) as u64
            }
            Jitter::Retries(apart, lost) => {
                let tries = libm::log(self.luck.uniform(way, when)) / libm::log(lost);
                apart * tries as u64
            }
        }
    }

    fn loss_at(&self, at: u64) -> f64 {
        match self.setup.medium.burst {
            Some(burst) if burst.is_bad(at, self.slots) => burst.loss,
            _ => self.loss,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, change: impl FnOnce(&mut Medium)) -> Link {
        let mut medium = medium(name).expect("a medium");
        change(&mut medium);
        Link::new(LinkSetup::new(name, medium), Seed { seed: 7, trial: 0 })
    }

    #[test]
    fn a_packet_that_is_lost_is_sent_again_at_the_next_connection_event() {
        let link = link("ble", |medium| {
            (medium.jitter, medium.loss) = (Jitter::Retries(40_000_000, 0.2), 0.0);
        });
        let late = |at| link.carry(at, (at, 0), 3).expect("never lost") - at - 20_000_000;
        let n = 20_000;
        assert!((0..n).all(|at| late(at) % 40_000_000 == 0));
        for (times, expected) in [(1, 0.2), (2, 0.04)] {
            let share = (0..n).filter(|&at| late(at) >= times * 40_000_000).count() as f64;
            let error = 4.0 * libm::sqrt(expected * (1.0 - expected) / n as f64);
            assert!((share / n as f64 - expected).abs() < error, "{times}: {share}");
        }
    }

    /// Delays [ms] of frames 10 s apart, as many as are carried, and the share that is lost.
    fn carried(name: &str, n: u64) -> (Vec<f64>, f64) {
        let link = link(name, |_| {});
        let sent = (0..n).map(|i| i * 10_000_000_000);
        let fates =
            sent.map(|at| link.carry(at, (at, 0), 3).map(|arrives| (arrives - at) as f64 / 1e6));
        let mut delays: Vec<f64> = fates.flatten().collect();
        delays.sort_by(f64::total_cmp);
        let lost = 1.0 - delays.len() as f64 / n as f64;
        (delays, lost)
    }

    #[test]
    fn media_delay_and_lose_as_the_table_says() {
        // Base [ms], median and p99 of the jitter [ms], mean loss, and how far that may be off: three
        // standard errors of bursts that are 10 s apart and so nearly independent.
        let table = [
            ("ethernet-100", 0.2, 0.05, 1.0, 1e-6, 1e-4),
            ("ethernet-1000", 0.2, 0.05, 1.0, 1e-6, 1e-4),
            ("core", 1.0, 0.3, 3.0, 1e-6, 1e-4),
            ("data-centre", 0.5, 0.2, 2.0, 1e-6, 1e-4),
            ("wan", 25.0, 3.0, 30.0, 1e-4, 2e-4),
            ("wifi", 3.0, 4.0, 40.0, 0.002, 0.001),
            ("wifi-degraded", 10.0, 20.0, 300.0, 0.03, 0.003),
            ("wmts", 20.0, 10.0, 100.0, 0.0174, 0.006),
            ("medradio-wings", 20.0, 15.0, 200.0, 0.05, 0.004),
            ("inductive", 10.0, 5.0, 50.0, 0.01, 0.002),
            ("lte", 40.0, 20.0, 200.0, 0.005, 0.0015),
            ("usb-serial", 1.0, 0.0, 0.0, 0.0, 0.0),
        ];
        for (name, base, median, p99, loss, off) in table {
            let (delays, lost) = carried(name, 40_000);
            let at = |share: f64| delays[(share * (delays.len() - 1) as f64) as usize] - base;
            assert!((at(0.5) - median).abs() <= 0.05 * median, "{name}: median {}", at(0.5));
            assert!((at(0.99) - p99).abs() <= 0.15 * p99, "{name}: p99 {}", at(0.99));
            assert!(delays[0] >= base, "{name}: nothing is faster than {base} ms");
            assert!((lost - loss).abs() <= off, "{name}: {lost} lost");
        }
    }

    #[test]
    fn what_an_implant_repeats_is_late_and_seldom_lost() {
        let (_, once) = {
            let link = link("mics", |medium| medium.arq = None);
            let lost =
                (0..20_000u64).filter(|i| link.carry(0, (i * 10_000_000_000, 0), 3).is_none());
            ((), lost.count() as f64 / 20_000.0)
        };
        let (_, repeated) = carried("mics", 20_000);
        assert!((once - 0.0454).abs() < 0.005, "a packet: {once}");
        assert!(repeated < 0.5 * once, "a frame: {repeated}");
    }

    #[test]
    fn an_implant_listens_before_a_session_and_answers_at_once_within_it() {
        let mut link = link("mics", |medium| medium.line = None);
        let mut waits = |at_ms: u64, from, to| {
            let at = at_ms * 1_000_000;
            let frame = Passing { at, sent: (at, 0), named: from, to, bytes: 16 };
            (link.leaves(&frame).expect("no queue") - at) as f64 / 1e6
        };
        let first = waits(0, 1, 2);
        assert!((10.0..=5010.0).contains(&first), "{first}");
        assert!(
            (waits(1, 1, 2) - (first - 1.0)).abs() < 1e-9,
            "the second waits for the same session"
        );
        for at_ms in [6_000, 60_000, 119_000] {
            assert_eq!(
                waits(at_ms, 2, 1).to_bits(),
                0.0f64.to_bits(),
                "either way, within a minute"
            );
        }
        assert!(waits(119_000, 1, 3) >= 10.0, "another pair has a session of its own");
        assert!(waits(190_000, 1, 2) >= 10.0, "it has ended");
    }

    #[test]
    fn what_others_send_delays_a_frame_and_leaves_its_luck() {
        let sent = 1_000_000_000;
        let frame = Passing { at: sent, sent: (sent, 0), named: 1, to: 2, bytes: 100 };
        let arrives = |others: u64| {
            let mut link = link("wmts", |_| {});
            for i in 0..others {
                let at = sent - 1000 + i;
                link.leaves(&Passing { at, sent: (at, 0), named: 9, to: 8, bytes: 1000 });
            }
            let left = link.leaves(&frame)?;
            Some((left, link.carry(left, frame.sent, 3)? - left))
        };
        let (alone, beside) = (arrives(0).expect("carried"), arrives(5).expect("carried"));
        assert!(beside.0 > alone.0 + 1_000_000_000, "5 kB are more than a second ahead of it");
        assert_eq!(alone.1, beside.1, "the way takes it as long");
        assert_eq!(arrives(50), None, "and when the queue is full it is dropped");
    }
}
