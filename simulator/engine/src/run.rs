//! One run: the world, and the phases of a tick.
//!
//! A tick takes all that is due in one window `[t, t + W)`, where `W` is the lookahead: the
//! smallest delay of any link. Nothing that happens in a window can reach another entity within it,
//! so entities are stepped one by one or in parallel to the same end.

use std::sync::Arc;

use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{LogLevel, ScheduleBuildSettings, SingleThreadedExecutor};
use rayon::prelude::*;

use crate::air::Air;
use crate::build;
use crate::input::{Input, Refused};
use crate::node::{Node, Outbox, Sent, View};
use crate::plan::Plan;
use crate::queue::{Key, Queue, What};
use crate::records::{Opens, in_memory};
use crate::time::SimTime;
use crate::trace::Sink;

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
    inputs: Vec<Input>,
    window: u64,
    horizon: u64,
    recording: bool,
    pool: Option<rayon::ThreadPool>,
}

#[derive(Resource, Default)]
struct Waiting(Queue);

#[derive(Resource, Default)]
struct Due {
    /// Nothing at or after this happens yet [ns].
    limit: u64,
    end: u64,
    keys: Vec<Key>,
}

#[derive(Resource, Default)]
struct Work(Outbox, Vec<Outbox>);

/// The order of the entries of a tick: time, entity, and place among those that were left; and when the
/// last was of those that were handed on [ns].
#[derive(Resource, Default)]
struct Told(Vec<(u64, u32, u32)>, u64);

/// A world that is stepped forward: to its end by [`run`], at the pace of people by a drill.
pub struct Run {
    world: World,
    tick: Schedule,
    now: u64,
    acts: u32,
}

/// What a sink wants of a run.
#[derive(Clone, Copy)]
struct Wanted {
    entries: bool,
    frames: bool,
}

impl Wanted {
    fn by<S: Sink>(sink: &S) -> Self {
        Self { entries: S::WANTED, frames: sink.taps() }
    }
}

/// Whether what devices ask for is decided. It is a type and no setting, so that no file, flag or
/// feature turns the checks off: this crate has one that is, [`Enforced`], and the benches have
/// another, to measure what the checks cost.
pub trait Checks {
    /// Whether a policy decides. Otherwise devices are lent everything, and nothing of it is written
    /// to the trace.
    const DECIDED: bool;
}

/// Every call is decided; a device without rules is lent nothing.
#[derive(Clone, Copy, Debug)]
pub enum Enforced {}

impl Checks for Enforced {
    const DECIDED: bool = true;
}

/// Runs `plan` to its end and hands each entry to `sink`.
///
/// # Panics
/// If the tick's systems are ambiguous, or a thread cannot be started: bugs of ours or of the
/// machine, never of a plan.
pub fn run<S: Sink>(plan: &Plan, sink: &mut S) {
    run_on(plan, sink, &in_memory);
}

/// The same, with the records of each device where `open` says. It changes no entry.
///
/// # Panics
/// As [`run`].
pub fn run_on<S: Sink>(plan: &Plan, sink: &mut S, open: &Opens<'_>) {
    Run::with::<Enforced>(plan, Wanted::by(sink), open).advance(SimTime::END, sink);
}

/// The same in memory, with the checks that `C` says.
///
/// # Panics
/// As [`run`].
pub fn run_with<C: Checks, S: Sink>(plan: &Plan, sink: &mut S) {
    Run::with::<C>(plan, Wanted::by(sink), &in_memory).advance(SimTime::END, sink);
}

impl Run {
    /// The world of `plan` at its start; it keeps entries only if it is `recording`.
    ///
    /// # Panics
    /// As [`run`].
    pub fn new(plan: &Plan, recording: bool) -> Self {
        Self::on(plan, recording, &in_memory)
    }

    /// The same, with the records of each device where `open` says. A spare that people put on later
    /// keeps its own in memory.
    ///
    /// # Panics
    /// As [`run`].
    pub fn on(plan: &Plan, recording: bool, open: &Opens<'_>) -> Self {
        Self::with::<Enforced>(plan, Wanted { entries: recording, frames: false }, open)
    }

    fn with<C: Checks>(plan: &Plan, wanted: Wanted, open: &Opens<'_>) -> Self {
        let world = world::<C>(plan, wanted, open);
        let mut run = Self { world, tick: schedule(), now: 0, acts: 0 };
        for input in plan.inputs.iter() {
            if let Ok(node) = input.node(&plan.setup) {
                run.queue(input.clone(), node);
            }
        }
        run
    }

