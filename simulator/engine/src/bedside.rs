//! A patient, the hardware wired to them, and the wearer: one place, in time order.
//!
//! Each minute the patient is advanced over the minute that ended, with what the hardware delivered
//! in it; then the sensors are refreshed, and the wearer notices what there is to notice.

use crate::infusion::Infusion;
use crate::lent::Hand;
use crate::node::{Errand, Node, Outbox, Pressed, View, entry};
use crate::patient::{Patient, SensorNoise};
use crate::people::{Doing, Dosing, WearerSetup, effort};
use crate::queue::{Key, What};
use crate::seed::Keyed;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Name, Origin};

/// How long a wearer waits for the pump's beep after dosing from the remote [ns] [E].
const CHECK_NS: u64 = 60_000_000_000;
/// Beeps within this time of the wearer's own act are expected [ns] [E].
const EXPECTED_NS: u64 = 180_000_000_000;
/// Pause between two rescue snacks [ns] (models.md 1.8).
const SNACK_NS: u64 = 15 * MINUTE;
/// Unconsciousness: below this [mg/dL] for so many minutes (models.md 1.8).
const UNCONSCIOUS: (f64, u32) = (40.0, 10);
/// Glucagon: rise of plasma glucose [mg/kg/min] for so many minutes (models.md 1.8).
const GLUCAGON: (f64, u32) = (3.0, 40);

mod hands;

/// Ports by which the bedside meets its devices.
#[derive(Clone, Copy, Debug, Default)]
struct Ports {
    basal: Option<u32>,
    bolus: Option<u32>,
    reservoir: Option<usize>,
    occlusion: Option<usize>,
    glucose: Option<usize>,
}

/// Names that the bedside writes.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    glucose: Name,
    plasma_insulin: Name,
    insulin: Name,
    meal: Name,
    remote_bolus: Name,
    pump_bolus: Name,
    noticed: Name,
    feels_low: Name,
    suspend: Name,
    resume: Name,
    rescue: Name,
    glucagon: Name,
    presses: Name,
    seconds: Name,
}

/// A patient with hardware and habits.
pub(crate) struct Bedside {
    setup: WearerSetup,
    patient: Patient,
    noise: SensorNoise,
    infusion: Option<Infusion>,
    ports: Ports,
    words: Words,
    meals: Vec<Planned>,
    luck: Keyed,
    eating_g: f64,
    expects_until: u64,
    took_bolus: bool,
    suspended: bool,
    noticing: bool,
    noticing_low: bool,
    low_since: Option<u64>,
    last_snack: Option<u64>,
    below_40_min: u32,
    glucagon_min: u32,
    helped: bool,
    outside: bool,
    /// People outside act for the wearer.
    taken_over: bool,
    /// Until when their hands are busy [ns].
    busy_until: u64,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    at: u64,
    carbs_g: f64,
    units: f64,
    dose: Dosing,
}

impl Bedside {
    pub(crate) fn new(
        setup: &WearerSetup,
        patient: Patient,
        noise: SensorNoise,
        luck: Keyed,
        view: View<'_>,
        node: u32,
    ) -> Self {
        let devices = &view.plan.setup.nodes[node as usize].devices;
        let find = |list: &[String], name: &str| list.iter().position(|p| p == name);
        let pump = setup.wiring.pump.map(|unit| &devices[unit].manifest);
        let cgm = setup.wiring.cgm.map(|unit| &devices[unit].manifest);
        let actuator = |name| pump.and_then(|m| find(&m.actuators, name)).map(|at| at as u32);
        let ports = Ports {
            basal: actuator("basal"),
            bolus: actuator("bolus"),
            reservoir: pump.and_then(|m| find(&m.sensors, "reservoir")),
            occlusion: pump.and_then(|m| find(&m.sensors, "occlusion")),
            glucose: cgm.and_then(|m| find(&m.sensors, "glucose")),
        };
        let ratio = patient.therapy().carb_ratio_g_per_u;
        let meals = setup.meals.iter().enumerate().map(|(i, meal)| {
            let carbs_g = meal.carbs.at(luck.uniform(1, i as u64), patient.weight_kg());
            Planned {
                at: (meal.at.at(luck.uniform(2, i as u64)).max(0.0) * MINUTE as f64) as u64,
                carbs_g,
                units: (carbs_g / ratio / 0.05).round() * 0.05,
                dose: meal.dose,
            }
        });
        Self {
            meals: meals.collect(),
            infusion: pump.map(|_| Infusion::new(setup.reservoir_u)),
            setup: setup.clone(),
            words: Words::of(view),
            patient,
            noise,
            ports,
            luck,
            eating_g: 0.0,
            expects_until: 0,
            took_bolus: false,
            suspended: false,
            noticing: false,
            noticing_low: false,
            low_since: None,
            last_snack: None,
            below_40_min: 0,
            glucagon_min: 0,
            helped: false,
            outside: false,
            taken_over: false,
            busy_until: 0,
        }
    }

