//! The timing of a pacemaker: what is sensed and when it paces, in whole milliseconds.
//!
//! After the PACEMAKER System Specification, Boston Scientific 2007, and models.md 2.4.3, which
//! settles what that leaves open [E]. It is told of senses, commands and timeouts in order of time and says
//! when its next timeout is; nothing happens in between, so nothing ticks. Within a millisecond:
//! commands, atrial sense, ventricular sense, atrial timeout, ventricular timeout.
//!
//! Timing is from ventricular events, and from atrial ones where the atrium alone is paced. What is
//! programmed takes effect at the next such event, as a whole; at once where a mode brings no events.
//! Left out: ventricular safety pacing, noise on the atrial channel, tolerances of the hardware
//! (all timing is exact).

use crate::atr::Atr;
use crate::battery::Battery;
use crate::mode::Mode;
use crate::settings::{self as set, Settings, interval_ms};

/// Long before everything.
const NEVER: i64 = i64::MIN / 4;
/// So many refractory senses with gaps of at most so many ms are noise, and extend the refractory
/// period by as much.
const NOISE: (u32, i64) = (5, 50);

/// What is written beside an electrogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the specification's own names")]
pub enum Marker {
    As = 1,
    Ap,
    Vs,
    Vp,
    /// A ventricular sense with no atrial event since the last ventricular one.
    Pvc,
    /// Refractory.
    Ar,
    /// Refractory.
    Vr,
    /// Noise.
    Tn,
    AtrDur,
    AtrFb,
    AtrEnd,
}

/// How a timing event came about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Paced,
    Sensed,
    Pvc,
}

/// The state of the timing. Times are ms since any fixed moment.
pub struct Pacer {
    settings: Settings,
    pending: Option<Settings>,
    magnet: bool,
    battery: Battery,
    sensor_ppm: f64,
    /// The last timing event, and the cycle that it ended.
    last: i64,
    cycle: Option<i64>,
    ap_due: Option<i64>,
    vp_due: Option<i64>,
    vp_min: i64,
    av_delay: i64,
    av_active: bool,
    a_since_v: bool,
    arp_end: i64,
    vrp_end: i64,
    pvarp_end: i64,
    pvab_end: i64,
    blanked_until: i64,
    extended: bool,
    refractory: (u32, i64),
    atr: Atr,
    markers: Vec<Marker>,
}

impl Pacer {
    /// Begins as if it had paced at `now`, after a cycle of so many ms where one is known.
    pub fn new(settings: Settings, now: i64, cycle: Option<i64>) -> Self {
        let mut own = Self {
            settings,
            pending: None,
            magnet: false,
            battery: Battery::default(),
            sensor_ppm: 0.0,
            last: now,
            cycle,
            ap_due: None,
            vp_due: None,
            vp_min: now,
            av_delay: settings.get(set::AV),
            av_active: false,
            a_since_v: false,
            arp_end: NEVER,
            vrp_end: NEVER,
            pvarp_end: NEVER,
            pvab_end: NEVER,
            blanked_until: NEVER,
            extended: false,
            refractory: (0, NEVER),
            atr: Atr::default(),
            markers: Vec::new(),
        };
        own.restart(now, How::Paced);
        own
    }

    /// The settings in effect.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings in effect, or those that take effect at the next event.
    pub fn programmed(&self) -> &Settings {
        self.pending.as_ref().unwrap_or(&self.settings)
    }

    /// When its next timeout is.
    pub fn due(&self) -> Option<i64> {
        [self.ap_due, self.vp_due].into_iter().flatten().min()
    }

    /// What it did since it was last asked, in order. An AP or VP is a pace.
    pub fn take_markers(&mut self) -> Vec<Marker> {
        std::mem::take(&mut self.markers)
    }

    /// The mode as magnet, battery and a fast atrium let it be.
    pub fn mode(&self) -> Mode {
        let mode = Mode::numbered(self.settings.get(set::MODE) as i16);
        if !self.battery.gives_output() {
            return Mode::default();
        }
        if self.has_magnet_rate() {
            return mode.asynchronous();
        }
        let mode = if self.atr.falls_back() { mode.not_tracking() } else { mode };
        if self.battery.is_restricted() { mode.single_chamber() } else { mode }
    }

    fn has_magnet_rate(&self) -> bool {
        self.magnet && self.settings.get(set::MAGNET) == 1
    }

    /// New settings, from the next timing event on.
    pub fn program(&mut self, settings: Settings, now: i64) {
        self.pending = Some(settings);
        let mode = self.mode();
        if !(mode.paces_a || mode.paces_v) {
            self.apply_pending();
            self.retime(now);
        }
    }