    /// Until when everything has happened; what is at this time has not.
    pub fn now(&self) -> SimTime {
        SimTime::from_nanos(self.now)
    }

    /// Whether the horizon is passed.
    pub fn is_over(&self) -> bool {
        self.now > self.world.resource::<Running>().horizon
    }

    /// Takes what somebody does; it happens at its own time, which must not lie before
    /// [`Run::now`].
    ///
    /// # Errors
    /// When it cannot be taken; the world is then as it was.
    pub fn act(&mut self, input: Input) -> Result<(), Refused> {
        let running = self.world.resource::<Running>();
        let node = input.node(&running.plan.setup)?;
        if input.at_ns < self.now || input.at_ns > running.horizon {
            return Err(Refused::TooLate);
        }
        self.queue(input, node);
        Ok(())
    }

    fn queue(&mut self, input: Input, node: u32) {
        self.acts += 1;
        let mut running = self.world.resource_mut::<Running>();
        let outside = running.plan.setup.nodes.len() as u32;
        let key = Key::new(input.at_ns, What::Input, node, outside, self.acts);
        let key = key.slot(running.inputs.len() as u32);
        running.inputs.push(input);
        self.world.resource_mut::<Waiting>().0.push(key);
    }

    /// Lets everything happen that is due before `until`, and hands each entry to `sink`.
    pub fn advance<S: Sink>(&mut self, until: SimTime, sink: &mut S) {
        let limit = until.as_nanos().min(self.world.resource::<Running>().horizon + 1);
        self.world.resource_mut::<Due>().limit = limit;
        flush(&mut self.world, sink);
        while due(&self.world) {
            self.tick.run(&mut self.world);
            flush(&mut self.world, sink);
        }
        self.now = self.now.max(limit);
    }
}

fn world<C: Checks>(plan: &Plan, wanted: Wanted, open: &Opens<'_>) -> World {
    let recording = wanted.entries;
    let plan = Arc::new(plan.clone());
    let window = (plan.setup.lookahead_ns() / u64::from(plan.split.max(1))).max(1);
    // Threads change no result: where they do not start, one does the work.
    let pool = (plan.threads > 1)
        .then(|| rayon::ThreadPoolBuilder::new().num_threads(plan.threads).build().ok())
        .flatten();
    let (mut waiting, mut work) = (Waiting::default(), Work::default());
    let mut air = Air::new(&plan);
    air.taps = wanted.frames.then(Vec::new);
    let mut world = World::new();
    for id in 0..plan.setup.nodes.len() {
        let mut node = build::node(&plan, id, (recording, C::DECIDED), open);
        let view = View { plan: &plan, frames: &[], inputs: &[], window_end: 0, recording };
        node.start(view, &mut work.0);
        // One table, no despawns: an entity's number is its row.
        world.spawn(node);
    }
    air.post(&mut work.0, &plan, &mut waiting.0, recording);
    let mut told = Told::default();
    told.sort(&work.0);
    let horizon = plan.setup.horizon.as_nanos();
    world.insert_resource(Running { plan, inputs: Vec::new(), window, horizon, recording, pool });
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
    next.is_some_and(|at| at < world.resource::<Due>().limit)
}

fn flush<S: Sink>(world: &mut World, sink: &mut S) {
    let taps = world.resource_mut::<Air>().taps.as_mut().map(std::mem::take);
    taps.into_iter().flatten().for_each(|frame| sink.tap(frame));
    if S::WANTED {
        let entries = &world.resource::<Work>().0.lent.entries;
        let order = &world.resource::<Told>().0;
        let mut last = world.resource::<Told>().1;
        for &(at, _, place) in order {
            debug_assert!(at >= last, "entries are in order of time");
            last = at;
            sink.take(&entries[place as usize]);
        }
        world.resource_mut::<Work>().0.lent.entries.clear();
        let mut told = world.resource_mut::<Told>();
        told.0.clear();
        told.1 = last;
    }
}

fn take(running: Res<Running>, mut waiting: ResMut<Waiting>, mut due: ResMut<Due>) {
    let Some(start) = waiting.0.next_time() else { return };
    due.end = (start + running.window).min(due.limit);
    due.keys.clear();
    let Due { end, keys, .. } = &mut *due;
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
        inputs: &running.inputs,
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
    air.arrived(due.keys.iter().filter(|key| key.is_frame()).map(|key| key.slot));
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

#[cfg(test)]
mod tests;
