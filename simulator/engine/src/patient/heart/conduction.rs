//! The conduction of a heart, event by event: sinus node, atrium, AV node, ventricle.
//!
//! After the automata of the Virtual Heart Model of the University of Pennsylvania, reduced to three nodes with
//! decremental AV conduction (models.md 2.1). Times are whole milliseconds; it says when its next event is and is
//! idle in between, so that a heart costs a handful of events per beat. Ventricular fibrillation and
//! tachycardia are activations of a fixed cycle that nothing conducts past, until they are ended.
//!
//! Left out: the shape and the place of a wavefront, accessory pathways, more than one impulse on its way
//! through the AV node, drugs, ischaemia, and any change of the tissue with time. Atrial fibrillation is an
//! atrium of irregular cycles, not a re-entry. Ends of VT by pacing, and starts of VF by a stimulus, are
//! draws.
//!
//! Units: ms. Sources: models.md 2.1 and 2.2: the automata above [S18], presets [E] where they have none. Domain of validity: adult
//! rhythms of 20 to 300 /min; what it does at shorter cycles is a convention.

use super::parameters::{Conduction, Parameters};

/// Long before everything.
const NEVER: i64 = i64::MIN / 4;
/// Pulses of a burst that may end a VT (models.md 2.6), and the longest gap between them [ms].
const BURST: (u32, i64) = (8, 329);
/// Probability that such a burst ends it [E].
const BURST_ENDS_VT: f64 = 0.72;
/// Probability that a small shock in the vulnerable window starts VF, and which shocks are small [J] [E].
const SHOCK_ON_T: (f64, f64, f64) = (0.9, 0.5, 10.0);
/// Energy of even odds, and slope, of a shock against VF [J] [E].
const DEFIBRILLATION_J: (f64, f64) = (12.0, 3.0);

/// Where an activation came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The sinus node.
    Sinus,
    /// Conducted from the atrium.
    Conducted,
    /// A stimulus that captured.
    Pace,
    /// Conducted from the ventricle.
    Retrograde,
    /// A fibrillating atrium, or another atrial focus.
    Ectopic,
    /// A premature ventricular beat.
    Premature,
    /// The junction's own rhythm.
    Junction,
    /// The ventricle's own rhythm.
    Escape,
    /// Ventricular tachycardia.
    Tachycardia,
    /// Ventricular fibrillation.
    Fibrillation,
}

impl Source {
    const ALL: [Self; 10] = [
        Self::Sinus,
        Self::Conducted,
        Self::Pace,
        Self::Retrograde,
        Self::Ectopic,
        Self::Premature,
        Self::Junction,
        Self::Escape,
        Self::Tachycardia,
        Self::Fibrillation,
    ];

    /// Its number in traces, from 1 in the order above.
    pub const fn number(self) -> f64 {
        self as u8 as f64 + 1.0
    }

    /// The source of this number in traces.
    pub fn of_number(number: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|source| (source.number() - number).abs() < 0.5)
    }
}

/// What happened in the heart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The atrium was activated.
    Atrium(Source),
    /// The ventricle was activated.
    Ventricle(Source),
    /// Ventricular fibrillation began.
    FibrillationBegan,
    /// Ventricular tachycardia began.
    TachycardiaBegan,
    /// Either ended.
    Ended,
}

/// A rhythm of the ventricle that nothing conducts past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reentry {
    Tachycardia,
    Fibrillation,
}

/// Draws in (0, 1) by ordinal.
pub type Luck = Box<dyn Fn(u64) -> f64 + Send + Sync>;

/// A heart.
pub struct Heart {
    own: Parameters,
    luck: Luck,
    draws: u64,
    next_sa: i64,
    last_a: i64,
    last_av: i64,
    last_v: i64,
    ante: Option<i64>,
    retro: Option<i64>,
    junction: i64,
    escape: i64,
    reentry: Option<(Reentry, i64)>,
    conducted: u32,
    premature: Vec<i64>,
    burst: (u32, i64),
    happened: Vec<Happened>,
}

impl Heart {
    /// A heart at 0 whose sinus node fires first after one of its cycles.
    pub fn new(own: Parameters, luck: Luck) -> Self {
        Self {
            next_sa: own.first_sinus_ms.unwrap_or(own.sinus_ms),
            junction: own.junction_ms,
            escape: own.escape_ms,
            premature: own.premature_ms.clone(),
            own,
            luck,
            draws: 0,
            last_a: NEVER,
            last_av: NEVER,
            last_v: NEVER,
            ante: None,
            retro: None,
            reentry: None,
            conducted: 0,
            burst: (0, NEVER),
            happened: Vec::new(),
        }
    }

    /// A device takes over that has just paced the ventricle.
    pub fn was_paced(&mut self, at: i64) {
        self.last_v = at;
    }

