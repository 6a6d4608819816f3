//! Commands: begun once, for what is in hand, and carried out as begun.
//!
//! A guest asks before it acts and says by what verb. The host knows what the guest does not: which
//! frame or key press is in hand, who sent it, what a key orders and to how much. So a guest that
//! begins one thing and does another, twice, or on somebody else's frame, does it on its own account.

use std::cmp::Ordering;

use super::desk::Desk;
use super::{Effect, Hand, Lent, denial_of, outcome_of, pick};
use crate::device::Denial;
use crate::rules::{Own, rule_of};
use crate::trace::{Entry, Kind, NO_RULE, Origin, Outcome};

/// A command that a device has begun in this event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    verb: usize,
    most: f64,
    spent: bool,
    /// A person's, or the device's own in an event of its own: a controller's.
    rightful: bool,
}

/// What rounding to a step may add to an amount that was keyed in, in the port's unit.
const STEP_U: f64 = 0.05;

impl Lent {
    /// Asks whether `verb`, with arguments of this SHA-256 `digest`, may begin.
    ///
    /// The host ties it to the frame or the key press in hand, once: a second command of one event,
    /// or another than the key orders, is the device's own, and decided as that. The digest tells
    /// a command that is tried again from a new one.
    ///
    /// # Errors
    /// The policy's denial; [`Denial::Unknown`] for a verb that the device does not have or a
    /// digest that is not 32 bytes.
    pub fn begin(&mut self, verb: &str, digest: &[u8]) -> Result<(), Denial> {
        let (now, recording, own) = (self.now, self.recording, self.own);
        let mut hand = self.hand;
        let nothing_in_hand = hand.channel == own.channel;
        let Some(desk) = self.desk.as_deref_mut() else {
            return if self.open { Ok(()) } else { Err(Denial::NoGrant) };
        };
        let verb = desk.manifest.verbs.iter().position(|v| v == verb).ok_or(Denial::Unknown)?;
        let arguments = mark_of(digest).ok_or(Denial::Unknown)?;
        if !desk.is_ordered(&hand, verb) {
            hand = Hand { cause: hand.cause, ..own };
        }
        desk.asked = true;
        let channel = (hand.channel as usize).min(desk.manifest.peers.len() + 1);
        let (outcome, rule) = desk.may_begin(now, &hand, verb, channel);
        if outcome == Outcome::Permit {
            let most = hand.order.map_or(f64::INFINITY, |(_, most)| most);
            let rightful =
                hand.origin == Origin::Person || hand.origin == Origin::Device && nothing_in_hand;
            desk.begun = Some(Begun { verb, most, spent: false, rightful });
        }
        if recording {
            let entry = Entry {
                object: desk.names.channels[channel],
                verb: desk.names.verbs[verb],
                value: arguments,
                outcome,
                rule,
                ..desk.entry(now, &hand, Kind::Command)
            };
            self.entries.push(entry);
        }
        denial_of(outcome)
    }

    /// Whether a command was begun in this event.
    pub(crate) fn has_begun(&self) -> bool {
        self.desk.as_ref().is_some_and(|desk| desk.begun.is_some())
    }

    /// Sets an actuator. What is not a number is [`Denial::Limit`].
    ///
    /// # Errors
    /// The policy's denial, or the envelope's.
    pub fn set(&mut self, port: u32, value: f64) -> Result<(), Denial> {
        let at = port as usize;
        let (now, mut hand, recording) = (self.now, self.hand, self.recording);
        let Some(desk) = self.desk.as_deref_mut() else {
            if !self.open {
                return Err(Denial::NoGrant);
            }
            self.out.push(Effect::Set { port, value, forged: false });
            return Ok(());
        };
        let prescribed = desk.dose.is_prescribed(at, value);
        let ordered = !prescribed && desk.is_commanded(at, value);
        let resumed = !prescribed && !ordered && desk.goes_on(at, value);
        let commanded = prescribed || ordered || resumed;
        hand.facts.commanded = commanded;
        let (outcome, rule) = desk.may_set(now, &hand, at, value)?;
        if recording {
            let words = desk.names.words;
            let entry = Entry {
                object: pick(&desk.names.actuators, at),
                verb: if commanded { words.set } else { words.silent },
                value,
                outcome,
                rule,
                ..desk.entry(now, &hand, Kind::Actuate)
            };
            self.entries.push(entry);
        }
        denial_of(outcome)?;
        let rightful = desk.spend_command(ordered);
        let forged = !(prescribed || resumed || rightful);
        desk.stands((at, value), prescribed, resumed);
        desk.dose.asked(at, value);
        self.out.push(Effect::Set { port, value, forged });
        Ok(())
    }
}

/// What tells a command's arguments apart in the trace: the first 48 bits of their SHA-256, which a
/// value holds exactly.
fn mark_of(digest: &[u8]) -> Option<f64> {
    let digest: &[u8; 32] = digest.try_into().ok()?;
    let number = digest[..6].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(number as f64)
}

impl Desk {
    fn may_begin(&mut self, now: u64, hand: &Hand, verb: usize, channel: usize) -> (Outcome, u16) {
        let request = self.rules.layout.command[verb][channel];
        let verdict = self.rules.decide(request, hand.facts);
        if outcome_of(verdict) == Outcome::Permit && !self.within_rate(now, channel) {
            return (Outcome::Limit, self.rules.own(Own::RateLimit));
        }
        (outcome_of(verdict), rule_of(verdict))
    }

