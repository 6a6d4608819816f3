//! Who is at a panel or a console: accounts, secrets, one-time codes, sessions, lockouts.
//!
//! Where a device has accounts, its keys are taken from whoever is logged in, but for those that its
//! model leaves unlocked: a pump can be stopped by anybody. The host checks what is typed, so that a
//! policy knows the role and the factors of who presses. One-time codes are TOTP (RFC 6238:
//! HMAC-SHA-1, 6 digits, steps of 30 s from the start of the run), and a code counts once.
//!
//! Left out: how a device keeps a secret, what people forget or mistype, badges and biometrics, and a
//! directory of accounts that several devices ask.

use medtwin_policy::{Access, Facts, Role};
use totp_rs::{Algorithm, TOTP};

use crate::rules::Own;
use crate::time::MINUTE;
use crate::trace::Name;

/// A step of one-time codes [s] (RFC 6238, 5.2).
const STEP_S: u64 = 30;
const STEP_NS: u64 = STEP_S * 1_000_000_000;

/// An account of a device.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name in traces.
    pub name: Name,
    /// Its name as words, for keys.
    pub text: String,
    /// Whose it is.
    pub role: Role,
    /// What is typed.
    pub secret: String,
    /// That is printed in a manual, or many share it.
    pub is_known: bool,
    /// When service was ordered: from, until [ns].
    pub visits: Vec<(u64, u64)>,
}

/// What somebody types to be let in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Typed<'a> {
    pub(crate) secret: &'a str,
    pub(crate) code: Option<&'a str>,
    /// Whose account it is: what replaced a secret that everybody knew, they know.
    pub(crate) is_owner: bool,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The device does not run.
    Off,
    /// The account is not there now.
    NoVisit,
    /// It is locked until then [ns].
    Locked(u64),
    /// The secret was replaced: everybody knew it.
    Replaced,
    /// It is another secret.
    Secret,
    /// The one-time code is missing, wrong, late, or was used.
    Code,
}

impl Refused {
    /// The rule that it stands for.
    pub(crate) const fn rule(self) -> Own {
        match self {
            Self::Off => Own::Login,
            Self::NoVisit => Own::Visit,
            Self::Locked(_) | Self::Replaced => Own::Hygiene,
            Self::Secret => Own::Secret,
            Self::Code => Own::Code,
        }
    }
}

/// The login of one device.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    tried: Vec<Tried>,
    session: Option<Session>,
}

/// How it went with one account.
#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    wrong: u32,
    locked_until: u64,
    /// The step of the last code that counted.
    code: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    facts: Facts,
    used: u64,
    ends: u64,
}

impl Gate {
    pub(crate) fn of(accounts: usize) -> Self {
        Self { tried: vec![Tried::default(); accounts], session: None }
    }

    /// Lets somebody in as `account`, the `number`th of the device, whose codes come of `key`.
    pub(crate) fn log_in(
        &mut self,
        now: u64,
        (account, number): (&Account, usize),
        typed: Typed<'_>,
        key: &[u8; 32],
        access: &Access,
    ) -> Result<(), Refused> {
        let tried = &mut self.tried[number];
        if access.visits_only && !account.is_visited(now) {
            return Err(Refused::NoVisit);
        }
        if now < tried.locked_until {
            return Err(Refused::Locked(tried.locked_until));
        }
        let asks_code = access.second_factor.contains(&account.role);
        let is_let = account.takes(typed, access);
        let is_let = is_let.and_then(|()| match asks_code {
            true => tried.code_counts(now, typed.code, key, access.skew_steps),
            false => Ok(()),
        });
        tried.count(now, is_let.is_ok(), access);
        is_let?;
        let (authenticated, encrypted, fresh, mfa) = (true, true, true, asks_code);
        let role = account.role;
        let facts = Facts { authenticated, encrypted, fresh, mfa, role, ..Facts::default() };
        let ends = account.session_ends(now, access);
        self.session = Some(Session { facts, used: now, ends });
        Ok(())
    }

    /// Lets in whoever breaks the glass, for a while; until when [ns], if that can be done.
    pub(crate) fn break_glass(&mut self, now: u64, access: &Access) -> Option<u64> {
        let ends = now.saturating_add(minutes(access.break_glass_min?));
        let facts = Facts { break_glass: true, encrypted: true, fresh: true, ..Facts::default() };
        self.session = Some(Session { facts, used: now, ends });
        Some(ends)
    }

    /// What is known of who presses a key now; none if nobody is logged in.
    pub(crate) fn who(&mut self, now: u64, access: &Access) -> Option<Facts> {
        let is_open = |session: &Session| is_open(session.used, session.ends, now, access);
        self.session = self.session.filter(is_open);
        let session = self.session.as_mut()?;
        session.used = now;
        Some(session.facts)
    }