    /// What it is made of; a change holds from the next event on.
    pub fn parameters(&mut self) -> &mut Parameters {
        &mut self.own
    }

    /// The sinus node works, or stops; one that begins again fires after a cycle.
    pub fn sinus_is(&mut self, on: bool, now: i64) {
        if on && !self.own.sinus_on {
            self.next_sa = now + self.own.sinus_cycle_ms(now);
        }
        self.own.sinus_on = on;
    }

    /// What happened since it was last asked, in order.
    pub fn take_happened(&mut self) -> Vec<Happened> {
        std::mem::take(&mut self.happened)
    }

    /// Whether the ventricle fibrillates.
    pub fn fibrillates(&self) -> bool {
        matches!(self.reentry, Some((Reentry::Fibrillation, _)))
    }

    /// Whether the ventricle is in a tachycardia.
    pub fn is_in_tachycardia(&self) -> bool {
        matches!(self.reentry, Some((Reentry::Tachycardia, _)))
    }

    /// The last activations of atrium and ventricle; none that never was.
    pub fn last(&self) -> (Option<i64>, Option<i64>) {
        let known = |at: i64| (at > NEVER).then_some(at);
        (known(self.last_a), known(self.last_v))
    }

    /// When its next event is, if ever.
    pub fn due(&self) -> Option<i64> {
        let own = &self.own;
        let free = self.reentry.is_none();
        let beats = |period: i64, at: i64| (period > 0 && free).then_some(at);
        let all = [
            self.reentry.map(|(_, at)| at),
            self.retro,
            own.sinus_on.then_some(self.next_sa),
            self.ante,
            self.premature.first().copied(),
            beats(own.junction_ms, self.junction),
            beats(own.escape_ms, self.escape),
        ];
        all.into_iter().flatten().min()
    }

    /// Lets happen what is due at `now`.
    pub fn advance(&mut self, now: i64) {
        if let Some((what, at)) = self.reentry
            && at <= now
        {
            self.reentrant_beat(what, now);
        }
        if self.retro.is_some_and(|at| at <= now) {
            self.retro = None;
            self.activate_a(now, Source::Retrograde);
        }
        if self.own.sinus_on && self.next_sa <= now {
            self.next_sa = now + self.own.sinus_cycle_ms(now);
            self.activate_a(now, Source::Sinus);
        }
        if self.ante.is_some_and(|at| at <= now) {
            self.ante = None;
            self.activate_v(now, Source::Conducted);
        }
        while self.premature.first().is_some_and(|&at| at <= now) {
            self.premature.remove(0);
            self.activate_v(now, Source::Premature);
        }
        self.escape_beats(now);
    }

    fn escape_beats(&mut self, now: i64) {
        if self.reentry.is_some() {
            return;
        }
        if self.own.junction_ms > 0 && self.junction <= now {
            self.junction = now + self.own.junction_ms;
            self.activate_v(now, Source::Junction);
        }
        if self.own.escape_ms > 0 && self.escape <= now {
            self.escape = now + self.own.escape_ms;
            self.activate_v(now, Source::Escape);
        }
    }

    /// A stimulus that is strong enough reaches the atrium.
    pub fn pace_a(&mut self, now: i64) {
        self.activate_a(now, Source::Pace);
    }

    /// A stimulus that is strong enough reaches the ventricle.
    pub fn pace_v(&mut self, now: i64) {
        if self.is_in_tachycardia() {
            return self.pace_in_tachycardia(now);
        }
        self.activate_v(now, Source::Pace);
    }

    /// An atrial focus fires.
    pub fn ectopic_a(&mut self, now: i64) {
        self.activate_a(now, Source::Ectopic);
    }

    /// A stimulus in a tachycardia takes its rhythm over, and a burst of them may end it.
    fn pace_in_tachycardia(&mut self, now: i64) {
        if now < self.last_v + self.own.tachycardia_ms * 3 / 5 {
            return;
        }
        let (count, last) = self.burst;
        let count = if now - last <= BURST.1 { count + 1 } else { 1 };
        self.burst = (count, now);
        self.last_v = now;
        self.reentry = Some((Reentry::Tachycardia, now + self.own.tachycardia_ms));
        self.happened.push(Happened::Ventricle(Source::Pace));
        if count == BURST.0 && self.draw() < BURST_ENDS_VT {
            self.end_reentry(now);
        }
    }

