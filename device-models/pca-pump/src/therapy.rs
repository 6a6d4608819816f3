//! What the pump gives and when it does not: states, lockout, rolling limits, tickets.
//!
//! No hour gets more than its limit, wherever it begins, nor four hours more than theirs. A dose that
//! would pass a limit is not begun; whatever runs ends when a limit is reached, and the rate that
//! keeps the vein open then gives only what leaves the window: the limit is above it.

use medtwin_infusion::{Program, Rolling};

/// What the motor gives at most [mL/h] [E].
const MOST_ML_PER_H: f64 = 100.0;
const US_PER_MIN: f64 = 60e6;
const US_PER_H: f64 = 3.6e9;
/// Less than this is no volume [mL]: a tenth of a step of the plunger.
const NOTHING_ML: f64 = 0.0005;
/// So long a ticket for the basal rate lasts (models.md 3.6).
const FIRST_TICKET_US: u64 = 60_000_000;
/// So often stopped by an alarm and started again within ten minutes, and it stays stopped.
const RESTARTS: usize = 3;
const RESTARTS_US: u64 = 600_000_000;

/// What the pump does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Set up or not, and not started.
    Idle = 0,
    /// Basal rate.
    Basal = 1,
    /// A dose on demand, beside the basal rate.
    Patient = 2,
    /// A clinician's dose over a time, beside the basal rate.
    Clinician = 3,
    /// Just enough to keep the vein open.
    Kvo = 4,
    /// Stopped by an alarm.
    Stopped = 5,
    /// It tests itself after power on.
    Post = 6,
}

impl State {
    /// Whether it gives what is programmed.
    const fn is_running(self) -> bool {
        matches!(self, Self::Basal | Self::Patient | Self::Clinician)
    }

    /// Whether it is started, and nothing stopped it.
    pub(crate) const fn gives(self) -> bool {
        self.is_running() || matches!(self, Self::Kvo)
    }
}

/// Why a dose is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The pump does not run, or gives a dose.
    Busy,
    /// Too soon after the last.
    Lockout,
    /// It would pass what is allowed in an hour, or in four.
    MaxDose,
    /// The supervisor's ticket has run out.
    NoTicket,
}

/// What is allowed within a window.
struct Limit {
    window: Rolling,
    most_ml: f64,
}

/// The therapy.
pub(crate) struct Therapy {
    pub(crate) program: Program,
    bolus_ml_per_h: f64,
    kvo_ml_per_h: f64,
    pub(crate) state: State,
    hour: Rolling,
    four_hours: Option<Limit>,
    given_ml: f64,
    last_demand_us: Option<u64>,
    /// The dose in hand ends when the motor has given so much in all [mL].
    until_ml: f64,
    square_ml_per_h: f64,
    /// What is left of a clinician's dose that a demand interrupted [mL].
    suspended_ml: f64,
    /// A limit was reached, and nobody has started the pump since.
    pub(crate) is_full: bool,
    /// It keeps the vein open because a supervisor said so.
    is_held: bool,
    stops: Vec<u64>,
    /// Until when doses and the basal rate are allowed, if a supervisor has to [us].
    pub(crate) tickets: Option<(u64, u64)>,
    /// Until when it waits for its first ticket without ringing [us].
    ticket_due_us: u64,
}

impl Therapy {
    pub(crate) fn new(program: Program, bolus_ml_per_h: f64, kvo_ml_per_h: f64) -> Self {
        Self {
            program,
            bolus_ml_per_h: bolus_ml_per_h.clamp(0.0, MOST_ML_PER_H),
            kvo_ml_per_h,
            state: State::Idle,
            hour: Rolling::hour(),
            four_hours: None,
            given_ml: 0.0,
            last_demand_us: None,
            until_ml: 0.0,
            square_ml_per_h: 0.0,
            suspended_ml: 0.0,
            is_full: false,
            is_held: false,
            stops: Vec::new(),
            tickets: None,
            ticket_due_us: 0,
        }
    }

    /// From now on it gives only while a supervisor lets it. The first ticket may take as long as one lasts.
    pub(crate) fn wait_for_tickets(&mut self, now_us: u64) {
        self.tickets = Some((0, 0));
        self.ticket_due_us = now_us + FIRST_TICKET_US;
    }

    /// A ticket came: until when doses and the basal rate are allowed [us].
    pub(crate) fn ticket(&mut self, bolus_until_us: u64, basal_until_us: u64) {
        self.tickets = Some((bolus_until_us, basal_until_us));
        self.ticket_due_us = 0;
    }