    /// Emergency pacing at once, until another mode is programmed.
    pub fn pace_now(&mut self, now: i64) {
        self.pending = None;
        self.take(Settings::pace_now());
        self.retime(now);
    }

    /// A magnet is put on, or taken away.
    pub fn magnet(&mut self, is_there: bool, now: i64) {
        let before = self.mode();
        self.magnet = is_there;
        if self.settings.get(set::MAGNET) == 1 && (is_there || self.mode() != before) {
            self.retime(now);
        }
    }

    /// The battery is found in this state.
    pub fn battery(&mut self, battery: Battery, now: i64) {
        let before = self.mode();
        self.battery = battery;
        if self.mode() != before {
            self.retime(now);
        }
    }

    /// The rate that the activity sensor asks for [1/min].
    pub fn sensor_rate(&mut self, ppm: f64) {
        self.sensor_ppm = ppm;
    }

    /// The atrial channel sensed something.
    pub fn atrial_sense(&mut self, now: i64) {
        let mode = self.mode();
        if !mode.senses_a || now < self.pvab_end {
            return;
        }
        if mode.is_atrial() {
            return self.atrial_sense_alone(now, mode);
        }
        if self.watches_atrium() {
            let limit = interval_ms(self.settings.get(set::URL) as f64);
            self.markers.extend(self.atr.sense(now, limit));
        }
        if self.av_active || now < self.pvarp_end {
            return self.markers.push(Marker::Ar);
        }
        self.markers.push(Marker::As);
        self.a_since_v = true;
        self.ap_due = None;
        if mode.tracks {
            self.av_active = true;
            self.vp_due = Some((now + self.sensed_av()).max(self.vp_min));
        }
    }

    fn atrial_sense_alone(&mut self, now: i64, mode: Mode) {
        if now < self.arp_end {
            self.markers.push(Marker::Ar);
        } else if mode.triggers {
            self.markers.push(Marker::Ap);
            self.event(now, How::Paced);
        } else {
            self.markers.push(Marker::As);
            self.event(now, How::Sensed);
        }
    }

    /// The ventricular channel sensed something.
    pub fn ventricular_sense(&mut self, now: i64) {
        let mode = self.mode();
        if !mode.senses_v || now < self.blanked_until {
            return;
        }
        if now < self.vrp_end {
            self.markers.push(Marker::Vr);
            return self.refractory_sense(now);
        }
        if mode.triggers {
            self.markers.push(Marker::Vp);
            return self.event(now, How::Paced);
        }
        let is_pvc = mode.senses_a && !self.a_since_v;
        self.markers.push(if is_pvc { Marker::Pvc } else { Marker::Vs });
        self.event(now, if is_pvc { How::Pvc } else { How::Sensed });
    }

    /// What goes on without a pause is noise and no heart: it does not hold pacing back.
    fn refractory_sense(&mut self, now: i64) {
        let (count, last) = self.refractory;
        let count = if now - last <= NOISE.1 { count + 1 } else { 1 };
        self.refractory = (count, now);
        if count == NOISE.0 {
            self.markers.push(Marker::Tn);
        }
        if count >= NOISE.0 {
            self.vrp_end = self.vrp_end.max(now + NOISE.1);
        }
    }

    /// A timeout is due.
    pub fn timeout(&mut self, now: i64) {
        if self.ap_due.is_some_and(|due| due <= now) {
            self.ap_due = None;
            self.markers.push(Marker::Ap);
            if self.mode().is_atrial() {
                self.event(now, How::Paced);
            } else {
                self.atrial_pace(now);
            }
        }
        if self.vp_due.is_some_and(|due| due <= now) {
            self.markers.push(Marker::Vp);
            self.event(now, How::Paced);
        }
    }

    fn atrial_pace(&mut self, now: i64) {
        self.a_since_v = true;
        self.av_active = true;
        self.blanked_until = now + self.settings.get(set::BLANKING);
        self.vp_due = Some((now + self.av_delay).max(self.vp_min));
    }

    /// A timing event: intervals begin anew, with what was programmed.
    fn event(&mut self, now: i64, how: How) {
        let cycle = now - self.last;
        (self.last, self.cycle) = (now, Some(cycle));
        self.apply_pending();
        if self.watches_atrium() {
            let fallback_ms = self.settings.get(set::ATR_FALLBACK) * 60_000;
            let said =
                self.atr.event(now, cycle, self.settings.get(set::ATR_DURATION), fallback_ms);
            self.markers.extend(said);
        }
        self.restart(now, how);
    }

    fn apply_pending(&mut self) {
        if let Some(settings) = self.pending.take() {
            self.take(settings);
        }
    }

    fn take(&mut self, settings: Settings) {
        self.settings = settings;
        self.atr = Atr::default();
        self.sensor_ppm = self.sensor_ppm.min(settings.get(set::MSR) as f64);
    }