    /// A shock of so many joules.
    pub fn shock(&mut self, now: i64, energy_j: f64) {
        let (even, slope) = DEFIBRILLATION_J;
        if self.reentry.is_some() {
            let succeeds = 1.0 / (1.0 + libm::exp(-(energy_j - even) / slope));
            if self.draw() < succeeds {
                self.end_reentry(now);
            }
            return;
        }
        let (chance, least, most) = SHOCK_ON_T;
        let is_small = (least..=most).contains(&energy_j);
        if self.is_vulnerable(now) && is_small && self.draw() < chance {
            return self.begin(Reentry::Fibrillation, now);
        }
        // What it activates is refractory afterwards.
        (self.last_a, self.last_v) = (now, now);
        self.rests(now);
    }

    /// Tachycardia begins by itself.
    pub fn begin_tachycardia(&mut self, now: i64) {
        self.begin(Reentry::Tachycardia, now);
    }

    /// Fibrillation begins by itself.
    pub fn begin_fibrillation(&mut self, now: i64) {
        self.begin(Reentry::Fibrillation, now);
    }

    fn begin(&mut self, what: Reentry, now: i64) {
        (self.ante, self.retro, self.burst) = (None, None, (0, NEVER));
        let (said, cycle) = match what {
            Reentry::Tachycardia => (Happened::TachycardiaBegan, self.own.tachycardia_ms),
            Reentry::Fibrillation => (Happened::FibrillationBegan, self.fibrillation_cycle()),
        };
        self.reentry = Some((what, now + cycle));
        self.happened.push(said);
    }

    fn end_reentry(&mut self, now: i64) {
        self.reentry = None;
        self.last_v = now;
        self.rests(now);
        self.happened.push(Happened::Ended);
    }

    fn reentrant_beat(&mut self, what: Reentry, now: i64) {
        self.last_v = now;
        let (source, cycle) = match what {
            Reentry::Tachycardia => (Source::Tachycardia, self.own.tachycardia_ms),
            Reentry::Fibrillation => (Source::Fibrillation, self.fibrillation_cycle()),
        };
        self.reentry = Some((what, now + cycle));
        self.happened.push(Happened::Ventricle(source));
    }

    fn fibrillation_cycle(&mut self) -> i64 {
        let jitter = self.own.fibrillation_jitter_ms;
        if jitter == 0 {
            return self.own.fibrillation_ms;
        }
        let share = 2.0 * self.draw() - 1.0;
        self.own.fibrillation_ms + (share * jitter as f64) as i64
    }

    fn draw(&mut self) -> f64 {
        self.draws += 1;
        (self.luck)(self.draws)
    }

    fn activate_a(&mut self, now: i64, source: Source) {
        if now < self.last_a + self.own.a_erp_ms {
            return;
        }
        self.last_a = now;
        self.next_sa = now + self.own.sinus_cycle_ms(now);
        self.happened.push(Happened::Atrium(source));
        if source != Source::Retrograde {
            self.offer_to_av(now);
        }
    }

    fn offer_to_av(&mut self, now: i64) {
        let own = &self.own;
        let is_closed = own.conduction == Conduction::Third || self.reentry.is_some();
        if is_closed || self.ante.is_some() || now < self.last_av + own.av_erp_ms {
            return;
        }
        self.conducted += 1;
        if let Conduction::Second2(every) = own.conduction
            && self.conducted.is_multiple_of(every.max(1))
        {
            return;
        }
        let recovery = (now - self.last_av - own.av_erp_ms) as f64;
        let slowed = own.av_slowing_ms * libm::exp(-recovery / own.av_recovery_ms);
        let delay = own.av_least_ms + (slowed + 0.5) as i64;
        self.last_av = now + delay / 2;
        self.ante = Some(now + delay);
    }

    fn is_vulnerable(&self, now: i64) -> bool {
        let from = self.last_v + self.own.v_erp_ms;
        (from..from + self.own.v_vulnerable_ms).contains(&now)
    }

    fn activate_v(&mut self, now: i64, source: Source) {
        if self.reentry.is_some() || now < self.last_v + self.own.v_erp_ms {
            return;
        }
        let is_vulnerable = self.is_vulnerable(now);
        self.last_v = now;
        self.rests(now);
        self.happened.push(Happened::Ventricle(source));
        if matches!(source, Source::Pace | Source::Premature | Source::Escape) {
            self.conduct_back(now);
        }
        let is_early = is_vulnerable && matches!(source, Source::Pace | Source::Premature);
        if is_early && self.own.p_fibrillation > 0.0 && self.draw() < self.own.p_fibrillation {
            self.begin(Reentry::Fibrillation, now);
        }
    }

    fn rests(&mut self, now: i64) {
        self.junction = now + self.own.junction_ms;
        self.escape = now + self.own.escape_ms;
    }

    fn conduct_back(&mut self, now: i64) {
        if self.ante.take().is_some() {
            self.last_av = now;
        } else if let Some(delay) = self.own.retrograde_ms
            && now >= self.last_av + self.own.av_erp_ms
        {
            self.last_av = now;
            self.retro = Some(now + delay);
        }
    }
}