    /// The device was switched off or broke off.
    pub(crate) fn close(&mut self) {
        self.session = None;
    }
}

impl Account {
    fn is_visited(&self, now: u64) -> bool {
        self.role != Role::Service || self.visits.iter().any(|visit| is_during(visit, now))
    }

    /// When a session that begins `now` ends however busy it is [ns]: that of service with its visit.
    pub(crate) fn session_ends(&self, now: u64, access: &Access) -> u64 {
        let covering = self.visits.iter().filter(|visit| is_during(visit, now));
        let last = covering.map(|&(_, until)| until).max();
        let is_bound = access.visits_only && self.role == Role::Service;
        last.filter(|_| is_bound).unwrap_or(u64::MAX)
    }

    /// Whether what is typed opens the account: one that everybody knew was replaced where people have
    /// their own.
    fn takes(&self, typed: Typed<'_>, access: &Access) -> Result<(), Refused> {
        match typed.secret == self.secret {
            true if self.is_known && access.own_secrets && !typed.is_owner => {
                Err(Refused::Replaced)
            }
            true => Ok(()),
            false => Err(Refused::Secret),
        }
    }
}

impl Tried {
    fn code_counts(
        &mut self,
        now: u64,
        code: Option<&str>,
        key: &[u8; 32],
        skew: u8,
    ) -> Result<(), Refused> {
        let step = code.and_then(|code| step_of(code, now, key, skew)).ok_or(Refused::Code)?;
        if self.code.is_some_and(|last| step <= last) {
            return Err(Refused::Code);
        }
        self.code = Some(step);
        Ok(())
    }

    fn count(&mut self, now: u64, is_let: bool, access: &Access) {
        self.wrong = if is_let { 0 } else { self.wrong + 1 };
        if let Some((tries, min)) = access.lockout.filter(|(tries, _)| self.wrong >= *tries) {
            debug_assert!(tries > 0);
            (self.wrong, self.locked_until) = (0, now.saturating_add(minutes(min)));
        }
    }
}

/// Whether a session that was used at `used` and ends at `ends` in any case is open `now` [ns].
pub(crate) fn is_open(used: u64, ends: u64, now: u64, access: &Access) -> bool {
    let idle = access.session_min.map_or(u64::MAX, minutes);
    now < used.saturating_add(idle).min(ends)
}

fn is_during(&(from, until): &(u64, u64), now: u64) -> bool {
    (from..until).contains(&now)
}

/// When the next one-time code is shown [ns].
pub(crate) const fn next_code(now: u64) -> u64 {
    (now / STEP_NS + 1) * STEP_NS
}

fn minutes(min: f64) -> u64 {
    (min * MINUTE as f64) as u64
}

/// The one-time code of `key` at `now` [ns], as an authenticator shows it.
pub(crate) fn code(now: u64, key: &[u8; 32]) -> String {
    totp(key).generate(now / 1_000_000_000)
}

/// The step that `code` is of, if that is no further from `now` [ns] than `skew` steps.
fn step_of(code: &str, now: u64, key: &[u8; 32], skew: u8) -> Option<u64> {
    let (step, skew, totp) = (now / 1_000_000_000 / STEP_S, u64::from(skew), totp(key));
    (step.saturating_sub(skew)..=step + skew).find(|step| totp.generate(step * STEP_S) == code)
}

