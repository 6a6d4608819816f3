//! One run: the world, and the phases of a tick.
//!
//! A tick takes all that is due in one window `[t, t + W)`, where `W` is the lookahead: the
//! smallest delay of any link. Nothing that happens in a window can reach another entity within it,
//! so entities are stepped one by one or in parallel to the same end.

use std::sync::Arc;

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{LogLevel, ScheduleBuildSettings, SingleThreadedExecutor};
use rayon::prelude::*;

use crate::adversary::Interference;
use crate::build;
use crate::link::Link;
use crate::node::{Frame, Head, Node, Outbox, Sent, View};
use crate::plan::Plan;
use crate::queue::{Key, Queue, What};
use crate::trace::{Entry, Kind, Name, Sink};

/// The phases of a tick, in order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// What is due is taken from the queue.
    Take,
    /// Entities handle it, each in time order.
    Step,
    /// Frames that were sent are carried, altered or lost; what is to come is queued.
    Transmit,
    /// What happened is put in order.
    Record,
}

#[derive(Resource)]
struct Running {
    plan: Arc<Plan>,
    window: u64,
    horizon: u64,
    recording: bool,
    pool: Option<rayon::ThreadPool>,
}

#[derive(Resource, Default)]
struct Waiting(Queue);

#[derive(Resource, Default)]
struct Due {
    end: u64,
    keys: Vec<Key>,
}

#[derive(Resource, Default)]
struct Air {
    links: Vec<Link>,
    frames: Vec<Frame>,
    free: Vec<u32>,
    /// By link: the adversaries that hear it, and how likely they miss a frame.
    listeners: Vec<Vec<u32>>,
    interference: Vec<Interference>,
    /// The words for frames that left and that were lost.
    sent: Name,
    lost: Name,
}

#[derive(Resource, Default)]
struct Work(Outbox, Vec<Outbox>);

/// The order of the entries of a tick: time, entity, and place among those that were left.
#[derive(Resource, Default)]
struct Told(Vec<(u64, u32, u32)>);

/// Runs `plan` to its end and hands each entry to `sink`.
///
/// # Panics
/// If the tick's systems are ambiguous, or a thread cannot be started: bugs of ours or of the
/// machine, never of a plan.
pub fn run<S: Sink>(plan: &Plan, sink: &mut S) {
    let mut world = world(plan, S::WANTED);
    let mut tick = schedule();
    flush(&mut world, sink);
    while due(&world) {
        tick.run(&mut world);
        flush(&mut world, sink);
    }
}

fn world(plan: &Plan, recording: bool) -> World {
    let plan = Arc::new(plan.clone());
    let window = (plan.setup.lookahead_ns() / u64::from(plan.split.max(1))).max(1);
    // Threads change no result: where they do not start, one does the work.
    let pool = (plan.threads > 1)
        .then(|| rayon::ThreadPoolBuilder::new().num_threads(plan.threads).build().ok())
        .flatten();
    let links = plan.setup.links.iter().map(|link| Link::new(link.clone(), plan.seed)).collect();
    let listeners = build::listeners(&plan);
    let (mut waiting, mut work) = (Waiting::default(), Work::default());
    let word = |text| plan.setup.names.find(text).unwrap_or_default();
    let (sent, lost) = (word("sent"), word("lost"));
    let mut air = Air { links, listeners, sent, lost, ..Air::default() };
    let mut world = World::new();
    for id in 0..plan.setup.nodes.len() {
        let mut node = build::node(&plan, id, recording);
        let view = View { plan: &plan, frames: &[], window_end: 0, recording };
        node.start(view, &mut work.0);
        // One table, no despawns: an entity's number is its row.
        world.spawn(node);
    }
    air.post(&mut work.0, &plan, &mut waiting.0, recording);
    let mut told = Told::default();
    told.sort(&work.0);
    let horizon = plan.setup.horizon.as_nanos();
    world.insert_resource(Running { plan, window, horizon, recording, pool });
    world.insert_resource(waiting);
    world.insert_resource(air);
    world.insert_resource(work);
    world.insert_resource(told);
    world.init_resource::<Due>();
    world
}

