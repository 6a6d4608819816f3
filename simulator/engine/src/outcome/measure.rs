//! One arm, entry by entry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod finish;
mod words;

use words::Words;

use super::alarms::Alarms;
use super::breathing::Breathing;
use super::cardiac::Hearts;
use super::clocks::Clocks;
use super::denied::Denied;
use super::firmware::Slots;
use super::logins::Logins;
use super::memory::Memory;
use super::moments::Moments;
use super::network::Network;
use super::screens::Screens;
use super::strips::Strips;
use super::trends::Trends;
use super::{FaultOutcome, Intent, Mark, Outcome, StepOutcome, ratio};
use crate::adversary::Act;
use crate::patient::Glycaemia;
use crate::plan::Setup;
use crate::rules::Capability;
use crate::trace::{Entry, Kind, NO_STEP, Name, Origin, Outcome as Decided, Sink};

/// Measures one arm as it runs.
pub struct Measure {
    setup: Arc<Setup>,
    intent: Arc<Intent>,
    outcome: Outcome,
    words: Words,
    uca: u64,
    silent: u64,
    attempted: u64,
    /// The frame of an adversary that was counted as an attempt before any command came of it.
    tried: u64,
    denied: Denied,
    legitimate: u64,
    rejected: u64,
    /// The last command that a limit refused, by its cause.
    refused: u64,
    forged_u: f64,
    disclosed: u64,
    presses: f64,
    seconds: f64,
    due: Vec<Due>,
    people: BTreeMap<Name, Person>,
    hearts: Option<Hearts>,
    trends: Trends,
    strips: Option<Strips>,
    moments: Moments,
    slots: Slots,
    logins: Logins,
    memory: Option<Memory>,
    breathing: Option<Breathing>,
    network: Network,
    clocks: Clocks,
    alarms: Option<Alarms>,
    screens: Option<Screens>,
    down: BTreeMap<Name, Up>,
    used: BTreeSet<Capability>,
    /// Steps that are floods.
    floods: BTreeSet<u16>,
    /// By step, the attempt that a frame was last counted for.
    effective: BTreeMap<u16, u64>,
    keep: Keep,
}

/// What is kept besides what every arm is measured by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// What a report draws.
    pub detail: bool,
    /// Which capabilities were used: of an arm without attack.
    pub used: bool,
}

#[derive(Clone, Copy)]
struct Due {
    entity: u32,
    at: f64,
    units: f64,
    /// What people were allowed to set for it [U].
    ordered: f64,
    /// What has arrived since that was enough [U].
    arrived: f64,
    served: Option<f64>,
}

#[derive(Default)]
struct Person {
    glycaemia: Glycaemia,
    insulin: Vec<f64>,
    glucose: Vec<f64>,
    outside: bool,
}

#[derive(Default)]
struct Up {
    down_since: Option<f64>,
    down_min: f64,
    faults: BTreeMap<String, u64>,
}

impl Measure {
    /// Measures an arm of `setup`; `steps` are the names of the attack's steps by number.
    pub fn new(setup: Arc<Setup>, intent: Arc<Intent>, steps: Vec<String>, keep: Keep) -> Self {
        let words = Words::of(&setup);
        let outcomes = steps.into_iter().map(|id| StepOutcome { id, ..Default::default() });
        let all = setup.steps().map(|(_, step)| step);
        let floods =
            all.filter(|step| matches!(step.act, Act::Flood { .. })).map(|step| step.number);
        let floods = floods.collect();
        let mut down = BTreeMap::new();
        for device in setup.nodes.iter().flat_map(|node| &node.devices) {
            down.insert(device.names.device, Up::default());
        }
        Self {
            outcome: Outcome { steps: outcomes.collect(), ..Outcome::default() },
            words,
            uca: 0,
            silent: 0,
            attempted: 0,
            denied: Denied::default(),
            tried: 0,
            legitimate: 0,
            rejected: 0,
            refused: 0,
            forged_u: 0.0,
            disclosed: 0,
            presses: 0.0,
            seconds: 0.0,
            due: Vec::new(),
            people: BTreeMap::new(),
            hearts: Hearts::of(&setup),
            trends: Trends::default(),
            strips: keep.detail.then(|| Strips::of(&setup)).flatten(),
            moments: Moments::default(),
            slots: Slots::of(&setup),
            logins: Logins::of(&setup),
            memory: Memory::of(&setup),
            breathing: Breathing::of(&setup),
            network: Network::of(&setup),
            clocks: Clocks::default(),
            alarms: Alarms::of(&setup),
            screens: Screens::of(&setup),
            down,
            floods,
            effective: BTreeMap::new(),
            setup,
            intent,
            used: BTreeSet::new(),
            keep,
        }
    }