    pub(crate) fn start(&mut self, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        self.refresh_sensors(node, 0);
        self.vitals(node.id, 0, view, out);
        let (presses, seconds) = view.plan.arm.pairing;
        self.spend(node.id, 0, (presses, seconds), view, out);
        node.wake(MINUTE, What::Patient, 0, 0, view, out);
        for meal in 0..self.meals.len() {
            self.later(node, self.meals[meal].at, Doing::Eat(meal as u8), view, out);
        }
        if let Some((from, until)) = self.setup.occluded {
            let at = |min: f64| (min * MINUTE as f64) as u64;
            self.later(node, at(from), Doing::Occlude(true), view, out);
            self.later(node, at(until), Doing::Occlude(false), view, out);
        }
    }

    fn later(&self, node: &mut Node, at: u64, doing: Doing, view: View<'_>, out: &mut Outbox) {
        node.wake(at, What::Person, 0, doing.slot(), view, out);
    }

    /// A minute is over.
    pub(crate) fn minute(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let now = key.at;
        let units = self.infusion.as_mut().map_or(0.0, |infusion| infusion.deliver(now));
        let glucagon = if self.glucagon_min > 0 { GLUCAGON.0 } else { 0.0 };
        self.glucagon_min = self.glucagon_min.saturating_sub(1);
        self.patient.step(std::mem::take(&mut self.eating_g), units, glucagon);
        if view.recording {
            let entry = entry(node.id, now, Kind::Deliver);
            let (subject, object) = (self.setup.name, self.words.insulin);
            out.lent.entries.push(Entry { subject, object, value: units, ..entry });
            let forged = self.infusion.as_mut().map_or(0.0, |infusion| infusion.forged_of(units));
            if forged > 0.0 {
                let (value, origin) = (forged, Origin::Adversary);
                out.lent.entries.push(Entry { subject, object, value, origin, ..entry });
            }
        }
        self.vitals(node.id, now, view, out);
        self.refresh_sensors(node, now);
        if let Some(unit) = self.setup.wiring.pump
            && let (Some(infusion), Some(desk)) = (&self.infusion, node.units[unit].desk())
        {
            desk.dose.deliver(now, units);
            desk.dose.pending_u = infusion.pending_u();
        }
        self.hold_to_limits(node, now, view, out);
        self.feel(node, now, view, out);
        node.wake(now + MINUTE, What::Patient, 0, 0, view, out);
    }

    /// A rate beyond the prescription ends when what it delivered has used up a dose limit: the
    /// envelope is held where insulin leaves, whatever the device believes.
    fn hold_to_limits(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let (Some(unit), Some(port)) = (self.setup.wiring.pump, self.ports.basal) else { return };
        let Some(infusion) = &mut self.infusion else { return };
        let hand = node.units[unit].own_hand();
        let Some(desk) = node.units[unit].desk() else { return };
        let prescribed = desk.dose.prescribed(port as usize);
        if infusion.basal_u_per_h() <= prescribed {
            return;
        }
        let Some(limit) = desk.dose.used_up(now, port as usize) else { return };
        infusion.set_basal(now, prescribed, 0.0);
        if view.recording {
            let entry = desk.limited(now, &hand, (port, prescribed), limit);
            out.lent.entries.push(entry);
        }
    }

    fn vitals(&mut self, id: u32, now: u64, view: View<'_>, out: &mut Outbox) {
        let outside = !self.patient.is_within_domain();
        if view.recording {
            let subject = self.setup.name;
            let mut say = |object, value| {
                out.lent.entries.push(Entry {
                    subject,
                    object,
                    value,
                    ..entry(id, now, Kind::Vital)
                });
            };
            say(self.words.glucose, self.patient.glucose_mg_dl());
            say(self.words.plasma_insulin, self.patient.plasma_insulin_pmol_l());
            if outside && !self.outside {
                out.lent.entries.push(Entry { subject, ..entry(id, now, Kind::Outside) });
            }
        }
        self.outside |= outside;
    }

