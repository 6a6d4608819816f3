//! Logins: what somebody types at a device is checked, and it is in the trace.

use super::{Node, Outbox, View};
use crate::access::{self, Account, Refused, Typed};
use crate::adversary::{Act, Code, Secret};
use crate::lent::Hand;
use crate::queue::{Key, What};
use crate::rules::Own;
use crate::trace::{Entry, Kind, Name, Origin, Outcome};

impl Node {
    /// An adversary types at a device, or breaks its glass.
    pub(super) fn adversary_enters(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let (number, attempt) = (key.slot & 0xffff, key.slot >> 16);
        let Some((_, step)) = view.plan.setup.step(number) else { return };
        let hand = Hand {
            cause: key.cause(),
            origin: Origin::Adversary,
            step: number as u16,
            ..Hand::default()
        };
        let (unit, at) = (key.unit as usize, key.at);
        let is_in = match &step.act {
            Act::LogIn { account, secret, code, .. } => {
                let account = (unit, *account);
                self.tries((account, attempt), (*secret, *code), (at, hand), view, out)
            }
            _ => self.breaks_glass(unit, (at, hand, 0.0), view, out).is_some(),
        };
        self.answer_adversary(number, is_in, at, view, out);
    }

    fn tries(
        &mut self,
        ((unit, number), attempt): ((usize, usize), u32),
        (secret, code): (Secret, Option<Code>),
        (at, hand): (u64, Hand),
        view: View<'_>,
        out: &mut Outbox,
    ) -> bool {
        let accounts = &view.plan.setup.nodes[self.id as usize].devices[unit].accounts;
        let Some(account) = accounts.get(number) else { return false };
        let made = code.and_then(|code| at.checked_sub(code.age_ns));
        let code = made.map(|made| access::code(made, &authenticator(account, view)));
        let secret = secret.typed(account, attempt);
        let typed = Typed { secret, code: code.as_deref(), is_owner: false };
        self.enter((unit, number), typed, (at, hand, 0.0), view, out).is_ok()
    }

    /// They learn it with the next exchange.
    fn answer_adversary(
        &mut self,
        step: u32,
        is_in: bool,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(to) = view.plan.setup.adversary_of(step as u16) else { return };
        let (at, ordinal) = (at + view.plan.setup.lookahead_ns(), self.next_ordinal());
        let key = Key::new(at, What::Adversary, to, self.id, ordinal);
        let said = if is_in { crate::adversary::LET_IN } else { crate::adversary::KEPT_OUT };
        out.keys.push(key.unit(said).slot(step));
    }

    /// Somebody types at a device: let in or not, it is in the trace.
    pub(super) fn enter(
        &mut self,
        (unit, number): (usize, usize),
        typed: Typed<'_>,
        (at, hand, waited_s): (u64, Hand, f64),
        view: View<'_>,
        out: &mut Outbox,
    ) -> Result<(), Refused> {
        let account = &view.plan.setup.nodes[self.id as usize].devices[unit].accounts[number];
        let key = authenticator(account, view);
        let runs = self.units[unit].device.is_some();
        let Some(gate) = &mut self.units[unit].rest.gate else { return Ok(()) };
        let done = match runs {
            true => gate.log_in(at, (account, number), typed, &key, &view.plan.arm.access),
            false => Err(Refused::Off),
        };
        let said = (done.is_ok(), done.err().map_or(Own::Secret, Refused::rule));
        self.says_login(unit, ("log-in", account.name), said, (at, hand, waited_s), view, out);
        done
    }

    pub(super) fn breaks_glass(
        &mut self,
        unit: usize,
        when: (u64, Hand, f64),
        view: View<'_>,
        out: &mut Outbox,
    ) -> Option<u64> {
        let runs = self.units[unit].device.is_some();
        let gate = self.units[unit].rest.gate.as_mut()?;
        let ends = match runs {
            true => gate.break_glass(when.0, &view.plan.arm.access),
            false => None,
        };
        let said = (ends.is_some(), if runs { Own::Glass } else { Own::Login });
        self.says_login(unit, ("break-glass", Name(0)), said, when, view, out);
        ends
    }

    fn says_login(
        &mut self,
        unit: usize,
        (verb, object): (&str, Name),
        (is_in, rule): (bool, Own),
        (at, hand, value): (u64, Hand, f64),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(desk) = self.units[unit].desk().filter(|_| view.recording) else { return };
        let verb = view.plan.setup.names.find(verb).unwrap_or_default();
        let outcome = if is_in { Outcome::Permit } else { Outcome::Forbid };
        let (rule, entry) = (desk.rules.own(rule), desk.entry(at, &hand, Kind::Login));
        out.lent.entries.push(Entry { object, verb, value, outcome, rule, ..entry });
    }
}

/// What is in the authenticator of an account's owner, and in the device.
pub(super) fn authenticator(account: &Account, view: View<'_>) -> [u8; 32] {
    view.plan.seed.secret(&format!("totp/{}", account.text))
}
