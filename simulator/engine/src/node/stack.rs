//! What a device's operating system does on a network before its firmware says a word: it gets an address, looks
//! up names, and sets its clock.
//!
//! At the start of a run all that is done. A device that starts again has no address until a DHCP server gives it
//! one; names are kept for 5 minutes and asked for again; the clock drifts by its quartz, and an NTP server is asked every 64 s
//! (RFC 5905). Whoever takes time as SNTP does (RFC 4330) sets the clock to any answer to its request;
//! under the control `time_auth` an answer must be authentic, and a step no larger than the pack says. The clock is what the
//! firmware reads; timers do not hang on it.
//!
//! Left out: leases that end, several servers for one thing, and how firmware waits for the network: what it sends meanwhile is
//! gone.

use super::{Head, Node, Outbox, View, append, entry};
use crate::channel::mac as digest;
use crate::lent::Hand;
use crate::network::{HOST, Kind as ServiceKind, message};
use crate::plan::{Peer, Plan};
use crate::queue::{Key, What};
use crate::rules::Own;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, NO_RULE, Origin, Outcome};

const S: u64 = MINUTE / 60;
/// How often the time is asked for [ns]: minpoll 6 (RFC 5905).
const POLL_NS: u64 = 64 * S;
/// For how long a name is kept [ns] [E].
const TTL_NS: u64 = 300 * S;
/// When a query without an answer is repeated [ns] (RFC 1035, 4.2.1).
const AGAIN_NS: u64 = 5 * S;
/// The first pause of a DHCP client [ns]; it doubles, to 64 s (RFC 2131, 4.1).
const DISCOVER_NS: u64 = 4 * S;
/// How far a quartz is off at most, in parts of 10^9 [E]: 20 ppm.
const DRIFT_PPB: f64 = 20_000.0;

/// The network side of one device.
pub(crate) struct Stack {
    home: u32,
    addressed: bool,
    /// Until when it knows names [ns]; for ever, where nobody answers queries.
    named_until: u64,
    clock: Clock,
    /// By kind of service: when it asked last, and the number of that.
    asked: [(u64, u32); 3],
    /// By kind of service: when it asks next [ns]; what was planned for another time is void.
    due: [u64; 3],
    tries: u32,
}

/// A clock that is off, and drifts.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    offset_ns: i64,
    since: u64,
    drift_ppb: i64,
}

impl Clock {
    fn offset(&self, at: u64) -> i64 {
        let ran = i128::from(at.saturating_sub(self.since)) * i128::from(self.drift_ppb);
        self.offset_ns.saturating_add((ran / 1_000_000_000) as i64)
    }

    fn local(&self, at: u64) -> i64 {
        (at as i64).saturating_add(self.offset(at))
    }
}

impl Stack {
    /// How far the clock is ahead at `at` [ns].
    pub(super) fn offset(&self, at: u64) -> i64 {
        self.clock.offset(at)
    }

    /// Nobody can send it anything.
    pub(super) fn has_no_address(&self) -> bool {
        !self.addressed
    }

    fn asks(&mut self, kind: ServiceKind, at: u64) -> u32 {
        let (when, number) = &mut self.asked[kind as usize];
        (*when, *number) = (at, number.wrapping_add(1));
        *number
    }
}

impl Node {
    /// Connects the devices here to their network's services, as they are after a long time.
    pub(super) fn connect(&mut self, view: View<'_>, out: &mut Outbox) {
        let network = &view.plan.setup.network;
        if network.services.is_empty() {
            return;
        }
        for index in 0..self.units.len() {
            let Some(&home) = network.homes.get(&(self.id, index as u16)) else { continue };
            let text = &view.plan.setup.nodes[self.id as usize].devices[index].text;
            let luck = view.plan.seed.keyed(&format!("{text}/stack"));
            let share = |of: u64, which| (luck.uniform(which, 0) * of as f64) as u64;
            let is_timed = network.time_of.contains_key(&(self.id, index as u16));
            let drift_ppb = ((2.0 * luck.uniform(2, 0) - 1.0) * DRIFT_PPB) as i64;
            let clock =
                Clock { drift_ppb: if is_timed { drift_ppb } else { 0 }, ..Clock::default() };
            let has_names = network.serving(ServiceKind::Dns, home).is_some();
            let named_until = if has_names { TTL_NS } else { u64::MAX };
            self.units[index].rest.stack = Some(Box::new(Stack {
                home,
                addressed: true,
                named_until,
                clock,
                asked: [(0, 0); 3],
                due: [0; 3],
                tries: 0,
            }));
            if has_names {
                self.plans(index, ServiceKind::Dns, share(TTL_NS, 0), view, out);
            }
            if is_timed {
                self.plans(index, ServiceKind::Ntp, share(POLL_NS, 1), view, out);
            }
        }
    }