    fn refresh_sensors(&mut self, node: &mut Node, now: u64) {
        let mut set = |unit: Option<usize>, port: Option<usize>, value: f64| {
            if let (Some(unit), Some(port)) = (unit, port)
                && let Some(desk) = node.units[unit].desk()
            {
                desk.sensors[port] = Some(value);
            }
        };
        if let Some(infusion) = &self.infusion {
            set(self.setup.wiring.pump, self.ports.reservoir, infusion.reservoir_u);
            set(self.setup.wiring.pump, self.ports.occlusion, infusion.missed_u);
        }
        if (now / MINUTE).is_multiple_of(5) {
            let reading = self.noise.reading(self.patient.glucose_mg_dl());
            set(self.setup.wiring.cgm, self.ports.glucose, reading);
        }
    }

    fn is_asleep(&self, now: u64) -> bool {
        let hour = self.setup.start_clock_h + now as f64 / (60.0 * MINUTE as f64);
        self.setup.habits.asleep(hour % 24.0)
    }

    /// What the wearer feels of their own glucose while awake (models.md 1.8).
    fn feel(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let glucose = self.patient.glucose_mg_dl();
        let habits = &self.setup.habits;
        self.below_40_min = if glucose < UNCONSCIOUS.0 { self.below_40_min + 1 } else { 0 };
        if self.below_40_min >= UNCONSCIOUS.1 && !self.helped {
            self.helped = true;
            let companion =
                if self.is_asleep(now) { habits.companion_asleep } else { habits.companion };
            if self.luck.uniform(3, now / MINUTE) < companion {
                self.glucagon_min = GLUCAGON.1;
                self.acted(node.id, now, self.words.glucagon, 0.0, view, out);
            }
        }
        if glucose >= habits.feels_below_mg_dl {
            self.low_since = None;
        } else if self.low_since.is_none() && !self.is_asleep(now) {
            self.low_since = Some(now);
            let slot = now / MINUTE;
            if self.luck.uniform(4, slot) < habits.feels_low(self.patient.id()) {
                let delay = habits.feel_delay.at(self.luck.uniform(5, slot));
                let at = now + (delay * MINUTE as f64) as u64;
                self.later(node, at, Doing::FeelLow, view, out);
            }
        }
    }

    /// The wearer does something.
    pub(crate) fn act(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let now = key.at;
        let doing = Doing::of(key.slot);
        if self.is_unconscious() && !matches!(doing, Doing::Occlude(_)) {
            (self.noticing, self.noticing_low) = (false, false);
            return;
        }
        if self.taken_over && doing.is_response() {
            return self.leave_to_others(node.id, doing, now, view, out);
        }
        match doing {
            Doing::Eat(meal) => self.eat(node, now, meal, key.cause(), view, out),
            Doing::Check(meal) => self.check(node, now, meal, key.cause(), view, out),
            Doing::Noticed => self.noticed(node, now, key.cause(), view, out),
            Doing::Suspend => self.suspend(node, now, key.cause(), view, out),
            Doing::Resume => self.resume(node, now, key.cause(), view, out),
            Doing::NoticedLow => self.noticed_low(node, now, view, out),
            Doing::FeelLow => self.snack(node, now, view, out),
            Doing::Occlude(on) => {
                if let Some(infusion) = &mut self.infusion {
                    infusion.occluded = on;
                }
            }
            Doing::BolusByRemote | Doing::BolusAtPump => {}
        }
    }

    fn is_unconscious(&self) -> bool {
        self.below_40_min >= UNCONSCIOUS.1
    }

    fn eat(
        &mut self,
        node: &mut Node,
        now: u64,
        meal: u8,
        cause: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Planned { carbs_g, units, dose, .. } = self.meals[meal as usize];
        self.eating_g += carbs_g;
        self.acted(node.id, now, self.words.meal, carbs_g, view, out);
        if dose != Dosing::None && view.recording {
            let due = entry(node.id, now, Kind::Due);
            let (subject, object) = (self.setup.name, self.words.insulin);
            out.lent.entries.push(Entry { subject, object, value: units, cause, ..due });
        }
        match (dose, self.setup.wiring.remote) {
            (Dosing::None, _) => {}
            (Dosing::Remote, Some(remote)) => {
                self.expects_until = now + EXPECTED_NS;
                self.took_bolus = false;
                self.acted(node.id, now, self.words.remote_bolus, units, view, out);
                self.spend(node.id, now, effort(Doing::BolusByRemote), view, out);
                self.press(node, remote, "bolus", units, (now, cause), view);
                self.later(node, now + CHECK_NS, Doing::Check(meal), view, out);
            }
            _ => self.dose_at_pump(node, now, meal, cause, view, out),
        }
    }