    /// Whether it would give, and a supervisor keeps it from it: by an order, or because its ticket lapsed.
    pub(crate) fn is_interlocked(&self, now_us: u64) -> bool {
        let ticket_us = self.tickets.map(|(_, basal)| basal.max(self.ticket_due_us));
        let has_lapsed = ticket_us.is_some_and(|until| now_us >= until);
        has_lapsed && self.state.gives() || self.is_held && self.state == State::Kvo
    }

    /// Four hours get at most `ml` as well.
    pub(crate) fn limit_four_hours(&mut self, ml: f64) {
        self.four_hours = Some(Limit { window: Rolling::four_hours(), most_ml: ml });
    }

    /// The flow that the state asks for [mL/h]. A dose whose ticket has run out is over.
    pub(crate) fn flow_ml_per_h(&mut self, now_us: u64) -> f64 {
        let is_dose = matches!(self.state, State::Patient | State::Clinician);
        if is_dose && !self.has_ticket(now_us) {
            (self.state, self.suspended_ml) = (State::Basal, 0.0);
        }
        let basal = self.program.basal_ml_per_h;
        let flow = match self.state {
            State::Idle | State::Stopped | State::Post => 0.0,
            State::Basal => basal,
            State::Patient => self.bolus_ml_per_h + basal,
            State::Clinician => self.square_ml_per_h + basal,
            State::Kvo => self.kvo_ml_per_h.min(basal),
        };
        let is_full = self.room_ml(now_us) <= NOTHING_ML;
        match self.tickets {
            Some((_, until)) if now_us >= until => 0.0, // a line with an opioid has no KVO
            _ if is_full => 0.0,
            _ => flow.min(MOST_ML_PER_H),
        }
    }

    /// What may still be given now without passing a limit [mL].
    fn room_ml(&mut self, now_us: u64) -> f64 {
        let hour_ml = self.program.hourly_ml - self.hour.within_ml(now_us);
        let four = self.four_hours.as_mut();
        let four_ml = four.map(|limit| limit.most_ml - limit.window.within_ml(now_us));
        four_ml.map_or(hour_ml, |four_ml| four_ml.min(hour_ml))
    }

    /// In how long something changes by itself, at `flow_ml_per_h` [us]: a dose ends, a limit is
    /// reached, a ticket runs out.
    pub(crate) fn changes_in_us(&mut self, now_us: u64, flow_ml_per_h: f64) -> u64 {
        let left_ml = match self.state {
            State::Patient | State::Clinician => self.until_ml - self.given_ml,
            _ => f64::INFINITY,
        };
        let ml = left_ml.min(self.room_ml(now_us));
        let flows = flow_ml_per_h > 0.0;
        let volume_us =
            if flows { (ml.max(0.0) / flow_ml_per_h * US_PER_H).ceil() } else { f64::MAX };
        let tickets = self.tickets.map(|(bolus, basal)| [bolus, basal]);
        let ends = tickets.into_iter().flatten().filter(|until| *until > now_us);
        let ticket_us = ends.map(|until| until - now_us).min().unwrap_or(u64::MAX);
        ticket_us.min(volume_us as u64)
    }

    /// Whether a dose is allowed, where a supervisor has to allow it.
    fn has_ticket(&self, now_us: u64) -> bool {
        self.tickets.is_none_or(|(until, _)| now_us < until)
    }

    /// Whether the patient would get a dose now.
    pub(crate) fn may_demand(&mut self, now_us: u64) -> Result<(), Refusal> {
        if !matches!(self.state, State::Basal | State::Clinician) {
            return Err(Refusal::Busy);
        }
        if !self.has_ticket(now_us) {
            return Err(Refusal::NoTicket);
        }
        let lockout_us = (self.program.lockout_min * US_PER_MIN) as u64;
        if self.last_demand_us.is_some_and(|last| now_us.saturating_sub(last) < lockout_us) {
            return Err(Refusal::Lockout);
        }
        if !self.fits(now_us, self.program.demand_ml, self.bolus_ml_per_h) {
            return Err(Refusal::MaxDose);
        }
        Ok(())
    }

    /// The patient wants a dose. It comes before what is left of a clinician's.
    pub(crate) fn demand(&mut self, now_us: u64) -> Result<(), Refusal> {
        self.may_demand(now_us)?;
        self.last_demand_us = Some(now_us);
        let is_square = self.state == State::Clinician;
        self.suspended_ml = if is_square { self.until_ml - self.given_ml } else { 0.0 };
        self.begin(State::Patient, self.program.demand_ml, self.bolus_ml_per_h);
        Ok(())
    }

