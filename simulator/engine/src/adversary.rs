//! The adversary: somebody with a position, knowledge and intentions, who acts on links and devices.
//!
//! A step succeeds because the simulated mechanism let it. What an adversary knows is what they
//! heard in clear, made out or were given; whether a command worked they judge by the pump's own answer on
//! the air, if they can read it.
//!
//! Left out: directional antennas (a link is heard within its range or not at all), and an adversary
//! who changes their plan: intentions branch, they are not invented. A console whose device loses its power
//! while somebody is in stays theirs until the session ends.

use medtwin_frames::{Frame as Radio, Kind as RadioKind};
use medtwin_session::Session;

use crate::access;
use crate::build;
use crate::input::{Action, Input};
use crate::node::{Frame, IMAGES, Node, Outbox, View, entry};
use crate::queue::{Key, What};
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Origin};

mod act;
mod flood;
mod hearing;
mod intention;
mod interference;
mod search;
mod sending;
mod vitals;

pub use act::{Act, Amount, Arguments, Code, Pair, Secret, Target};
pub use flood::Flood;
pub use intention::{Intention, Position, Repeat, Spread, Step, Trigger};
pub use interference::{Interference, Meddling};
use sending::Keys;

/// How long an adversary waits for an answer to a command before it counts as failed [ns], beyond the time in
/// which a medium opens a session.
const PATIENCE_NS: u64 = 5_000_000_000;
/// Frames remembered for replay.
const MEMORY: usize = 256;

/// A device at whose console an adversary is logged in.
struct Console {
    device: (u32, u16),
    /// When they used it last, and when the session ends however busy it is [ns].
    used: u64,
    ends: u64,
}

/// An adversary at work.
pub(crate) struct Adversary {
    intention: Intention,
    progress: Vec<Progress>,
    serials: Vec<((u32, u16), u32)>,
    /// Devices that they are logged in at.
    consoles: Vec<Console>,
    /// Devices whose memory they read in clear: the link keys lay there.
    opened: Vec<(u32, u16)>,
    recorded: Vec<Frame>,
    /// Sessions of the product's own protocol that they can speak.
    sessions: Vec<(Pair, Session)>,
    /// Highest counter heard, by sender: a claim of freshness to outdo.
    counters: Vec<((u32, u16), u64)>,
    /// Highest counter of their own.
    sent: u64,
    luck: crate::seed::Keyed,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    started: bool,
    done: u32,
    listening: bool,
    waiting: Option<((u32, u16), u64)>,
    ended: Option<bool>,
    /// The key that a search comes to, once its time is over.
    found: Option<Session>,
    /// Frames of a flood so far.
    flooded: u64,
}

impl Adversary {
    pub(crate) fn new(intention: &Intention, luck: crate::seed::Keyed) -> Self {
        Self {
            progress: vec![Progress::default(); intention.steps.len()],
            serials: intention.serials.clone(),
            consoles: Vec::new(),
            opened: Vec::new(),
            recorded: Vec::new(),
            sessions: Vec::new(),
            counters: Vec::new(),
            sent: 0,
            luck,
            intention: intention.clone(),
        }
    }

    /// Whether they are near enough to `link` to hear it and be heard.
    fn reaches(&self, link: u32, view: View<'_>) -> bool {
        build::reaches(view.plan, &self.intention, link, self.luck)
    }

    fn draw(&self, step: usize, ordinal: u64) -> f64 {
        self.luck.uniform(u64::from(self.intention.steps[step].number), ordinal)
    }

    pub(crate) fn start(&mut self, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        for step in 0..self.intention.steps.len() {
            if let Trigger::At(when) = self.intention.steps[step].trigger {
                let at = (when.at(self.draw(step, 0)).max(0.0) * MINUTE as f64) as u64;
                node.wake(at, What::Adversary, 0, step as u32, view, out);
            }
        }
    }

