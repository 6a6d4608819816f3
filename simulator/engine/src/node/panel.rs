//! People at the panel of a device.
//!
//! A key is taken from whoever is logged in. A wearer who finds the panel locked logs in first, which
//! takes time; finding their account locked too, they break the glass, if there is one, or wait.

use medtwin_policy::{Facts, Role};

use super::login::authenticator;
use super::{Node, Outbox, Pressed, View};
use crate::access::{self, Account, Refused, Typed};
use crate::device::Event;
use crate::drawn;
use crate::lent::Hand;
use crate::people::{BREAK_GLASS, JUSTIFY, login_effort};
use crate::queue::{Key, What};
use crate::rules::Own;
use crate::trace::{Entry, Kind, Origin, Outcome};

/// A key that waits until a person is let in.
pub(super) struct Waiting {
    pressed: Pressed,
    /// When the person wanted to press it [ns].
    since: u64,
    stage: Stage,
}

/// How far a person is with being let in.
#[derive(Clone, Copy)]
enum Stage {
    /// About to type.
    Begins,
    /// Everything is typed.
    Typed,
    /// The glass is about to break.
    Glass,
}

/// What is known of a person who stands at a device without accounts.
const AT_HAND: Facts = Facts {
    authenticated: true,
    encrypted: true,
    fresh: true,
    role: Role::Wearer,
    commanded: false,
    mfa: false,
    break_glass: false,
    signed: false,
    version_ok: false,
    mode: medtwin_policy::Mode::Therapy,
};

impl Node {
    /// A person presses a key of one of this node's devices.
    pub(super) fn press(&mut self, pressed: Pressed, view: View<'_>, out: &mut Outbox) {
        match self.who_presses(&pressed, view) {
            Some(facts) => self.key(&pressed, facts, view, out),
            None if pressed.hand.origin == Origin::Person => self.log_in_first(pressed, view, out),
            None => self.finds_locked(&pressed, view, out),
        }
    }

    /// What is known of who presses; none at a locked panel.
    fn who_presses(&mut self, pressed: &Pressed, view: View<'_>) -> Option<Facts> {
        let manifest = &view.plan.setup.nodes[self.id as usize].devices[pressed.unit].manifest;
        let key = manifest.inputs.get(pressed.input as usize);
        let Some(gate) = &mut self.units[pressed.unit].rest.gate else { return Some(AT_HAND) };
        let is_unlocked = key.is_some_and(|key| manifest.unlocked.contains(key));
        let anybody = is_unlocked.then_some(Facts { role: Role::None, ..AT_HAND });
        anybody.or_else(|| gate.who(pressed.at, &view.plan.arm.access))
    }

    /// The device takes the key.
    fn key(&mut self, pressed: &Pressed, facts: Facts, view: View<'_>, out: &mut Outbox) {
        let Pressed { unit, input, value, at, hand } = *pressed;
        let panel = view.plan.setup.nodes[self.id as usize].devices[unit].manifest.peers.len();
        let order = self.units[unit].desk().and_then(|desk| desk.keyed_in(at, input, value));
        let hand = Hand { facts, channel: panel as u32, order, ..hand };
        self.pressed_in_vain(unit, at, &hand, view, out);
        self.call(unit, at, hand, Event::Input { input, value }, view, out);
    }

    /// What a person asks of a device that its policy keeps down is denied by that policy.
    fn pressed_in_vain(&self, unit: usize, at: u64, hand: &Hand, view: View<'_>, out: &mut Outbox) {
        let unit = &self.units[unit];
        if let (true, true, Some(desk)) = (view.recording, unit.rest.not_lent, &unit.rest.desk) {
            let verb = view.plan.setup.names.find("not-lent").unwrap_or_default();
            let outcome = Outcome::NoGrant;
            out.lent.entries.push(Entry { verb, outcome, ..desk.entry(at, hand, Kind::Command) });
        }
    }

    /// A locked panel passes no key on: what it orders is denied.
    fn finds_locked(&mut self, pressed: &Pressed, view: View<'_>, out: &mut Outbox) {
        let Pressed { unit, input, value, at, hand } = *pressed;
        let Some(desk) = self.units[unit].desk().filter(|_| view.recording) else { return };
        let Some((verb, _)) = desk.order_of(input, value) else { return };
        let (outcome, rule) = (Outcome::Forbid, desk.rules.own(Own::Login));
        let object = desk.names.channels[desk.manifest.peers.len()];
        let verb = desk.names.verbs[verb as usize];
        let denied = Entry { object, verb, outcome, rule, ..desk.entry(at, &hand, Kind::Command) };
        out.lent.entries.push(denied);
    }

    /// The wearer begins to log in; the key waits for it.
    fn log_in_first(&mut self, pressed: Pressed, view: View<'_>, out: &mut Outbox) {
        let since = pressed.at;
        match self.own_account(pressed.unit, view) {
            Some(_) => self.type_in(Waiting { pressed, since, stage: Stage::Begins }, view, out),
            None => self.finds_locked(&pressed, view, out),
        }
    }

