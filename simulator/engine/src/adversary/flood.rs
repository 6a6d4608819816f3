//! A flood: frames of nothing, as many as it takes to fill a link or to wear a device out.
//!
//! Each is a real frame on the link, in the queues of everybody and in the hands of the device that it is
//! for. Its bytes are zeros, which no protocol here has for a beginning. Left out: amplification by
//! others, and floods of connections.

use super::sending::bare;
use super::{Adversary, Target};
use crate::node::{Node, Outbox, View};
use crate::queue::What;
use crate::time::MINUTE;
use crate::trace::Origin;

/// How much of a flood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flood {
    /// Bytes of a frame.
    pub bytes: u32,
    /// How far apart frames are in the mean [ns]; uniform about it, from half of it on.
    pub apart_ns: u64,
    /// How many.
    pub frames: u64,
}

impl Flood {
    /// So many frames a second of so many bytes, for so long [min].
    pub fn of(rate_per_s: f64, bytes: u32, minutes: f64) -> Self {
        let apart_ns = ((MINUTE as f64 / 60.0 / rate_per_s) as u64).max(1000);
        Self { bytes, apart_ns, frames: (rate_per_s * minutes * 60.0).max(1.0) as u64 }
    }
}

/// Names the draws of gaps among the draws of a step.
const GAP: u64 = 1 << 33;
/// Marks the wake-up for the next frame of a flood.
pub(super) const NEXT: u16 = 5;

impl Adversary {
    /// Sends the next frame of the flood that is step `step`.
    pub(super) fn floods(
        &mut self,
        step: usize,
        (target, flood): (Target, Flood),
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let plan = self.intention.steps[step].clone();
        let body = bare(&vec![0; flood.bytes as usize], view);
        self.send(body, &target, (Origin::Adversary, false), &plan, at, node, view, out);
        self.progress[step].flooded += 1;
        if self.progress[step].flooded < flood.frames {
            // A sender of a strict period would meet others always at the same phase.
            let share = 0.5 + self.draw(step, GAP | self.progress[step].flooded);
            let gap = ((share * flood.apart_ns as f64) as u64).max(1000);
            node.wake(at + gap, What::Adversary, NEXT, step as u32, view, out);
        } else {
            self.end(step, true, at, node, view, out);
        }
    }
}