    /// A step is due, or the wait for its answer is over.
    pub(crate) fn act(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let step = key.slot as usize;
        match key.unit {
            WAIT_OVER => return self.wait_over(step, key.at, node, view, out),
            LET_IN | KEPT_OUT => return self.entered(key, node, view, out),
            SEARCH_OVER => return self.search_over(step, key.at, node, view, out),
            flood::NEXT => {
                let Act::Flood { target, flood } = self.intention.steps[step].act else { return };
                return self.floods(step, (target, flood), key.at, node, view, out);
            }
            _ => {}
        }
        // A step that succeeded goes on to its last repeat.
        if self.progress[step].done >= self.intention.steps[step].repeat.times {
            return;
        }
        self.progress[step].started = true;
        self.attempt(step, key.at, node, view, out);
    }

    /// An instructor starts a step now, as if its trigger came and nothing had been tried.
    pub(crate) fn told(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(Input { action: Action::StartStep { step: number }, .. }) =
            view.inputs.get(key.slot as usize)
        else {
            return;
        };
        let Some(step) = self.intention.steps.iter().position(|own| own.number == *number) else {
            return;
        };
        if view.recording {
            let plan = &self.intention.steps[step];
            let (subject, object) = (view.plan.setup.nodes[node.id as usize].name, plan.name);
            let verb = view.plan.setup.names.find("start-step").unwrap_or_default();
            let (cause, origin, step) = (key.cause(), Origin::Person, plan.number);
            let told = entry(node.id, key.at, Kind::Input);
            out.lent.entries.push(Entry { cause, subject, object, verb, origin, step, ..told });
        }
        self.progress[step] = Progress { started: true, ..Progress::default() };
        self.attempt(step, key.at, node, view, out);
    }