    /// The account of who wears the device.
    fn own_account<'p>(&self, unit: usize, view: View<'p>) -> Option<(&'p Account, usize)> {
        let accounts = &view.plan.setup.nodes[self.id as usize].devices[unit].accounts;
        accounts.iter().zip(0..).find(|(account, _)| account.role == Role::Wearer)
    }

    fn type_in(&mut self, waiting: Waiting, view: View<'_>, out: &mut Outbox) {
        let Some((account, _)) = self.own_account(waiting.pressed.unit, view) else { return };
        let asks_code = view.plan.arm.access.second_factor.contains(&account.role);
        let effort = login_effort(account.secret.len(), asks_code);
        self.takes(effort, waiting.pressed.at, view, out);
        let until = waiting.pressed.at + nanos(effort.1);
        self.wait(Waiting { stage: Stage::Typed, ..waiting }, until, view, out);
    }

    /// What a person's hands are busy with.
    fn takes(&mut self, effort: (f64, f64), at: u64, view: View<'_>, out: &mut Outbox) {
        self.at_bedside(|bedside, node| bedside.spend(node.id, at, effort, view, out));
    }

    fn wait(&mut self, waiting: Waiting, until: u64, view: View<'_>, out: &mut Outbox) {
        let Some(people) = &mut self.people else { return };
        let slot = people.waiting.len() as u32;
        people.waiting.push(Some(waiting));
        self.wake(until, What::LoggedIn, 0, slot, view, out);
    }

    /// A person goes on with what lets them in, or owes a reason.
    pub(super) fn logged_in(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        if key.slot == REASON {
            return self.justify(key, view, out);
        }
        let waiting =
            self.people.as_mut().and_then(|p| p.waiting.get_mut(key.slot as usize)?.take());
        let Some(mut waiting) = waiting else { return };
        waiting.pressed.at = key.at;
        if self.who_presses(&waiting.pressed, view).is_some() {
            return self.key_at_last(&waiting.pressed, view, out); // somebody let them in meanwhile
        }
        match waiting.stage {
            Stage::Begins => self.type_in(waiting, view, out),
            Stage::Typed => self.typed(waiting, view, out),
            Stage::Glass => self.glass(&waiting, view, out),
        }
    }

    /// The secret is typed, and the code that the authenticator shows.
    fn typed(&mut self, waiting: Waiting, view: View<'_>, out: &mut Outbox) {
        let at = waiting.pressed.at;
        match self.enter_own(&waiting, view, out) {
            Ok(()) => self.key_at_last(&waiting.pressed, view, out),
            // The authenticator shows the next code soon.
            Err(Refused::Code) => {
                let waiting = Waiting { stage: Stage::Begins, ..waiting };
                self.wait(waiting, access::next_code(at), view, out);
            }
            Err(Refused::Locked(until)) => self.emergency(waiting, until, view, out),
            Err(_) => self.finds_locked(&waiting.pressed, view, out),
        }
    }

    /// The wearer enters their own secret: if the one that was published was replaced, they know by what.
    fn enter_own(
        &mut self,
        waiting: &Waiting,
        view: View<'_>,
        out: &mut Outbox,
    ) -> Result<(), Refused> {
        let Pressed { unit, at, hand, .. } = waiting.pressed;
        let Some((account, number)) = self.own_account(unit, view) else { return Ok(()) };
        let code = access::code(at, &authenticator(account, view));
        let typed = Typed { secret: &account.secret, code: Some(&code), is_owner: true };
        let waited_s = (at - waiting.since) as f64 / 1e9;
        self.enter((unit, number), typed, (at, hand, waited_s), view, out)
    }

    fn key_at_last(&mut self, pressed: &Pressed, view: View<'_>, out: &mut Outbox) {
        self.at_bedside(|bedside, _| bedside.expects_from(pressed.at));
        match self.who_presses(pressed, view) {
            Some(facts) => self.key(pressed, facts, view, out),
            None => self.finds_locked(pressed, view, out),
        }
    }

    /// The wearer's account is locked: they break the glass, or wait until it opens.
    fn emergency(&mut self, waiting: Waiting, until: u64, view: View<'_>, out: &mut Outbox) {
        let at = waiting.pressed.at;
        if view.plan.arm.access.break_glass_min.is_none() {
            self.finds_locked(&waiting.pressed, view, out);
            return self.wait(Waiting { stage: Stage::Begins, ..waiting }, until, view, out);
        }
        self.takes(BREAK_GLASS, at, view, out);
        let until = at + nanos(BREAK_GLASS.1);
        self.wait(Waiting { stage: Stage::Glass, ..waiting }, until, view, out);
    }

    fn glass(&mut self, waiting: &Waiting, view: View<'_>, out: &mut Outbox) {
        let Pressed { unit, at, hand, .. } = waiting.pressed;
        let waited_s = (at - waiting.since) as f64 / 1e9;
        if let Some(ends) = self.breaks_glass(unit, (at, hand, waited_s), view, out) {
            self.wake(ends, What::LoggedIn, 0, REASON, view, out);
        }
        self.key_at_last(&waiting.pressed, view, out);
    }

    /// Afterwards the wearer writes down why the glass was broken.
    fn justify(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        self.takes(JUSTIFY, key.at, view, out);
        self.at_bedside(|bedside, node| bedside.told(node.id, key.at, "justified", view, out));
    }

    /// An adversary with hands presses a key.
    pub(super) fn pressed_by_adversary(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some((input, value)) = drawn::keyed(&view.plan.setup, key.slot, view.plan.seed) else {
            return;
        };
        let (cause, step) = (key.cause(), key.slot as u16);
        let hand = Hand { cause, origin: Origin::Adversary, step, ..Hand::default() };
        let unit = key.unit as usize;
        self.press(Pressed { unit, input, value, at: key.at, hand }, view, out);
    }
}

/// Marks the wake-up of who owes a reason for a broken glass.
const REASON: u32 = u32::MAX;

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}
