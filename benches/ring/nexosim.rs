//! The same ring on NeXosim 1.0 with one thread: a message is sent by an event that its sender
//! schedules for the arrival.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

use crate::native::delay_us;
use crate::{NODES, timed};

#[derive(Serialize, Deserialize)]
struct Node {
    state: u64,
    latency: u64,
    events: u64,
    next: Output<Vec<u8>>,
    #[serde(skip)]
    total: Arc<AtomicU64>,
}

#[Model]
impl Node {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        let first = (delay_us(&mut self.state) * 7919 + self.state % 1_000_000) % 1_000_000;
        let after = Duration::from_micros(first.max(1));
        cx.schedule_event(after, schedulable!(Self::wake), ()).expect("in the future");
    }

    #[nexosim(schedulable)]
    fn wake(&mut self, _: (), cx: &Context<Self>) {
        self.events += 1;
        let after = Duration::from_micros(delay_us(&mut self.state));
        cx.schedule_event(after, schedulable!(Self::wake), ()).expect("in the future");
        let mut body = vec![0; 64];
        body[..8].copy_from_slice(&self.events.to_le_bytes());
        self.latency ^= self.latency << 13;
        self.latency ^= self.latency >> 7;
        self.latency ^= self.latency << 17;
        let after = Duration::from_nanos(1_000_000 + self.latency % 1_000_000);
        cx.schedule_event(after, schedulable!(Self::send), body).expect("in the future");
    }

    #[nexosim(schedulable)]
    async fn send(&mut self, body: Vec<u8>) {
        self.next.send(body).await;
    }

    fn hear(&mut self, body: Vec<u8>) {
        self.events += 1;
        std::hint::black_box(body);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.total.fetch_add(self.events, Ordering::Relaxed);
    }
}

/// One run; building the bench is not timed.
pub(crate) fn run(seconds: u64) -> (Duration, u64) {
    let total = Arc::new(AtomicU64::new(0));
    let node = |id: u32| Node {
        state: u64::from(id),
        latency: 88_172_645_463_325_252 ^ u64::from(id) << 20,
        events: 0,
        next: Output::default(),
        total: Arc::clone(&total),
    };
    let mut nodes: Vec<Node> = (0..NODES).map(node).collect();
    let mailboxes: Vec<Mailbox<Node>> = (0..NODES).map(|_| Mailbox::new()).collect();
    for (id, node) in nodes.iter_mut().enumerate() {
        node.next.connect(Node::hear, &mailboxes[(id + 1) % NODES as usize]);
    }
    let mut bench = SimInit::with_num_threads(1);
    for (id, (node, mailbox)) in nodes.into_iter().zip(mailboxes).enumerate() {
        bench = bench.add_model(node, mailbox, &format!("n{id}"));
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("it starts");
    let (took, _) = timed(|| {
        simulation.step_until(Duration::from_secs(seconds)).expect("it runs");
        0
    });
    drop(simulation);
    (took, total.load(Ordering::Relaxed))
}
