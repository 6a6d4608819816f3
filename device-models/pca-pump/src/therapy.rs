//! What the pump gives and when it does not: states, lockout, the rolling hour, tickets.

use medtwin_infusion::{Program, Rolling};

/// What the motor gives at most [mL/h] [E].
const MOST_ML_PER_H: f64 = 100.0;
const US_PER_MIN: f64 = 60e6;
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
}

/// Why a dose is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The pump does not run, or gives a dose.
    Busy,
    /// Too soon after the last.
    Lockout,
    /// It would pass what is allowed in an hour.
    MaxDose,
    /// The supervisor's ticket has run out.
    NoTicket,
}

/// The therapy.
pub(crate) struct Therapy {
    pub(crate) program: Program,
    bolus_ml_per_h: f64,
    kvo_ml_per_h: f64,
    pub(crate) state: State,
    hour: Rolling,
    given_ml: f64,
    last_demand_us: Option<u64>,
    /// The dose in hand ends when the motor has given so much in all [mL].
    until_ml: f64,
    square_ml_per_h: f64,
    stops: Vec<u64>,
    /// Until when doses and the basal rate are allowed, if a supervisor has to [us].
    pub(crate) tickets: Option<(u64, u64)>,
}

impl Therapy {
    pub(crate) fn new(program: Program, bolus_ml_per_h: f64, kvo_ml_per_h: f64) -> Self {
        Self {
            program,
            bolus_ml_per_h,
            kvo_ml_per_h,
            state: State::Idle,
            hour: Rolling::default(),
            given_ml: 0.0,
            last_demand_us: None,
            until_ml: 0.0,
            square_ml_per_h: 0.0,
            stops: Vec::new(),
            tickets: None,
        }
    }

    /// The flow that the state asks for [mL/h].
    pub(crate) fn flow_ml_per_h(&self, now_us: u64) -> f64 {
        let basal = self.program.basal_ml_per_h;
        let flow = match self.state {
            State::Idle | State::Stopped => 0.0,
            State::Basal => basal,
            State::Patient => self.bolus_ml_per_h + basal,
            State::Clinician => self.square_ml_per_h + basal,
            State::Kvo => self.kvo_ml_per_h.min(basal),
        };
        match self.tickets {
            Some((_, until)) if now_us >= until => 0.0, // a line with an opioid has no KVO
            Some((until, _)) if now_us >= until => flow.min(basal),
            _ => flow.min(MOST_ML_PER_H),
        }
    }

    /// The patient wants a dose.
    pub(crate) fn demand(&mut self, now_us: u64) -> Result<(), Refusal> {
        if self.state != State::Basal {
            return Err(Refusal::Busy);
        }
        if self.tickets.is_some_and(|(until, _)| now_us >= until) {
            return Err(Refusal::NoTicket);
        }
        let lockout_us = (self.program.lockout_min * US_PER_MIN) as u64;
        if self.last_demand_us.is_some_and(|last| now_us - last < lockout_us) {
            return Err(Refusal::Lockout);
        }
        self.fits(now_us, self.program.demand_ml)?;
        self.last_demand_us = Some(now_us);
        self.begin(State::Patient, self.program.demand_ml);
        Ok(())
    }

    /// A clinician wants `ml` given over `min`: no faster than the lockout, at most six hours.
    pub(crate) fn square(&mut self, now_us: u64, ml: f64, min: f64) -> Result<(), Refusal> {
        let is_running = matches!(self.state, State::Basal | State::Patient);
        if !is_running || ml.is_nan() || ml <= 0.0 {
            return Err(Refusal::Busy);
        }
        self.fits(now_us, ml)?;
        let min = min.clamp(self.program.lockout_min.max(1.0), 360.0);
        self.square_ml_per_h = ml * 60.0 / min;
        self.begin(State::Clinician, ml);
        Ok(())
    }

    fn fits(&mut self, now_us: u64, ml: f64) -> Result<(), Refusal> {
        let within = self.hour.within_hour_ml(now_us) + ml;
        if within > self.program.hourly_ml + 1e-9 { Err(Refusal::MaxDose) } else { Ok(()) }
    }

    /// A dose counts what the motor gives for it, beside what it gives by the basal rate.
    fn begin(&mut self, state: State, ml: f64) {
        let rate = if state == State::Patient { self.bolus_ml_per_h } else { self.square_ml_per_h };
        let basal = self.program.basal_ml_per_h;
        self.state = state;
        self.until_ml = self.given_ml + ml * (1.0 + basal / rate.max(1e-9));
    }