    /// A device has started anew: it needs an address before anything else.
    pub(super) fn reconnect(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        let network = &view.plan.setup.network;
        let Some(stack) = self.units[index].rest.stack.as_mut() else { return };
        let is_given = network.serving(ServiceKind::Dhcp, stack.home).is_some();
        (stack.addressed, stack.tries, stack.due) = (!is_given, 0, [0; 3]);
        if stack.named_until != u64::MAX {
            stack.named_until = 0;
        }
        if is_given {
            self.plans(index, ServiceKind::Dhcp, at, view, out);
        } else {
            self.goes_on(index, at, view, out);
        }
    }

    /// What follows once there is an address.
    fn goes_on(&mut self, index: usize, at: u64, view: View<'_>, out: &mut Outbox) {
        let network = &view.plan.setup.network;
        let Some(stack) = self.units[index].rest.stack.as_ref() else { return };
        if stack.named_until != u64::MAX {
            self.plans(index, ServiceKind::Dns, at, view, out);
        }
        if network.time_of.contains_key(&(self.id, index as u16)) {
            self.plans(index, ServiceKind::Ntp, at, view, out);
        }
    }

    fn plans(
        &mut self,
        index: usize,
        kind: ServiceKind,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(stack) = self.units[index].rest.stack.as_mut() else { return };
        stack.due[kind as usize] = at;
        self.wake(at, What::Network, index as u16, kind as u32, view, out);
    }

    /// It is time to ask a service.
    pub(super) fn on_network(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = usize::from(key.unit);
        let is_dark = self.is_dark(index, key.at);
        let Some(unit) = self.units.get_mut(index) else { return };
        let Some(stack) = unit.rest.stack.as_mut() else { return };
        if is_dark || stack.due.get(key.slot as usize) != Some(&key.at) {
            return;
        }
        match key.slot {
            0 if !stack.addressed => {
                let pause = (DISCOVER_NS << stack.tries.min(4)).min(POLL_NS);
                stack.tries += 1;
                self.asks(index, ServiceKind::Dhcp, key.at, view, out);
                self.plans(index, ServiceKind::Dhcp, key.at + pause, view, out);
            }
            1 if stack.addressed => {
                self.asks(index, ServiceKind::Dns, key.at, view, out);
                self.plans(index, ServiceKind::Dns, key.at + AGAIN_NS, view, out);
            }
            2 if stack.addressed => {
                self.tells_clock(index, ("reads", NO_RULE), key.at, Head::default(), view, out);
                self.asks(index, ServiceKind::Ntp, key.at, view, out);
                self.plans(index, ServiceKind::Ntp, key.at + POLL_NS, view, out);
            }
            _ => {}
        }
    }

    fn asks(&mut self, index: usize, kind: ServiceKind, at: u64, view: View<'_>, out: &mut Outbox) {
        let setup = &view.plan.setup;
        let Some(stack) = self.units[index].rest.stack.as_mut() else { return };
        let place = (self.id, index as u16);
        let found = match kind {
            ServiceKind::Ntp => setup.network.time_of.get(&place).copied(),
            _ => setup.network.serving(kind, stack.home),
        };
        let Some(service) = found else { return };
        let number = stack.asks(kind, at);
        let body = match kind {
            ServiceKind::Dhcp => message::dhcp_discover(crate::network::mac(place), number),
            ServiceKind::Dns => {
                message::dns_query(number as u16, &setup.network.name_for(setup, place))
            }
            ServiceKind::Ntp => message::ntp_request(stack.clock.local(at)),
        };
        let head = Head {
            link: stack.home,
            entry: stack.home,
            far: setup.network.services[service].link,
            from: place,
            to: (setup.network.entity_of(service), 0),
            peer: HOST,
            genuine: true,
            step: crate::trace::NO_STEP,
            ..Head::default()
        };
        let body = append(&mut out.lent.bytes, &body);
        self.transmit(at, head, body, out);
    }