/// The tick. Two systems that touch the same data without an order between them are an error here,
/// not a matter of luck.
fn schedule() -> Schedule {
    let mut tick = Schedule::default();
    tick.set_executor(SingleThreadedExecutor::new())
        .set_build_settings(ScheduleBuildSettings {
            ambiguity_detection: LogLevel::Error,
            ..ScheduleBuildSettings::default()
        })
        .configure_sets((Phase::Take, Phase::Step, Phase::Transmit, Phase::Record).chain())
        .add_systems((
            take.in_set(Phase::Take),
            step.in_set(Phase::Step),
            transmit.in_set(Phase::Transmit),
            record.in_set(Phase::Record),
        ));
    tick
}

fn due(world: &World) -> bool {
    let next = world.resource::<Waiting>().0.next_time();
    next.is_some_and(|at| at <= world.resource::<Running>().horizon)
}

fn flush<S: Sink>(world: &mut World, sink: &mut S) {
    if S::WANTED {
        let entries = &world.resource::<Work>().0.lent.entries;
        let order = &world.resource::<Told>().0;
        order.iter().for_each(|&(_, _, at)| sink.take(&entries[at as usize]));
        world.resource_mut::<Work>().0.lent.entries.clear();
    }
}

fn take(running: Res<Running>, mut waiting: ResMut<Waiting>, mut due: ResMut<Due>) {
    let Some(start) = waiting.0.next_time() else { return };
    due.end = (start + running.window).min(running.horizon + 1);
    due.keys.clear();
    let Due { end, keys } = &mut *due;
    waiting.0.take_before(*end, keys);
    keys.sort_unstable_by_key(Key::by_entity);
}

fn step(
    running: Res<Running>,
    due: Res<Due>,
    air: Res<Air>,
    mut work: ResMut<Work>,
    mut nodes: Query<&mut Node>,
) {
    let view = View {
        plan: &running.plan,
        frames: &air.frames,
        window_end: due.end,
        recording: running.recording,
    };
    let mut tables = nodes.contiguous_iter_mut().expect("a table component");
    let Some(mut nodes) = tables.next() else { return };
    let nodes = nodes.bypass_change_detection();
    let shares = due.keys.chunk_by(|a, b| a.entity() == b.entity());
    match &running.pool {
        None => {
            for share in shares {
                nodes[share[0].entity() as usize].step(share, view, &mut work.0);
            }
        }
        Some(pool) => pool.install(|| step_in_parallel(nodes, shares.collect(), view, &mut work)),
    }
}

/// Steps each entity with its share of the window, which come in the order of entities.
fn step_in_parallel(
    mut nodes: &mut [Node],
    shares: Vec<&[Key]>,
    view: View<'_>,
    Work(all, parts): &mut Work,
) {
    let mut steps = Vec::with_capacity(shares.len());
    let mut passed = 0;
    for share in &shares {
        let entity = share[0].entity() as usize;
        let (node, rest) = nodes[entity - passed..].split_first_mut().expect("an entity");
        (passed, nodes) = (entity + 1, rest);
        steps.push(node);
    }
    if parts.len() < steps.len() {
        parts.resize_with(steps.len(), Outbox::default);
    }
    let work = steps.into_par_iter().zip(&mut parts[..shares.len()]).zip(shares);
    work.for_each(|((node, out), share)| node.step(share, view, out));
    parts.iter_mut().for_each(|part| all.append(part));
}

fn transmit(
    running: Res<Running>,
    due: Res<Due>,
    mut air: ResMut<Air>,
    mut work: ResMut<Work>,
    mut waiting: ResMut<Waiting>,
) {
    let arrived = due.keys.iter().filter(|key| key.is_frame()).map(|key| key.slot);
    air.free.extend(arrived);
    air.post(&mut work.0, &running.plan, &mut waiting.0, running.recording);
}

fn record(running: Res<Running>, work: Res<Work>, mut told: ResMut<Told>) {
    if running.recording {
        told.sort(&work.0);
    }
}

impl Told {
    fn sort(&mut self, out: &Outbox) {
        let entries = out.lent.entries.iter().zip(0..);
        self.0.clear();
        self.0.extend(entries.map(|(entry, at)| (entry.at.as_nanos(), entry.entity, at)));
        self.0.sort_unstable();
    }
}

