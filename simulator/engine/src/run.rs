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
use crate::node::{Frame, Node, Outbox, Sent, View};
use crate::plan::Plan;
use crate::queue::{Key, Queue, What};
use crate::trace::{Entry, Kind, Sink};

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
}

#[derive(Resource, Default)]
struct Work(Outbox, Vec<Outbox>);

#[derive(Resource)]
struct Entities(Vec<Entity>);

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
    let pool = (plan.threads > 1).then(|| {
        rayon::ThreadPoolBuilder::new().num_threads(plan.threads).build().expect("threads start")
    });
    let links = plan.setup.links.iter().map(|link| Link::new(link.clone(), plan.seed)).collect();
    let listeners = build::listeners(&plan);
    let (mut waiting, mut work) = (Waiting::default(), Work::default());
    let mut air = Air { links, listeners, ..Air::default() };
    let mut world = World::new();
    let mut entities = Vec::new();
    for id in 0..plan.setup.nodes.len() {
        let mut node = build::node(&plan, id, recording);
        let view = View { plan: &plan, frames: &[], window_end: 0, recording };
        node.start(view, &mut work.0);
        entities.push(world.spawn(node).id());
    }
    air.post(&mut work.0, &plan, &mut waiting.0, recording);
    work.0.entries.sort_by_key(|entry| (entry.at, entry.entity));
    let horizon = plan.setup.horizon.as_nanos();
    world.insert_resource(Running { plan, window, horizon, recording, pool });
    world.insert_resource(waiting);
    world.insert_resource(air);
    world.insert_resource(work);
    world.insert_resource(Entities(entities));
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
        let entries = &mut world.resource_mut::<Work>().0.entries;
        entries.iter().for_each(|entry| sink.take(entry));
        entries.clear();
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
    entities: Res<Entities>,
    mut work: ResMut<Work>,
    mut nodes: Query<&mut Node>,
) {
    let view = View {
        plan: &running.plan,
        frames: &air.frames,
        window_end: due.end,
        recording: running.recording,
    };
    let shares = due.keys.chunk_by(|a, b| a.entity() == b.entity());
    let entity = |share: &[Key]| entities.0[share[0].entity() as usize];
    let Some(pool) = &running.pool else {
        for share in shares {
            if let Ok(mut node) = nodes.get_mut(entity(share)) {
                node.step(share, view, &mut work.0);
            }
        }
        return;
    };
    let shares: Vec<&[Key]> = shares.collect();
    let mut steps: Vec<_> = nodes
        .iter_many_unique_mut(unique(shares.iter().map(|share| entity(share))))
        .filter_map(Result::ok)
        .collect();
    let Work(all, parts) = &mut *work;
    if parts.len() < steps.len() {
        parts.resize_with(steps.len(), Outbox::default);
    }
    let outboxes = &mut parts[..steps.len()];
    pool.install(|| {
        steps
            .par_iter_mut()
            .zip(outboxes.par_iter_mut())
            .zip(&shares)
            .for_each(|((node, out), share)| node.step(share, view, out));
    });
    parts.iter_mut().for_each(|part| all.append(part));
}

/// Entities of a window: each has one share, so no entity comes twice.
fn unique(entities: impl Iterator<Item = Entity>) -> bevy_ecs::entity::UniqueEntityVec {
    entities.collect::<bevy_ecs::entity::EntityIndexSet>().into_iter().collect()
}

fn transmit(
    running: Res<Running>,
    due: Res<Due>,
    mut air: ResMut<Air>,
    mut work: ResMut<Work>,
    mut waiting: ResMut<Waiting>,
) {
    let arrived = due.keys.iter().filter(|key| key.what == What::Frame).map(|key| key.slot);
    air.free.extend(arrived);
    air.post(&mut work.0, &running.plan, &mut waiting.0, running.recording);
}

fn record(mut work: ResMut<Work>) {
    work.0.entries.sort_by_key(|entry| (entry.at, entry.entity));
}

impl Outbox {
    fn append(&mut self, part: &mut Self) {
        self.keys.append(&mut part.keys);
        self.sent.append(&mut part.sent);
        self.interference.append(&mut part.interference);
        self.entries.append(&mut part.entries);
    }
}

impl Air {
    /// Carries what was sent and queues what is to come.
    fn post(&mut self, out: &mut Outbox, plan: &Plan, queue: &mut Queue, recording: bool) {
        out.keys.drain(..).for_each(|key| queue.push(key));
        self.interference.append(&mut out.interference);
        let mut sent = std::mem::take(&mut out.sent);
        for Sent { at, ordinal, mut frame } in sent.drain(..) {
            let Some(link) = self.links.get(frame.link as usize) else { continue };
            let sender = u64::from(frame.from.0);
            let arrives = link.carry(at, sender, u64::from(ordinal));
            self.overheard(at, ordinal, &frame, plan, queue);
            let arrives = self.interfere(at, arrives, &mut frame);
            if recording && let Some(entry) = sent_entry(plan, at, arrives, &frame) {
                out.entries.push(entry);
            }
            let Some(arrives) = arrives else { continue };
            let key = Key::new(arrives, What::Frame, frame.to.0, frame.from.0, ordinal);
            let unit = frame.to.1;
            let slot = self.store(frame);
            queue.push(key.slot(slot).unit(unit));
        }
        out.sent = sent;
    }

    fn overheard(&mut self, at: u64, ordinal: u32, frame: &Frame, plan: &Plan, queue: &mut Queue) {
        for i in 0..self.listeners[frame.link as usize].len() {
            let eve = self.listeners[frame.link as usize][i];
            if eve == frame.from.0 {
                continue;
            }
            let link = &self.links[frame.link as usize];
            let ear = u64::from(eve) << 32 | u64::from(frame.from.0) | 1 << 62;
            if let Some(arrives) = link.carry(at, ear, u64::from(ordinal)) {
                let key = Key::new(arrives, What::Frame, eve, frame.from.0, ordinal);
                let slot = self.store(frame.clone());
                queue.push(key.slot(slot));
            }
        }
        let _ = plan;
    }

    /// What adversaries in the path do to a frame: nothing, delay, alter, or drop.
    fn interfere(&self, at: u64, arrives: Option<u64>, frame: &mut Frame) -> Option<u64> {
        let mut arrives = arrives?;
        for act in &self.interference {
            if act.touches(at, frame) {
                arrives = act.apply(arrives, frame)?;
            }
        }
        Some(arrives)
    }

    fn store(&mut self, frame: Frame) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.frames[slot as usize] = frame;
                slot
            }
            None => {
                self.frames.push(frame);
                self.frames.len() as u32 - 1
            }
        }
    }
}

fn sent_entry(plan: &Plan, at: u64, arrives: Option<u64>, frame: &Frame) -> Option<Entry> {
    let names = |(node, unit): (u32, u16)| {
        let node = plan.setup.nodes.get(node as usize)?;
        Some(node.devices.get(unit as usize).map_or(node.name, |device| device.names.device))
    };
    let verb = plan.setup.names.find(if arrives.is_some() { "sent" } else { "lost" });
    Some(Entry {
        cause: frame.cause,
        subject: names(frame.from)?,
        object: names(frame.to)?,
        verb: verb.unwrap_or_default(),
        value: frame.body.len() as f64,
        origin: frame.origin,
        step: frame.step,
        ..crate::node::entry(frame.from.0, at, Kind::Frame)
    })
}