    /// Whether a demand would pass no limit now.
    pub(crate) fn demand_fits(&mut self, now_us: u64) -> bool {
        self.fits(now_us, self.program.demand_ml, self.bolus_ml_per_h)
    }

    /// How fast a clinician's dose of `ml` over `min` would be given [mL/h]: no faster than the lockout, over
    /// six hours at most.
    pub(crate) fn may_square(&mut self, now_us: u64, ml: f64, min: f64) -> Result<f64, Refusal> {
        if self.state != State::Basal || ml.is_nan() || ml <= 0.0 {
            return Err(Refusal::Busy);
        }
        if !self.has_ticket(now_us) {
            return Err(Refusal::NoTicket);
        }
        let min = min.clamp(self.program.lockout_min.clamp(1.0, 360.0), 360.0);
        let ml_per_h = ml * 60.0 / min;
        if !self.fits(now_us, ml, ml_per_h) {
            return Err(Refusal::MaxDose);
        }
        Ok(ml_per_h)
    }

    /// A clinician wants `ml` given over `min`.
    pub(crate) fn square(&mut self, now_us: u64, ml: f64, min: f64) -> Result<(), Refusal> {
        let ml_per_h = self.may_square(now_us, ml, min)?;
        self.square_ml_per_h = ml_per_h;
        self.begin(State::Clinician, ml, ml_per_h);
        Ok(())
    }

    /// Whether a dose of `ml` at `ml_per_h` passes no limit, with what the basal rate gives beside it
    /// within an hour.
    fn fits(&mut self, now_us: u64, ml: f64, ml_per_h: f64) -> bool {
        let hours = (ml / ml_per_h.max(1e-9)).min(1.0);
        ml + self.program.basal_ml_per_h * hours <= self.room_ml(now_us) + 1e-9
    }

    /// A dose counts what the motor gives for it, beside what it gives by the basal rate.
    fn begin(&mut self, state: State, ml: f64, ml_per_h: f64) {
        let basal = self.program.basal_ml_per_h;
        self.state = state;
        self.until_ml = self.given_ml + ml * (1.0 + basal / ml_per_h.max(1e-9));
    }

    /// The motor gave `given_ml` in all until now: ends a dose that is given, and what reached a limit.
    pub(crate) fn gave(&mut self, now_us: u64, given_ml: f64) {
        let new_ml = given_ml - self.given_ml;
        self.hour.delivered(now_us, new_ml);
        if let Some(limit) = &mut self.four_hours {
            limit.window.delivered(now_us, new_ml);
        }
        self.given_ml = given_ml;
        let is_dose = matches!(self.state, State::Patient | State::Clinician);
        if is_dose && given_ml >= self.until_ml - NOTHING_ML {
            let left_ml = std::mem::take(&mut self.suspended_ml);
            let goes_on = self.state == State::Patient && left_ml > 0.0;
            self.state = if goes_on { State::Clinician } else { State::Basal };
            self.until_ml = given_ml + left_ml;
        }
        if self.state.is_running() && self.room_ml(now_us) <= NOTHING_ML {
            self.state = State::Kvo;
            self.is_full = true;
        }
    }

    pub(crate) fn within_hour_ml(&mut self, now_us: u64) -> f64 {
        self.hour.within_ml(now_us)
    }

    /// Starts, or goes on; not where alarms stopped it again and again.
    pub(crate) fn start(&mut self, now_us: u64) -> bool {
        self.stops.retain(|at| now_us.saturating_sub(*at) < RESTARTS_US);
        let may = self.stops.len() < RESTARTS;
        if may {
            self.state = State::Basal;
            (self.is_full, self.is_held) = (false, false);
        }
        may
    }

    /// An alarm stops it.
    pub(crate) fn stop(&mut self, now_us: u64) {
        if self.state != State::Stopped {
            self.stops.push(now_us);
            self.state = State::Stopped;
        }
        self.is_held = false;
    }

    /// A supervisor, or an alarm, has it keep the vein open.
    pub(crate) fn keep_open(&mut self, by_supervisor: bool) {
        self.state = State::Kvo;
        self.is_held = by_supervisor;
    }

