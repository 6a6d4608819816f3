//! What one device has been lent: every call that it makes is decided here.
//!
//! The same for a component and for a native device: check the port, ask the policy with the facts
//! that the host knows of what is in hand, charge the budget, write the decision to the trace, and
//! put the effect where the node will apply it.

use medtwin_policy::{Facts, RequestId, Verdict};
use smallvec::SmallVec;

use crate::device::{Denial, Priority};
use crate::firmware;
use crate::manifest::OnReboot;
use crate::rules::{Own, rule_of};
use crate::trace::{Entry, Kind, NO_STEP, Name, Origin, Outcome};

mod command;
mod desk;
mod standing;
mod storage;
mod vault;

pub use desk::PortNames;
pub(crate) use desk::{Budget, Desk, KeyUse, LogLines, Slots, VaultKey, Words};
pub(crate) use standing::Standing;

/// Something a device did that its node has to carry out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Wake it with `id` at `at` [ns].
    Timer { id: u32, at: u64 },
    /// Send `bytes[start..start + len]` to `peer`.
    Send { peer: u32, start: u32, len: u32 },
    /// Set an actuator; `forged` if nobody with a right to it ordered that.
    Set { port: u32, value: f64, forged: bool },
    /// Raise (1–3) or clear (0) an alarm.
    Alarm { alarm: u32, priority: u8 },
    /// Start the staged image.
    Activate,
}

/// What the host knows of the frame, key press or timer in hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hand {
    pub(crate) cause: u64,
    pub(crate) facts: Facts,
    /// Index into the channels: peers, then the panel, then none.
    pub(crate) channel: u32,
    pub(crate) origin: Origin,
    pub(crate) step: u16,
    /// What the key in hand orders: a verb, and the most that it may set.
    pub(crate) order: Option<(u32, f64)>,
}

impl Default for Hand {
    fn default() -> Self {
        Self {
            cause: 0,
            facts: Facts::default(),
            channel: u32::MAX,
            origin: Origin::Device,
            step: NO_STEP,
            order: None,
        }
    }
}

/// The open timers of a device: id, and when [ns].
pub(crate) type Timers = SmallVec<[(u32, u64); 1]>;

/// What one device has been lent. The default lends nothing and stands in while the real one is at
/// work inside a sandbox.
#[derive(Default)]
pub struct Lent {
    pub(crate) now: u64,
    /// How far the device's clock is ahead of that [ns].
    pub(crate) ahead_ns: i64,
    pub(crate) hand: Hand,
    /// What is in hand when the device acts on its own.
    pub(crate) own: Hand,
    pub(crate) out: Vec<Effect>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) timers: Timers,
    /// Lends everything, undecided: see [`crate::run::Checks`].
    pub(crate) open: bool,
    pub(crate) recording: bool,
    pub(crate) desk: Option<Box<Desk>>,
    pub(crate) entries: Vec<Entry>,
    /// On a workbench: see [`crate::workbench`].
    bench: Option<Box<Bench>>,
}

/// What a device on a workbench measures, and what it said.
#[derive(Default)]
struct Bench {
    sensors: Vec<Option<f64>>,
    said: Vec<Said>,
}

/// What a device said on a workbench.
pub(crate) enum Said {
    /// A value in a field.
    Shown(u32, f64),
    /// A line of its log.
    Line(String),
}

/// Of a device that has no envelope.
const MAX_TIMERS_OPEN: usize = 64;

impl Lent {
    /// For a device on a workbench, whose sensors read this.
    pub(crate) fn on_workbench(sensors: Vec<Option<f64>>) -> Self {
        let bench = Some(Box::new(Bench { sensors, said: Vec::new() }));
        Self { open: true, bench, ..Self::default() }
    }

    /// What it said on a workbench since this was last asked.
    pub(crate) fn take_said(&mut self) -> Vec<Said> {
        self.bench.as_mut().map(|bench| std::mem::take(&mut bench.said)).unwrap_or_default()
    }