    fn may_set(
        &self,
        now: u64,
        hand: &Hand,
        port: usize,
        value: f64,
    ) -> Result<(Outcome, u16), Denial> {
        let &request = self.rules.layout.actuator.get(port).ok_or(Denial::Unknown)?;
        let verdict = self.rules.decide(request, hand.facts);
        if outcome_of(verdict) == Outcome::Permit
            && let Err(limit) = self.dose.check(now, port, value)
        {
            let number = limit.and_then(|i| self.rules.limit_rules.get(i).copied());
            return Ok((Outcome::Limit, number.unwrap_or(NO_RULE)));
        }
        Ok((outcome_of(verdict), rule_of(verdict)))
    }

    /// Uses up the command for a setting that it `ordered`; whether somebody with a right to it did.
    fn spend_command(&mut self, ordered: bool) -> bool {
        let begun = self.begun.as_mut().filter(|_| ordered);
        begun.is_some_and(|begun| {
            begun.spent = true;
            begun.rightful
        })
    }

    /// Whether `port` goes back to a rate that another interrupted.
    fn goes_on(&self, port: usize, value: f64) -> bool {
        self.dose.is_flow(port) && self.standing.goes_on(value)
    }

    /// What people ordered of a flow that was set is remembered until it is over.
    fn stands(&mut self, (port, value): (usize, f64), prescribed: bool, resumed: bool) {
        if !self.dose.is_flow(port) {
            return;
        }
        let begun = self.begun.as_ref().filter(|begun| begun.rightful);
        let verb = begun.and_then(|begun| self.manifest.verbs.get(begun.verb));
        let above = (!prescribed).then_some(value);
        match verb.map(|verb| self.manifest.interrupts.contains(verb)) {
            _ if resumed => self.standing.resumed(value),
            Some(true) if value > 0.0 => self.standing.interrupted_by(above),
            Some(_) => self.standing.ordered(above),
            None if prescribed => self.standing.over(),
            None => {}
        }
    }

    /// Whether the frame or the key press in hand orders `verb`, and nothing was asked for it yet.
    /// What a frame orders only the guest can read.
    fn is_ordered(&self, hand: &Hand, verb: usize) -> bool {
        let panel = self.manifest.peers.len() as u32;
        match hand.channel.cmp(&panel) {
            Ordering::Less => !self.asked,
            Ordering::Equal => {
                !self.asked && hand.order.is_some_and(|(ordered, _)| ordered as usize == verb)
            }
            Ordering::Greater => true,
        }
    }

    /// Whether the command that was begun may set `port` to `value`: its verb sets that port, once,
    /// and to no more than was ordered.
    fn is_commanded(&self, port: usize, value: f64) -> bool {
        let sets = |begun: &Begun| {
            let port = self.manifest.actuators.get(port);
            let sets = self.manifest.verbs.get(begun.verb).and_then(|v| self.manifest.sets.get(v));
            port.is_some() && port == sets
        };
        let allows = |begun: &Begun| !begun.spent && value <= begun.most + STEP_U && sets(begun);
        self.begun.as_ref().is_some_and(allows)
    }

    /// What a key that was pressed at `now` orders. Carbohydrate that somebody at the panel keys in
    /// counts for the limits that mind it, whoever that is.
    pub(crate) fn keyed_in(&mut self, now: u64, input: u32, value: f64) -> Option<(u32, f64)> {
        let order = self.order_of(input, value)?;
        let key = self.manifest.inputs.get(input as usize)?;
        if self.manifest.orders.get(key)?.per.is_some() {
            self.dose.credit(now, order.1);
        }
        Some(order)
    }

    /// What a key orders, with what was keyed in.
    pub(crate) fn order_of(&self, input: u32, value: f64) -> Option<(u32, f64)> {
        let ordered = self.manifest.orders.get(self.manifest.inputs.get(input as usize)?)?;
        let verb = self.manifest.verbs.iter().position(|verb| *verb == ordered.verb)?;
        let per = ordered.per.as_ref().and_then(|key| self.prescription.get(key)).copied();
        let most = if ordered.amount { value / per.unwrap_or(1.0) } else { f64::INFINITY };
        Some((verb as u32, most))
    }

    /// Control `rate_limit`: so many commands an hour by each peer, so that a flood shuts no other
    /// out; the panel is never limited.
    fn within_rate(&mut self, now: u64, channel: usize) -> bool {
        let Some(limit) = self.rules.controls.rate_limit_per_h() else { return true };
        if channel >= self.manifest.peers.len() {
            return true;
        }
        let hour = 60 * crate::time::MINUTE;
        self.commands.retain(|&(_, at)| now - at < hour);
        let own = self.commands.iter().filter(|(by, _)| *by == channel).count();
        let fits = (own as u64) < u64::from(limit);
        if fits {
            self.commands.push((channel, now));
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_digest_marks_arguments() {
        assert_eq!(mark_of(&[255; 32]), Some(((1_u64 << 48) - 1) as f64));
        assert_ne!(mark_of(&[0; 32]), mark_of(&[1; 32]));
        for len in [0, 6, 31, 33] {
            assert_eq!(mark_of(&vec![0; len]), None, "{len}");
        }
    }
}