    fn attempt(&mut self, step: usize, at: u64, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        let plan = self.intention.steps[step].clone();
        self.say(&plan, at, "attempt", node.id, view, out);
        let is_able = self.intention.position.allows(&plan.act);
        let by_console = plan.act.sender().is_some_and(|from| self.uses_console(from, at, view));
        let is_far = match plan.act.target() {
            Some(target) => !by_console && self.way_in(target, view).is_none(),
            None => plan.act.link().is_some_and(|link| !self.reaches(link, view)),
        };
        if !is_able || is_far {
            self.say(&plan, at, "out-of-reach", node.id, view, out);
            return self.end(step, false, at, node, view, out);
        }
        match &plan.act {
            Act::Listen { patience_ns, .. } => {
                self.progress[step].listening = true;
                if let Some(patience) = patience_ns {
                    let at = at.saturating_add(*patience);
                    node.wake(at, What::Adversary, WAIT_OVER, step as u32, view, out);
                }
                self.check_heard(step, at, node, view, out);
                return;
            }
            Act::Inject { kind, args, target, stolen_from, strip } => {
                let Some(serial) = self.serial_of(target.to) else {
                    self.say(&plan, at, "no-serial", node.id, view, out);
                    return self.end(step, false, at, node, view, out);
                };
                let daily_u = build::daily_dose_u(&view.plan.setup, target.to.0, view.plan.seed);
                let (amount, minutes) = args.of_trial(plan.number, self.luck, daily_u);
                // Parameters of an implant are whole numbers, some of them below zero.
                let (a, b) = match kind {
                    RadioKind::Parameter | RadioKind::SensorTest => {
                        (amount as u16, minutes as i16 as u16)
                    }
                    _ => (medtwin_frames::bolus_steps(amount), minutes as u16),
                };
                let radio = Radio { serial, kind: *kind, sequence: 0, a, b };
                let key = Keys { stolen_from: *stolen_from, strip: *strip };
                let spoken = self.spoken(&radio, target);
                self.send_as(&spoken, target, key, &plan, at, node, view, out);
            }
            Act::Send { body, target, stolen_from, strip } => {
                let key = Keys { stolen_from: *stolen_from, strip: *strip };
                self.send_as(body, target, key, &plan, at, node, view, out);
            }
            Act::Crack { pair, tries_per_s } => {
                return self.search(step, (*pair, *tries_per_s), at, node, view, out);
            }
            Act::Replay { target, kind } => {
                let is_it = |frame: &&Frame| {
                    (frame.head.to, frame.head.from) == (target.to, target.from)
                        && kind.is_none_or(|kind| self.begins_with(frame, kind, view))
                };
                let found = self.recorded.iter().rev().find(is_it);
                let Some(body) = found.map(|frame| frame.body.clone()) else {
                    self.say(&plan, at, "nothing-recorded", node.id, view, out);
                    return self.end(step, false, at, node, view, out);
                };
                self.send(body, target, (Origin::Replay, false), &plan, at, node, view, out);
            }
            Act::Flash { image, target } => {
                let image = &view.plan.setup.firmware[*image as usize].image;
                self.send_as(image, target, Keys::default(), &plan, at, node, view, out);
                return self.end(step, true, at, node, view, out);
            }
            Act::Flood { target, flood } => {
                return self.floods(step, (*target, *flood), at, node, view, out);
            }
            Act::Interfere(act) => {
                let from_ns = at + view.plan.setup.lookahead_ns();
                let until_ns = from_ns.saturating_add(act.until_ns);
                out.interference.push(Interference {
                    from_ns,
                    until_ns,
                    step: plan.number,
                    name: plan.name,
                    ..*act
                });
                return self.end(step, true, at, node, view, out);
            }
            Act::Press { device, .. } => {
                let key = by_hand(*device, What::Pressed, plan.number, at, node, view);
                out.keys.push(key.slot(u32::from(plan.number)));
                self.end(step, true, at, node, view, out);
            }
            Act::LogIn { device, .. } | Act::BreakGlass { device } => {
                let key = by_hand(*device, What::LogIn, plan.number, at, node, view);
                let attempt = self.progress[step].done;
                out.keys.push(key.slot(u32::from(plan.number) | attempt << 16));
            }
            Act::ReadStorage { device } => {
                let key = by_hand(*device, What::Storage, plan.number, at, node, view);
                out.keys.push(key.slot(u32::from(plan.number)));
            }
            Act::WriteStorage { device, .. } => {
                let key = by_hand(*device, What::Storage, plan.number, at, node, view);
                out.keys.push(key.slot(u32::from(plan.number)));
                return self.end(step, true, at, node, view, out);
            }
            Act::Install { device, artefact } => {
                let key = by_hand(*device, What::Reboot, plan.number, at, node, view);
                out.keys.push(key.slot(artefact + 1));
                return self.end(step, true, at, node, view, out);
            }
            Act::Write { device, image } => {
                let key = by_hand(*device, What::Reboot, plan.number, at, node, view);
                out.keys.push(key.slot(IMAGES + image));
                return self.end(step, true, at, node, view, out);
            }
            Act::CutPower { device, .. } => {
                let key = by_hand(*device, What::Power, plan.number, at, node, view);
                out.keys.push(key.slot(u32::from(plan.number) + 1));
                self.end(step, true, at, node, view, out);
            }
        }
        self.progress[step].done += 1;
        self.again(step, at, node, view, out);
    }

    /// Schedules the next repeat, or the end of the wait for the last answer.
    fn again(&mut self, step: usize, at: u64, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        let Step { repeat, ref act, .. } = self.intention.steps[step];
        if let Act::Inject { target, .. } | Act::Send { target, .. } | Act::Replay { target, .. } =
            act
        {
            self.progress[step].waiting = Some((target.to, at + patience_ns(target, view)));
        }
        if self.progress[step].done < repeat.times {
            let draw = self.draw(step, u64::from(self.progress[step].done));
            let gap = (repeat.every.at(draw).max(0.0) * MINUTE as f64) as u64;
            node.wake(at + gap.max(1000), What::Adversary, 0, step as u32, view, out);
        } else {
            let patience = act.target().map_or(PATIENCE_NS, |target| patience_ns(target, view));
            node.wake(at + patience, What::Adversary, WAIT_OVER, step as u32, view, out);
        }
    }