    /// No beep since the remote was used: dose at the pump instead.
    fn check(
        &mut self,
        node: &mut Node,
        now: u64,
        meal: u8,
        cause: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if !self.took_bolus {
            self.dose_at_pump(node, now, meal, cause, view, out);
        }
    }

    fn dose_at_pump(
        &mut self,
        node: &mut Node,
        now: u64,
        meal: u8,
        cause: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(pump) = self.setup.wiring.pump else { return };
        let carbs_g = self.meals[meal as usize].carbs_g;
        self.expects_until = now + EXPECTED_NS;
        self.acted(node.id, now, self.words.pump_bolus, carbs_g, view, out);
        self.spend(node.id, now, effort(Doing::BolusAtPump), view, out);
        if let Some(desk) = node.units[pump].desk() {
            desk.dose.credit(now, carbs_g / self.patient.therapy().carb_ratio_g_per_u);
        }
        self.press(node, pump, "carbs", carbs_g, (now, cause), view);
    }

    fn noticed(&mut self, node: &mut Node, now: u64, cause: u64, view: View<'_>, out: &mut Outbox) {
        self.noticing = false;
        self.acted(node.id, now, self.words.noticed, 0.0, view, out);
        self.suspend(node, now, cause, view, out);
        self.snack(node, now, view, out);
    }

    fn suspend(&mut self, node: &mut Node, now: u64, cause: u64, view: View<'_>, out: &mut Outbox) {
        let Some(pump) = self.setup.wiring.pump.filter(|_| !self.suspended) else { return };
        self.suspended = true;
        self.expects_until = now + EXPECTED_NS;
        self.acted(node.id, now, self.words.suspend, 0.0, view, out);
        self.spend(node.id, now, effort(Doing::Suspend), view, out);
        self.press(node, pump, "suspend", 1.0, (now, cause), view);
        let resume = now + (self.setup.habits.resume_after_min * MINUTE as f64) as u64;
        self.later(node, resume, Doing::Resume, view, out);
    }

    fn resume(&mut self, node: &mut Node, now: u64, cause: u64, view: View<'_>, out: &mut Outbox) {
        let Some(pump) = self.setup.wiring.pump.filter(|_| self.suspended) else { return };
        self.suspended = false;
        self.noticing = false;
        self.expects_until = now + EXPECTED_NS;
        self.acted(node.id, now, self.words.resume, 0.0, view, out);
        self.spend(node.id, now, effort(Doing::Resume), view, out);
        self.press(node, pump, "resume", 1.0, (now, cause), view);
    }

    /// Fast carbohydrate, again after a pause while glucose is below 70 mg/dL.
    fn snack(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let recently = self.last_snack.is_some_and(|at| now - at < SNACK_NS);
        if recently {
            return;
        }
        self.last_snack = Some(now);
        self.eating_g += self.setup.habits.rescue_carbs_g;
        let carbs = self.setup.habits.rescue_carbs_g;
        self.acted(node.id, now, self.words.rescue, carbs, view, out);
        if self.patient.glucose_mg_dl() < 70.0 {
            self.later(node, now + SNACK_NS, Doing::FeelLow, view, out);
        }
    }

    /// A device raised or cleared an alarm.
    pub(crate) fn alarm(
        &mut self,
        node: &mut Node,
        (unit, alarm, priority): (usize, u32, u8),
        (at, hand): (u64, Hand),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(desk) = node.units[unit].desk() else { return };
        if view.recording {
            let object = desk.names.alarms.get(alarm as usize).copied().unwrap_or_default();
            let value = f64::from(priority);
            out.lent.entries.push(Entry { object, value, ..desk.entry(at, &hand, Kind::Alarm) });
        }
        if priority == 0 {
            return;
        }
        let name = desk.manifest.alarms.get(alarm as usize).map_or("", String::as_str);
        let habits = &self.setup.habits;
        let (doing, chance) = match name {
            "urgent-low" | "low-glucose" => (Doing::NoticedLow, habits.notices_alarm),
            "beep" if at <= self.expects_until => {
                self.took_bolus = true;
                return;
            }
            "beep" => (Doing::Noticed, habits.notices_beep),
            // A pump that stopped by itself is started again.
            "suspended" if at > self.expects_until => (Doing::Resume, habits.notices_beep),
            _ => return,
        };
        let slot = at / MINUTE;
        if self.luck.uniform(6, slot) >= chance || !self.is_free_for(doing) {
            return;
        }
        let habits = &self.setup.habits;
        let delay =
            if self.is_asleep(at) { habits.notice_delay_asleep } else { habits.notice_delay };
        let min = delay.at(self.luck.uniform(7, slot)).max(0.0);
        self.suspended |= doing == Doing::Resume;
        self.later(node, at + (min * MINUTE as f64) as u64, doing, view, out);
    }