    fn watches_atrium(&self) -> bool {
        let mode = Mode::numbered(self.settings.get(set::MODE) as i16);
        self.settings.get(set::ATR) == 1 && mode.tracks
    }

    fn restart(&mut self, now: i64, how: How) {
        let get = |at| self.settings.get(at);
        let extension = get(set::PVARP_EXTENSION);
        let extends = how == How::Pvc && extension > 0 && !self.extended;
        self.extended = extends;
        self.arp_end = now + get(set::ARP);
        self.vrp_end = now + get(set::VRP);
        self.pvarp_end = now + get(set::PVARP) + if extends { extension } else { 0 };
        self.pvab_end = if self.mode().is_atrial() { NEVER } else { now + get(set::PVAB) };
        self.vp_min = now + self.shortest_cycle();
        self.av_delay = self.paced_av();
        (self.av_active, self.a_since_v) = (false, false);
        self.schedule(now, self.escape_interval(now, how));
    }

    /// Timeouts after an escape interval that began at `from`.
    fn schedule(&mut self, from: i64, escape: i64) {
        let mode = self.mode();
        let wait = if mode.is_atrial() { 0 } else { self.av_delay };
        self.ap_due = mode.paces_a.then_some(from + escape - wait);
        self.vp_due = (mode.paces_v && !mode.waits_for_atrium()).then_some(from + escape);
    }

    /// The mode changed at once: intervals go on from the last event.
    fn retime(&mut self, now: i64) {
        let awaited = self.vp_due.filter(|_| self.av_active && self.mode().is_dual());
        self.schedule(self.last, self.base_interval(now));
        if awaited.is_some() {
            (self.ap_due, self.vp_due) = (None, awaited);
        } else {
            self.av_active = false;
        }
        self.ap_due = self.ap_due.map(|due| due.max(now));
        self.vp_due = self.vp_due.map(|due| due.max(now));
    }

    fn base_interval(&self, now: i64) -> i64 {
        if self.has_magnet_rate() {
            return interval_ms(self.battery.magnet_ppm());
        }
        let lower = self.settings.get(set::LRL) as f64;
        let rate = self.atr.fallback_ppm(now, lower).unwrap_or(lower);
        let rate = self.battery.lowers(rate);
        let sensor = self.sensor_ppm.min(self.settings.get(set::MSR) as f64);
        let adapts = self.mode().adapts && sensor > 0.0;
        interval_ms(if adapts { rate.max(sensor) } else { rate })
    }

    fn escape_interval(&self, now: i64, how: How) -> i64 {
        let base = self.base_interval(now);
        let lower = interval_ms(self.settings.get(set::LRL) as f64);
        let (hysteresis, down) = (self.settings.get(set::HRL), self.settings.get(set::SMOOTH_DOWN));
        let has = |mode: Mode| !mode.triggers && (mode.senses_a || mode.senses_v);
        let mode = self.mode();
        let is_demand = has(mode) && (mode.tracks || !mode.is_dual());
        let hysteresis = hysteresis > 0
            && how != How::Paced
            && base == lower
            && is_demand
            && (mode.paces_a || !mode.tracks);
        let escape =
            if hysteresis { interval_ms(self.settings.get(set::HRL) as f64) } else { base };
        match self.cycle.filter(|_| down > 0 && is_demand) {
            Some(cycle) => escape.min(cycle * (100 + down) / 100),
            None => escape,
        }
    }

    /// No ventricular pace follows sooner.
    fn shortest_cycle(&self) -> i64 {
        let upper = interval_ms(self.settings.get(set::URL) as f64);
        let up = self.settings.get(set::SMOOTH_UP);
        match self.cycle.filter(|_| up > 0) {
            Some(cycle) => upper.max((cycle * (100 - up) + 99) / 100),
            None => upper,
        }
    }

    fn paced_av(&self) -> i64 {
        let [fixed, least] = [set::AV, set::MIN_AV].map(|at| self.settings.get(at));
        let [slow, fast] = [set::LRL, set::URL].map(|at| interval_ms(self.settings.get(at) as f64));
        let is_dynamic = self.settings.get(set::DYNAMIC_AV) == 1 && self.mode().tracks;
        let Some(cycle) = self.cycle.filter(|_| is_dynamic && slow > fast && fixed > least) else {
            return fixed;
        };
        let share = (cycle - fast) as f64 / (slow - fast) as f64;
        let av = (least as f64 + (fixed - least) as f64 * share + 0.5).floor() as i64;
        av.clamp(least, fixed)
    }

    fn sensed_av(&self) -> i64 {
        let offset = if self.mode().is_dual() { self.settings.get(set::SAV_OFFSET) } else { 0 };
        (self.av_delay + offset).max(0)
    }
}