    /// The motor gave `given_ml` in all until now. Whether the hour's limit is reached.
    pub(crate) fn gave(&mut self, now_us: u64, given_ml: f64) -> bool {
        self.hour.delivered(now_us, given_ml - self.given_ml);
        self.given_ml = given_ml;
        let is_dose = matches!(self.state, State::Patient | State::Clinician);
        // The plunger steps by 5 uL: half a step from the end it has ended.
        if is_dose && given_ml >= self.until_ml - 0.0025 {
            self.state = State::Basal;
        }
        let is_running = matches!(self.state, State::Basal | State::Patient | State::Clinician);
        let is_full = self.hour.within_hour_ml(now_us) >= self.program.hourly_ml + 0.005;
        if is_running && is_full {
            self.state = State::Kvo;
        }
        is_running && is_full
    }

    pub(crate) fn within_hour_ml(&mut self, now_us: u64) -> f64 {
        self.hour.within_hour_ml(now_us)
    }

    /// Starts, or goes on; not where alarms stopped it again and again.
    pub(crate) fn start(&mut self, now_us: u64) -> bool {
        self.stops.retain(|at| now_us - at < RESTARTS_US);
        let may = self.stops.len() < RESTARTS;
        if may {
            self.state = State::Basal;
        }
        may
    }

    /// An alarm stops it.
    pub(crate) fn stop(&mut self, now_us: u64) {
        if self.state != State::Stopped {
            self.stops.push(now_us);
            self.state = State::Stopped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: u64 = 60_000_000;
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

    /// Lets the motor turn as asked until `to`, and says what it gave [mL].
    fn run(therapy: &mut Therapy, from: u64, to: u64) -> f64 {
        let before = therapy.given_ml;
        (from / 1_000_000..to / 1_000_000).for_each(|s| {
            let flow = therapy.flow_ml_per_h(s * 1_000_000);
            therapy.gave((s + 1) * 1_000_000, therapy.given_ml + flow / 3600.0);
        });
        therapy.given_ml - before
    }

    #[test]
    fn a_demand_is_given_beside_the_basal_rate() {
        let mut therapy = running();
        assert_eq!(therapy.demand(MIN), Ok(()));
        assert!((therapy.flow_ml_per_h(MIN) - 99.5).abs() < 1e-9);
        let given = run(&mut therapy, MIN, 3 * MIN);
        assert_eq!(therapy.state, State::Basal);
        assert!((given - 1.0 - 0.5 / 30.0).abs() < 0.03, "{given}");
    }

    #[test]
    fn no_demand_comes_sooner_than_the_lockout() {
        let mut therapy = running();
        assert_eq!(therapy.demand(MIN), Ok(()));
        assert_eq!(therapy.demand(MIN), Err(Refusal::Busy));
        run(&mut therapy, MIN, 7 * MIN - 1_000_000);
        assert_eq!(therapy.demand(7 * MIN - 1), Err(Refusal::Lockout));
        assert_eq!(therapy.demand(7 * MIN), Ok(()));
    }

    #[test]
    fn no_hour_gets_more_than_its_limit_wherever_it_begins() {
        let mut therapy = running();
        let mut ends = Vec::new();
        for minute in 0..300 {
            let _ = therapy.demand(minute * MIN);
            run(&mut therapy, minute * MIN, (minute + 1) * MIN);
            ends.push(therapy.given_ml);
            if therapy.state == State::Kvo {
                therapy.start((minute + 1) * MIN);
            }
        }
        let worst = ends.windows(61).map(|hour| hour[60] - hour[0]).fold(0.0, f64::max);
        assert!(worst <= 5.05, "{worst}");
        assert!(ends[299] > 20.0, "it gives up to the limit: {}", ends[299]);
    }

    #[test]
    fn a_clinicians_dose_is_spread_and_never_faster_than_the_lockout() {
        let mut therapy = running();
        assert_eq!(therapy.square(0, 2.0, 1.0), Ok(()));
        assert!((therapy.flow_ml_per_h(0) - 20.5).abs() < 1e-9, "2 mL in 6 min");
        run(&mut therapy, 0, 7 * MIN);
        assert_eq!(therapy.state, State::Basal);
        assert_eq!(therapy.square(8 * MIN, 4.0, 60.0), Err(Refusal::MaxDose));
    }

    #[test]
    fn without_a_ticket_nothing_flows() {
        let mut therapy = running();
        therapy.tickets = Some((10 * MIN, 20 * MIN));
        assert_eq!(therapy.demand(9 * MIN), Ok(()));
        assert!(therapy.flow_ml_per_h(9 * MIN) > 90.0);
        assert!(therapy.flow_ml_per_h(10 * MIN) <= 0.5, "the dose ends");
        assert!(therapy.flow_ml_per_h(20 * MIN) <= 0.0);
        therapy.state = State::Basal;
        assert_eq!(therapy.demand(11 * MIN), Err(Refusal::NoTicket));
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