impl Outbox {
    fn append(&mut self, part: &mut Self) {
        self.keys.append(&mut part.keys);
        let start = self.lent.bytes.len();
        self.lent.bytes.append(&mut part.lent.bytes);
        self.sent.extend(
            part.sent
                .drain(..)
                .map(|sent| Sent { body: sent.body.start + start..sent.body.end + start, ..sent }),
        );
        self.interference.append(&mut part.interference);
        self.lent.entries.append(&mut part.lent.entries);
    }
}

impl Air {
    /// Carries what was sent and queues what is to come.
    fn post(&mut self, out: &mut Outbox, plan: &Plan, queue: &mut Queue, recording: bool) {
        out.keys.drain(..).for_each(|key| queue.push(key));
        self.interference.append(&mut out.interference);
        let mut sent = std::mem::take(&mut out.sent);
        for Sent { at, body, ordinal, head } in sent.drain(..) {
            let Some(link) = self.links.get(head.link as usize) else { continue };
            let sender = u64::from(head.from.0);
            let arrives = link.carry(at, sender, u64::from(ordinal));
            let slot = self.store(head, &out.lent.bytes[body]);
            self.overheard(at, ordinal, head, slot, queue);
            let arrives = self.interfere(at, arrives, slot);
            let verb = if arrives.is_some() { self.sent } else { self.lost };
            if recording && let Some(entry) = sent_entry(plan, at, verb, &self.frames[slot]) {
                out.lent.entries.push(entry);
            }
            match arrives {
                Some(arrives) => {
                    let key = Key::new(arrives, What::Frame, head.to.0, head.from.0, ordinal);
                    queue.push(key.slot(slot as u32).unit(head.to.1));
                }
                None => self.free.push(slot as u32),
            }
        }
        out.sent = sent;
        out.lent.bytes.clear();
    }

    /// Frames as adversaries hear them, each on its own way.
    fn overheard(&mut self, at: u64, ordinal: u32, head: Head, slot: usize, queue: &mut Queue) {
        for i in 0..self.listeners[head.link as usize].len() {
            let eve = self.listeners[head.link as usize][i];
            if eve == head.from.0 {
                continue;
            }
            let link = &self.links[head.link as usize];
            let ear = u64::from(eve) << 32 | u64::from(head.from.0) | 1 << 62;
            if let Some(arrives) = link.carry(at, ear, u64::from(ordinal)) {
                let key = Key::new(arrives, What::Overheard, eve, head.from.0, ordinal);
                let body = std::mem::take(&mut self.frames[slot].body);
                let copy = self.store(head, &body);
                self.frames[slot].body = body;
                queue.push(key.slot(copy as u32));
            }
        }
    }

    /// What adversaries in the path do to a frame: nothing, delay, alter, or drop.
    fn interfere(&mut self, at: u64, arrives: Option<u64>, slot: usize) -> Option<u64> {
        let mut arrives = arrives?;
        for act in &self.interference {
            let frame = &mut self.frames[slot];
            if act.touches(at, frame) {
                arrives = act.apply(arrives, frame)?;
            }
        }
        Some(arrives)
    }

    /// Keeps a frame while it travels, where a past one was if there is room.
    fn store(&mut self, head: Head, body: &[u8]) -> usize {
        let slot = match self.free.pop() {
            Some(slot) => slot as usize,
            None => {
                self.frames.push(Frame::default());
                self.frames.len() - 1
            }
        };
        let frame = &mut self.frames[slot];
        frame.head = head;
        frame.body.clear();
        frame.body.extend_from_slice(body);
        slot
    }
}

fn sent_entry(plan: &Plan, at: u64, verb: Name, frame: &Frame) -> Option<Entry> {
    let head = frame.head;
    let names = |(node, unit): (u32, u16)| {
        let node = plan.setup.nodes.get(node as usize)?;
        Some(node.devices.get(unit as usize).map_or(node.name, |device| device.names.device))
    };
    Some(Entry {
        cause: head.cause,
        subject: names(head.from)?,
        object: names(head.to)?,
        verb,
        value: frame.body.len() as f64,
        origin: head.origin,
        step: head.step,
        ..crate::node::entry(head.from.0, at, Kind::Frame)
    })
}