    fn text(&self, name: Name) -> String {
        self.setup.names.text(name).to_owned()
    }

    fn mark(&mut self, entry: &Entry, kind: &'static str, text: String) {
        if self.keep.detail {
            self.outcome.marks.push(Mark { at_min: entry.at.as_minutes(), kind, text });
        }
    }

    fn step(&mut self, entry: &Entry) -> Option<&mut StepOutcome> {
        (entry.step != NO_STEP).then(|| self.outcome.steps.get_mut(entry.step as usize)).flatten()
    }

    fn decided(&mut self, entry: &Entry) {
        match entry.outcome {
            Decided::None => {}
            Decided::Permit => {
                self.outcome.permits += 1;
                if self.keep.used && entry.kind != Kind::Login {
                    let silent = entry.verb == self.words.silent;
                    let verb = if silent { self.words.set } else { entry.verb };
                    self.used.insert((entry.subject, verb, entry.object));
                }
            }
            _ => {
                self.outcome.denials += 1;
                let rule = entry.rule;
                if let Some(step) = self.step(entry) {
                    step.stopped_by.insert(rule);
                }
            }
        }
    }

    fn command(&mut self, entry: &Entry) {
        let key = (entry.subject, entry.verb, entry.object);
        let origin = origin(entry.origin);
        let ordered = entry.origin == Origin::Person;
        let intended = self
            .intent
            .requests
            .get(&key)
            .is_some_and(|&request| self.intent.table.allows(request, origin, ordered));
        let intended = intended || entry.verb == self.words.not_lent;
        let accepted = entry.outcome == Decided::Permit;
        if intended {
            self.legitimate += 1;
            self.rejected += u64::from(!accepted);
            return;
        }
        // The frame that it came by was counted already.
        let is_counted = entry.cause != 0 && std::mem::take(&mut self.tried) == entry.cause;
        self.attempted += u64::from(!is_counted);
        self.attempted -= u64::from(self.denied.is_again(entry));
        if accepted {
            self.uca += 1;
            self.moments.effect(entry.at.as_minutes());
            let text = format!("{} accepted {}", self.text(entry.subject), self.text(entry.verb));
            self.mark(entry, "attack", text);
            if let Some(step) = self.step(entry) {
                step.succeeded += 1;
            }
        }
    }

    /// A device that is given what somebody altered acts on it from then on.
    fn call(&mut self, entry: &Entry) {
        let believed = |memory: &mut Memory| memory.believed(entry);
        if self.memory.as_mut().is_some_and(believed) {
            self.moments.effect(entry.at.as_minutes());
            let text = format!("{} believed an altered record", self.text(entry.subject));
            self.mark(entry, "attack", text);
            if let Some(step) = self.step(entry) {
                step.succeeded += 1;
            }
        }
    }

    /// A clock that somebody has set wrong is an effect of theirs.
    fn clock(&mut self, entry: &Entry) {
        let is_wrong = self.clocks.take(entry);
        if is_wrong && entry.outcome == Decided::None && self.step(entry).is_some() {
            self.moments.effect(entry.at.as_minutes());
            let text = format!("the clock of {} is set wrong", self.text(entry.subject));
            self.mark(entry, "attack", text);
            self.step(entry).into_iter().for_each(|step| step.succeeded += 1);
        }
    }

    fn frame(&mut self, entry: &Entry) {
        if entry.verb == self.words.sent && self.floods.contains(&entry.step) {
            self.meddled(entry);
        }
        if entry.verb != self.words.receive {
            return;
        }
        match entry.origin {
            Origin::Adversary | Origin::Replay => {
                self.attempted += 1;
                self.tried = entry.cause;
            }
            Origin::Person if entry.outcome != Decided::Permit => {
                self.legitimate += 1;
                self.rejected += 1;
            }
            _ => {}
        }
    }

    fn actuate(&mut self, entry: &Entry) {
        let permitted = entry.outcome == Decided::Permit;
        let silent = entry.verb == self.words.silent;
        if silent {
            self.attempted += 1;
            if permitted {
                self.uca += 1;
                self.silent += 1;
                self.moments.effect(entry.at.as_minutes());
            }
        }
        let in_vain = !permitted && !silent && entry.origin == Origin::Person;
        if in_vain && self.refused != entry.cause {
            // The command was begun, and a limit kept the device from carrying it out.
            self.refused = entry.cause;
            self.rejected += 1;
        }
        let bolus = entry.object == self.words.bolus;
        if !permitted || !bolus {
            return;
        }
        if silent || matches!(entry.origin, Origin::Adversary | Origin::Replay) {
            let text = format!("{:.2} U unauthorised", entry.value);
            self.mark(entry, "attack", text);
        } else if entry.origin == Origin::Person {
            let mut open = self.due.iter_mut().rev().filter(|due| due.served.is_none());
            if let Some(due) = open.find(|due| due.entity == entry.entity) {
                due.ordered += entry.value;
            }
        }
    }