    /// Whether the wearer is not already on the way to something of this kind; if so, they are now.
    fn is_free_for(&mut self, doing: Doing) -> bool {
        let busy = match doing {
            Doing::NoticedLow => &mut self.noticing_low,
            _ => &mut self.noticing,
        };
        !std::mem::replace(busy, true)
    }

    /// A device warned of a low: carbohydrate.
    fn noticed_low(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        self.noticing_low = false;
        self.acted(node.id, now, self.words.noticed, 0.0, view, out);
        self.snack(node, now, view, out);
    }

    /// A device set an actuator.
    pub(crate) fn set(
        &mut self,
        node: &mut Node,
        unit: usize,
        (port, value, forged): (u32, f64, bool),
        at: u64,
    ) {
        let Some(infusion) =
            self.infusion.as_mut().filter(|_| self.setup.wiring.pump == Some(unit))
        else {
            return;
        };
        if Some(port) == self.ports.basal {
            let desk = node.units[unit].desk();
            let prescribed = desk.map_or(0.0, |desk| desk.dose.prescribed(port as usize));
            infusion.set_basal(at, value, if forged { value - prescribed } else { 0.0 });
        } else if Some(port) == self.ports.bolus {
            infusion.set_bolus(at, value, forged);
        }
        if let Some(desk) = node.units[unit].desk() {
            desk.dose.pending_u = infusion.pending_u();
        }
    }

    /// A device went down: its actuators take their fail-safe values.
    pub(crate) fn device_down(&mut self, node: &mut Node, unit: usize, at: u64, view: View<'_>) {
        let manifest = &view.plan.setup.nodes[node.id as usize].devices[unit].manifest;
        for (name, &value) in &manifest.fail_safe {
            if let Some(port) = manifest.actuators.iter().position(|a| a == name) {
                self.set(node, unit, (port as u32, value, false), at);
            }
        }
    }

    fn press(
        &self,
        node: &mut Node,
        unit: usize,
        input: &str,
        value: f64,
        (now, cause): (u64, u64),
        view: View<'_>,
    ) {
        let manifest = &view.plan.setup.nodes[node.id as usize].devices[unit].manifest;
        let Some(input) = manifest.inputs.iter().position(|i| i == input) else { return };
        // The bedside is away from its node while it acts, so that what the device sets in answer
        // is applied when it is back.
        let hand = Hand { cause, origin: Origin::Person, ..Hand::default() };
        node.runs(Errand::Press(Pressed { unit, input: input as u32, value, at: now, hand }));
    }

    fn acted(&self, id: u32, now: u64, verb: Name, value: f64, view: View<'_>, out: &mut Outbox) {
        if view.recording {
            let (subject, origin) = (self.setup.name, Origin::Person);
            out.lent.entries.push(Entry {
                subject,
                verb,
                value,
                origin,
                ..entry(id, now, Kind::Act)
            });
        }
    }

    fn spend(
        &self,
        id: u32,
        now: u64,
        (presses, seconds): (f64, f64),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if !view.recording || (presses <= 0.0 && seconds <= 0.0) {
            return;
        }
        for (verb, value) in [(self.words.presses, presses), (self.words.seconds, seconds)] {
            let subject = self.setup.name;
            out.lent.entries.push(Entry { subject, verb, value, ..entry(id, now, Kind::Effort) });
        }
    }
}

impl Words {
    fn of(view: View<'_>) -> Self {
        let find = |text| view.plan.setup.names.find(text).unwrap_or_default();
        Self {
            glucose: find("glucose"),
            plasma_insulin: find("plasma-insulin"),
            insulin: find("insulin"),
            meal: find("meal"),
            remote_bolus: find("bolus-by-remote"),
            pump_bolus: find("bolus-at-pump"),
            noticed: find("noticed"),
            feels_low: find("feels-low"),
            suspend: find("suspend"),
            resume: find("resume"),
            rescue: find("rescue-carbs"),
            glucagon: find("glucagon"),
            presses: find("key-presses"),
            seconds: find("seconds"),
        }
    }
}