    /// A service answers.
    pub(super) fn answered(&mut self, key: Key, view: View<'_>, out: &mut Outbox) {
        let index = usize::from(key.unit);
        let network = &view.plan.setup.network;
        let is_dark = self.is_dark(index, key.at);
        let Some(frame) = view.frames.get(key.slot as usize) else { return };
        let Some(service) = network.service(frame.head.from.0) else { return };
        let Some(stack) = self.units[index].rest.stack.as_mut().filter(|_| !is_dark) else {
            return;
        };
        let (asked, number) = stack.asked[service.kind as usize];
        match service.kind {
            ServiceKind::Dhcp if message::is_dhcp_ack(&frame.body, number) && !stack.addressed => {
                stack.addressed = true;
                self.goes_on(index, key.at, view, out);
            }
            ServiceKind::Dns if message::is_dns_answer(&frame.body, number as u16) => {
                stack.named_until = key.at + TTL_NS + AGAIN_NS;
                self.plans(index, ServiceKind::Dns, key.at + TTL_NS, view, out);
            }
            ServiceKind::Ntp => {
                self.sets_clock(index, (asked, key.at), frame.head, &frame.body, view, out)
            }
            _ => {}
        }
    }

    fn sets_clock(
        &mut self,
        index: usize,
        (asked, at): (u64, u64),
        head: Head,
        body: &[u8],
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(stack) = self.units[index].rest.stack.as_mut() else { return };
        let times = (stack.clock.local(asked), stack.clock.local(at));
        if message::ntp_offset(body, times, None).is_none() {
            return; // it answers nothing that was asked
        }
        let key = time_key(view.plan, head.from.0);
        let authentic = message::ntp_offset(body, times, key.as_ref());
        let most = view.plan.arm.time_step_ns;
        match authentic.filter(|offset| most.is_none_or(|most| offset.unsigned_abs() <= most)) {
            Some(offset) => {
                let offset_ns = stack.clock.offset(at).saturating_add(offset);
                stack.clock = Clock { offset_ns, since: at, ..stack.clock };
                self.tells_clock(index, ("sets", NO_RULE), at, head, view, out);
            }
            None => {
                let rule = view.plan.arm.segmentation_rule - Own::Segmentation as u16;
                let rule = rule + Own::TimeAuth as u16;
                self.tells_clock(index, ("refused", rule), at, head, view, out);
            }
        }
    }

    /// What a device's clock says, and why.
    fn tells_clock(
        &self,
        index: usize,
        (verb, rule): (&str, u16),
        at: u64,
        head: Head,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let setup = &view.plan.setup;
        let Some(stack) = self.units[index].rest.stack.as_ref().filter(|_| view.recording) else {
            return;
        };
        let step = if head.origin == Origin::Adversary { head.step } else { crate::trace::NO_STEP };
        out.lent.entries.push(Entry {
            cause: head.cause,
            subject: setup.nodes[self.id as usize].devices[index].names.device,
            verb: setup.names.find(verb).unwrap_or_default(),
            value: stack.offset(at) as f64 / 1e9,
            rule,
            outcome: if rule == NO_RULE { Outcome::None } else { Outcome::Forbid },
            origin: head.origin,
            step,
            ..entry(self.id, at, Kind::Clock)
        });
    }

    /// Whether a device can send to a peer; says in the trace why not.
    pub(super) fn is_connected(
        &self,
        index: usize,
        (at, hand): (u64, Hand),
        to: Peer,
        view: View<'_>,
        out: &mut Outbox,
    ) -> bool {
        let setup = &view.plan.setup;
        let Some(stack) = self.units[index].rest.stack.as_ref() else { return true };
        let is_ip = setup.links.get(to.link as usize).is_some_and(|link| link.medium.is_ip);
        let why = match (stack.addressed, stack.named_until >= at) {
            _ if !is_ip => return true,
            (false, _) => "no-address",
            (true, false) => "no-name",
            (true, true) => return true,
        };
        let object = setup.device(to).map(|device| device.names.device);
        let told = object.filter(|_| view.recording).map(|object| Entry {
            cause: hand.cause,
            subject: setup.nodes[self.id as usize].devices[index].names.device,
            object,
            verb: setup.names.find(why).unwrap_or_default(),
            origin: hand.origin,
            ..entry(self.id, at, Kind::Link)
        });
        out.lent.entries.extend(told);
        false
    }
}

/// What NTP messages of a server are authentic by, where they must be.
pub(super) fn time_key(plan: &Plan, server: u32) -> Option<[u8; 32]> {
    plan.arm.time_step_ns?;
    let name = plan.setup.names.text(plan.setup.nodes.get(server as usize)?.name);
    Some(digest(&plan.seed.secret(&format!("time-key/{name}")), &[b"ntp"]))
}