    /// Insulin arrived: a dose due is served when enough was ordered for it, not far too much, and
    /// that much has come.
    fn deliver(&mut self, entry: &Entry) {
        let is_forged = entry.origin == Origin::Adversary;
        let delivered = |breathing: &mut Breathing| breathing.delivered(entry, is_forged);
        if self.breathing.as_mut().is_some_and(delivered) {
            return;
        }
        if entry.origin == Origin::Adversary {
            self.forged_u += entry.value;
            return;
        }
        self.people.entry(entry.subject).or_default().insulin.push(entry.value);
        for due in self.due.iter_mut().filter(|due| due.entity == entry.entity) {
            let is_right = due.ordered >= 0.9 * due.units && due.ordered <= 1.5 * due.units;
            if due.served.is_none() && is_right {
                due.arrived += entry.value;
                let is_served = due.arrived >= 0.9 * due.units;
                due.served = is_served.then_some(entry.at.as_minutes() - due.at);
            }
        }
    }

    fn attack(&mut self, entry: &Entry) {
        let Words { attempt, learned, dropped, delayed, .. } = self.words;
        let word = self.text(entry.verb);
        if entry.verb == attempt || entry.verb == learned {
            let text = format!("{}: {word}", self.text(entry.subject));
            self.mark(entry, "attack", text);
        }
        if let Some(step) = self.step(entry) {
            match entry.verb {
                verb if verb == attempt => step.attempts += 1,
                verb if verb == learned => step.succeeded += 1,
                verb if [dropped, delayed].contains(&verb) => self.meddled(entry),
                _ => {
                    step.notes.insert(word);
                }
            }
        }
    }

    /// A frame by which a step took effect: an attempt succeeds with its first.
    fn meddled(&mut self, entry: &Entry) {
        let Some(step) = self.outcome.steps.get_mut(usize::from(entry.step)) else { return };
        step.frames += 1;
        let attempt = self.effective.insert(entry.step, step.attempts);
        step.succeeded += u64::from(attempt != Some(step.attempts));
    }

    fn login(&mut self, entry: &Entry) {
        self.logins.take(entry);
        if let (Decided::Permit, Some(step)) = (entry.outcome, self.step(entry)) {
            step.succeeded += 1;
        }
        let (who, where_) = (self.text(entry.object), self.text(entry.subject));
        let what = self.text(entry.verb);
        let is_hostile = entry.origin == Origin::Adversary;
        let kind = if is_hostile { "attack" } else { "act" };
        self.mark(entry, kind, format!("{what} at {where_}: {who}, {:?}", entry.outcome));
    }

    /// A screen shows what an adversary sent: that was what they wanted of it.
    fn forged_show(&mut self, entry: &Entry) {
        self.moments.effect(entry.at.as_minutes());
        if let Some(step) = self.step(entry) {
            step.succeeded += 1;
        }
    }

    fn vital(&mut self, entry: &Entry) {
        let vital = |breathing: &mut Breathing| breathing.vital(entry);
        if self.breathing.as_mut().is_some_and(vital) {
            self.moments.harm(entry.at.as_minutes());
        }
        if entry.object == self.words.glucose {
            let person = self.people.entry(entry.subject).or_default();
            // The value at minute 0 belongs to no minute of the run.
            if entry.at.as_nanos() > 0 {
                person.glycaemia.minute(entry.value);
                if entry.value < 54.0 || person.glycaemia.is_serious() {
                    self.moments.harm(entry.at.as_minutes());
                }
            }
            if self.keep.detail {
                person.glucose.push(entry.value);
            }
        } else if self.keep.detail
            && entry.object != self.words.plasma_insulin
            && !self.hearts.as_ref().is_some_and(|hearts| hearts.is_event(entry))
        {
            let of = (entry.subject, entry.object);
            self.trends.take(of, entry.at.as_minutes(), entry.value);
        }
    }

    fn fault(&mut self, entry: &Entry) {
        let word = self.text(entry.verb);
        let (fault, note) = match self.text(entry.object).as_str() {
            "-" => (word.clone(), format!("{}: {word}", self.text(entry.subject))),
            import => (
                format!("{word} {import}"),
                format!("did not start: it imports `{import}`, which it is not lent"),
            ),
        };
        *self.down.entry(entry.subject).or_default().faults.entry(fault).or_default() += 1;
        if let Some(step) = self.step(entry) {
            step.notes.insert(note);
        }
    }

