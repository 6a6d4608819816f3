//! What comes over a heart from outside its conduction: pauses, atrial fibrillation, VT and VF, a magnet.
//!
//! models.md 2.2 [E]: a sick sinus stops for 3 to 6 s every 30 to 120 s; a tachy-brady atrium fibrillates for 1
//! to 2 min, with cycles of 120 to 200 ms, and the sinus stops after it. Spontaneous VT and VF come at a rate per
//! day. Draws are picked by their number, so that no arm shifts another's.

use super::parameters::Atrium;
use super::setup::HeartSetup;
use super::{Heart, Parameters};
use crate::seed::Keyed;

/// Ranges of durations [ms].
const PAUSE_MS: (f64, f64) = (3000.0, 6000.0);
const BETWEEN_MS: (f64, f64) = (30_000.0, 120_000.0);
const FIBRILLATES_MS: (f64, f64) = (60_000.0, 120_000.0);
const CYCLE_MS: (f64, f64) = (120.0, 200.0);
/// How soon a fibrillating atrium can be activated again [ms].
const SHORT_ERP_MS: i64 = 100;
const MS_PER_MIN: f64 = 60_000.0;
const MS_PER_DAY: f64 = 86_400_000.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Tachycardia,
    Fibrillation,
    Surroundings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sinus,
    Pause,
    Fibrillates,
}

/// What is to come.
pub(crate) struct Rhythm {
    atrium: Atrium,
    state: State,
    changes_at: Option<i64>,
    ectopic_at: Option<i64>,
    a_erp_ms: i64,
    agenda: Vec<(i64, What)>,
    surroundings: bool,
    luck: Keyed,
    draws: u64,
}

impl Rhythm {
    /// What a heart does by itself until `horizon_min`.
    pub(crate) fn new(parameters: &Parameters, luck: Keyed, horizon_min: f64) -> Self {
        let mut agenda: Vec<(i64, What)> = Vec::new();
        let (vt, vf) = parameters.per_day;
        for (who, per_day, what) in [(11, vt, What::Tachycardia), (12, vf, What::Fibrillation)] {
            let mut at = 0.0;
            for n in 0.. {
                at += -libm::log(luck.uniform(who, n)) * MS_PER_DAY / per_day;
                if at >= horizon_min * MS_PER_MIN {
                    break;
                }
                agenda.push((at as i64, what));
            }
        }
        agenda.sort_by_key(|(at, _)| *at);
        let mut own = Self {
            atrium: parameters.atrium,
            state: State::Sinus,
            changes_at: None,
            ectopic_at: None,
            a_erp_ms: parameters.a_erp_ms,
            agenda,
            surroundings: false,
            luck,
            draws: 0,
        };
        if own.atrium != Atrium::Sinus {
            own.changes_at = Some(own.draw(BETWEEN_MS));
        }
        own
    }

    /// And what a scenario has happen to it.
    pub(crate) fn with(mut self, setup: &HeartSetup) -> Self {
        let ms = |min: f64| (min.max(0.0) * MS_PER_MIN) as i64;
        let all = |at: &[f64], what| at.iter().map(|at| (ms(*at), what)).collect::<Vec<_>>();
        let spans = [setup.magnet_min, setup.exercise_min].into_iter().flatten();
        let spans: Vec<f64> = spans.flat_map(|(from, until)| [from, until]).collect();
        let own = std::mem::take(&mut self.agenda);
        self.agenda = all(&setup.tachycardia_at_min, What::Tachycardia);
        self.agenda.extend(all(&setup.fibrillation_at_min, What::Fibrillation));
        self.agenda.extend(all(&spans, What::Surroundings));
        self.agenda.extend(own);
        self.agenda.sort_by_key(|(at, _)| *at);
        self
    }

    fn draw(&mut self, (from, until): (f64, f64)) -> i64 {
        self.draws += 1;
        (from + (until - from) * self.luck.uniform(13, self.draws)) as i64
    }

    /// When something is next.
    pub(crate) fn due(&self) -> Option<i64> {
        let agenda = self.agenda.first().map(|(at, _)| *at);
        [agenda, self.changes_at, self.ectopic_at].into_iter().flatten().min()
    }

    /// Whether magnet or movement changed since this was last asked.
    pub(crate) fn take_surroundings(&mut self) -> bool {
        std::mem::take(&mut self.surroundings)
    }

    /// Lets come what is due at `now`.
    pub(crate) fn advance(&mut self, now: i64, heart: &mut Heart) {
        while self.agenda.first().is_some_and(|(at, _)| *at <= now) {
            match self.agenda.remove(0).1 {
                What::Tachycardia if !heart.fibrillates() => heart.begin_tachycardia(now),
                What::Tachycardia => {}
                What::Fibrillation => heart.begin_fibrillation(now),
                What::Surroundings => self.surroundings = true,
            }
        }
        if self.changes_at.is_some_and(|at| at <= now) {
            self.change(now, heart);
        }
        if self.ectopic_at.is_some_and(|at| at <= now) {
            self.ectopic_at = Some(now + self.draw(CYCLE_MS));
            heart.ectopic_a(now);
        }
    }

    fn change(&mut self, now: i64, heart: &mut Heart) {
        let (state, lasts) = match (self.state, self.atrium) {
            (State::Sinus, Atrium::Fibrillates) => (State::Fibrillates, FIBRILLATES_MS),
            (State::Sinus | State::Fibrillates, _) => (State::Pause, PAUSE_MS),
            (State::Pause, _) => (State::Sinus, BETWEEN_MS),
        };
        self.state = state;
        self.changes_at = Some(now + self.draw(lasts));
        let fibrillates = state == State::Fibrillates;
        self.ectopic_at = fibrillates.then_some(now);
        heart.sinus_is(state == State::Sinus, now);
        heart.parameters().a_erp_ms = if fibrillates { SHORT_ERP_MS } else { self.a_erp_ms };
    }
}
