//! The same ring on a plain binary heap, as one would write it by hand: 16-byte keys, messages in a
//! slab, no policy, no trace, no parallelism.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::native::delay_us;

struct Node {
    state: u64,
    events: u64,
}

#[derive(Default)]
struct Messages {
    bodies: Vec<[u8; 64]>,
    free: Vec<u32>,
}

impl Messages {
    fn store(&mut self, body: [u8; 64]) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.bodies[slot as usize] = body;
            return slot;
        }
        self.bodies.push(body);
        self.bodies.len() as u32 - 1
    }
}

/// Time [ns], then an event: the node, and the slot of its message plus one, or 0 for a timer.
fn key(at: u64, node: u32, slot: u32) -> Reverse<u128> {
    Reverse(u128::from(at) << 64 | u128::from(node) << 32 | u128::from(slot))
}

/// Runs the ring; how many events there were.
pub(crate) fn run(nodes: u32, seconds: u64) -> u64 {
    let horizon = seconds * 1_000_000_000;
    let mut latency = 88_172_645_463_325_252u64;
    let mut messages = Messages::default();
    let mut all: Vec<Node> =
        (0..nodes).map(|node| Node { state: u64::from(node), events: 0 }).collect();
    let mut heap = BinaryHeap::new();
    for (node, own) in (0..nodes).zip(&mut all) {
        let first = (delay_us(&mut own.state) * 7919 + own.state % 1_000_000) % 1_000_000;
        heap.push(key(first * 1000, node, 0));
    }
    while let Some(Reverse(next)) = heap.pop() {
        let (at, node, slot) = ((next >> 64) as u64, (next >> 32) as u32, next as u32);
        if at > horizon {
            break;
        }
        let own = &mut all[node as usize];
        own.events += 1;
        if slot > 0 {
            std::hint::black_box(&messages.bodies[slot as usize - 1]);
            messages.free.push(slot - 1);
            continue;
        }
        heap.push(key(at + delay_us(&mut own.state) * 1000, node, 0));
        let mut body = [0; 64];
        body[..8].copy_from_slice(&own.events.to_le_bytes());
        latency ^= latency << 13;
        latency ^= latency >> 7;
        latency ^= latency << 17;
        let arrives = at + 1_000_000 + latency % 1_000_000;
        let slot = messages.store(body);
        heap.push(key(arrives, (node + 1) % nodes, slot + 1));
    }
    all.iter().map(|node| node.events).sum()
}
