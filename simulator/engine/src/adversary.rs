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
use smallvec::SmallVec;

use crate::access;
use crate::build;
use crate::channel::{self, Protection};
use crate::input::{Action, Input};
use crate::node::{Frame, Head, IMAGES, Node, Outbox, View, append, entry};
use crate::queue::{Key, What};
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Origin};

mod flood;
mod intention;
mod search;
mod vitals;

pub use flood::Flood;
pub use intention::{
    Act, Amount, Arguments, Code, Intention, Interference, Meddling, Pair, Position, Repeat,
    Secret, Spread, Step, Target, Trigger,
};

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

    /// The link on which their frames to a target begin, and whether the device whose name they bear is
    /// in their hands: then it is that device's own.
    fn way_in(&self, target: &Target, view: View<'_>) -> Option<(u32, bool)> {
        let is_in = self.consoles.iter().any(|console| console.device == target.from);
        if is_in || self.intention.held(target.from).is_some() {
            return Some((target.far, true));
        }
        let joins = |link: &&u32| view.plan.setup.network.joins(**link, target.link);
        let near = Some(target.link).filter(|link| self.reaches(*link, view));
        let far =
            || self.intention.segment.iter().chain(&self.intention.foothold_links).find(joins);
        near.or_else(|| far().copied()).map(|link| (link, false))
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
                let holds = stolen_from.or_else(|| self.keys_of(target.from));
                let key = holds.map(|device| build::stolen_key(view.plan, device, target.to));
                let spoken = self.spoken(&radio, target);
                let body = match strip {
                    true => bare(&spoken, view),
                    false => self.dressed(&spoken, target, key.as_ref(), view),
                };
                self.send(body, target, Origin::Adversary, &plan, at, node, view, out);
            }
            Act::Send { body, target, stolen_from, strip } => {
                let holds = stolen_from.or_else(|| self.keys_of(target.from));
                let key = holds.map(|device| build::stolen_key(view.plan, device, target.to));
                let body = match strip {
                    true => bare(body, view),
                    false => self.dressed(body, target, key.as_ref(), view),
                };
                self.send(body, target, Origin::Adversary, &plan, at, node, view, out);
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
                self.send(body, target, Origin::Replay, &plan, at, node, view, out);
            }
            Act::Flash { image, target } => {
                let holds = self.keys_of(target.from);
                let key = holds.map(|device| build::stolen_key(view.plan, device, target.to));
                let image = &view.plan.setup.firmware[*image as usize].image;
                let body = self.dressed(image, target, key.as_ref(), view);
                self.send(body, target, Origin::Adversary, &plan, at, node, view, out);
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

    /// A frame on a link that they hear.
    pub(crate) fn hear(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        let opened = channel::looks(view.plan.arm.protection, &frame.body);
        if let Some(counter) = opened.counter {
            match self.counters.iter_mut().find(|(from, _)| *from == frame.head.from) {
                Some((_, highest)) => *highest = counter.max(*highest),
                None => self.counters.push((frame.head.from, counter)),
            }
        }
        if self.recorded.len() == MEMORY {
            self.recorded.remove(0);
        }
        self.recorded.push(frame.clone());
        if let Some(radio) = opened.body.as_deref().and_then(|body| self.read(frame, body)) {
            self.understand(frame, radio, key.at, node, view, out);
            self.check_answered(frame, radio, key.at, node, view, out);
        }
        self.reads_vitals(frame, key.at, node, view, out);
        for step in 0..self.progress.len() {
            if self.progress[step].listening {
                self.check_heard(step, key.at, node, view, out);
            }
        }
    }

    /// A frame that they can read: whose serial it bears, and what it discloses about the wearer.
    fn understand(
        &mut self,
        frame: &Frame,
        radio: Radio,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let pump =
            if matches!(radio.kind, RadioKind::Status) { frame.head.from } else { frame.head.to };
        self.knows(pump, radio.serial);
        if view.recording && matches!(radio.kind, RadioKind::Reading | RadioKind::Bolus) {
            let words = &view.plan.setup.names;
            let verb =
                words.find(if radio.kind == RadioKind::Reading { "reading" } else { "bolus" });
            let object = view.plan.setup.nodes[frame.head.from.0 as usize].name;
            let entry = entry(node.id, at, Kind::Disclosure);
            let verb = verb.unwrap_or_default();
            out.lent.entries.push(Entry { cause: frame.head.cause, object, verb, ..entry });
        }
    }

    /// Whether a frame answers a command of ours.
    fn check_answered(
        &mut self,
        frame: &Frame,
        radio: Radio,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if radio.kind == RadioKind::Status && radio.b == 1 {
            let answered = (0..self.progress.len()).find(|&step| {
                self.progress[step]
                    .waiting
                    .is_some_and(|(from, until)| from == frame.head.from && at <= until)
            });
            if let Some(step) = answered {
                self.progress[step].waiting = None;
                self.end(step, true, at, node, view, out);
            }
        }
    }

    fn check_heard(
        &mut self,
        step: usize,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Act::Listen { record, of, .. } = self.intention.steps[step].act else { return };
        let enough = match (record, of) {
            (None, None) => !self.serials.is_empty(),
            (None, Some(device)) => self.serial_of(device).is_some(),
            (Some((from, to)), _) => {
                self.recorded.iter().any(|f| f.head.from == from && f.head.to == to)
            }
        };
        if enough {
            let plan = self.intention.steps[step].clone();
            self.say(&plan, at, "learned", node.id, view, out);
            self.end(step, true, at, node, view, out);
        }
    }

    /// They have read a device's memory in clear.
    pub(crate) fn has_read(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(step) = self.intention.steps.iter().position(|own| own.number == key.unit) else {
            return;
        };
        let plan = self.intention.steps[step].clone();
        let Act::ReadStorage { device } = plan.act else { return };
        self.opened.push(device);
        if key.slot != 0 {
            let devices = &view.plan.setup.nodes[device.0 as usize].devices;
            let peers = devices[device.1 as usize].peers.iter().flatten();
            let paired = peers.map(|peer| (peer.node, peer.unit)).chain([device]);
            paired.for_each(|device| self.knows(device, key.slot));
        }
        self.say(&plan, key.at, "learned", node.id, view, out);
        self.end(step, true, key.at, node, view, out);
    }

    /// The device whose link keys they use in the name of `from`: one that they hold, or have read.
    fn keys_of(&self, from: (u32, u16)) -> Option<(u32, u16)> {
        let read = || self.opened.iter().copied().find(|opened| *opened == from);
        let logged_in = || self.consoles.iter().map(|own| own.device).find(|own| *own == from);
        self.intention.held(from).or_else(read).or_else(logged_in)
    }

    fn knows(&mut self, device: (u32, u16), serial: u32) {
        match self.serials.iter_mut().find(|(of, _)| *of == device) {
            Some((_, known)) => *known = serial, // a spare has another
            None => self.serials.push((device, serial)),
        }
    }

    fn serial_of(&self, device: (u32, u16)) -> Option<u32> {
        self.serials.iter().find(|(of, _)| *of == device).map(|(_, serial)| *serial)
    }

    /// Dresses a body as the link's frames look: a counter ahead of the last one heard, a tag that
    /// verifies only with a stolen key.
    fn dressed(
        &mut self,
        body: &[u8],
        target: &Target,
        key: Option<&[u8; 32]>,
        view: View<'_>,
    ) -> SmallVec<[u8; 96]> {
        let protection = view.plan.arm.protection;
        if protection == Protection::default() {
            return SmallVec::from_slice(body);
        }
        let heard = self.counters.iter().find(|(from, _)| *from == target.from);
        let counter = heard.map_or(1, |(_, counter)| *counter).max(self.sent) + 1;
        self.sent = counter;
        let sender = channel::sender(target.from.0, target.from.1);
        let guess = [0; 32];
        // Without the key, sealing would only hide the command from its receiver.
        let as_seen =
            Protection { encryption: protection.encryption && key.is_some(), ..protection };
        SmallVec::from_vec(channel::wrap(as_seen, key.unwrap_or(&guess), sender, counter, body))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site each; a struct would only rename them"
    )]
    fn send(
        &mut self,
        body: SmallVec<[u8; 96]>,
        target: &Target,
        origin: Origin,
        step: &Step,
        at: u64,
        node: &mut Node,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let (link, genuine) = self.way_in(target, view).unwrap_or((target.link, false));
        let head = Head {
            cause: 0,
            link,
            from: (node.id, u16::MAX),
            to: target.to,
            peer: target.peer,
            step: step.number,
            origin,
            genuine,
            entry: link,
            far: target.link,
            ..Head::default()
        };
        let body = append(&mut out.lent.bytes, &body);
        node.transmit(at, head, body, out);
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

/// A body as a peer sends it that knows no protection, on a link that has some.
fn bare(body: &[u8], view: View<'_>) -> SmallVec<[u8; 96]> {
    match view.plan.arm.protection == Protection::default() {
        true => SmallVec::from_slice(body),
        false => SmallVec::from_vec(channel::in_clear(body)),
    }
}

/// Marks the wake-up at the end of a wait.
const WAIT_OVER: u16 = 1;
/// Marks what a device answers to a login.
pub(crate) const LET_IN: u16 = 2;
pub(crate) const KEPT_OUT: u16 = 3;
/// Marks the wake-up at the end of a search.
const SEARCH_OVER: u16 = 4;