    fn life(&mut self, entry: &Entry) {
        let at = entry.at.as_minutes();
        let words = self.words;
        let up = self.down.entry(entry.subject).or_default();
        if words.stops(entry.verb) {
            self.slots.stops(entry.subject, at);
            up.down_since.get_or_insert(at);
        } else if words.starts(entry.verb) {
            self.slots.runs(entry.subject, at, entry.value, entry.verb == words.replaced);
            up.down_min += up.down_since.take().map_or(0.0, |since| at - since);
        }
        if (entry.verb == words.replaced || entry.verb == words.updated)
            && let Some(step) = self.step(entry)
        {
            step.succeeded += 1;
            self.moments.effect(at);
        }
        if (entry.verb == words.power_lost || entry.verb == words.planted)
            && let Some(step) = self.step(entry)
        {
            step.succeeded += 1;
        }
        let text = format!("{} {}", self.text(entry.subject), self.text(entry.verb));
        self.mark(entry, "fault", text);
    }
}

impl Sink for Measure {
    fn take(&mut self, entry: &Entry) {
        self.decided(entry);
        if let Some(hearts) = &mut self.hearts
            && matches!(entry.kind, Kind::Vital | Kind::Actuate)
            && hearts.take(entry)
        {
            self.moments.harm(entry.at.as_minutes());
        }
        if let Some(strips) = &mut self.strips {
            strips.take(entry);
        }
        if let Some(breathing) = &mut self.breathing {
            match entry.kind {
                Kind::Show => breathing.shown(entry),
                Kind::Command if entry.outcome == Decided::Permit => {
                    breathing.commanded(entry, &self.setup);
                }
                Kind::Actuate => breathing.set(entry, &self.setup),
                _ => {}
            }
        }
        if let Some(alarms) = &mut self.alarms {
            alarms.take(entry, &self.setup);
        }
        if self.screens.as_mut().is_some_and(|screens| screens.takes_forged(entry)) {
            self.forged_show(entry);
        }
        if entry.kind == Kind::Show {
            self.slots.shown((entry.subject, entry.object), entry.at.as_minutes(), entry.value);
        }
        match entry.kind {
            Kind::Command => self.command(entry),
            Kind::Frame => self.frame(entry),
            Kind::Actuate => self.actuate(entry),
            Kind::Deliver => self.deliver(entry),
            Kind::Vital => self.vital(entry),
            Kind::Attack => self.attack(entry),
            Kind::Life => self.life(entry),
            Kind::Fault => self.fault(entry),
            Kind::Disclosure => {
                self.disclosed += 1;
                self.memory.iter_mut().for_each(|memory| memory.disclosed(entry));
            }
            Kind::Effort if entry.verb == self.words.presses => self.presses += entry.value,
            Kind::Effort => self.seconds += entry.value,
            Kind::Due => {
                let (at, units, entity) = (entry.at.as_minutes(), entry.value, entry.entity);
                let (ordered, arrived, served) = (0.0, 0.0, None);
                self.due.push(Due { entity, at, units, ordered, arrived, served });
            }
            Kind::Outside => self.people.entry(entry.subject).or_default().outside = true,
            Kind::Act | Kind::Input => {
                // Who starts a pump that stopped by itself has noticed.
                let notices = [self.words.noticed, self.words.resume, self.words.finds_ill];
                if notices.contains(&entry.verb) {
                    self.moments.notice(entry.at.as_minutes());
                }
                let text = self.text(entry.verb);
                self.mark(entry, "act", text);
            }
            Kind::Show if self.keep.detail => {
                let key = format!("{}/{}", self.text(entry.subject), self.text(entry.object));
                let series = self.outcome.shown.entry(key).or_default();
                series.push((entry.at.as_minutes(), entry.value));
            }
            Kind::Alarm if entry.value > 0.0 => {
                let text = self.text(entry.object);
                self.mark(entry, "alarm", text);
            }
            Kind::Login => self.login(entry),
            Kind::Call => self.call(entry),
            Kind::Link => self.network.take(entry),
            Kind::Clock => self.clock(entry),
            Kind::Show | Kind::Alarm => {}
        }
    }
}

fn origin(origin: Origin) -> medtwin_policy::Origin {
    match origin {
        Origin::Device => medtwin_policy::Origin::Device,
        Origin::Person => medtwin_policy::Origin::Person,
        Origin::Adversary => medtwin_policy::Origin::Adversary,
        Origin::Replay => medtwin_policy::Origin::Replay,
    }
}