/// 160 bits of the key, as RFC 4226 recommends.
fn totp(key: &[u8; 32]) -> TOTP {
    TOTP::new_unchecked(Algorithm::SHA1, 6, 0, STEP_S, key[..20].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;
    /// The secret of RFC 6238, appendix B.
    const KEY: &[u8; 32] = b"12345678901234567890------------";

    fn account(role: Role) -> Account {
        let (name, text, secret) = (Name(0), "a".to_owned(), "2580".to_owned());
        Account { name, text, role, secret, is_known: false, visits: vec![(100 * S, 200 * S)] }
    }

    fn typed<'a>(secret: &'a str, code: Option<&'a str>) -> Typed<'a> {
        Typed { secret, code, is_owner: false }
    }

    fn strict() -> Access {
        Access {
            own_secrets: true,
            lockout: Some((3, 1.0)),
            session_min: Some(10.0),
            break_glass_min: Some(5.0),
            second_factor: vec![Role::Service],
            skew_steps: 1,
            visits_only: true,
        }
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (s, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(code(s * S, KEY), digits);
        }
    }

    #[test]
    fn a_code_counts_within_its_skew_and_once() {
        let (account, mut gate) = (account(Role::Service), Gate::of(1));
        let access = Access { lockout: None, visits_only: false, ..strict() };
        let mut enter = |now: u64, made: u64| {
            let code = code(made, KEY);
            gate.log_in(now, (&account, 0), typed("2580", Some(&code)), KEY, &access)
        };
        assert_eq!(enter(150 * S, 89 * S), Err(Refused::Code), "two steps late");
        assert_eq!(enter(150 * S, 180 * S), Ok(()), "one step early");
        assert_eq!(enter(150 * S, 180 * S), Err(Refused::Code), "again");
        assert_eq!(enter(160 * S, 150 * S), Err(Refused::Code), "older than one that counted");
        assert_eq!(enter(239 * S, 210 * S), Ok(()), "one step late");
    }

    #[test]
    fn the_third_wrong_try_locks_the_account_for_a_minute() {
        let (account, access, mut gate) = (account(Role::Wearer), strict(), Gate::of(1));
        let mut enter =
            |now, secret| gate.log_in(now, (&account, 0), typed(secret, None), KEY, &access);
        assert_eq!(enter(0, "1"), Err(Refused::Secret));
        assert_eq!(enter(0, "2"), Err(Refused::Secret));
        assert_eq!(enter(0, "2580"), Ok(()), "two are not three, and are forgotten");
        for _ in 0..3 {
            assert_eq!(enter(S, "3"), Err(Refused::Secret));
        }
        let locked = Err(Refused::Locked(61 * S));
        assert_eq!(enter(61 * S - 1, "2580"), locked, "the right secret too");
        assert_eq!(enter(61 * S, "2580"), Ok(()));
    }

    #[test]
    fn a_session_ends_when_nobody_pressed_for_ten_minutes() {
        let (account, access, mut gate) = (account(Role::Wearer), strict(), Gate::of(1));
        assert_eq!(gate.who(0, &access), None);
        gate.log_in(0, (&account, 0), typed("2580", None), KEY, &access).expect("let in");
        let ten = 600 * S;
        assert_eq!(gate.who(ten - 1, &access).map(|facts| facts.role), Some(Role::Wearer));
        assert_eq!(gate.who(2 * ten - 2, &access).map(|facts| facts.mfa), Some(false));
        assert_eq!(gate.who(3 * ten - 2, &access), None, "to the nanosecond");
        assert_eq!(gate.who(0, &access), None, "it does not come back");
    }

    #[test]
    fn a_product_of_the_shelf_keeps_a_session_and_takes_what_the_manual_says() {
        let known = Account { is_known: true, ..account(Role::Service) };
        let (access, mut gate) = (Access::default(), Gate::of(1));
        for _ in 0..1000 {
            assert!(gate.log_in(0, (&known, 0), typed("x", None), KEY, &access).is_err());
        }
        gate.log_in(0, (&known, 0), typed("2580", None), KEY, &access).expect("let in");
        assert!(gate.who(u64::MAX - 1, &access).is_some());
        gate.close();
        assert_eq!(gate.who(0, &access), None);
    }

    #[test]
    fn what_everybody_knows_opens_nothing_where_people_have_their_own() {
        let known = Account { is_known: true, ..account(Role::Clinician) };
        let mut gate = Gate::of(1);
        let entered = gate.log_in(0, (&known, 0), typed("2580", None), KEY, &strict());
        assert_eq!(entered, Err(Refused::Replaced));
        let owner = Typed { is_owner: true, ..typed("2580", None) };
        assert_eq!(gate.log_in(0, (&known, 0), owner, KEY, &strict()), Ok(()), "but to its owner");
    }

    #[test]
    fn service_is_there_during_a_visit_alone() {
        let (account, access, mut gate) = (account(Role::Service), strict(), Gate::of(1));
        let mut enter = |now| {
            let code = code(now, KEY);
            gate.log_in(now, (&account, 0), typed("2580", Some(&code)), KEY, &access)
        };
        assert_eq!(enter(100 * S - 1), Err(Refused::NoVisit));
        assert_eq!(enter(100 * S), Ok(()));
        assert_eq!(enter(200 * S - 1), Ok(()));
        assert_eq!(enter(200 * S), Err(Refused::NoVisit));
    }

    #[test]
    fn a_session_of_service_ends_with_its_visit_however_busy_it_is() {
        let (account, access, mut gate) = (account(Role::Service), strict(), Gate::of(1));
        let code = code(190 * S, KEY);
        let typed = typed("2580", Some(&code));
        gate.log_in(190 * S, (&account, 0), typed, KEY, &access).expect("let in");
        assert!(gate.who(200 * S - 1, &access).is_some());
        assert_eq!(gate.who(200 * S, &access), None);
    }

    #[test]
    fn whoever_breaks_the_glass_is_nobody_and_in_for_five_minutes() {
        let (access, mut gate) = (strict(), Gate::of(1));
        assert_eq!(gate.break_glass(0, &Access::default()), None, "there is no glass");
        assert_eq!(gate.break_glass(0, &access), Some(300 * S));
        let who = gate.who(300 * S - 1, &access).expect("in");
        assert!(who.break_glass && !who.authenticated && who.role == Role::None);
        assert_eq!(gate.who(300 * S, &access), None);
    }
}