    /// Whether a supervisor may let it go on: it was a supervisor's, and nothing else, that held it.
    pub(crate) fn may_resume(&self) -> bool {
        self.is_held && self.state == State::Kvo && !self.is_full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;
    const MIN: u64 = 60 * S;
    const PROGRAM: Program = Program {
        ug_per_ml: 1000.0,
        basal_ml_per_h: 0.5,
        demand_ml: 1.0,
        lockout_min: 6.0,
        hourly_ml: 5.0,
    };

    fn running() -> Therapy {
        let mut therapy = Therapy::new(PROGRAM, 99.0, 1.0);
        assert!(therapy.start(0));
        therapy
    }

    /// Lets the motor turn as asked until `to`, looking when something changes and each 10 s, and says
    /// what it gave [mL].
    fn run(therapy: &mut Therapy, from: u64, to: u64) -> f64 {
        let (before, mut now) = (therapy.given_ml, from);
        while now < to {
            let flow = therapy.flow_ml_per_h(now);
            let until = (now + therapy.changes_in_us(now, flow).clamp(10_000, 10 * S)).min(to);
            let given = therapy.given_ml + flow * (until - now) as f64 / US_PER_H;
            now = until;
            therapy.gave(now, given);
        }
        therapy.given_ml - before
    }

    #[test]
    fn a_demand_is_given_beside_the_basal_rate() {
        let mut therapy = running();
        assert_eq!(therapy.demand(MIN), Ok(()));
        assert!((therapy.flow_ml_per_h(MIN) - 99.5).abs() < 1e-9);
        let given = run(&mut therapy, MIN, 3 * MIN);
        assert_eq!(therapy.state, State::Basal);
        assert!((given - 1.0 - 0.5 / 30.0).abs() < 1e-3, "{given}");
    }

    #[test]
    fn no_demand_comes_sooner_than_the_lockout() {
        let mut therapy = running();
        assert_eq!(therapy.demand(MIN), Ok(()));
        assert_eq!(therapy.demand(MIN), Err(Refusal::Busy));
        run(&mut therapy, MIN, 7 * MIN - S);
        assert_eq!(therapy.demand(7 * MIN - 1), Err(Refusal::Lockout));
        assert_eq!(therapy.demand(7 * MIN), Ok(()));
    }

    /// The most that any 1, or 4, hours got when the button is pressed each minute for eight hours,
    /// and somebody starts the pump again as soon as it went to KVO, or never [mL].
    fn worst_of(mut therapy: Therapy, hours: usize, restarts: bool) -> (f64, f64) {
        let mut ends = vec![0.0];
        for s in 0..8 * 3600 {
            if s % 60 == 0 {
                let _ = therapy.demand(s * S);
            }
            run(&mut therapy, s * S, (s + 1) * S);
            ends.push(therapy.given_ml);
            if restarts && therapy.state == State::Kvo {
                therapy.start((s + 1) * S);
            }
        }
        let window = ends.windows(hours * 3600 + 1);
        let worst = window.map(|w| w[hours * 3600] - w[0]).fold(0.0, f64::max);
        (worst, therapy.given_ml)
    }

    #[test]
    fn no_hour_gets_more_than_its_limit_wherever_it_begins() {
        for restarts in [false, true] {
            let (worst, given) = worst_of(running(), 1, restarts);
            assert!(worst <= 5.0 + 1e-6, "{worst}");
            assert!(worst >= 4.4 && given > 10.0, "it gives up to the limit: {worst} {given}");
        }
    }

    #[test]
    fn four_hours_get_no_more_than_theirs_if_there_is_such_a_limit() {
        let mut therapy = running();
        therapy.limit_four_hours(12.0);
        let (worst, given) = worst_of(therapy, 4, true);
        assert!(worst <= 12.0 + 1e-6, "{worst}");
        assert!(worst >= 11.0 && given > 20.0, "{worst} {given}");
    }

    #[test]
    fn a_rate_alone_ends_at_the_limit_too() {
        let mut therapy = running();
        therapy.program = Program { basal_ml_per_h: 8.0, ..PROGRAM };
        let (worst, _) = worst_of(therapy, 1, true);
        assert!((4.9..=5.0 + 1e-6).contains(&worst), "{worst}");
    }

    #[test]
    fn a_clinicians_dose_is_spread_and_never_faster_than_the_lockout() {
        let mut therapy = running();
        assert_eq!(therapy.square(0, 2.0, 1.0), Ok(()));
        assert!((therapy.flow_ml_per_h(0) - 20.5).abs() < 1e-9, "2 mL in 6 min");
        run(&mut therapy, 0, 7 * MIN);
        assert_eq!(therapy.state, State::Basal);
        assert_eq!(therapy.square(8 * MIN, 4.0, 60.0), Err(Refusal::MaxDose));
        therapy.program.lockout_min = 1000.0;
        assert_eq!(therapy.may_square(8 * MIN, 0.6, 1.0), Ok(0.1), "six hours are the most");
    }

    #[test]
    fn a_demand_interrupts_a_clinicians_dose_and_the_rest_of_it_follows() {
        let mut therapy = running();
        assert_eq!(therapy.square(0, 2.0, 60.0), Ok(()));
        run(&mut therapy, 0, 30 * MIN);
        assert_eq!(therapy.demand(30 * MIN), Ok(()));
        let dose = run(&mut therapy, 30 * MIN, 31 * MIN);
        assert!((1.0..1.05).contains(&dose), "{dose}");
        assert_eq!(therapy.state, State::Clinician);
        run(&mut therapy, 31 * MIN, 62 * MIN);
        assert_eq!(therapy.state, State::Basal);
        assert!((therapy.given_ml - 3.0 - 0.5 * 62.0 / 60.0).abs() < 0.01, "{}", therapy.given_ml);
    }

    #[test]
    fn without_a_ticket_nothing_flows() {
        let mut therapy = running();
        therapy.ticket(10 * MIN, 20 * MIN);
        assert_eq!(therapy.demand(9 * MIN), Ok(()));
        assert!(therapy.flow_ml_per_h(9 * MIN) > 90.0);
        assert_eq!(therapy.changes_in_us(20 * MIN - 5, 0.0), 5);
        assert!(therapy.flow_ml_per_h(10 * MIN) <= 0.5, "the dose ends");
        assert!(therapy.flow_ml_per_h(20 * MIN) <= 0.0);
        assert_eq!(therapy.state, State::Basal, "and nothing of it comes with the next ticket");
        assert_eq!(therapy.demand(11 * MIN), Err(Refusal::NoTicket));
        assert_eq!(therapy.square(11 * MIN, 1.0, 30.0), Err(Refusal::NoTicket));
        therapy.ticket(30 * MIN, 40 * MIN);
        assert!(therapy.flow_ml_per_h(21 * MIN) <= 0.5);
    }

    #[test]
    fn a_ticket_that_lapses_interlocks_what_would_give_until_the_next() {
        let mut therapy = running();
        therapy.wait_for_tickets(0);
        assert!(therapy.flow_ml_per_h(MIN - 1) <= 0.0 && !therapy.is_interlocked(MIN - 1));
        assert!(therapy.is_interlocked(MIN), "the first takes no longer than a minute");
        therapy.ticket(2 * MIN, 3 * MIN);
        assert!(!therapy.is_interlocked(3 * MIN - 1), "a dose that is not allowed is denied");
        assert!(therapy.is_interlocked(3 * MIN));
        therapy.stop(3 * MIN);
        assert!(!therapy.is_interlocked(3 * MIN), "stopped, it would give nothing");
        assert!(therapy.start(4 * MIN) && therapy.is_interlocked(4 * MIN));
        therapy.ticket(4 * MIN, 4 * MIN);
        assert!(therapy.is_interlocked(4 * MIN), "a ticket of no time is none");
    }

    #[test]
    fn what_a_supervisor_held_is_interlocked_until_it_or_somebody_else_ends_that() {
        let mut therapy = running();
        therapy.keep_open(true);
        assert!(therapy.is_interlocked(0));
        therapy.state = State::Idle;
        assert!(!therapy.is_interlocked(0), "the stop key");
        assert!(therapy.start(0) && !therapy.is_interlocked(0));
        therapy.keep_open(true);
        therapy.keep_open(false);
        assert!(!therapy.is_interlocked(0), "an alarm has it keep the vein open");
    }

    #[test]
    fn a_supervisor_lets_go_on_what_it_held_and_nothing_else() {
        let mut therapy = running();
        therapy.keep_open(true);
        assert!(therapy.may_resume());
        therapy.keep_open(false);
        assert!(!therapy.may_resume(), "an alarm holds it now");
        assert!(therapy.start(0) && !therapy.may_resume());
        therapy.keep_open(true);
        therapy.stop(MIN);
        assert!(!therapy.may_resume());
    }

    #[test]
    fn what_alarms_stopped_three_times_stays_stopped() {
        let mut therapy = running();
        for minute in 1..=3 {
            therapy.stop(minute * MIN);
            assert_eq!(therapy.start(minute * MIN), minute < 3);
        }
        assert!(therapy.start(15 * MIN), "ten minutes later");
    }
}
