//! How fast a link carries, and what waits meanwhile.
//!
//! A line sends one frame after the other at its rate (a token bucket that holds one frame). What
//! comes while it sends waits in a queue of so many bytes, first in, first out; what comes when that is
//! full is dropped (drop tail). A radio is one line for all who are on it; a switched wire is one line
//! for each receiver, whose port it is.
//!
//! What waits depends on what others send, an adversary included: that is what a flood does. It
//! changes when a frame leaves and whether it is dropped, and nobody's luck on the way.
//! Left out: priorities (802.1p, WMM), collisions, and rates that adapt to the radio.

use std::collections::BTreeMap;

/// What a line can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Rate [bit/s].
    pub bits_per_s: u64,
    /// When so much waits, the queue is full [bytes].
    pub queue_bytes: u64,
    /// What a packet carries of a frame at most [bytes].
    pub payload_bytes: u64,
    /// What each packet has on top [bytes]: preamble, headers, gaps.
    pub header_bytes: u64,
    /// One line for everybody instead of one for each receiver.
    pub is_shared: bool,
}

impl Line {
    /// What a frame takes up on the line [bytes].
    pub fn on_wire(&self, bytes: usize) -> u64 {
        let packets = (bytes as u64).div_ceil(self.payload_bytes).max(1);
        bytes as u64 + packets * self.header_bytes
    }

    /// How long so many bytes take [ns].
    fn takes_ns(&self, bytes: u64) -> u64 {
        (u128::from(bytes) * 8_000_000_000).div_ceil(u128::from(self.bits_per_s)) as u64
    }

    /// What leaves within `ns` [bytes].
    fn within(&self, ns: u64) -> u64 {
        (u128::from(ns) * u128::from(self.bits_per_s) / 8_000_000_000) as u64
    }
}

/// Until when each line of a link is busy [ns].
#[derive(Debug, Default)]
pub(super) struct Queues(BTreeMap<u64, u64>);

impl Queues {
    /// When a frame of `bytes` that comes `at` has left for `receiver`; none if the queue is full.
    /// Frames must come in order of time.
    pub(super) fn pass(
        &mut self,
        line: &Line,
        receiver: u64,
        at: u64,
        bytes: usize,
    ) -> Option<u64> {
        let port = if line.is_shared { 0 } else { receiver };
        let busy = self.0.entry(port).or_default();
        let start = at.max(*busy);
        let size = line.on_wire(bytes);
        if start > at && line.within(start - at) >= line.queue_bytes {
            return None;
        }
        *busy = start + line.takes_ns(size);
        Some(*busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Line = Line {
        bits_per_s: 8_000,
        queue_bytes: 90,
        payload_bytes: 50,
        header_bytes: 10,
        is_shared: true,
    };

    #[test]
    fn frames_leave_one_after_the_other_and_what_comes_to_a_full_queue_is_dropped() {
        let mut queues = Queues::default();
        let mut pass = |at_ms: u64, bytes| queues.pass(&SLOW, 0, at_ms * 1_000_000, bytes);
        let ms = |ms: u64| Some(ms * 1_000_000);
        assert_eq!(pass(0, 40), ms(50), "50 bytes at a byte per millisecond");
        assert_eq!(pass(10, 50), ms(110), "waits for the first");
        assert_eq!(pass(20, 40), None, "90 bytes are still to be sent");
        assert_eq!(pass(80, 40), ms(160), "room again");
        assert_eq!(pass(1000, 60), ms(1080), "an idle line; two packets");
    }

    #[test]
    fn a_port_does_not_wait_for_another_unless_they_share_the_air() {
        let wire = Line { is_shared: false, ..SLOW };
        for (line, left_ms) in [(wire, 50), (SLOW, 100)] {
            let mut queues = Queues::default();
            queues.pass(&line, 1, 0, 40);
            assert_eq!(queues.pass(&line, 2, 0, 40), Some(left_ms * 1_000_000));
        }
    }
}