    /// Time since the start of the run [µs], by the device's own clock.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn now(&mut self) -> Result<u64, Denial> {
        self.ask(|layout| layout.clock.first(), |names| (names.words.clock, Name(0)))?;
        Ok(self.now.saturating_add_signed(self.ahead_ns) / 1000)
    }

    /// Wakes the device with `id` once, `delay_us` from now; a delay of zero is 1 µs.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Exhausted`] with too many timers at a time or in a minute.
    pub fn set_timer(&mut self, id: u32, delay_us: u64) -> Result<(), Denial> {
        self.ask(|layout| layout.timer.first(), |names| (names.words.timer, Name(0)))?;
        let said = |names: &PortNames| (names.words.timer, Name(0));
        self.spend(Own::Wakes, said, |desk, now| {
            let most = u64::from(desk.rules.envelope.wakes_per_min);
            desk.wakes.spend(now, crate::time::MINUTE, 1, most)
        })?;
        let at = self.now.saturating_add(delay_us.max(1).saturating_mul(1000));
        let (old, open) = (self.timers.iter().position(|timer| timer.0 == id), self.timers.len());
        self.spend(Own::Timers, said, |desk, _| {
            old.is_some() || open < desk.rules.envelope.timers as usize
        })?;
        match old {
            Some(old) => self.timers[old].1 = at,
            None if self.open && open >= MAX_TIMERS_OPEN => return Err(Denial::Exhausted),
            None => self.timers.push((id, at)),
        }
        self.out.push(Effect::Timer { id, at });
        Ok(())
    }

    /// Forgets a timer.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn cancel_timer(&mut self, id: u32) -> Result<(), Denial> {
        self.ask(|layout| layout.timer.first(), |names| (names.words.timer, Name(0)))?;
        self.timers.retain(|timer| timer.0 != id);
        Ok(())
    }

    /// Sends `body` to `peer`.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Exhausted`] over the frame budget.
    pub fn send(&mut self, peer: u32, body: &[u8]) -> Result<(), Denial> {
        let at = peer as usize;
        self.ask(|l| l.send.get(at), |n| (n.words.send, pick(&n.peers, at)))?;
        self.spend(
            Own::Frames,
            |n| (n.words.send, pick(&n.peers, at)),
            |desk, now| {
                let most = u64::from(desk.rules.envelope.frames_per_min);
                desk.frames.spend(now, crate::time::MINUTE, 1, most)
            },
        )?;
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(body);
        self.out.push(Effect::Send { peer, start, len: body.len() as u32 });
        Ok(())
    }

    /// The value of a sensor, none until it was measured.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn read(&mut self, port: u32) -> Result<Option<f64>, Denial> {
        let at = port as usize;
        self.ask(|l| l.sensor.get(at), |n| (n.words.read, pick(&n.sensors, at)))?;
        if let Some(bench) = &self.bench {
            return Ok(bench.sensors.get(at).copied().flatten());
        }
        Ok(self.desk.as_ref().and_then(|desk| desk.sensors.get(at).copied().flatten()))
    }

    /// Raises an alarm.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn raise(&mut self, alarm: u32, priority: Priority) -> Result<(), Denial> {
        self.alarm(alarm, priority as u8)
    }

    /// Clears an alarm.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn clear(&mut self, alarm: u32) -> Result<(), Denial> {
        self.alarm(alarm, 0)
    }

    fn alarm(&mut self, alarm: u32, priority: u8) -> Result<(), Denial> {
        let at = alarm as usize;
        self.ask(|l| l.alarm.get(at), |n| (n.words.raise, pick(&n.alarms, at)))?;
        self.out.push(Effect::Alarm { alarm, priority });
        Ok(())
    }

    /// Shows a value to whoever looks. What is shown is not what is delivered.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn show(&mut self, field: u32, value: f64) -> Result<(), Denial> {
        let at = field as usize;
        self.ask(|l| l.field.get(at), |n| (n.words.show, pick(&n.fields, at)))?;
        let (now, hand, recording) = (self.now, self.hand, self.recording);
        if let Some(bench) = &mut self.bench {
            bench.said.push(Said::Shown(field, value));
        }
        let Some(desk) = self.desk.as_deref_mut() else { return Ok(()) };
        let Some(shown) = desk.shown.get_mut(at) else { return Err(Denial::Unknown) };
        let changed = shown.to_bits() != value.to_bits();
        *shown = value;
        if recording && changed {
            let entry = Entry {
                object: pick(&desk.names.fields, at),
                value,
                ..desk.entry(now, &hand, Kind::Show)
            };
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Whether what it is now has to be kept for a reboot: a command was begun, and its model says so.
    pub(crate) fn has_state_to_keep(&self) -> bool {
        let restores = |desk: &Desk| desk.manifest.on_reboot == OnReboot::Restore;
        self.has_begun() && self.desk.as_deref().is_some_and(restores)
    }

    /// Keeps the state that a reboot gives back.
    pub(crate) fn keep_state(&mut self, state: &[u8]) {
        if let Some(desk) = self.desk.as_deref_mut() {
            desk.storage.keep_state(state);
        }
    }

    /// The state that was kept last.
    pub(crate) fn kept_state(&self) -> Option<Vec<u8>> {
        self.desk.as_deref().and_then(|desk| desk.storage.state())
    }

    /// Stages a firmware image for the spare slot. The host measures it, so that the policy knows
    /// whether it is whole, signed, and not older than what runs, nor below the rollback floor.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Unknown`] for what is no image, or without a slot.
    pub fn stage(&mut self, image: &[u8]) -> Result<(), Denial> {
        let read = firmware::read(image);
        self.ask_of(read, 0)?;
        let Some(desk) = self.desk.as_deref_mut() else { return Ok(()) };
        desk.slots.staged = read.filter(|_| desk.slots.measured.is_some());
        desk.slots.staged.map(drop).ok_or(Denial::Unknown)
    }

    /// Writes the staged image into a slot of the device whose slots these are, and starts it.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Unknown`] when nothing is staged, another image is on its way,
    /// or nothing is left that could write one.
    pub fn activate(&mut self) -> Result<(), Denial> {
        let slots = self.desk.as_ref().map(|desk| desk.slots).unwrap_or_default();
        self.ask_of(slots.staged, 1)?;
        slots.staged.filter(|_| !slots.closed).ok_or(Denial::Unknown)?;
        self.out.push(Effect::Activate);
        Ok(())
    }

    /// Asks about an image: what the host knows of it is of this call alone.
    fn ask_of(&mut self, image: Option<firmware::Read>, verb: usize) -> Result<(), Denial> {
        let facts = self.hand.facts;
        let oldest = self.desk.as_ref().map_or(0, |desk| desk.oldest_version());
        self.hand.facts.signed = image.is_some_and(|image| image.signed);
        self.hand.facts.version_ok = image.is_some_and(|image| image.version >= oldest);
        let asked = self.ask(|l| l.update.get(verb), |n| (n.words.update[verb], Name(0)));
        self.hand.facts = facts;
        asked
    }

    /// Random bytes from the device's own stream, at most 1,024.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Limit`] for more.
    pub fn bytes(&mut self, len: u32) -> Result<Vec<u8>, Denial> {
        self.ask(|l| l.random.first(), |n| (n.words.random, Name(0)))?;
        if len > 1024 {
            return Err(Denial::Limit);
        }
        let mut bytes = vec![0; len as usize];
        if let Some(stream) = self.desk.as_mut().and_then(|desk| desk.random.as_mut()) {
            stream.fill(&mut bytes);
        }
        Ok(bytes)
    }

    /// Writes a line to the device's log.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Exhausted`] over the log's budget.
    pub fn log(&mut self, line: &str) -> Result<(), Denial> {
        self.ask(|l| l.log.first(), |n| (n.words.log, Name(0)))?;
        self.spend(
            Own::Log,
            |n| (n.words.log, Name(0)),
            |desk, now| {
                let most = u64::from(desk.rules.envelope.log_bytes_per_h);
                desk.log.spend(now, 60 * crate::time::MINUTE, line.len() as u64, most)
            },
        )?;
        if let Some(bench) = &mut self.bench {
            bench.said.push(Said::Line(line.to_owned()));
        }
        if let Some(desk) = self.desk.as_deref_mut() {
            desk.lines.push(self.now, line);
        }
        Ok(())
    }

    /// Charges a budget. What does not fit is a denial like any other: it is written to the trace.
    fn spend(
        &mut self,
        budget: Own,
        said: impl FnOnce(&PortNames) -> (Name, Name),
        fits: impl FnOnce(&mut Desk, u64) -> bool,
    ) -> Result<(), Denial> {
        let Some(desk) = self.desk.as_deref_mut() else { return Ok(()) };
        if fits(desk, self.now) {
            return Ok(());
        }
        if self.recording {
            let (verb, object) = said(&desk.names);
            let (outcome, rule) = (Outcome::Exhausted, desk.rules.own(budget));
            let entry = desk.entry(self.now, &self.hand, Kind::Call);
            self.entries.push(Entry { object, verb, outcome, rule, ..entry });
        }
        Err(Denial::Exhausted)
    }

    /// Decides one call. Denials are always written to the trace; permits of calls that only look
    /// or speak are not, or the trace would be mostly those.
    fn ask(
        &mut self,
        request: impl FnOnce(&crate::rules::Layout) -> Option<&RequestId>,
        said: impl FnOnce(&PortNames) -> (Name, Name),
    ) -> Result<(), Denial> {
        let Some(desk) = self.desk.as_deref() else {
            return if self.open { Ok(()) } else { Err(Denial::NoGrant) };
        };
        let &request = request(&desk.rules.layout).ok_or(Denial::Unknown)?;
        let verdict = desk.rules.decide(request, self.hand.facts);
        if self.recording {
            let (verb, object) = said(&desk.names);
            let entry = Entry {
                object,
                verb,
                outcome: outcome_of(verdict),
                rule: rule_of(verdict),
                ..desk.entry(self.now, &self.hand, Kind::Call)
            };
            self.entries.push(entry);
        }
        denial_of(outcome_of(verdict))
    }
}

fn pick(names: &[Name], at: usize) -> Name {
    names.get(at).copied().unwrap_or_default()
}

pub(crate) fn outcome_of(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Permit(_) => Outcome::Permit,
        Verdict::Forbid(_) => Outcome::Forbid,
        Verdict::NoGrant => Outcome::NoGrant,
    }
}

fn denial_of(outcome: Outcome) -> Result<(), Denial> {
    match outcome {
        Outcome::None | Outcome::Permit => Ok(()),
        Outcome::Forbid => Err(Denial::Forbidden),
        Outcome::NoGrant => Err(Denial::NoGrant),
        Outcome::Limit => Err(Denial::Limit),
        Outcome::Exhausted => Err(Denial::Exhausted),
        Outcome::Unknown => Err(Denial::Unknown),
    }
}