    /// A device let them in, or did not: who is in holds it, and need try no more.
    fn entered(&mut self, key: Key, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        let is_it = |step: &Step| u32::from(step.number) == key.slot;
        let Some(step) = self.intention.steps.iter().position(is_it) else { return };
        if key.unit == LET_IN {
            let Step { repeat, act, .. } = &self.intention.steps[step];
            self.progress[step].done = repeat.times;
            if let Act::LogIn { device, account, console: true, .. } = *act {
                self.hold((device, account), key.at, view);
            }
            self.end(step, true, key.at, node, view, out);
        }
    }

    /// They send with the keys of a device, from its place, for as long as they are logged in there.
    fn hold(&mut self, (device, account): ((u32, u16), usize), at: u64, view: View<'_>) {
        let setup = &view.plan.setup.nodes[device.0 as usize].devices[device.1 as usize];
        let access = &view.plan.arm.access;
        let ends = setup.accounts.get(account).map_or(0, |own| own.session_ends(at, access));
        self.consoles.retain(|console| console.device != device);
        self.consoles.push(Console { device, used: at, ends });
    }

    /// Whether they are logged in at `device`; if so, they use it.
    fn uses_console(&mut self, device: (u32, u16), at: u64, view: View<'_>) -> bool {
        let access = &view.plan.arm.access;
        self.consoles.retain(|console| access::is_open(console.used, console.ends, at, access));
        let console = self.consoles.iter_mut().find(|console| console.device == device);
        console.map(|console| console.used = at).is_some()
    }

    fn wait_over(
        &mut self,
        step: usize,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if self.progress[step].ended.is_none() {
            self.end(step, false, at, node, view, out);
        }
    }

    /// A step ended: what waits for that is scheduled.
    fn end(
        &mut self,
        step: usize,
        success: bool,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if self.progress[step].ended.is_some() {
            return;
        }
        self.progress[step].ended = Some(success);
        self.progress[step].listening = false;
        for next in 0..self.intention.steps.len() {
            let Trigger::After { step: after, succeeded, delay } =
                &self.intention.steps[next].trigger
            else {
                continue;
            };
            if *after != step || succeeded.is_some_and(|wanted| wanted != success) {
                continue;
            }
            let wait = (delay.at(self.draw(next, 0)).max(0.0) * MINUTE as f64) as u64;
            node.wake(at + wait.max(1000), What::Adversary, 0, next as u32, view, out);
        }
    }

    fn say(&self, step: &Step, at: u64, word: &str, id: u32, view: View<'_>, out: &mut Outbox) {
        if view.recording {
            let verb = view.plan.setup.names.find(word).unwrap_or_default();
            let entry = entry(id, at, Kind::Attack);
            let origin = Origin::Adversary;
            out.lent.entries.push(Entry {
                subject: step.name,
                verb,
                step: step.number,
                origin,
                ..entry
            });
        }
    }
}

/// How long they wait for an answer of a device [ns].
fn patience_ns(target: &Target, view: View<'_>) -> u64 {
    let link = view.plan.setup.links.get(target.link as usize);
    let opening = link.and_then(|link| link.medium.opening);
    PATIENCE_NS + opening.map_or(0, |opening| opening.takes_ns())
}

/// What `step` does to a device by hand: it gets there with the next exchange.
fn by_hand(
    (entity, unit): (u32, u16),
    what: What,
    step: u16,
    at: u64,
    node: &Node,
    view: View<'_>,
) -> Key {
    let act = match what {
        What::Storage => 4 << 16,
        What::Pressed => 2 << 16,
        What::LogIn => 3 << 16,
        What::Power => 5 << 16,
        _ => 1 << 16,
    };
    let at = at + view.plan.setup.lookahead_ns();
    Key::new(at, what, entity, node.id, u32::from(step) | act).unit(unit)
}

/// Marks the wake-up at the end of a wait.
const WAIT_OVER: u16 = 1;
/// Marks what a device answers to a login.
pub(crate) const LET_IN: u16 = 2;
pub(crate) const KEPT_OUT: u16 = 3;
/// Marks the wake-up at the end of a search.
const SEARCH_OVER: u16 = 4;
